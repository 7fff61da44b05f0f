"""Wall-clock slots and daylight saving: tables for the known days, Hypothesis for all the others."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petra.publishing.slots import WeeklyTime, free, instant, upcoming

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",  # moves by half an hour
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "Pacific/Apia",  # skipped a whole day in 2011
        "America/Sao_Paulo",  # changed at midnight
        "UTC",
    )
]
zones = st.sampled_from(ZONES)
days = st.dates(date(2005, 1, 1), date(2037, 12, 31))
minutes = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        ((2027, 3, 28), (1, 59), "2027-03-28T00:59:00+00:00"),
        ((2027, 3, 28), (2, 0), "2027-03-28T01:00:00+00:00"),  # does not exist: the next that does is 03:00
        ((2027, 3, 28), (2, 30), "2027-03-28T01:00:00+00:00"),
        ((2027, 3, 28), (3, 0), "2027-03-28T01:00:00+00:00"),
        ((2026, 10, 25), (2, 30), "2026-10-25T00:30:00+00:00"),  # comes twice: the first
        ((2026, 10, 25), (3, 0), "2026-10-25T02:00:00+00:00"),
        ((2026, 11, 22), (17, 10), "2026-11-22T16:10:00+00:00"),
    ],
)
def test_known_days_in_berlin(day: tuple[int, int, int], at: tuple[int, int], expected: str) -> None:
    assert instant(date(*day), time(*at), BERLIN).isoformat() == expected


@given(days, minutes, zones)
def test_an_instant_reads_as_its_wall_clock_time_or_the_next_that_exists(day: date, at: time, zone: ZoneInfo) -> None:
    local = instant(day, at, zone).astimezone(zone).replace(tzinfo=None)
    wanted = datetime.combine(day, at)
    assert local >= wanted
    if local != wanted:  # a gap: nothing between what was asked for and what was given exists
        between = wanted + (local - wanted) / 2
        assert between.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != between


@given(days, minutes, zones)
def test_a_time_that_comes_twice_means_the_first(day: date, at: time, zone: ZoneInfo) -> None:
    result = instant(day, at, zone)
    earlier = result - timedelta(hours=1)
    assert earlier.astimezone(zone).replace(tzinfo=None) != datetime.combine(day, at)


@given(
    st.lists(st.builds(WeeklyTime, st.integers(0, 6), minutes), min_size=1, max_size=12),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  its bounds are naive
    zones,
)
def test_upcoming_instants_rise_and_are_later_than_asked(
    slots: list[WeeklyTime], after: datetime, zone: ZoneInfo
) -> None:
    found = list(islice(upcoming(slots, zone=zone, after=after), 40))
    assert all(a < b for a, b in zip([after, *found], found, strict=False))
    wanted = {(s.weekday, s.time_local) for s in slots}
    usual = [at for at in found if (at.astimezone(zone).weekday(), at.astimezone(zone).time()) in wanted]
    assert len(usual) >= len(found) - 2  # but for gaps, each is one of the slots


def test_no_slots_give_no_instants() -> None:
    assert list(upcoming([], zone=BERLIN, after=datetime(2026, 1, 1, tzinfo=UTC))) == []


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        next(upcoming([WeeklyTime(0, time(8))], zone=BERLIN, after=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_taken_minutes_are_not_free() -> None:
    after = datetime(2026, 11, 22, 12, tzinfo=UTC)
    slots = [WeeklyTime(day, time(17, 10)) for day in range(7)]
    first, second = islice(upcoming(slots, zone=BERLIN, after=after), 2)
    assert next(free(slots, zone=BERLIN, after=after, taken=[first + timedelta(seconds=30)])) == second
