"""Notifications: what needs a person, told once, in the application; and how a member hears of it by e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from petra.lib import clock
from petra.notifications import telling
from petra.notifications.models import Incident, IncidentKind, Wish
from petra.notifications.wording import sentence_of
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.web import moments
from petra.web.shell import show
from petra.web.statuses import Status, StatusKey, status

ENDED_FOR = timedelta(days=30)  # so long what is over stays in sight
MOST = 50
WISHES: dict[Wish, str | Promise] = {
    Wish.INSTANT: gettext_lazy("At once"),
    Wish.DAILY: gettext_lazy("Once a day"),
    Wish.OFF: gettext_lazy("Never"),
}


@dataclass(frozen=True)
class Line:
    """One incident. `when` says since when it is open, or when it was over."""

    id: UUID
    status: Status
    sentence: str
    when: str
    is_new: bool
    is_over: bool


@require_safe
@member_page()
def notifications(request: MemberRequest) -> HttpResponse:
    """List what is open, the newest first, and below it what is over."""
    zone, now = request.actor.zone, clock.now()
    fresh = set(telling.unseen_incidents(request.actor.user.pk).values_list("pk", flat=True))
    open_ones = list(telling.open_incidents()[:MOST])
    ended = telling.ended_incidents(since=now - ENDED_FOR)[:MOST]
    context = {
        "open": [_line(one, zone, now, is_new=one.pk in fresh) for one in open_ones],
        "ended": [_line(one, zone, now, is_new=False) for one in ended],
        "fresh": len(fresh),
        "until": max((one.opened_at for one in open_ones), default=now).isoformat(),
    }
    return show(request, "notifications.html", context, here="notifications")


@require_POST
@member_page()
def notifications_seen(request: MemberRequest) -> HttpResponse:
    """Mark everything on the page as read; what came later stays new."""
    telling.mark_seen(request.actor.user.pk, until=_instant(request.POST.get("until", "")))
    return redirect("notifications")


@require_POST
@member_page()
def notification_seen(request: MemberRequest, incident_id: UUID) -> HttpResponse:
    """Mark one as read, and go where it is mended if that was asked."""
    incident = access.get(Incident, incident_id)
    telling.mark_one_seen(request.actor.user.pk, incident)
    return redirect(incident.path if "look" in request.POST else reverse("notifications"))


@require_POST
@member_page()
def notification_wish(request: MemberRequest) -> HttpResponse:
    """Keep how the member wants to hear by e-mail. Acts at once, so it answers with nothing to an htmx request."""
    asked = request.POST.get("wish", "")
    if asked not in Wish.values:
        return HttpResponse(status=422)
    telling.choose(request.actor.user.pk, Wish(asked))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    messages.success(request, _("Saved."))
    return redirect(reverse("settings") + "#notifications")


def choices(user_id: UUID) -> list[dict[str, object]]:
    """Give the ways a member may hear by e-mail, with theirs marked. Call inside the workspace's scope."""
    mine = telling.wish_of(user_id)
    return [{"value": wish, "label": label, "is_chosen": wish is mine} for wish, label in WISHES.items()]


def _line(incident: Incident, zone: ZoneInfo, now: datetime, *, is_new: bool) -> Line:
    is_over = incident.resolved_at is not None
    look = StatusKey.FAILED if incident.kind == IncidentKind.FAILED else StatusKey.ATTENTION
    at = moments.inside(incident.resolved_at or incident.opened_at, zone=zone, now=now)
    return Line(
        id=incident.pk,
        status=status(StatusKey.PUBLISHED, _("Over")) if is_over else status(look),
        sentence=sentence_of(incident),
        when=_("Over since %(when)s") % {"when": at} if is_over else _("Since %(when)s") % {"when": at},
        is_new=is_new,
        is_over=is_over,
    )


def _instant(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
