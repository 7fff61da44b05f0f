"""The frame around every page of a workspace: who is here, what counts, how the queue does. Read once per page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.lib import clock, workers
from petra.tenancy import access
from petra.tenancy.access import MemberRequest
from petra.web import moments

LATE_AFTER = timedelta(minutes=1)

# One question for all numbers of the frame. Row-level security keeps it inside the open workspace.
_COUNTS = """
select
  (select count(*) from posts_post where removed_at is null),
  (select count(*) from articles_article where archived_at is null),
  (select count(*) from articles_blog),
  (select count(*) from publishing_delivery
    where state in ('failed', 'unconfirmed') or (state = 'held' and left(cause, 6) <> 'paused')),
  (select count(*) from accounts_account where state = 'needs_reconnect'),
  (select min(next_at) from publishing_delivery where state = 'planned'),
  (select max(id) from webhooks_event),
  (select count(*) from notifications_incident i where i.resolved_at is null
    and i.opened_at > coalesce((select seen_at from notifications_choice where user_id = %(user)s), '-infinity')
    and not exists (select from notifications_seen s where s.incident_id = i.id and s.user_id = %(user)s)),
  exists (select from publishing_pause),
  exists (select from publishing_delivery where state = 'held' and cause = 'late')
"""


@dataclass(frozen=True)
class Counts:
    """The numbers beside the navigation, the instant the engine acts next, and the newest event."""

    pins: int
    articles: int
    blogs: int
    failures: int
    signed_out: int
    next_at: datetime | None
    newest_event: int | None
    unseen: int  # incidents that are new to the person (as `telling.unseen` counts them)
    has_pauses: bool
    has_late: bool


@dataclass(frozen=True)
class Link:
    """One line of the navigation. `key` presses it; `is_in_more` lists it under "More" on a phone."""

    name: str
    label: str
    icon: str
    url: str
    key: str = ""
    is_here: bool = False
    count: int | None = None
    is_bad: bool = False
    is_in_more: bool = False


@dataclass(frozen=True)
class Group:
    """Links under one heading; the first group has none."""

    title: str
    links: list[Link]


@dataclass(frozen=True)
class WorkerCard:
    """How the queue does: `tone` is "", "warn" or "bad"."""

    tone: str
    line: str
    next: str
    url: str


@dataclass(frozen=True)
class KeyLine:
    """One line of the keyboard list."""

    keys: list[str]
    does: str


@dataclass(frozen=True)
class Place:
    """One workspace in the switcher."""

    workspace_id: UUID
    name: str
    is_here: bool


@dataclass(frozen=True)
class Shell:
    """Everything app.html shows around a page."""

    here: str
    workspace_name: str
    workspace_note: str
    time_zone: str
    is_demo: bool
    simulator_url: str
    live_url: str
    person_name: str
    person_email: str
    person_initials: str
    navigation_label: str
    navigation: list[Group]
    memberships: list[Place]
    worker: WorkerCard
    unseen: int
    has_pauses: bool
    has_late: bool
    keys: list[KeyLine] = field(default_factory=list)


def show(
    request: MemberRequest,
    template: str,
    context: dict[str, Any],
    *,
    here: str,
    live: str = "",
    live_query: Mapping[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer a whole page inside the frame.

    `here` names the navigation's line that is current; `live` the page's own name in `live_pages`, where it differs;
    `live_query` is what its renderer must know beside that.
    """
    frame = shell(request, here=here, live=live, live_query=live_query)
    return render(request, template, {**context, "shell": frame}, status=status)


