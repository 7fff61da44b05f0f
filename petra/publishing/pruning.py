"""Takes away what is older than anybody looks at: events, attempts of what is over, finished jobs.

Small batches, each its own transaction, so that nothing waits for them. Run hourly; safe to repeat and to break off.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from petra.lib import clock, ids, queue
from petra.publishing import finding
from petra.tenancy import scope

BATCH: Final = 2000
_BATCHES: Final = 50  # of one workspace in one run; the next run goes on

# Ids grow with time, so the oldest rows are the first of the index; only they are looked at.
_EVENTS = """
delete from webhooks_event where workspace_id = %(workspace)s and at < %(before)s and id in (
  select id from webhooks_event where workspace_id = %(workspace)s order by id limit %(batch)s)
"""
_ATTEMPTS = """
delete from publishing_attempt where workspace_id = %(workspace)s and id in (
  select a.id from publishing_attempt a join publishing_delivery d on d.id = a.delivery_id
  where a.workspace_id = %(workspace)s and a.id < %(first_kept)s and d.state in ('published', 'cancelled')
  order by a.id limit %(batch)s)
"""


def prune() -> int:
    """Take old rows away in all workspaces. Gives how many."""
    now = clock.now()
    events_before = now - timedelta(days=settings.KEEP_EVENTS_DAYS)
    first_kept = ids.first_at(now - timedelta(days=settings.KEEP_ATTEMPTS_DAYS))
    taken = _in_batches(lambda: queue.prune(older_h=settings.KEEP_JOBS_DAYS * 24, most=BATCH))
    for workspace_id in finding.workspaces():
        taken += _in_batches(lambda at=workspace_id: _delete(_EVENTS, at, before=events_before))  # type: ignore[misc]
        taken += _in_batches(lambda at=workspace_id: _delete(_ATTEMPTS, at, first_kept=first_kept))  # type: ignore[misc]
    return taken


def _in_batches(take: Callable[[], int]) -> int:
    taken = 0
    for _ in range(_BATCHES):
        count = take()
        taken += count
        if count < BATCH:
            break
    return taken


def _delete(statement: str, workspace_id: UUID, **values: datetime | UUID) -> int:
    with scope.workspace(workspace_id), connection.cursor() as cursor:
        arguments: dict[str, datetime | UUID | int] = {"workspace": workspace_id, "batch": BATCH, **values}
        cursor.execute(statement, arguments)
        return int(cursor.rowcount)
