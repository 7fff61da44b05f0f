"""What is late: told with the stop that made it so, and published, moved or skipped, alone, chosen, or all together."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from conftest import People
from petra.lib import clock
from petra.publishing import scheduling
from petra.publishing.models import Attempt, Delivery, State
from petra.tenancy import scope
from petra.web.tests.needs_you_furniture import says, states, undo_of
from petra.web.tests.page_rows import House, late_after_a_stop


@pytest.fixture
def late(people: People, house: House) -> list[UUID]:
    with scope.workspace(people.workspace.pk):
        return late_after_a_stop(house)


def press(browser: Client, **form: object) -> Any:
    return browser.post(reverse("needs_you_late"), form, follow=True)


@pytest.mark.parametrize("name", ["overview", "calendar", "needs_you"])
def test_pages_say_when_petra_was_stopped_and_how_many_are_late(
    people: People, browser: Client, late: list[UUID], name: str
) -> None:
    page = says(browser.get(reverse(name)))
    with scope.workspace(people.workspace.pk):
        start = Delivery.objects.get(pk=late[0]).due_at.astimezone(people.workspace.zone)
    assert "14 posts are late and wait for you." in page
    stopped = re.search(r"Petra was stopped from (today|yesterday), (\d\d:\d\d) to ((?:today, )?\d\d:\d\d)\.", page)
    assert stopped and stopped[2] == f"{start:%H:%M}"


def test_no_stop_is_told_of_where_something_was_sent_meanwhile(
    people: People, browser: Client, late: list[UUID]
) -> None:
    with scope.workspace(people.workspace.pk):
        Attempt.objects.create(delivery_id=late[0], plan_no=1, started_at=clock.now() - timedelta(hours=2))
    page = says(browser.get("/"))
    assert "14 posts are late" in page
    assert "was stopped" not in page


def test_nothing_late_says_nothing(people: People, browser: Client, house: House) -> None:
    assert 'id="late-banner"></div>' in browser.get("/").content.decode()
    assert "Nothing needs you" in says(browser.get(reverse("needs_you")))


def test_one_late_post_is_published_moved_or_skipped(people: People, browser: Client, late: list[UUID]) -> None:
    assert "1 post goes out now" in says(press(browser, one=f"publish:{late[0]}"))
    assert "1 post moved to" in says(press(browser, one=f"slot:{late[1]}"))
    assert "1 post skipped" in says(press(browser, one=f"skip:{late[2]}"))
    assert states(people, late[:4]) == [State.PLANNED, State.PLANNED, State.CANCELLED, State.HELD]
    with scope.workspace(people.workspace.pk):
        now, later = (Delivery.objects.get(pk=pk) for pk in late[:2])
        assert now.is_grace_waived and now.due_at <= clock.now() < later.due_at


def test_the_chosen_ones_only(people: People, browser: Client, late: list[UUID]) -> None:
    page = says(press(browser, act="skip", id=[str(pk) for pk in late[:3]]))
    assert "3 posts skipped" in page
    assert "11 posts are late" in page
    assert "Choose posts first" in says(press(browser, act="skip"))


@pytest.mark.parametrize(
    ("verb", "words", "state"),
    [
        ("publish", "14 posts go out now, one after another", State.PLANNED),
        ("slot", "14 posts moved to free slots, the last", State.PLANNED),
        ("skip", "14 posts skipped, their pins are kept", State.CANCELLED),
    ],
)
def test_all_of_them(people: People, browser: Client, late: list[UUID], verb: str, words: str, state: State) -> None:
    page = says(press(browser, all=verb))
    assert words in page
    assert "Nothing needs you" in page
    assert set(states(people, late)) == {state}


def test_free_slots_are_taken_in_the_old_order(people: People, browser: Client, late: list[UUID]) -> None:
    press(browser, all="slot")
    with scope.workspace(people.workspace.pk):
        due = dict(Delivery.objects.filter(pk__in=late).values_list("pk", "due_at"))
    assert [due[pk] for pk in late] == sorted(due.values())
    assert len(set(due.values())) == 14


@pytest.mark.parametrize("verb", ["slot", "skip"])
def test_what_was_moved_or_skipped_is_taken_back_together(
    people: People, browser: Client, late: list[UUID], verb: str
) -> None:
    with scope.workspace(people.workspace.pk):
        before = dict(Delivery.objects.values_list("pk", "due_at"))
    undo = undo_of(press(browser, all=verb))
    page = says(browser.post(undo, follow=True))
    assert "14 posts wait again" in page
    assert "14 posts are late" in page
    with scope.workspace(people.workspace.pk):
        after = Delivery.objects.filter(pk__in=late)
        assert {d.pk: d.due_at for d in after} == before
        assert {(d.state, d.cause, d.next_at) for d in after} == {(State.HELD, "late", None)}
    assert "nothing to undo" in says(browser.post(undo, follow=True))


def test_undo_works_for_ten_minutes(people: People, browser: Client, late: list[UUID]) -> None:
    undo = undo_of(press(browser, one=f"slot:{late[0]}"))
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert "nothing to undo" in says(browser.post(undo, follow=True))
    assert states(people, late[:1]) == [State.PLANNED]


def test_undo_leaves_what_somebody_moved_since_and_names_it(people: People, browser: Client, late: list[UUID]) -> None:
    undo = undo_of(press(browser, act="slot", id=[str(pk) for pk in late[:2]]))
    with scope.workspace(people.workspace.pk):
        scheduling.move_delivery(Delivery.objects.get(pk=late[0]), due_at=clock.now() + timedelta(days=40))
    page = says(browser.post(undo, follow=True))
    assert "1 post waits again" in page
    assert "1 post was left out" in page
    assert "This was changed somewhere else a moment ago" in page


def test_each_act_has_its_own_undo(people: People, browser: Client, late: list[UUID]) -> None:
    first = undo_of(press(browser, one=f"skip:{late[0]}"))
    press(browser, one=f"skip:{late[1]}")
    browser.post(first)
    assert states(people, late[:2]) == [State.HELD, State.CANCELLED]


def test_an_old_page_changes_nothing_that_was_dealt_with(people: People, browser: Client, late: list[UUID]) -> None:
    later = clock.now() + timedelta(days=40)
    with scope.workspace(people.workspace.pk):
        scheduling.move_delivery(Delivery.objects.get(pk=late[0]), due_at=later)
    page = says(press(browser, act="publish", id=[str(pk) for pk in late[:2]]))
    assert "1 post goes out now" in page
    assert "somebody dealt with it" in page
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.get(pk=late[0]).due_at == later


def test_what_has_no_free_slot_stays_and_is_named(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        scheduling.set_slots(house.account, [])
        late_after_a_stop(house, 2)
    page = says(press(browser, all="slot"))
    assert "2 posts were left out" in page
    assert "no free slot" in page
    assert "2 posts are late" in page


@pytest.mark.parametrize(
    "form", [{"all": "explode"}, {"one": "skip:x"}, {"one": "skip"}, {"act": "skip", "id": ["1"]}, {}]
)
def test_bad_input_is_not_found_and_changes_nothing(
    people: People, browser: Client, late: list[UUID], form: dict[str, object]
) -> None:
    assert browser.post(reverse("needs_you_late"), form).status_code in (302, 404)
    assert set(states(people, late)) == {State.HELD}


def test_long_lists_come_in_pages_and_all_means_all(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        ids = late_after_a_stop(house, 53)
    page = browser.get(reverse("needs_you")).content.decode()
    assert page.count('name="id"') == 50
    assert "1 to 50 of 53" in page
    press(browser, all="skip")
    assert set(states(people, ids)) == {State.CANCELLED}
