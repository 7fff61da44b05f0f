"""One lane per account: whose turn it is. The database hands turns out (publishing.finding), this gives them back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from petra.accounts.models import Account
from petra.lib import notify, prepared
from petra.publishing.models import Lane


def ensure_lane(account: Account) -> None:
    """Make the lane of an account that gets its first delivery. Repeatable."""
    Lane.objects.bulk_create([Lane(account=account)], ignore_conflicts=True)


def try_to_take(*, account_id: UUID, delivery_id: UUID) -> bool:
    """Take a free lane for a delivery outside the dispatcher (the command line). False when it is not free now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update publishing_lane set holder_id = %s, held_at = now()"
            " where account_id = %s and holder_id is null and ready_at <= statement_timestamp()",
            [delivery_id, account_id],
        )
        return bool(cursor.rowcount == 1)


def take_over(*, delivery_id: UUID, older_s: float) -> bool:
    """Take a turn over from whoever took it more than `older_s` seconds ago and is gone. False where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update publishing_lane set held_at = clock_timestamp()"
            " where holder_id = %s and held_at < now() - make_interval(secs => %s)",
            [delivery_id, older_s],
        )
        return bool(cursor.rowcount == 1)


def free(*, account_id: UUID, delivery_id: UUID) -> None:
    """End a delivery's turn whoever has it: all its workers are dead."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update publishing_lane set holder_id = null, held_at = null where account_id = %s and holder_id = %s",
            [account_id, delivery_id],
        )


def turn_of(*, account_id: UUID, delivery_id: UUID) -> datetime | None:
    """Say since when it is this delivery's turn, which names the turn; None where it is not.

    Locks the lane until the transaction ends, so that a turn has one user.
    """
    row = prepared.run(
        "select held_at from publishing_lane where account_id = %s and holder_id = %s for update",
        [account_id, delivery_id],
    ).fetchone()
    return None if row is None else row[0]


def give_back(*, account_id: UUID, delivery_id: UUID, turn: datetime, ready_at: datetime | None = None) -> None:
    """End a delivery's turn; one that was taken over is left to whoever has it now.

    `ready_at` is the earliest next write, None to leave it as it is.
    """
    row = prepared.run(
        # Where the account has more to do, a dispatcher is woken: none knows of an account whose turn was taken.
        "with given as (update publishing_lane set holder_id = null, held_at = null,"
        " ready_at = greatest(ready_at, coalesce(%s, ready_at))"
        " where account_id = %s and holder_id = %s and held_at = %s returning account_id)"
        " select exists (select from publishing_delivery d where d.account_id = given.account_id"
        " and d.next_at <= statement_timestamp()) from given",
        [ready_at, account_id, delivery_id, turn],
    ).fetchone()
    if row is not None and row[0]:
        notify.after_commit("petra_due")
