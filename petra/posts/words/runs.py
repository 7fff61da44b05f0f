"""STOP 2, many at once: words for hundreds of posts in the background, each on its own, none twice.

A run's posts are tasks. So many as the key may be asked at once are let go; each ends as written, failed or left as it
is, and lets the next one go. Nothing waits in a job: what waits stands in rows, and a look every few seconds
(`resume_runs`) finds whatever a dead worker left. What concerns all of them (a refused key, the budget) pauses the run
and says why. Verbs are called inside a scope.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, Sum

from petra.ai.contract import ALL_FIELDS, Cause, WriterFailed
from petra.lib import clock, ids, queue
from petra.lib.errors import ProductError
from petra.posts.models import (
    Generation,
    Post,
    WordsRun,
    WordsRunState,
    WordsTask,
    WordsTaskState,
)
from petra.posts.plain import plain
from petra.posts.words import finding as words_finding
from petra.posts.words import letting as words_letting
from petra.posts.words import versions, writing
from petra.tenancy import scope
from petra.webhooks import events
from petra.webhooks.announcing import announce_again

JOB: Final = "posts.words_run"
MOST: Final = 1000
MAX_BRIEF: Final = 1_000
# What would stop every other post just the same: the run waits for a person instead of failing them all.
STOPS_ALL: Final = frozenset(
    {Cause.RATE, Cause.KEY_REFUSED, Cause.NO_MODEL, Cause.BAD_ADDRESS, Cause.QUOTA, Cause.BUDGET}
)
_ACTIVE: Final = (WordsRunState.RUNNING, WordsRunState.PAUSED)
_TELL_EVERY_S: Final = 0.5
_told: dict[UUID, float] = {}  # when this process last announced a run's progress


@dataclass(frozen=True)
class Progress:
    """How a run stands: `total` is the sum of the five counts; `again` of those that failed are still here.

    `cost_usd` is None where some price isn't known.
    """

    total: int
    waiting: int
    running: int
    written: int
    skipped: int
    failed: int
    again: int
    tokens: int
    cost_usd: Decimal | None

    @property
    def done(self) -> int:
        """How many are over."""
        return self.written + self.skipped + self.failed


def start_run(
    post_ids: Collection[UUID],
    *,
    actor_id: UUID | None,
    fields: Collection[str] = ALL_FIELDS,
    overwrite_edited: bool = False,
    brief: str = "",
    run_id: UUID | None = None,
) -> WordsRun:
    """Begin to write words for these posts. What comes is theirs at once, as a new version.

    `run_id` names the run: asked for twice with the same posts and wishes, it begins once.
    What a person wrote or chose is left as it is unless `overwrite_edited`. All or none: raises ProductError `not_here`
    (404) where one is not of this workspace, `how_many` for too many, `no-fields` for fields that make no sense.
    """
    wanted = list(dict.fromkeys(post_ids))
    if not 1 <= len(wanted) <= MOST:
        raise ProductError("how_many", f"Choose between 1 and {MOST:,} posts.")
    chosen = writing.chosen_fields(fields)
    wish = plain(brief)  # a browser sends two characters for each end of a line, and counts one
    if len(wish) > MAX_BRIEF:
        raise ProductError("brief", f"At most {MAX_BRIEF:,} characters, please.")
    posts = {post.pk: post for post in Post.objects.kept().filter(pk__in=wanted)}
    if len(posts) != len(wanted):
        raise ProductError("not_here", "Some of these are not here any more. Reload and choose again.", http_status=404)
    wishes = {"fields": chosen, "brief": wish, "is_overwriting_edited": overwrite_edited, "actor_id": actor_id}
    run: WordsRun
    run, is_new = WordsRun.objects.create_once(
        run_id or ids.new_id(), is_same=lambda known: _is_for(known, wanted, wishes), **wishes
    )
    if not is_new:
        return run
    kept = set() if overwrite_edited else versions.by_person(list(posts.values()))
    WordsTask.objects.bulk_create(_task(run, pk, place, is_left=pk in kept) for place, pk in enumerate(wanted))
    run.event_id = events.record("words_run.started", subject=run, actor_id=actor_id, total=len(wanted))
    run.save(update_fields=["event_id"])
    _enqueue(run)
    return run


def _is_for(run: WordsRun, wanted: Collection[UUID], wishes: Mapping[str, object]) -> bool:
    if any(getattr(run, name) != wish for name, wish in wishes.items()):
        return False
    return set(run.tasks.values_list("post_id", flat=True)) == set(wanted)


def pause(run: WordsRun, *, actor_id: UUID | None = None) -> WordsRun:
    """Let no further post go; those being written come to their end."""
    return _move(run, (WordsRunState.RUNNING,), WordsRunState.PAUSED, "words_run.paused", actor_id)


def go_on(run: WordsRun, *, actor_id: UUID | None = None) -> WordsRun:
    """Let a paused run go on where it stood."""
    moved = _move(run, (WordsRunState.PAUSED,), WordsRunState.RUNNING, "words_run.resumed", actor_id)
    if moved.state == WordsRunState.RUNNING:
        _enqueue(moved)
    return moved


def stop(run: WordsRun, *, actor_id: UUID | None = None) -> WordsRun:
    """End a run for good: what waits is left as it is, what is being written comes to its end."""
    moved = _move(run, _ACTIVE, WordsRunState.STOPPED, "words_run.stopped", actor_id)
    if moved.state == WordsRunState.STOPPED:
        waiting = WordsTask.objects.filter(run=run, state=WordsTaskState.WAITING)
        waiting.update(state=WordsTaskState.SKIPPED, why="stopped", finished_at=clock.now())
        _enqueue(moved)
    return moved


def progress(run: WordsRun) -> Progress:
    """Count how a run stands. One question."""
    counted = {f"n_{state}": Count("pk", filter=Q(state=state)) for state in WordsTaskState.values}
    found = WordsTask.objects.filter(run=run).aggregate(
        total=Count("pk"), again=Count("pk", filter=Q(state=WordsTaskState.FAILED, post__removed_at=None)),
        tokens=Sum("tokens"), cost=Sum("cost_usd"), unpriced=Count("pk", filter=Q(cost_usd=None)),
        **counted,
    )  # fmt: skip
    return Progress(
        total=found["total"],
        waiting=found["n_waiting"],
        running=found["n_running"],
        written=found["n_written"],
        skipped=found["n_skipped"],
        failed=found["n_failed"],
        again=found["again"],
        tokens=int(found["tokens"] or 0),
        cost_usd=None if found["unpriced"] else Decimal(found["cost"] or 0),
    )


def active_runs() -> list[WordsRun]:
    """List the runs that are under way or paused, the newest first."""
    return list(WordsRun.objects.filter(finished_at=None).order_by("-created_at"))


def problems(run: WordsRun) -> list[WordsTask]:
    """List the posts that failed and are still here, with their cause, in the order they were chosen."""
    failed = WordsTask.objects.filter(run=run, state=WordsTaskState.FAILED, post__removed_at=None)
    return list(failed.select_related("post").order_by("position"))


# ---- what the worker does ----


def go_forward(*, workspace_id: UUID, run_id: UUID) -> None:
    """Let further posts of a run go, and end it after the last one. Safe to repeat. Call outside a scope."""
    with scope.workspace(workspace_id):
        run = WordsRun.objects.select_for_update().filter(pk=run_id, finished_at=None).first()
        if run is None:
            return
        words_letting.take_in_ended(run)
        if run.state == WordsRunState.RUNNING:
            words_letting.let_go(run)
        is_over = not WordsTask.objects.filter(
            run=run, state__in=(WordsTaskState.WAITING, WordsTaskState.RUNNING)
        ).exists()
        if is_over:
            _finish(run)
        elif run.event_id is not None and clock.monotonic() - _told.get(run.pk, -_TELL_EVERY_S) >= _TELL_EVERY_S:
            _told[run.pk] = clock.monotonic()
            announce_again(workspace_id, run.event_id)


def resume_runs() -> int:
    """Enqueue a look at every run that is not over. Called every few seconds."""
    found = words_finding.open_runs()
    for workspace_id, run_id in found:
        _enqueue_look(workspace_id, run_id)
    return len(found)


def is_of_run(generation: Generation) -> bool:
    """Say whether a proposal is written for a run."""
    return bool(WordsTask.objects.filter(generation=generation, state=WordsTaskState.RUNNING).exists())


def is_written(generation: Generation) -> None:
    """Note that a task's words came and are the post's."""
    _end_task(generation, WordsTaskState.WRITTEN)


def leave_as_it_is(generation: Generation, why: str) -> None:
    """Note that a task's words came, and the post was changed or removed meanwhile."""
    _end_task(generation, WordsTaskState.SKIPPED, why=why)


