"""What the calendar's HTTP tests share: a Wednesday, an account with slots, and requests as the page sends them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from conftest import People
from petra.publishing.models import Delivery
from petra.tenancy import scope
from petra.tenancy.models import User
from petra.web.tests.calendar_rows import Rows, make_rows

NOW = datetime(2026, 11, 18, 10, 24, tzinfo=UTC)  # Wednesday, 11:24 in Berlin
PAGE = "http://testserver/calendar"


@pytest.fixture
def wednesday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rows(people: People) -> Rows:
    with scope.workspace(people.workspace.pk):
        return make_rows(people.workspace)


@pytest.fixture
def alice(people: People, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(people.alice)


def send(client: Client, url: str, values: Mapping[str, object], *, page: str = PAGE) -> Any:
    """Post as the page's script does."""
    return client.post(url, values, headers={"HX-Request": "true", "HX-Current-URL": page})


def planned(rows: Rows, at: datetime, *, title: str | None = None) -> Delivery:
    with scope.workspace(rows.workspace.pk):
        return rows.planned(at, title=title)


def again(rows: Rows, delivery: Delivery) -> Delivery:
    with scope.workspace(rows.workspace.pk):
        found: Delivery = Delivery.objects.get(pk=delivery.pk)
        return found


def undo_of(answer: Any) -> str:
    found = re.search(r'action="(/calendar/undo/[^"]+)"', answer.content.decode())
    assert found, answer.content.decode()[-800:]
    return html.unescape(found[1])
