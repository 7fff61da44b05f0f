"""Says that a process lives, by a lock in the database that ends with its connection, however the process ends.

A worker that is killed is known to be gone at once; one whose machine is cut off, when the server has asked it in vain
for PETRA_WORKER_GONE_S seconds. Needs a connection of its own to the server, not one through a pooler.
"""

from __future__ import annotations

import math
from typing import Final

import psycopg
from django.conf import settings
from django.db import connection as db_connection

from petra.lib import ids, notify

KIND: Final = 0x5E7A  # the first half of the lock's key; the second is the process's number
_PROBES: Final = 3

# The numbers of the processes that live, for use in statements.
NUMBERS: Final = f"""
select k.objid::bigint as number from pg_catalog.pg_locks k
where k.locktype = 'advisory' and k.classid = {KIND} and k.objsubid = 2 and k.granted
  and k.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
"""  # noqa: S608  our own constant


def numbers() -> set[int]:
    """Give the numbers of the processes that live."""
    with db_connection.cursor() as cursor:
        cursor.execute(NUMBERS)
        return {row[0] for row in cursor.fetchall()}


def arrive(*channels: str) -> tuple[psycopg.Connection, int]:
    """Open a connection that listens on `channels`; give it with the number this process lives under while it is open.

    Raises psycopg.Error where the database can't be reached.
    """
    connection = psycopg.connect(**notify.listening_parameters(), autocommit=True)
    every_s = max(math.ceil(settings.WORKER_GONE_S / (_PROBES + 1)), 1)
    connection.execute(f"set tcp_keepalives_idle = {every_s}")  # the server asks whether we are there; over TCP only
    connection.execute(f"set tcp_keepalives_interval = {every_s}")
    connection.execute(f"set tcp_keepalives_count = {_PROBES}")
    for channel in channels:
        connection.execute(f"listen {channel}")
    while True:
        number = ids.new_number()
        row = connection.execute("select pg_try_advisory_lock(%s, %s)", [KIND, number]).fetchone()
        if row is not None and row[0]:
            return connection, number
