"""Wall-clock slots to instants. Pure: takes values, returns values.

Slots keep weekday and time in the workspace's zone and are converted date by date. A time that does not exist
(clocks go forward) moves to the next that does; one that comes twice (clocks go back) means the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_HORIZON_DAYS = 370


@dataclass(frozen=True, order=True)
class WeeklyTime:
    """One slot: `weekday` 0 is Monday."""

    weekday: int
    time_local: time


def instant(day: date, time_local: time, zone: ZoneInfo) -> datetime:
    """Turn a local date and time into an instant in UTC, by the rule above."""
    naive = datetime.combine(day, time_local.replace(tzinfo=None, fold=0))
    first = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == naive:
        return first
    return _end_of_gap(naive, zone)


def _end_of_gap(naive: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant at which the clocks went forward over `naive`."""
    low = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)  # read with the later offset: before the change
    high = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)  # read with the earlier offset: after it
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def end_of_quiet(now: datetime, *, from_local: time, until_local: time, zone: ZoneInfo) -> datetime | None:
    """Give the instant at which the quiet hours end that `now` lies in; None where it lies in none.

    `from_local` belongs to them, `until_local` does not. They may go over midnight.
    """
    local = now.astimezone(zone)
    at = local.time()
    is_over_midnight = from_local > until_local
    is_quiet = at >= from_local or at < until_local if is_over_midnight else from_local <= at < until_local
    if not is_quiet:
        return None
    ends_on = local.date() + timedelta(days=1 if is_over_midnight and at >= from_local else 0)
    end = instant(ends_on, until_local, zone)
    return end if end > now else None


def upcoming(slots: Iterable[WeeklyTime], *, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Give the instants of `slots` later than `after`, in order, without end but for a horizon of a year.

    Two slots that fall on one instant (at the end of a gap) give it once.
    """
    if after.tzinfo is None:
        raise ValueError("`after` must be aware")
    by_weekday: dict[int, list[time]] = {}
    for slot in slots:
        by_weekday.setdefault(slot.weekday, []).append(slot.time_local)
    start = after.astimezone(zone).date()
    for offset in range(_HORIZON_DAYS if by_weekday else 0):
        day = start + timedelta(days=offset)
        for at in sorted({instant(day, t, zone) for t in by_weekday.get(day.weekday(), [])}):
            if at > after:
                yield at


def free(
    slots: Iterable[WeeklyTime], *, zone: ZoneInfo, after: datetime, taken: Collection[datetime]
) -> Iterator[datetime]:
    """Give the upcoming instants that no post has: none of `taken` falls into the same minute."""
    minutes = {at.astimezone(UTC).replace(second=0, microsecond=0) for at in taken}
    return (at for at in upcoming(slots, zone=zone, after=after) if at.replace(second=0, microsecond=0) not in minutes)
