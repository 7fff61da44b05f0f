from __future__ import annotations

import gzip
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx2
import pytest

from petra.networks.answers import MALFORMED
from petra.networks.client import Client, Observer, WrongRequest, shared_transport
from petra.networks.contract import App, Cause, NetworkError, OutcomeUnknown, TryLater

TOKEN = "canary-token-0123456789"


def now() -> datetime:
    return datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def client_for(
    handler: Callable[[httpx2.Request], httpx2.Response],
    *,
    observe: Observer | None = None,
    max_answer_bytes: int = 1_000_000,
) -> Client:
    return Client(
        base_url="https://api.example/v1/",
        now=now,
        access_token=TOKEN,
        observe=observe,
        transport=httpx2.MockTransport(handler),
        max_answer_bytes=max_answer_bytes,
    )


def failing(error: type[httpx2.TransportError]) -> Callable[[httpx2.Request], httpx2.Response]:
    def fail(request: httpx2.Request) -> httpx2.Response:
        raise error(f"while sending Authorization: Bearer {TOKEN}", request=request)

    return fail


@pytest.mark.parametrize("error", [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout])
def test_nothing_sent_may_be_tried_again(error: type[httpx2.TransportError]) -> None:
    with pytest.raises(TryLater) as raised:
        client_for(failing(error)).post_json("posts", {}, creates=True)
    assert raised.value.cause is Cause.TRANSIENT
    assert_tells_no_secret(raised.value)


LOST = [
    httpx2.ReadTimeout,
    httpx2.ReadError,
    httpx2.WriteError,
    httpx2.WriteTimeout,
    httpx2.RemoteProtocolError,
    httpx2.CloseError,
    httpx2.DecodingError,
]


@pytest.mark.parametrize("error", LOST)
def test_lost_answer_of_a_creating_request_is_unknown(error: type[httpx2.TransportError]) -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        client_for(failing(error)).post_json("posts", {}, creates=True)
    assert raised.value.cause is Cause.AMBIGUOUS
    assert_tells_no_secret(raised.value)


@pytest.mark.parametrize("error", LOST)
def test_lost_answer_of_any_other_request_may_be_tried_again(error: type[httpx2.TransportError]) -> None:
    client = client_for(failing(error))
    with pytest.raises(TryLater) as raised:
        client.get("boards")
    assert_tells_no_secret(raised.value)
    with pytest.raises(TryLater):
        client.post_json("look-up", {}, creates=False)


def assert_tells_no_secret(error: Exception) -> None:
    text = "".join(traceback.format_exception(error))
    told = [text, repr(error), str(error)]
    if isinstance(error, NetworkError):
        told += [error.detail, error.for_person]
    assert not any(TOKEN in one for one in told)


def test_request_is_what_was_asked_for() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"ok": True}, headers={"X-Rate": "1"})

    client = client_for(answer)
    got = client.get("/boards", query={"bookmark": "a b&c"})
    assert got.is_success
    assert got.field("ok") is True
    assert got.headers["x-rate"] == "1"
    assert str(seen[0].url) == "https://api.example/v1/boards?bookmark=a+b%26c"
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    client.post_json("posts", {"b": 1, "a": "ü"}, creates=True)
    assert seen[1].content == b'{"a":"\\u00fc","b":1}'


def test_form_with_basic_leaves_the_bearer_token_at_home() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(400, text="you sent code=onetimecode99 and s3cret-app and " + TOKEN)

    got = client_for(answer).post_form("oauth/token", {"code": "onetimecode99"}, basic=("id", "s3cret-app"))
    assert seen[0].headers["authorization"] == "Basic aWQ6czNjcmV0LWFwcA=="
    assert seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen[0].content == b"code=onetimecode99"
    for secret in ("onetimecode99", "s3cret-app", "aWQ6", TOKEN):
        assert secret not in got.detail


def test_multipart_puts_the_file_last_and_sends_no_token_unless_asked() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(204)

    client = client_for(answer)
    got = client.post_multipart("https://storage.example/", {"key": "k1", "policy": "p1"}, file=b"BYTES")
    assert got.body is None
    assert "authorization" not in seen[0].headers
    assert seen[0].url.host == "storage.example"
    body = seen[0].content
    assert body.index(b'name="key"') < body.index(b'name="policy"') < body.index(b'name="file"') < body.index(b"BYTES")
    client.post_multipart("media", {}, file=b"BYTES", with_token=True)
    assert seen[1].headers["authorization"] == f"Bearer {TOKEN}"


def test_redirect_is_not_followed() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(302, headers={"location": "https://evil.example/"})

    assert client_for(answer).get("boards").status == 302
    assert len(seen) == 1


