"""Wakes listeners of PostgreSQL when the current transaction has committed.

PostgreSQL lets one committing transaction at a time announce something, and makes the others wait until it is on disk.
So a notice never travels in the transaction it is about: it follows in one of its own, which waits for no disk. A
process that dies in between loses the notice, not the change; every listener also looks by itself now and then.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from psycopg.conninfo import conninfo_to_dict

from petra.lib import prepared

log = logging.getLogger(__name__)

_SEND: Final = (
    "select set_config('synchronous_commit', 'off', true), pg_notify(n.channel, n.payload)"
    " from unnest(%s::text[], %s::text[]) as n(channel, payload)"
)
_TOGETHER_S: Final = 0.02


def after_commit(channel: str, payload: str = "") -> None:
    """Announce `payload` on `channel` after this transaction. Nothing is announced when it rolls back."""
    transaction.on_commit(partial(_announce, (channel, payload)), robust=True)


def listening_parameters() -> dict[str, Any]:
    """Give the parameters of a connection that can listen and hold a lock: to the server itself, not to a pooler."""
    if settings.DATABASE_DIRECT_URL:
        return dict(conninfo_to_dict(settings.DATABASE_DIRECT_URL))
    known = connections["default"].get_connection_params()
    return {name: value for name, value in known.items() if name not in {"cursor_factory", "context", "pool"}}


@contextmanager
def together() -> Iterator[None]:
    """Announce what happens in this process within 20 ms in one transaction, from a thread of its own: for workers."""
    global _gatherer  # noqa: PLW0603  one for the process
    _gatherer = _Gatherer()
    try:
        yield
    finally:
        ended, _gatherer = _gatherer, None
        ended.end()


def _announce(notice: tuple[str, str]) -> None:
    gatherer = _gatherer
    if gatherer is None:
        _send([notice])
    else:
        gatherer.add(notice)


def _send(notices: list[tuple[str, str]]) -> None:
    prepared.run(_SEND, [[channel for channel, _ in notices], [payload for _, payload in notices]])


class _Gatherer:
    def __init__(self) -> None:
        self._notices: dict[tuple[str, str], None] = {}  # in order, each once
        self._lock = threading.Lock()
        self._news, self._is_ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def add(self, notice: tuple[str, str]) -> None:
        with self._lock:
            self._notices[notice] = None
        self._news.set()

    def end(self) -> None:
        self._is_ending.set()
        self._news.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._is_ending.is_set():
            self._news.wait()
            self._is_ending.wait(_TOGETHER_S)
            self._flush()
        connections.close_all()

    def _flush(self) -> None:
        self._news.clear()
        with self._lock:
            notices, self._notices = list(self._notices), {}
        if not notices:
            return
        try:
            _send(notices)
        except (DatabaseError, psycopg.Error) as error:
            log.warning("%d notices were lost: %s", len(notices), str(error).strip().splitlines()[:1])
            connections.close_all()


_gatherer: _Gatherer | None = None
