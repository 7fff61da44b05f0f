"""Tells a database that is away for a moment (restarting, refusing connections) from one that refuses a statement."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import psycopg
from django.db import DatabaseError, InterfaceError, connection

from petra.lib import clock

log = logging.getLogger(__name__)

# Classes of SQLSTATE: 08 connection, 53 resources (too many connections, disk full), 57P the server is going or coming;
# 40 another transaction was in the way (deadlock). PostgreSQL 18, appendix A, read 2026-11.
_PASSING: Final = ("08", "53", "57P", "40")
_AGAIN_AFTER_S: Final = 0.5


def is_outage(error: BaseException) -> bool:
    """Say whether the same work may succeed later, unchanged: nothing is wrong with the work itself."""
    if not isinstance(error, DatabaseError | InterfaceError | psycopg.Error):
        return False
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.Error):
        return False
    if cause.sqlstate is not None:
        return cause.sqlstate.startswith(_PASSING)
    # No answer from the server: the connection is lost, or none was to be had. Not our own wrong use of psycopg.
    return type(cause) is psycopg.DatabaseError or isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)


def outlast(work: Callable[[], None], *, most_s: float) -> None:
    """Do `work`, again and again while the database is away, for at most `most_s` seconds. Outside any transaction.

    For what must not be lost, is safe to repeat, and can't be had a second time.
    """
    give_up_at = clock.monotonic() + most_s
    while True:
        try:
            work()
            return
        except (DatabaseError, InterfaceError, psycopg.Error) as error:
            if not is_outage(error) or clock.monotonic() > give_up_at:
                raise
            log.warning("the database is away, the work waits: %s", *str(error).strip().splitlines()[:1])
        connection.close()
        clock.sleep(_AGAIN_AFTER_S)
