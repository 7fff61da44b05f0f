"""Publish now for many pins: one page for each run, live while it is under way, and the list of the last ones."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from petra.lib import clock
from petra.publishing import bulk, together
from petra.publishing.models import BulkRun, State
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role, User
from petra.web import moments
from petra.web.pins import bulk_view
from petra.web.shell import show

LISTED = 50


@require_safe
@member_page()
def bulk_runs(request: MemberRequest) -> HttpResponse:
    """List the last runs."""
    zone, now = request.actor.zone, clock.now()
    context = {
        "runs": bulk_view.recent(zone=zone, now=now, most=LISTED),
        "zone_words": moments.zone_words(zone, now=now),
    }
    return show(request, "bulk/runs.html", context, here="pins", live="bulk_runs")


@require_safe
@member_page()
def bulk_run(request: MemberRequest, bulk_id: UUID) -> HttpResponse:
    """Show one run: how far it is, and what became of each pin."""
    run = access.get(BulkRun, bulk_id)
    zone, now = request.actor.zone, clock.now()
    summary = bulk.summary(run)
    who = bulk_view.name_of(User.objects.filter(pk=run.actor_id).first()) if run.actor_id else ""
    context = {
        "run": bulk_view.head(run, summary, zone=zone, now=now, who=who),
        "rows": bulk_view.rows(summary.results),
        "may_change": request.actor.may(Role.EDITOR),
        "zone_words": moments.zone_words(zone, now=now),
    }
    return show(request, "bulk/run.html", context, here="pins", live="bulk", live_query={"bulk": run.pk})


@require_POST
@member_page(Role.EDITOR)
def bulk_retry(request: MemberRequest, bulk_id: UUID) -> HttpResponse:
    """Try all of a run again that failed."""
    run = access.get(BulkRun, bulk_id)
    failed = [r.delivery_id for r in bulk.summary(run).results if r.state is State.FAILED and r.delivery_id]
    result = together.retry(failed)
    if result.done:
        words = ngettext("%(n)d pin is tried again", "%(n)d pins are tried again", len(result.done))
        messages.success(request, words % {"n": len(result.done)})
    elif not failed:
        messages.error(request, _("Nothing is left of this: somebody dealt with it."))
    for sentence in list(result.refused.values())[:2]:
        messages.error(request, sentence)
    return redirect("bulk_run", bulk_id)
