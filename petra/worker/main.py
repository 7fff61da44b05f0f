"""The worker: one process that does the queue's jobs and dispatches what is due. Started by `petra worker`, any
number.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from petra.lib import queue
from petra.publishing.dispatching import Dispatcher
from petra.worker.registration import JOBS, PERIODIC

log = logging.getLogger(__name__)

_DRAIN_S = 30.0  # how long a job may go on after SIGTERM


def run(*, concurrency: int | None = None) -> None:
    """Work until SIGINT or SIGTERM; then finish what is in work and end. Call once, in the main thread."""
    queue.register(JOBS)
    queue.register_periodic(PERIODIC)
    dispatcher = Dispatcher()
    dispatcher.start()
    try:
        asyncio.run(_work(concurrency or settings.WORKER_CONCURRENCY))
    finally:
        dispatcher.stop()


async def _work(concurrency: int) -> None:
    # Jobs are sync and run in this executor's threads; without it the loop's default of few threads would cap them.
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="job") as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        await queue.work(concurrency=concurrency, drain_s=_DRAIN_S, gone_s=settings.WORKER_GONE_S)