def test_answer_that_is_too_big_counts_as_malformed() -> None:
    client = client_for(lambda request: httpx2.Response(200, content=b'"' + b"x" * 5000 + b'"'), max_answer_bytes=1000)
    assert client.get("boards").body is MALFORMED


def test_compressed_answer_is_measured_unpacked() -> None:
    packed = gzip.compress(b'"' + b"x" * 1_000_000 + b'"')
    client = client_for(
        lambda request: httpx2.Response(200, content=packed, headers={"content-encoding": "gzip"}),
        max_answer_bytes=100_000,
    )
    assert client.get("boards").body is MALFORMED


def test_cookies_of_one_account_never_reach_another() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={}, headers={"set-cookie": "session=alice"})

    client = client_for(answer)
    client.get("boards")
    client.get("boards")
    assert "cookie" not in seen[1].headers


def test_observer_is_told_everything_but_secrets() -> None:
    told: list[dict[str, object]] = []
    client = client_for(lambda request: httpx2.Response(201, json={}), observe=lambda **call: told.append(call))
    client.get("boards", query={"bookmark": "private"})
    assert told[0]["method"] == "GET"
    assert told[0]["path"] == "/v1/boards"
    assert told[0]["status"] == 201
    assert isinstance(told[0]["duration_s"], float)
    assert TOKEN not in repr(told)


def test_observer_hears_of_lost_answers_too() -> None:
    told: list[dict[str, object]] = []
    client = client_for(failing(httpx2.ReadTimeout), observe=lambda **call: told.append(call))
    with pytest.raises(TryLater):
        client.get("boards")
    assert told[0]["status"] is None


def test_failing_observer_does_not_hide_that_a_post_was_made(caplog: pytest.LogCaptureFixture) -> None:
    def observe(**call: object) -> None:
        raise RuntimeError("no database")

    client = client_for(lambda request: httpx2.Response(201, json={"id": "1"}), observe=observe)
    assert client.post_json("posts", {}, creates=True).status == 201
    assert "observer" in caplog.text


@pytest.mark.parametrize("token", ["line\nbreak-secret", "ümlaut-secret\x00", "sürrogate-\ud800secret"])
def test_token_that_is_not_a_header_is_our_bug_told_without_it(token: str) -> None:
    client = Client(base_url="http://127.0.0.1:9", now=now, access_token=token)
    with pytest.raises((WrongRequest, TryLater)) as raised:
        client.get("boards")
    assert "secret" not in "".join(traceback.format_exception(raised.value))


def test_address_that_is_none_is_our_bug() -> None:
    with pytest.raises(WrongRequest):
        Client(base_url="ftp://files.example", now=now).get("boards")
    with pytest.raises(WrongRequest):
        Client(base_url="http://host:port", now=now).get("boards")


def test_repr_shows_no_token() -> None:
    client = Client.for_app(
        App("id", "app-secret", "https://api.example", "https://c.example", "https://p.example"),
        now=now,
        access_token=TOKEN,
    )
    assert TOKEN not in repr(client)
    assert "***" in repr(client)
    assert client.page_base == "https://p.example"


def test_all_clients_share_one_pool() -> None:
    pools: list[object] = []
    threads = [threading.Thread(target=lambda: pools.append(shared_transport())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, pools))) == 1


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A listener that does with its one connection what the test says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)


def test_connection_refused_is_nothing_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TryLater):
        Client(base_url=f"http://127.0.0.1:{port}", now=now).post_json("posts", {}, creates=True)


def test_unknown_host_is_nothing_sent() -> None:
    with pytest.raises(TryLater):
        Client(base_url="http://nowhere.invalid", now=now).post_json("posts", {}, creates=True)


def test_reset_after_the_request_is_unknown() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)

    with raw_server(serve) as base, pytest.raises(OutcomeUnknown):
        Client(base_url=base, now=now).post_json("posts", {}, creates=True)


def test_answer_cut_in_the_middle_is_unknown() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b'HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{"id":')

    with raw_server(serve) as base, pytest.raises(OutcomeUnknown):
        Client(base_url=base, now=now).post_json("posts", {}, creates=True)


def test_slow_answer_ends_at_the_read_time_out() -> None:
    stop = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        stop.wait(5)

    with raw_server(serve) as base:
        with pytest.raises(OutcomeUnknown):
            Client(base_url=base, now=now, read_s=0.2).post_json("posts", {}, creates=True)
        stop.set()


def test_dripping_answer_ends_at_the_total_deadline() -> None:
    stop = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not stop.wait(0.05):
            try:
                connection.sendall(b"x")
            except OSError:
                return

    with raw_server(serve) as base:
        with pytest.raises(TryLater):
            Client(base_url=base, now=now, read_s=5, total_s=0.3).get("boards")
        stop.set()
