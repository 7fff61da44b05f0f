"""Sets a delivery aside with which one worker after another died: it is not tried again by itself, and says so."""

from __future__ import annotations

from uuid import UUID

from petra.lib import clock
from petra.networks.contract import Cause
from petra.publishing import reading, scheduling
from petra.publishing.lanes import free
from petra.publishing.models import Attempt, State
from petra.publishing.states import change_plan, move
from petra.tenancy import scope

_NOT_SENT = "Petra was stopped again and again while preparing this, so it was set aside. Nothing was sent."
_MAYBE = "Petra was stopped again and again while working on this. Please look, and say whether it is there."


def park(*, workspace_id: UUID, delivery_id: UUID) -> None:
    """End the turn of a delivery whose workers died: failed where nothing was sent, else a person must look."""
    with scope.workspace(workspace_id):
        delivery = reading.delivery(delivery_id)
        if delivery is None:
            return
        Attempt.objects.filter(delivery=delivery, outcome="").update(
            finished_at=clock.now(), outcome="unknown", cause=Cause.AMBIGUOUS, for_person=_MAYBE
        )
        said = {"next_at": None, "cause": scheduling.CAUSE_CRASHES}
        match State(delivery.state):
            case State.PLANNED:
                move(delivery, State.FAILED, because="crashes", for_person=_NOT_SENT, **said)
            case State.SENDING | State.PROCESSING:
                move(delivery, State.UNCONFIRMED, because="crashes", for_person=_MAYBE, **said)
            case State.UNCONFIRMED:
                change_plan(delivery, because="crashes", for_person=_MAYBE, **said)
            case _:  # somebody else brought it to an end
                pass
        free(account_id=delivery.account_id, delivery_id=delivery_id)
