"""What the tests of pages read: the words a person sees, and what became of deliveries."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from conftest import People
from petra.publishing.models import Delivery
from petra.tenancy import scope, workspaces
from petra.tenancy.models import User
from petra.web.tests.page_rows import House, furnish


@pytest.fixture
def house(people: People) -> House:
    """A furnished workspace, past its first steps."""
    with scope.workspace(people.workspace.pk):
        workspaces.set_onboarding_step(people.workspace, "done")
        return furnish(people.workspace)


@pytest.fixture
def browser(people: People, browser_of: Callable[[User], Client]) -> Client:
    """alice's."""
    return browser_of(people.alice)


@pytest.fixture
def bobs(people: People, browser_of: Callable[[User], Client]) -> Client:
    """bob's, who is an editor."""
    return browser_of(people.bob)


def marked(answer: Any) -> str:
    """Give a page in one line, with its marks."""
    return " ".join(answer.content.decode().split())


def says(answer: Any) -> str:
    """Give the words of a page, without its marks."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode())))


def states(people: People, ids: list[UUID]) -> list[str]:
    """Read the states of deliveries, in the order asked for."""
    with scope.workspace(people.workspace.pk):
        found = dict(Delivery.objects.filter(pk__in=ids).values_list("pk", "state"))
    return [found[pk] for pk in ids]


def undo_of(answer: Any) -> str:
    """Give the address of the toast's undo button."""
    found = re.search(r'action="(/needs-you/undo/[^"]+)"', answer.content.decode())
    assert found
    return found[1]
