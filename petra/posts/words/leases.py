"""Says that the questions this process is asking are still under way: one thread for all of them, while there are any.

A question is held by its generation's `next_at` and by its seat (`pace`). A process that is killed stops saying
so, and after PETRA_WORKER_GONE_S another takes its questions over.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import DatabaseError, connections

from petra.lib import clock
from petra.posts.models import Generation
from petra.posts.words import pace
from petra.tenancy import scope

log = logging.getLogger(__name__)

_BEATS: Final = 3  # as often a holder says that it lives before it is taken for dead

Held = tuple[UUID, UUID, UUID]  # (workspace, generation, holder)
_held: set[Held] = set()
_lock = threading.Lock()
_news = threading.Condition(_lock)
_thread: threading.Thread | None = None


def until() -> timedelta:
    """Say for how long a lease lasts."""
    return timedelta(seconds=settings.WORKER_GONE_S)


@contextmanager
def held(workspace_id: UUID, generation_id: UUID, holder_id: UUID) -> Iterator[None]:
    """Keep the lease of one question while the block runs."""
    global _thread  # noqa: PLW0603  one for the process
    lease = (workspace_id, generation_id, holder_id)
    with _lock:
        _held.add(lease)
        if _thread is None:
            _thread = threading.Thread(target=_beat, name="leases", daemon=True)
            _thread.start()
    try:
        yield
    finally:
        with _lock:
            _held.discard(lease)
            _news.notify()


def _beat() -> None:
    global _thread  # noqa: PLW0603
    while True:
        with _lock:
            _news.wait_for(lambda: not _held, timeout=settings.WORKER_GONE_S / _BEATS)
            mine = list(_held)
            if not mine:
                _thread = None
                return
        try:
            for lease in mine:
                _keep(*lease)
        except (DatabaseError, psycopg.Error) as error:  # then the leases run out, as they should without a database
            log.warning("leases could not be kept: %s", type(error).__name__)
        finally:
            connections.close_all()


def _keep(workspace_id: UUID, generation_id: UUID, holder_id: UUID) -> None:
    with scope.workspace(workspace_id, waits_for_disk=False):
        mine = Generation.objects.filter(pk=generation_id, holder_id=holder_id)
        mine.update(next_at=clock.now() + until())
        pace.keep(holder_id)
