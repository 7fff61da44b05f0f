"""The tokens of accounts: the only file that opens them, and the only one that renews them.

Called by `publishing`, `targets` and the doors, always outside a scope: it opens its own short ones, and none is open
while the network is called. Some refresh tokens work once, so one process at a time renews an account's: it takes a
lease on the row (compare-and-set on the database's clock), keeps it alive while it calls, and writes where the tokens
are still those it began with. The others wait for a moment and read the new token, or come back later. Tokens leave
this file for the client of `networks`, nowhere else.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, connections

from petra.accounts import budgets, developer_apps, finding, keyring
from petra.accounts.budgets import Category
from petra.accounts.health import mark_needs_reconnect
from petra.accounts.models import Account, AccountState
from petra.lib import clock
from petra.lib.ids import new_id
from petra.lib.seal import SealError
from petra.networks import registry
from petra.networks.client import Client
from petra.networks.contract import Cause, NeedsReconnect, NetworkError, Tokens, TryLater
from petra.tenancy import scope

T = TypeVar("T")
log = logging.getLogger(__name__)

EARLY_S = 600.0  # a token with less life than this is renewed before it is used
_TOO_LATE_S = 30.0  # with less than this it is not used any more, though it is still valid
_BEATS = 3  # as often the holder of a lease says that it lives before it is taken for dead
_PATIENCE_S = 4.0  # how long others wait for the one that renews; then the wait belongs into their rows
_COME_BACK_S = 10.0  # thrice that, and PATIENCE, outlasts a slow answer and a dead holder: three tries are enough
_LOOK_EVERY_S = 0.1

_ENDED = "The account is disconnected. Connect it again."
_NO_RENEWAL = "The sign-in has run out and can't be renewed. Connect the account again."
_REFUSED_AGAIN = "The network refuses a sign-in that was just renewed. Connect the account again."


class AccessToken(str):
    """A bearer token. Its repr is `***`, so that it can't slip into a log or a traceback by itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True)
class _Stored:
    """The opened column."""

    access: AccessToken = field(repr=False)
    refresh: str | None = field(repr=False)


@dataclass(frozen=True)
class _Lease:
    """The right to renew one account's tokens, and what is needed for it."""

    id: UUID
    account: Account
    stored: _Stored = field(repr=False)


@dataclass(frozen=True)
class Rotation:
    """How many accounts' tokens were looked at, sealed anew, and could not be opened."""

    seen: int
    resealed: int
    unreadable: int


class _Busy(Exception):
    """Somebody else is renewing these tokens."""


def store(account: Account, tokens: Tokens) -> None:
    """Seal `tokens` into `account`'s fields, without saving. An answer without refresh token keeps the stored one."""
    refresh = tokens.refresh
    refresh_expires_at = tokens.refresh_expires_at
    if refresh is None and account.tokens_sealed is not None:
        refresh = _open(account).refresh
        refresh_expires_at = refresh_expires_at or account.refresh_expires_at
    account.tokens_sealed = _seal(account, _Stored(AccessToken(tokens.access), refresh))
    account.access_expires_at = tokens.access_expires_at
    account.refresh_expires_at = refresh_expires_at
    if tokens.scopes:
        account.scopes = list(tokens.scopes)
    account.refresh_lease = account.refresh_leased_until = None  # whoever renews the old tokens has lost


COLUMNS = (
    "tokens_sealed",
    "access_expires_at",
    "refresh_expires_at",
    "scopes",
    "refresh_lease",
    "refresh_leased_until",
)


def forget(account: Account) -> None:
    """Delete the tokens from `account`'s fields, without saving."""
    account.tokens_sealed = account.access_expires_at = account.refresh_expires_at = None
    account.refresh_lease = account.refresh_leased_until = None


