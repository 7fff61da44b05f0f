"""The threads of a worker that use turns: each publishes one delivery after another.

A thread keeps its database connection while there is work, and gives it back when it has waited for some seconds.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from django.db import connections

from petra.lib import clock, outages
from petra.publishing.finding import Turn
from petra.publishing.publish import publish_delivery

log = logging.getLogger(__name__)

_REST_S: Final = 2.0
_OUTAGE_S: Final = 1.0  # a thread whose database is away rests, or the same turns would be taken without end


class Hands:
    """A fixed number of threads. `give` and `put_down` are for one thread, the dispatcher's."""

    def __init__(self, count: int, *, when_few: Callable[[], None]) -> None:
        """`when_few` is called, from any thread, when a thread is done and little waits."""
        self._count = count
        self._when_few = when_few
        self._waiting: queue.SimpleQueue[Turn | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held: set[Turn] = set()
        self._broken: deque[tuple[Turn, bool]] = deque()
        self._threads = [threading.Thread(target=self._run, name=f"hand-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    @property
    def room(self) -> int:
        """How many more turns may be given: one in work for each thread, and one waiting for every second."""
        with self._lock:
            return self._count + max(self._count // 2, 1) - len(self._held)

    @property
    def turns(self) -> list[Turn]:
        """The turns that are in work, wait, or were broken off and are not mended."""
        with self._lock:
            return [*self._held, *(turn for turn, _ in self._broken)]

    def give(self, turns: Sequence[Turn]) -> None:
        """Have turns used, in order."""
        with self._lock:
            self._held.update(turns)
        for turn in turns:
            self._waiting.put(turn)

    def mend(self, how: Callable[[Turn, bool], object]) -> None:
        """Have `how` end each turn that was broken off; False: by an outage, which is nobody's fault.

        What `how` raises on stays to be mended.
        """
        while self._broken:
            how(*self._broken[0])
            self._broken.popleft()

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
            is_well, is_outage = True, False
            try:
                publish_delivery(workspace_id=turn.workspace_id, delivery_id=turn.delivery_id, taken_at=turn.taken_at)
            except Exception as error:  # noqa: BLE001  the outermost frame of this thread: one delivery must not end it
                is_well, is_outage = False, outages.is_outage(error)
                _tell(turn, error, is_outage=is_outage)
                connections.close_all()
            if is_outage:
                clock.sleep(_OUTAGE_S)
            with self._lock:
                self._held.discard(turn)
                if not is_well:
                    self._broken.append((turn, not is_outage))
            if not is_well or self._waiting.qsize() <= self._count // 4:
                self._when_few()
        connections.close_all()

    def _next(self) -> Turn | None:
        try:
            return self._waiting.get(timeout=_REST_S)
        except queue.Empty:
            connections.close_all()
            return self._waiting.get()


def _tell(turn: Turn, error: Exception, *, is_outage: bool) -> None:
    if is_outage:
        reason = str(error).strip().splitlines()[:1]
        log.warning("delivery %s: the database is away, its turn was broken off: %s", turn.delivery_id, *reason)
    else:
        log.error("delivery %s: its turn was broken off", turn.delivery_id, exc_info=error)
