"""Needs you: late ones, failures by cause and what may be out, each dealt with alone, chosen, or all together."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conftest import People
from petra.lib import clock
from petra.publishing import scheduling
from petra.publishing.models import Attempt, Delivery, State
from petra.tenancy import scope, workspaces
from petra.tenancy.models import Role, User
from petra.web.tests.page_rows import House, failed_together, furnish, late_after_a_stop
from petra.webhooks.models import Event

LINK = "The network refused the link."


@pytest.fixture
def house(people: People) -> House:
    with scope.workspace(people.workspace.pk):
        workspaces.set_onboarding_step(people.workspace, "done")
        return furnish(people.workspace)


@pytest.fixture
def browser(people: People, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(people.alice)


@pytest.fixture
def late(people: People, house: House) -> list[UUID]:
    with scope.workspace(people.workspace.pk):
        return late_after_a_stop(house)


def says(answer: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode())))


def states(people: People, ids: list[UUID]) -> list[str]:
    with scope.workspace(people.workspace.pk):
        found = dict(Delivery.objects.filter(pk__in=ids).values_list("pk", "state"))
    return [found[pk] for pk in ids]


def undo_of(answer: Any) -> str:
    found = re.search(r'action="(/needs-you/undo/[^"]+)"', answer.content.decode())
    assert found
    return found[1]


def press(browser: Client, **form: object) -> Any:
    return browser.post(reverse("needs_you_late"), form, follow=True)


# ---------------------------------------------------------------------- late


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
    assert "Change them, then try again." in page
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
        for cause in ("account", "account", "paused_workspace", "paused"):
            house.rows.stands(house.rows.at(1, "10:05"), State.HELD, cause=cause)
    answer = browser.get(reverse("needs_you"))
    page = says(answer)
    assert "2 posts wait for oakandember" in page
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
