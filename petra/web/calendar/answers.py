"""How the calendar's verbs answer: with the places they changed and a toast, or with why not and what else would do.

A script gets partials; a plain form is led back to the page it came from, or gets itself back with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Post
from petra.publishing import scheduling
from petra.publishing.models import Delivery
from petra.tenancy import access
from petra.tenancy.access import MemberRequest
from petra.web import moments
from petra.web.calendar import parts as calendar_parts
from petra.web.calendar.cards import MOVABLE
from petra.web.calendar.views import is_fragment, page_of, shown_of
from petra.web.live import partials
from petra.web.live.partials import Partial

UNDO_S = 600
UNDO_SALT = "petra.calendar.undo"


@dataclass(frozen=True)
class Done:
    """What a verb did: words for the toast, the days it changed, and how to take it back (empty: it can't be)."""

    words: str
    days: set[date]
    undo: list[tuple[str, str, int, str]]  # (what happened, delivery, plan number after it, due before it)


def carry_out(
    request: MemberRequest,
    verb: Callable[[], Done],
    *,
    sheet: Callable[[MemberRequest, str, int], HttpResponse] | None,
) -> HttpResponse:
    """Run a verb, all of it or nothing, and answer as the page wants to hear it."""
    try:
        with transaction.atomic():
            done = verb()
    except ProductError as error:
        if is_fragment(request):
            return _refused(request, error)
        if sheet is None:
            messages.error(request, error.for_person)
            return redirect("calendar")
        return sheet(request, error.for_person, error.http_status)
    undo_url = (
        reverse("calendar_undo", args=[signing.dumps(done.undo, salt=UNDO_SALT, compress=True)]) if done.undo else ""
    )
    if not is_fragment(request):
        messages.success(request, done.words, extra_tags=undo_url)
        return redirect(next_url(request))
    return partials.answer(
        [
            *_changed(request, done.days),
            partials.toast(request, done.words, undo_url=undo_url, template="calendar/toast.html"),
        ]
    )


def _changed(request: MemberRequest, days: set[date]) -> list[Partial]:
    """Draw what changed on the page the request came from; nothing where that is not the calendar."""
    query = _page_query(request)
    if query is None:
        return []
    cal = page_of(request, shown_of(request, query))
    return calendar_parts.places(cal, days)


def _refused(request: MemberRequest, error: ProductError) -> HttpResponse:
    """Say why, offer the next free slot where that helps, and show how things stand now."""
    pieces: list[Partial] = []
    query = _page_query(request)
    if query is not None and error.http_status == 409:  # noqa: PLR2004 - somebody else moved it: the page is old
        pieces = calendar_parts.region(page_of(request, shown_of(request, query)))
    return partials.answer([*pieces, _refusal(request, error)], status=error.http_status)


def _refusal(request: MemberRequest, error: ProductError) -> Partial:
    offer = _next_slot(request, error)
    if offer is None:
        return partials.toast(request, error.for_person, is_bad=True)
    at, fields = offer
    when = moments.moment(at, zone=request.actor.zone, now=clock.now())
    return partials.toast(
        request,
        error.for_person,
        template="calendar/toast_retry.html",
        action=request.path,
        fields=fields,
        label=_("Take %(when)s") % {"when": when},
    )


def _next_slot(request: MemberRequest, error: ProductError) -> tuple[datetime, Sequence[tuple[str, str]]] | None:
    """Find the next free slot for a single post that could not go where it was dropped."""
    ids = [part for part in request.POST.get("id", "").split(",") if part]
    if len(ids) != 1 or error.code not in {"past", "moved_elsewhere", "no_time"}:
        return None
    if request.path == reverse("calendar_plan"):
        post = access.get(Post, ids[0])
        account, version = (post.target.account if post.target else None), ""
    elif request.path == reverse("calendar_move"):
        delivery = access.get(Delivery, ids[0])
        if delivery.state not in MOVABLE:
            return None
        account, version = delivery.account, str(delivery.plan_no)
    else:
        return None
    at = next(scheduling.free_slots(account), None) if account else None
    return (at, [("id", ids[0]), ("plan_no", version), ("at", at.isoformat())]) if at else None


def _page_query(request: MemberRequest) -> dict[str, str] | None:
    there = urlsplit(request.htmx.current_url or "")  # type: ignore[attr-defined]
    if there.path != reverse("calendar"):
        return None
    return QueryDict(there.query).dict()


def next_url(request: MemberRequest) -> str:
    """Give the page of the calendar a plain form came from. Never leads elsewhere."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    wanted, home = request.POST.get("next") or f"{came_from.path}?{came_from.query}", reverse("calendar")
    return wanted if wanted == home or wanted.startswith(f"{home}?") else home
