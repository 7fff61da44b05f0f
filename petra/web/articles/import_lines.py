"""One line per import that runs or just ended: how far, how long yet, what went wrong by kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.articles.models import ImportRun, RunState
from petra.articles.turn import MAX_PROBLEMS
from petra.web import moments
from petra.web.statuses import Status, StatusKey, status

SHOWN_FOR = timedelta(minutes=10)  # an ended import stays in sight for so long

LOOKS = {
    RunState.QUEUED: StatusKey.SCHEDULED,
    RunState.RUNNING: StatusKey.PUBLISHING,
    RunState.PAUSED: StatusKey.PAUSED,
    RunState.STOPPED: StatusKey.DRAFT,
    RunState.DONE: StatusKey.PUBLISHED,
    RunState.FAILED: StatusKey.FAILED,
}
_AT_WORK = (RunState.QUEUED, RunState.RUNNING)
MANY_DONE = 5  # before so many pages the pace says nothing


@dataclass(frozen=True)
class ImportLine:
    """How one import does. `left` is empty where the pace says nothing yet."""

    id: UUID
    status: Status
    title: str
    progress: str
    left: str
    done: int
    found: int
    is_running: bool
    has_pages: bool  # else there is nothing to count: neither meter nor "0 read"
    can_pause: bool
    can_resume: bool
    can_dismiss: bool
    error: str
    read: str
    problems: list[str]
    details_url: str


def lines(*, now: datetime) -> list[ImportLine]:
    """List imports that run, and those that ended a moment ago and nobody dismissed, which come last.

    Call inside the workspace's scope.
    """
    running = Q(state__in=[RunState.QUEUED, RunState.RUNNING, RunState.PAUSED])
    found = ImportRun.objects.filter(running | Q(finished_at__gte=now - SHOWN_FOR)).select_related("blog")
    newest: dict[UUID, ImportRun] = {}
    for run in found.order_by("created_at"):
        newest[run.blog_id] = run
    told = [run for run in newest.values() if run.dismissed_at is None]
    ordered = sorted(told, key=lambda run: (run.is_active, run.created_at), reverse=True)
    return [line(run, now=now) for run in ordered]


def line(run: ImportRun, *, now: datetime) -> ImportLine:
    """Describe one import."""
    state = RunState(run.state)
    return ImportLine(
        id=run.pk,
        status=status(StatusKey.ATTENTION if _is_empty(run) else LOOKS[state]),
        title=_title(run, state),
        progress=_progress(run, state),
        left=_left(run, state, now),
        done=run.done,
        found=max(run.found, run.done, 1),
        is_running=state in _AT_WORK,
        has_pages=state in _AT_WORK or run.found > 0,
        can_pause=state in _AT_WORK,
        can_resume=state == RunState.PAUSED,
        can_dismiss=not run.is_active and run.dismissed_at is None,
        error=run.error,
        read=ngettext("%(n)d read", "%(n)d read", run.done) % {"n": max(0, run.done - run.failed - run.skipped)},
        problems=_problem_words(run),
        details_url=reverse("import_details", args=[run.pk]),
    )


def _title(run: ImportRun, state: RunState) -> str:
    blog = run.blog.name
    match state:
        case RunState.QUEUED | RunState.RUNNING:
            return _("Importing %(blog)s") % {"blog": blog}
        case RunState.PAUSED:
            return _("%(blog)s, paused") % {"blog": blog}
        case RunState.STOPPED:
            return _("%(blog)s, stopped") % {"blog": blog}
        case RunState.DONE if _is_empty(run):
            return _("No new article came from %(blog)s") % {"blog": blog}
        case RunState.DONE if run.kind == "url":
            return _("A page of %(blog)s is imported") % {"blog": blog}
        case RunState.DONE:
            return _("%(blog)s is imported") % {"blog": blog}
        case _:
            return _("%(blog)s was not imported") % {"blog": blog}


def _is_empty(run: ImportRun) -> bool:
    """Say whether it went to its end and not one article came of it."""
    return run.state == RunState.DONE and not run.new + run.changed + run.unchanged


def _progress(run: ImportRun, state: RunState) -> str:
    if state == RunState.QUEUED:
        return _("waiting for its turn")
    if state == RunState.RUNNING and not run.found:
        return _("looking for articles")
    if _is_empty(run) or (state not in _AT_WORK and not run.found):
        return ""
    if state == RunState.DONE:
        return _("%(new)d new, %(changed)d changed") % {"new": run.new, "changed": run.changed}
    return _("%(done)d of %(all)d") % {"done": run.done, "all": max(run.found, run.done)}


def _left(run: ImportRun, state: RunState, now: datetime) -> str:
    done = run.done - run.turn_done  # by the turn that is on it: what a pause took is no pace
    began = run.turn_at or run.started_at
    if state != RunState.RUNNING or done < MANY_DONE or not began or run.done >= run.found:
        return ""
    seconds = (now - began).total_seconds() / done * (run.found - run.done)
    if seconds < 60:  # noqa: PLR2004 - under a minute in tens of seconds
        return _("about %(n)d s left") % {"n": max(10, round(seconds / 10) * 10)}
    return _("about %(time)s left") % {"time": moments.span(seconds)}


def problem_kinds(run: ImportRun) -> list[tuple[str, str]]:
    """Count what went wrong by kind, the most frequent first, each with one of its sentences.

    A run keeps so many problems and no more: then each count is the least it can be.
    """
    more = "+" if len(run.problems) >= MAX_PROBLEMS else ""
    sentences = {problem["kind"]: problem["for_person"] for problem in reversed(run.problems)}
    most = sorted(run.problems_by_kind.items(), key=lambda pair: -pair[1])
    return [(f"{count}{more}", sentences[kind]) for kind, count in most]


def _problem_words(run: ImportRun) -> list[str]:
    return [f"{count} × {words.rstrip('.')}" for count, words in problem_kinds(run)[:3]]
