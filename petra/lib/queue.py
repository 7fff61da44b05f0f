"""Everything Petra knows of its queue (Procrastinate). No other file imports it.

Our tables are the truth; a job only says "look at this row now". It may be lost, doubled or late without harm. Jobs are
deferred on Django's own connection, so they exist exactly when the surrounding transaction commits.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connections, transaction
from procrastinate import App
from procrastinate.contrib.django import app as django_app
from procrastinate.exceptions import AlreadyEnqueued

app: App = django_app
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


def enqueue_many(name: str, arguments: Iterable[JobArguments], *, priority: int = 0) -> None:
    """Put many jobs of one kind into the queue in one statement."""
    rows = list(arguments)
    if rows:
        app.configure_task(name, priority=priority).batch_defer(*rows)


def register(jobs: dict[str, Callable[..., None]]) -> None:
    """Tell the queue which function does which job, by stable names. Called once, by the worker.

    Jobs are safe to repeat, so the queue never retries one by itself. Each gives its database connections back when it
    ends: jobs run in threads, and a thread would keep one for ever.
    """
    for name, work in jobs.items():
        app.task(name=name)(_giving_connections_back(work))


def _giving_connections_back(work: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(work)
    def run(**ids: Any) -> None:
        try:
            work(**ids)
        finally:
            connections.close_all()

    return run
