"""Activity: one line per event, failures that wait for a person pinned on top."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from petra.lib import clock
from petra.publishing.models import Delivery, State
from petra.tenancy.access import MemberRequest, member_page
from petra.web import event_words, moments
from petra.web.event_words import QUIET
from petra.web.pins import status as pin_status
from petra.web.pins.rows import pin_title
from petra.web.shell import show
from petra.webhooks.models import Event

PAGE_SIZE = 50
KINDS = {"posts": "delivery.", "articles": ("import.", "article."), "accounts": "account.", "pins": "post."}
NEEDS_PERSON = (State.FAILED, State.HELD, State.UNCONFIRMED)


@require_safe
@member_page()
def activity(request: MemberRequest) -> HttpResponse:
    """Show what happened, newest first, with what waits for a person above it."""
    about = request.GET.get("about", "")
    events = _events(about, before=request.GET.get("before", ""))
    zone, now = request.actor.zone, clock.now()
    lines = [
        {"line": line, "when": moments.moment(line.at, zone=zone, now=now)}
        for line in event_words.lines(events[:PAGE_SIZE])
    ]
    return show(
        request,
        "activity.html",
        {
            "lines": lines,
            "waiting": _waiting(request) if not request.GET.get("before") else [],
            "about": about,
            "older": f"{reverse('activity')}?about={about}&before={events[PAGE_SIZE - 1].pk}"
            if len(events) > PAGE_SIZE
            else "",
            "zone_words": moments.zone_words(zone, now=now),
        },
        here="activity",
    )


def _events(about: str, *, before: str) -> list[Event]:
    found = Event.objects.exclude(kind__in=QUIET).order_by("-id")
    if about in KINDS:
        prefixes = KINDS[about]
        query = Event.objects.none()
        for prefix in (prefixes,) if isinstance(prefixes, str) else prefixes:
            query = query | Event.objects.filter(kind__startswith=prefix)
        found = query.exclude(kind__in=QUIET).order_by("-id")
    if before.isdigit():
        found = found.filter(pk__lt=int(before[:18]))
    return list(found[: PAGE_SIZE + 1])


def _waiting(request: MemberRequest) -> list[dict[str, object]]:
    zone, now = request.actor.zone, clock.now()
    found = (
        Delivery.objects.filter(state__in=NEEDS_PERSON)
        .exclude(pin_status.paused_by_person())
        .select_related("post__article", "account")
        .order_by("-moved_at")
    )
    return [
        {
            "status": pin_status.delivery_status(delivery),
            "title": pin_title(delivery.post),
            "why": delivery.for_person,
            "url": reverse("pin", args=[delivery.post_id]),
            "when": moments.moment(delivery.due_at, zone=zone, now=now),
            "details": _details(delivery),
        }
        for delivery in found[:20]
    ]


def _details(delivery: Delivery) -> list[tuple[str, str]]:
    return [("delivery", str(delivery.pk)), ("state", delivery.state), ("cause", delivery.cause or "-")]
