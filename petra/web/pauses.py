"""Pauses on pages: who stopped what and since when, and the buttons that stop and resume.

An account is paused on its page, a blog and the workspace in the settings; every pause in force is told on the
overview and the calendar, with its one button.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from petra.accounts.models import Account
from petra.articles.models import Blog
from petra.lib import clock
from petra.publishing import pausing
from petra.publishing.models import Delivery, Pause, PauseKind, State
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role, User, Workspace
from petra.web import moments
from petra.web.statuses import Status, StatusKey, status
from petra.web.way_back import way_back


@dataclass(frozen=True)
class PauseLine:
    """One pause in force. `words` say who and when, `waiting` what it holds; both may be empty."""

    subject_id: UUID
    name: str
    title: str
    words: str
    waiting: str
    resume_url: str
    status: Status


def lines(request: MemberRequest) -> list[PauseLine]:
    """Read every pause of the workspace: one question where there is none."""
    found = pausing.in_force()
    if not found:
        return []
    names = _names(found)
    people = User.objects.in_bulk({p.actor_id for p in found if p.actor_id})
    held = _held()
    made = []
    for pause in found:
        kind = PauseKind(pause.kind)
        if kind is not PauseKind.WORKSPACE and pause.subject_id not in names:
            continue  # what was paused is gone
        person = people.get(pause.actor_id) if pause.actor_id else None
        when = moments.moment(pause.created_at, zone=request.actor.zone, now=clock.now())
        count = held[kind, pause.subject_id]
        made.append(
            PauseLine(
                subject_id=pause.subject_id,
                name=names.get(pause.subject_id, _("Everything")),
                title=_title(kind, names.get(pause.subject_id, "")),
                words=" · ".join([_who(person), when] if person else [when]),
                waiting=ngettext("%(n)d post waits.", "%(n)d posts wait.", count) % {"n": count} if count else "",
                resume_url=address(kind, pause.subject_id, "resume"),
                status=status(StatusKey.PAUSED),
            )
        )
    return made


@dataclass(frozen=True)
class Switch:
    """One thing the settings can stop: the workspace or a blog. `pause` is the one in force."""

    name: str
    icon: str
    pause_url: str
    pause: PauseLine | None


def switches(request: MemberRequest) -> list[Switch]:
    """List what can be stopped beside accounts: the whole workspace first, then each blog."""
    paused = {line.subject_id: line for line in lines(request)}
    workspace_id = request.actor.workspace.pk
    everything = address(PauseKind.WORKSPACE, workspace_id, "pause")
    found = [Switch(_("Everything"), "stack-2", everything, paused.get(workspace_id))]
    for blog in Blog.objects.order_by("name"):
        url = address(PauseKind.BLOG, blog.pk, "pause")
        found.append(Switch(blog.name, "world", url, paused.get(blog.pk)))
    return found


def address(kind: PauseKind, subject_id: UUID, act: str) -> str:
    """Give the address that pauses or resumes."""
    match kind:
        case PauseKind.ACCOUNT:
            return reverse("account_publishing", args=[subject_id, act])
        case PauseKind.BLOG:
            return reverse("blog_publishing", args=[subject_id, act])
        case PauseKind.WORKSPACE:
            return reverse("workspace_publishing", args=[act])


@require_POST
@member_page(Role.EDITOR)
def account_publishing(request: MemberRequest, account_id: UUID, act: str) -> HttpResponse:
    """Stop publishing on one account, or go on."""
    return _change(request, access.get(Account, account_id), act, back=reverse("account", args=[account_id]))


@require_POST
@member_page(Role.EDITOR)
def blog_publishing(request: MemberRequest, blog_id: UUID, act: str) -> HttpResponse:
    """Stop publishing what was made of one blog, or go on."""
    return _change(request, access.get(Blog, blog_id), act, back=reverse("settings") + "#publishing")


@require_POST
@member_page(Role.EDITOR)
def workspace_publishing(request: MemberRequest, act: str) -> HttpResponse:
    """Stop publishing altogether, or go on."""
    return _change(request, request.actor.workspace, act, back=reverse("settings") + "#publishing")


def _change(request: MemberRequest, subject: pausing.Subject, act: str, *, back: str) -> HttpResponse:
    name = _name(subject)
    if act == "pause":
        pausing.pause(subject)
        words = _("%(name)s is paused. What falls due waits.") % {"name": name}
    elif act == "resume":
        again = pausing.resume(subject)
        words = _("%(name)s goes on.") % {"name": name}
        if again:
            words += " " + ngettext("%(n)d post is planned again.", "%(n)d posts are planned again.", again) % {
                "n": again
            }
    else:
        raise Http404
    messages.success(request, words)
    return redirect(way_back(request, back))


def _name(subject: pausing.Subject) -> str:
    match subject:
        case Account():
            return subject.username
        case Workspace():
            return _("Publishing")
        case _:
            return subject.name


def _title(kind: PauseKind, name: str) -> str:
    if kind is PauseKind.WORKSPACE:
        return _("Publishing is paused for the whole workspace.")
    return _("%(name)s is paused.") % {"name": name}


def _names(found: list[Pause]) -> dict[UUID, str]:
    ids = {kind: [p.subject_id for p in found if p.kind == kind] for kind in PauseKind}
    names: dict[UUID, str] = {}
    if ids[PauseKind.ACCOUNT]:
        names |= dict(Account.objects.filter(pk__in=ids[PauseKind.ACCOUNT]).values_list("pk", "username"))
    if ids[PauseKind.BLOG]:
        names |= dict(Blog.objects.filter(pk__in=ids[PauseKind.BLOG]).values_list("pk", "name"))
    return names


def _held() -> Counter[tuple[PauseKind, UUID]]:
    """Count what each pause holds."""
    subjects = {
        PauseKind.ACCOUNT: "account_id",
        PauseKind.BLOG: "post__blog_id",
        PauseKind.WORKSPACE: "workspace_id",
    }
    causes = {pausing.cause_of(kind): kind for kind in PauseKind}
    held: Counter[tuple[PauseKind, UUID]] = Counter()
    rows = Delivery.objects.filter(state=State.HELD, cause__in=causes).values("cause", *subjects.values())
    for row in rows.annotate(n=Count("id")):
        kind = causes[row["cause"]]
        held[kind, row[subjects[kind]]] += row["n"]
    return held


def _who(person: User) -> str:
    return person.get_full_name() or person.email.split("@")[0]
