"""The calendar's verbs over HTTP: move, plan, take off, spread, undo, and what each refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from conftest import People
from petra.publishing.models import Delivery, State
from petra.tenancy import scope
from petra.tenancy.models import User
from petra.web.tests.calendar_furniture import NOW, PAGE, again, planned, send, undo_of
from petra.web.tests.calendar_rows import Rows, make_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wednesday")]


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
