"""STOP 2, the end of a try: what came of it and what it took, in one transaction. Called by `job`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from petra.ai.contract import RETRIED, Cause, Usage, WriterFailed, Written
from petra.lib import clock, ids
from petra.posts.models import Generation, GenerationKind, GenerationState, Post
from petra.posts.plain import plain
from petra.posts.words import access_keys, budget, metadata, pace, versions, writing
from petra.posts.words import runs as words_runs
from petra.posts.words.incoming import Try, clean
from petra.webhooks import events
from petra.webhooks.announcing import announce_again

MAX_TRIES: Final = 3
MAX_RATE_WAITS: Final = 8  # "too many requests" says nothing of the question: it is patient with that
_BACKOFF_S: Final = (2.0, 8.0)
_RATE_S: Final = 20.0  # where the provider doesn't say for how long
MOST_WAIT_S: Final = 900.0  # whoever is to wait longer hears why instead
CRASHED: Final = "Petra was stopped while the words were written."


@dataclass(frozen=True)
class Came:
    """What a try brought: words, a failure, or neither (stopped)."""

    usage: Usage
    asked: int
    written: Written | None = None
    failure: WriterFailed | None = None
    took_ms: int = 0


def locked(generation_id: UUID) -> Generation | None:
    """Lock a proposal's post and then the proposal, in the order of everybody else."""
    found = Generation.objects.filter(pk=generation_id)
    for post_id in found.values_list("post_id", flat=True):
        Post.objects.select_for_update(no_key=True).filter(pk=post_id).first()
    row: Generation | None = found.select_for_update().first()
    return row


def settle(taken: Try, came: Came) -> None:
    """Write what came of a try, and what it took. What a person did meanwhile wins."""
    row = locked(taken.row.pk)
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
        fail(row, WriterFailed(Cause.INTERRUPTED, CRASHED))


def _settle_cost(taken: Try, row: Generation, came: Came) -> None:
    standing = taken.opened.standing
    if standing.is_offline:
        return
    # The key's row before the month's, as when the try began: two workers never wait for each other.
    more = came.asked - 1
    pace.leave(taken.holder_id, key_digest=taken.opened.key_digest, more=more, per_minute=standing.per_minute)
    _note_rate(taken, came.failure)
    is_lost = came.failure is not None and came.failure.cause is Cause.TIME_OUT  # it may be paid for all the same
    took_ms = came.took_ms if came.written is not None else None
    budget.settle(row, came.usage, asked=came.asked, is_lost=is_lost, took_ms=took_ms)
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
    if failure.cause not in RETRIED or not is_left or wait_s > MOST_WAIT_S:
        fail(row, failure)
        return
    row.next_at = clock.now() + timedelta(seconds=max(wait_s, 0.1))
    row.error, row.error_detail = failure.cause, plain(failure.detail)[:2000]  # why it waits
    row.save()
    if row.event_id is not None:
        announce_again(row.own_workspace_id, row.event_id)


def fail(row: Generation, failure: WriterFailed) -> None:
    """End it without words: the post says what it said, and shows why."""
    row.state, row.next_at, row.finished_at = GenerationState.FAILED, None, clock.now()
    row.error, row.error_detail = failure.cause, plain(failure.detail)[:2000]
    row.save()
    post = versions.post_of(row)
    if words_runs.has_taken_back(row, failure):
        metadata.give_back_state(post)
        return
    metadata.give_back_state(post, error=failure.cause)
    events.record(
        "post.words_failed",
        subject=post,
        actor_id=row.actor_id,
        generation_id=str(row.pk),
        cause=failure.cause,
    )


def leave_removed(row: Generation) -> None:
    """End it unasked: its post was removed, and nobody waits for words of it."""
    row.state, row.next_at, row.finished_at = GenerationState.STOPPED, None, clock.now()
    row.save()
    post = versions.post_of(row)
    metadata.give_back_state(post)
    words_runs.leave_as_it_is(row, "removed")
    events.record("post.words_stopped", subject=post, actor_id=row.actor_id, generation_id=str(row.pk))


def _keep(row: Generation, written: Written) -> None:
    """Keep what came as a proposal; for a run, make it the post's words where nobody wrote there meanwhile."""
    words = versions.merged(written.words, versions.from_plain(row.before), {*row.fields, "topics"})
    for name, value in versions.plain(clean(words)).items():
        setattr(row, name, value)
    row.writer, row.error, row.error_detail = written.writer[:120], "", ""
    post = versions.post_of(row)
    if words_runs.is_of_run(row):
        _apply(row, post)
        return
    row.state, row.finished_at = GenerationState.PROPOSED, clock.now()
    row.save()
    metadata.give_back_state(post)
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
    metadata.give_back_state(post)
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
