"""What the calendar's forms offer: free slots for one post, and a plan for many, seen before it is saved.

Reads only. Call inside the workspace's scope.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.accounts.models import Account, AccountState
from petra.posts.models import Post
from petra.publishing import scheduling, slots
from petra.publishing.models import LIVE_STATES, Delivery, Slot, State
from petra.web import moments
from petra.web.calendar import cards as calendar_cards
from petra.web.calendar.cards import MOVABLE
from petra.web.calendar.grid import next_quarter
from petra.web.calendar.shown import Shown
from petra.web.pins.rows import picture_url, pin_title, target_words
from petra.web.statuses import StatusKey, status

SLOTS_OFFERED = 6
SPREAD_MOST = 300  # one form plans at most so many
WARNING = status(StatusKey.ATTENTION)


@dataclass(frozen=True)
class SlotChoice:
    """One free slot to choose."""

    at_iso: str
    day: str
    time: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Sheet:
    """The form that moves or plans one post."""

    id: UUID
    version: int
    action: str
    off_url: str
    heading: str
    label: str
    title: str
    note: str
    picture: str
    choices: list[SlotChoice]
    day: str
    time: str
    zone_words: str
    back_url: str


def move_sheet(delivery: Delivery, *, zone: ZoneInfo, now: datetime, back_url: str) -> Sheet:
    """Offer a planned, held or failed delivery other times."""
    local = delivery.due_at.astimezone(zone)
    when = moments.moment(delivery.due_at, zone=zone, now=now)
    board = target_words(delivery.target)
    return Sheet(
        id=delivery.pk,
        version=delivery.plan_no,
        action=reverse("calendar_move"),
        off_url=reverse("calendar_unschedule") if delivery.state in MOVABLE else "",
        heading=_("Move this post"),
        label=_("Move"),
        title=pin_title(delivery.post),
        note=_("%(when)s, %(board)s") % {"when": when, "board": board} if board else when,
        picture=_picture(delivery.post),
        choices=_choices(scheduling.free_slots(delivery.account), zone, now),
        day=local.date().isoformat(),
        time=f"{local:%H:%M}",
        zone_words=moments.zone_words(zone, now=now),
        back_url=back_url,
    )


def plan_sheet(post: Post, *, zone: ZoneInfo, now: datetime, back_url: str) -> Sheet:
    """Offer a pin without a time the free slots of its board's account."""
    choices = _choices(scheduling.free_slots(post.target.account), zone, now) if post.target else []
    soon = next_quarter(now).astimezone(zone)
    return Sheet(
        id=post.pk,
        version=0,
        action=reverse("calendar_plan"),
        off_url="",
        heading=_("Schedule this pin"),
        label=_("Schedule"),
        title=pin_title(post),
        note=target_words(post.target) or _("No board"),
        picture=_picture(post),
        choices=choices,
        day=soon.date().isoformat(),
        time=f"{soon:%H:%M}",
        zone_words=moments.zone_words(zone, now=now),
        back_url=back_url,
    )


def _picture(post: Post) -> str:
    first = post.media.first()
    return picture_url(first.asset_id if first else None)


def _choices(free: Iterator[datetime], zone: ZoneInfo, now: datetime) -> list[SlotChoice]:
    return [
        SlotChoice(
            at_iso=at.isoformat(),
            day=moments.day_words(at, zone=zone, now=now),
            time=f"{at.astimezone(zone):%H:%M}",
            label=_("Move to %(when)s") % {"when": moments.moment(at, zone=zone, now=now)},
            is_chosen=place == 0,
        )
        for place, at in enumerate(islice(free, SLOTS_OFFERED))
    ]


@dataclass(frozen=True)
class SpreadDay:
    """One day of a spread: how many come new, how many stand there after it, and the room there is."""

    words: str
    new: int
    after: int
    room: int


@dataclass(frozen=True)
class Landing:
    """Where one pin would land."""

    post: Post
    account: Account
    at: datetime


@dataclass(frozen=True)
class SpreadPlan:
    """What a spread would do. `left_out` says in sentences what it leaves and why; `seen` is compared when saving."""

    landings: list[Landing]
    days: list[SpreadDay]
    left_out: list[str]
    from_day: str
    today: str
    zone_words: str
    query: str
    label: str

    @property
    def count(self) -> int:
        """How many pins get a time."""
        return len(self.landings)

    @property
    def most(self) -> int:
        """The fullest day, for the bars."""
        return max((max(day.after, day.room) for day in self.days), default=1)

    @property
    def seen(self) -> str:
        """How many pins the person saw being planned."""
        return str(self.count)

    warning = WARNING


def spread_plan(shown: Shown, *, from_day: date | None, zone: ZoneInfo, now: datetime) -> SpreadPlan:
    """Say where every ready pin would land, oldest first, each in the next free slot of its account."""
    today = now.astimezone(zone).date()
    start = max(now, slots.instant(from_day, time(), zone)) if from_day else now
    waiting = calendar_cards.unscheduled(shown=shown).filter(is_ready=True).select_related("target__account")
    landings, left_out = _land(waiting[:SPREAD_MOST], start)
    return SpreadPlan(
        landings=landings,
        days=_days(landings, zone, today),
        left_out=left_out,
        from_day=(from_day or today).isoformat(),
        today=today.isoformat(),
        zone_words=moments.zone_words(zone, now=now),
        query=shown.query,
        label=ngettext("Schedule %(n)d pin", "Schedule %(n)d pins", len(landings)) % {"n": len(landings)},
    )


def _land(posts: Iterable[Post], start: datetime) -> tuple[list[Landing], list[str]]:
    free: dict[UUID, Iterator[datetime]] = {}
    landings: list[Landing] = []
    without: Counter[str] = Counter()
    for post in posts:
        account: Account = post.target.account
        if account.pk not in free:
            is_open = account.state != AccountState.DISCONNECTED
            free[account.pk] = scheduling.free_slots(account, after=start) if is_open else iter(())
        at = next(free[account.pk], None)
        if at is None:
            without[account.username] += 1
        else:
            landings.append(Landing(post, account, at))
    return landings, [
        ngettext(
            "%(n)d pin stays: %(account)s has no free posting time.",
            "%(n)d pins stay: %(account)s has no free posting time.",
            count,
        )
        % {"n": count, "account": name}
        for name, count in without.items()
    ]


def _days(landings: list[Landing], zone: ZoneInfo, today: date) -> list[SpreadDay]:
    if not landings:
        return []
    new = Counter(landing.at.astimezone(zone).date() for landing in landings)
    start, end = slots.instant(min(new), time(), zone), max(landing.at for landing in landings)
    due = Delivery.objects.filter(state__in=[*LIVE_STATES, State.PUBLISHED], due_at__gte=start, due_at__lte=end)
    there = Counter(at.astimezone(zone).date() for at in due.values_list("due_at", flat=True))
    room: dict[int, int] = defaultdict(int)
    for weekday in Slot.objects.exclude(account__state=AccountState.DISCONNECTED).values_list("weekday", flat=True):
        room[weekday] += 1
    return [
        SpreadDay(
            words=moments.day(datetime.combine(day, time(12), tzinfo=zone), with_year=day.year != today.year),
            new=new[day],
            after=new[day] + there[day],
            room=room[day.weekday()],
        )
        for day in sorted(new)
    ]
