"""Fetching and reading side by side: one thread asks the site, a few read what came, the caller writes it down.

The site is still asked for one page at a time, at its pace; only Petra's own work overlaps. All readers of a process
share a few sandboxes, as many as there are processors, so ten imports at once need no more memory than two.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from petra.articles import nursery
from petra.articles.reader import STOPS_IMPORT, Read, Reader, Wanted
from petra.articles.sandbox import Sandbox

AHEAD: Final = 3  # pages that may lie fetched and unread: at most 15 MB
MOST_SANDBOXES: Final = 4
WARM_FOR_S: Final = 60.0  # after the last import; then readers and their nursery give their memory back


@dataclass(frozen=True)
class Done:
    """One page that was asked for. `ticket` is what the caller gave with it."""

    ticket: Any
    read: Read


class _Stopped(BaseException):
    """The crew was called off while a thread waited."""


class Crew:
    """Reads what is given to it. For one import; `with` starts it, and calls it off in the end."""

    def __init__(self, reader: Reader, sandboxes: Sequence[Sandbox], *, stop: threading.Event | None = None) -> None:
        self._reader = reader
        self._stop = stop or threading.Event()
        self._wanted: queue.SimpleQueue[tuple[Any, Wanted] | None] = queue.SimpleQueue()
        self._fetched: queue.Queue[tuple[Any, Any]] = queue.Queue(AHEAD)
        self._done: queue.SimpleQueue[Done | BaseException] = queue.SimpleQueue()
        self._waiting = 0
        self._failure: BaseException | None = None
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

    def next(self, *, within_s: float) -> Done | None:
        """Give a page that is done; None when there is none in time.

        Raises what stops the import (STOPS_IMPORT) or broke a thread, after the pages that were done before it.
        """
        try:
            found = self._done.get(timeout=within_s)
        except queue.Empty:
            return None
        if isinstance(found, BaseException):
            raise found
        self._waiting -= 1
        return found

    # ---- threads ----

    def _guarded(self, work: Any, *arguments: Any) -> None:
        try:
            work(*arguments)
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - the thread's outermost frame; raised again by `next`
            self._done.put(error)

    def _fetch(self) -> None:
        while not self._stop.is_set():
            given = self._wanted.get()
            if given is None:
                return
            ticket, wanted = given
            try:
                fetched = self._reader.fetch(wanted)
            except STOPS_IMPORT as error:
                self._let_read()
                self._done.put(error)
                return
            if isinstance(fetched, Read):
                self._done.put(Done(ticket, fetched))
            else:
                self._put((ticket, fetched))

    def _read(self, sandbox: Sandbox) -> None:
        while not self._stop.is_set():
            try:
                ticket, fetched = self._fetched.get(timeout=0.2)
            except queue.Empty:
                continue
            try:
                self._done.put(Done(ticket, self._reader.read_fetched(fetched, sandbox)))
            finally:
                self._fetched.task_done()

    def _put(self, found: tuple[Any, Any]) -> None:
        while not self._stop.is_set():
            try:
                return self._fetched.put(found, timeout=0.2)
            except queue.Full:
                continue
        raise _Stopped

    def _let_read(self) -> None:
        """Wait until what was fetched is read, so that it is handed back before the reason to stop."""
        while self._fetched.unfinished_tasks and not self._stop.is_set():
            self._stop.wait(0.05)


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
