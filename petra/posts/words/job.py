"""STOP 2, the asking: one worker's try at one proposal. `begin` takes it and reserves what it may cost, the writer is
asked with no transaction open, `settle` writes what came and what it took.

The job is safe to repeat, to lose and to double. A try is held by a lease; where its worker dies, the reservation stays
charged and the next try begins, three at most. What a person does meanwhile (stop, edit, reset) always wins.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, connections

from petra.ai import money
from petra.ai.contract import Cause, Request, Stopped, Usage, WriterFailed
from petra.lib import clock, ids
from petra.posts.models import Generation, GenerationState, Post, WordsTask
from petra.posts.words import access_keys, asking, budget, leases, pace, writing
from petra.posts.words import runs as words_runs
from petra.posts.words.access_keys import Opened
from petra.posts.words.asking import Question
from petra.posts.words.incoming import Incoming, Try
from petra.posts.words.settling import CRASHED, MAX_TRIES, MOST_WAIT_S, Came, fail, leave_removed, locked, settle
from petra.tenancy import scope

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Ready:
    """A question with all it needs: what is asked, who is asked, and what that can cost at most."""

    request: Request
    opened: Opened
    most: Usage


def write(*, workspace_id: UUID, generation_id: UUID) -> None:
    """Make one try at a proposal, if it is due and nobody is on it. Call outside a scope."""
    if scope.is_open():
        raise RuntimeError("a model is asked: call it outside a scope")
    run_id = _try(workspace_id, generation_id)
    with scope.workspace(workspace_id):
        writing.call_next()
    if run_id is not None:
        words_runs.go_forward(workspace_id=workspace_id, run_id=run_id)


def _try(workspace_id: UUID, generation_id: UUID) -> UUID | None:
    """Make the try; gives the run it belongs to, if any."""
    with scope.workspace(workspace_id):
        row = locked(generation_id)
        if row is None or row.next_at is None or row.next_at > clock.now():
            return None
        if row.holder_id is not None:
            _write_off(row)
        run_id, brief = _run_of(row)
        if not _is_to_be_asked(row):
            return run_id
        try:
            opened = access_keys.opened(Post.objects.values_list("blog_id", flat=True).get(pk=row.post_id))
        except WriterFailed as failure:
            fail(row, failure)
            return run_id
        found = asking.question_of(row, brief=brief)
    ready = _ready(found, opened)
    with scope.workspace(workspace_id):
        taken = _begin(generation_id, ready)
    if taken is not None:
        if not connection.in_atomic_block:
            connections.close_all()  # nothing of the database is held while the model thinks
        with leases.held(workspace_id, generation_id, taken.holder_id):
            came = _ask(taken, ready.request)
        with scope.workspace(workspace_id):
            settle(taken, came)
    return run_id


def _run_of(row: Generation) -> tuple[UUID | None, str]:
    found: tuple[UUID, str] | None = (
        WordsTask.objects.filter(generation=row).values_list("run_id", "run__brief").first()
    )
    return found or (None, "")


def _is_to_be_asked(row: Generation) -> bool:
    """Say whether there is still something to ask; else end it."""
    if row.state != GenerationState.RUNNING:  # stopped or reset, and its last try is paid for
        row.next_at = None
        row.save()
        return False
    if Post.objects.filter(pk=row.post_id, removed_at__isnull=False).exists():
        leave_removed(row)
        return False
    if row.crashes >= MAX_TRIES:
        fail(row, WriterFailed(Cause.INTERRUPTED, CRASHED))
        return False
    return True


def _ready(found: Question, opened: Opened) -> _Ready:
    """Read the picture and say what asking can cost at most. Slow, so no row is locked."""
    request = asking.with_pictures(found)
    standing = opened.standing
    if standing.is_offline:
        return _Ready(request, opened, Usage())
    most = money.most_it_can_cost(request, opened.writer.name, provider=standing.provider, base_url=standing.base_url)
    return _Ready(request, opened, budget.priced(most, standing))


# ---- begin: one transaction ----


def _begin(generation_id: UUID, ready: _Ready) -> Try | None:
    """Take the try: its seat, its place in the minute and its share of the month, or none of them."""
    row, now = locked(generation_id), clock.now()
    if row is None or row.state != GenerationState.RUNNING or row.holder_id is not None:
        return None  # another took it, or a person stopped it
    if row.next_at is None or row.next_at > now:
        return None
    holder_id, opened, standing = ids.new_id(), ready.opened, ready.opened.standing
    if opened.key_digest:
        wait_s = pace.take(opened.key_digest, holder_id, at_once=standing.at_once, per_minute=standing.per_minute)
        if wait_s > MOST_WAIT_S:
            fail(row, WriterFailed(Cause.RATE, retry_after_s=wait_s))
            return None
        if wait_s:
            row.next_at = now + timedelta(seconds=wait_s)
            row.save()
            return None
        try:
            budget.reserve(row, standing, ready.most)
        except WriterFailed as failure:
            pace.leave(holder_id)
            fail(row, failure)
            return None
    row.holder_id, row.next_at = holder_id, now + leases.until()
    row.writer, row.provider = opened.writer.name[:120], "" if standing.is_offline else standing.provider
    row.tries += 1
    row.save()
    return Try(row, opened)


def _write_off(row: Generation) -> None:
    """The worker that was on it is gone: what it may have spent stays charged."""
    log.warning("generation %s: its worker is gone", row.pk)
    if row.holder_id is not None:
        pace.leave(row.holder_id)
    if row.month_id is not None:
        budget.settle_lost(row)
    row.crashes, row.holder_id = row.crashes + 1, None
    row.save()


# ---- ask: no transaction ----


def _ask(taken: Try, request: Request) -> Came:
    standing = taken.opened.standing
    partial = Incoming(taken) if taken.row.event_id is not None else None
    began = clock.monotonic()
    try:
        written = taken.opened.writer.write(request, on_partial=partial)
    except WriterFailed as failure:
        return Came(budget.priced(failure.usage, standing), failure.asked, failure=failure)
    except Stopped as stopped:
        return Came(budget.priced(stopped.usage, standing), stopped.asked)
    took_ms = round((clock.monotonic() - began) * 1000)
    return Came(budget.priced(written.usage, standing), written.asked, written=written, took_ms=took_ms)
