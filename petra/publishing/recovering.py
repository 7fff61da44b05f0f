"""Takes over the turn of a worker that is gone: what it may have sent is looked for, all else simply goes on.

A delivery in whose turns one worker after another died is set aside: it is not tried again by itself, and says so.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

from django.conf import settings

from petra.lib import clock, columns, ids
from petra.networks.contract import Cause
from petra.publishing import lanes, reading, scheduling
from petra.publishing.finding import Turn
from petra.publishing.models import Attempt, Delivery, State
from petra.publishing.settling import settle_crash, write_gap_over
from petra.publishing.states import Lost, change_plan, move
from petra.tenancy import scope

log = logging.getLogger(__name__)

_APART_S: Final = 20.0
_NOT_SENT: Final = "Petra was stopped again and again while preparing this, so it was set aside. Nothing was sent."
_MAYBE: Final = "Petra was stopped again and again while working on this. Please look, and say whether it is there."


def recover(turn: Turn, *, is_crash: bool = True) -> bool:
    """End a turn that was lost, in one transaction. False where it came to its end by itself meanwhile. Repeatable.

    A worker that was wrongly taken for dead loses nothing but its turn: see `settling.settle`. With `is_crash` off
    nobody died of it: it was not begun, or the database was away.
    """
    try:
        with scope.workspace(turn.workspace_id):
            return _end(turn, is_crash=is_crash)
    except Lost:  # moved this very moment: by its worker, which lives after all, or by a person
        return False


def _end(turn: Turn, *, is_crash: bool) -> bool:
    delivery = reading.delivery(turn.delivery_id)
    if delivery is None:
        return lanes.let_go(turn.delivery_id)
    since = delivery.standing.turn if delivery.standing is not None else None
    if since is None or turn.taken_at not in (None, since):
        return False
    ready_at = write_gap_over(delivery.account) if delivery.state == State.SENDING else None
    crashes = delivery.crashes + is_crash
    if is_crash:
        columns.update(Delivery, delivery.pk, {"crashes": crashes}, where={"plan_no": delivery.plan_no})
        if delivery.state != State.SENDING:  # a look or check that nobody will end; settle_crash ends a sending
            Attempt.objects.filter(delivery=delivery, outcome="").update(finished_at=clock.now(), outcome="unknown")
    if is_crash and crashes >= settings.MAX_CRASHES:
        _park(delivery)
    elif delivery.state == State.SENDING:
        settle_crash(delivery)
    elif crashes > 1 and delivery.state == State.PLANNED:
        # One of those that died together may be the reason: the others go out apart from it, and are not set aside.
        change_plan(delivery, because="crashes", next_at=clock.now() + timedelta(seconds=ids.jitter(1) * _APART_S / 2))
    return lanes.give_back(account_id=delivery.account_id, delivery_id=delivery.pk, turn=since, ready_at=ready_at)


def _park(delivery: Delivery) -> None:
    """Failed where nothing was sent, else a person must look."""
    log.error("delivery %s: %d workers died with it, so it is set aside", delivery.pk, settings.MAX_CRASHES)
    Attempt.objects.filter(delivery=delivery, outcome="").update(
        finished_at=clock.now(), outcome="unknown", cause=Cause.AMBIGUOUS, for_person=_MAYBE
    )
    said: dict[str, Any] = {"next_at": None, "cause": scheduling.CAUSE_CRASHES}
    match State(delivery.state):
        case State.PLANNED:
            move(delivery, State.FAILED, because="crashes", for_person=_NOT_SENT, **said)
        case State.SENDING | State.PROCESSING:
            move(delivery, State.UNCONFIRMED, because="crashes", for_person=_MAYBE, **said)
        case State.UNCONFIRMED:
            change_plan(delivery, because="crashes", for_person=_MAYBE, **said)
        case _:  # somebody else brought it to an end
            pass
