"""STOP 3, where the road ends: the table of moves of a delivery, and the only function that makes one.

    planned ──▶ sending ──▶ published
       ▲           ├──────▶ processing ──▶ published, failed, unconfirmed
       │           ├──────▶ unconfirmed ─▶ published, planned (send again once), cancelled
       │           ├──────▶ failed ──────▶ planned (retry), cancelled (reset)
       └───────────┴──────▶ held ────────▶ planned, cancelled

An answer that was given up for lost and arrives after all makes any of them published: it is the truth about the post.

A move is a compare-and-set on state and plan number, and writes its event in the same transaction.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from petra.lib import clock, columns, notify
from petra.lib.errors import ProductError
from petra.publishing.models import Delivery, State
from petra.webhooks import events

_LOOKING = timedelta(seconds=1)  # dispatchers look so often by themselves

MOVES: dict[State, frozenset[State]] = {
    # A planned delivery fails without being sent when its words or pictures do not pass the network's limits any more.
    # It is published without being sent again when the answer to a sending given up for lost arrives after all.
    State.PLANNED: frozenset({State.SENDING, State.HELD, State.FAILED, State.CANCELLED, State.PUBLISHED}),
    State.SENDING: frozenset(
        {State.PROCESSING, State.PUBLISHED, State.PLANNED, State.HELD, State.FAILED, State.UNCONFIRMED}
    ),
    State.PROCESSING: frozenset({State.PUBLISHED, State.FAILED, State.UNCONFIRMED}),
    # Moved by what find() saw or by a person, never because time went by.
    State.UNCONFIRMED: frozenset({State.PUBLISHED, State.PLANNED, State.CANCELLED}),
    State.FAILED: frozenset({State.PLANNED, State.CANCELLED, State.PUBLISHED}),
    State.HELD: frozenset({State.PLANNED, State.CANCELLED, State.PUBLISHED}),
    # Undo leads back to where it was.
    State.CANCELLED: frozenset({State.PLANNED, State.HELD, State.FAILED, State.UNCONFIRMED, State.PUBLISHED}),
    State.PUBLISHED: frozenset(),
}


class Lost(ProductError):
    """Somebody else moved the delivery first. Read it again and decide anew; nothing was written."""

    def __init__(self) -> None:
        super().__init__("moved_elsewhere", "This was changed somewhere else a moment ago.", http_status=409)


class ForbiddenMove(ProductError):
    """The table has no such move: what was asked for makes no sense in the delivery's state."""

    def __init__(self, delivery: Delivery, to: State) -> None:
        sentence = {
            State.PUBLISHED: "Too late, it is out.",
            State.SENDING: "Too late, it is being published now.",
            State.PROCESSING: "Too late, the network is working on it.",
            State.UNCONFIRMED: "It may be out already. Look, and say first whether it is there.",
        }.get(State(delivery.state), f"That is not possible while it is {State(delivery.state).label.lower()}.")
        super().__init__("forbidden_move", sentence, http_status=409)
        self.to = to


def move(delivery: Delivery, to: State, *, because: str, also: columns.Write | None = None, **changes: Any) -> None:
    """Move `delivery` to state `to` and write the event `delivery.<to>`. Call inside a scope.

    `because` is a short word for the event (`slot`, `late`, `found`). `changes` are further columns of the same update,
    `also` is one more write of the same statement. Raises ForbiddenMove where the table has no such move, Lost where
    state or plan number are not what was read.
    """
    old = State(delivery.state)
    if to not in MOVES[old]:
        raise ForbiddenMove(delivery, to)
    changes = {"state": to.value, "state_before": old.value, **changes}
    _change(
        delivery,
        changes,
        kind=f"delivery.{to}",
        also=also,
        because=because,
        account_id=str(delivery.account_id),
        cause=changes.get("cause", delivery.cause),
    )


def change_plan(delivery: Delivery, *, because: str, **changes: Any) -> None:
    """Change a delivery without a change of state, under the same compare-and-set. Writes `delivery.replanned`."""
    _change(delivery, changes, kind="delivery.replanned", because=because)


def _change(
    delivery: Delivery, changes: dict[str, Any], *, kind: str, also: columns.Write | None = None, **data: str
) -> None:
    """Write columns where state and plan number are still what was read, and the event with them."""
    values = {"moved_at": clock.now(), **changes}
    expected = {
        "workspace_id": delivery.own_workspace_id,
        "state": State(delivery.state).value,
        "plan_no": delivery.plan_no,
    }
    is_done = events.record_change(
        kind, Delivery, delivery.pk, values, where=expected, also=also, post_id=str(delivery.post_id), **data
    )
    if not is_done:
        raise Lost
    for name, value in values.items():
        setattr(delivery, name, value)
    if delivery.next_at is not None and delivery.next_at < clock.now() + _LOOKING:
        wake_dispatchers()


def wake_dispatchers() -> None:
    """Tell dispatchers to look at what is due, when this transaction commits."""
    notify.after_commit("petra_due")
