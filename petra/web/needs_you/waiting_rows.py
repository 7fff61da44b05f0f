"""A delivery that waits for a person, as lists of such show it. Reads rows; pages pass the deliveries they chose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from petra.posts.models import PostMedia
from petra.publishing.models import Delivery, State
from petra.publishing.sentences import said_of
from petra.web import moments
from petra.web.pins import rows as pin_rows
from petra.web.pins import status as pin_status
from petra.web.pins.rows import NetworkMark
from petra.web.statuses import Status


@dataclass(frozen=True)
class WaitingRow:
    """One delivery with its reason. `goes_on` says when Petra does something about it by itself; empty: never."""

    id: UUID
    url: str
    title: str
    picture: str
    mark: NetworkMark
    account: str
    board: str
    status: Status
    when: str
    sentence: str
    next_step: str
    goes_on: str


def complete(found: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Fetch everything a WaitingRow needs, in two questions."""
    media = PostMedia.objects.order_by("position")
    return found.select_related("account", "post__article", "target__parent").prefetch_related(
        Prefetch("post__media", queryset=media)
    )


def rows(found: Iterable[Delivery], *, zone: ZoneInfo, now: datetime) -> list[WaitingRow]:
    """Turn deliveries of `complete` into rows."""
    return [_row(delivery, zone, now) for delivery in found]


def _row(delivery: Delivery, zone: ZoneInfo, now: datetime) -> WaitingRow:
    media = list(delivery.post.media.all())
    said = said_of(delivery)
    return WaitingRow(
        id=delivery.pk,
        url=reverse("pin", args=[delivery.post_id]),
        title=pin_rows.pin_title(delivery.post),
        picture=pin_rows.picture_url(media[0].asset_id if media else None),
        mark=pin_rows.mark_of(delivery.account.network),
        account=delivery.account.username,
        board=pin_rows.target_words(delivery.target),
        status=pin_status.delivery_status(delivery),
        when=moments.moment(delivery.due_at, zone=zone, now=now),
        sentence=said.happened,
        next_step=said.next_step,
        goes_on=goes_on(delivery, zone=zone, now=now),
    )


def goes_on(delivery: Delivery, *, zone: ZoneInfo, now: datetime) -> str:
    """Say when Petra looks again for what may be out; empty where only a person can say."""
    if delivery.state != State.UNCONFIRMED or delivery.next_at is None:
        return ""
    if delivery.next_at <= now:
        return _("Petra looks now.")
    return _("Petra looks again %(when)s.") % {"when": moments.inside(delivery.next_at, zone=zone, now=now)}
