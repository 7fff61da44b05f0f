"""Connecting through a consent page, over HTTP: the way it should go, and every way it should not."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from pytest_django.fixtures import Settings

from petra.accounts import connecting, tokens
from petra.accounts.connecting import ConnectError
from petra.accounts.models import Account, AccountState, Budget, OAuthState
from petra.accounts.testing import NETWORK, REDIRECT_URI, SESSION, connect, consent
from petra.lib import clock
from petra.networks import registry
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.tenancy.access import Actor
from petra.webhooks.models import Event

PROFILE = "petra.kitchen"
OTHER = "petra.garden"
LABEL = registry.network(NETWORK).label


def started(actor: Actor, *, session_key: str = SESSION, account: Account | None = None, return_to: str = "") -> str:
    return connecting.start(
        NETWORK, actor=actor, session_key=session_key, redirect_uri=REDIRECT_URI, account=account, return_to=return_to
    )


def finish(actor: Actor, params: dict[str, str], *, session_key: str = SESSION) -> connecting.Connection:
    return connecting.finish(NETWORK, params=params, actor=actor, session_key=session_key)


def refused(actor: Actor, params: dict[str, str], *, session_key: str = SESSION) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        finish(actor, params, session_key=session_key)
    return caught.value


def accounts_of(actor: Actor) -> list[Account]:
    with scope.workspace(actor.workspace.pk):
        return list(Account.objects.all())


def events_of(actor: Actor) -> list[str]:
    with scope.workspace(actor.workspace.pk):
        return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_a_person_connects_a_profile_and_its_tokens_work(network: Simulator, alice: Actor) -> None:
    url = started(alice, return_to="/onboarding?step=3")
    connection = finish(alice, consent(url, profile=PROFILE))
    account = connection.account
    assert (account.username, account.display_name) == (PROFILE, "Petra's Kitchen")
    assert account.page_url == f"{network.base}/{PROFILE}/"
    assert account.state == AccountState.CONNECTED
    assert account.access_expires_at is not None
    assert account.access_expires_at > clock.now() + timedelta(days=29)
    assert set(registry.network(NETWORK).sign_in.needed_scopes) <= set(account.scopes)
    assert not connection.is_back
    assert connection.return_to == "/onboarding?step=3"
    profile = tokens.call(account, registry.network(NETWORK).profile)
    assert profile.remote_id == account.remote_id
    assert events_of(alice) == ["account.connected"]


def test_the_consent_page_gets_a_challenge_and_never_the_verifier(network: Simulator, alice: Actor) -> None:
    query = parse_qs(urlsplit(started(alice)).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [REDIRECT_URI]
    with scope.workspace(alice.workspace.pk):
        row = OAuthState.objects.get()
    assert query["state"][0] not in (row.state_digest, row.session_digest)
    assert len(query["code_challenge"][0]) == 43


def test_connecting_is_paid_from_the_budget(network: Simulator, alice: Actor) -> None:
    account = connect(alice, profile=PROFILE).account
    with scope.workspace(alice.workspace.pk):
        budget = Budget.objects.get(account=account)
    assert budget.theoretical_at > clock.now()


def test_targets_are_read_after_connecting_by_a_job(network: Simulator, alice: Actor) -> None:
    from django.db import connection

    account = connect(alice, profile=PROFILE).account
    with connection.cursor() as cursor:
        cursor.execute("select task_name, args ->> 'account_id' from procrastinate_jobs")
        assert cursor.fetchall() == [("accounts.sync_targets", str(account.pk))]


def test_a_person_who_says_no_is_told_so(network: Simulator, alice: Actor) -> None:
    error = refused(alice, consent(started(alice), profile=PROFILE, decision="deny"))
    assert error.code == "denied"
    assert error.for_person == f"You did not allow Petra at {LABEL}. Nothing was connected."
    assert accounts_of(alice) == []


def test_a_network_that_reports_an_error_is_not_quoted(network: Simulator, alice: Actor) -> None:
    state = parse_qs(urlsplit(started(alice)).query)["state"][0]
    error = refused(alice, {"state": state, "error": "server_error<script>", "error_description": "secret detail"})
    assert error.code == "refused"
    assert "script" not in str(error)
    assert "secret detail" not in str(error)


@pytest.mark.parametrize("params", [{}, {"code": "x"}, {"code": "x", "state": ""}, {"code": "x", "state": "made up"}])
def test_a_strange_state_is_refused(network: Simulator, alice: Actor, params: dict[str, str]) -> None:
    started(alice)
    assert refused(alice, params).code == "state_unknown"


def test_a_return_without_a_code_is_refused(network: Simulator, alice: Actor) -> None:
    state = parse_qs(urlsplit(started(alice)).query)["state"][0]
    assert refused(alice, {"state": state}).code == "refused"


def test_a_made_up_code_is_refused(network: Simulator, alice: Actor) -> None:
    state = parse_qs(urlsplit(started(alice)).query)["state"][0]
    assert refused(alice, {"state": state, "code": "made up"}).code == "refused"
    assert accounts_of(alice) == []


def test_a_state_lives_ten_minutes(network: Simulator, alice: Actor) -> None:
    params = consent(started(alice), profile=PROFILE)
    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1)):
        assert refused(alice, params).code == "state_expired"
    with time_machine.travel(clock.now() + timedelta(minutes=9, seconds=50)):
        assert finish(alice, params).account.username == PROFILE


def test_a_state_works_once(network: Simulator, alice: Actor) -> None:
    params = consent(started(alice), profile=PROFILE)
    finish(alice, params)
    assert refused(alice, params).code == "state_used"


def test_a_no_uses_the_state_up_too(network: Simulator, alice: Actor) -> None:
    url = started(alice)
    refused(alice, consent(url, profile=PROFILE, decision="deny"))
    assert refused(alice, consent(url, profile=PROFILE)).code == "state_used"


def test_another_browser_session_is_refused_and_does_not_use_the_state_up(network: Simulator, alice: Actor) -> None:
    params = consent(started(alice), profile=PROFILE)
    assert refused(alice, params, session_key="another").code == "state_unknown"
    assert finish(alice, params).account.username == PROFILE


def test_another_workspace_is_refused(network: Simulator, alice: Actor, charlie: Actor) -> None:
    params = consent(started(alice), profile=PROFILE)
    assert refused(charlie, params).code == "state_unknown"
    assert accounts_of(charlie) == []
    assert finish(alice, params).account.username == PROFILE


def test_two_workspaces_may_connect_the_same_profile(network: Simulator, alice: Actor, charlie: Actor) -> None:
    hers, his = connect(alice, profile=PROFILE).account, connect(charlie, profile=PROFILE).account
    assert hers.pk != his.pk
    assert [a.pk for a in accounts_of(alice)] == [hers.pk]


def test_a_missing_permission_is_named(network: Simulator, alice: Actor) -> None:
    granted = ["boards:read", "pins:read", "user_accounts:read"]
    error = refused(alice, consent(started(alice), profile=PROFILE, scopes=granted))
    assert error.code == "missing_scope"
    assert "boards:write, pins:write" in error.for_person
    assert accounts_of(alice) == []


def test_a_missing_permission_to_read_the_profile_is_named_too(network: Simulator, alice: Actor) -> None:
    needed = list(registry.network(NETWORK).sign_in.needed_scopes)
    error = refused(alice, consent(started(alice), profile=PROFILE, scopes=needed))
    assert error.code == "missing_scope"
    assert "user_accounts:read" in error.for_person


def test_a_network_out_of_order_connects_nothing(network: Simulator, alice: Actor) -> None:
    params = consent(started(alice), profile=PROFILE)
    network.fault("answer", path="/v5/oauth/token", status=503)
    error = refused(alice, params)
    assert (error.code, error.http_status) == ("unreachable", 502)
    assert accounts_of(alice) == []


def test_a_network_that_is_gone_connects_nothing(network: Simulator, alice: Actor, settings: Settings) -> None:
    params = consent(started(alice), profile=PROFILE)
    settings.SIMULATOR_URL = "http://127.0.0.1:9"
    assert refused(alice, params).code == "unreachable"


def test_the_same_profile_again_revives_the_same_account(network: Simulator, alice: Actor) -> None:
    first = connect(alice, profile=PROFILE).account
    connecting.disconnect(first, actor=alice)
    again = connect(alice, profile=PROFILE)
    assert again.is_back
    assert again.account.pk == first.pk
    assert again.account.state == AccountState.CONNECTED
    assert len(accounts_of(alice)) == 1
    assert events_of(alice) == ["account.connected", "account.disconnected", "account.connected"]


def test_reconnecting_clears_what_was_wrong(network: Simulator, alice: Actor) -> None:
    account = connect(alice, profile=PROFILE).account
    with scope.workspace(alice.workspace.pk):
        Account.objects.update(state=AccountState.NEEDS_RECONNECT, state_reason="It was revoked.")
    again = connect(alice, profile=PROFILE, account=account).account
    assert (again.state, again.state_reason) == (AccountState.CONNECTED, "")


def test_reconnecting_with_another_profile_is_refused_by_name(network: Simulator, alice: Actor) -> None:
    account = connect(alice, profile=PROFILE).account
    with pytest.raises(ConnectError) as caught:
        connect(alice, profile=OTHER, account=account)
    assert caught.value.code == "other_profile"
    assert caught.value.for_person == (
        f"You signed in as {OTHER}, but this account is {PROFILE}. Sign in to {LABEL} as {PROFILE} and connect again."
    )
    assert [a.username for a in accounts_of(alice)] == [PROFILE]


def test_a_disconnected_account_keeps_its_row_and_loses_its_tokens(network: Simulator, alice: Actor) -> None:
    account = connect(alice, profile=PROFILE).account
    connecting.disconnect(account, actor=alice)
    connecting.disconnect(account, actor=alice)
    kept = accounts_of(alice)[0]
    assert kept.state == AccountState.DISCONNECTED
    assert (kept.tokens_sealed, kept.access_expires_at, kept.refresh_expires_at) == (None, None, None)
    assert events_of(alice).count("account.disconnected") == 1


def test_without_an_app_connecting_says_which_settings_are_missing(
    alice: Actor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SIMULATOR_URL = ""
    prefix = registry.network(NETWORK).sign_in.setting_prefix
    monkeypatch.delenv(f"{prefix}_CLIENT_ID", raising=False)
    with pytest.raises(ConnectError) as caught:
        started(alice)
    assert caught.value.code == "not_configured"
    assert f"{prefix}_CLIENT_ID" in caught.value.for_person
    monkeypatch.setenv(f"{prefix}_CLIENT_ID", "4711")
    monkeypatch.setenv(f"{prefix}_CLIENT_SECRET", "hush")
    assert started(alice).startswith(registry.network(NETWORK).sign_in.consent_base)


def test_an_unknown_network_is_not_found(alice: Actor) -> None:
    with pytest.raises(ConnectError) as caught:
        connecting.start("nowhere", actor=alice, session_key=SESSION, redirect_uri=REDIRECT_URI)
    assert caught.value.http_status == 404


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "accounts", "/" + "a" * 300, "/\\evil"])
def test_only_a_path_of_ours_is_returned_to(network: Simulator, alice: Actor, path: str) -> None:
    started(alice, return_to=path)
    with scope.workspace(alice.workspace.pk):
        assert OAuthState.objects.get().return_to == ""


def test_old_states_are_cleared_away(network: Simulator, alice: Actor) -> None:
    started(alice)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        started(alice)
    with scope.workspace(alice.workspace.pk):
        assert OAuthState.objects.count() == 1
