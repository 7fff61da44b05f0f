"""Wakes listeners of PostgreSQL when the current transaction has committed.

PostgreSQL lets one committing transaction at a time announce something, and makes the others wait until it is on
disk. So a
notice never travels in the transaction it is about: it follows in one of its own, which waits for no disk. A process
that dies in between loses the notice, not the change; every listener also looks by itself now and then.
"""

from __future__ import annotations

from functools import partial

from django.db import connection, transaction

_SEND = "select set_config('synchronous_commit', 'off', true), pg_notify(%s, %s)"


def after_commit(channel: str, payload: str = "") -> None:
    """Announce `payload` on `channel` after this transaction. Nothing is announced when it rolls back."""
    transaction.on_commit(partial(_send, channel, payload), robust=True)


def _send(channel: str, payload: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SEND, [channel, payload])