def shell(
    request: MemberRequest, *, here: str, live: str = "", live_query: Mapping[str, object] | None = None
) -> Shell:
    """Read the frame. Call inside the workspace's scope."""
    actor, numbers = request.actor, counts(request.actor.user.pk)
    told = {"page": live or here, "workspace": actor.workspace.pk, "after": numbers.newest_event or 0}
    told |= live_query or {}
    name = actor.user.get_full_name() or actor.user.email.split("@")[0]
    return Shell(
        here=here,
        workspace_name=actor.workspace.name,
        workspace_note=ngettext("%(n)d blog", "%(n)d blogs", numbers.blogs) % {"n": numbers.blogs},
        time_zone=actor.workspace.time_zone,
        is_demo=actor.workspace.is_demo,
        simulator_url=settings.SIMULATOR_URL,
        live_url=f"{reverse('events')}?{urlencode(told)}",
        person_name=name,
        person_email=actor.user.email,
        person_initials="".join(part[0] for part in name.replace(".", " ").split()[:2]).upper(),
        navigation_label=_("Main"),
        navigation=_navigation(here, numbers),
        memberships=[
            Place(m.workspace_id, m.name, m.workspace_id == actor.workspace.pk) for m in access.memberships_of(request)
        ],
        worker=worker_card(numbers.next_at),
        unseen=numbers.unseen,
        has_pauses=numbers.has_pauses,
        has_late=numbers.has_late,
        keys=_keys(),
    )


def counts(user_id: UUID) -> Counts:
    """Count what the navigation shows to one person. Call inside the workspace's scope."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"user": user_id})
        return Counts(*cursor.fetchone())


def worker_card(next_at: datetime | None) -> WorkerCard:
    """Say how the queue does: stopped when no worker beats, late when something is overdue."""
    now = clock.now()
    help_url = reverse("queue_help")
    if not workers.is_any_alive():
        return WorkerCard("bad", _("Queue is stopped"), _("How to start it"), help_url)
    if next_at is None:
        return WorkerCard("", _("Queue is running"), _("Nothing planned"), help_url)
    if now - next_at > LATE_AFTER:
        late = moments.span((now - next_at).total_seconds())
        return WorkerCard(
            "warn", _("Queue is late by %(time)s") % {"time": late}, _("It catches up by itself"), help_url
        )
    soon = (next_at - now).total_seconds() < 45  # noqa: PLR2004 - under a minute reads as now
    next_words = _("Next post now") if soon else _("Next post in %(time)s") % {"time": moments.wait(next_at, now=now)}
    return WorkerCard("", _("Queue is running"), next_words, help_url)


def _navigation(here: str, numbers: Counts) -> list[Group]:
    def link(name: str, label: str, icon: str, **more: Any) -> Link:
        return Link(name, label, icon, reverse(name), is_here=name == here, **more)

    return [
        Group(
            "",
            [
                link("overview", _("Overview"), "layout-dashboard", key="g o"),
                link(
                    "needs_you",
                    _("Needs you"),
                    "alert-circle-f",
                    count=numbers.failures,
                    is_bad=True,
                    is_in_more=True,
                ),
                link("calendar", _("Calendar"), "calendar-event", key="g c"),
                link("pins", _("Pins"), "pinned", key="g p", count=numbers.pins),
                link("articles", _("Articles"), "article", key="g a", count=numbers.articles, is_in_more=True),
            ],
        ),
        Group(
            _("Measure"),
            [
                link("activity", _("Activity"), "history", is_in_more=True),
            ],
        ),
        Group(
            _("Workspace"),
            [
                link(
                    "accounts",
                    _("Accounts"),
                    "plug-connected",
                    count=numbers.signed_out,
                    is_bad=True,
                    is_in_more=True,
                ),
                link("settings", _("Settings"), "settings", is_in_more=True),
            ],
        ),
    ]


def _keys() -> list[KeyLine]:
    return [
        KeyLine(["⌘K", "Ctrl K"], _("Find or jump to")),
        KeyLine(["/"], _("Search in a list")),
        KeyLine(["G", "O"], _("Overview")),
        KeyLine(["G", "C"], _("Calendar")),
        KeyLine(["G", "P"], _("Pins")),
        KeyLine(["G", "A"], _("Articles")),
        KeyLine(["N"], _("New pin")),
        KeyLine(["Z"], _("Undo the last move or bulk action")),
        KeyLine(["T", "←", "→"], _("Calendar: today, earlier, later")),
        KeyLine(["1", "2", "3"], _("Calendar: week, month, list")),
        KeyLine(["M"], _("Lift a post, then arrows, Enter, Esc")),
        KeyLine(["S"], _("Schedule the post or the selection")),
        KeyLine(["J", "K"], _("Next and previous line")),
        KeyLine(["X"], _("Select the line; with Shift a range")),
        KeyLine(["E"], _("Open the pin")),
        KeyLine(["?"], _("This list")),
    ]
