"""A pin as tables, menus and cards show it. Reads rows; pages pass the posts they fetched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from petra.accounts.models import Target
from petra.networks.registry import network
from petra.posts.models import Post, PostMedia
from petra.publishing.models import Delivery, State
from petra.publishing.sentences import said_of
from petra.web import moments
from petra.web.pins import status as pin_status
from petra.web.statuses import Status
from petra.web.words import column as words_column
from petra.web.words.column import WordsCell


@dataclass(frozen=True)
class NetworkMark:
    """A network as a page names it. Comes from the adapter's data."""

    icon: str
    label: str


@dataclass(frozen=True)
class PinRow:
    """One pin. `when` reads "Not planned" where it has no time; `why` is the reason of a failure, in one sentence."""

    id: UUID
    url: str
    title: str
    source: str
    picture: str
    board: str
    network: NetworkMark | None
    status: Status
    when: str
    at: datetime | None
    why: str
    remote_url: str
    version: int
    words: WordsCell


def mark_of(network_key: str) -> NetworkMark:
    """Give the mark of a network."""
    return NetworkMark(icon=f"brand-{network_key}", label=network(network_key).label)


def complete(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Fetch everything a PinRow needs in few queries."""
    return posts.select_related("article", "blog", "target__parent", "target__account").prefetch_related(
        Prefetch("media", queryset=PostMedia.objects.order_by("position")),
        Prefetch(
            "deliveries",
            queryset=Delivery.objects.exclude(state=State.CANCELLED).select_related("account").order_by("due_at"),
        ),
    )


def rows(posts: Iterable[Post], *, zone: ZoneInfo, now: datetime) -> list[PinRow]:
    """Turn posts of `complete` into rows."""
    listed = list(posts)
    words = words_column.cells(listed)
    return [_row(post, words[post.pk], zone=zone, now=now) for post in listed]


def picture_url(asset_id: UUID | None, *, shape: str = "thumb") -> str:
    """Give the address of a picture of this workspace, or nothing."""
    return reverse("file", args=[asset_id, shape]) if asset_id else ""


def target_words(target: Target | None) -> str:
    """Name a board, with its section where one is chosen."""
    if target is None:
        return ""
    return f"{target.parent.name} / {target.name}" if target.parent else target.name


def pin_title(post: Post) -> str:
    """Name a pin, even one without a title."""
    return post.title or (post.article.title if post.article else "") or _("Untitled pin")


def _row(post: Post, words: WordsCell, *, zone: ZoneInfo, now: datetime) -> PinRow:
    deliveries = list(post.deliveries.all())
    account = deliveries[0].account if deliveries else (post.target.account if post.target else None)
    waiting = [d for d in deliveries if d.state != State.PUBLISHED]
    shown = waiting[0] if waiting else (deliveries[-1] if deliveries else None)
    at = (shown.published_at or shown.due_at) if shown else None
    media = list(post.media.all())
    source = [post.blog.name if post.blog else "", (post.article.title if post.article else "")]
    return PinRow(
        id=post.pk,
        url=reverse("pin", args=[post.pk]),
        title=pin_title(post),
        source=", ".join(part for part in source if part),
        picture=picture_url(media[0].asset_id if media else None),
        board=target_words(post.target),
        network=mark_of(account.network) if account else None,
        status=pin_status.pin_status(post, deliveries),
        when=moments.moment(at, zone=zone, now=now) if at else _("Not planned"),
        at=at,
        why=_why(shown) if shown else "",
        remote_url=shown.remote_url if shown else "",
        version=post.version,
        words=words,
    )


def _why(delivery: Delivery) -> str:
    """Say how it stands, in one sentence; empty where it is simply out, or goes out at its time."""
    if delivery.state in (State.PLANNED, State.PUBLISHED) and not delivery.cause:
        return ""
    return said_of(delivery).happened
