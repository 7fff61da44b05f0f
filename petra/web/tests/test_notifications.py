"""Notifications over HTTP: the page, the bell's count, reading one and all, and how a member hears by e-mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from conftest import People
from petra.lib import clock
from petra.notifications import telling, watching
from petra.notifications.models import Incident, Wish
from petra.publishing import pausing, scheduling
from petra.publishing.models import Delivery, State
from petra.tenancy import scope, workspaces
from petra.tenancy.models import Role, User
from petra.web.tests.needs_you_furniture import marked
from petra.web.tests.page_rows import House

BrowserOf = Callable[[User], Client]


def bring(
    people: People, house: House, state: State, *, cause: str, sentence: str = "The link was refused."
) -> Delivery:
    with scope.workspace(people.workspace.pk):
        return house.rows.stands(clock.now() + timedelta(hours=3), state, cause=cause, for_person=sentence)


def look() -> None:
    """What the worker does every minute."""
    watching.watch()
    telling.send_mails()


def bell(bobs: Client) -> str:
    """Give the number on the bell; empty where it shows none."""
    page = marked(bobs.get(reverse("settings")))
    found = re.search(
        r'class="bell".*?<span class="nav-count bad" data-count-of="notifications"( hidden)?>(\d+)<', page
    )
    assert found
    return "" if found[1] else found[2]


def incidents(people: People) -> list[Incident]:
    with scope.workspace(people.workspace.pk):
        return list(Incident.objects.order_by("opened_at", "id"))


def test_an_empty_page_says_that_nothing_needs_anybody(house: House, bobs: Client) -> None:
    page = marked(bobs.get(reverse("notifications")))
    assert "Nothing needs you" in page and "Mark all as read" not in page
    assert bell(bobs) == ""


def test_each_incident_is_one_line_that_leads_to_where_it_is_mended(people: People, house: House, bobs: Client) -> None:
    for _ in range(3):
        bring(people, house, State.FAILED, cause="content_invalid")
    bring(people, house, State.HELD, cause=scheduling.CAUSE_LATE)
    look()
    assert bell(bobs) == "2"
    page = marked(bobs.get(reverse("notifications")))
    assert "3 posts not published on Pinterest: The link was refused." in page
    assert "1 post later than allowed" in page and "2 new" in page
    failed = next(i for i in incidents(people) if i.kind == "failed")
    answer = bobs.post(reverse("notification_seen", args=[failed.pk]), {"look": "on"})
    assert answer.headers["Location"] == "/needs-you#failed"
    assert bobs.get("/needs-you").status_code == 200
    assert bell(bobs) == "1"


def test_reading_is_each_members_own_and_one_or_all_at_once(
    people: People, house: House, bobs: Client, browser_of: BrowserOf
) -> None:
    bring(people, house, State.FAILED, cause="content_invalid")
    bring(people, house, State.HELD, cause=scheduling.CAUSE_LATE)
    look()
    first = incidents(people)[0]
    answer = bobs.post(reverse("notification_seen", args=[first.pk]))
    assert answer.headers["Location"] == reverse("notifications")
    assert marked(bobs.get(reverse("notifications"))).count("Mark as read") == 1
    assert bell(browser_of(people.alice)) == "2"
    bobs.post(reverse("notifications_seen"), {"until": "not an instant"})
    assert bell(bobs) == ""
    assert bell(browser_of(people.alice)) == "2"


def test_what_came_after_the_page_was_drawn_stays_new(people: People, house: House, bobs: Client) -> None:
    bring(people, house, State.FAILED, cause="content_invalid")
    look()
    until = re.search(r'name="until" value="([^"]+)"', marked(bobs.get(reverse("notifications"))))
    assert until
    bring(people, house, State.HELD, cause=scheduling.CAUSE_LATE)
    look()
    bobs.post(reverse("notifications_seen"), {"until": until[1]})
    assert bell(bobs) == "1"


def test_what_is_over_says_so(people: People, house: House, bobs: Client) -> None:
    failed = bring(people, house, State.FAILED, cause="content_invalid")
    look()
    with scope.workspace(people.workspace.pk):
        scheduling.reset_delivery(Delivery.objects.get(pk=failed.pk))
    look()
    page = marked(bobs.get(reverse("notifications")))
    assert "Nothing needs you" in page
    assert "Over since today" in page and "The link was refused." in page
    assert bell(bobs) == ""


def test_what_a_pause_holds_is_no_news(people: People, house: House, bobs: Client) -> None:
    with scope.workspace(people.workspace.pk):
        pausing.pause(house.account)
    bring(people, house, State.HELD, cause="paused_account", sentence="This account is paused.")
    look()
    assert bell(bobs) == ""
    assert "1 post waits." in marked(bobs.get(reverse("overview")))


def test_strangers_and_visitors_get_nothing(people: People, house: House, browser_of: BrowserOf) -> None:
    bring(people, house, State.FAILED, cause="content_invalid")
    look()
    there = reverse("notification_seen", args=[incidents(people)[0].pk])
    stranger = browser_of(people.charlie)
    assert stranger.post(there).status_code == 404
    assert "The link was refused." not in marked(stranger.get(reverse("notifications")))
    assert Client().get(reverse("notifications")).status_code == 302
    assert Client().post(there).status_code == 302


def test_a_viewer_reads_too(people: People, house: House, browser_of: BrowserOf) -> None:
    workspaces.add_member(workspace_id=people.workspace.pk, user=people.bob, role=Role.VIEWER)
    bring(people, house, State.FAILED, cause="content_invalid")
    look()
    viewer = browser_of(people.bob)
    assert bell(viewer) == "1"
    viewer.post(reverse("notifications_seen"))
    assert bell(viewer) == ""


# By e-mail.


def wish(bobs: Client, value: str) -> Any:
    return bobs.post(reverse("notification_wish"), {"wish": value})


def recipients() -> list[str]:
    return sorted(address for message in mail.outbox for address in message.to)


def test_a_member_chooses_in_the_settings(people: People, house: House, bobs: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://petra.example"
    assert 'value="instant" checked' in marked(bobs.get(reverse("settings")))
    assert wish(bobs, "off").status_code == 302
    assert 'value="off" checked' in marked(bobs.get(reverse("settings")))
    bring(people, house, State.FAILED, cause="content_invalid")
    look()
    assert recipients() == ["alice@example.org"]
    assert "https://petra.example/needs-you#failed" in mail.outbox[0].body
    assert "https://petra.example/settings#notifications" in mail.outbox[0].body
    assert bell(bobs) == "1", "in Petra it is shown in any case"


def test_once_a_day_is_one_mail_after_eight(people: People, house: House, bobs: Client) -> None:
    wish(bobs, "daily")
    with scope.workspace(people.workspace.pk):
        telling.choose(people.alice.pk, Wish.OFF)
    bring(people, house, State.FAILED, cause="content_invalid")
    bring(people, house, State.HELD, cause=scheduling.CAUSE_LATE)
    watching.watch()
    with scope.workspace(people.workspace.pk):
        assert telling.wish_of(people.bob.pk) is Wish.DAILY
        assert {m.is_for_digest for i in Incident.objects.all() for m in i.mails.all()} == {True}


def test_a_choice_that_is_none_is_refused(bobs: Client, house: House) -> None:
    assert wish(bobs, "sometimes").status_code == 422
    assert wish(bobs, "").status_code == 422
    assert 'value="instant" checked' in marked(bobs.get(reverse("settings")))
