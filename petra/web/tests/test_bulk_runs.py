"""Publish now for many pins: a run with a page of its own, live, findable, and nobody else's."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conftest import People
from petra.lib import clock, queue
from petra.lib.ids import new_id
from petra.posts.models import Post
from petra.publishing import bulk, states
from petra.publishing.models import BulkRun, Delivery, State
from petra.tenancy import scope
from petra.tenancy.models import Role, User
from petra.web.live.viewer import Viewer
from petra.web.pins import bulk_view
from petra.web.tests.page_rows import House, bulk_run
from petra.webhooks.models import Event


@pytest.fixture
def pins(people: People, house: House) -> list[Post]:
    with scope.workspace(people.workspace.pk):
        return [house.rows.post() for _ in range(3)]


def says(answer: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def publish(browser: Client, pins: list[Post], **more: str) -> Any:
    return browser.post(reverse("pins_bulk"), {"act": "publish", "pin": [str(p.pk) for p in pins], **more})


def test_publish_now_for_many_begins_a_run_and_shows_it(people: People, browser: Client, pins: list[Post]) -> None:
    answer = publish(browser, pins)
    with scope.workspace(people.workspace.pk):
        run = BulkRun.objects.get()
    assert answer.headers["Location"] == reverse("bulk_run", args=[run.pk])
    assert queue.is_waiting_or_running(bulk.JOB, argument="run_id", value=str(run.pk))
    page = says(browser.get(answer.headers["Location"]))
    assert "Publishing 3 pins" in page
    assert "0 of 3 done" in page
    bulk.run_bulk(workspace_id=people.workspace.pk, run_id=run.pk)
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.filter(state=State.PLANNED, is_manual=True).count() == 3
    assert "0 of 3 done" in says(browser.get(answer.headers["Location"]))


def test_pressing_twice_begins_one_run_and_an_old_page_with_other_pins_another(
    people: People, browser: Client, pins: list[Post]
) -> None:
    once = str(new_id())
    first, second = publish(browser, pins, run=once), publish(browser, pins, run=once)
    assert first.headers["Location"] == second.headers["Location"] == reverse("bulk_run", args=[once])
    publish(browser, pins[:2], run=once)
    publish(browser, pins[:1], run="x")
    with scope.workspace(people.workspace.pk):
        assert BulkRun.objects.count() == 3
    page = browser.get(reverse("pins")).content.decode()
    assert re.search(r'name="run" value="[0-9a-f-]{36}"', page)


def test_what_is_out_is_not_sent_again(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        out = house.rows.stands(house.rows.at(-1, "10:05"), State.PUBLISHED)
    publish(browser, [out.post])
    with scope.workspace(people.workspace.pk):
        run = BulkRun.objects.get()
    bulk.run_bulk(workspace_id=people.workspace.pk, run_id=run.pk)
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.filter(post=out.post).count() == 1
    assert "It is out already" in says(browser.get(reverse("bulk_run", args=[run.pk])))


def test_a_run_ends_with_its_numbers_and_each_result_with_its_sentence(
    people: People, browser: Client, house: House
) -> None:
    with scope.workspace(people.workspace.pk):
        run = bulk_run(house)
    address = reverse("bulk_run", args=[run.pk])
    page = says(browser.get(address))
    assert "Publishing 5 pins" in page
    assert "Total 5 Published 2 Not published 2 Under way 1" in page
    assert "The network refused the link. Change the words or the link, then try again." in page
    assert "Choose where it goes first. Mend what the reason says, then publish it again." in page
    assert page.count("View on") == 2
    with scope.workspace(people.workspace.pk):
        moving = Delivery.objects.get(state=State.SENDING)
        states.move(moving, State.PUBLISHED, because="sent", remote_id="5", published_at=clock.now())
    page = says(browser.get(address))
    assert "3 of 5 pins published" in page
    assert "5 of 5 done" in page


def test_the_failed_ones_of_a_run_are_tried_again_together(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        run = bulk_run(house)
    address = reverse("bulk_retry", args=[run.pk])
    answer = browser.post(address, follow=True)
    assert "1 pin is tried again" in says(answer)
    assert answer.redirect_chain[-1][0] == reverse("bulk_run", args=[run.pk])
    assert "somebody dealt with it" in says(browser.post(address, follow=True))


def test_recent_runs_are_found_from_the_pins_and_from_activity(people: People, browser: Client, house: House) -> None:
    assert "Nothing was published in bulk yet" in says(browser.get(reverse("bulk_runs")))
    with scope.workspace(people.workspace.pk):
        run = bulk_run(house)
        bulk.start([house.rows.post().pk])
    address = reverse("bulk_run", args=[run.pk])
    listed = browser.get(reverse("bulk_runs")).content.decode()
    assert address in listed
    assert "4 of 5 done, 2 not published" in html.unescape(listed)
    pins = browser.get(reverse("pins")).content.decode()
    assert address in pins
    assert reverse("bulk_runs") in pins
    assert "Bulk publishing began, 1 in all" in says(browser.get(reverse("activity")))


def test_a_run_that_ended_leaves_the_list_of_pins_after_ten_minutes(
    people: People, browser: Client, house: House
) -> None:
    with scope.workspace(people.workspace.pk):
        run = bulk_run(house)
        Delivery.objects.filter(state=State.SENDING).update(state=State.FAILED)
        before = clock.now() - timedelta(minutes=11)
        BulkRun.objects.update(created_at=before, finished_at=before)
    assert reverse("bulk_run", args=[run.pk]) not in browser.get(reverse("pins")).content.decode()
    assert reverse("bulk_run", args=[run.pk]) in browser.get(reverse("bulk_runs")).content.decode()


def test_a_stranger_finds_no_run(people: People, browser_of: Callable[[User], Client], house: House) -> None:
    with scope.workspace(people.workspace.pk):
        run = bulk_run(house)
    charlie = browser_of(people.charlie)
    assert charlie.get(reverse("bulk_run", args=[run.pk])).status_code == 404
    assert charlie.post(reverse("bulk_retry", args=[run.pk])).status_code == 404
    assert str(run.pk) not in charlie.get(reverse("bulk_runs")).content.decode()
    # The id of another workspace's run is no way into it either.
    answer = publish(charlie, [], run=str(run.pk))
    assert answer.headers["Location"] == reverse("pins")


def viewer(people: People, run: BulkRun | None, role: Role = Role.OWNER) -> Viewer:
    query = {"bulk": str(run.pk)} if run else {"bulk": "x"}
    return Viewer(people.alice.pk, people.workspace.pk, role, people.workspace.zone, "bulk", query, clock.now())


def test_an_open_run_is_told_its_numbers_and_the_result_that_changed(people: People, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        run = bulk_run(house)
        moving = Delivery.objects.get(state=State.SENDING)
        states.move(moving, State.FAILED, because="rejected", cause="duplicate", for_person="It is there already.")
        news = list(Event.objects.filter(subject_id=moving.pk))
        told = bulk_view.changes(viewer(people, run), news)
        assert isinstance(told, list)
        assert [piece.target for piece in told] == ["#bulk-title", "#bulk-head", f"#bulk-{moving.post_id}"]
        assert "2 of 5 pins published" in told[0].html
        assert "Retry the 2 that failed" in told[1].html
        assert "It is there already." in told[2].html
        to_a_viewer = bulk_view.changes(viewer(people, run, Role.VIEWER), news)
        assert isinstance(to_a_viewer, list)
        assert "<button" not in to_a_viewer[1].html
        assert bulk_view.changes(viewer(people, None), news) == []
    with scope.workspace(people.elsewhere.pk):
        assert bulk_view.changes(viewer(people, run), news) == []
