"""One bucket per account, over all threads and kinds of calls."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from conftest import People
from petra.accounts import budgets, tokens
from petra.accounts.models import Account, Budget
from petra.accounts.testing import NETWORK, account_of
from petra.lib import clock
from petra.networks import registry
from petra.networks.contract import TryLater
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.tenancy.access import Actor

NOW = clock.now()


@pytest.fixture
def account(network: Simulator, alice: Actor) -> Account:
    return account_of(network.account("oak"), alice.workspace.pk)


def take(account: Account, *, cost_s: float = 10, burst_s: float = 30) -> float:
    with scope.workspace(account.own_workspace_id):
        return budgets.take(account.pk, cost_s, burst_s)


def charge(account: Account, *, cost_s: float = 0, closed_s: float | None = None) -> None:
    with scope.workspace(account.own_workspace_id):
        budgets.charge(account.pk, cost_s=cost_s, closed_s=closed_s)


def left(account: Account) -> budgets.Left:
    with scope.workspace(account.own_workspace_id):
        return budgets.left(Account.objects.get(pk=account.pk), registry.network(NETWORK), now=clock.now())


def test_a_full_bucket_gives_its_burst_and_then_says_how_long_to_wait(account: Account) -> None:
    assert [take(account) for _ in range(3)] == [0, 0, 0]
    assert 9 < take(account) <= 10.06
    assert 9 < take(account) <= 10.06  # what was refused was not paid


def test_waiting_so_long_is_enough(account: Account) -> None:
    assert [take(account, cost_s=0.2, burst_s=0.4) for _ in range(2)] == [0, 0]
    clock.sleep(take(account, cost_s=0.2, burst_s=0.4))
    assert take(account, cost_s=0.2, burst_s=0.4) == 0


def test_a_bucket_fills_no_further_than_its_burst(account: Account, alice: Actor) -> None:
    take(account)
    with scope.workspace(alice.workspace.pk):
        Budget.objects.update(theoretical_at=clock.now() - timedelta(days=3))
    assert [take(account) == 0 for _ in range(4)] == [True, True, True, False]


def test_a_closed_bucket_waits_until_it_opens_and_the_longer_closing_wins(account: Account) -> None:
    charge(account, closed_s=3600)
    charge(account, closed_s=60)
    charge(account)
    assert 3595 < take(account) < 3601


def test_a_charge_may_overdraw_and_the_next_one_waits_longer(account: Account) -> None:
    for _ in range(6):
        charge(account, cost_s=10)
    assert 39 < take(account) < 41


def test_accounts_do_not_share_a_bucket(network: Simulator, account: Account, alice: Actor) -> None:
    other = account_of(network.account("elm"), alice.workspace.pk)
    charge(account, closed_s=3600)
    assert take(other) == 0


def test_taking_is_one_statement(account: Account, alice: Actor, django_assert_num_queries: object) -> None:
    with scope.workspace(alice.workspace.pk), django_assert_num_queries(1):  # type: ignore[operator]
        budgets.take(account.pk, 10, 30)


def test_a_transaction_that_fails_has_not_paid(account: Account) -> None:
    with pytest.raises(ZeroDivisionError), scope.workspace(account.own_workspace_id):
        budgets.take(account.pk, 30, 30)
        raise ZeroDivisionError
    assert take(account, cost_s=30) == 0


def test_many_threads_take_no_more_than_there_is(network: Simulator, real_people: People) -> None:
    account = account_of(network.account("oak"), real_people.workspace.pk)

    def some() -> int:
        try:
            return sum(take(account, cost_s=600, burst_s=600 * 20) == 0 for _ in range(10))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        got = [future.result(60) for future in [pool.submit(some) for _ in range(8)]]
    assert sum(got) == 20


def pay(account: Account, category: budgets.Category = budgets.Category.PUBLISH) -> float:
    with scope.workspace(account.own_workspace_id):
        return budgets.pay(account.pk, registry.network(NETWORK), category)


def test_the_accounts_of_one_app_share_its_budget_over_all_workspaces(
    network: Simulator, account: Account, people: People, settings: Settings
) -> None:
    other = account_of(network.account("elm"), people.elsewhere.pk)
    settings.APP_LIMITS = {"calls": (8, 86_400.0)}  # two at once, the rest over the day
    assert [pay(account), pay(other)] == [0, 0]
    assert 3600 * 3 < pay(account) < 3600 * 5
    assert 3600 * 3 < pay(other) < 3600 * 5
    told = budgets.app_left(registry.network(NETWORK), now=clock.now())["calls"]
    assert (told.calls, told.calls_at_once) == (0, 2)
    assert told.full_at is not None


def test_what_one_bucket_refuses_is_paid_from_none(account: Account, settings: Settings) -> None:
    settings.ACCOUNT_LIMITS = {"publish": (4, 3600.0)}
    full = left(account).calls
    assert pay(account) == 0
    assert 600 < pay(account) < 1300
    assert left(account).calls == full - 1
    assert pay(account, budgets.Category.BOARDS) == 0


def test_a_closed_kind_of_call_leaves_the_others_open(account: Account) -> None:
    with scope.workspace(account.own_workspace_id):
        budgets.charge(account.pk, closed_s=86_400, category=budgets.Category.PUBLISH)
    assert pay(account) > 86_000
    assert pay(account, budgets.Category.CALLS) == 0


def test_all_buckets_are_taken_from_in_one_statement(
    account: Account, alice: Actor, settings: Settings, django_assert_num_queries: object
) -> None:
    settings.ACCOUNT_LIMITS, settings.APP_LIMITS = {"publish": (100, 60.0)}, {"calls": (1000, 86_400.0)}
    with scope.workspace(alice.workspace.pk), django_assert_num_queries(1):  # type: ignore[operator]
        assert budgets.pay(account.pk, registry.network(NETWORK), budgets.Category.PUBLISH) == 0


def test_threads_of_many_accounts_take_no_more_than_their_app_has(
    network: Simulator, real_people: People, settings: Settings
) -> None:
    settings.APP_LIMITS = {"calls": (80, 86_400.0)}
    accounts = [account_of(network.account(name), real_people.workspace.pk) for name in ("oak", "elm", "ash", "fir")]

    def some(number: int) -> int:
        try:
            return sum(pay(accounts[number % 4]) == 0 for _ in range(10))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        got = [future.result(60) for future in [pool.submit(some, number) for number in range(8)]]
    assert sum(got) == 20


def test_nothing_is_called_before_the_network_wants_it_again(network: Simulator, account: Account) -> None:
    charge(account, closed_s=3600)
    for category in (budgets.Category.BOARDS, budgets.Category.CALLS):
        with pytest.raises(TryLater) as caught:
            tokens.call(account, registry.network(NETWORK).profile, category=category)
        assert 3590 < (caught.value.after_s or 0) <= 3600
    assert network.log(account="oak") == []


@given(st.integers(min_value=1, max_value=5_000))
def test_no_hour_sees_more_calls_than_the_limit(per_hour: int) -> None:
    allowance = budgets.allowance_of(per_hour)
    # A full bucket, emptied at once, and everything that comes back within the hour.
    assert allowance.burst_calls + int(3600 / allowance.cost_s + 1e-6) <= max(per_hour, 2)
    assert allowance.burst_calls >= 1


def test_the_operator_may_set_another_limit(settings: Settings) -> None:
    network = registry.network(NETWORK)
    assert budgets.allowance(network).calls_per_hour == network.limits.calls_per_hour
    settings.CALLS_PER_HOUR = "60"
    assert budgets.allowance(network).calls_per_hour == 60
    settings.CALLS_PER_HOUR = "many"
    with pytest.raises(ImproperlyConfigured, match="PETRA_CALLS_PER_HOUR"):
        budgets.allowance(network)


@pytest.mark.parametrize(
    ("status", "headers", "wait_s"),
    [
        (200, {}, None),
        (200, {"x-ratelimit-remaining": "5", "x-ratelimit-reset": "60"}, None),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}, 60),
        (429, {"retry-after": "3600", "x-ratelimit-reset": "60"}, 3600),
        (429, {"x-ratelimit-reset": "67150"}, 67150),
        (429, {"x-ratelimit-reset": str(int(NOW.timestamp()) + 90)}, 90),
        (429, {"x-ratelimit-reset": (NOW + timedelta(seconds=90)).isoformat()}, 90),
        (429, {}, 60),
        (429, {"retry-after": "soon"}, 60),
        (503, {"retry-after": "120"}, None),
        (None, {}, None),
    ],
)
def test_what_an_answer_asks_for(status: int | None, headers: dict[str, str], wait_s: float | None) -> None:
    assert budgets.asked_to_wait_s(status, headers, NOW) == (pytest.approx(wait_s, abs=1.1) if wait_s else None)


def test_a_call_is_charged_unless_it_was_paid_before(account: Account) -> None:
    profile = registry.network(NETWORK).profile
    full = left(account)
    assert (full.calls, full.full_at) == (full.calls_at_once, None)
    profile(tokens.client_for(account, paid_calls=1))
    assert left(account).calls == full.calls
    client = tokens.client_for(account, paid_calls=1)
    for _ in range(3):
        profile(client)
    assert left(account).calls == full.calls - 2
    assert left(account).full_at is not None


def test_429_with_retry_after_closes_the_bucket_for_all(network: Simulator, account: Account) -> None:
    network.fault("rate_limit", path="/v5/user_account", after_s=3600)
    with pytest.raises(TryLater) as caught:
        tokens.call(account, registry.network(NETWORK).profile, paid_calls=1)
    assert caught.value.after_s is not None
    assert 3590 < take(account) < 3605
    now_left = left(account)
    assert now_left.calls == 0
    assert now_left.closed_until is not None


def test_a_call_without_answer_is_charged_too(network: Simulator, account: Account) -> None:
    network.fault("drop_before_apply", path="/v5/user_account")
    with pytest.raises(TryLater):
        tokens.call(account, registry.network(NETWORK).profile)
    assert left(account).calls == left(account).calls_at_once - 1
