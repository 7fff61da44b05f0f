"""Every page over HTTP: empty and full, as owner and viewer, within its budget of questions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conftest import People
from petra.publishing.models import State
from petra.tenancy import scope, workspaces
from petra.tenancy.models import Role, User
from petra.web.tests.page_rows import furnish, in_every_state

BrowserOf = Callable[[User], Client]
PAGES = (
    *("overview", "articles", "pins", "pin_new", "accounts"),
    *("activity", "notifications", "settings", "queue_help", "calendar", "find"),
)
STEPS = ("address", "articles", "connect", "plan")


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_workspace_has_no_dead_page(people: People, browser_of: BrowserOf, name: str) -> None:
    with scope.workspace(people.workspace.pk):
        workspaces.set_onboarding_step(people.workspace, "done")
    answer = browser_of(people.alice).get(reverse(name))
    assert answer.status_code == 200
    assert "Oak &amp; Ember" in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_full_workspace_shows_every_page_in_few_questions(people: People, browser_of: BrowserOf, name: str) -> None:
    with scope.workspace(people.workspace.pk):
        house = furnish(people.workspace)
        in_every_state(house)
        for _ in range(12):
            house.rows.post()
    browser = browser_of(people.alice)
    browser.get(reverse(name))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = browser.get(reverse(name))
    assert answer.status_code == 200
    selects = [
        q for q in asked.captured_queries if q["sql"].lower().startswith("select") and "set_config" not in q["sql"]
    ]
    assert len(selects) <= 32, "\n".join(q["sql"][:120] for q in selects)


def test_the_list_asks_as_much_for_many_pins_as_for_few(people: People, browser_of: BrowserOf) -> None:
    with scope.workspace(people.workspace.pk):
        house = furnish(people.workspace)
        house.rows.post()
    browser = browser_of(people.alice)

    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.get(reverse("pins"))
        return len(asked.captured_queries)

    few = count()
    with scope.workspace(people.workspace.pk):
        for _ in range(15):
            house.rows.post()
    assert count() <= few + 1


@pytest.mark.parametrize("step", STEPS)
def test_every_first_step_shows_itself_and_can_be_skipped(people: People, browser_of: BrowserOf, step: str) -> None:
    browser = browser_of(people.alice)
    assert browser.get(reverse("onboarding_step", args=[step])).status_code == 200
    assert browser.post(reverse("onboarding_skip", args=[step])).status_code == 302


def test_a_new_workspace_begins_with_its_first_steps(people: People, browser_of: BrowserOf) -> None:
    answer = browser_of(people.alice).get("/")
    assert answer.headers["Location"] == reverse("onboarding")


def test_a_wrong_address_is_told_beside_the_field(people: People, browser_of: BrowserOf) -> None:
    answer = browser_of(people.alice).post(reverse("onboarding_step", args=["address"]), {"address": "not a blog"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_a_viewer_sees_pages_without_buttons_that_write(people: People, browser_of: BrowserOf) -> None:
    with scope.workspace(people.workspace.pk):
        furnish(people.workspace).rows.post()
    workspaces.add_member(workspace_id=people.workspace.pk, user=people.bob, role=Role.VIEWER)
    page = browser_of(people.bob).get(reverse("pins")).content.decode()
    assert "data-pick" not in page
    assert browser_of(people.bob).post(reverse("pins_bulk"), {"act": "remove"}).status_code == 403


def test_nobody_sees_a_page_signed_out(people: People) -> None:
    answer = Client().get(reverse("pins"))
    assert answer.status_code == 302
    assert "/signin/" in answer.headers["Location"]


@pytest.mark.parametrize("state", [s for s in State if s != State.CANCELLED])
def test_the_editor_shows_a_pin_in_every_state(people: People, browser_of: BrowserOf, state: State) -> None:
    with scope.workspace(people.workspace.pk):
        delivery = in_every_state(furnish(people.workspace))[state]
    page = browser_of(people.alice).get(reverse("pin", args=[delivery.post_id]))
    assert page.status_code == 200
    assert 'id="pin-publish"' in page.content.decode()
    live = browser_of(people.alice).get(reverse("pin_live", args=[delivery.post_id]))
    assert "hx-partial" in live.content.decode()


def test_the_components_page_needs_no_person(db: None) -> None:
    answer = Client().get(reverse("components"))
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].count("'none'") >= 3


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_the_way_in_is_one_card(db: None, name: str) -> None:
    page = Client().get(reverse(name)).content.decode()
    assert "entry-card" in page
    assert page.count("<h1>") == 1


def test_what_is_absent_and_what_is_others_look_the_same(people: People, browser_of: BrowserOf) -> None:
    with scope.workspace(people.workspace.pk):
        post = furnish(people.workspace).rows.post()
    stranger = browser_of(people.charlie)
    theirs = stranger.get(reverse("pin", args=[post.pk]))
    absent = stranger.get(reverse("pin", args=[people.charlie.pk]))
    assert (theirs.status_code, absent.status_code) == (404, 404)
    assert "Nothing is here" in theirs.content.decode()
