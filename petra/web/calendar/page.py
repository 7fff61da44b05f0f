"""Reads everything one page of the calendar shows, in four questions. Call inside the workspace's scope.

Called by the page itself, by its verbs (which answer with the places they changed) and by the live stream.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petra.accounts.models import AccountState, Target
from petra.publishing.models import Slot
from petra.web import moments
from petra.web.calendar import cards as calendar_cards
from petra.web.calendar.cards import Tray
from petra.web.calendar.grid import Cell, Day, Grid, WeeklySlot
from petra.web.calendar.shown import PARTS, STATUS_FILTERS, Part, Shown, View
from petra.web.pins.publish_button import MenuItem
from petra.web.pins.rows import mark_of
from petra.web.statuses import STATUSES, Status, StatusKey

LEGEND = STATUS_FILTERS[:-1]
_VIEWS: dict[View, tuple[str | Promise, str, str]] = {
    View.WEEK: (gettext_lazy("Week"), "calendar-week", "1"),
    View.MONTH: (gettext_lazy("Month"), "calendar-month", "2"),
    View.LIST: (gettext_lazy("List"), "list", "3"),
}


@dataclass(frozen=True)
class Choice:
    """One of several links that change what is shown."""

    label: str | Promise
    icon: str
    url: str
    is_here: bool
    key: str = ""


@dataclass(frozen=True)
class Legend:
    """One status of the legend: a filter as well."""

    status: Status
    url: str
    is_on: bool


@dataclass(frozen=True)
class Filter:
    """One filter: unset it opens a menu, set it names its value and is taken away by a click."""

    id: str
    label: str | Promise
    value: str | Promise
    clear_url: str
    items: list[MenuItem]


@dataclass(frozen=True)
class Row:
    """One part of the day across the week."""

    part: Part
    cells: list[Cell]
    is_shown: bool


@dataclass(frozen=True)
class Calendar:
    """One page of the calendar, ready to be drawn."""

    shown: Shown
    days: list[Day]
    tray: Tray
    filters: list[Filter]
    zone_words: str
    may_change: bool

    @property
    def rows(self) -> list[Row]:
        """The week by part of the day."""
        rows = []
        for part in PARTS:
            cells = [day.parts[part.key] for day in self.days]
            rows.append(Row(part, cells, not part.is_night or any(cell.items for cell in cells)))
        return rows

    @property
    def weeks(self) -> list[list[Day]]:
        """The month by week."""
        return [self.days[n : n + 7] for n in range(0, len(self.days), 7)]

    @property
    def is_quiet(self) -> bool:
        """Nothing stands on these days, and they are not over."""
        return self.days[-1].on >= self.shown.today and not any(day.used for day in self.days)

    @property
    def views(self) -> list[Choice]:
        """Week, month and list."""
        return [
            Choice(label, icon, replace(self.shown, view=view).url, view == self.shown.view, key)
            for view, (label, icon, key) in _VIEWS.items()
        ]

    @property
    def looks(self) -> list[Choice]:
        """Images or titles, in the month."""
        if self.shown.view != View.MONTH:
            return []
        here = self.shown.has_titles
        return [
            Choice(_("Images"), "photo", replace(self.shown, has_titles=False).url, not here),
            Choice(_("Titles"), "typography", replace(self.shown, has_titles=True).url, here),
        ]

    @property
    def tray_tabs(self) -> list[tuple[Choice, int]]:
        """Ready and drafts, with their counts."""
        drafts = self.shown.has_drafts
        return [
            (Choice(_("Ready"), "", replace(self.shown, has_drafts=False).url, not drafts), self.tray.ready),
            (Choice(_("Drafts"), "", replace(self.shown, has_drafts=True).url, drafts), self.tray.drafts),
        ]

    @property
    def legend(self) -> list[Legend]:
        """The statuses, each a filter that a second click takes away."""
        return [
            Legend(
                STATUSES[key],
                replace(self.shown, status=None if key == self.shown.status else key).url,
                key == self.shown.status,
            )
            for key in LEGEND
        ]

    @property
    def earlier_url(self) -> str:
        """The page before."""
        return self.shown.step(-1).url

    @property
    def later_url(self) -> str:
        """The page after."""
        return self.shown.step(1).url

    @property
    def today_url(self) -> str:
        """The page with today."""
        return replace(self.shown, day=self.shown.today).url

    @property
    def strip(self) -> list[tuple[Day, str]]:
        """The week's days for a phone, each with the address that chooses it."""
        return [(day, replace(self.shown, day=day.on).url) for day in self.days]


