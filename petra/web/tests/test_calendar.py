"""The calendar over HTTP: what it shows, its forms without script, and who may see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conftest import People
from petra.posts.models import Post
from petra.publishing import scheduling
from petra.publishing.models import State
from petra.tenancy import scope, workspaces
from petra.tenancy.models import Role, User
from petra.web.tests.calendar_furniture import NOW, again, planned, send, undo_of
from petra.web.tests.calendar_rows import Rows, fill, make_rows
from petra.webhooks.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wednesday")]


# What it shows.


@pytest.mark.parametrize("query", ["", "?view=month", "?view=month&show=titles", "?view=list", "?tray=drafts"])
def test_every_view_shows_posts_and_tray(rows: Rows, alice: Client, query: str) -> None:
    planned(rows, rows.at(1, "17:10"), title="Salmon & <rice>")
    with scope.workspace(rows.workspace.pk):
        rows.post(title="Waiting")
    answer = alice.get(f"/calendar{query}")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Salmon &amp; &lt;rice&gt;" in text
    assert "<rice>" not in text
    assert ("Waiting" in text) == ("drafts" not in query)


def test_page_title_names_the_week_and_the_zone_stands_once(rows: Rows, alice: Client) -> None:
    text = alice.get("/calendar").content.decode()
    assert "<title>Calendar, week 47, Oak &amp; Ember</title>" in text
    assert text.count("Berlin, GMT+1") == 1
    assert "16 – 22 November 2026" in text


@pytest.mark.parametrize("query", ["", "?view=month", "?view=list"])
def test_page_asks_at_most_twelve_questions(rows: Rows, alice: Client, query: str) -> None:
    with scope.workspace(rows.workspace.pk):
        fill(rows)
    alice.get("/calendar")
    with CaptureQueriesContext(connection) as asked:
        assert alice.get(f"/calendar{query}").status_code == 200
    # Savepoints, and taking the scope off again, are there only inside a test's transaction.
    questions = [q["sql"] for q in asked if "SAVEPOINT" not in q["sql"] and "', '', true)" not in q["sql"]]
    assert len(questions) <= 12, "\n".join(q[:120] for q in questions)


def test_night_is_shown_only_where_something_stands_in_it(rows: Rows, alice: Client) -> None:
    assert 'id="row-night" hidden' in alice.get("/calendar").content.decode()
    planned(rows, rows.at(1, "03:00"))
    assert 'id="row-night">' in alice.get("/calendar").content.decode()


def test_day_says_that_the_clocks_change(rows: Rows, alice: Client) -> None:
    text = alice.get("/calendar?day=2027-03-28").content.decode()
    assert text.count("Clocks go forward 1 h") == 1
    assert "Clocks go back 1 h" in alice.get("/calendar?view=list&day=2026-10-25").content.decode()


def test_filters_leave_out_what_they_should(rows: Rows, alice: Client) -> None:
    mine = planned(rows, rows.at(1, "17:10"), title="Kept")
    with scope.workspace(rows.workspace.pk):
        other = make_rows(rows.workspace, username="another")
    planned(other, rows.at(1, "18:10"), title="Left out")
    board = again(rows, mine).target_id
    for query in (f"account={rows.account.pk}", f"board={board}"):
        text = alice.get(f"/calendar?{query}").content.decode()
        assert "Kept" in text
        assert "Left out" not in text
    assert "Kept" not in alice.get("/calendar?status=failed").content.decode()
    assert "Kept" in alice.get("/calendar?status=scheduled").content.decode()


def test_day_load_counts_posts_against_posting_times(rows: Rows, alice: Client) -> None:
    for clock_time in ("07:45", "10:05"):
        planned(rows, rows.at(1, clock_time))
    text = alice.get("/calendar").content.decode()
    assert re.search(r'id="head-2026-11-19".*?>2<i>/6</i>', text, re.S)


def test_viewer_sees_the_calendar_and_can_move_nothing(
    people: People, rows: Rows, browser_of: Callable[[User], Client]
) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    workspaces.add_member(workspace_id=people.workspace.pk, user=people.bob, role=Role.VIEWER)
    bob = browser_of(people.bob)
    text = bob.get("/calendar").content.decode()
    assert f'id="card-{delivery.pk}"' in text
    assert "data-locked" in text
    assert "data-slot" not in text
    assert send(bob, "/calendar/move", {"id": delivery.pk, "at": rows.at(2, "09:00").isoformat()}).status_code == 403
    assert again(rows, delivery).due_at == delivery.due_at


def test_published_and_publishing_posts_do_not_lift(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        for state in (State.PUBLISHED, State.SENDING, State.PROCESSING, State.UNCONFIRMED):
            rows.stands(rows.at(0, "12:00"), state)
    text = alice.get("/calendar").content.decode()
    assert text.count("data-locked") == 4
    assert "Move “" not in text


def test_retry_is_said_under_a_scheduled_post(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        rows.stands(rows.at(0, "11:20"), State.PLANNED, tries=2, next_at=rows.at(0, "11:50"))
    assert "Retry 2 of 3 at 11:50" in alice.get("/calendar").content.decode()


def test_quiet_week_offers_to_spread(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        rows.post()
    text = alice.get("/calendar").content.decode()
    assert "A quiet week" in text
    assert "Spread them over 7 days" in text


def test_day_opens_in_a_popover_and_without_script_as_a_list(rows: Rows, alice: Client) -> None:
    planned(rows, rows.at(2, "07:45"), title="Early")
    part = alice.get("/calendar/day/2026-11-20", headers={"HX-Request": "true"}).content.decode()
    assert "Friday 20 November" in part
    assert "1 of 6 slots" in part
    assert "Add to 10:05" in part
    assert "<html" not in part
    assert "From 20 November 2026" in alice.get("/calendar/day/2026-11-20").content.decode()
    assert alice.get("/calendar/day/yesterday").status_code == 404


# Forms without script.


def test_move_form_offers_six_free_slots_and_works_without_script(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    page = alice.get(f"/calendar/move/{delivery.pk}").content.decode()
    assert page.count('type="radio" name="at" value="2026') == 6
    assert "<html" in page
    answer = alice.post(
        "/calendar/move",
        {
            "id": delivery.pk,
            "plan_no": 1,
            "at": "own",
            "day": "2026-11-20",
            "time": "09:30",
            "next": "/calendar?view=list",
        },
        follow=True,
    )
    assert answer.redirect_chain == [("/calendar?view=list", 302)]
    assert "Moved to Fri 20 Nov, 09:30" in answer.content.decode()
    assert undo_of(answer)
    assert again(rows, delivery).due_at == rows.at(2, "09:30")


def test_refused_form_comes_back_with_the_reason(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    values = {"id": delivery.pk, "plan_no": 1, "at": "own", "day": "2026-11-01", "time": "09:30"}
    answer = alice.post("/calendar/move", values)
    assert answer.status_code == 422
    assert "That time is over." in answer.content.decode()
    answer = alice.post("/calendar/plan", {"id": delivery.post_id, "at": "own", "day": "2026-11-21", "time": "09:30"})
    assert answer.status_code == 409


def test_form_never_leads_out_of_the_calendar(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    for number, there in enumerate(
        ("https://evil.example/", "//evil.example", "/calendar/../x", "/calendarx"), start=1
    ):
        values = {"id": delivery.pk, "plan_no": number, "at": rows.at(2, "14:20").isoformat(), "next": there}
        assert alice.post("/calendar/move", values)["Location"] == "/calendar"


def test_free_slot_offers_the_ready_pins(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        rows.post(title="Ready")
        rows.draft(title="Not yet")
    text = alice.get("/calendar/pick", {"at": rows.at(1, "17:10").isoformat()}).content.decode()
    assert "Add a pin on Tomorrow, 17:10" in text
    assert "Ready" in text
    assert "Not yet" not in text
    assert alice.get("/calendar/pick", {"at": "x"}).status_code == 404


def test_plan_form_works_without_script(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        post = rows.post()
    page = alice.get(f"/calendar/plan/{post.pk}").content.decode()
    assert "Schedule this pin" in page
    answer = alice.post("/calendar/plan", {"id": post.pk, "at": rows.at(1, "17:10").isoformat()}, follow=True)
    assert "Scheduled for Tomorrow, 17:10" in answer.content.decode()


# Apart.


def test_stranger_finds_nothing(
    people: People, rows: Rows, alice: Client, browser_of: Callable[[User], Client]
) -> None:
    delivery = planned(rows, rows.at(1, "17:10"), title="Secret")
    with scope.workspace(rows.workspace.pk):
        post = rows.post(title="Secret too")
    undo = undo_of(
        send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "at": rows.at(2, "14:20").isoformat()})
    )
    charlie = browser_of(people.charlie)
    at = rows.at(3, "09:00").isoformat()
    assert "Secret" not in charlie.get("/calendar").content.decode()
    assert "Secret" not in charlie.get("/calendar/day/2026-11-20").content.decode()
    assert "Secret" not in charlie.get("/calendar/spread").content.decode()
    assert charlie.get(f"/calendar/move/{delivery.pk}").status_code == 404
    assert charlie.get(f"/calendar/plan/{post.pk}").status_code == 404
    assert send(charlie, "/calendar/move", {"id": delivery.pk, "at": at}).status_code == 404
    assert send(charlie, "/calendar/plan", {"id": post.pk, "at": at}).status_code == 404
    assert send(charlie, "/calendar/unschedule", {"id": delivery.pk}).status_code == 404
    assert send(charlie, undo, {}).status_code == 404
    assert "Secret" not in charlie.get(f"/calendar?account={rows.account.pk}").content.decode()
    assert again(rows, delivery).due_at == rows.at(2, "14:20")


def test_absent_rows_and_nonsense_are_404(rows: Rows, alice: Client) -> None:
    at = rows.at(3, "09:00").isoformat()
    for post_id in (uuid4(), "x", ""):
        assert send(alice, "/calendar/move", {"id": post_id, "at": at}).status_code == 404
        assert send(alice, "/calendar/plan", {"id": post_id, "at": at}).status_code == 404


def test_removed_pin_can_not_be_planned(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        post = rows.post()
        Post.objects.filter(pk=post.pk).update(removed_at=NOW)
    assert send(alice, "/calendar/plan", {"id": post.pk, "at": rows.at(1, "17:10").isoformat()}).status_code == 404


def test_nobody_comes_in_without_signing_in(rows: Rows) -> None:
    answer = Client().get("/calendar")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/signin/")


def test_every_move_leaves_an_event_with_who_did_it(people: People, rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "at": rows.at(2, "14:20").isoformat()})
    with scope.workspace(rows.workspace.pk):
        event = Event.objects.latest("id")
        assert (event.kind, event.subject_id, event.actor_id) == ("delivery.replanned", delivery.pk, people.alice.pk)
        assert next(scheduling.free_slots(rows.account)) == rows.at(0, "11:45")
