"""STOP 2, the pace: how many questions are asked with one key at once and in a minute, over all workers.

A key has a row that is locked for the moment of the decision, and a seat for each question under way. A seat whose
worker is silent for PETRA_WORKER_GONE_S is free again. Runs inside the caller's transaction: rolled back, nothing was
taken. The clock is the database's.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from petra.accounts.budgets import allowance_of

_NO_SEAT_S: Final = 1.0  # when to look again; whoever ends meanwhile calls the next one anyway
_MOST_BLOCK_S: Final = 3600.0

_LOCK = """
insert into posts_writerpace (key_digest, theoretical_at) values (%s, statement_timestamp())
on conflict (key_digest) do update set key_digest = excluded.key_digest
returning greatest(extract(epoch from theoretical_at - statement_timestamp()), 0)::float8,
  greatest(extract(epoch from blocked_until - statement_timestamp()), 0)::float8
"""
_SEATS = """
with gone as (delete from posts_writerseat where key_digest = %(key)s and until <= statement_timestamp())
select count(*) from posts_writerseat where key_digest = %(key)s and until > statement_timestamp()
"""
_SIT = """
insert into posts_writerseat (key_digest, holder_id, until)
values (%s, %s, statement_timestamp() + make_interval(secs => %s))
"""
_PAY = """
update posts_writerpace set theoretical_at =
  greatest(theoretical_at, statement_timestamp()) + make_interval(secs => %s) where key_digest = %s
"""


def take(key_digest: str, holder_id: UUID, *, at_once: int, per_minute: int) -> float:
    """Take a seat and one request of the minute. Gives 0 when taken, else the seconds to wait."""
    allowed = allowance_of(per_minute, 60.0)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [key_digest])
        ahead_s, blocked_s = cursor.fetchone()
        if blocked_s:
            return float(blocked_s)
        wait_s = float(ahead_s) + allowed.cost_s - allowed.burst_s
        if wait_s > 0:
            return max(wait_s, 0.05)
        cursor.execute(_SEATS, {"key": key_digest})
        if cursor.fetchone()[0] >= at_once:
            return _NO_SEAT_S
        cursor.execute(_SIT, [key_digest, holder_id, settings.WORKER_GONE_S])
        cursor.execute(_PAY, [allowed.cost_s, key_digest])
    return 0.0


def keep(holder_id: UUID) -> None:
    """Say that a question is still under way."""
    _run(
        "update posts_writerseat set until = statement_timestamp() + make_interval(secs => %s) where holder_id = %s",
        settings.WORKER_GONE_S,
        holder_id,
    )


def leave(holder_id: UUID, *, key_digest: str = "", more: int = 0, per_minute: int = 60) -> None:
    """Give the seat back; `more` requests were made than was paid for."""
    _run("delete from posts_writerseat where holder_id = %s", holder_id)
    if more > 0 and key_digest:
        _run(_PAY, allowance_of(per_minute, 60.0).cost_s * more, key_digest)


def block(key_digest: str, *, for_s: float) -> None:
    """Ask nothing with this key for so long: the provider said "too many requests"."""
    _run(
        "update posts_writerpace set blocked_until = greatest(blocked_until, statement_timestamp()"
        " + make_interval(secs => %s)) where key_digest = %s",
        min(for_s, _MOST_BLOCK_S),
        key_digest,
    )


def _run(statement: str, *values: str | float | UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
