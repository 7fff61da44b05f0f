"""Boards and sections, as the network lists them today."""

from __future__ import annotations

import pytest

from petra.accounts import jobs, targets
from petra.accounts.models import Account, AccountState, Target
from petra.accounts.testing import NETWORK, account_of
from petra.networks import registry
from petra.networks.contract import NeedsReconnect, TryLater
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.tenancy.access import Actor
from petra.webhooks.models import Event


def listed(actor: Actor) -> dict[str, str | None]:
    """Names of what is there, each with its board's."""
    with scope.workspace(actor.workspace.pk):
        rows = Target.objects.filter(gone_at=None).select_related("parent")
        return {row.name: row.parent.name if row.parent else None for row in rows}


def sync(account: Account) -> targets.Synced:
    return targets.sync_targets(account.own_workspace_id, account.pk)


def event_kinds(actor: Actor) -> list[str]:
    with scope.workspace(actor.workspace.pk):
        return list(Event.objects.order_by("id").values_list("kind", flat=True))


@pytest.fixture
def account(network: Simulator, alice: Actor) -> Account:
    boards = [{"name": "Baking", "sections": ["Bread", "Cakes"]}, {"name": "Hidden", "privacy": "SECRET"}]
    scopes = [*registry.network(NETWORK).sign_in.scopes, "boards:read_secret"]
    return account_of(network.account("oak", boards=boards, scopes=scopes), alice.workspace.pk)


def test_boards_and_their_sections_are_read(account: Account, alice: Actor) -> None:
    assert sync(account) == targets.Synced(total=4, added=4, changed=0, gone=0)
    assert listed(alice) == {"Baking": None, "Bread": "Baking", "Cakes": "Baking", "Hidden": None}
    with scope.workspace(alice.workspace.pk):
        assert Target.objects.get(name="Hidden").is_secret
        assert Account.objects.get().targets_synced_at is not None
    assert event_kinds(alice) == ["account.targets_synced"]


def test_looking_again_changes_nothing(account: Account) -> None:
    sync(account)
    assert sync(account) == targets.Synced(total=4, added=0, changed=0, gone=0)


def test_many_boards_come_in_pages(network: Simulator, alice: Actor) -> None:
    account = account_of(network.account("elm", boards=260, reads_per_min=10_000), alice.workspace.pk)
    assert sync(account).added == 260
    assert sync(account).changed == 0


def test_what_is_gone_is_marked_and_what_comes_back_is_revived(
    account: Account, alice: Actor, network: Simulator
) -> None:
    sync(account)
    with scope.workspace(alice.workspace.pk):
        board = Target.objects.get(name="Baking")
        Target.objects.create(account=account, kind="board", remote_id="1", name="Long gone")
        Target.objects.create(account=account, kind="section", remote_id="2", name="Its section")
        Target.objects.filter(name="Bread").update(name="An older name", is_secret=True)
        Target.objects.filter(pk=board.pk).update(gone_at=board.account.connected_at)
    assert sync(account) == targets.Synced(total=4, added=0, changed=2, gone=2)
    assert set(listed(alice)) == {"Baking", "Bread", "Cakes", "Hidden"}
    with scope.workspace(alice.workspace.pk):
        assert Target.objects.get(name="Baking").pk == board.pk
        assert Target.objects.count() == 6


def test_a_list_that_breaks_off_marks_nothing_as_gone(account: Account, alice: Actor, network: Simulator) -> None:
    sync(account)
    network.fault("answer", path="/v5/boards/*/sections", status=500, skip=1)
    with pytest.raises(TryLater):
        sync(account)
    assert len(listed(alice)) == 4


def test_a_job_that_fails_says_so(account: Account, alice: Actor, network: Simulator) -> None:
    network.fault("answer", path="/v5/boards", status=500)
    jobs.sync_targets(str(alice.workspace.pk), str(account.pk))
    assert event_kinds(alice) == ["account.targets_failed"]
    jobs.sync_targets(str(alice.workspace.pk), str(account.pk))
    assert len(listed(alice)) == 4


def test_a_revoked_account_is_marked_by_the_look(account: Account, alice: Actor, network: Simulator) -> None:
    network.fault("revoke_token", path="/v5/boards")
    with pytest.raises(NeedsReconnect):
        sync(account)
    jobs.sync_targets(str(alice.workspace.pk), str(account.pk))
    with scope.workspace(alice.workspace.pk):
        assert Account.objects.get().state == AccountState.NEEDS_RECONNECT


def test_names_are_made_to_fit(account: Account, alice: Actor, network: Simulator) -> None:
    long = account_of(network.account("elm", boards=[{"name": " two\nlines " + "x" * 300}]), alice.workspace.pk)
    sync(long)
    assert [name[:12] for name in listed(alice)] == ["two lines xx"]
    assert max(map(len, listed(alice))) == 200
    assert sync(long).changed == 0
