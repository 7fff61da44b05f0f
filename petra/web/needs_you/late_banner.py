"""The banner that says what is late: on the overview, on the calendar, and above the list itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.publishing import together
from petra.web import moments


@dataclass(frozen=True)
class LateBanner:
    """How many posts are late and wait for a person, in one sentence, with the stop that made them so where known."""

    count: int
    words: str
    stop_words: str


def late_banner(*, zone: ZoneInfo, now: datetime) -> LateBanner | None:
    """Say what is late; None where nothing is. Call inside the workspace's scope."""
    count = together.held_late().count()
    if not count:
        return None
    wait = ngettext("%(n)d post is late and waits for you.", "%(n)d posts are late and wait for you.", count)
    stop = together.last_stop()
    return LateBanner(count, wait % {"n": count}, _stop_words(stop, zone, now) if stop else "")


def _stop_words(stop: together.Stop, zone: ZoneInfo, now: datetime) -> str:
    first, last = moments.stretch(stop.from_at, stop.until_at, zone=zone, now=now)
    return _("Petra was stopped from %(from)s to %(to)s.") % {"from": first, "to": last}
