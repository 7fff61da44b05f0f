"""One workspace with one connected account and one planned delivery, and a worker's pass without a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from petra.lib import clock
from petra.publishing import finding, publish
from petra.publishing import testing as furniture
from petra.publishing.models import Attempt, Delivery, Lane
from petra.simulator.testing import SimulatedAccount, Simulator
from petra.tenancy import scope

NETWORK = "pinterest"


@dataclass
class Stage:
    """One workspace with one connected account and one planned delivery."""

    workspace_id: UUID
    profile: SimulatedAccount
    account_id: UUID
    delivery_id: UUID
    simulator: Simulator

    def turn(self) -> Delivery:
        """Give the delivery its turn, whenever it is due, and read it again."""
        with scope.workspace(self.workspace_id):
            Delivery.objects.filter(pk=self.delivery_id, next_at__gt=clock.now()).update(next_at=clock.now())
        furniture.take_turn(self.delivery_id, workspace_id=self.workspace_id)
        return self.read()

    def read(self) -> Delivery:
        with scope.workspace(self.workspace_id):
            assert Lane.objects.get(account_id=self.account_id).holder_id is None, "the turn was not given back"
            found: Delivery = Delivery.objects.select_related("account", "post").get(pk=self.delivery_id)
            return found

    def pins(self) -> list[dict[str, object]]:
        return self.simulator.pins(account=self.profile.username)

    def verb(self, verb: Callable[[Delivery], object]) -> Delivery:
        with scope.workspace(self.workspace_id):
            verb(Delivery.objects.select_related("account", "post").get(pk=self.delivery_id))
        return self.read()

    def attempts(self) -> list[tuple[str, str]]:
        with scope.workspace(self.workspace_id):
            rows = Attempt.objects.filter(delivery_id=self.delivery_id).order_by("started_at", "id")
            return [(a.kind, a.outcome) for a in rows]


def run_what_is_due() -> None:
    """One pass of a worker over every turn, without a worker."""
    for turn in finding.take_turns(most=200):
        publish.publish_delivery(workspace_id=turn.workspace_id, delivery_id=turn.delivery_id)