def has_taken_back(generation: Generation, failure: WriterFailed) -> bool:
    """Note that no words came for a task. True where the run is paused for it and the post will have its turn again."""
    task = WordsTask.objects.filter(generation=generation, state=WordsTaskState.RUNNING).first()
    if task is None:
        return False
    if failure.cause not in STOPS_ALL:
        _end_task(generation, WordsTaskState.FAILED, why=failure.cause, detail=plain(failure.detail)[:2000])
        return False
    words_letting.charge(task, generation)
    task.state, task.generation = WordsTaskState.WAITING, None
    task.save()
    running = WordsRun.objects.filter(pk=task.run_id, state=WordsRunState.RUNNING)
    if running.update(state=WordsRunState.PAUSED, because=failure.cause):
        events.record("words_run.paused", subject=task.run, because=failure.cause, detail=plain(failure.detail)[:300])
    stopped = WordsRun.objects.filter(pk=task.run_id, state=WordsRunState.STOPPED)
    if stopped.exists():
        WordsTask.objects.filter(pk=task.pk).update(
            state=WordsTaskState.SKIPPED, why="stopped", finished_at=clock.now()
        )
    return True


def _end_task(generation: Generation, state: WordsTaskState, *, why: str = "", detail: str = "") -> None:
    for task in WordsTask.objects.filter(generation=generation, state=WordsTaskState.RUNNING):
        words_letting.charge(task, generation)
        task.state, task.why, task.detail, task.finished_at = state, why, detail, clock.now()
        task.save()