def access_token(account_id: UUID, workspace_id: UUID) -> AccessToken:
    """Return a token that will live a while, renewed first where it must be.

    Raises NeedsReconnect (the account is marked already), or TryLater when it can't be renewed now.
    """
    with scope.workspace(workspace_id):
        account: Account = Account.objects.get(pk=account_id)
    return _usable_token(account)


def client_for(account: Account, *, paid_calls: int = 0, category: Category = Category.CALLS) -> Client:
    """Make the client of `account`, whose calls feed its budget; the first `paid_calls` were paid by `budgets.take`.

    No query while the row at hand has a token that lives. Raises as `access_token` does.
    """
    return _client(account, _usable_token(account), paid_calls=paid_calls, category=category)


def call(
    account: Account, work: Callable[[Client], T], *, paid_calls: int = 0, category: Category = Category.CALLS
) -> T:
    """Do `work` with the account's client; where the token turns out dead, renew it once and do it again.

    A dead token means that nothing was written, so `work` may be a send. An account whose permission is gone is marked
    before NeedsReconnect goes on to the caller. Raises whatever `work` raises, and what `access_token` raises.
    """
    if not paid_calls:  # whoever paid was told already
        _check_open(account, category)
    token = _usable_token(account)
    try:
        return work(_client(account, token, paid_calls=paid_calls, category=category))
    except NeedsReconnect as refusal:
        if refusal.cause is not Cause.AUTH_EXPIRED:
            mark_needs_reconnect(account, reason=refusal.for_person)
            raise
    renewed = refresh(account.own_workspace_id, account.pk, force_if=token)
    try:
        return work(_client(account, renewed, paid_calls=0, category=category))
    except NeedsReconnect as refusal:
        reason = _REFUSED_AGAIN if refusal.cause is Cause.AUTH_EXPIRED else refusal.for_person
        mark_needs_reconnect(account, reason=reason)
        raise


def refresh(
    workspace_id: UUID, account_id: UUID, *, force_if: str | None = None, early_s: float = EARLY_S
) -> AccessToken:
    """Renew the tokens and return the new access token; one call to the network, however many ask at once.

    Renews where less than `early_s` seconds of life are left, or where the stored access token is still `force_if`, the
    one that was refused. Raises NeedsReconnect when the network refuses (the account is marked), TryLater when it can't
    be reached or another process has not come to an end; then the stored tokens are as they were.
    """
    if scope.is_open():
        raise RuntimeError("A scope is open. Tokens are renewed outside of one: the network is called.")
    give_up_at = clock.monotonic() + _PATIENCE_S
    seen: bytes | None = None
    while True:
        try:
            found = _lease(workspace_id, account_id, force_if=force_if, early_s=early_s, unless_seen=seen)
        except _Busy as busy:
            seen = busy.args[0]
            if clock.monotonic() > give_up_at:
                raise _not_now(after_s=_COME_BACK_S) from None
            clock.sleep(_LOOK_EVERY_S)
            continue
        return _renew(found) if isinstance(found, _Lease) else found


def rotate_keys(*, progress: Callable[[int], None] = lambda seen: None) -> Rotation:
    """Seal all workspaces' tokens with the first key of the ring. Repeatable; tells `progress` of each account seen.

    Accounts whose key is not in the ring any more are counted and left as they are.
    """
    seen = resealed = unreadable = 0
    for workspace_id, account_id in finding.accounts_with_tokens():
        with scope.workspace(workspace_id):
            account = Account.objects.select_for_update().filter(pk=account_id, tokens_sealed__isnull=False).first()
            if account is not None and keyring.ring().needs_resealing(account.tokens_sealed):
                try:
                    account.tokens_sealed = _seal(account, _open(account))
                except SealError:
                    unreadable += 1
                else:
                    account.save(update_fields=["tokens_sealed"])
                    resealed += 1
        seen += 1
        progress(seen)
    return Rotation(seen, resealed, unreadable)


