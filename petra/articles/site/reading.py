"""Fetching and reading side by side: one thread asks the site, a few read what came, the caller writes it down.

The site is still asked for one page at a time, at its pace; only Petra's own work overlaps. All readers of a process
share a few sandboxes, as many as there are processors, so ten imports at once need no more memory than two.
"""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from petra.articles.sandbox import nursery
from petra.articles.sandbox.sandbox import Sandbox
from petra.articles.site.reader import STOPS_IMPORT, Fetched, Read, Reader, Wanted

AHEAD: Final = 12  # pages that may lie fetched and unread
REFILLED_AT: Final = 4  # of them left: a few asked for in a row cost less than one now and one then
AHEAD_BYTES: Final = 10 * 1024 * 1024  # the last one comes on top: 15 MB at most
MOST_SANDBOXES: Final = 4
WARM_FOR_S: Final = 60.0  # after the last import; then readers and their nursery give their memory back


@dataclass(frozen=True)
class Done:
    """One page that was asked for. `ticket` is what the caller gave with it."""

    ticket: Any
    read: Read


class Crew:
    """Reads what is given to it. For one import; `with` starts it, and calls it off in the end."""

    def __init__(self, reader: Reader, sandboxes: Sequence[Sandbox], *, stop: threading.Event | None = None) -> None:
        self._reader = reader
        self._stop = stop or threading.Event()
        self._wanted: queue.SimpleQueue[tuple[Any, Wanted] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()  # of all below; each condition wakes one kind of thread
        self._room, self._work, self._news = (threading.Condition(self._lock) for _ in range(3))
        self._fetched: deque[tuple[Any, Fetched]] = deque()
        self._ahead_bytes = 0  # in `_fetched`
        self._unread = 0  # those and what is being read
        self._done: list[Done] = []
        self._enough = 1  # of them to wake the caller
        self._failure: BaseException | None = None
        self._waiting = 0
        self._threads = [threading.Thread(target=self._guarded, args=(self._fetch,), name="fetch", daemon=True)]
        self._threads += [  # two for each: while one unpacks an answer, the other's page is read
            threading.Thread(target=self._guarded, args=(self._read, sandbox), name="read", daemon=True)
            for sandbox in [*sandboxes, *sandboxes]
        ]

    def __enter__(self) -> Crew:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _value: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._stop.set()
        self._wanted.put(None)
        with self._lock:
            self._room.notify_all()
            self._work.notify_all()
        for thread in self._threads:
            thread.join()

    @property
    def waiting(self) -> int:
        """Count the pages given and not yet handed back."""
        return self._waiting

    def give(self, ticket: Any, wanted: Wanted) -> None:
        """Ask for one page."""
        self._waiting += 1
        self._wanted.put((ticket, wanted))

    def take(self, *, most: int, within_s: float) -> list[Done]:
        """Give the pages that are done: as soon as `most` are, or all that wait; in time what there is.

        Raises what stops the import (STOPS_IMPORT) or broke a thread, after the pages that were done before it.
        """
        with self._lock:
            self._enough = min(most, self._waiting)
            self._news.wait_for(lambda: len(self._done) >= self._enough or self._failure is not None, within_s)
            done, self._done = self._done[:most], self._done[most:]
            if not done and self._failure is not None:
                raise self._failure
        self._waiting -= len(done)
        return done

    # ---- threads ----

    def _guarded(self, work: Any, *arguments: Any) -> None:
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001 - the thread's outermost frame; raised again by `take`
            with self._lock:
                self._failure = error
                self._news.notify()

    def _fetch(self) -> None:
        while not self._stop.is_set():
            given = self._wanted.get()
            if given is None:
                return
            ticket, wanted = given
            try:
                found = self._reader.fetch(wanted)
            except STOPS_IMPORT:
                with self._lock:  # what was fetched before is handed back before it
                    self._room.wait_for(lambda: not self._unread or self._stop.is_set())
                raise
            with self._lock:
                if isinstance(found, Read):
                    self._add(Done(ticket, found))
                else:
                    self._put(ticket, found)

    def _read(self, sandbox: Sandbox) -> None:
        while True:
            with self._lock:
                self._work.wait_for(lambda: self._fetched or self._stop.is_set())
                if self._stop.is_set():
                    return
                ticket, fetched = self._fetched.popleft()
                self._ahead_bytes -= _size_of(fetched)
                if len(self._fetched) <= REFILLED_AT:
                    self._room.notify()
            read = self._reader.read_fetched(fetched, sandbox)
            with self._lock:
                self._unread -= 1
                if not self._unread:
                    self._room.notify()
                self._add(Done(ticket, read))

    # ---- with the lock ----

    def _put(self, ticket: Any, fetched: Fetched) -> None:
        self._fetched.append((ticket, fetched))
        self._ahead_bytes += _size_of(fetched)
        self._unread += 1
        self._work.notify()
        if len(self._fetched) >= AHEAD or self._ahead_bytes >= AHEAD_BYTES:
            self._room.wait_for(lambda: self._has_room() or self._stop.is_set())

    def _has_room(self) -> bool:
        return len(self._fetched) <= REFILLED_AT and self._ahead_bytes < AHEAD_BYTES

    def _add(self, done: Done) -> None:
        self._done.append(done)
        if len(self._done) >= self._enough:
            self._news.notify()


def _size_of(fetched: Fetched) -> int:
    return len(fetched.answer.body) if fetched.answer is not None else 0


class _Shared:
    """The sandboxes of this process, lent to whole imports; each serves one page at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sandboxes: list[Sandbox] = []
        self._borrowers = 0
        self._closing: threading.Timer | None = None

    @contextmanager
    def lend(self) -> Iterator[list[Sandbox]]:
        with self._lock:
            self._borrowers += 1
            if self._closing is not None:
                self._closing.cancel()
            while len(self._sandboxes) < min(os.cpu_count() or 1, MOST_SANDBOXES):
                self._sandboxes.append(Sandbox())
            lent = list(self._sandboxes)
        try:
            yield lent
        finally:
            with self._lock:
                self._borrowers -= 1
                if not self._borrowers:
                    self._closing = threading.Timer(WARM_FOR_S, self._close)
                    self._closing.daemon = True
                    self._closing.start()

    def _close(self) -> None:
        with self._lock:
            if self._borrowers:
                return
            for sandbox in self._sandboxes:
                sandbox.close()
            nursery.close()


_shared = _Shared()


def lend() -> AbstractContextManager[list[Sandbox]]:
    """Lend the sandboxes of this process to one import, as many as there are processors."""
    return _shared.lend()
