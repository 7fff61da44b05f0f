"""Reads the dates that feeds, sitemaps and pages write, with their offset. Pure.

A moment is kept as ISO 8601 text: "2018-05-01" where only the day is known, else with seconds and, where given, the
offset.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_ISO = re.compile(
    r"\s*(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?"
)
_EARLIEST_YEAR = 1995


def read_moment(text: object, *, now: datetime) -> str | None:
    """Read one written date; None when it is unreadable, before 1995 or later than `now` (a day is allowed for
    zones).
    """
    if not isinstance(text, str) or not text.strip() or len(text) > 100:
        return None
    match = _ISO.match(text)
    try:
        if match is None:
            when = parsedate_to_datetime(text.strip())
            return _bounded(when, has_time=True, now=now)
        year, month, day, hour, minute, second, offset = match.groups()
        when = datetime(  # noqa: DTZ001 - the offset follows
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59)
        )
        if offset:
            when = when.replace(tzinfo=_zone(offset))
        return _bounded(when, has_time=hour is not None, now=now)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def instant(moment: str | None) -> datetime | None:
    """Turn a moment into an instant in UTC; a moment without offset is taken as UTC."""
    if not moment:
        return None
    try:
        when = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _zone(offset: str) -> timezone:
    if offset in ("Z", "UTC", "GMT"):
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _bounded(when: datetime, *, has_time: bool, now: datetime) -> str | None:
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    if when.year < _EARLIEST_YEAR or aware > now + timedelta(days=1):
        return None
    return when.isoformat(timespec="seconds") if has_time else when.date().isoformat()