def _finish(run: WordsRun) -> None:
    run.state = WordsRunState.DONE if run.state != WordsRunState.STOPPED else run.state
    run.finished_at = clock.now()
    run.save(update_fields=["state", "finished_at"])
    _told.pop(run.pk, None)
    found = progress(run)
    events.record(
        "words_run.finished",
        subject=run,
        actor_id=run.actor_id,
        total=found.total,
        written=found.written,
        skipped=found.skipped,
        failed=found.failed,
        tokens=found.tokens,
        cost_usd=str(found.cost_usd) if found.cost_usd is not None else None,
    )


def _task(run: WordsRun, post_id: UUID, position: int, *, is_left: bool) -> WordsTask:
    task = WordsTask(run=run, post_id=post_id, position=position)
    if is_left:
        task.state, task.why, task.finished_at = WordsTaskState.SKIPPED, "edited", clock.now()
    return task


def _move(
    run: WordsRun, old: Collection[WordsRunState], new: WordsRunState, event: str, actor_id: UUID | None
) -> WordsRun:
    if WordsRun.objects.filter(pk=run.pk, state__in=list(old), finished_at=None).update(state=new, because=""):
        events.record(event, subject=run, actor_id=actor_id)
    run.refresh_from_db()
    return run


def _enqueue(run: WordsRun) -> None:
    _enqueue_look(run.own_workspace_id, run.pk)


def _enqueue_look(workspace_id: UUID, run_id: UUID) -> None:
    queue.enqueue(JOB, only_once_as=f"{JOB}-{run_id}", workspace_id=str(workspace_id), run_id=str(run_id))
