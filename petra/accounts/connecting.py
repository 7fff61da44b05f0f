"""Connecting an account: the way to the network's consent page and back, and the way out.

Called by the doors that show accounts. OAuth authorization code with state and PKCE (RFC 7636, S256). A started
connection is valid for ten minutes, once, in the browser session and the workspace that started it. Short scopes before
and after; none is open while the network is called. Held deliveries are not its business: the door hands the result on.
"""

from __future__ import annotations

import hashlib
import logging
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils.http import url_has_allowed_host_and_scheme

from petra.accounts import budgets, developer_apps, keyring, targets, tokens
from petra.accounts.models import Account, AccountState, OAuthState, one_line
from petra.lib import clock, ids, queue
from petra.lib.errors import ProductError
from petra.networks import registry
from petra.networks.client import Client
from petra.networks.contract import Cause, NeedsReconnect, Network, NetworkError, Profile, Tokens
from petra.tenancy import scope
from petra.tenancy.access import Actor
from petra.webhooks import events

log = logging.getLogger(__name__)
VALID_FOR = timedelta(minutes=10)
# What networks answer when the person says no: the standard's word, and two of their own.
_SAID_NO = frozenset({"access_denied", "user_cancelled_login", "user_cancelled_authorize"})
_KEPT_FOR = timedelta(days=1)  # used and expired ones, so that a late or second return is told from a strange one


class ConnectError(ProductError):
    """Connecting did not work, and nothing was changed. `for_person` says why and what to do.

    Codes: not_configured, state_unknown, state_used, state_expired, denied, refused, unreachable, missing_scope,
    other_profile.
    """


@dataclass(frozen=True)
class Connection:
    """A finished connection. `is_back`: the account was here before, so deliveries may be waiting for it."""

    account: Account
    is_back: bool
    return_to: str  # a path of ours, empty for none


def start(
    network_key: str,
    *,
    actor: Actor,
    session_key: str,
    redirect_uri: str,
    return_to: str = "",
    account: Account | None = None,
) -> str:
    """Begin to connect and return the address of the consent page. Opens its own scope.

    `redirect_uri` is this installation's callback, whole; the network must know it. With `account`, only that profile
    is accepted when the person comes back. Raises ConnectError (not_configured).
    """
    network = _network(network_key)
    app = developer_apps.app_for(network)
    if not developer_apps.is_configured(network):
        prefix = network.sign_in.setting_prefix
        raise ConnectError(
            "not_configured",
            f"Petra has no {network.label} app yet. Set {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET, and restart it.",
        )
    state, verifier = ids.new_secret(), ids.new_secret(48)
    with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
        OAuthState.objects.filter(created_at__lt=clock.now() - _KEPT_FOR).delete()
        OAuthState.objects.create(
            network=network.key,
            state_digest=_digest(state),
            session_digest=_session_digest(session_key),
            verifier_sealed=keyring.ring().seal(verifier, bound_to=_digest(state)),
            redirect_uri=redirect_uri,
            account=account,
            return_to=_own_path(return_to),
            created_at=clock.now(),
        )
    return network.consent_url(app, redirect_uri=redirect_uri, state=state, code_challenge=_challenge(verifier))


def finish(network_key: str, *, params: Mapping[str, str], actor: Actor, session_key: str) -> Connection:
    """Take what the network sent back with the person (`params`, the query) and store the account. Not repeatable.

    Opens its own scopes; call outside one. Raises ConnectError: then the account, if there was one, is as before.
    """
    network = _network(network_key)
    started = _take(network, params.get("state", ""), actor=actor, session_key=session_key)
    if "error" in params or not params.get("code"):
        raise _declined(network, params.get("error", ""))
    granted, profile = _ask(network, started, params["code"])
    with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
        account, is_back = _keep(network, started, granted, profile)
        queue.enqueue(
            targets.JOB,
            only_once_as=f"targets-{account.pk}",
            workspace_id=str(account.own_workspace_id),
            account_id=str(account.pk),
        )
    return Connection(account, is_back, started.return_to)


def disconnect(account: Account, *, actor: Actor) -> None:
    """Delete the tokens of `account` and keep its row, slots and history. Opens its own scope; repeatable.

    The network is not told: most have no way for it. The person can remove the app in the network's own settings.
    """
    with scope.workspace(account.own_workspace_id, actor_id=actor.user.pk):
        row = Account.objects.select_for_update().get(pk=account.pk)
        if row.state == AccountState.DISCONNECTED:
            return
        tokens.forget(row)
        row.state, row.state_reason = AccountState.DISCONNECTED, ""
        row.save(update_fields=[*tokens.COLUMNS, "state", "state_reason"])
        events.record("account.disconnected", subject=row, name=row.username)


