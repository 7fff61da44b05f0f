"""Furniture for tests: connected accounts, and a person who walks through a consent page."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import datetime, timedelta
from html.parser import HTMLParser
from http.client import HTTPMessage
from typing import IO, Protocol
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from uuid import UUID

from petra.accounts import connecting, tokens
from petra.accounts.models import Account
from petra.lib import clock
from petra.networks import registry
from petra.networks.contract import Tokens
from petra.tenancy import scope
from petra.tenancy.access import Actor
from petra.tenancy.models import Member, Role, User, Workspace

NETWORK = next(iter(registry.NETWORKS))
REDIRECT_URI = f"http://127.0.0.1:8000/accounts/callback/{NETWORK}"
SESSION = "alices-session"


class Profile(Protocol):
    """What is needed of a simulated account."""

    @property
    def username(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def access_token(self) -> str: ...
    @property
    def refresh_token(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...


def actor_of(user: User, workspace: Workspace) -> Actor:
    """Make the actor a page would make."""
    with scope.workspace(workspace.pk):
        return Actor(user, workspace, Role(Member.objects.get(user_id=user.pk).role))


def account_of(profile: Profile, workspace_id: UUID, *, access_expires_at: datetime | None = None) -> Account:
    """Write down an account as if it had been connected. Opens its own scope."""
    with scope.workspace(workspace_id):
        account = Account(network=NETWORK, remote_id=profile.id, username=profile.username)
        tokens.store(account, granted_to(profile, access_expires_at=access_expires_at))
        account.save(force_insert=True)
    return account


def granted_to(profile: Profile, *, access_expires_at: datetime | None = None) -> Tokens:
    """Give the tokens of a profile as if they had just been granted."""
    now = clock.now()
    return Tokens(
        access=profile.access_token,
        refresh=profile.refresh_token,
        access_expires_at=access_expires_at or now + timedelta(days=30),
        refresh_expires_at=now + timedelta(days=60),
        scopes=profile.scopes,
    )


def consent(url: str, *, profile: str, decision: str = "allow", scopes: Sequence[str] | None = None) -> dict[str, str]:
    """Answer a simulated consent page as a person does, over HTTP, and return the query the network sends back.

    `scopes` stands for a person (or a network) that grants less than was asked for.
    """
    with _opener.open(url, timeout=10) as answer:
        form = _Form(answer.read().decode())
    fields = {**form.fields, "profile": profile, "decision": decision}
    if scopes is not None:
        fields["scope"] = ",".join(scopes)
    body = urlencode(fields).encode()
    try:
        _opener.open(urljoin(url, form.action), body, timeout=10).close()
    except urllib.error.HTTPError as redirect:
        with redirect:
            location = redirect.headers["location"]
            assert location.startswith(REDIRECT_URI), location
            return dict(parse_qsl(urlsplit(location).query))
    raise AssertionError("the consent page did not send the person back")


def connect(
    actor: Actor, *, profile: str, session_key: str = SESSION, account: Account | None = None
) -> connecting.Connection:
    """Go the whole way: start, consent, finish."""
    url = connecting.start(NETWORK, actor=actor, session_key=session_key, redirect_uri=REDIRECT_URI, account=account)
    return connecting.finish(NETWORK, params=consent(url, profile=profile), actor=actor, session_key=session_key)


class _Form(HTMLParser):
    """The first form of a page: where it goes and its hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = values.get("action", "")
        elif tag == "input" and values.get("type") == "hidden":
            self.fields[values["name"]] = values.get("value", "")


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


# No proxy of the environment between a test and loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere)
