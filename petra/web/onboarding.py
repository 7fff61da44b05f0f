"""The first steps of a workspace: address → articles → connect → plan. Each may be skipped; how far one is, is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from petra.accounts import developer_apps
from petra.accounts.models import Account, AccountState, Target
from petra.articles import importing
from petra.articles.models import NEWEST, Article, ImportRun
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.networks.registry import NETWORKS
from petra.posts import composing
from petra.posts.models import Post
from petra.publishing import scheduling
from petra.publishing.models import Slot
from petra.publishing.slots import WeeklyTime
from petra.tenancy import access, workspaces
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role, Workspace
from petra.web import targets
from petra.web.articles import import_lines
from petra.web.pins import rows as pin_rows
from petra.web.shell import shell

STEPS = ("address", "articles", "connect", "plan")
DONE = "done"
SHOWN_ARTICLES = 6
SHOWN_PINS = 3
HOW_MANY = (3, 10, 30)
RHYTHMS: dict[str, tuple[time, ...]] = {
    "1": (time(17, 10),),
    "3": (time(9, 30), time(14, 20), time(20, 15)),
    "5": (time(7, 45), time(10, 5), time(13, 20), time(17, 10), time(20, 15)),
}


@dataclass(frozen=True)
class Step:
    """One line beside the steps: `state` is "done", "here" or "ahead"."""

    number: int
    title: str
    note: str
    state: str
    url: str


@require_safe
@member_page()
def onboarding(request: MemberRequest) -> HttpResponse:
    """Go to the step one is at."""
    step = request.actor.workspace.onboarding_step
    return redirect("onboarding_step", step) if step in STEPS else redirect("overview")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.ADMIN)
def onboarding_step(request: MemberRequest, step: str) -> HttpResponse:
    """Show a step, or do it and go to the next one."""
    if step not in STEPS:
        raise Http404
    error = ""
    if request.method == "POST":
        acts: dict[str, Callable[[MemberRequest], None]] = {
            "address": _take_address,
            "articles": _draft,
            "connect": _go_on,
            "plan": _plan,
        }
        try:
            acts[step](request)
        except ProductError as problem:
            error = problem.for_person
        else:
            return _to_next(request, step)
    context = {
        **_CONTEXTS[step](request),
        "step": step,
        "steps": _steps(request, step),
        "before": STEPS[STEPS.index(step) - 1] if step != STEPS[0] else "",
        "error": error,
        "workspace": request.actor.workspace,
        "shell": shell(request, here="", live="onboarding"),
    }
    return render(request, f"onboarding/{step}.html", context, status=422 if error else 200)


@require_POST
@member_page(Role.ADMIN)
def onboarding_skip(request: MemberRequest, step: str) -> HttpResponse:
    """Leave a step out."""
    if step not in STEPS:
        raise Http404
    return _to_next(request, step)


def _to_next(request: MemberRequest, step: str) -> HttpResponse:
    after = STEPS[STEPS.index(step) + 1 :]
    following = after[0] if after else DONE
    workspaces.set_onboarding_step(request.actor.workspace, following)
    return (
        redirect("onboarding_step", following)
        if following != DONE
        else redirect("calendar" if step == "plan" else "overview")
    )


# ---- what each step does ----


def _take_address(request: MemberRequest) -> None:
    workspace = request.actor.workspace
    zone = request.POST.get("time_zone", "")
    if workspace.time_zone == "UTC" and zone in available_timezones():
        workspaces.change_workspace(workspace, name=workspace.name, time_zone=zone, language=workspace.language)
    blog = importing.add_blog(request.POST.get("address", ""))
    is_under_way = ImportRun.objects.filter(blog=blog, state__in=importing.ACTIVE).exists()
    if not is_under_way and not blog.articles.exists():  # the first time, or again after one that brought nothing
        importing.start_import(blog, actor_id=request.actor.user.pk)


def _draft(request: MemberRequest) -> None:
    text = request.POST.get("how_many", "")
    how_many = int(text) if text in {str(number) for number in HOW_MANY} else HOW_MANY[0]
    chosen = list(_unpinned()[:how_many])
    if not chosen:
        raise ProductError("no_articles", _("No article is here yet. Wait a moment, or skip this step."))
    composing.request_drafts(chosen)


def _go_on(request: MemberRequest) -> None:
    if not Account.objects.exclude(state=AccountState.DISCONNECTED).exists():
        raise ProductError("no_account", _("No account is connected yet. Connect one, or skip this step."))


def _plan(request: MemberRequest) -> None:
    target = access.get(Target, request.POST.get("target", "")) if request.POST.get("target") else None
    if target is None:
        raise ProductError("no_target", _("Choose a board first."))
    if not Slot.objects.filter(account=target.account).exists():
        times = RHYTHMS.get(request.POST.get("rhythm", ""), RHYTHMS["3"])
        scheduling.set_slots(target.account, [WeeklyTime(day, at) for day in range(7) for at in times])
    waiting = list(_drafts().filter(deliveries=None))
    for post in waiting:
        if post.target_id is None:
            composing.choose_target(post, target)
    ready = [post for post in waiting if post.words_state == "ready"]
    planned = scheduling.spread(ready, account=target.account)
    messages.success(
        request, ngettext("%(n)d pin is planned", "%(n)d pins are planned", len(planned)) % {"n": len(planned)}
    )


# ---- what each step shows ----


def _address(request: MemberRequest) -> dict[str, Any]:
    return {"address": request.POST.get("address", "")}


def _articles(request: MemberRequest) -> dict[str, Any]:
    found = Article.objects.filter(archived_at=None).order_by(*NEWEST)
    lines = import_lines.lines(now=clock.now())
    count = found.count()
    return {
        "articles": [
            {
                "title": a.shown_title,
                "words": formats.number_format(len(a.shown_text.split()), force_grouping=True),
                "images": a.images.count(),
                "at": a.published_at,
            }
            for a in found.defer("html").prefetch_related("images")[:SHOWN_ARTICLES]
        ],
        "count": count,
        "lines": lines,
        "is_lost": not count and not any(line.is_running for line in lines),
        "how_many": [n for n in HOW_MANY if n <= count] or [HOW_MANY[0]],
    }


def _connect(request: MemberRequest) -> dict[str, Any]:
    return {
        "accounts": [
            {"name": a.username, "mark": pin_rows.mark_of(a.network)}
            for a in Account.objects.exclude(state=AccountState.DISCONNECTED).order_by("username")
        ],
        "networks": [
            {"key": n.key, "label": n.label, "icon": f"brand-{n.key}", "is_configured": developer_apps.is_configured(n)}
            for n in NETWORKS.values()
        ],
        "return_to": reverse("onboarding_step", args=["plan"]),
    }


def _plan_context(request: MemberRequest) -> dict[str, Any]:
    posts = pin_rows.complete(_drafts()).order_by("created_at")
    return {
        "pins": pin_rows.rows(posts[:SHOWN_PINS], zone=request.actor.zone, now=clock.now()),
        "count": _drafts().count(),
        "boards": targets.choices(),
        "has_slots": Slot.objects.exists(),
    }


_CONTEXTS: dict[str, Callable[[MemberRequest], dict[str, Any]]] = {
    "address": _address,
    "articles": _articles,
    "connect": _connect,
    "plan": _plan_context,
}


def _unpinned() -> Any:
    return Article.objects.filter(archived_at=None, posts=None, is_do_not_pin=False).order_by(*NEWEST)


def _drafts() -> Any:
    return Post.objects.filter(removed_at=None)


def _steps(request: MemberRequest, step: str) -> list[Step]:
    workspace: Workspace = request.actor.workspace
    titles = [
        (_("Add your blog"), _("We read its feed and sitemap")),
        (_("See your articles"), _("They arrive while you watch")),
        (_("Connect an account"), _("You can add others later")),
        (_("Plan your first pins"), _("About a minute")),
    ]
    here = STEPS.index(step)
    first = Step(
        0,
        _("Make a workspace"),
        f"{workspace.name}, {workspace.time_zone.replace('_', ' ')}",
        "done",
        reverse("settings"),
    )
    rest = [
        Step(
            n + 1,
            title,
            note,
            "here" if n == here else "done" if n < here else "ahead",
            reverse("onboarding_step", args=[STEPS[n]]) if n < here else "",
        )
        for n, (title, note) in enumerate(titles)
    ]
    return [first, *rest]
