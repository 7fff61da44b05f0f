"""One lane per account: whose turn it is. The database hands turns out (publishing.finding), this gives them back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from petra.accounts.models import Account
from petra.lib import columns, prepared
from petra.publishing.models import Lane


def ensure_lane(account: Account) -> None:
    """Make the lane of an account that gets its first delivery. Repeatable."""
    Lane.objects.bulk_create([Lane(account=account)], ignore_conflicts=True)


def try_to_take(*, account_id: UUID, delivery_id: UUID) -> bool:
    """Take a free lane for a delivery outside the dispatcher (the command line). False when it is not free now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update publishing_lane set holder_id = %s, held_at = now(), held_by = null"
            " where account_id = %s and holder_id is null and ready_at <= statement_timestamp()",
            [delivery_id, account_id],
        )
        return bool(cursor.rowcount == 1)


def give_back(
    *,
    account_id: UUID,
    delivery_id: UUID,
    turn: datetime,
    ready_at: datetime | None = None,
    also: columns.Write | None = None,
) -> bool:
    """End a delivery's turn; one that was taken over is left to whoever has it now, and False is returned.

    `ready_at` is the earliest next write, None to leave it as it is. `also` is done in the same statement, in any case.
    """
    statement = (
        "update publishing_lane set holder_id = null, held_at = null, held_by = null,"
        " ready_at = greatest(ready_at, coalesce(%s, ready_at))"
        " where account_id = %s and holder_id = %s and held_at = %s"
    )
    values: list[object] = [ready_at, account_id, delivery_id, turn]
    if also is not None:
        statement, values = f"with also as ({also.statement}) {statement}", [*also.values, *values]
    return prepared.run(statement, values).rowcount == 1


def let_go(delivery_id: UUID, *, turn: datetime | None = None) -> bool:
    """End the turn of a delivery that is not there any more, or was moved while it was read. False where it had none.

    `turn` as in `give_back`; None: whichever it has.
    """
    held = Lane.objects.filter(holder_id=delivery_id, **({} if turn is None else {"held_at": turn}))
    return bool(held.update(holder_id=None, held_at=None, held_by=None))
