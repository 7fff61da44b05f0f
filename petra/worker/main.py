"""The worker: one process that publishes what is due and does the queue's jobs. Any number may run."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from petra.lib import notify, queue
from petra.publishing.dispatching import Dispatcher
from petra.worker.registration import JOBS, PERIODIC

log = logging.getLogger(__name__)

_DRAIN_S = 30.0  # how long work may go on after SIGTERM
_GARBAGE_FROM = 20_000  # new objects before Python looks for cycles; its own 700 is for small programs
_ENDING = (signal.SIGINT, signal.SIGTERM)


def run() -> None:
    """Work until SIGINT or SIGTERM; then finish what is in work and end. Call once, in the main thread.

    PETRA_WORKER_CONCURRENCY deliveries are published beside each other, and half as many jobs done. Raises
    ImproperlyConfigured where DATABASE_POOL is too small for that.
    """
    if 0 < settings.DATABASE_POOL < settings.LEAST_WORKER_POOL:
        raise ImproperlyConfigured(
            f"DATABASE_POOL must be at least {settings.LEAST_WORKER_POOL}, or 0, for a worker with"
            f" PETRA_WORKER_CONCURRENCY {settings.WORKER_CONCURRENCY}."
        )
    queue.register(JOBS)
    queue.register_periodic(PERIODIC)
    gc.freeze()  # what was loaded by now stays: collections need not look through it each time
    gc.set_threshold(_GARBAGE_FROM)
    threads = settings.WORKER_CONCURRENCY
    dispatcher = Dispatcher(threads=threads)
    with notify.together():
        dispatcher.start()
        try:
            asyncio.run(_work(dispatcher, jobs=max(threads // 2, 2)))
        finally:
            dispatcher.ask_to_stop(drain_s=_DRAIN_S)
            dispatcher.join()


async def _work(dispatcher: Dispatcher, *, jobs: int) -> None:
    loop = asyncio.get_running_loop()
    # Jobs are sync and run in this executor's threads; without it the loop's default of few threads would cap them.
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="job") as threads:
        loop.set_default_executor(threads)
        working = asyncio.create_task(
            queue.work(concurrency=jobs, drain_s=_DRAIN_S, gone_s=settings.WORKER_GONE_S), name="jobs"
        )

        def end() -> None:
            dispatcher.ask_to_stop(drain_s=_DRAIN_S)
            queue.ask_to_end()
            if not working.cancelling():  # a second time it would break off what the queue finishes
                working.cancel()

        for number in _ENDING:
            loop.add_signal_handler(number, end)
        with contextlib.suppress(asyncio.CancelledError):
            await working
        # Within the loop: when it is gone, one more signal would kill what is being sent.
        await asyncio.to_thread(dispatcher.join)
