"""What to do when the queue is late or stands still."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from petra.lib import clock, workers
from petra.publishing.models import Delivery, State
from petra.tenancy.access import MemberRequest, member_page
from petra.web import moments
from petra.web.shell import counts, show, worker_card


@require_safe
@member_page()
def queue_help(request: MemberRequest) -> HttpResponse:
    """Show the workers that beat, what is due, and how to start one."""
    zone, now = request.actor.zone, clock.now()
    due = Delivery.objects.filter(state=State.PLANNED, next_at__lte=now).count()
    context = {
        "card": worker_card(counts(request.actor.user.pk).next_at),
        "due": due,
        "workers": [
            {"id": w.id, "heard": moments.moment(w.heard_at, zone=zone, now=now), "is_alive": w.is_alive}
            for w in workers.workers()
        ],
    }
    return show(request, "queue.html", context, here="")
