"""Lays cards and free slots out by day and part of the day, and says where a drop would land. Pure.

A drop on a slot takes its time; on a part of a day its first free slot, or 15 minutes after the last post there; on a
whole day (month, list) a post keeps its time of day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import formats
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from petra.publishing import slots
from petra.web import moments
from petra.web.calendar.cards import Card
from petra.web.calendar.shown import PARTS, Part, Shown, View, part_of

QUARTER = timedelta(minutes=15)
THUMBS_MOST, TITLES_MOST = 8, 3  # of a day in the month; one place is then the button for the rest
_USUAL_TIME = time(9)  # for a drop on a day without slots and posts


@dataclass(frozen=True)
class WeeklySlot:
    """One slot of an account."""

    account_id: UUID
    weekday: int
    time_local: time


@dataclass(frozen=True)
class FreeSlot:
    """One instant that no post has yet: a button and a place for a drop."""

    at: datetime
    at_iso: str
    time: str
    label: str
    action: str
    url: str
    zone: str


@dataclass(frozen=True)
class Item:
    """One line of a cell: a card, a free slot, or the line that marks now. Exactly one is set."""

    at: datetime
    card: Card | None = None
    slot: FreeSlot | None = None
    now: str = ""


@dataclass(frozen=True)
class Cell:
    """A place that takes drops: a part of a day, or a whole day.

    `at_iso` is where a drop lands and `label` says it; `keeps` says it for a post that keeps its time. Both are empty
    where the time is over.
    """

    id: str
    name: str
    items: list[Item]
    day: str
    label: str
    at_iso: str
    keeps: str
    column: int
    is_today: bool
    is_past: bool
    is_chosen: bool


@dataclass(frozen=True)
class Day:
    """One day: its head, its cells by part (week) and as a whole (month, list)."""

    on: date
    iso: str
    name: str
    letter: str
    number: int
    words: str
    heading: str
    used: int
    room: int
    room_words: str
    note: str
    column: int
    is_today: bool
    is_past: bool
    is_out: bool
    is_chosen: bool
    worst: Card | None
    parts: dict[str, Cell]
    whole: Cell
    url: str

    @property
    def cards(self) -> list[Card]:
        """The day's posts, in order."""
        return [item.card for item in self.whole.items if item.card]

    @property
    def is_over_full(self) -> bool:
        """More posts than posting times."""
        return self.room > 0 and self.used > self.room

    @property
    def free(self) -> FreeSlot | None:
        """The first free slot."""
        return next((item.slot for item in self.whole.items if item.slot), None)

    @property
    def thumbs(self) -> tuple[list[Card], int]:
        """The cards a month's cell shows as pictures, and how many it does not."""
        return _cut(self.cards, THUMBS_MOST, takes_place=True)

    @property
    def titles(self) -> tuple[list[Card], int]:
        """The cards a month's cell shows as titles, and how many it does not."""
        return _cut(self.cards, TITLES_MOST, takes_place=False)


def _cut(cards: list[Card], most: int, *, takes_place: bool) -> tuple[list[Card], int]:
    if len(cards) <= most:
        return cards, 0
    kept = most - 1 if takes_place else most
    return cards[:kept], len(cards) - kept


