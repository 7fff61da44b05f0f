"""One line about the workers for the overview: how many, when one was heard, and what is wrong if anything is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.lib import workers
from petra.publishing.models import Delivery, State
from petra.web import moments
from petra.web.statuses import Status, StatusKey, status


@dataclass(frozen=True)
class WorkerLine:
    """`trouble` is a sentence, empty where all is well; then `words` stand alone in small print. `words` are empty
    where no worker was ever heard."""

    words: str
    trouble: str
    status: Status
    url: str
    label: str


def read(*, now: datetime) -> WorkerLine:
    """Say how the work goes. Call inside the workspace's scope: what is due is counted in it."""
    work = workers.work()
    heard = _ago((now - work.heard_at).total_seconds()) if work.heard_at else ""
    words = _("Workers: %(n)d, last heard %(ago)s") % {"n": work.alive, "ago": heard} if heard else ""
    trouble, look = "", StatusKey.PUBLISHED
    if not work.alive:
        due = Delivery.objects.filter(state=State.PLANNED, next_at__lte=now).count()
        trouble, look = _stopped(due), StatusKey.FAILED if due else StatusKey.ATTENTION
    elif work.parked:
        count = sum(work.parked.values())
        trouble = ngettext(
            "%(n)d job was set aside after its workers died with it.",
            "%(n)d jobs were set aside after their workers died with them.",
            count,
        ) % {"n": count}
        look = StatusKey.ATTENTION
    return WorkerLine(words, trouble, status(look), reverse("queue_help"), _("What to do"))


def _stopped(due: int) -> str:
    if not due:
        return _("No worker is running: nothing will be published.")
    return ngettext(
        "No worker is running, and %(n)d post is due.", "No worker is running, and %(n)d posts are due.", due
    ) % {"n": due}


def _ago(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - then minutes say it as well
        return _("%(n)d s ago") % {"n": max(round(seconds), 0)}
    return _("%(time)s ago") % {"time": moments.span(seconds)}
