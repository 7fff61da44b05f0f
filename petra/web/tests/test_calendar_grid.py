"""Where cards, free slots and drops fall, with the clocks going forward and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from petra.publishing import slots
from petra.web.calendar import shown as calendar_shown
from petra.web.calendar.cards import Card
from petra.web.calendar.grid import Grid, WeeklySlot
from petra.web.calendar.shown import View, part_of
from petra.web.statuses import StatusKey, status

BERLIN = ZoneInfo("Europe/Berlin")
ACCOUNT = uuid4()
NOW = datetime(2026, 11, 18, 10, 24, tzinfo=UTC)  # Wednesday, 11:24 in Berlin


def card(at: datetime) -> Card:
    return Card(
        id=uuid4(),
        post_id=uuid4(),
        account_id=ACCOUNT,
        at=at,
        at_iso=at.isoformat(),
        time=f"{at.astimezone(BERLIN):%H:%M}",
        day_words="",
        title="A title",
        url="/pins/1",
        picture="",
        networks=[],
        board="",
        account="oak",
        status=status(StatusKey.SCHEDULED),
        version=1,
        is_locked=False,
        menu_url="",
    )


def grid(
    *cards: Card, day: str = "2026-11-19", times: tuple[str, ...] = (), view: str = "week", now: datetime = NOW
) -> Grid:
    weekly = [WeeklySlot(ACCOUNT, weekday, time.fromisoformat(t)) for weekday in range(7) for t in times]
    shown = calendar_shown.read({"view": view, "day": day}, today=now.astimezone(BERLIN).date())
    return Grid(shown=shown, cards=cards, weekly=weekly, zone=BERLIN, now=now, may_change=True)


def at(day: str, clock_time: str) -> datetime:
    return slots.instant(date.fromisoformat(day), time.fromisoformat(clock_time), BERLIN)


def cell(made: Grid, day: str, part: str) -> tuple[str, str]:
    found = next(d for d in made.days() if d.iso == day).parts[part]
    return found.label, found.at_iso


def test_drop_on_part_of_day_takes_its_first_free_slot() -> None:
    made = grid(card(at("2026-11-19", "16:00")), times=("16:00", "17:10"))
    assert cell(made, "2026-11-19", "afternoon") == ("Thu 19 Nov, 17:10", at("2026-11-19", "17:10").isoformat())


def test_drop_on_part_without_slot_lands_fifteen_minutes_after_the_last_post() -> None:
    made = grid(card(at("2026-11-19", "16:00")), card(at("2026-11-19", "18:30")))
    assert cell(made, "2026-11-19", "afternoon")[0] == "Thu 19 Nov, 18:45"


def test_drop_on_an_empty_part_lands_at_its_start() -> None:
    assert cell(grid(), "2026-11-19", "morning")[0] == "Thu 19 Nov, 06:00"


def test_drop_never_leaves_the_part_it_fell_on() -> None:
    made = grid(card(at("2026-11-19", "23:50")))
    assert cell(made, "2026-11-19", "evening")[0] == "Thu 19 Nov, 23:59"


def test_drop_on_the_part_that_is_now_lands_at_the_next_quarter() -> None:
    assert cell(grid(day="2026-11-18"), "2026-11-18", "midday")[0] == "Wed 18 Nov, 11:30"


def test_parts_that_are_over_take_no_drops() -> None:
    days = {d.iso: d for d in grid(day="2026-11-18", times=("07:00",)).days()}
    assert days["2026-11-18"].parts["morning"].is_past
    assert not days["2026-11-18"].parts["midday"].is_past
    assert days["2026-11-17"].whole.is_past
    assert days["2026-11-17"].free is None


def test_slot_that_a_post_of_its_account_has_is_not_free() -> None:
    made = grid(card(at("2026-11-19", "17:10") + timedelta(seconds=30)), times=("17:10", "20:00"))
    assert [s.time for s in made.free_slots(date(2026, 11, 19))] == ["20:00"]


def test_hour_that_does_not_exist_moves_to_the_next_that_does() -> None:
    now = datetime(2027, 3, 26, 8, 0, tzinfo=UTC)
    made = grid(day="2027-03-28", times=("02:30", "09:00"), now=now)
    free = made.free_slots(date(2027, 3, 28))
    assert [(s.time, s.at) for s in free] == [
        ("03:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("09:00", datetime(2027, 3, 28, 7, 0, tzinfo=UTC)),
    ]
    sunday = next(d for d in made.days() if d.iso == "2027-03-28")
    assert sunday.note == "Clocks go forward 1 h"
    assert sunday.parts["night"].items


def test_hour_that_comes_twice_means_the_first() -> None:
    now = datetime(2026, 10, 23, 8, 0, tzinfo=UTC)
    made = grid(day="2026-10-25", times=("02:30",), now=now)
    assert [s.at for s in made.free_slots(date(2026, 10, 25))] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]
    days = {d.iso: d.note for d in made.days()}
    assert days["2026-10-25"] == "Clocks go back 1 h"
    assert days["2026-10-24"] == ""


def test_day_with_more_posts_than_slots_is_over_full() -> None:
    made = grid(card(at("2026-11-19", "08:00")), card(at("2026-11-19", "09:00")), times=("08:00",))
    thursday = next(d for d in made.days() if d.iso == "2026-11-19")
    assert (thursday.used, thursday.room, thursday.is_over_full) == (2, 1, True)


def test_ninth_thumb_of_a_day_makes_room_for_a_button() -> None:
    cards = [card(at("2026-11-19", f"{8 + n}:00" if n > 1 else f"0{8 + n}:00")) for n in range(10)]
    thursday = next(d for d in grid(*cards, view="month").days() if d.iso == "2026-11-19")
    assert (len(thursday.thumbs[0]), thursday.thumbs[1]) == (7, 3)
    assert (len(thursday.titles[0]), thursday.titles[1]) == (3, 7)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [("2026-11-18", "2026-10-26", "2026-12-06"), ("2027-02-10", "2027-02-01", "2027-02-28")],
)
def test_month_shows_whole_weeks(day: str, first: str, last: str) -> None:
    shown = calendar_shown.read({"view": "month", "day": day}, today=date(2026, 11, 18))
    assert (shown.first.isoformat(), shown.last.isoformat()) == (first, last)


def test_every_hour_is_in_a_part() -> None:
    assert [part_of(time(h)).key for h in (0, 5, 6, 10, 11, 14, 15, 18, 19, 23)] == [
        "night", "night", "morning", "morning", "midday", "midday", "afternoon", "afternoon", "evening", "evening",
    ]  # fmt: skip


def test_address_says_what_is_shown_and_nonsense_is_left_out() -> None:
    today = date(2026, 11, 18)
    shown = calendar_shown.read(
        {"view": "month", "day": "2026-12-01", "show": "titles", "status": "failed", "account": "x", "tray": "drafts"},
        today=today,
    )
    assert shown.query == "view=month&day=2026-12-01&show=titles&status=failed&tray=drafts"
    assert calendar_shown.read({"view": "year", "day": "0001-01-01", "status": "nice"}, today=today).query == ""


def test_period_and_title_name_the_days() -> None:
    today = date(2026, 11, 18)
    week = calendar_shown.read({}, today=today)
    assert (week.period, week.page_title) == ("16 – 22 November 2026", "Calendar, week 47")
    assert calendar_shown.read({"day": "2026-12-01"}, today=today).period == "30 November – 6 December 2026"
    assert calendar_shown.read({"day": "2027-01-01"}, today=today).period == "28 December 2026 – 3 January 2027"
    assert calendar_shown.read({"view": "list"}, today=today).period == "From 18 November 2026"
    assert week.step(-1).day == date(2026, 11, 11)
    month = calendar_shown.read({"view": "month", "day": "2026-12-31"}, today=today)
    assert (month.step(1).day, month.step(1).view) == (date(2027, 1, 1), View.MONTH)
