"""Writing words for many pins as pages show it: what it would do, a run in numbers, and what became of each pin.

Counted anew from the tasks every time, so a reload, another window and another day all show the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.ai import money
from petra.lib import clock
from petra.posts.models import Post, PostMedia, WordsRun, WordsRunState, WordsTask, WordsTaskState
from petra.posts.words import access_keys, asking, budget, versions
from petra.posts.words import runs as words_runs
from petra.posts.words import said as words_said
from petra.tenancy.models import User
from petra.web import moments
from petra.web.pins import rows as pin_rows
from petra.web.pins.bulk_view import SHOWN_FOR, name_of
from petra.web.statuses import Status, StatusKey, status
from petra.web.words import box as words_view
from petra.web.words import writers as words_writers

_LOOKS: dict[str, StatusKey] = {
    WordsTaskState.WAITING: StatusKey.SCHEDULED,
    WordsTaskState.RUNNING: StatusKey.PUBLISHING,
    WordsTaskState.WRITTEN: StatusKey.PUBLISHED,
    WordsTaskState.SKIPPED: StatusKey.DRAFT,
    WordsTaskState.FAILED: StatusKey.FAILED,
}


@dataclass(frozen=True)
class Ask:
    """What writing would do: for how many, how many of them a person wrote, and what it may cost."""

    ids: list[UUID]
    total: int
    edited: int
    writer: str
    cost: str  # leaving what a person edited
    cost_of_all: str

    @property
    def title(self) -> str:
        return ngettext("Write words for %(n)d pin", "Write words for %(n)d pins", self.total) % {"n": self.total}

    @property
    def edited_words(self) -> str:
        """Say how many would be left."""
        return ngettext(
            "%(n)d was edited by a person and is left as it is, unless you tick this.",
            "%(n)d were edited by a person and are left as they are, unless you tick this.",
            self.edited,
        ) % {"n": self.edited}


@dataclass(frozen=True)
class RunHead:
    """A run in numbers. `acts` are what can be done to it: (act, label, icon)."""

    id: UUID
    title: str
    words: str
    when: str
    who: str
    look: StatusKey
    is_turning: bool
    done: int
    total: int
    written: int
    skipped: int
    failed: int
    again: int
    open: int
    cost: str
    because: str
    brief: str
    acts: list[tuple[str, str, str]]
    url: str


@dataclass(frozen=True)
class RunRow:
    """One pin of a run."""

    post_id: UUID
    url: str
    title: str
    picture: str
    status: Status
    sentence: str
    cost: str


def ask(posts: Sequence[Post]) -> Ask:
    """Say what writing words for these pins would do. Asks the database the same few things however many they are."""
    edited = versions.by_person(posts)
    standing = access_keys.access_of(posts[0].blog) if posts else access_keys.Standing()
    names = {words_writers.model_of(post.blog) for post in {p.blog_id: p for p in posts}.values()}
    return Ask(
        ids=[post.pk for post in posts],
        total=len(posts),
        edited=len(edited),
        writer=", ".join(sorted(names)),
        cost=_estimate(posts, len(posts) - len(edited), standing),
        cost_of_all=_estimate(posts, len(posts), standing) if edited else "",
    )


def _estimate(posts: Sequence[Post], count: int, standing: access_keys.Standing) -> str:
    """Say what it may cost: by what this month's requests took, else the most that one like the first can take."""
    if not count:
        return _("Nothing would be written: a person edited all of these.")
    if standing.is_offline:
        return _("Costs nothing: the offline writer needs no model.")
    left = budget.left(posts[0].blog)
    if left.asked and left.spent_usd:
        cost = words_view.money(left.spent_usd / left.asked * count)
        said = _("About %(cost)s, by what this month's requests took.") % {"cost": cost}
    else:
        complete = Post.objects.complete().get(pk=posts[0].pk)
        request = asking.question(complete).request
        model, provider = words_writers.model_words(standing), standing.provider
        dearest = money.most_it_can_cost(request, model, provider=provider, base_url=standing.base_url)
        most = budget.priced(dearest, standing)
        if most.cost_usd is None:
            return _("What it costs is not known: Petra has no price for this model.")
        said = _("At most about %(cost)s.") % {"cost": words_view.money(most.cost_usd * count)}
    if left.left_usd is not None:
        said += " " + _("%(left)s are left this month.") % {"left": words_view.money(left.left_usd)}
    return said