def _usable_token(account: Account) -> AccessToken:
    stored = _opened(account)
    if _lives(account, EARLY_S):
        return stored.access
    try:
        return refresh(account.own_workspace_id, account.pk)
    except TryLater:
        if _lives(account, _TOO_LATE_S):
            return stored.access
        raise


def _opened(account: Account) -> _Stored:
    if account.tokens_sealed is None or account.state == AccountState.DISCONNECTED:
        raise NeedsReconnect(_ENDED, cause=Cause.AUTH_REVOKED)
    if account.state == AccountState.NEEDS_RECONNECT:
        raise NeedsReconnect(account.state_reason or _ENDED, cause=Cause.AUTH_REVOKED)
    return _open(account)


def _lives(account: Account, at_least_s: float) -> bool:
    expires_at: datetime | None = account.access_expires_at
    return expires_at is None or expires_at > clock.now() + timedelta(seconds=at_least_s)


def _check_open(account: Account, category: Category) -> None:
    """Raise TryLater where the network asked for no more calls of this account until some later instant."""
    with scope.workspace(account.own_workspace_id):
        wait_s = budgets.closed_for_s(account.pk, category)
    if wait_s > 0:
        raise TryLater("The network asked Petra to wait.", cause=Cause.RATE_LIMITED, after_s=wait_s)


def _client(account: Account, token: AccessToken, *, paid_calls: int, category: Category) -> Client:
    app = developer_apps.app_for(registry.network(account.network))
    meter = _meter(account, paid_calls=paid_calls, category=category)
    return Client.for_app(app, now=clock.now, access_token=token, observe=meter)


def _meter(account: Account, *, paid_calls: int, category: Category) -> budgets.Meter:
    return budgets.Meter(
        workspace_id=account.own_workspace_id,
        account_id=account.pk,
        network=registry.network(account.network),
        category=category,
        paid_calls=paid_calls,
        now=clock.now,
    )


def _lease(
    workspace_id: UUID, account_id: UUID, *, force_if: str | None, early_s: float, unless_seen: bytes | None
) -> _Lease | AccessToken:
    """Take the lease, or return the token where nothing needs renewing.

    Raises _Busy (with the sealed column) while another holds it and lives. Whoever waited (`unless_seen` is the column
    they saw) and finds the lease given back over the same tokens gets TryLater: renewing has just failed, more tries
    won't help.
    """
    with scope.workspace(workspace_id):
        account: Account = Account.objects.select_for_update().get(pk=account_id)
        stored = _opened(account)
        is_refused = force_if is not None and stored.access == force_if
        cannot_renew_yet_lives = stored.refresh is None and _lives(account, 0)
        if not is_refused and (_lives(account, early_s) or cannot_renew_yet_lives):
            return stored.access
        sealed = bytes(account.tokens_sealed or b"")
        if sealed == unless_seen and account.refresh_lease is None:
            raise _not_now()
        lease = new_id()
        if not _claim(account, lease):
            raise _Busy(sealed)
    return _Lease(lease, account, stored)


def _claim(account: Account, lease: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "update accounts_account"
            " set refresh_lease = %s, refresh_leased_until = clock_timestamp() + make_interval(secs => %s)"
            " where id = %s and workspace_id = %s"
            " and (refresh_leased_until is null or refresh_leased_until < clock_timestamp())",
            [lease, settings.WORKER_GONE_S, account.pk, account.own_workspace_id],
        )
        return bool(cursor.rowcount == 1)


