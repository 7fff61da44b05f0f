"""STOP 2, the asking: one worker's try at one proposal. `begin` takes it and reserves what it may cost, the writer is
asked with no transaction open, `settle` writes what came and what it took.

The job is safe to repeat, to lose and to double. A try is held by a lease; where its worker dies, the reservation stays
charged and the next try begins, three at most. What a person does meanwhile (stop, edit, reset) always wins.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection, connections

from petra.ai import money
from petra.ai.contract import RETRIED, Cause, Request, Stopped, Usage, WriterFailed, Written
from petra.lib import clock, ids
from petra.posts import access_keys, asking, budget, leases, metadata, pace, versions, words_runs, writing
from petra.posts.access_keys import Opened
from petra.posts.asking import Question
from petra.posts.incoming import Incoming, Try, clean
from petra.posts.models import Generation, GenerationKind, GenerationState, Post, WordsTask
from petra.posts.plain import plain
from petra.tenancy import scope
from petra.webhooks import events
from petra.webhooks.announcing import announce_again

log = logging.getLogger(__name__)

MAX_TRIES: Final = 3
MAX_RATE_WAITS: Final = 8  # "too many requests" says nothing of the question: it is patient with that
_BACKOFF_S: Final = (2.0, 8.0)
_RATE_S: Final = 20.0  # where the provider doesn't say for how long
_MOST_WAIT_S: Final = 900.0  # whoever is to wait longer hears why instead
_CRASHED: Final = "Petra was stopped while the words were written."


@dataclass(frozen=True)
class _Ready:
    """A question with all it needs: what is asked, who is asked, and what that can cost at most."""

    request: Request
    opened: Opened
    most: Usage


@dataclass(frozen=True)
class _Came:
    """What a try brought: words, a failure, or neither (stopped)."""

    usage: Usage
    asked: int
    written: Written | None = None
    failure: WriterFailed | None = None


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
        row: Generation | None = Generation.objects.select_for_update().filter(pk=generation_id).first()
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
            _fail(row, failure)
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
            _settle(taken, came)
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
    if row.crashes >= MAX_TRIES:
        _fail(row, WriterFailed(Cause.INTERRUPTED, _CRASHED))
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
    row = Generation.objects.select_for_update().get(pk=generation_id)
    now = clock.now()
    if row.holder_id is not None or row.next_at is None or row.next_at > now or row.state != GenerationState.RUNNING:
        return None  # another took it, or a person stopped it
    holder_id, opened, standing = ids.new_id(), ready.opened, ready.opened.standing
    if opened.key_digest:
        wait_s = pace.take(opened.key_digest, holder_id, at_once=standing.at_once, per_minute=standing.per_minute)
        if wait_s > _MOST_WAIT_S:
            _fail(row, WriterFailed(Cause.RATE, retry_after_s=wait_s))
            return None
        if wait_s:
            row.next_at = now + timedelta(seconds=wait_s)
            row.save()
            return None
        try:
            budget.reserve(row, standing, ready.most)
        except WriterFailed as failure:
            pace.leave(holder_id)
            _fail(row, failure)
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


def _ask(taken: Try, request: Request) -> _Came:
    standing = taken.opened.standing
    partial = Incoming(taken) if taken.row.event_id is not None else None
    try:
        written = taken.opened.writer.write(request, on_partial=partial)
    except WriterFailed as failure:
        return _Came(budget.priced(failure.usage, standing), 1, failure=failure)
    except Stopped as stopped:
        return _Came(budget.priced(stopped.usage, standing), 1)
    return _Came(budget.priced(written.usage, standing), written.asked, written=written)


# ---- settle: one transaction ----


def _settle(taken: Try, came: _Came) -> None:
    row: Generation | None = Generation.objects.select_for_update().filter(pk=taken.row.pk).first()
    if row is not None and row.holder_id != taken.row.holder_id:  # taken for dead, and charged as such
        return
    _settle_cost(taken, row or taken.row, came)  # its post may be deleted: what was spent is spent
    if row is None:
        return
    row.holder_id, row.next_at = None, None
    if row.state != GenerationState.RUNNING:  # stopped or reset meanwhile
        row.save()
    elif came.failure is not None:
        _fail_or_wait(row, came.failure)
    elif came.written is not None:
        _keep(row, came.written)
    else:  # it was told to stop, and yet it runs: nobody may be left waiting
        _fail(row, WriterFailed(Cause.INTERRUPTED, _CRASHED))


def _settle_cost(taken: Try, row: Generation, came: _Came) -> None:
    standing = taken.opened.standing
    if standing.is_offline:
        return
    # The key's row before the month's, as when the try began: two workers never wait for each other.
    more = came.asked - 1
    pace.leave(taken.holder_id, key_digest=taken.opened.key_digest, more=more, per_minute=standing.per_minute)
    _note_rate(taken, came.failure)
    budget.settle(row, came.usage, asked=came.asked)
    if came.failure is None or came.failure.cause in access_keys.OF_ACCESS:
        access_keys.note(standing, came.failure)


def _note_rate(taken: Try, failure: WriterFailed | None) -> None:
    if failure is not None and failure.cause is Cause.RATE:
        pace.block(taken.opened.key_digest, for_s=failure.retry_after_s or _RATE_S)


def _fail_or_wait(row: Generation, failure: WriterFailed) -> None:
    is_rate = failure.cause is Cause.RATE
    row.rate_waits += is_rate
    row.tries -= is_rate
    is_left = row.rate_waits < MAX_RATE_WAITS if is_rate else row.tries < MAX_TRIES
    wait_s = failure.retry_after_s
    if wait_s is None:
        wait_s = _RATE_S if is_rate else _BACKOFF_S[min(row.tries, len(_BACKOFF_S)) - 1] * ids.jitter(0.3)
    if failure.cause not in RETRIED or not is_left or wait_s > _MOST_WAIT_S:
        _fail(row, failure)
        return
    row.next_at = clock.now() + timedelta(seconds=max(wait_s, 0.1))
    row.error, row.error_detail = failure.cause, plain(failure.detail)[:2000]  # why it waits
    row.save()
    if row.event_id is not None:
        announce_again(row.own_workspace_id, row.event_id)


def _fail(row: Generation, failure: WriterFailed) -> None:
    """End it without words: the post says what it said, and shows why."""
    row.state, row.next_at, row.finished_at = GenerationState.FAILED, None, clock.now()
    row.error, row.error_detail = failure.cause, plain(failure.detail)[:2000]
    row.save()
    post = Post.objects.complete().filter(pk=row.post_id).first() or Post.objects.get(pk=row.post_id)
    if words_runs.has_taken_back(row, failure):
        writing.give_back_state(post)
        return
    writing.give_back_state(post, error=failure.cause)
    events.record(
        "post.words_failed",
        subject=post,
        actor_id=row.actor_id,
        generation_id=str(row.pk),
        cause=failure.cause,
    )


def _keep(row: Generation, written: Written) -> None:
    """Keep what came as a proposal; for a run, make it the post's words where nobody wrote there meanwhile."""
    words = versions.merged(written.words, versions.from_plain(row.before), {*row.fields, "topics"})
    for name, value in versions.plain(clean(words)).items():
        setattr(row, name, value)
    row.writer, row.error, row.error_detail = written.writer[:120], "", ""
    post = Post.objects.complete().filter(pk=row.post_id).first() or Post.objects.get(pk=row.post_id)
    if words_runs.is_of_run(row):
        _apply(row, post)
        return
    row.state, row.finished_at = GenerationState.PROPOSED, clock.now()
    row.save()
    writing.give_back_state(post)
    events.record(
        "post.words_proposed",
        subject=post,
        actor_id=row.actor_id,
        generation_id=str(row.pk),
        writer=row.writer,
    )


def _apply(row: Generation, post: Post) -> None:
    now, before = versions.words_of(post), versions.from_plain(row.before)
    fields = writing.proposed_fields(row)
    writing.give_back_state(post)
    if post.removed_at is not None or fields & set(versions.changed(now, before)):
        row.state, row.finished_at = GenerationState.PROPOSED, clock.now()
        row.save()
        words_runs.leave_as_it_is(row, "removed" if post.removed_at is not None else "changed")
        return
    words = versions.merged(versions.words_of(row), now, fields)
    versions.put(post, words, kind=GenerationKind(row.kind), actor_id=row.actor_id, generation=row)
    metadata.settle_state(post)
    words_runs.is_written(row)
    events.record("post.words_written", subject=post, actor_id=row.actor_id, writer=row.writer)
