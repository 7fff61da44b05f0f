"""No secret leaks: tokens that can be recognised go all the ways tokens go, and are searched for everywhere else.

The network of this test is nasty: whatever it refuses, it repeats the request's authorization and body in its answer.
"""

from __future__ import annotations

import json
import logging
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest
from django.db import connections
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch
from pytest_django.fixtures import Settings

from conftest import People
from petra.accounts import connecting, jobs, tokens
from petra.accounts.models import Account, Target
from petra.accounts.testing import NETWORK, REDIRECT_URI, SESSION, actor_of
from petra.networks import registry
from petra.networks.contract import NeedsReconnect, NetworkError
from petra.publishing import testing
from petra.publishing.models import Attempt
from petra.tenancy import scope
from petra.tenancy.access import Actor
from petra.tenancy.models import User
from petra.webhooks.models import Event

MARK = "kanarienvogel"
SCOPES = ",".join(registry.network(NETWORK).sign_in.scopes)


class NastyNetwork(ThreadingHTTPServer):
    """Gives out marked tokens and repeats secrets in every refusal. `answers` come before the usual ones, by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.granted = 0
        self.answers: dict[str, list[tuple[int, object]]] = {}
        self.heard: list[str] = []  # what arrived, to see that the secrets really travelled

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def refuse(self, path: str, status: int, code: object) -> None:
        """Answer the next call of `path` with this; code None is a page of a proxy."""
        self.answers.setdefault(path, []).append((status, code))


class _Handler(BaseHTTPRequestHandler):
    server: NastyNetwork
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, body: str) -> None:
        path = urlsplit(self.path).path
        said = f"{self.headers.get('Authorization')} {body} {dict(parse_qsl(body))}"
        self.server.heard.append(said)
        waiting = self.server.answers.get(path)
        if waiting:
            status, code = waiting.pop(0)
            if code is None:
                self._send(status, f"<html><title>{said}</title></html>".encode(), "text/html")
            else:
                self._send(status, json.dumps({"code": code, "message": f"No: {said}", "status": said}).encode())
            return
        self._send(*self._usual(path))

    def _usual(self, path: str) -> tuple[int, bytes]:
        if path == "/v5/oauth/token":
            self.server.granted += 1
            granted = {
                "access_token": f"{MARK}-access-{self.server.granted}",
                "refresh_token": f"{MARK}-refresh-{self.server.granted}",
                "expires_in": 2592000,
                "scope": SCOPES,
            }
            return 200, json.dumps(granted).encode()
        if path == "/v5/user_account":
            return 200, b'{"id": "4711", "username": "oak"}'
        items = [{"id": "815", "name": "Baking"}] if path == "/v5/boards" else []
        return 200, json.dumps({"items": items, "bookmark": None}).encode()

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        pass


@pytest.fixture
def nasty(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[NastyNetwork]:
    """The nasty network, set as the real one, with marked app secrets."""
    server = NastyNetwork()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    settings.SIMULATOR_URL = ""
    prefix = registry.network(NETWORK).sign_in.setting_prefix
    monkeypatch.setenv(f"{prefix}_CLIENT_ID", "4711")
    monkeypatch.setenv(f"{prefix}_CLIENT_SECRET", f"{MARK}-app-secret")
    monkeypatch.setenv(f"{prefix}_API_BASE", f"{server.base}/v5")
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


def connected(actor: Actor) -> Account:
    url = connecting.start(NETWORK, actor=actor, session_key=SESSION, redirect_uri=REDIRECT_URI)
    state = parse_qs(urlsplit(url).query)["state"][0]
    params = {"state": state, "code": f"{MARK}-code"}
    return connecting.finish(NETWORK, params=params, actor=actor, session_key=SESSION).account


def fail_in_every_way(nasty: NastyNetwork, actor: Actor, said: list[str]) -> Account:
    """Connect, renew, list and publish, with refusals of every kind; errors' texts go to `said`."""

    def told(work: Callable[[], object]) -> None:
        try:
            work()
        except (NetworkError, connecting.ConnectError) as error:
            chain: BaseException | None = error
            while chain is not None:
                said.extend([str(chain), repr(chain), str(chain.args), str(vars(chain))])
                chain = chain.__cause__ or chain.__context__

    for status, code in ((401, 2), (400, 1), (500, 500), (502, None), (403, 29)):
        nasty.refuse("/v5/oauth/token", status, code)
        told(lambda: connected(actor))
    for status, code in ((401, 3), (500, 500)):
        nasty.refuse("/v5/user_account", status, code)
        told(lambda: connected(actor))
    account = connected(actor)
    workspace_id = actor.workspace.pk
    said.extend([repr(account), str(account), repr(tokens.client_for(account)), repr(vars(tokens.client_for(account)))])
    said.append(repr(tokens.access_token(account.pk, workspace_id)))

    for status, code in ((400, 1), (404, 40), (409, 409), (429, 8), (500, 500), (502, None), (401, None), (401, 2)):
        nasty.refuse("/v5/boards", status, code)
        told(lambda: jobs.sync_targets(str(workspace_id), str(account.pk)))
        with scope.workspace(workspace_id):
            account.budgets.all().delete()  # 429 closed it, and nothing would be called any more
    for status, code in ((500, 500), (502, None)):
        nasty.refuse("/v5/oauth/token", status, code)
        token = tokens.access_token(account.pk, workspace_id)
        told(lambda token=token: tokens.refresh(workspace_id, account.pk, force_if=token))  # type: ignore[misc]
    jobs.sync_targets(str(workspace_id), str(account.pk))
    publish_badly(nasty, account)

    nasty.refuse("/v5/oauth/token", 401, 2)
    token = tokens.access_token(account.pk, workspace_id)
    with pytest.raises(NeedsReconnect):
        tokens.refresh(workspace_id, account.pk, force_if=token)
    return connected(actor)


