"""Tokens: sealed at rest, renewed by one at a time, never lost to a failure that passes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections
from pytest_django.fixtures import Settings

from conftest import People
from petra.accounts import connecting, finding, health, jobs, tokens
from petra.accounts.models import Account, AccountState
from petra.accounts.testing import NETWORK, account_of, actor_of, connect
from petra.lib import clock, seal
from petra.lib.testing import ended
from petra.networks import registry
from petra.networks.client import Client
from petra.networks.contract import Cause, NeedsReconnect, Profile, Tokens, TryLater
from petra.simulator.testing import SimulatedAccount, Simulator
from petra.tenancy import scope
from petra.tenancy.access import Actor
from petra.webhooks.models import Event

TOKEN_PATH = "/v5/oauth/token"
SOON = timedelta(minutes=9)


def fresh(account: Account) -> Account:
    with scope.workspace(account.own_workspace_id):
        row: Account = Account.objects.get(pk=account.pk)
    return row


def renewals(network: Simulator) -> list[int | None]:
    return [call["status"] for call in network.log(path=TOKEN_PATH)]


def whose(client: Client) -> Profile:
    return registry.network(NETWORK).profile(client)


def kinds(actor: Actor) -> list[str]:
    with scope.workspace(actor.workspace.pk):
        return list(Event.objects.order_by("id").values_list("kind", flat=True))


@pytest.fixture
def profile(network: Simulator) -> SimulatedAccount:
    return network.account("oak")


@pytest.fixture
def account(profile: SimulatedAccount, alice: Actor) -> Account:
    return account_of(profile, alice.workspace.pk)


@pytest.fixture
def ending(profile: SimulatedAccount, alice: Actor) -> Account:
    """An account whose access token has nine minutes to live."""
    return account_of(profile, alice.workspace.pk, access_expires_at=clock.now() + SOON)


def test_tokens_are_sealed_at_rest_and_hidden_in_reprs(profile: SimulatedAccount, account: Account) -> None:
    sealed = bytes(fresh(account).tokens_sealed or b"")
    assert profile.access_token.encode() not in sealed
    assert profile.refresh_token.encode() not in sealed
    token = tokens.access_token(account.pk, account.own_workspace_id)
    assert token == profile.access_token
    assert repr(token) == "***"
    assert profile.access_token not in repr(tokens.client_for(account))


def test_sealed_tokens_of_another_row_can_not_be_opened(network: Simulator, alice: Actor, account: Account) -> None:
    other = account_of(network.account("elm"), alice.workspace.pk)
    with scope.workspace(alice.workspace.pk):
        Account.objects.filter(pk=other.pk).update(tokens_sealed=account.tokens_sealed)
    with pytest.raises(seal.SealError, match="another row"):
        tokens.access_token(other.pk, alice.workspace.pk)


def test_a_token_that_lives_costs_no_query(account: Account, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        tokens.client_for(account)


def test_a_token_near_its_end_is_renewed_before_use(
    network: Simulator, profile: SimulatedAccount, ending: Account
) -> None:
    token = tokens.access_token(ending.pk, ending.own_workspace_id)
    assert token != profile.access_token
    assert tokens.access_token(ending.pk, ending.own_workspace_id) == token
    assert renewals(network) == [200]
    assert whose(tokens.client_for(fresh(ending))).username == "oak"


def test_a_dead_token_is_renewed_once_and_the_call_made_again(network: Simulator, account: Account) -> None:
    network.fault("expire_token", path="/v5/user_account")
    assert tokens.call(account, whose).username == "oak"
    assert renewals(network) == [200]
    assert [call["status"] for call in network.log(path="/v5/user_account")] == [401, 200]


def test_a_token_renewed_by_another_is_used_and_not_renewed_again(network: Simulator, account: Account) -> None:
    old = tokens.access_token(account.pk, account.own_workspace_id)
    new = tokens.refresh(account.own_workspace_id, account.pk, force_if=old)
    assert tokens.refresh(account.own_workspace_id, account.pk, force_if=old) == new
    assert renewals(network) == [200]


def test_a_refresh_token_that_changes_is_kept(network: Simulator, account: Account) -> None:
    network.settings(does_refresh_end_old=True)
    for _ in range(3):
        token = tokens.access_token(account.pk, account.own_workspace_id)
        tokens.refresh(account.own_workspace_id, account.pk, force_if=token)
    assert renewals(network) == [200, 200, 200]


def test_an_answer_without_refresh_token_keeps_the_stored_one(
    profile: SimulatedAccount, account: Account, alice: Actor
) -> None:
    ends_at = account.refresh_expires_at
    with scope.workspace(alice.workspace.pk):
        tokens.store(account, Tokens("new access", None, clock.now() + timedelta(hours=1), None, ()))
        account.save()
    assert (account.refresh_expires_at, account.scopes) == (ends_at, list(profile.scopes))
    tokens.refresh(alice.workspace.pk, account.pk, force_if="new access")
    assert fresh(account).state == AccountState.CONNECTED


def test_a_revoked_sign_in_needs_a_person_and_says_so_once(network: Simulator, account: Account, alice: Actor) -> None:
    network.fault("revoke_token", path="/v5/user_account")
    with pytest.raises(NeedsReconnect) as caught:
        tokens.call(account, whose)
    assert caught.value.cause is Cause.AUTH_REVOKED
    marked = fresh(account)
    assert marked.state == AccountState.NEEDS_RECONNECT
    assert marked.state_reason == caught.value.for_person
    assert marked.refresh_lease is None
    for _ in range(2):
        with pytest.raises(NeedsReconnect, match="Connect the account again"):
            tokens.access_token(account.pk, account.own_workspace_id)
    assert renewals(network) == [401]
    assert kinds(alice) == ["account.needs_reconnect"]


def test_a_missing_permission_is_not_an_expired_token(network: Simulator, alice: Actor) -> None:
    account = account_of(network.account("elm", scopes=["boards:read"]), alice.workspace.pk)
    with pytest.raises(NeedsReconnect) as caught:
        tokens.call(account, whose)
    assert caught.value.cause is Cause.PERMISSION
    assert renewals(network) == []
    assert "user_accounts:read" in fresh(account).state_reason


def test_a_renewed_token_that_is_refused_again_needs_a_person(network: Simulator, account: Account) -> None:
    network.fault("expire_token", path="/v5/user_account", times=2)
    with pytest.raises(NeedsReconnect):
        tokens.call(account, whose)
    assert "just renewed" in fresh(account).state_reason
    assert renewals(network) == [200]


@pytest.mark.parametrize("kind", ["answer", "drop_before_apply", "malformed", "rate_limit"])
def test_a_failure_that_passes_is_not_a_revocation(network: Simulator, account: Account, kind: str) -> None:
    sealed = bytes(account.tokens_sealed or b"")
    network.fault("expire_token", path="/v5/user_account")
    network.fault(kind, path=TOKEN_PATH)
    with pytest.raises(TryLater):
        tokens.call(account, whose)
    after = fresh(account)
    assert (after.state, bytes(after.tokens_sealed or b"")) == (AccountState.CONNECTED, sealed)
    assert after.refresh_lease is None
    with scope.workspace(account.own_workspace_id):
        account.budgets.all().delete()  # after 429 the network is left alone for a while
    assert tokens.call(account, whose).username == "oak"


def test_a_token_that_still_lives_is_used_when_renewing_fails(
    network: Simulator, profile: SimulatedAccount, ending: Account
) -> None:
    network.fault("answer", path=TOKEN_PATH, status=500)
    assert tokens.access_token(ending.pk, ending.own_workspace_id) == profile.access_token


def test_a_token_in_its_last_seconds_is_not(network: Simulator, profile: SimulatedAccount, alice: Actor) -> None:
    account = account_of(profile, alice.workspace.pk, access_expires_at=clock.now() + timedelta(seconds=20))
    network.fault("answer", path=TOKEN_PATH, status=500)
    with pytest.raises(TryLater):
        tokens.access_token(account.pk, account.own_workspace_id)


def test_without_refresh_token_a_sign_in_ends_with_its_access_token(account: Account, alice: Actor) -> None:
    with scope.workspace(alice.workspace.pk):
        tokens.forget(account)
        tokens.store(account, Tokens("short", None, clock.now() + timedelta(minutes=5), None, ()))
        account.save()
    assert tokens.access_token(account.pk, alice.workspace.pk) == "short"
    with time_machine.travel(clock.now() + timedelta(minutes=6)), pytest.raises(NeedsReconnect):
        tokens.access_token(account.pk, alice.workspace.pk)
    assert fresh(account).state == AccountState.NEEDS_RECONNECT


def test_a_disconnected_account_has_no_token(network: Simulator, alice: Actor) -> None:
    account = connect(alice, profile="petra.kitchen").account
    connecting.disconnect(account, actor=alice)
    with pytest.raises(NeedsReconnect):
        tokens.access_token(account.pk, alice.workspace.pk)
    assert health.mark_needs_reconnect(fresh(account), reason="x") is False


def test_renewing_inside_a_scope_is_refused(account: Account, alice: Actor) -> None:
    with scope.workspace(alice.workspace.pk), pytest.raises(RuntimeError, match="outside"):
        tokens.refresh(alice.workspace.pk, account.pk)


# With threads: committed rows.


@pytest.fixture
def real_alice(real_people: People) -> Actor:
    return actor_of(real_people.alice, real_people.workspace)


def at_once(count: int, work: object) -> list[object]:
    """Run `work` in so many threads that begin together; return what each gave or raised."""
    gate = threading.Barrier(count)

    def run() -> object:
        gate.wait(10)
        try:
            return work()  # type: ignore[operator]
        except (TryLater, NeedsReconnect) as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return [future.result(60) for future in [pool.submit(run) for _ in range(count)]]


def test_eight_at_once_renew_once(network: Simulator, real_alice: Actor) -> None:
    network.settings(does_refresh_end_old=True, latency_ms=200)
    account = account_of(network.account("oak"), real_alice.workspace.pk, access_expires_at=clock.now())
    got = at_once(8, lambda: tokens.access_token(account.pk, account.own_workspace_id))
    assert len(set(got)) == 1
    assert renewals(network) == [200]
    assert whose(tokens.client_for(fresh(account))).username == "oak"


def test_eight_refused_at_once_renew_once_and_all_succeed(network: Simulator, real_alice: Actor) -> None:
    network.settings(does_refresh_end_old=True, latency_ms=50)
    network.fault("expire_token", path="/v5/user_account")
    account = account_of(network.account("oak"), real_alice.workspace.pk)
    got = at_once(8, lambda: tokens.call(account, whose))
    assert [one.username for one in got if isinstance(one, Profile)] == ["oak"] * 8
    assert renewals(network) == [200]


@pytest.mark.slow
def test_eight_processes_renew_a_token_that_works_once_and_all_succeed(
    network: Simulator, real_alice: Actor, settings: Settings
) -> None:
    network.settings(does_refresh_end_old=True, latency_ms=200)
    profile = network.account("oak")
    account = account_of(profile, real_alice.workspace.pk)
    environment = {**os.environ, "SIMULATOR_URL": network.base, "PETRA_KEYS": settings.PETRA_KEYS, "DATABASE_POOL": "2"}
    command = [sys.executable, "-m", "petra.accounts.tests.refreshing_process"]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, str(account.own_workspace_id), str(account.pk), profile.access_token],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(8)
        ]
        assert [p.stdout.readline() for p in processes if p.stdout] == ["ready\n"] * 8
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=60)[0] for process in processes]
    assert [p.returncode for p in processes] == [0] * 8
    assert len(set(said)) == 1 and len(said) == 8
    assert renewals(network) == [200]
    assert whose(tokens.client_for(fresh(account))).username == "oak"


def test_eight_at_once_ask_a_network_out_of_order_once(network: Simulator, real_alice: Actor) -> None:
    network.settings(latency_ms=300)
    network.fault("answer", path=TOKEN_PATH, status=503, times=None)
    account = account_of(network.account("oak"), real_alice.workspace.pk, access_expires_at=clock.now())
    got = at_once(8, lambda: tokens.access_token(account.pk, account.own_workspace_id))
    assert all(isinstance(one, TryLater) for one in got)
    assert renewals(network) == [503]


def test_disconnecting_while_renewing_wins(network: Simulator, real_alice: Actor) -> None:
    network.settings(latency_ms=500)
    account = account_of(network.account("oak"), real_alice.workspace.pk, access_expires_at=clock.now())
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(at_once, 1, lambda: tokens.access_token(account.pk, account.own_workspace_id))
        while fresh(account).refresh_lease is None:
            clock.sleep(0.01)
        connecting.disconnect(account, actor=real_alice)
        assert isinstance(renewing.result(30)[0], NeedsReconnect)
    after = fresh(account)
    assert (after.state, after.tokens_sealed) == (AccountState.DISCONNECTED, None)


def test_a_lease_whose_holder_died_runs_out(network: Simulator, account: Account, alice: Actor) -> None:
    with scope.workspace(alice.workspace.pk):
        Account.objects.update(
            refresh_lease=account.pk,
            refresh_leased_until=clock.now() - timedelta(seconds=1),
            access_expires_at=clock.now(),
        )
    tokens.access_token(account.pk, alice.workspace.pk)
    assert renewals(network) == [200]


def test_others_do_not_wait_for_ever(
    network: Simulator, account: Account, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_PATIENCE_S", 0.3)
    with scope.workspace(alice.workspace.pk):
        Account.objects.update(
            refresh_lease=account.pk,
            refresh_leased_until=clock.now() + timedelta(hours=1),
            access_expires_at=clock.now(),
        )
    with pytest.raises(TryLater) as caught:
        tokens.access_token(account.pk, alice.workspace.pk)
    assert caught.value.after_s is not None and caught.value.after_s <= 15, "the wait belongs into the delivery's row"
    assert renewals(network) == []


def test_nobody_sleeps_for_long_in_a_job() -> None:
    assert tokens._PATIENCE_S <= 5


def test_a_lease_lasts_as_long_as_its_holder_lives(network: Simulator, real_alice: Actor, settings: Settings) -> None:
    settings.WORKER_GONE_S = 0.9
    network.settings(latency_ms=2500)
    account = account_of(network.account("oak"), real_alice.workspace.pk, access_expires_at=clock.now())
    got = at_once(3, lambda: tokens.access_token(account.pk, account.own_workspace_id))
    assert len(set(got)) == 1
    assert renewals(network) == [200], "a lease ran out under its holder"


@pytest.mark.slow
def test_a_killed_process_blocks_its_account_for_seconds(
    network: Simulator, real_alice: Actor, settings: Settings
) -> None:
    network.settings(latency_ms=20_000)
    account = account_of(network.account("oak"), real_alice.workspace.pk, access_expires_at=clock.now())
    environment = {
        **os.environ,
        "SIMULATOR_URL": network.base,
        "PETRA_KEYS": settings.PETRA_KEYS,
        "PETRA_WORKER_GONE_S": "2",
        "DATABASE_POOL": "2",
    }
    command = [sys.executable, "-m", "petra.accounts.tests.refreshing_process"]
    arguments = [str(account.own_workspace_id), str(account.pk), "-"]
    refreshing = subprocess.Popen(
        [*command, *arguments], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with ended(refreshing) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        process.stdin.write("go\n")
        process.stdin.flush()
        give_up_at = clock.monotonic() + 30
        while fresh(account).refresh_lease is None:
            assert clock.monotonic() < give_up_at
            clock.sleep(0.02)
        clock.sleep(3)
        with scope.workspace(account.own_workspace_id):
            leased_until = Account.objects.get(pk=account.pk).refresh_leased_until
        assert leased_until is not None and leased_until > clock.now(), "it lives, so it keeps its lease"
        process.kill()
    network.settings(latency_ms=0)
    began = clock.monotonic()
    tokens.access_token(account.pk, account.own_workspace_id)
    assert clock.monotonic() - began < 3.5


# The sweep and the keys.


def test_the_sweep_renews_what_runs_out_within_a_week(network: Simulator, alice: Actor, charlie: Actor) -> None:
    now = clock.now()
    soon = account_of(network.account("soon"), alice.workspace.pk, access_expires_at=now + timedelta(days=6))
    account_of(network.account("later"), alice.workspace.pk, access_expires_at=now + timedelta(days=8))
    other = account_of(network.account("other"), charlie.workspace.pk, access_expires_at=now + timedelta(hours=1))
    gone = account_of(network.account("gone"), charlie.workspace.pk, access_expires_at=now)
    with scope.workspace(charlie.workspace.pk):
        Account.objects.filter(pk=gone.pk).update(state=AccountState.NEEDS_RECONNECT)
    jobs.sweep_tokens()
    jobs.sweep_tokens()  # a job that waits already is not doubled
    with connection.cursor() as cursor:
        cursor.execute("select args ->> 'workspace_id', args ->> 'account_id' from procrastinate_jobs")
        asked = cursor.fetchall()
    assert {one[1] for one in asked} == {str(soon.pk), str(other.pk)}
    for workspace_id, account_id in asked:
        jobs.renew_tokens(workspace_id, account_id)
    assert renewals(network) == [200, 200]
    assert list(finding.accounts_expiring(within_s=7 * 86400)) == []


def test_the_sweep_survives_what_can_not_be_renewed(network: Simulator, ending: Account, alice: Actor) -> None:
    network.fault("answer", path=TOKEN_PATH, status=500)
    jobs.renew_tokens(str(alice.workspace.pk), str(ending.pk))
    assert fresh(ending).state == AccountState.CONNECTED
    network.fault("revoke_token", path=TOKEN_PATH)
    jobs.renew_tokens(str(alice.workspace.pk), str(ending.pk))
    assert fresh(ending).state == AccountState.NEEDS_RECONNECT


def test_keys_are_rotated_over_all_workspaces(
    network: Simulator, alice: Actor, charlie: Actor, settings: Settings
) -> None:
    profiles = [network.account(name) for name in ("oak", "elm", "ash")]
    homes = [alice.workspace.pk, alice.workspace.pk, charlie.workspace.pk]
    accounts = [account_of(profile, home) for profile, home in zip(profiles, homes, strict=True)]
    old = settings.PETRA_KEYS
    new = seal.new_key()
    settings.PETRA_KEYS = f"{new},{old}"
    seen: list[int] = []
    assert tokens.rotate_keys(progress=seen.append) == tokens.Rotation(seen=3, resealed=3, unreadable=0)
    assert tokens.rotate_keys().resealed == 0
    assert seen == [1, 2, 3]
    settings.PETRA_KEYS = new
    for profile, account in zip(profiles, accounts, strict=True):
        assert tokens.access_token(account.pk, account.own_workspace_id) == profile.access_token


def test_rotating_tells_of_tokens_whose_key_is_gone(account: Account, settings: Settings) -> None:
    settings.PETRA_KEYS = seal.new_key()
    assert tokens.rotate_keys() == tokens.Rotation(seen=1, resealed=0, unreadable=1)
    with pytest.raises(seal.SealError, match="Put that key back"):
        tokens.access_token(account.pk, account.own_workspace_id)
