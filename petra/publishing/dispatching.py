"""Finds what is due and gives it to the queue; sweeps up what died. One loop in every worker, safe in any number.

Nothing waits inside a job: a delivery waits in its row (`next_at`), an account in its lane. The loop sleeps until
the next of them is due, a NOTIFY comes, or a second is over.
"""

from __future__ import annotations

import logging
import threading
from typing import Final
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

from petra.articles import importing
from petra.lib import clock, queue
from petra.publishing import finding
from petra.publishing.parking import park

log = logging.getLogger(__name__)

JOB: Final = "publishing.publish_delivery"
_AT_ONCE: Final = 200  # turns taken in one transaction
_QUEUED_EACH: Final = 3  # jobs that may wait for each thread of a worker: more would only make every search longer
_MOST_WAIT_S: Final = 1.0
_BUSY_WAIT_S: Final = 0.02  # after a pass that found something: turns come back every few milliseconds
_SWEEP_EVERY_S: Final = 3.0
TURN_S: Final = 120.0  # no call lasts so long: whoever holds a turn longer has lost its job
_SWEEP_LOCK: Final = 0x5E7A0001


def dispatch(*, most: int = _AT_ONCE) -> int:
    """Take the turns that are due and enqueue their jobs, in one transaction. Gives how many."""
    with transaction.atomic():
        turns = finding.take_turns(most=most)
        queue.enqueue_many(
            JOB,
            [{"workspace_id": str(t.workspace_id), "delivery_id": str(t.delivery_id)} for t in turns],
        )
    return len(turns)


def sweep(*, gone_s: float | None = None, turn_s: float = TURN_S) -> int:
    """Put back to work what a dead worker held: its jobs, and turns whose job is lost. One sweeper at a time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_SWEEP_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        found = queue.recover_from_dead_workers(
            gone_s=gone_s or settings.WORKER_GONE_S, most_crashes=settings.MAX_CRASHES
        )
        swept = found.requeued + len(found.parked)
        for name, arguments in found.parked:
            log.error("%s %s: %d workers died with it, so it is set aside", name, arguments, settings.MAX_CRASHES)
            if name == JOB:
                park(workspace_id=UUID(arguments["workspace_id"]), delivery_id=UUID(arguments["delivery_id"]))
        for turn in finding.old_turns(older_s=turn_s):
            if not queue.is_waiting_or_running(JOB, argument="delivery_id", value=str(turn.delivery_id)):
                queue.enqueue(JOB, workspace_id=str(turn.workspace_id), delivery_id=str(turn.delivery_id))
                swept += 1
        swept += importing.resume_lost_imports()
        if swept:
            log.info("swept up %d jobs of workers that are gone", swept)
        return swept


class Dispatcher:
    """The loop, in a thread of the worker. `start()` once, `stop()` once."""

    def __init__(self) -> None:
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to dispatch."""
        self._thread.start()

    def stop(self) -> None:
        """End within about a second. Nothing is lost: what was not taken stays due."""
        self._is_stopping.set()
        self._thread.join(timeout=_MOST_WAIT_S + 5)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                with _listening() as listener:
                    self._loop(listener)
            except (DatabaseError, psycopg.Error) as error:
                reason = str(error).strip().splitlines()[:1]
                log.warning("the dispatcher lost the database and tries again: %s", *reason)
                self._is_stopping.wait(_MOST_WAIT_S)
            finally:
                connections.close_all()

    def _loop(self, listener: psycopg.Connection) -> None:
        swept_at, taken = 0.0, 0
        while not self._is_stopping.is_set():
            if clock.monotonic() - swept_at > _SWEEP_EVERY_S:
                sweep()
                swept_at = clock.monotonic()
            room = _room() if taken else _AT_ONCE
            taken = dispatch(most=room) if room else taken
            if taken:
                self._is_stopping.wait(_BUSY_WAIT_S)
            else:
                _wait(listener, _until_next_due())


def _room() -> int:
    """Say how many more jobs the queue may hold: while it has enough for every thread, what is due waits in its
    rows.
    """
    most = min(_QUEUED_EACH * settings.WORKER_CONCURRENCY, _AT_ONCE)
    return max(most - queue.waiting(JOB, most=most), 0)


def _until_next_due() -> float:
    due_at = finding.next_due()
    if due_at is None:
        return _MOST_WAIT_S
    return min(max((due_at - clock.now()).total_seconds(), _BUSY_WAIT_S), _MOST_WAIT_S)


def _wait(listener: psycopg.Connection, seconds: float) -> None:
    for _ in listener.notifies(timeout=seconds, stop_after=1):
        pass
    for _ in listener.notifies(timeout=0):  # the ones that came together with it
        pass


def _listening() -> psycopg.Connection:
    """Open a connection of its own: LISTEN can't share one, nor go through a pool in transaction mode."""
    params = connections["default"].get_connection_params()
    params = {k: v for k, v in params.items() if k not in {"cursor_factory", "context", "pool"}}
    listener = psycopg.connect(**params, autocommit=True)
    listener.execute("listen petra_due")
    return listener