def read(shown: Shown, *, zone: ZoneInfo, now: datetime, may_change: bool) -> Calendar:
    """Read a page."""
    weekly, targets = _slots(shown), _targets()
    grid = _grid(shown, weekly, zone=zone, now=now, may_change=may_change)
    return Calendar(
        shown=shown,
        days=grid.days(),
        tray=calendar_cards.tray(shown=shown, may_change=may_change),
        filters=_filters(shown, targets, weekly),
        zone_words=moments.zone_words(zone, now=now),
        may_change=may_change,
    )


def read_grid(shown: Shown, *, zone: ZoneInfo, now: datetime, may_change: bool) -> Grid:
    """Read the grid alone: two questions."""
    return _grid(shown, _slots(shown), zone=zone, now=now, may_change=may_change)


def _grid(shown: Shown, weekly: list[Any], *, zone: ZoneInfo, now: datetime, may_change: bool) -> Grid:
    start, end = shown.bounds(zone)
    found = calendar_cards.between(start, end, shown=shown)
    return Grid(
        shown=shown,
        cards=calendar_cards.cards(found, zone=zone, now=now, may_change=may_change),
        weekly=[WeeklySlot(s.account_id, s.weekday, s.time_local) for s in weekly],
        zone=zone,
        now=now,
        may_change=may_change,
    )


def _slots(shown: Shown) -> list[Any]:
    found = Slot.objects.exclude(account__state=AccountState.DISCONNECTED)
    if shown.account:
        found = found.filter(account_id=shown.account)
    return list(found.annotate(username=F("account__username"), network=F("account__network")))


def _targets() -> list[Any]:
    found = Target.objects.filter(parent=None, gone_at=None).exclude(account__state=AccountState.DISCONNECTED)
    return list(found.annotate(username=F("account__username"), network=F("account__network")).order_by("name", "pk"))


def _filters(shown: Shown, targets: list[Any], weekly: list[Any]) -> list[Filter]:
    accounts = {row.account_id: row for row in (*targets, *weekly)}
    of_account = [t for t in targets if shown.account in (None, t.account_id)]
    return [
        Filter(
            id="account",
            label=_("Accounts"),
            value=next((a.username for a in accounts.values() if a.account_id == shown.account), _("One account"))
            if shown.account
            else "",
            clear_url=replace(shown, account=None).url,
            items=[
                MenuItem(
                    row.username, mark_of(row.network).icon, url=replace(shown, account=row.account_id, board=None).url
                )
                for row in sorted(accounts.values(), key=lambda a: a.username.lower())
            ],
        ),
        Filter(
            id="board",
            label=_("Board"),
            value=next((t.name for t in targets if t.pk == shown.board), _("One board")) if shown.board else "",
            clear_url=replace(shown, board=None).url,
            items=[MenuItem(t.name, "pinned", url=replace(shown, board=t.pk).url) for t in of_account],
        ),
        Filter(
            id="status",
            label=_("Status"),
            value=STATUSES[StatusKey(shown.status)].word if shown.status else "",
            clear_url=replace(shown, status=None).url,
            items=[
                MenuItem(STATUSES[key].word, STATUSES[key].icon, url=replace(shown, status=key).url)
                for key in STATUS_FILTERS
            ],
        ),
    ]
