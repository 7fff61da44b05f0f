"""Publish now for many posts: chosen at once, planned in the background, counted until the last one is out or failed.

What a run says is read from its deliveries whenever somebody looks; nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from petra.lib import clock, queue
from petra.lib.errors import ProductError
from petra.lib.ids import new_id
from petra.posts.models import Post
from petra.publishing import finding, scheduling, sentences
from petra.publishing.models import BulkItem, BulkRun, Delivery, State
from petra.tenancy import scope
from petra.webhooks import events

JOB = "publishing.run_bulk"
_MOST = 1000
_UNDER_WAY = {State.PLANNED, State.SENDING, State.PROCESSING}
_MEND = "Mend what the reason says, then publish it again."
_NOT_OUT = {State.FAILED, State.HELD, State.UNCONFIRMED, State.CANCELLED}


@dataclass(frozen=True)
class Result:
    """What became of one post of a run. `sentence` says why it is not out, `next_step` what a person does now; both
    are empty while it is under way or out.
    """

    post_id: UUID
    delivery_id: UUID | None
    state: State | None
    sentence: str
    remote_url: str
    next_step: str = ""


@dataclass(frozen=True)
class Summary:
    """A run as it stands: `total` is `published` + `failed` + `under_way`. `failed` counts all that need a person."""

    total: int
    published: int
    failed: int
    under_way: int
    results: tuple[Result, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing is under way any more."""
        return self.under_way == 0


@dataclass(frozen=True)
class Recent:
    """One of the last runs, counted."""

    run: BulkRun
    total: int
    published: int
    under_way: int

    @property
    def failed(self) -> int:
        """How many need a person."""
        return self.total - self.published - self.under_way


def start(post_ids: Collection[UUID], *, run_id: UUID | None = None) -> BulkRun:
    """Begin to publish these posts now. Call inside a scope.

    `run_id` names the run: asked for twice with the same posts, it begins once.
    All or none. Raises ProductError `not_here` (404) where one is not of this workspace, `how_many` for too many.
    """
    wanted = list(dict.fromkeys(post_ids))
    if not 1 <= len(wanted) <= _MOST:
        raise ProductError("how_many", f"Choose between 1 and {_MOST} posts.")
    if Post.objects.kept().filter(pk__in=wanted).count() != len(wanted):
        raise ProductError("not_here", "Some of these are not here any more. Reload and choose again.", http_status=404)
    run: BulkRun
    run, is_new = BulkRun.objects.create_once(
        run_id or new_id(),
        is_same=lambda known: set(known.items.values_list("post_id", flat=True)) == set(wanted),
        actor_id=scope.current().actor_id,
    )
    if not is_new:
        return run
    BulkItem.objects.bulk_create(BulkItem(run=run, post_id=pk, position=n) for n, pk in enumerate(wanted))
    events.record("bulk.started", subject=run, total=len(wanted))
    queue.enqueue(JOB, workspace_id=str(run.own_workspace_id), run_id=str(run.pk))
    return run


def run_bulk(*, workspace_id: UUID, run_id: UUID) -> None:
    """Plan every post of a run for now, each in its own transaction. Safe to repeat: what was planned stays so."""
    with scope.workspace(workspace_id):
        waiting = list(BulkItem.objects.filter(run_id=run_id, delivery=None, error="").values_list("pk", flat=True))
        actor_id = BulkRun.objects.values_list("actor_id", flat=True).get(pk=run_id)
    for item_id in waiting:
        with scope.workspace(workspace_id, actor_id=actor_id):
            item = BulkItem.objects.select_for_update().get(pk=item_id)
            if item.delivery_id is None:
                _plan(item)


def _plan(item: BulkItem) -> None:
    post = Post.objects.complete().filter(pk=item.post_id).first()
    try:
        with transaction.atomic():
            item.delivery = publish_post(post)
    except ProductError as refusal:
        item.error = refusal.for_person
    item.save(update_fields=["delivery", "error"])


def publish_post(post: Post | None) -> Delivery:
    """Let a post go out now on its target's account: plan it for now, or hurry what is planned. Call inside a scope.

    What is out there already is not sent again.
    """
    if post is None:
        raise ProductError("removed", "This was removed.")
    if post.target is None:
        raise ProductError("no_target", "Choose where it goes first.")
    account = post.target.account
    known = scheduling.delivery_of(post.pk, account_id=account.pk)
    if known is not None:
        if known.state not in (State.SENDING, State.PROCESSING):
            scheduling.publish_now(known)
        return known
    if Delivery.objects.filter(post=post, account=account, state=State.PUBLISHED).exists():
        raise ProductError("is_out", "It is out already. Make a copy to publish it again.", http_status=409)
    return scheduling.plan_delivery(post, account=account, target=post.target, due_at=clock.now(), is_manual=True)


def summary(run: BulkRun) -> Summary:
    """Say how a run stands, from its deliveries. One question."""
    items = BulkItem.objects.filter(run=run).select_related("delivery").order_by("position")
    results = tuple(_result(item) for item in items)
    published = sum(r.state is State.PUBLISHED for r in results)
    under_way = sum(r.state in _UNDER_WAY or (r.state is None and not r.sentence) for r in results)
    return Summary(len(results), published, len(results) - published - under_way, under_way, results)


def _result(item: BulkItem) -> Result:
    delivery = item.delivery
    if delivery is None:
        return Result(item.post_id, None, None, item.error, "", _MEND if item.error else "")
    state = State(delivery.state)
    if state not in _NOT_OUT:
        return Result(item.post_id, delivery.pk, state, "", delivery.remote_url)
    said = sentences.said_of(delivery)
    return Result(item.post_id, delivery.pk, state, said.happened, delivery.remote_url, said.next_step)


def recent(*, most: int = 20) -> list[Recent]:
    """Count the last runs, the newest first. Two questions."""
    runs = list(BulkRun.objects.order_by("-created_at", "-id")[:most])
    under_way = Q(delivery__state__in=_UNDER_WAY) | Q(delivery=None, error="")
    counted = (
        BulkItem.objects.filter(run__in=runs)
        .values("run_id")
        .annotate(
            total=Count("id"),
            published=Count("id", filter=Q(delivery__state=State.PUBLISHED)),
            under_way=Count("id", filter=under_way),
        )
    )
    counts = {row["run_id"]: (row["total"], row["published"], row["under_way"]) for row in counted}
    return [Recent(run, *counts.get(run.pk, (0, 0, 0))) for run in runs]


def close_finished_runs() -> int:
    """Note which runs came to their end, once each, with an event. Called every minute. Gives how many."""
    closed = 0
    for workspace_id, run_id in finding.open_runs():
        with scope.workspace(workspace_id):
            run = BulkRun.objects.select_for_update().filter(pk=run_id, finished_at=None).first()
            if run is None:
                continue
            found = summary(run)
            if found.is_over:
                run.finished_at = clock.now()
                run.save(update_fields=["finished_at"])
                events.record(
                    "bulk.finished", subject=run, total=found.total, published=found.published, failed=found.failed
                )
                closed += 1
    return closed
