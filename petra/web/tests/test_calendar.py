"""The calendar over HTTP: what it shows, every verb, and what each refuses."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conftest import People
from petra.posts.models import Post
from petra.publishing import scheduling
from petra.publishing.models import Delivery, State
from petra.tenancy import scope, workspaces
from petra.tenancy.models import Role, User
from petra.web.tests.calendar_rows import Rows, fill, make_rows
from petra.webhooks.models import Event

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 10, 24, tzinfo=UTC)  # Wednesday, 11:24 in Berlin
PAGE = "http://testserver/calendar"


@pytest.fixture(autouse=True)
def _wednesday() -> Iterator[None]:
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
    assert "1 of 6 posting times used" in part
    assert "Add to 10:05" in part
    assert "<html" not in part
    assert "From 20 November 2026" in alice.get("/calendar/day/2026-11-20").content.decode()
    assert alice.get("/calendar/day/yesterday").status_code == 404


# Moving.


def test_move_answers_with_both_days_and_a_toast_with_undo(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    answer = send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "at": rows.at(2, "14:20").isoformat()})
    text = answer.content.decode()
    assert answer.status_code == 200
    for place in ("head-2026-11-19", "head-2026-11-20", "cell-2026-11-20-midday", "cell-2026-11-19-afternoon", "tray"):
        assert f'hx-target="#{place}"' in text
    assert "cell-2026-11-21-midday" not in text
    assert "Moved to Fri 20 Nov, 14:20" in text
    moved = again(rows, delivery)
    assert (moved.due_at, moved.plan_no, moved.state) == (rows.at(2, "14:20"), 2, State.PLANNED)


@pytest.mark.parametrize("view", ["month", "list"])
def test_move_answers_in_the_view_it_came_from(rows: Rows, alice: Client, view: str) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    answer = send(
        alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "day": "2026-11-21"}, page=f"{PAGE}?view={view}"
    )
    assert 'hx-target="#day-2026-11-21"' in answer.content.decode()
    assert again(rows, delivery).due_at == rows.at(3, "17:10")


def test_drop_on_a_day_keeps_the_time_over_a_change_of_clocks(
    people: People, rows: Rows, browser_of: Callable[[User], Client]
) -> None:
    with time_machine.travel(datetime(2027, 3, 26, 8, 0, tzinfo=UTC), tick=False):
        alice = browser_of(people.alice)
        delivery = planned(rows, datetime(2027, 3, 27, 1, 30, tzinfo=UTC))  # 02:30 in Berlin
        assert send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "day": "2027-03-28"}).status_code == 200
        assert again(rows, delivery).due_at == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)  # 03:00, the next that exists
        assert send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 2, "day": "2027-03-29"}).status_code == 200
        assert again(rows, delivery).due_at == datetime(2027, 3, 29, 1, 0, tzinfo=UTC)  # 03:00 in summer time


@pytest.mark.parametrize(
    ("now", "day", "clock_time", "instant"),
    [
        ("2027-03-26T08:00", "2027-03-28", "02:30", "2027-03-28T01:00"),
        ("2026-10-23T08:00", "2026-10-25", "02:30", "2026-10-25T00:30"),
        ("2026-11-18T10:24", "2026-11-19", "09:15", "2026-11-19T08:15"),
    ],
)
def test_wall_clock_time_becomes_an_instant_by_the_gap_and_fold_rule(
    people: People,
    rows: Rows,
    browser_of: Callable[[User], Client],
    now: str,
    day: str,
    clock_time: str,
    instant: str,
) -> None:
    with time_machine.travel(datetime.fromisoformat(now).replace(tzinfo=UTC), tick=False):
        alice = browser_of(people.alice)
        delivery = planned(rows, datetime.fromisoformat(now).replace(tzinfo=UTC) + timedelta(hours=2))
        values = {"id": delivery.pk, "plan_no": 1, "at": "own", "day": day, "time": clock_time}
        assert send(alice, "/calendar/move", values).status_code == 200
        assert again(rows, delivery).due_at == datetime.fromisoformat(instant).replace(tzinfo=UTC)


def test_move_of_what_changed_elsewhere_is_409_and_shows_how_things_stand(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    values = {"id": delivery.pk, "plan_no": 1, "at": rows.at(2, "14:20").isoformat()}
    assert send(alice, "/calendar/move", values).status_code == 200
    answer = send(alice, "/calendar/move", {**values, "at": rows.at(3, "09:00").isoformat()})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "This was changed somewhere else a moment ago." in text
    assert 'hx-target="#cal-grid"' in text
    assert "Take Today, 11:45" in text  # the next free slot
    assert again(rows, delivery).due_at == rows.at(2, "14:20")


def test_move_into_the_past_is_422_and_offers_the_next_free_slot(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    answer = send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "at": rows.at(-1, "09:00").isoformat()})
    assert answer.status_code == 422
    assert "That time is over." in answer.content.decode()
    assert "Take Today, 11:45" in answer.content.decode()
    assert again(rows, delivery).due_at == rows.at(1, "17:10")


@pytest.mark.parametrize("state", [State.PUBLISHED, State.SENDING, State.PROCESSING, State.UNCONFIRMED])
def test_what_is_out_or_on_its_way_is_not_moved(rows: Rows, alice: Client, state: State) -> None:
    with scope.workspace(rows.workspace.pk):
        delivery = rows.stands(rows.at(0, "11:00"), state)
    answer = send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "at": rows.at(1, "09:00").isoformat()})
    assert answer.status_code == 409
    assert again(rows, delivery).state == state


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"at": "soon"},
        {"at": "2026-11-19T10:00"},
        {"at": "own", "day": "2026-11-19"},
        {"at": "own", "day": "2026-02-30", "time": "10:00"},
        {"day": "2026-11-19", "time": "25:00"},
        {"at": "own", "day": "0001-01-01", "time": "10:00"},
    ],
)
def test_time_that_makes_no_sense_is_422(rows: Rows, alice: Client, values: dict[str, object]) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    answer = send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, **values})
    assert answer.status_code == 422
    assert "Choose a day and a time." in answer.content.decode()


def test_failed_post_that_is_moved_is_scheduled_again_and_offers_no_undo(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        delivery = rows.stands(rows.at(-1, "18:30"), State.FAILED, for_person="Too small.")
    answer = send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "at": rows.at(1, "09:00").isoformat()})
    assert answer.status_code == 200
    assert "/calendar/undo/" not in answer.content.decode()
    assert again(rows, delivery).state == State.PLANNED


def test_several_posts_land_in_the_following_free_slots(rows: Rows, alice: Client) -> None:
    some = [planned(rows, rows.at(5, f"{h}:00")) for h in (10, 11, 12)]
    answer = send(
        alice,
        "/calendar/move",
        {
            "id": ",".join(str(d.pk) for d in some),
            "plan_no": "1,1,1",
            "at": rows.at(1, "10:05").isoformat(),
        },
    )
    assert answer.status_code == 200
    assert "Moved 3 posts, the last to Tomorrow, 13:20" in answer.content.decode()
    assert [again(rows, d).due_at for d in some] == [rows.at(1, t) for t in ("10:05", "11:45", "13:20")]
    assert send(alice, undo_of(answer), {}).status_code == 200
    assert [again(rows, d).due_at for d in some] == [rows.at(5, f"{h}:00") for h in (10, 11, 12)]


def test_several_posts_move_all_or_none(rows: Rows, alice: Client) -> None:
    first, second = planned(rows, rows.at(5, "10:00")), planned(rows, rows.at(5, "11:00"))
    values = {"id": f"{first.pk},{second.pk}", "plan_no": "1,7", "at": rows.at(1, "10:05").isoformat()}
    assert send(alice, "/calendar/move", values).status_code == 409
    assert again(rows, first).due_at == rows.at(5, "10:00")


# Planning and taking off.


def test_pin_from_the_tray_is_planned_on_its_board(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        post = rows.post(title="From the tray")
    answer = send(alice, "/calendar/plan", {"id": post.pk, "at": rows.at(1, "17:10").isoformat()})
    assert answer.status_code == 200
    assert "Scheduled for Tomorrow, 17:10" in answer.content.decode()
    with scope.workspace(rows.workspace.pk):
        delivery = Delivery.objects.get(post=post)
        assert (delivery.due_at, delivery.target_id) == (rows.at(1, "17:10"), post.target_id)
    assert f'data-post="{post.pk}"' in answer.content.decode()
    assert send(alice, undo_of(answer), {}).status_code == 200
    assert again(rows, delivery).state == State.CANCELLED


def test_pin_without_board_says_why_it_can_not_be_planned(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        post = rows.draft(title="<b>No</b>")
    answer = send(alice, "/calendar/plan", {"id": post.pk, "at": rows.at(1, "17:10").isoformat()})
    assert answer.status_code == 422
    assert "“&lt;b&gt;No&lt;/b&gt;” needs a board first." in answer.content.decode()


def test_pin_that_is_planned_already_is_409(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    answer = send(alice, "/calendar/plan", {"id": delivery.post_id, "at": rows.at(2, "17:10").isoformat()})
    assert answer.status_code == 409
    assert "on the calendar of oakandember already" in answer.content.decode()


def test_taking_off_and_undo_put_it_back_where_it_was(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    answer = send(alice, "/calendar/unschedule", {"id": delivery.pk, "plan_no": 1})
    assert answer.status_code == 200
    assert "Taken off the calendar" in answer.content.decode()
    assert f'id="card-{delivery.post_id}"' in answer.content.decode()  # it is in the tray now
    assert again(rows, delivery).state == State.CANCELLED
    assert send(alice, undo_of(answer), {}).status_code == 200
    back = again(rows, delivery)
    assert (back.state, back.due_at) == (State.PLANNED, rows.at(1, "17:10"))


# Undo.


def test_undo_moves_back(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    answer = send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "at": rows.at(2, "14:20").isoformat()})
    back = send(alice, undo_of(answer), {})
    assert back.status_code == 200
    assert "Back to Tomorrow, 17:10" in back.content.decode()
    assert again(rows, delivery).due_at == rows.at(1, "17:10")
    assert again(rows, delivery).plan_no == 3


def test_undo_is_refused_where_somebody_moved_it_since(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    answer = send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "at": rows.at(2, "14:20").isoformat()})
    send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 2, "at": rows.at(3, "14:20").isoformat()})
    refused = send(alice, undo_of(answer), {})
    assert refused.status_code == 409
    assert "Somebody moved it since" in refused.content.decode()
    assert again(rows, delivery).due_at == rows.at(3, "14:20")


def test_undo_works_for_ten_minutes(rows: Rows, alice: Client) -> None:
    delivery = planned(rows, rows.at(1, "17:10"))
    answer = send(alice, "/calendar/move", {"id": delivery.pk, "plan_no": 1, "at": rows.at(2, "14:20").isoformat()})
    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        assert send(alice, undo_of(answer), {}).status_code == 409
    with time_machine.travel(NOW + timedelta(minutes=9), tick=False):
        assert send(alice, undo_of(answer), {}).status_code == 200


def test_forged_undo_is_refused(rows: Rows, alice: Client) -> None:
    assert send(alice, "/calendar/undo/forged", {}).status_code == 409


# Spreading.


def test_spread_shows_counts_per_day_before_it_plans_anything(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        for _ in range(8):
            rows.post()
        rows.draft()
    text = alice.get("/calendar/spread", headers={"HX-Request": "true"}).content.decode()
    assert "Spread 8 ready pins" in text
    assert re.search(r"Wed 18 Nov.*?\+4.*?Thu 19 Nov.*?\+4", text, re.S)
    with scope.workspace(rows.workspace.pk):
        assert not Delivery.objects.exists()
    answer = send(alice, "/calendar/spread", {"seen": "8", "shown": "", "from": "2026-11-18"})
    assert answer.status_code == 200
    assert "Scheduled 8 pins, the last for Tomorrow, 13:20" in answer.content.decode()
    with scope.workspace(rows.workspace.pk):
        due = list(Delivery.objects.order_by("due_at").values_list("due_at", flat=True))
    assert due == [rows.at(0, t) for t in ("11:45", "13:20", "17:10", "20:15")] + [
        rows.at(1, t) for t in ("07:45", "10:05", "11:45", "13:20")
    ]
    assert send(alice, undo_of(answer), {}).status_code == 200
    with scope.workspace(rows.workspace.pk):
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.CANCELLED}


def test_spread_that_is_not_what_was_seen_is_refused(rows: Rows, alice: Client) -> None:
    with scope.workspace(rows.workspace.pk):
        rows.post()
    assert send(alice, "/calendar/spread", {"seen": "2", "shown": ""}).status_code == 409


def test_spread_says_which_account_has_no_posting_times(people: People, alice: Client) -> None:
    with scope.workspace(people.workspace.pk):
        rows = make_rows(people.workspace, slot_times=())
        rows.post()
    text = alice.get("/calendar/spread").content.decode()
    assert "1 pin stays: oakandember has no free posting time." in text
    assert send(alice, "/calendar/spread", {"seen": "0", "shown": ""}).status_code == 422


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