def head(run: WordsRun, *, zone: ZoneInfo, now: datetime) -> RunHead:
    """Describe a run."""
    found = words_runs.progress(run)
    who = name_of(User.objects.filter(pk=run.actor_id).first()) if run.actor_id else ""
    is_open = run.finished_at is None
    return RunHead(
        id=run.pk,
        title=_title(run, found),
        words=_("%(done)d of %(all)d done") % {"done": found.done, "all": found.total},
        when=moments.moment(run.created_at, zone=zone, now=now),
        who=who,
        look=_look(run, found),
        is_turning=is_open and run.state == WordsRunState.RUNNING,
        done=found.done,
        total=found.total,
        written=found.written,
        skipped=found.skipped,
        failed=found.failed,
        again=found.again,
        open=found.waiting + found.running,
        cost=_cost(found.cost_usd, found.tokens),
        because=_because(run),
        brief=run.brief,
        acts=_acts(run),
        url=reverse("words_run", args=[run.pk]),
    )


def _look(run: WordsRun, found: words_runs.Progress) -> StatusKey:
    if run.finished_at is None:
        if run.state == WordsRunState.PAUSED:
            return StatusKey.ATTENTION if run.because else StatusKey.PAUSED
        return StatusKey.PUBLISHING
    return StatusKey.FAILED if found.failed else StatusKey.PUBLISHED


def _title(run: WordsRun, found: words_runs.Progress) -> str:
    facts = {"n": found.total, "done": found.written}
    if run.finished_at is None:
        if run.state == WordsRunState.PAUSED:
            return _("Writing words is paused")
        if run.state == WordsRunState.STOPPED:
            return _("Writing words is being stopped")
        return ngettext("Writing words for %(n)d pin", "Writing words for %(n)d pins", found.total) % facts
    if found.written == found.total:
        return ngettext("Words written for %(n)d pin", "Words written for %(n)d pins", found.total) % facts
    return _("Words written for %(done)d of %(n)d pins") % facts


def _because(run: WordsRun) -> str:
    """Say why Petra paused it itself."""
    if not run.because or run.state != WordsRunState.PAUSED:
        return ""
    said = words_said.said(run.because)
    return f"{said.happened} {said.next_step}"


def _acts(run: WordsRun) -> list[tuple[str, str, str]]:
    if run.finished_at is not None or run.state == WordsRunState.STOPPED:
        return []
    first = (
        ("resume", _("Go on"), "player-play")
        if run.state == WordsRunState.PAUSED
        else ("pause", _("Pause"), "player-pause")
    )
    return [first, ("stop", _("Stop"), "player-stop")]


def _cost(cost: Decimal | None, tokens: int) -> str:
    if not tokens:
        return ""
    said = ngettext("%(n)s token", "%(n)s tokens", tokens) % {"n": f"{tokens:,}"}
    return f"{words_view.money(cost)}, {said}" if cost is not None else said


def rows(run: WordsRun, only: Collection[UUID] | None = None) -> list[RunRow]:
    """Describe a run's pins in their order, or some of them. Failures come first once it is over."""
    media = Prefetch("post__media", queryset=PostMedia.objects.order_by("position"))
    found = WordsTask.objects.filter(run=run).select_related("post__article").prefetch_related(media)
    if only is not None:
        found = found.filter(post_id__in=list(only))
    tasks = sorted(found, key=lambda task: (task.state != WordsTaskState.FAILED, task.position))
    return [_row(task) for task in tasks]


def _row(task: WordsTask) -> RunRow:
    pictures = list(task.post.media.all())
    said = ""
    if task.state == WordsTaskState.FAILED:
        failed = words_said.said(task.why, task.detail)
        said = f"{failed.happened} {failed.next_step}"
    elif task.state == WordsTaskState.SKIPPED:
        said = words_said.skipped(task.why)
    return RunRow(
        post_id=task.post_id,
        url=reverse("pin", args=[task.post_id]),
        title=pin_rows.pin_title(task.post),
        picture=pin_rows.picture_url(pictures[0].asset_id if pictures else None),
        status=status(_LOOKS[task.state], _word(task.state)),
        sentence=said,
        cost=_cost(task.cost_usd, task.tokens),
    )


def _word(state: str) -> str:
    return {
        WordsTaskState.WAITING: _("Waiting"),
        WordsTaskState.RUNNING: _("Writing"),
        WordsTaskState.WRITTEN: _("Written"),
        WordsTaskState.SKIPPED: _("Left as it is"),
        WordsTaskState.FAILED: _("Failed"),
    }[WordsTaskState(state)]


def current(*, zone: ZoneInfo, now: datetime) -> list[RunHead]:
    """Describe the runs under way or paused, and those that ended a moment ago."""
    found = WordsRun.objects.filter(Q(finished_at=None) | Q(finished_at__gt=now - SHOWN_FOR))
    newest = sorted(found.order_by("-created_at")[:4], key=lambda run: run.finished_at is not None)
    return [head(run, zone=zone, now=now) for run in newest]


def pieces(run: WordsRun, zone: ZoneInfo) -> dict[str, Any]:
    """Give what the answer to an act draws."""
    return {"run": head(run, zone=zone, now=clock.now()), "may_change": True}
