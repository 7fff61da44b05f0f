"""How the work goes: for a supervisor, on the overview, and for `petra doctor`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from conftest import People
from petra.cli import checks
from petra.lib import clock
from petra.publishing.models import Delivery, State
from petra.tenancy import scope, workspaces
from petra.tenancy.models import User
from petra.web.tests.page_rows import furnish

BrowserOf = Callable[[User], Client]


def hear_worker(*, seconds_ago: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) values (now() - make_interval(secs => %s))",
            [seconds_ago],
        )


def set_aside(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, args, status) values ('x', %s, '{}', 'failed')",
            [name],
        )


def test_the_process_is_well_whatever_else_is_not(db: None) -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}
    assert Client().get("/readyz").status_code == 503


def test_ready_means_a_worker_that_was_heard_lately(db: None) -> None:
    said = Client().get("/readyz")
    assert (said.status_code, said.json()["worker_heard_s"]) == (503, None)
    hear_worker(seconds_ago=60)
    said = Client().get("/readyz")
    assert (said.status_code, said.json()["worker"], said.json()["database"]) == (503, False, True)
    assert 55 < said.json()["worker_heard_s"] < 70
    hear_worker(seconds_ago=2)
    said = Client().get("/readyz")
    assert (said.status_code, said.json()["migrations"], said.json()["worker"]) == (200, True, True)


@pytest.fixture
def overview(people: People, browser_of: BrowserOf) -> Callable[[], str]:
    with scope.workspace(people.workspace.pk):
        workspaces.set_onboarding_step(people.workspace, "done")
    browser = browser_of(people.alice)
    return lambda: " ".join(browser.get(reverse("overview")).content.decode().split())


def test_the_overview_says_how_many_workers_there_are_and_when_one_was_heard(overview: Callable[[], str]) -> None:
    hear_worker(seconds_ago=3)
    hear_worker(seconds_ago=5)
    page = overview()
    assert re.search(r"Workers: 2, last heard [34] s ago", page)
    assert "No worker is running" not in page


def test_the_overview_warns_when_nobody_works_and_posts_are_due(people: People, overview: Callable[[], str]) -> None:
    assert "No worker is running: nothing will be published." in overview()
    with scope.workspace(people.workspace.pk):
        house = furnish(people.workspace)
        for _ in range(2):
            house.rows.stands(clock.now() - timedelta(minutes=5), State.PLANNED)
        Delivery.objects.update(next_at=clock.now() - timedelta(minutes=5))
    hear_worker(seconds_ago=600)
    page = overview()
    assert "No worker is running, and 2 posts are due." in page
    assert "last heard 10 min ago" in page


def test_what_was_set_aside_is_told_on_the_overview_and_by_the_doctor(overview: Callable[[], str]) -> None:
    hear_worker(seconds_ago=1)
    set_aside("articles.run_import")
    assert "1 job was set aside" in overview()
    found = {check.name: check for check in checks.work()}
    assert re.fullmatch(r"1 running, last heard \d s ago\.", found["worker"].found)
    assert (found["set aside"].state, found["set aside"].is_well) == ("look", True)
    assert "articles.run_import" in found["set aside"].found


def test_the_doctor_says_since_when_nobody_works(db: None) -> None:
    hear_worker(seconds_ago=90)
    found = {check.name: check for check in checks.work()}
    assert found["worker"].state == "mend"
    assert "last heard 90 s ago" in found["worker"].found
    assert "set aside" not in found
