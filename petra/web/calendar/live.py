"""What an open calendar is told: one card where a post changed its state, all of it where posts changed place."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.template.loader import render_to_string

from petra.tenancy.models import ROLE_RANK, Role
from petra.web.calendar import cards as calendar_cards
from petra.web.calendar import page as calendar_page
from petra.web.calendar import parts as calendar_parts
from petra.web.calendar import shown as calendar_shown
from petra.web.calendar.shown import Shown
from petra.web.live.partials import Partial
from petra.web.live.viewer import UNDER_WAY, Answer, Told, Viewer
from petra.web.needs_you.late_banner import late_banner
from petra.webhooks.models import Event

# A post was put on the calendar, moved on it or taken off it, or there are other places to put it.
_PLACES = (
    "delivery.planned",
    "delivery.replanned",
    "delivery.cancelled",
    "post.",
    "account.slots_changed",
    "account.disconnected",
    "account.connected",
    "account.targets_synced",
)


def changes(viewer: Viewer, events: Sequence[Event]) -> Told:
    """Draw what changed on the page of this viewer."""
    events = [event for event in events if not event.kind.startswith(UNDER_WAY)]
    if any(event.kind.startswith("publishing.") for event in events):  # pauses stand above the grid
        return Answer.RELOAD
    today = viewer.now.astimezone(viewer.zone).date()
    shown = calendar_shown.read(viewer.query, today=today)
    may_change = ROLE_RANK[viewer.role] >= ROLE_RANK[Role.EDITOR]
    if any(event.kind.startswith(_PLACES) for event in events):
        cal = calendar_page.read(shown, zone=viewer.zone, now=viewer.now, may_change=may_change)
        return [*calendar_parts.region(cal), _late(viewer)]
    ids = {event.subject_id for event in events if event.subject_kind == "delivery" and event.subject_id}
    return [*_cards(viewer, shown, ids, may_change=may_change), _late(viewer)] if ids else []


def _late(viewer: Viewer) -> Partial:
    late = late_banner(zone=viewer.zone, now=viewer.now)
    return Partial("#late-banner", render_to_string("components/late_banner.html", {"late": late}))


def _cards(viewer: Viewer, shown: Shown, ids: set[UUID], *, may_change: bool) -> list[Partial]:
    start, end = shown.bounds(viewer.zone)
    found = calendar_cards.between(start, end, shown=shown).filter(pk__in=ids)
    cards = calendar_cards.cards(found, zone=viewer.zone, now=viewer.now, may_change=may_change)
    if shown.status:  # a card may come into the filter or leave it
        cal = calendar_page.read(shown, zone=viewer.zone, now=viewer.now, may_change=may_change)
        return calendar_parts.region(cal)
    return [calendar_parts.card(card, view=shown.view, has_titles=shown.has_titles) for card in cards]
