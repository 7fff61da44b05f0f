"""The posts of the calendar and of its tray, as cards. Reads rows: one question for the calendar, one for the tray.

Call inside the workspace's scope. A card on the calendar is a delivery, a card in the tray a pin without one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _

from petra.posts.models import Post, PostMedia, WordsState
from petra.publishing.models import Delivery, State
from petra.web import moments
from petra.web.calendar.shown import Shown
from petra.web.pins import status as pin_status
from petra.web.pins.rows import NetworkMark, mark_of, picture_url
from petra.web.statuses import Status, StatusKey

MOVABLE = (State.PLANNED, State.HELD, State.FAILED)  # the rest is on its way, out, or being looked for
TRAY_MOST = 60


@dataclass(frozen=True)
class Card:
    """One delivery on the calendar. `version` is the plan a person sees; moves carry it back."""

    id: UUID
    post_id: UUID
    account_id: UUID
    at: datetime
    at_iso: str
    time: str
    day_words: str
    title: str
    url: str
    picture: str
    networks: list[NetworkMark]
    board: str
    account: str
    status: Status
    version: int
    is_locked: bool
    menu_url: str
    why: str = ""
    act_label: str = ""
    act_url: str = ""


@dataclass(frozen=True)
class TrayCard:
    """One pin without a time. `why` says what it lacks before it can have one."""

    id: UUID
    url: str
    title: str
    picture: str
    note: str
    is_warning: bool
    is_locked: bool
    menu_url: str
    why: str


@dataclass(frozen=True)
class Tray:
    """The unscheduled pins of one tab, and how many there are of both."""

    cards: list[TrayCard]
    ready: int
    drafts: int
    has_drafts: bool

    @property
    def all(self) -> int:
        """How many pins wait for a time."""
        return self.ready + self.drafts

    @property
    def unseen(self) -> int:
        """How many are not listed, because there are too many."""
        return (self.drafts if self.has_drafts else self.ready) - len(self.cards)


def _cover(post: str) -> Subquery:
    found = PostMedia.objects.filter(post=OuterRef(post)).order_by("position")
    return Subquery(found.values("asset_id")[:1])


def deliveries() -> QuerySet[Delivery]:
    """Give every delivery that stands on a calendar, with what a card needs. One question, no article's text."""
    found: QuerySet[Delivery] = Delivery.objects.exclude(state=State.CANCELLED).annotate(
        post_title=F("post__title"),
        article_title=F("post__article__title"),
        network=F("account__network"),
        username=F("account__username"),
        board=F("target__name"),
        board_above=F("target__parent__name"),
        cover=_cover("post_id"),
    )
    return found


def between(start: datetime, end: datetime, *, shown: Shown) -> QuerySet[Delivery]:
    """Give the deliveries of a stretch of time, filtered by account and board, in order."""
    found = deliveries().filter(due_at__gte=start, due_at__lt=end)
    if shown.account:
        found = found.filter(account_id=shown.account)
    if shown.board:
        found = found.filter(Q(target_id=shown.board) | Q(target__parent_id=shown.board))
    return found.order_by("due_at", "id")


def cards(found: Iterable[Delivery], *, zone: ZoneInfo, now: datetime, may_change: bool) -> list[Card]:
    """Turn deliveries of `deliveries()` into cards."""
    return [_card(delivery, zone, now, may_change) for delivery in found]


