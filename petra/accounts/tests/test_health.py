"""What a page says of an account."""

from __future__ import annotations

from datetime import timedelta

from petra.accounts import health
from petra.accounts.models import Account, AccountState
from petra.accounts.testing import NETWORK, account_of
from petra.lib import clock
from petra.networks import registry
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.tenancy.access import Actor


def found(actor: Actor, **changes: object) -> health.Health:
    with scope.workspace(actor.workspace.pk):
        Account.objects.update(**changes)
        accounts = Account.objects.prefetch_related("budgets")
        return health.health_of(accounts, now=clock.now())[0]


def test_health_is_plain_when_all_is_well_and_asks_when_not(network: Simulator, alice: Actor) -> None:
    account_of(network.account("oak"), alice.workspace.pk)
    label = registry.network(NETWORK).label
    well = found(alice, state_reason="")
    assert (well.network_label, well.state, well.needs_person, well.reason) == (
        label,
        AccountState.CONNECTED,
        False,
        "",
    )
    assert well.renews_at is not None
    assert well.ends_at is not None
    assert well.budget.calls == well.budget.calls_at_once > 0

    revoked = found(alice, state=AccountState.NEEDS_RECONNECT, state_reason="It was taken back.")
    assert (revoked.needs_person, revoked.reason) == (True, "It was taken back.")

    ending = found(alice, state="connected", state_reason="", refresh_expires_at=clock.now() + timedelta(days=2))
    assert ending.needs_person
    assert "ends soon" in ending.reason

    gone = found(alice, state=AccountState.DISCONNECTED, refresh_expires_at=None)
    assert (gone.needs_person, gone.reason) == (False, "")

    resting = found(alice, state="connected", cools_down_until=clock.now() + timedelta(hours=3))
    assert resting.rests_until is not None
    assert resting.reason.startswith(label)
    rested = found(alice, cools_down_until=clock.now() - timedelta(hours=3))
    assert (rested.rests_until, rested.reason) == (None, "")
