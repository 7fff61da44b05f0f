"""Which part of the calendar a page shows: view, days, filters. Read from the address and written back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from petra.lib import ids
from petra.publishing import slots
from petra.web.statuses import StatusKey

WEEK = timedelta(days=7)
_FIRST_YEAR, _LAST_YEAR = 2000, 2199  # beyond them dates are typing errors


class View(StrEnum):
    """The three ways to look at the calendar."""

    WEEK = "week"
    MONTH = "month"
    LIST = "list"


@dataclass(frozen=True)
class Part:
    """A part of the day, from `start` to before `end`, in whole hours."""

    key: str
    label: str | Promise
    start: int
    end: int

    @property
    def hours(self) -> str:
        """Say the hours: "06–11"."""
        return f"{self.start:02d}–{self.end:02d}"

    @property
    def is_night(self) -> bool:
        """The night's row is shown only where something stands in it."""
        return self.start == 0


PARTS = (
    Part("night", gettext_lazy("Night"), 0, 6),
    Part("morning", gettext_lazy("Morning"), 6, 11),
    Part("midday", gettext_lazy("Midday"), 11, 15),
    Part("afternoon", gettext_lazy("Afternoon"), 15, 19),
    Part("evening", gettext_lazy("Evening"), 19, 24),
)

STATUS_FILTERS = (
    StatusKey.SCHEDULED,
    StatusKey.PUBLISHING,
    StatusKey.PUBLISHED,
    StatusKey.FAILED,
    StatusKey.ATTENTION,
    StatusKey.PAUSED,
)


def part_of(at: time) -> Part:
    """Say in which part of the day a wall-clock time is."""
    return next(part for part in PARTS if part.start <= at.hour < part.end)


@dataclass(frozen=True)
class Shown:
    """What one page shows. `day` is the chosen day, `today` today, both in the workspace's zone."""

    view: View
    day: date
    today: date
    has_titles: bool = False
    account: UUID | None = None
    board: UUID | None = None
    status: StatusKey | None = None
    has_drafts: bool = False

    @property
    def first(self) -> date:
        """The first day on the page."""
        match self.view:
            case View.WEEK:
                return self.day - timedelta(days=self.day.weekday())
            case View.MONTH:
                start = self.day.replace(day=1)
                return start - timedelta(days=start.weekday())
            case View.LIST:
                return self.day

    @property
    def last(self) -> date:
        """The last day on the page."""
        if self.view != View.MONTH:
            return self.first + WEEK - timedelta(days=1)
        end = _months_on(self.day.replace(day=1), 1) - timedelta(days=1)
        return end + timedelta(days=6 - end.weekday())

    @property
    def days(self) -> list[date]:
        """Every day on the page, in order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Give the instants between which the page lies: from the first, before the second."""
        return slots.instant(self.first, time(), zone), slots.instant(self.last + timedelta(days=1), time(), zone)

    def step(self, by: int) -> Shown:
        """Give the page earlier (-1) or later (1)."""
        day = _months_on(self.day.replace(day=1), by) if self.view == View.MONTH else self.day + by * WEEK
        return replace(self, day=day)

    @property
    def query(self) -> str:
        """Write what is shown as an address's query, without what goes without saying."""
        said = {
            "view": self.view if self.view != View.WEEK else "",
            "day": self.day.isoformat() if self.day != self.today else "",
            "show": "titles" if self.has_titles else "",
            "account": str(self.account or ""),
            "board": str(self.board or ""),
            "status": self.status or "",
            "tray": "drafts" if self.has_drafts else "",
        }
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def url(self) -> str:
        """Give the page's address."""
        query = self.query
        return reverse("calendar") + (f"?{query}" if query else "")

    @property
    def period(self) -> str:
        """Say the days in words: "16 – 22 November 2026"."""
        if self.view == View.MONTH:
            return formats.date_format(self.day, pgettext("date format: month", "F Y"))
        whole = pgettext("date format: whole day", "j F Y")
        if self.view == View.LIST:
            return _("From %(day)s") % {"day": formats.date_format(self.day, whole)}
        first, last = self.first, self.last
        shape = pgettext("date format: day number", "j")
        if first.year != last.year:
            shape = whole
        elif first.month != last.month:
            shape = pgettext("date format: day and month", "j F")
        return _("%(first)s – %(last)s") % {
            "first": formats.date_format(first, shape),
            "last": formats.date_format(last, whole),
        }

    @property
    def page_title(self) -> str:
        """Name the page in the browser's tab: "Calendar, week 47"."""
        if self.view == View.WEEK:
            return _("Calendar, week %(n)d") % {"n": self.day.isocalendar().week}
        return _("Calendar, %(period)s") % {"period": self.period}


def read(query: Mapping[str, str], *, today: date) -> Shown:
    """Read an address's query. What makes no sense is left out, never an error."""
    view = query.get("view", "")
    status = query.get("status", "")
    return Shown(
        view=View(view) if view in list(View) else View.WEEK,
        day=day_of(query.get("day", "")) or today,
        today=today,
        has_titles=query.get("show") == "titles",
        account=ids.read_id(query.get("account", "")),
        board=ids.read_id(query.get("board", "")),
        status=StatusKey(status) if status in STATUS_FILTERS else None,
        has_drafts=query.get("tray") == "drafts",
    )


def day_of(text: str) -> date | None:
    """Read a date as `2026-11-19`; None where it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _months_on(first: date, by: int) -> date:
    month = first.year * 12 + first.month - 1 + by
    return date(month // 12, month % 12 + 1, 1)
