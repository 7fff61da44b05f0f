"""The threads of a worker that use turns: each publishes one delivery after another.

A thread keeps its database connection while there is work, and gives it back when it has waited for some seconds.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Final

from django.db import connections

from petra.lib import clock
from petra.publishing.finding import Turn
from petra.publishing.publish import publish_delivery

log = logging.getLogger(__name__)

_REST_S: Final = 2.0


class Hands:
    """A fixed number of threads. `give` and `put_down` are for one thread, the dispatcher's."""

    def __init__(self, count: int, *, when_few: Callable[[], None]) -> None:
        """`when_few` is called, from any thread, when a thread is done and little waits."""
        self._count = count
        self._when_few = when_few
        self._waiting: queue.SimpleQueue[Turn | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held = 0
        self._broken: list[Turn] = []
        self._threads = [threading.Thread(target=self._run, name=f"hand-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    @property
    def room(self) -> int:
        """How many more turns may be given: one in work for each thread, and one waiting for every second."""
        with self._lock:
            return self._count + max(self._count // 2, 1) - self._held

    def give(self, turns: Sequence[Turn]) -> None:
        """Have turns used, in order."""
        with self._lock:
            self._held += len(turns)
        for turn in turns:
            self._waiting.put(turn)

    def broken(self) -> list[Turn]:
        """Give the turns that were broken off (the database was away) since the last time; they are held."""
        with self._lock:
            found, self._broken = self._broken, []
        return found

    def put_down(self) -> list[Turn]:
        """Begin nothing more. Gives what was not begun."""
        left = []
        while True:
            try:
                turn = self._waiting.get_nowait()
            except queue.Empty:
                break
            if turn is not None:
                left.append(turn)
        for _ in self._threads:
            self._waiting.put(None)
        return left

    def finish(self, *, most_s: float) -> None:
        """Wait up to `most_s` seconds for what is in work. After `put_down`."""
        give_up_at = clock.monotonic() + most_s
        for thread in self._threads:
            thread.join(timeout=max(give_up_at - clock.monotonic(), 0))

    def _run(self) -> None:
        while (turn := self._next()) is not None:
            try:
                publish_delivery(workspace_id=turn.workspace_id, delivery_id=turn.delivery_id)
            except Exception:  # noqa: BLE001  the outermost frame of this thread: one delivery must not end it
                log.exception("delivery %s: its turn was broken off", turn.delivery_id)
                with self._lock:
                    self._broken.append(turn)
                connections.close_all()
            with self._lock:
                self._held -= 1
            if self._waiting.qsize() <= self._count // 4:
                self._when_few()
        connections.close_all()

    def _next(self) -> Turn | None:
        try:
            return self._waiting.get(timeout=_REST_S)
        except queue.Empty:
            connections.close_all()
            return self._waiting.get()
