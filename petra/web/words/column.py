"""How far the words of each pin are, as the list shows it: which version, by whom, being written, or why not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from petra.posts.models import (
    Generation,
    GenerationKind,
    GenerationState,
    Post,
    WordsRunState,
    WordsState,
    WordsTask,
    WordsTaskState,
)
from petra.posts.words import said as words_said
from petra.web.words import box as words_view


@dataclass(frozen=True)
class WordsCell:
    """One pin's words. `tone` is "", "work", "bad"."""

    icon: str
    words: str
    tone: str = ""
    title: str = ""


def cells(posts: Iterable[Post]) -> dict[UUID, WordsCell]:
    """Describe the words of posts. Two questions whatever their number."""
    listed = list(posts)
    ids = [post.pk for post in listed]
    newest: dict[UUID, Generation] = {}
    asked = (GenerationState.KEPT, GenerationState.PROPOSED)
    for row in Generation.objects.filter(post_id__in=ids, state__in=asked).order_by("number"):  # proposals have none
        newest[row.post_id] = row
    waiting = set(
        WordsTask.objects.filter(post_id__in=ids, state=WordsTaskState.WAITING, run__finished_at=None)
        .exclude(run__state=WordsRunState.STOPPED)
        .values_list("post_id", flat=True)
    )
    return {post.pk: _cell(post, newest.get(post.pk), post.pk in waiting) for post in listed}


def _cell(post: Post, row: Generation | None, is_waiting: bool) -> WordsCell:
    if post.words_state == WordsState.GENERATING:
        return WordsCell("loader-2", _("Writing…"), "work")
    if is_waiting:
        return WordsCell("clock", _("Waiting"), "work")
    if post.words_error:
        said = words_said.said(post.words_error)
        return WordsCell("alert-triangle-f", said.happened, "bad", title=said.next_step)
    if row is None:
        return WordsCell("", _("By hand") if post.title or post.description else _("None yet"))
    if row.state == GenerationState.PROPOSED:
        return WordsCell("sparkles", _("Suggestion to look at"))
    if row.kind == GenerationKind.HAND:
        return WordsCell("pencil", _("v%(n)d, edited") % {"n": row.number or 1})
    by = _("offline") if row.writer == words_view.OFFLINE else _("by AI")
    return WordsCell("sparkles", _("v%(n)d, %(by)s") % {"n": row.number or 1, "by": by}, title=row.writer)


def being_written() -> Collection[UUID]:
    """List the pins that runs are writing now."""
    found = WordsTask.objects.filter(state=WordsTaskState.RUNNING, run__finished_at=None)
    return list(found.values_list("post_id", flat=True)[:100])