def _take(network: Network, state: str, *, actor: Actor, session_key: str) -> OAuthState:
    """Find what was started and use it up, so that the same return can't come twice."""
    with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
        started: OAuthState | None = (
            OAuthState.objects.select_for_update().filter(network=network.key, state_digest=_digest(state)).first()
        )
        if started is None or started.session_digest != _session_digest(session_key):
            raise ConnectError(
                "state_unknown",
                f"This sign-in at {network.label} did not start in this browser and workspace. Connect from here.",
            )
        if started.used_at is not None:
            raise ConnectError(
                "state_used", f"This sign-in at {network.label} was used already. Connect again if it is missing."
            )
        if started.created_at + VALID_FOR < clock.now():
            raise ConnectError(
                "state_expired", f"Signing in at {network.label} took longer than 10 minutes. Connect again."
            )
        started.used_at = clock.now()
        started.save(update_fields=["used_at"])
    return started


def _declined(network: Network, error: str) -> ConnectError:
    if error in _SAID_NO:
        return ConnectError("denied", f"You did not allow Petra at {network.label}. Nothing was connected.")
    return ConnectError("refused", f"{network.label} did not complete the sign-in. Nothing was connected; try again.")


def _ask(network: Network, started: OAuthState, code: str) -> tuple[Tokens, Profile]:
    """Turn the code into tokens and see whose they are. Two calls."""
    app = developer_apps.app_for(network)
    verifier = keyring.ring().open(bytes(started.verifier_sealed), bound_to=started.state_digest)
    try:
        granted = network.exchange(
            Client.for_app(app, now=clock.now),
            app,
            code=code,
            redirect_uri=started.redirect_uri,
            verifier=verifier,
            now=clock.now(),
        )
        granted = _with_all_needed(network, granted)
        profile = network.profile(Client.for_app(app, now=clock.now, access_token=granted.access))
    except NeedsReconnect as refusal:
        kind = "missing_scope" if refusal.cause is Cause.PERMISSION else "refused"
        raise ConnectError(kind, refusal.for_person) from refusal
    except NetworkError as failure:
        log.info("connecting failed network=%s cause=%s status=%s", network.key, failure.cause, failure.status)
        raise ConnectError(
            "unreachable",
            f"{network.label} did not answer as it should. Nothing was connected; try again.",
            http_status=502,
        ) from failure
    return granted, profile


def _with_all_needed(network: Network, granted: Tokens) -> Tokens:
    if not granted.scopes:  # left out where everything asked for was granted (RFC 6749, 5.1)
        return replace(granted, scopes=network.sign_in.scopes)
    missing = [name for name in network.sign_in.needed_scopes if name not in granted.scopes]
    if missing:
        raise ConnectError(
            "missing_scope",
            f"{network.label} did not give Petra everything it needs. Missing: {', '.join(missing)}."
            " Connect again and allow all that is asked.",
        )
    return granted


def _keep(network: Network, started: OAuthState, granted: Tokens, profile: Profile) -> tuple[Account, bool]:
    """Store the connected profile: the same one is the same row, whatever became of it. Within a scope."""
    if started.account_id is not None:
        _check_profile(network, Account.objects.get(pk=started.account_id), profile)
    username = one_line(profile.username) or profile.remote_id
    account, is_new = Account.objects.get_or_create(
        network=network.key, remote_id=profile.remote_id, defaults={"username": username}
    )
    account = Account.objects.select_for_update().get(pk=account.pk)
    tokens.store(account, granted)
    account.username = username
    account.display_name = one_line(profile.display_name)
    account.page_url = profile.page_url
    account.connected_at = clock.now()
    account.state, account.state_reason = AccountState.CONNECTED, ""
    account.save()
    budgets.charge(account.pk, cost_s=2 * budgets.allowance(network).cost_s)
    events.record("account.connected", subject=account, name=account.username, is_back=not is_new)
    return account, not is_new


def _check_profile(network: Network, wanted: Account, profile: Profile) -> None:
    if profile.remote_id != wanted.remote_id:
        raise ConnectError(
            "other_profile",
            f"You signed in as {one_line(profile.username)}, but this account is {wanted.username}."
            f" Sign in to {network.label} as {wanted.username} and connect again.",
        )


def _network(key: str) -> Network:
    network = registry.NETWORKS.get(key)
    if network is None:
        raise ConnectError("not_configured", "Petra does not know this network.", http_status=404)
    return network


def _own_path(path: str) -> str:
    is_ours = path.startswith("/") and len(path) <= 200 and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else ""


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode("ascii")


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _session_digest(session_key: str) -> str:
    if not session_key:
        raise ValueError("a connection is bound to a browser session: there must be one")
    return hashlib.sha256(b"petra connects in session " + session_key.encode()).hexdigest()
