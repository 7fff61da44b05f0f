"""Needs you: failures by cause, what may be out and what waits; who may do what; and how much the page asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conftest import People
from petra.publishing.models import Delivery, State
from petra.tenancy import scope, workspaces
from petra.tenancy.models import Role, User
from petra.web.tests.needs_you_furniture import says, states, undo_of
from petra.web.tests.page_rows import House, failed_together, late_after_a_stop
from petra.webhooks.models import Event

LINK = "The network refused the link."


@pytest.fixture
def late(people: People, house: House) -> list[UUID]:
    with scope.workspace(people.workspace.pk):
        return late_after_a_stop(house)


# ---------------------------------------------------------------------- failures


def group_of(browser: Client, sentence: str) -> str:
    page = browser.get(reverse("needs_you")).content.decode()
    found = re.search(rf'id="failed-(\w+)-title">{re.escape(sentence)}', page)
    assert found, sentence
    return found[1]


def test_failures_stand_by_cause_with_their_pins_and_the_next_step(
    people: People, browser: Client, house: House
) -> None:
    with scope.workspace(people.workspace.pk):
        failed_together(house, 8, LINK)
        failed_together(house, 1, "The picture is broken.", cause="media_invalid")
    page = says(browser.get(reverse("needs_you")))
    assert f"{LINK} 8 pins" in page
    assert "The picture is broken. 1 pin" in page
    assert "Change the words or the link, then try again." in page
    assert "And 2 more" in page
    overview = says(browser.get("/"))
    assert LINK in overview
    assert "8 pins were not published." in overview
    assert "The picture is broken." in overview


def test_failures_of_one_cause_are_retried_together(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        links = failed_together(house, 3, LINK)
        others = failed_together(house, 1, "The picture is broken.", cause="media_invalid")
    form = {"group": group_of(browser, LINK), "act": "retry"}
    page = says(browser.post(reverse("needs_you_failed"), form, follow=True))
    assert "3 posts are tried again" in page
    assert states(people, links + others) == [State.PLANNED] * 3 + [State.FAILED]
    assert "somebody dealt with it" in says(browser.post(reverse("needs_you_failed"), form, follow=True))


def test_failures_of_one_cause_are_reset_together_and_that_is_taken_back(
    people: People, browser: Client, house: House
) -> None:
    with scope.workspace(people.workspace.pk):
        links = failed_together(house, 3, LINK)
    form = {"group": group_of(browser, LINK), "act": "reset"}
    answer = browser.post(reverse("needs_you_failed"), form, follow=True)
    assert "3 posts reset, their pins are kept" in says(answer)
    assert set(states(people, links)) == {State.CANCELLED}
    browser.post(undo_of(answer))
    assert set(states(people, links)) == {State.FAILED}
    assert browser.post(reverse("needs_you_failed"), {**form, "act": "explode"}).status_code == 404


# ---------------------------------------------------------------------- may be out


@pytest.fixture
def unsure(people: People, house: House) -> Delivery:
    with scope.workspace(people.workspace.pk):
        found: Delivery = house.rows.stands(house.rows.at(-1, "10:05"), State.UNCONFIRMED, cause="ambiguous")
        return found


def answer_for(browser: Client, delivery: Delivery, act: str, **form: str) -> Any:
    form = {"back": reverse("needs_you"), **form}
    return browser.post(reverse("delivery_act", args=[delivery.pk, act]), form, follow=True)


def read_again(people: People, delivery: Delivery) -> Delivery:
    with scope.workspace(people.workspace.pk):
        found: Delivery = Delivery.objects.get(pk=delivery.pk)
        return found


@pytest.mark.parametrize("url", ["", "https://net.example/pin/77"])
def test_a_person_says_it_is_there_and_where(people: People, browser: Client, unsure: Delivery, url: str) -> None:
    answer = answer_for(browser, unsure, "there", url=url)
    assert answer.redirect_chain[-1][0] == reverse("needs_you")
    delivery = read_again(people, unsure)
    assert (delivery.state, delivery.remote_url, delivery.cause) == (State.PUBLISHED, url, "seen")
    page = browser.get(reverse("pin", args=[unsure.post_id])).content.decode()
    assert "A person saw it there." in page
    assert (f'href="{url}"' in page) is bool(url)


def test_what_is_no_address_is_refused_with_a_sentence(people: People, browser: Client, unsure: Delivery) -> None:
    for url in ("javascript:alert(1)", "ftp://x.example/", "pin 77"):
        assert "That is no web address" in says(answer_for(browser, unsure, "there", url=url))
    assert read_again(people, unsure).state == State.UNCONFIRMED


def test_a_person_says_it_is_not_there_or_has_petra_look(people: People, browser: Client, unsure: Delivery) -> None:
    answer_for(browser, unsure, "look")
    assert read_again(people, unsure).next_at is not None
    assert "Petra looks now." in says(browser.get(reverse("needs_you")))
    answer_for(browser, unsure, "retry")
    assert read_again(people, unsure).state == State.PLANNED


def test_the_form_leads_back_only_to_pages_of_ours(browser: Client, unsure: Delivery) -> None:
    answer = browser.post(reverse("delivery_act", args=[unsure.pk, "look"]), {"back": "https://evil.example/"})
    assert answer.headers["Location"] == reverse("pin", args=[unsure.post_id])


# ---------------------------------------------------------------------- held otherwise, roles, questions


def test_what_waits_for_an_account_or_a_pause_says_so_and_leads_there(
    people: People, browser: Client, house: House
) -> None:
    with scope.workspace(people.workspace.pk):
        for cause in (*["account"] * 8, "paused_workspace", "paused"):
            house.rows.stands(house.rows.at(1, "10:05"), State.HELD, cause=cause)
    answer = browser.get(reverse("needs_you"))
    page = says(answer)
    assert "8 posts wait for oakandember" in page
    assert "And 2 more." in page
    assert "The workspace is paused." in page
    assert "1 post was paused" in page
    assert reverse("account", args=[house.account.pk]) in answer.content.decode()


def test_a_pause_is_no_alarm(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        delivery = house.rows.stands(house.rows.at(1, "10:05"), State.HELD, cause="paused_account")
    page = browser.get(reverse("pin", args=[delivery.post_id])).content.decode()
    assert "st-paused" in page
    assert "Open the account" in page
    assert "thing needs you" not in says(browser.get("/"))


def test_a_held_one_is_taken_off_the_calendar_from_its_button(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        delivery = house.rows.stands(house.rows.at(1, "10:05"), State.HELD, cause="account")
    page = browser.get(reverse("pin", args=[delivery.post_id])).content.decode()
    menu = page[page.index('id="publish-menu"') :]
    off = re.search(r'action="(/deliveries/[^"]+)"', menu)
    assert off
    browser.post(off[1])
    assert states(people, [delivery.pk]) == [State.CANCELLED]


def test_a_viewer_sees_all_of_it_and_may_do_nothing(
    people: People, browser_of: Callable[[User], Client], house: House, late: list[UUID], unsure: Delivery
) -> None:
    with scope.workspace(people.workspace.pk):
        failed_together(house, 2, LINK)
    workspaces.add_member(workspace_id=people.workspace.pk, user=people.bob, role=Role.VIEWER)
    bob = browser_of(people.bob)
    page = bob.get(reverse("needs_you")).content.decode()
    assert "14 posts are late" in page
    assert LINK in page
    main = page[page.index('id="main"') : page.index('class="bottom-bar"')]
    assert "<button" not in main
    assert bob.post(reverse("needs_you_late"), {"all": "skip"}).status_code == 403
    assert bob.post(reverse("needs_you_failed"), {"group": "x", "act": "retry"}).status_code == 403


def test_strangers_change_nothing_with_ids_they_know(
    people: People, browser_of: Callable[[User], Client], house: House, late: list[UUID]
) -> None:
    with scope.workspace(people.workspace.pk):
        failed_together(house, 1, LINK)
    group = group_of(browser_of(people.alice), LINK)
    charlie = browser_of(people.charlie)
    assert charlie.post(reverse("needs_you_late"), {"one": f"publish:{late[0]}"}).status_code == 404
    assert charlie.post(reverse("needs_you_failed"), {"group": group, "act": "retry"}, follow=True).status_code == 200
    charlie.post(reverse("needs_you_late"), {"all": "publish"})
    assert set(states(people, late)) == {State.HELD}
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.filter(state=State.FAILED).count() == 1
        assert not Event.objects.filter(kind="delivery.planned").exists()


def test_the_page_asks_as_much_for_many_as_for_few(people: People, browser: Client, house: House) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.get(reverse("needs_you"))
        return len(asked.captured_queries)

    def more(n: int) -> None:
        with scope.workspace(people.workspace.pk):
            late_after_a_stop(house, n)
            failed_together(house, n, LINK)
            failed_together(house, n, "The picture is broken.", cause="media_invalid")
            for cause in ("account", "paused"):
                house.rows.stands(house.rows.at(1, "10:05"), State.HELD, cause=cause)
            house.rows.stands(house.rows.at(1, "10:05"), State.UNCONFIRMED)

    more(2)
    few = count()
    more(9)
    assert count() <= few + 1
