"""Whether an account can publish, and how a page or a command says so.

`mark_needs_reconnect` is called by whoever learns that a permission is gone; `health_of` by the doors. No network is
called here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from petra.accounts import budgets
from petra.accounts.models import Account, AccountState
from petra.networks import registry
from petra.tenancy import scope
from petra.webhooks import events

_WARN_BEFORE = timedelta(days=7)


@dataclass(frozen=True)
class Health:
    """What a page shows of one account. `needs_person` asks for action; `reason` is a sentence; empty: all is well."""

    account: Account
    network_label: str
    state: AccountState
    needs_person: bool
    reason: str
    renews_at: datetime | None  # when the access token runs out; Petra renews it before
    ends_at: datetime | None  # when only a person can renew it
    rests_until: datetime | None  # after a spam block
    budget: budgets.Left


def mark_needs_reconnect(account: Account, *, reason: str) -> bool:
    """Say that only a person can bring `account` back; False where it was said before or the account is disconnected.

    `reason` is a sentence for a person. Writes `account.needs_reconnect` once. Opens a scope or joins the open one.
    """
    with scope.workspace(account.own_workspace_id):
        changed = Account.objects.filter(pk=account.pk, state=AccountState.CONNECTED).update(
            state=AccountState.NEEDS_RECONNECT, state_reason=reason
        )
        if changed:
            events.record("account.needs_reconnect", subject=account, reason=reason, name=account.username)
    if changed:
        account.state, account.state_reason = AccountState.NEEDS_RECONNECT, reason
    return bool(changed)


def health_of(accounts: Iterable[Account], *, now: datetime) -> list[Health]:
    """Say how each account is, in the given order. Prefetch `budgets` to save a query per account."""
    return [_health(account, now) for account in accounts]


def _health(account: Account, now: datetime) -> Health:
    network = registry.network(account.network)
    state = AccountState(account.state)
    rests_until = account.cools_down_until if account.cools_down_until and account.cools_down_until > now else None
    ends_soon = account.refresh_expires_at is not None and account.refresh_expires_at < now + _WARN_BEFORE
    needs_person = state is AccountState.NEEDS_RECONNECT or (state is AccountState.CONNECTED and ends_soon)
    reason = account.state_reason
    if not reason and needs_person:
        reason = "The sign-in ends soon and can't be renewed by itself. Connect the account again."
    elif not reason and rests_until:
        reason = f"{network.label} took a post for spam. The account rests and goes on by itself."
    return Health(
        account=account,
        network_label=network.label,
        state=state,
        needs_person=needs_person,
        reason=reason,
        renews_at=account.access_expires_at,
        ends_at=account.refresh_expires_at,
        rests_until=rests_until,
        budget=budgets.left(account, network, now=now),
    )


def stop_asking(account: Account) -> None:
    """Remember that a person wants no question any more before they publish on `account`. Call inside a scope."""
    Account.objects.filter(pk=account.pk).update(asks_before_publish_now=False)
    account.asks_before_publish_now = False


def is_connected_now(account_id: UUID) -> bool:
    """Say whether an account that was read as signed out is connected again by now. Call inside a scope.

    The row is locked against being connected until this transaction ends. So what is held for the account's sake
    here is either seen by whoever connects it, or is not held at all.
    """
    with connection.cursor() as cursor:
        cursor.execute("select state from accounts_account where id = %s for share", [account_id])
        row = cursor.fetchone()
    return row is not None and row[0] == AccountState.CONNECTED
