"""Runs the readers of strangers' bytes in a child process with limits on processor time and memory.

A page can make a parser run for minutes or take all memory; here that costs one child, which is killed and started
anew, and the page is reported. Bytes go in as pickle (from us), answers come back as JSON (the child may be anyone's
by then).
"""

from __future__ import annotations

import atexit
import json
import os
import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from select import select
from types import TracebackType
from typing import Any, BinaryIO

from petra.articles import feed_items
from petra.articles.feed_items import Feed, FeedItem
from petra.articles.lists import sitemaps
from petra.articles.lists.sitemaps import SitemapFile
from petra.articles.pages.extracted import Extracted, from_data
from petra.articles.sandbox import nursery
from petra.articles.sandbox.frames import ANSWER, FAILED, QUESTION
from petra.articles.sandbox.nursery import Child
from petra.lib import clock
from petra.lib.errors import ProductError

CPU_S = 10
MEMORY_BYTES = 192 * 1024 * 1024  # more than the child has when it is born: with that some 290 MB at most
WALL_S = 40.0
PAGES_PER_CHILD = 2_000  # parsers keep caches; a fresh child now and then keeps memory flat
_MOST_ANSWER_BYTES = 128 * 1024 * 1024  # a feed of 10 MB with every letter escaped is half of it
_CHUNK_BYTES = 1 << 16


class PageTooHeavy(ProductError):
    """A page took more processor time or memory than a page may. It is left out; nothing else is harmed."""

    def __init__(self) -> None:
        super().__init__("too-heavy", "This page is too large or too tangled to be read.")


class Sandbox:
    """One warm child that reads pages, feeds and sitemaps, one after another, for any thread."""

    def __init__(self, *, cpu_s: int = CPU_S, memory_bytes: int = MEMORY_BYTES, wall_s: float = WALL_S) -> None:
        self._cpu_s = cpu_s
        self._memory_bytes = memory_bytes
        self._wall_s = wall_s
        self._child: Child | None = None
        self._served = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _value: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def extract(
        self, body: bytes, *, url: str, content_type: str, item: FeedItem | None, now: datetime
    ) -> Extracted | None:
        """Read one page; see `extract.extract`. Raises PageTooHeavy."""
        data = self._ask(
            "page", body, url=url, content_type=content_type, item=item and asdict(item), now=now.isoformat()
        )
        return from_data(data) if data is not None else None

    def extract_item(self, item: FeedItem, *, now: datetime) -> Extracted:
        """Read an article from its feed's item alone. Raises PageTooHeavy."""
        return from_data(self._ask("item", b"", item=asdict(item), now=now.isoformat()))

    def feed(self, body: bytes, *, url: str, content_type: str) -> Feed:
        """Read one feed. Raises PageTooHeavy."""
        data = self._ask("feed", body, url=url, content_type=content_type)
        return feed_items.from_data(data)

    def sitemap(self, body: bytes) -> SitemapFile:
        """Read one sitemap file. Raises PageTooHeavy."""
        data = self._ask("sitemap", body)
        return sitemaps.from_data(data)

    def links(self, body: bytes, *, url: str, content_type: str) -> dict[str, Any]:
        """Read what a page links to: feeds, pages, signs of the engine. Raises PageTooHeavy."""
        data = self._ask("links", body, url=url, content_type=content_type)
        return dict(data)

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, task: str, body: bytes, **arguments: Any) -> Any:
        """Ask the child. What it answers is unpacked after the next thread had its turn: the child need not wait."""
        frame = pickle.dumps((task, body, arguments, self._cpu_s))
        with self._lock:
            answer, flags = self._exchange(frame)
            if flags & FAILED and self._served > 1:
                self.close()  # others before it took of its memory: once more, in a fresh child
                answer, flags = self._exchange(frame)
            if flags:
                self.close()
        if flags & FAILED:
            raise PageTooHeavy
        try:
            return json.loads(answer)
        except ValueError as error:
            with self._lock:
                self.close()
            raise PageTooHeavy from error

    def _exchange(self, frame: bytes) -> tuple[bytes, int]:
        if self._served >= PAGES_PER_CHILD:
            self.close()
        child = self._started()
        self._served += 1
        try:
            _send(child, frame)
            return _receive(child, clock.monotonic() + self._wall_s)
        except (OSError, EOFError) as error:
            self.close()
            raise PageTooHeavy from error

    def _started(self) -> Child:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._served = 0
            self._child = nursery.bear(self._memory_bytes)
        return self._child


_idle: list[Sandbox] = []
_MAX_IDLE = 2


@contextmanager
def borrowed() -> Iterator[Sandbox]:
    """Lend a warm sandbox to one import; a few stay alive for the next one, for starting a child takes a second."""
    try:
        sandbox = _idle.pop()
    except IndexError:
        sandbox = Sandbox()
    try:
        yield sandbox
    finally:
        if len(_idle) < _MAX_IDLE:
            _idle.append(sandbox)
        else:
            sandbox.close()


def close_idle() -> None:
    """End the children nobody uses."""
    while _idle:
        _idle.pop().close()


atexit.register(close_idle)


def _send(child: Child, frame: bytes) -> None:
    pipe = child.stdin
    if pipe is None:
        raise EOFError
    pipe.write(QUESTION.pack(len(frame)))
    pipe.write(frame)
    pipe.flush()


def _receive(child: Child, until: float) -> tuple[bytes, int]:
    if child.stdout is None:
        raise EOFError
    size, flags = ANSWER.unpack(_read_exactly(child.stdout, ANSWER.size, until))
    if size > _MOST_ANSWER_BYTES:
        raise EOFError
    return _read_exactly(child.stdout, size, until), flags


def _read_exactly(pipe: BinaryIO | Any, size: int, until: float) -> bytes:
    found = bytearray()
    while len(found) < size:
        left = until - clock.monotonic()
        if left <= 0 or not select([pipe], [], [], left)[0]:
            raise EOFError
        chunk = os.read(pipe.fileno(), min(_CHUNK_BYTES, size - len(found)))
        if not chunk:
            raise EOFError
        found += chunk
    return bytes(found)
