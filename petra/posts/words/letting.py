"""STOP 2, many at once: which posts of a run go next. Called by `runs`, with the run's row locked."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from petra.lib import clock
from petra.posts.models import (
    Generation,
    GenerationState,
    Post,
    WordsRun,
    WordsTask,
    WordsTaskState,
    WriterAccess,
)
from petra.posts.words import budget, versions, writing

_OFFLINE_AT_ONCE: Final = 4
_LOOKED_AT: Final = 200


def let_go(run: WordsRun) -> int:
    """Let as many posts go as there is room for, no two of one article together: each shall see the others' words."""
    alone = Generation.objects.filter(state=GenerationState.RUNNING, tasks=None).values("post_id")
    waiting = WordsTask.objects.filter(run=run, state=WordsTaskState.WAITING)
    waiting.filter(post__in=alone).update(state=WordsTaskState.SKIPPED, why="busy", finished_at=clock.now())
    # What a person asked for alone is among them: it has its place before a run's next post.
    running = list(Generation.objects.filter(state=GenerationState.RUNNING).values_list("post__article_id"))
    room = _at_once() - len(running)
    busy = {article_id for (article_id,) in running if article_id is not None}
    let = 0
    while let < room:
        task = _next(run, busy)
        if task is None:
            break
        post = Post.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=task.post_id).first()
        if post is None:  # somebody is changing it this very moment: at the next look
            break
        let += _begin(run, task, post, busy)
    return let


def take_in_ended(run: WordsRun) -> None:
    """Note what ended past the run: stopped, reset or deleted by a person. What is still asked has its cost to come."""
    under_way = WordsTask.objects.filter(run=run, state=WordsTaskState.RUNNING).select_related("generation")
    ended = under_way.exclude(generation__state=GenerationState.RUNNING)
    for task in ended.exclude(generation__holder_id__isnull=False):
        if task.generation is not None:
            charge(task, task.generation)
        task.state, task.why, task.finished_at = WordsTaskState.SKIPPED, "stopped", clock.now()
        task.save()


def charge(task: WordsTask, generation: Generation) -> None:
    """Add what a proposal took; a task may take several, where its run was paused meanwhile."""
    task.tokens += generation.input_tokens + generation.output_tokens
    task.cost_usd = budget.added(task.cost_usd, generation.cost_usd)


def _next(run: WordsRun, busy: set[UUID]) -> WordsTask | None:
    waiting = WordsTask.objects.filter(run=run, state=WordsTaskState.WAITING).order_by("position")
    for task in waiting.select_related("post")[:_LOOKED_AT]:
        if task.post.article_id not in busy:
            return task  # type: ignore[no-any-return]  # the manager's type is open, see TenantModel
    return None


def _begin(run: WordsRun, task: WordsTask, post: Post, busy: set[UUID]) -> bool:
    """Begin with one post, unless it is gone, busy or a person's; says whether it takes up room."""
    why = _why_not(run, post)
    if why:
        task.state, task.why, task.finished_at = WordsTaskState.SKIPPED, why, clock.now()
        task.save(update_fields=["state", "why", "finished_at"])
        return False
    task.generation = writing.begin(
        post, fields=list(run.fields), feedback="", turns=[], actor_id=run.actor_id, variant=task.position
    )
    task.state = WordsTaskState.RUNNING
    task.save(update_fields=["generation", "state"])
    if post.article_id is not None:
        busy.add(post.article_id)
    return True


def _why_not(run: WordsRun, post: Post) -> str:
    if post.removed_at is not None:
        return "removed"
    if Generation.objects.filter(post=post, state=GenerationState.RUNNING).exists():
        return "busy"
    if not run.is_overwriting_edited and versions.by_person([post]):
        return "edited"
    return ""


def _at_once() -> int:
    """Say how many go at once: as the freest key of the workspace allows; each key's own limit is kept besides."""
    most = WriterAccess.objects.aggregate(most=Max("at_once"))["most"]
    if most is not None:
        return int(most)
    return int(settings.AI_AT_ONCE) if settings.AI_PROVIDER else _OFFLINE_AT_ONCE