def _card(delivery: Any, zone: ZoneInfo, now: datetime, may_change: bool) -> Card:
    at: datetime = delivery.due_at
    local = at.astimezone(zone)
    status = pin_status.delivery_status(delivery)
    is_locked = not may_change or delivery.state not in MOVABLE
    url = reverse("pin", args=[delivery.post_id])
    needs_person = status.key in (StatusKey.FAILED, StatusKey.ATTENTION, StatusKey.PAUSED)
    return Card(
        id=delivery.pk,
        post_id=delivery.post_id,
        account_id=delivery.account_id,
        at=at,
        at_iso=local.isoformat(timespec="minutes"),
        time=f"{local:%H:%M}",
        day_words=moments.day_words(at, zone=zone, now=now),
        title=delivery.post_title or delivery.article_title or _("Untitled pin"),
        url=url,
        picture=picture_url(delivery.cover),
        networks=[mark_of(delivery.network)],
        board=f"{delivery.board_above} / {delivery.board}" if delivery.board_above else delivery.board or "",
        account=delivery.username,
        status=status,
        version=delivery.plan_no,
        is_locked=is_locked,
        menu_url="" if is_locked else reverse("calendar_move_sheet", args=[delivery.pk]),
        why=delivery.for_person if needs_person else _retry_words(delivery, zone),
        act_label=_("Fix") if status.key == StatusKey.FAILED else _("Look"),
        act_url=url if needs_person else "",
    )


def _retry_words(delivery: Delivery, zone: ZoneInfo) -> str:
    if delivery.state != State.PLANNED or not delivery.tries or delivery.next_at is None:
        return ""
    return _("Retry %(n)d of %(all)d at %(time)s") % {
        "n": delivery.tries,
        "all": settings.MAX_TRIES,
        "time": f"{delivery.next_at.astimezone(zone):%H:%M}",
    }


def unscheduled(*, shown: Shown) -> QuerySet[Any]:
    """Give the pins that stand on no calendar and are not out, oldest first, with `is_ready`."""
    counted = Delivery.objects.filter(post=OuterRef("pk")).exclude(state=State.CANCELLED)
    found: QuerySet[Any] = Post.objects.filter(~Exists(counted), removed_at=None).annotate(
        is_ready=Q(words_state=WordsState.READY, target__isnull=False)
    )
    if shown.account:
        found = found.filter(target__account_id=shown.account)
    if shown.board:
        found = found.filter(Q(target_id=shown.board) | Q(target__parent_id=shown.board))
    ordered: QuerySet[Any] = found.order_by("created_at", "pk")
    return ordered


def tray(*, shown: Shown, may_change: bool) -> Tray:
    """Read the tray: the first cards of the chosen tab and the counts of both, in one question."""
    found = unscheduled(shown=shown).annotate(
        n=Window(Count("pk"), partition_by=[F("is_ready")]),
        place=Window(RowNumber(), partition_by=[F("is_ready")], order_by=[F("created_at").asc(), F("pk").asc()]),
    )
    wanted = Q(is_ready=not shown.has_drafts, place__lte=TRAY_MOST) | Q(place=1)
    rows = list(_for_cards(found.filter(wanted)).order_by("place"))
    counts = {row.is_ready: row.n for row in rows}
    return Tray(
        cards=[_tray_card(row, may_change) for row in rows if row.is_ready != shown.has_drafts],
        ready=counts.get(True, 0),
        drafts=counts.get(False, 0),
        has_drafts=shown.has_drafts,
    )


def tray_cards(found: QuerySet[Any], *, may_change: bool) -> list[TrayCard]:
    """Turn pins of `unscheduled()` into cards."""
    return [_tray_card(row, may_change) for row in _for_cards(found)]


def _for_cards(found: QuerySet[Any]) -> QuerySet[Any]:
    rows: QuerySet[Any] = found.annotate(
        article_title=F("article__title"),
        board=F("target__name"),
        board_above=F("target__parent__name"),
        cover=_cover("pk"),
    )
    return rows


def _tray_card(post: Any, may_change: bool) -> TrayCard:
    lacks = _("No board") if post.target_id is None else "" if post.is_ready else _("Words not ready")
    board = f"{post.board_above} / {post.board}" if post.board_above else post.board or ""
    return TrayCard(
        id=post.pk,
        url=reverse("pin", args=[post.pk]),
        title=post.title or post.article_title or _("Untitled pin"),
        picture=picture_url(post.cover),
        note=lacks or board,
        is_warning=bool(lacks),
        is_locked=not may_change,
        menu_url=reverse("calendar_plan_sheet", args=[post.pk]) if may_change and post.target_id else "",
        why=_("Choose a board first.") if post.target_id is None else "",
    )