class Grid:
    """Builds the days of one page. Made from values; `days()` gives the result."""

    def __init__(
        self,
        *,
        shown: Shown,
        cards: Sequence[Card],
        weekly: Iterable[WeeklySlot],
        zone: ZoneInfo,
        now: datetime,
        may_change: bool,
    ) -> None:
        self.shown, self.zone, self.now, self.may_change = shown, zone, now, may_change
        self.today = now.astimezone(zone).date()
        self.cards: dict[date, list[Card]] = defaultdict(list)
        for card in cards:
            self.cards[card.at.astimezone(zone).date()].append(card)
        self.weekly: dict[int, list[WeeklySlot]] = defaultdict(list)
        for slot in weekly:
            self.weekly[slot.weekday].append(slot)

    def days(self) -> list[Day]:
        """Build the days of the page."""
        return [self._day(day, place) for place, day in enumerate(self.shown.days)]

    def _day(self, day: date, place: int) -> Day:
        all_cards = self.cards[day]
        seen = [c for c in all_cards if self.shown.status in (None, c.status.key)]
        free = self.free_slots(day) if self.may_change else []
        items = [Item(c.at, card=c) for c in seen] + [Item(s.at, slot=s) for s in free]
        if day == self.today:
            items.append(Item(self.now, now=f"{self.now.astimezone(self.zone):%H:%M}"))
        # At the same instant: the line first, then posts, then slots.
        items.sort(key=lambda i: (i.at.replace(second=0, microsecond=0), not i.now, i.slot is not None))
        room = len(self.weekly[day.weekday()])
        words = self.day_words(day)
        parts = PARTS if self.shown.view == View.WEEK else ()
        return Day(
            on=day,
            iso=day.isoformat(),
            name=formats.date_format(day, "D"),
            letter=formats.date_format(day, "D")[:1],
            number=day.day,
            words=words,
            heading=self._heading(day),
            used=len(all_cards),
            room=room,
            room_words=self._room_words(len(all_cards), room),
            note=self._clock_note(day),
            column=place % 7,
            is_today=day == self.today,
            is_past=day < self.today,
            is_out=day.month != self.shown.day.month,
            is_chosen=day == self.shown.day,
            worst=next((c for c in seen if c.status.key in ("failed", "attention")), None),
            parts={p.key: self._part(day, p, items, words, place % 7) for p in parts},
            whole=self._whole(day, items, words, place % 7),
            url=reverse("calendar_day", args=[day.isoformat()]) + (f"?{self.shown.query}" if self.shown.query else ""),
        )

    def free_slots(self, day: date) -> list[FreeSlot]:
        """Give the free slots of a day that are yet to come, one per minute whatever the number of accounts."""
        taken = {(c.account_id, _minute(c.at)) for c in self.cards[day]}
        found: dict[datetime, FreeSlot] = {}
        for slot in self.weekly[day.weekday()]:
            at = slots.instant(day, slot.time_local, self.zone)
            if at > self.now and (slot.account_id, _minute(at)) not in taken and at not in found:
                found[at] = self._slot(day, at)
        return [found[at] for at in sorted(found)]

    def _slot(self, day: date, at: datetime) -> FreeSlot:
        local = at.astimezone(self.zone)
        clock_time = f"{local:%H:%M}"
        label = self._place_words(self.day_words(day), clock_time)
        at_iso = at.isoformat()
        return FreeSlot(
            at=at,
            at_iso=at_iso,
            time=clock_time,
            label=label,
            action=_("Add a pin on %(when)s") % {"when": label},
            url=f"{reverse('calendar_pick')}?{urlencode({'at': at_iso})}",
            zone=f"slot-{at.astimezone(UTC):%Y%m%dT%H%M}",
        )

    def _part(self, day: date, part: Part, items: list[Item], words: str, column: int) -> Cell:
        mine = [i for i in items if part_of(i.at.astimezone(self.zone).time()).key == part.key]
        end = self._hour(day, part.end)
        at = self._landing(mine, start=self._hour(day, part.start), end=end)
        return Cell(
            id=f"cell-{day.isoformat()}-{part.key}",
            name=_("%(day)s, %(part)s") % {"day": words, "part": part.label},
            items=mine,
            day=day.isoformat(),
            label=self._place_words(words, f"{at.astimezone(self.zone):%H:%M}") if at else words,
            at_iso=at.isoformat() if at else "",
            keeps="",
            column=column,
            is_today=day == self.today,
            is_past=end <= self.now,
            is_chosen=day == self.shown.day,
        )

    def _whole(self, day: date, items: list[Item], words: str, column: int) -> Cell:
        start, end = self._hour(day, 0), self._hour(day, 24)
        usual = slots.instant(day, _USUAL_TIME, self.zone)
        at = self._landing(items, start=usual if usual > self.now else start, end=end)
        return Cell(
            id=f"day-{day.isoformat()}",
            name=words,
            items=items,
            day=day.isoformat(),
            label=self._place_words(words, f"{at.astimezone(self.zone):%H:%M}") if at else words,
            at_iso=at.isoformat() if at else "",
            keeps=self._place_words(words, "{time}"),
            column=column,
            is_today=day == self.today,
            is_past=day < self.today,
            is_chosen=day == self.shown.day,
        )

    def _landing(self, items: list[Item], *, start: datetime, end: datetime) -> datetime | None:
        """Say where a drop between two instants lands; None where that time is over."""
        if end <= self.now:
            return None
        free = next((i.slot.at for i in items if i.slot), None)
        if free:
            return free
        last = max((i.card.at for i in items if i.card), default=None)
        at = start if last is None else last + QUARTER
        if at <= self.now:
            at = next_quarter(self.now)
        return at if at < end else max(end - timedelta(minutes=1), self.now.replace(second=0, microsecond=0))

    def _hour(self, day: date, hour: int) -> datetime:
        following = day + timedelta(days=1)
        return slots.instant(following if hour == 24 else day, time(hour % 24), self.zone)  # noqa: PLR2004

    def day_words(self, day: date) -> str:
        """Say a day: "Thu 19 Nov", with the year only where it differs."""
        noon = datetime.combine(day, time(12), tzinfo=self.zone)
        return moments.day(noon, with_year=day.year != self.today.year)

    @staticmethod
    def _place_words(day: str, clock_time: str) -> str:
        return _("%(day)s, %(time)s") % {"day": day, "time": clock_time}

    def _heading(self, day: date) -> str:
        words = formats.date_format(day, pgettext("date format: long day", "l j F"))
        near = {self.today: _("Today"), self.today + timedelta(days=1): _("Tomorrow")}.get(day)
        return _("%(near)s, %(day)s") % {"near": near, "day": words} if near else words

    @staticmethod
    def _room_words(used: int, room: int) -> str:
        if not room:
            return ngettext("%(n)d post", "%(n)d posts", used) % {"n": used}
        return _("%(used)d of %(room)d slots") % {"used": used, "room": room}

    def _clock_note(self, day: date) -> str:
        start = self._hour(day, 0).astimezone(self.zone).utcoffset() or timedelta()
        end = self._hour(day, 24).astimezone(self.zone).utcoffset() or timedelta()
        if start == end:
            return ""
        length = moments.span(abs((end - start).total_seconds()))
        if end > start:
            return _("Clocks go forward %(length)s") % {"length": length}
        return _("Clocks go back %(length)s") % {"length": length}


def next_quarter(now: datetime) -> datetime:
    """Give the next full quarter of an hour after `now`."""
    floor = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    return floor + QUARTER


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)
