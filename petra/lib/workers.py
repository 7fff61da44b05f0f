"""Which workers live, by the heartbeat the queue keeps for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from petra.lib import clock, queue


@dataclass(frozen=True)
class Worker:
    """One worker process. `heard_at` is its last heartbeat."""

    id: int
    heard_at: datetime

    @property
    def is_alive(self) -> bool:
        """A worker silent for longer than PETRA_WORKER_GONE_S is taken for dead."""
        return (clock.now() - self.heard_at).total_seconds() < settings.WORKER_GONE_S


def workers() -> list[Worker]:
    """List the workers that have not said goodbye, the last heard first."""
    with connection.cursor() as cursor:
        cursor.execute("select id, last_heartbeat from procrastinate_workers order by last_heartbeat desc")
        return [Worker(*row) for row in cursor.fetchall()]


def is_any_alive() -> bool:
    """Say whether at least one worker beats."""
    return any(worker.is_alive for worker in workers())


@dataclass(frozen=True)
class Work:
    """How the work goes, for the overview and `petra doctor`. `gone`: silent, yet they never said goodbye."""

    alive: int
    gone: int
    heard_at: datetime | None  # of the worker heard last
    waiting: int
    oldest_s: float
    parked: dict[str, int]  # jobs not tried again, by name

    @property
    def is_well(self) -> bool:
        """Whether somebody works and nothing was set aside."""
        return self.alive > 0 and not self.parked


def work() -> Work:
    """Say how the work goes, in three questions."""
    known = workers()
    alive = sum(worker.is_alive for worker in known)
    count, oldest_s = waiting()
    return Work(
        alive=alive,
        gone=len(known) - alive,
        heard_at=known[0].heard_at if known else None,
        waiting=count,
        oldest_s=oldest_s,
        parked=queue.parked(),
    )


def waiting() -> tuple[int, float]:
    """Say how many jobs could be done now, and for how many seconds the oldest of them has waited."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*), coalesce(extract(epoch from now() - min(greatest(e.at, j.scheduled_at))), 0)::float"
            " from procrastinate_jobs j left join lateral (select at from procrastinate_events"
            " where job_id = j.id order by id desc limit 1) e on true"
            " where j.status = 'todo' and coalesce(j.scheduled_at, now()) <= now()"
        )
        count, oldest_s = cursor.fetchone()
    return int(count), float(oldest_s)
