"""Everything Petra knows of its queue (Procrastinate). No other file imports it.

Our tables are the truth; a job only says "look at this row now". It may be lost, doubled or late without harm. Jobs are
deferred on Django's own connection, so they exist exactly when the surrounding transaction commits.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from django.db import connection, connections, transaction
from procrastinate import App
from procrastinate.contrib.django import app as django_app
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

log = logging.getLogger(__name__)

app: App = django_app
_AGAIN_AFTER_S: Final = 1.0
_ending = threading.Event()
JobArguments = dict[str, Any]  # str and int only: ids and numbers, never objects


def enqueue(name: str, *, only_once_as: str | None = None, priority: int = 0, **ids: str | int) -> bool:
    """Put a job into the queue, within the current transaction.

    `only_once_as` names work that must not wait twice; False is returned where it already does.
    """
    job = app.configure_task(name, queueing_lock=only_once_as, priority=priority)
    if only_once_as is None:
        job.defer(**ids)
        return True
    try:
        with transaction.atomic():  # a refused job must not break the caller's transaction
            job.defer(**ids)
    except AlreadyEnqueued:
        return False
    return True


@dataclass(frozen=True)
class Recovered:
    """What was done with the jobs of dead workers. `parked`: name and arguments of those that are not tried again."""

    requeued: int
    parked: list[tuple[str, JobArguments]]


def recover_from_dead_workers(*, gone_s: float, most_crashes: int) -> Recovered:
    """Put the jobs of workers that have not been heard of for `gone_s` seconds back into the queue.

    A job in whose hands `most_crashes` workers died is parked instead: kept as failed, and told, so that the caller can
    say so where its work is shown. Call inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select j.id, j.task_name, j.args, j.attempts + 1 from procrastinate_jobs j"
            " left join procrastinate_workers w on w.id = j.worker_id where j.status = 'doing'"
            " and (w.id is null or w.last_heartbeat < now() - make_interval(secs => %s)) for update of j skip locked",
            [gone_s],
        )
        lost = cursor.fetchall()
        parked = [row for row in lost if row[3] >= most_crashes]
        again = [row[0] for row in lost if row[3] < most_crashes]
        if again:
            cursor.execute(
                "select procrastinate_retry_job_v2(id, now(), null, null, null) from unnest(%s::bigint[]) as id",
                [again],
            )
        if parked:
            cursor.execute(
                "select procrastinate_finish_job_v1(id, 'failed', false) from unnest(%s::bigint[]) as id",
                [[row[0] for row in parked]],
            )
    return Recovered(len(again), [(name, _arguments(args)) for _, name, args, _ in parked])


def _arguments(stored: str | JobArguments) -> JobArguments:
    arguments: JobArguments = json.loads(stored) if isinstance(stored, str) else stored
    return arguments


def parked() -> dict[str, int]:
    """Count the jobs that ended in an unexpected way and were kept, by name."""
    with connection.cursor() as cursor:
        cursor.execute("select task_name, count(*) from procrastinate_jobs where status = 'failed' group by 1")
        return {str(name): int(count) for name, count in cursor.fetchall()}


def is_waiting_or_running(name: str, *, argument: str, value: str) -> bool:
    """Say whether a job of this kind and argument is in the queue or in work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from procrastinate_jobs where status in ('todo', 'doing') and task_name = %s"
            " and args ->> %s = %s)",
            [name, argument, value],
        )
        return bool(cursor.fetchone()[0])


def prune(*, older_h: float, most: int = 2000) -> int:
    """Take finished jobs older than so many hours away, a small batch at a time. Gives how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from procrastinate_jobs where id in (select j.id from procrastinate_jobs j"
            " where j.status in ('succeeded', 'failed', 'cancelled', 'aborted') and not exists (select from"
            " procrastinate_events e where e.job_id = j.id and e.at > now() - make_interval(hours => %s)) limit %s)",
            [int(older_h), most],
        )
        return int(cursor.rowcount)


def register(jobs: dict[str, Callable[..., None]]) -> None:
    """Tell the queue which function does which job, by stable names. Called once, by the worker.

    Jobs are safe to repeat, so the queue never retries one by itself. Each gives its database connections back when it
    ends: jobs run in threads, and a thread would keep one for ever.
    """
    for name, work in jobs.items():
        app.task(name=name)(_giving_connections_back(work))


def register_periodic(jobs: dict[str, tuple[str, Callable[[], None]]]) -> None:
    """Tell the queue what to do at fixed times: name → (cron line in UTC, function). Called once, by the worker.

    However many workers there are, each time is enqueued once, and not while the time before still waits.
    """
    for name, (cron, work) in jobs.items():
        task = app.task(name=name, queueing_lock=name)(_without_time(_giving_connections_back(work)))
        app.periodic(cron=cron)(task)


def _without_time(work: Callable[[], None]) -> Callable[[int], None]:
    def run(timestamp: int) -> None:  # the planned time, which nobody needs
        work()

    return run


def _giving_connections_back(work: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(work)
    def run(**ids: Any) -> None:
        try:
            work(**ids)
        finally:
            connections.close_all()

    return run


def ask_to_end() -> None:
    """Ask the long jobs of this process to leave off, for the worker is about to end. May be repeated."""
    _ending.set()


def is_ending() -> bool:
    """Say whether the worker is about to end: a job that can go on elsewhere then gives its work back."""
    return _ending.is_set()


async def work(*, concurrency: int, drain_s: float, gone_s: float) -> None:
    """Do jobs until it is cancelled, at most `concurrency` at a time; what is in work then may go on for `drain_s`.

    The queue's own worker ends when the database is away for a moment; then another is begun in its place.
    """
    here = asyncio.current_task()
    while True:
        why: object = "its connection was lost"  # then it ends without an error
        try:
            await _work(concurrency=concurrency, drain_s=drain_s, gone_s=gone_s)
        except (ConnectorException, psycopg.Error) as error:
            why = error.__cause__ or error
        if here is not None and here.cancelling():
            return
        log.warning("the queue lost the database and tries again: %s", *str(why).strip().splitlines()[:1])
        await asyncio.sleep(_AGAIN_AFTER_S)


async def _work(*, concurrency: int, drain_s: float, gone_s: float) -> None:
    """The worker's own connector is used for fetching only; jobs that enqueue go through Django's connection (engine:
    never `replace_connector`, which would take them out of the transaction).
    """
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with_own = app.with_connector(connector)
    async with with_own.open_async():
        await with_own.run_worker_async(
            name="petra",
            concurrency=concurrency,
            listen_notify=True,
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=gone_s / 5,
            stalled_worker_timeout=gone_s,
            delete_jobs="successful",
            shutdown_graceful_timeout=drain_s,
            install_signal_handlers=False,
        )
