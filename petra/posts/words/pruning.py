"""Takes away what is older than anybody looks at: runs that are over, and the pace of keys nobody uses any more.

What was spent stays in its month. Run hourly; safe to repeat and to break off.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings

from petra.lib import clock
from petra.posts.models import WordsRun, WriterPace, WriterSeat
from petra.posts.words import finding as words_finding
from petra.tenancy import scope

_UNUSED: Final = timedelta(days=1)


def prune() -> int:
    """Take old runs away in all workspaces. Gives how many."""
    now = clock.now()
    before = now - timedelta(days=settings.KEEP_EVENTS_DAYS)
    old = words_finding.old_runs(before=before)
    for workspace_id, run_id in old:
        with scope.workspace(workspace_id):
            WordsRun.objects.filter(pk=run_id, finished_at__lt=before).delete()
    WriterSeat.objects.filter(until__lt=now - _UNUSED).delete()
    WriterPace.objects.filter(theoretical_at__lt=now - _UNUSED).exclude(blocked_until__gt=now).delete()
    return len(old)