@contextmanager
def _held(lease: _Lease) -> Iterator[None]:
    """Keep the lease for as long as this process lives: a thread says so while the network takes its time.

    Whoever is silent for PETRA_WORKER_GONE_S is taken for dead, as a worker is, and another may renew.
    """
    is_over = threading.Event()

    def beat() -> None:
        try:
            while not is_over.wait(settings.WORKER_GONE_S / _BEATS):
                with scope.workspace(lease.account.own_workspace_id), connection.cursor() as cursor:
                    cursor.execute(
                        "update accounts_account set refresh_leased_until = clock_timestamp()"
                        " + make_interval(secs => %s) where id = %s and workspace_id = %s and refresh_lease = %s",
                        [settings.WORKER_GONE_S, lease.account.pk, lease.account.own_workspace_id, lease.id],
                    )
        except DatabaseError as error:  # then the lease runs out, as it should where the database is gone
            log.warning("a lease could not be kept account=%s: %s", lease.account.pk, type(error).__name__)
        finally:
            connections.close_all()

    threading.Thread(target=beat, name="lease", daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def _renew(lease: _Lease) -> AccessToken:
    account = lease.account
    if lease.stored.refresh is None:
        return _end(lease, NeedsReconnect(_NO_RENEWAL, cause=Cause.AUTH_REVOKED))
    try:
        with _held(lease):
            tokens = _ask(account, lease.stored.refresh)
    except NeedsReconnect as refusal:
        return _end(lease, refusal)
    except NetworkError:  # a failure that passes is not a revocation: the tokens stay as they are
        _give_back(lease)
        raise
    return _keep(lease, tokens)


def _ask(account: Account, refresh_token: str) -> Tokens:
    network = registry.network(account.network)
    app = developer_apps.app_for(network)
    _check_open(account, Category.REFRESH)
    meter = _meter(account, paid_calls=0, category=Category.REFRESH)
    client = Client.for_app(app, now=clock.now, observe=meter)
    return network.refresh(client, app, refresh_token=refresh_token, now=clock.now())


def _keep(lease: _Lease, tokens: Tokens) -> AccessToken:
    """Store the new tokens, unless the account was disconnected or connected anew meanwhile.

    Kept even where the lease ran out: the tokens it began with are still there, and the network may take them no more.
    """
    with scope.workspace(lease.account.own_workspace_id):
        account = Account.objects.select_for_update().get(pk=lease.account.pk)
        stored = _opened(account)
        if stored != lease.stored:
            return stored.access
        store(account, tokens)
        account.save(update_fields=COLUMNS)
    log.info("tokens renewed account=%s", account.pk)
    return AccessToken(tokens.access)


def _end(lease: _Lease, refusal: NeedsReconnect) -> AccessToken:
    """Mark the account and raise `refusal`; return the token where somebody put a new one there meanwhile."""
    with scope.workspace(lease.account.own_workspace_id):
        account = Account.objects.select_for_update().get(pk=lease.account.pk)
        stored = _opened(account)
        if stored != lease.stored:
            return stored.access
        if account.refresh_lease != lease.id:  # another's renewal may be why this one was refused
            raise _not_now()
        Account.objects.filter(pk=account.pk).update(refresh_lease=None, refresh_leased_until=None)
        mark_needs_reconnect(account, reason=refusal.for_person)
    raise refusal


def _give_back(lease: _Lease) -> None:
    with scope.workspace(lease.account.own_workspace_id):
        Account.objects.filter(pk=lease.account.pk, refresh_lease=lease.id).update(
            refresh_lease=None, refresh_leased_until=None
        )


def _not_now(*, after_s: float = 15) -> TryLater:
    sentence = "The sign-in could not be renewed just now. Petra tries again."
    return TryLater(sentence, cause=Cause.TRANSIENT, after_s=after_s)


def _seal(account: Account, stored: _Stored) -> bytes:
    text = json.dumps({"access": stored.access, "refresh": stored.refresh})
    return keyring.ring().seal(text, bound_to=_bond(account))


def _open(account: Account) -> _Stored:
    opened = json.loads(keyring.ring().open(bytes(account.tokens_sealed or b""), bound_to=_bond(account)))
    return _Stored(AccessToken(opened["access"]), opened["refresh"])


def _bond(account: Account) -> str:
    return f"tokens of {account.own_workspace_id}/{account.pk}"
