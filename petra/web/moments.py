"""How instants read on a page: in the workspace's zone, "Today" where it is. Pure, but for the language in force."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext


def moment(at: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """Say when: "Today, 17:10", "Tue 17 Nov, 18:30", with the year only where it differs."""
    local = at.astimezone(zone)
    clock_time = formats.date_format(local, "H:i")
    return _("%(day)s, %(time)s") % {"day": day_words(at, zone=zone, now=now), "time": clock_time}


def inside(at: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """Say when inside a sentence: "today, 17:10", "Tue 17 Nov, 18:30"."""
    words = moment(at, zone=zone, now=now)
    is_near = abs((at.astimezone(zone).date() - now.astimezone(zone).date()).days) <= 1
    return words[0].lower() + words[1:] if is_near else words


def stretch(start: datetime, end: datetime, *, zone: ZoneInfo, now: datetime) -> tuple[str, str]:
    """Say from when to when inside a sentence, the day only once: "today, 04:10" and "10:02"."""
    first = inside(start, zone=zone, now=now)
    if start.astimezone(zone).date() == end.astimezone(zone).date():
        return first, formats.date_format(end.astimezone(zone), "H:i")
    return first, inside(end, zone=zone, now=now)


def short(at: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """Say when in little room: "17:10" today, "Tue 17 Nov" else."""
    local = at.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return formats.date_format(local, "H:i")
    return day_words(at, zone=zone, now=now)


def day_words(at: datetime, *, zone: ZoneInfo, now: datetime) -> str:
    """Say which day: "Today", "Tomorrow", "Yesterday", "Tue 17 Nov"."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    near = {today: _("Today"), today + timedelta(days=1): _("Tomorrow"), today - timedelta(days=1): _("Yesterday")}
    return near.get(local.date()) or day(local, with_year=local.year != today.year)


def day(local: datetime, *, with_year: bool = False) -> str:
    """Say a local date: "Tue 17 Nov"."""
    shape = pgettext("date format", "D j M Y") if with_year else pgettext("date format", "D j M")
    return formats.date_format(local, shape)


def weekday(local: datetime) -> str:
    """Say a day's short name: "Tue"."""
    return formats.date_format(local, "D")


def wait(until: datetime, *, now: datetime) -> str:
    """Say how long until then, roughly: "21 min", "3 h", "2 days"."""
    return span((until - now).total_seconds())


def span(seconds: float) -> str:
    """Say a length of time, roughly."""
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes}
    if minutes < 36 * 60:
        hours = round(minutes / 60)
        return ngettext("%(n)d h", "%(n)d h", hours) % {"n": hours}
    days = round(minutes / 1440)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def zone_words(zone: ZoneInfo, *, now: datetime) -> str:
    """Name a zone for a page head: "Lisbon, GMT+0"."""
    offset = now.astimezone(zone).utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign = "+" if minutes >= 0 else "-"
    hours, rest = divmod(abs(minutes), 60)
    place = zone.key.split("/")[-1].replace("_", " ")
    return f"{place}, GMT{sign}{hours}" + (f":{rest:02d}" if rest else "")
