"""Brings new events to open pages: one LISTEN connection per web process, fanned out to streams by workspace.

A stream holds no database connection. NOTIFY carries ids only; what an event says is read inside the scope of the
stream's own workspace, so a stream can't be given another's. Lives on the event loop of the web process.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

from petra.lib.ids import jitter
from petra.lib.notify import listening_parameters
from petra.webhooks.announcing import CHANNEL

log = logging.getLogger(__name__)

QUEUE_MOST = 256  # events a page may be behind before it is let go; it comes back and asks for what it missed
_RECONNECT_S = 1.0
_LISTENS_WITHIN_S = 2.0
_ASK_S = 15.0  # a LISTEN connection that is silent may be dead: ask it something now and then


class Ended(Exception):
    """The stream is over: the process ends, or the page did not keep up."""


@dataclass(eq=False)
class Subscription:
    """One open page. `waiting` are ids of events to tell; `is_gap` says that some may have been missed."""

    workspace_id: UUID
    waiting: list[int] = field(default_factory=list)
    is_gap: bool = False
    is_over: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, event_id: int) -> None:
        """Add an event. A page that is too far behind is let go."""
        if len(self.waiting) >= QUEUE_MOST:
            self.is_over = True
        else:
            self.waiting.append(event_id)
        self.news.set()

    def mind_gap(self) -> None:
        """Say that events may have passed unheard."""
        self.is_gap = True
        self.news.set()

    def end(self) -> None:
        """End the stream."""
        self.is_over = True
        self.news.set()

    async def next(self, *, within_s: float) -> tuple[list[int], bool]:
        """Wait for news for at most so long. Gives the ids, and whether there may be a gap. Raises Ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self.news.wait()
        if self.is_over:
            raise Ended
        self.news.clear()
        ids, self.waiting = self.waiting, []
        is_gap, self.is_gap = self.is_gap, False
        return ids, is_gap


class Hub:
    """All open pages of this process, and the connection that listens for them."""

    def __init__(self) -> None:
        self._streams: dict[UUID, set[Subscription]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self._is_ending = False
        self.is_listening = asyncio.Event()

    def join(self, workspace_id: UUID) -> Subscription:
        """Open a stream. Call on the event loop; the first one starts the listening."""
        if self._is_ending:
            raise Ended
        if self._listener is None or self._listener.done():
            self.is_listening.clear()
            self._listener = asyncio.create_task(self._listen(), name="live-listener")
            self._end_with_process()
        subscription = Subscription(workspace_id)
        self._streams[workspace_id].add(subscription)
        return subscription

    async def until_listening(self, subscription: Subscription) -> None:
        """Wait until nothing can pass unheard, for a moment at most: a gap is made up for later anyway."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LISTENS_WITHIN_S):
                await self.is_listening.wait()
                subscription.is_gap = False

    def leave(self, subscription: Subscription) -> None:
        """Close a stream; the last one of all stops the listening."""
        mine = self._streams[subscription.workspace_id]
        mine.discard(subscription)
        if not mine:
            del self._streams[subscription.workspace_id]
        if not self._streams and self._listener is not None:
            self._listener.cancel()
            self._listener = None

    def end(self) -> None:
        """End every stream, now and from now on."""
        self._is_ending = True
        for subscription in self._all():
            subscription.end()

    @property
    def count(self) -> int:
        """How many pages are open."""
        return len(self._all())

    def _all(self) -> list[Subscription]:
        return [s for streams in self._streams.values() for s in streams]

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **listening_parameters(), autocommit=True
                ) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    self.is_listening.set()
                    for subscription in self._all():  # what came while nobody listened
                        subscription.mind_gap()
                    await self._pass_on(connection)
            except psycopg.Error:
                log.warning("live pages lost the database and try again")
            self.is_listening.clear()
            await asyncio.sleep(_RECONNECT_S * jitter(0.3))

    async def _pass_on(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notice in connection.notifies(timeout=_ASK_S):
                self._deliver(notice.payload)
            await connection.execute("select 1")

    def _deliver(self, payload: str) -> None:
        workspace, _sep, event = payload.partition(":")
        try:
            workspace_id, event_id = UUID(workspace), int(event)
        except ValueError:
            log.warning("a notice on %s is not ours", CHANNEL)
            return
        for subscription in tuple(self._streams.get(workspace_id, ())):
            subscription.tell(event_id)

    def _end_with_process(self) -> None:
        """End the streams when the process is asked to stop: the server waits for open answers before it goes."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if not callable(before) or getattr(before, "is_live_hook", False):
                continue

            def stop(received: int, frame: Any, before: Any = before) -> None:
                loop.call_soon_threadsafe(self.end)
                before(received, frame)

            stop.is_live_hook = True  # type: ignore[attr-defined]
            with suppress(ValueError):  # not the main thread: whoever runs us there ends the streams
                signal.signal(number, stop)


_hubs: dict[int, Hub] = {}


def hub() -> Hub:
    """Give the hub of the running event loop."""
    loop_id = id(asyncio.get_running_loop())
    if loop_id not in _hubs:
        _hubs.clear()
        _hubs[loop_id] = Hub()
    return _hubs[loop_id]
