"""A bulk run as pages show it: its numbers, and each result with its sentence and next step.

Read anew from the deliveries every time, so a reload, another window and another day all show the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.accounts.models import Account
from petra.posts.models import Post, PostMedia
from petra.publishing import bulk
from petra.publishing.bulk import Recent, Result, Summary
from petra.publishing.models import BulkRun, State
from petra.tenancy.models import ROLE_RANK, Role, User
from petra.web import moments
from petra.web.live.partials import Partial
from petra.web.live.viewer import Told, Viewer
from petra.web.pins import rows as pin_rows
from petra.web.pins import status as pin_status
from petra.web.pins.rows import NetworkMark
from petra.web.statuses import Status, StatusKey, status
from petra.webhooks.models import Event

SHOWN_FOR = timedelta(minutes=10)  # a run that ended stays in sight on the list of pins for so long


@dataclass(frozen=True)
class BulkRow:
    """One result."""

    post_id: UUID
    url: str
    title: str
    picture: str
    mark: NetworkMark | None
    status: Status
    sentence: str
    next_step: str
    remote_url: str


@dataclass(frozen=True)
class BulkHead:
    """A run in numbers. `retriable`: how many failed ones can be tried again as they are."""

    id: UUID
    title: str
    when: str
    who: str
    total: int
    done: int
    published: int
    failed: int
    under_way: int
    retriable: int
    is_over: bool
    url: str

    @property
    def words(self) -> str:
        """Say how far it is."""
        return _("%(done)d of %(all)d done") % {"done": self.done, "all": self.total}


def head(run: BulkRun, summary: Summary, *, zone: ZoneInfo, now: datetime, who: str = "") -> BulkHead:
    """Describe a run."""
    retriable = sum(result.state is State.FAILED for result in summary.results)
    counts = (summary.total, summary.published, summary.under_way)
    return _head(run, counts, retriable=retriable, zone=zone, now=now, who=who)


def _head(
    run: BulkRun, counts: tuple[int, int, int], *, retriable: int, zone: ZoneInfo, now: datetime, who: str
) -> BulkHead:
    total, published, under_way = counts
    return BulkHead(
        id=run.pk,
        title=_title(total, published, under_way),
        when=moments.moment(run.created_at, zone=zone, now=now),
        who=who,
        total=total,
        done=total - under_way,
        published=published,
        failed=total - published - under_way,
        under_way=under_way,
        retriable=retriable,
        is_over=not under_way,
        url=reverse("bulk_run", args=[run.pk]),
    )


def _title(total: int, published: int, under_way: int) -> str:
    if under_way:
        return ngettext("Publishing %(n)d pin", "Publishing %(n)d pins", total) % {"n": total}
    if published == total:
        return ngettext("%(n)d pin is published", "%(n)d pins are published", total) % {"n": total}
    return _("%(done)d of %(all)d pins published") % {"done": published, "all": total}


def rows(results: Collection[Result]) -> list[BulkRow]:
    """Describe results, in their order. Three questions whatever their number."""
    media = Prefetch("media", queryset=PostMedia.objects.order_by("position"))
    found = Post.objects.filter(pk__in=[r.post_id for r in results])
    posts = {p.pk: p for p in found.select_related("article", "target__account").prefetch_related(media)}
    return [_row(result, posts[result.post_id]) for result in results if result.post_id in posts]


def _row(result: Result, post: Post) -> BulkRow:
    pictures = list(post.media.all())
    account: Account | None = post.target.account if post.target else None
    return BulkRow(
        post_id=post.pk,
        url=reverse("pin", args=[post.pk]),
        title=pin_rows.pin_title(post),
        picture=pin_rows.picture_url(pictures[0].asset_id if pictures else None),
        mark=pin_rows.mark_of(account.network) if account else None,
        status=_status(result),
        sentence=result.sentence,
        next_step=result.next_step,
        remote_url=result.remote_url,
    )


def _status(result: Result) -> Status:
    if result.state is None:
        return status(StatusKey.FAILED, _("Not sent")) if result.sentence else status(StatusKey.SCHEDULED, _("Waiting"))
    if result.state is State.PLANNED:
        return status(StatusKey.SCHEDULED, _("Waiting"))
    if result.state is State.CANCELLED:
        return status(StatusKey.DRAFT, _("Taken off"))
    return status(pin_status.LOOKS[result.state])


def recent(*, zone: ZoneInfo, now: datetime, most: int) -> list[BulkHead]:
    """Describe the last runs."""
    found = bulk.recent(most=most)
    people = {user.pk: user for user in User.objects.filter(pk__in={each.run.actor_id for each in found})}
    return [_recent_head(each, people, zone, now) for each in found]


def current(*, zone: ZoneInfo, now: datetime) -> list[BulkHead]:
    """Describe the runs that are under way, and those that began or ended a moment ago."""
    return [
        _recent_head(each, {}, zone, now)
        for each in bulk.recent(most=3)
        if each.under_way or max(each.run.finished_at or each.run.created_at, each.run.created_at) > now - SHOWN_FOR
    ]


def _recent_head(each: Recent, people: dict[UUID, User], zone: ZoneInfo, now: datetime) -> BulkHead:
    who = name_of(people.get(each.run.actor_id)) if each.run.actor_id else ""
    return _head(each.run, (each.total, each.published, each.under_way), retriable=0, zone=zone, now=now, who=who)


def name_of(user: User | None) -> str:
    """Name a person as Activity does."""
    return (user.get_full_name() or user.email.split("@")[0]) if user else ""


def changes(viewer: Viewer, events: Sequence[Event]) -> Told:
    """Tell the open page of a run its numbers and the results that changed."""
    ids = {str(event.data.get("post_id", "")) for event in events if event.kind.startswith("delivery.")}
    run = _run_of(viewer)
    if run is None or not (ids or any(event.kind.startswith("bulk.") for event in events)):
        return []
    summary = bulk.summary(run)
    who = name_of(User.objects.filter(pk=run.actor_id).first()) if run.actor_id else ""
    may_change = ROLE_RANK[viewer.role] >= ROLE_RANK[Role.EDITOR]
    context = {"run": head(run, summary, zone=viewer.zone, now=viewer.now, who=who), "may_change": may_change}
    pieces = [Partial(f"#bulk-{part}", render_to_string(f"bulk/{part}.html", context)) for part in ("title", "head")]
    for row in rows([result for result in summary.results if str(result.post_id) in ids]):
        pieces.append(Partial(f"#bulk-{row.post_id}", render_to_string("bulk/row.html", {"row": row})))
    return pieces


def _run_of(viewer: Viewer) -> BulkRun | None:
    try:
        return BulkRun.objects.filter(pk=UUID(viewer.query.get("bulk", ""))).first()
    except ValueError:
        return None
