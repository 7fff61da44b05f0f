"""Pins: the table with its saved states, and what can be done to several at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from petra.accounts.models import Account, Target
from petra.articles.models import Article, Blog
from petra.lib import clock, ids
from petra.lib.errors import ProductError
from petra.posts import composing
from petra.posts.models import Post
from petra.publishing import bulk, scheduling
from petra.publishing.models import LIVE_STATES, Delivery, State
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import moments, targets
from petra.web.paging import page_links
from petra.web.pins import bulk_view
from petra.web.pins import filters as pins_filter
from petra.web.pins import rows as pin_rows
from petra.web.pins import status as pin_status
from petra.web.shell import show
from petra.web.statuses import STATUSES, StatusKey
from petra.web.way_back import way_back
from petra.web.words import bulk_view as words_bulk_view

PAGE_SIZE = 50
TABS = (
    StatusKey.DRAFT,
    StatusKey.READY,
    StatusKey.SCHEDULED,
    StatusKey.PUBLISHED,
    StatusKey.FAILED,
    StatusKey.ATTENTION,
)
SOMETIMES = (StatusKey.PUBLISHING, StatusKey.PAUSED)  # a tab only while there is one
ALWAYS_BAD = {StatusKey.FAILED, StatusKey.ATTENTION}
SORTS = {"newest": ("-created_at", "pk"), "oldest": ("created_at", "pk"), "title": ("title", "pk")}
UNDO_KEY = "pins_undo"


@require_safe
@member_page()
def pins(request: MemberRequest) -> HttpResponse:
    """List the pins, one tab per state."""
    filtered = pins_filter.filtered(request.GET)
    state = request.GET.get("state", "")
    found = pin_status.with_look(filtered)
    tabs = _tabs(request, filtered, state)
    if state in STATUSES:
        found = found.filter(look=state)
    ordered = pin_rows.complete(found).order_by(*SORTS.get(request.GET.get("sort", ""), SORTS["newest"]))
    page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    zone, now = request.actor.zone, clock.now()
    article = access.get(Article, request.GET["article"]) if request.GET.get("article") else None
    context = {
        "rows": pin_rows.rows(page, zone=zone, now=now),
        "links": page_links(request, page),
        "tabs": tabs,
        "state": state,
        "q": request.GET.get("q", ""),
        "article": article,
        "board_id": request.GET.get("board", ""),
        "blog_id": request.GET.get("blog", ""),
        "boards": targets.choices(),
        "blogs": list(Blog.objects.order_by("name")),
        "is_filtered": any(request.GET.get(k) for k in pins_filter.ASKED),
        "here_url": request.get_full_path(),
        "zone_words": moments.zone_words(zone, now=now),
        "may_change": request.actor.may(Role.EDITOR),
        "last_failure": _last_failure(request),
        "runs": bulk_view.current(zone=zone, now=now),
        "words_runs": words_bulk_view.current(zone=zone, now=now),
        "new_run_id": ids.new_id(),
    }
    return show(request, "pins.html", context, here="pins")


@require_POST
@member_page(Role.EDITOR)
def pins_bulk(request: MemberRequest) -> HttpResponse:
    """Do one thing to the chosen pins. All must belong to the workspace; each result counts."""
    acts: dict[str, Callable[[MemberRequest, list[Post]], HttpResponse | None]] = {
        "schedule": _schedule,
        "board": _board,
        "publish": _publish,
        "remove": _remove,
    }
    act = acts.get(request.POST.get("act", ""))
    ids = request.POST.getlist("pin")
    answer = None
    if act is None or not ids:
        messages.error(request, _("Choose pins first."))
    else:
        answer = act(request, [access.get(Post, pin_id, removed_at=None) for pin_id in dict.fromkeys(ids)])
    return answer or redirect(way_back(request, reverse("pins")))


@require_POST
@member_page(Role.EDITOR)
def pins_undo(request: MemberRequest) -> HttpResponse:
    """Take the last bulk action back, where it is not too late."""
    done = request.session.pop(UNDO_KEY, None) or {}
    undone = 0
    for pin_id in done.get("removed", []):
        composing.restore_post(access.get(Post, pin_id))
        undone += 1
    for delivery_id in done.get("planned", []):
        try:
            scheduling.cancel_delivery(access.get(Delivery, delivery_id))
            undone += 1
        except ProductError as error:
            messages.error(request, error.for_person)
    messages.success(request, ngettext("%(n)d pin is as before.", "%(n)d pins are as before.", undone) % {"n": undone})
    return redirect("pins")


def _schedule(request: MemberRequest, posts: list[Post]) -> None:
    planned: list[Delivery] = []
    problems: list[str] = []
    after = _start(request)
    for account_id, group in _by_account(posts, problems).items():
        account = access.get(Account, account_id)
        for post in group:
            try:
                planned += scheduling.spread([post], account=account, after=after)
            except ProductError as error:
                problems.append(f"{pin_rows.pin_title(post)}: {error.for_person}")
    if planned:
        request.session[UNDO_KEY] = {"planned": [str(d.pk) for d in planned]}
        last = moments.moment(planned[-1].due_at, zone=request.actor.zone, now=clock.now())
        words = ngettext(
            "%(n)d pin scheduled, the last %(when)s", "%(n)d pins scheduled, the last %(when)s", len(planned)
        )
        messages.success(request, words % {"n": len(planned), "when": last}, extra_tags=reverse("pins_undo"))
    _tell_problems(request, problems)


def _by_account(posts: list[Post], problems: list[str]) -> dict[UUID, list[Post]]:
    groups: dict[UUID, list[Post]] = {}
    for post in posts:
        if post.target is None:
            problems.append(_("%(title)s: choose a board first.") % {"title": pin_rows.pin_title(post)})
        else:
            groups.setdefault(post.target.account_id, []).append(post)
    return groups


def _board(request: MemberRequest, posts: list[Post]) -> None:
    target = access.get(Target, request.POST.get("target", ""))
    for post in posts:
        composing.choose_target(post, target)
    messages.success(
        request,
        ngettext("%(n)d pin goes to %(board)s", "%(n)d pins go to %(board)s", len(posts))
        % {"n": len(posts), "board": pin_rows.target_words(target)},
    )


def _publish(request: MemberRequest, posts: list[Post]) -> HttpResponse:
    """Begin a run of these pins and show it. The form names the run, so that pressing twice begins one."""
    run = bulk.start([post.pk for post in posts], run_id=ids.read_id(request.POST.get("run", "")))
    return redirect("bulk_run", run.pk)


def _remove(request: MemberRequest, posts: list[Post]) -> None:
    removed, problems = [], []
    for post in posts:
        try:
            remove_post(post)
            removed.append(str(post.pk))
        except ProductError as error:
            problems.append(f"{pin_rows.pin_title(post)}: {error.for_person}")
    if removed:
        request.session[UNDO_KEY] = {"removed": removed}
        words = ngettext("%(n)d pin removed", "%(n)d pins removed", len(removed)) % {"n": len(removed)}
        messages.success(request, words, extra_tags=reverse("pins_undo"))
    _tell_problems(request, problems)


def remove_post(post: Post) -> None:
    """Take a pin off the calendar and put it away."""
    for delivery in Delivery.objects.filter(post=post, state__in=LIVE_STATES):
        scheduling.cancel_delivery(delivery)
    composing.remove_post(post)


def _tell_problems(request: MemberRequest, problems: list[str]) -> None:
    for words in problems[:2]:
        messages.error(request, words)
    if len(problems) > 2:  # noqa: PLR2004 - two whole sentences, then a count
        more = len(problems) - 2
        messages.error(request, ngettext("%(n)d more was left out.", "%(n)d more were left out.", more) % {"n": more})


def _start(request: MemberRequest) -> datetime | None:
    """Read the day from which slots are taken; none means now."""
    text = request.POST.get("start", "")
    try:
        day = datetime.fromisoformat(text).replace(tzinfo=request.actor.zone)
    except ValueError:
        return None
    return max(day, clock.now())


def _tabs(request: MemberRequest, found: QuerySet[Post], state: str) -> list[dict[str, Any]]:
    counts = dict(pin_status.with_look(found).values_list("look").annotate(n=Count("pk")).values_list("look", "n"))
    base = {k: v for k, v in request.GET.items() if k in {"q", "article", "board", "blog", "sort"} and v}
    tabs: list[dict[str, Any]] = [
        {
            "word": _("All"),
            "count": sum(counts.values()),
            "is_here": not state,
            "is_bad": False,
            "url": f"?{urlencode(base)}",
        }
    ]
    shown = [*TABS, *(key for key in SOMETIMES if counts.get(key))]
    for key in shown:
        count = counts.get(key, 0)
        url = f"?{urlencode({**base, 'state': key})}"
        bad = key in ALWAYS_BAD and count > 0
        tabs.append({"word": STATUSES[key].word, "count": count, "is_here": state == key, "is_bad": bad, "url": url})
    return tabs


def _last_failure(request: MemberRequest) -> str:
    last = Delivery.objects.filter(state_before=State.FAILED).order_by("-moved_at").first()
    if last is None:
        return ""
    return moments.span((clock.now() - last.moved_at).total_seconds())