def publish_badly(nasty: NastyNetwork, account: Account) -> None:
    for number, (status, code) in enumerate(((400, 1), (429, 9), (500, 500), (502, None), (201, 1), (401, 2))):
        with scope.workspace(account.own_workspace_id):
            account.budgets.all().delete()
            post = testing.ready_post(testing.picture(colour=f"#10101{number}"), target=Target.objects.get())
            delivery = testing.planned(post, account=account)
        nasty.refuse("/v5/pins", status, code)
        testing.take_turn(delivery.pk, workspace_id=account.own_workspace_id)


def forms(text: str) -> set[str]:
    """The ways in which a secret may be written: plain, in an address, in base64, in hexadecimal."""
    return {text, quote(text, safe=""), b64encode(text.encode()).decode(), text.encode().hex()}


def everything_secret(nasty: NastyNetwork) -> set[str]:
    names = [f"{MARK}-{kind}-{n}" for kind in ("access", "refresh") for n in range(1, nasty.granted + 1)]
    basic = f"4711:{MARK}-app-secret"
    return set().union(*(forms(one) for one in [*names, f"{MARK}-code", f"{MARK}-app-secret", basic, MARK]))


def rows_of_all_tables() -> Iterator[tuple[str, str]]:
    """Give (table, row as text) of the whole database, as its owner: no policy hides anything."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("select quote_ident(tablename) from pg_tables where schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"select t::text from {table} t")
            yield from ((table, row[0]) for row in cursor.fetchall())
    connections["owner"].close()


def pages(browser: Browser, **ids: object) -> Iterator[tuple[str, str]]:
    """Give (address, body) of every page that can be named with nothing or with these ids."""
    for pattern in _patterns(get_resolver().url_patterns):
        for arguments in ({}, *({name: value} for name, value in ids.items())):
            try:
                address = reverse(str(pattern.name), kwargs=arguments)
            except NoReverseMatch:
                continue
            answer = browser.get(address)
            if not answer.streaming:
                yield address, answer.content.decode("utf-8", "replace") + str(answer.headers)


def _patterns(found: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for one in found:
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns)
        elif one.name:
            yield one


def leaks(texts: dict[str, str], secrets: set[str]) -> list[str]:
    """Say where a secret was found, without saying it again at length."""
    return [
        f"{where}: …{text[max(text.find(s) - 60, 0) :][:140]}…"
        for where, text in texts.items()
        for s in secrets
        if s in text
    ]


def test_no_secret_is_found_anywhere(
    nasty: NastyNetwork,
    real_people: People,
    browser_of: Callable[[User], Browser],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    actor = actor_of(real_people.alice, real_people.workspace)
    said: list[str] = []
    account = fail_in_every_way(nasty, actor, said)
    secrets = everything_secret(nasty)

    # The secrets did travel, the refusals did arrive, and the right token is in the sealed column.
    assert sum(MARK in heard for heard in nasty.heard) > 20
    with scope.workspace(actor.workspace.pk):
        attempts = list(Attempt.objects.values_list("detail", flat=True))
        assert sum("***" in detail for detail in attempts) >= 4
        assert Event.objects.filter(kind="account.needs_reconnect").exists()
        delivery_id, post_id = Attempt.objects.values_list("delivery_id", "delivery__post_id").first() or ("", "")
    assert tokens.access_token(account.pk, actor.workspace.pk).startswith(MARK)

    browser = browser_of(real_people.alice)
    browser.raise_request_exception = False
    places = {f"{table} {n}": row for n, (table, row) in enumerate(rows_of_all_tables())}
    seen = dict(pages(browser, account_id=account.pk, delivery_id=delivery_id, post_id=post_id, pin_id=post_id))
    for page in ("/accounts", f"/accounts/{account.pk}", "/activity", f"/pins/{post_id}"):
        assert "</main>" in seen[page], page  # the whole page was there to be searched
    places |= seen
    places |= {f"error {n}": text for n, text in enumerate(said)}
    printed = capfd.readouterr()
    places |= {"log": caplog.text, "stdout": printed.out, "stderr": printed.err}
    places |= {f"log record {n}": repr(vars(record)) for n, record in enumerate(caplog.records)}
    assert leaks(places, secrets) == []


def test_the_search_would_find_a_leak(
    nasty: NastyNetwork, real_people: People, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    account = connected(actor_of(real_people.alice, real_people.workspace))
    token = tokens.access_token(account.pk, account.own_workspace_id)
    secrets = everything_secret(nasty)
    with scope.workspace(account.own_workspace_id):
        Account.objects.update(state_reason=f"The token was {token}.")
    places = {f"{table} {n}": row for n, (table, row) in enumerate(rows_of_all_tables())}
    assert leaks(places, secrets)
    logging.getLogger(__name__).info("with %s", token)
    assert leaks({"log": caplog.text}, secrets)
