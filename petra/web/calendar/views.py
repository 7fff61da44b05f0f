"""The calendar's pages: week, month or list, one day in a popover, and the forms behind every move.

Writes are calendar_moves' work.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from petra.lib import clock
from petra.posts.models import Post
from petra.publishing.models import Delivery
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import moments, pauses
from petra.web.calendar import cards as calendar_cards
from petra.web.calendar import page as calendar_page
from petra.web.calendar import sheets as calendar_sheets
from petra.web.calendar import shown as calendar_shown
from petra.web.calendar.shown import Shown, View
from petra.web.needs_you.late_banner import late_banner
from petra.web.shell import shell


@require_safe
@member_page()
def calendar(request: MemberRequest) -> HttpResponse:
    """Show the calendar."""
    shown = shown_of(request, request.GET.dict())
    cal = page_of(request, shown)
    frame = shell(request, here="calendar")
    frame = replace(frame, live_url=f"{frame.live_url}&{shown.query}" if shown.query else frame.live_url)
    context = {
        "cal": cal,
        "shell": frame,
        "late": late_banner(zone=request.actor.zone, now=clock.now()) if frame.has_late else None,
        "pauses": pauses.lines(request) if frame.has_pauses else [],
        "may_pause": may_change(request),
    }
    return render(request, "calendar/page.html", context)


@require_safe
@member_page()
def calendar_day(request: MemberRequest, day: str) -> HttpResponse:
    """Show one day in a popover; without script, as a list."""
    on = calendar_shown.day_of(day)
    if on is None:
        raise Http404
    shown = replace(shown_of(request, request.GET.dict()), view=View.LIST, day=on)
    if not is_fragment(request):
        return render(
            request, "calendar/page.html", {"cal": page_of(request, shown), "shell": shell(request, here="calendar")}
        )
    grid = calendar_page.read_grid(shown, zone=request.actor.zone, now=clock.now(), may_change=may_change(request))
    return render(request, "calendar/peek.html", {"day": grid.days()[0], "open_url": shown.url})


@require_safe
@member_page(Role.EDITOR)
def calendar_move_sheet(request: MemberRequest, delivery_id: UUID) -> HttpResponse:
    """Offer other times for a delivery."""
    delivery = access.get(Delivery, delivery_id)
    return show_sheet(
        request,
        calendar_sheets.move_sheet(delivery, zone=request.actor.zone, now=clock.now(), back_url=back_url(request)),
    )


@require_safe
@member_page(Role.EDITOR)
def calendar_plan_sheet(request: MemberRequest, post_id: UUID) -> HttpResponse:
    """Offer times for a pin that has none."""
    post = access.get(Post, post_id, removed_at=None)
    return show_sheet(
        request, calendar_sheets.plan_sheet(post, zone=request.actor.zone, now=clock.now(), back_url=back_url(request))
    )


@require_safe
@member_page(Role.EDITOR)
def calendar_pick(request: MemberRequest) -> HttpResponse:
    """Offer the ready pins for one free slot."""
    at = instant_of(request.GET.get("at", ""))
    if at is None:
        raise Http404
    shown = shown_of(request, {})
    when = moments.moment(at, zone=request.actor.zone, now=clock.now())
    ready = calendar_cards.unscheduled(shown=shown).filter(is_ready=True)[: calendar_cards.TRAY_MOST]
    return show_form(
        request,
        "calendar/pick.html",
        {
            "at_iso": at.isoformat(),
            "when": when,
            "cards": calendar_cards.tray_cards(ready, may_change=True),
            "heading": _("Add a pin on %(when)s") % {"when": when},
            "back_url": back_url(request),
        },
    )


def show_sheet(
    request: MemberRequest, sheet: calendar_sheets.Sheet, *, error: str = "", status: int = 200
) -> HttpResponse:
    """Answer the form that moves or plans one post."""
    context = {
        "sheet": sheet,
        "heading": sheet.heading,
        "back_url": sheet.back_url,
        "error": error,
        "error_status": calendar_sheets.WARNING,
    }
    return show_form(request, "calendar/sheet.html", context, status=status)


def show_form(request: MemberRequest, body: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """Answer a form: as a dialog that opens by itself, or as a whole page."""
    if is_fragment(request):
        return render(request, "calendar/dialog.html", {**context, "body": body}, status=status)
    frame = shell(request, here="calendar")
    return render(request, "calendar/plain.html", {**context, "body": body, "shell": frame}, status=status)


def page_of(request: MemberRequest, shown: Shown) -> calendar_page.Calendar:
    """Read what a page shows, as this member may see it."""
    return calendar_page.read(shown, zone=request.actor.zone, now=clock.now(), may_change=may_change(request))


def shown_of(request: MemberRequest, query: dict[str, str]) -> Shown:
    """Read which page is meant, in the workspace's zone."""
    return calendar_shown.read(query, today=clock.now().astimezone(request.actor.zone).date())


def may_change(request: MemberRequest) -> bool:
    """Say whether this member may move posts."""
    return request.actor.may(Role.EDITOR)


def is_fragment(request: HttpRequest) -> bool:
    """Say whether a part of a page was asked for, by script."""
    return bool(request.htmx)  # type: ignore[attr-defined]


def back_url(request: HttpRequest) -> str:
    """Say which page of the calendar a form was opened from."""
    there = (request.htmx.current_url_abs_path if is_fragment(request) else "") or ""  # type: ignore[attr-defined]
    home = reverse("calendar")
    return there if there == home or there.startswith(f"{home}?") else home


def instant_of(text: str) -> datetime | None:
    """Read an instant as our own addresses write it: ISO 8601 with an offset."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign unquoted in an address is a space
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
