"""The guard against private addresses, and the limits on answers. A canary on loopback counts who got through."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petra.lib import addresses, outbound
from petra.lib.addresses import BadAddress
from petra.lib.errors import ProductError
from petra.lib.outbound import BadAnswer, Outbound, TooManyRedirects, TooSlow, Unreachable
from petra.lib.tests.raw_server import raw_server


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle is what many of these tests are about."""


class Canary:
    """A server on loopback that must not be reached; answers whatever `answer` writes."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = _secret
        canary = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                canary.hits.append(self.path)
                canary.seen = dict(self.headers.items())
                canary.answer(self)

            def log_message(self, *_: Any) -> None:
                return

        self.seen: dict[str, str] = {}
        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _secret(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"secret")


def send(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Canary]:
    server = Canary()
    monkeypatch.setattr(addresses, "USUAL_PORTS", frozenset({80, 443, server.port}))
    try:
        yield server
    finally:
        server.close()


@contextmanager
def client(*numbers: str, deadline_s: float = 5.0, allow: Canary | None = None) -> Iterator[Outbound]:
    """A client whose every look-up gives `numbers` (none: the system's); `allow` may be reached as 127.0.0.1."""
    resolve = (lambda _name, _port: list(numbers)) if numbers else None
    allowed = frozenset({("127.0.0.1", allow.port)}) if allow else frozenset()
    with Outbound(resolve=resolve, deadline_s=deadline_s, allow_private=allowed) as made:
        yield made


BLOCKED = [
    "127.0.0.1", "localhost", "localhost.", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::1]", "[::7f00:1]", "10.0.0.1",
    "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "100.100.100.200", "168.63.129.16", "[fd00::1]",
    "[fe80::1]", "[fd00:ec2::254]", "[2606:4700::5efe:7f00:1]", "198.18.0.1", "240.0.0.1", "255.255.255.255",
    "224.0.0.1", "[ff02::1]", "192.0.2.1", "[2001:db8::1]", "[3fff::1]", "[fec0::1]", "[100::1]", "[5f00::1]",
]  # fmt: skip


@pytest.mark.parametrize("host", BLOCKED)
def test_private_and_special_numbers_are_not_connected_to(canary: Canary, host: str) -> None:
    with client() as ask, pytest.raises(Unreachable):
        ask.get(f"http://{host}:{canary.port}/", max_bytes=100)
    assert canary.hits == []


REFUSED = [
    "http://127.1/", "http://0177.0.0.1/", "http://0x7f000001/", "http://2130706433/", "http://127.0.0.1.1/",
    "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://１２７.0.0.1/", "http://ⓛocalhost/",
    "http://good.example@127.0.0.1/", "http://127.0.0.1\\@good.example/", "http://a:b@good.example/",
    "http://good.example:22/", "http://good.example:25/", "http://good.example:6379/", "http://good.example:0/",
    "http://good.example:65536/", "http://good.example:99999999/", "http://good.example:x/",
    "file:///etc/passwd", "gopher://good.example/", "ftp://good.example/", "dict://good.example/", "jar:http://a/!/b",
    "data:text/html,x", "javascript:alert(1)", "//good.example/", "good.example", "", "http://", "http:///x",
    "http://good.example/a\r\nHost: x", "http://good.example/\tx", "http://good.example/\x00",
    "http://good.example/" + "a" * 4096, "http://" + "a" * 64 + ".example/", "http://a..b/", "http://[fe80::1%25eth0]/",
    "http://[::1/", "http://exa mple.com/", "http://good%2eexample/",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_of_odd_form_are_refused_before_any_look_up(address: str) -> None:
    def never(_name: str, _port: int) -> list[str]:
        raise AssertionError("looked up")

    with Outbound(resolve=never) as ask, pytest.raises(BadAddress):
        ask.get(address, max_bytes=100)


def test_a_fragment_that_looks_like_a_host_goes_to_the_real_one() -> None:
    assert addresses.parse("http://good.example#@127.0.0.1/").host == "good.example"
    assert str(addresses.parse("http://a.example/%0d%0aHost:x")) == "http://a.example/%0d%0aHost:x"
    assert addresses.parse("HTTP://Bücher.example:443/ä").raw_host == b"xn--bcher-kva.example"
    assert addresses.readable("http://xn--bcher-kva.example:443/xn--a?b") == "bücher.example:443/xn--a?b"
    assert addresses.readable("https://a.xn--99999999.example") == "a.xn--99999999.example"  # no name is written so


@given(st.text(max_size=80))
def test_no_text_makes_the_address_reader_fall_over(text: str) -> None:
    for candidate in (text, f"http://{text}", f"http://{text}/", f"https://a.example/{text}"):
        try:
            url = addresses.parse(candidate)
        except BadAddress:
            continue
        assert url.scheme in ("http", "https") and url.raw_host.isascii()


@given(st.ip_addresses(v=4))
def test_a_number_inside_another_is_never_public(number: object) -> None:
    packed = int(number)  # type: ignore[call-overload]
    for wrapped in (packed | 0xFFFF << 32, 0x64FF9B << 96 | packed, 0x2002 << 112 | packed << 80, packed):
        groups = ":".join(f"{wrapped >> shift & 0xFFFF:x}" for shift in range(112, -1, -16))
        assert not addresses.is_public(groups)


@pytest.mark.parametrize("number", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001::1"])
def test_numbers_of_the_open_internet_are_public(number: str) -> None:
    assert addresses.is_public(number)


@pytest.mark.parametrize("numbers", [["127.0.0.1"], ["::1"], ["::ffff:10.0.0.1"], ["93.184.215.14", "127.0.0.1"],
                                     ["127.0.0.1", "93.184.215.14"], []])  # fmt: skip
def test_a_name_with_any_private_number_is_blocked_whole(canary: Canary, numbers: list[str]) -> None:
    with Outbound(resolve=lambda _name, _port: numbers) as ask, pytest.raises(Unreachable):
        ask.get(f"http://good.example:{canary.port}/", max_bytes=100)
    assert canary.hits == []


def test_a_rebound_name_is_checked_at_every_connection(canary: Canary) -> None:
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    looked_up = []

    def rebinding(name: str, _port: int) -> list[str]:
        looked_up.append(name)
        return answers[min(len(looked_up), 2) - 1]

    with Outbound(resolve=rebinding, deadline_s=0.3) as ask:
        for _ in range(2):
            with pytest.raises((Unreachable, TooSlow)):
                ask.get(f"http://good.example:{canary.port}/", max_bytes=100)
    assert len(looked_up) == 2 and canary.hits == []


@pytest.mark.parametrize(
    "target",
    ["http://localhost:{port}/x", "//[::1]:{port}/x", "http://2130706433:{port}/", "file:///etc/passwd",
     "http://[::ffff:127.0.0.1]:{port}/", "http://user@127.0.0.1:{port}/"],
)  # fmt: skip
def test_a_redirect_inwards_is_not_followed(canary: Canary, target: str) -> None:
    canary.answer = lambda handler: send(handler, b"", status=302, Location=target.format(port=canary.port))
    with client(allow=canary) as ask, pytest.raises((Unreachable, BadAddress)):
        ask.get(f"http://127.0.0.1:{canary.port}/start", max_bytes=100)
    assert canary.hits == ["/start"]


def test_redirects_end_after_five_hops_and_loops_at_once(canary: Canary) -> None:
    canary.answer = lambda handler: send(handler, b"", status=302, Location=handler.path + "x")
    with client(allow=canary) as ask, pytest.raises(TooManyRedirects):
        ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=100)
    assert len(canary.hits) == 6
    canary.hits.clear()
    canary.answer = lambda handler: send(handler, b"", status=302, Location="/")
    with client(allow=canary) as ask, pytest.raises(TooManyRedirects):
        ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=100)
    assert len(canary.hits) == 1


def test_the_exception_is_for_one_exact_host_and_port(canary: Canary) -> None:
    with client(allow=canary) as ask:
        assert ask.get(f"http://127.0.0.1:{canary.port}/a", max_bytes=100).body == b"secret"
        with pytest.raises(Unreachable):
            ask.get(f"http://localhost:{canary.port}/", max_bytes=100)
        with pytest.raises(BadAddress):
            ask.get(f"http://127.0.0.1:{canary.port + 1}/", max_bytes=100)
    assert canary.hits == ["/a"]


def test_blocked_refused_and_unknown_read_the_same() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        said = set()
        for host, allowed in (
            ("127.0.0.1", frozenset({("127.0.0.1", port)})),
            ("10.0.0.1", frozenset({("10.0.0.9", 80)})),
        ):
            with Outbound(allow_private=allowed) as ask, pytest.raises(Unreachable) as told:
                ask.get(f"http://{host}:{port if allowed and host.startswith('127') else 80}/", max_bytes=100)
            said.add((told.value.code, told.value.for_person))
        with Outbound(resolve=lambda _name, _port: []) as ask, pytest.raises(Unreachable) as told:
            ask.get("http://no-such-name.example/", max_bytes=100)
        said.add((told.value.code, told.value.for_person))
    assert len(said) == 1


def test_proxies_and_credentials_of_the_machine_are_not_used(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    canary.answer = lambda handler: send(handler, b"ok", Set_Cookie="a=b")
    with client(allow=canary) as ask:
        ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=10)
        ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=10)
    assert "Cookie" not in canary.seen and canary.seen["Accept-Encoding"] == "gzip"
    assert canary.seen["User-Agent"].startswith("Petra/0.1")


@pytest.mark.parametrize("mark", ['"m\xfchle"', '"m\xfchle"'.encode().decode("latin-1"), '"plain"'])
def test_a_mark_in_letters_beyond_ascii_goes_back(canary: Canary, mark: str) -> None:
    canary.answer = lambda handler: send(handler, b"ok", ETag=mark)
    with client(allow=canary) as ask:
        told = ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=10).headers["etag"]
        ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=10, headers={"If-None-Match": told})
    assert canary.seen["If-None-Match"].encode("latin-1").decode() == told, "as UTF-8"


def test_headers_that_come_twice_are_one(canary: Canary) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for value in ("<a>; rel=next", "<b>; rel=prev"):
            handler.send_header("Link", value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    canary.answer = answer
    with client(allow=canary) as ask:
        answer_headers = ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=10).headers
    assert answer_headers["link"] == "<a>; rel=next, <b>; rel=prev"


def test_an_answer_is_cut_at_its_limit(canary: Canary) -> None:
    canary.answer = lambda handler: send(handler, b"x" * 5000)
    with client(allow=canary) as ask:
        answer = ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=1000)
    assert (len(answer.body), answer.is_cut) == (1000, True)


def test_a_gzip_bomb_is_cut_by_its_unpacked_size(canary: Canary) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    canary.answer = lambda handler: send(handler, bomb, Content_Encoding="gzip")
    tracemalloc.start()
    with client(allow=canary) as ask:
        answer = ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(answer.body), answer.is_cut) == (1 << 20, True) and peak < 10 << 20


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, gzip, gzip, gzip, gzip, gzip", "deflate"])
def test_packings_that_were_not_asked_for_are_refused(canary: Canary, encoding: str) -> None:
    canary.answer = lambda handler: send(handler, gzip.compress(b"x"), Content_Encoding=encoding)
    with client(allow=canary) as ask, pytest.raises(BadAnswer):
        ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=1000)


def test_plain_gzip_is_read_and_broken_gzip_refused(canary: Canary) -> None:
    canary.answer = lambda handler: send(handler, gzip.compress(b"a") + gzip.compress(b"b"), Content_Encoding="gzip")
    with client(allow=canary) as ask:
        assert ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=1000).body == b"ab"
    canary.answer = lambda handler: send(handler, b"not gzip at all", Content_Encoding="gzip")
    with client(allow=canary) as ask, pytest.raises(BadAnswer):
        ask.get(f"http://127.0.0.1:{canary.port}/", max_bytes=1000)


def drip(head: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(60):
            time.sleep(0.1)
            connection.sendall(b"x")

    return talk


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
def test_a_slow_drip_ends_at_the_deadline(head: bytes) -> None:
    with raw_server(drip(head)) as port:
        started = time.monotonic()
        with Outbound(allow_private=frozenset({("127.0.0.1", port)}), deadline_s=0.5) as ask, pytest.raises(TooSlow):
            ask.get(f"http://127.0.0.1:{port}/", max_bytes=10_000)
        assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "answer",
    [b"hello\r\n\r\n", b"", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 2_000_000 + b"\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe://\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_an_expected_failure(answer: bytes) -> None:
    with (
        raw_server(lambda connection: connection.sendall(answer)) as port,
        Outbound(allow_private=frozenset({("127.0.0.1", port)}), deadline_s=2) as ask,
        pytest.raises(ProductError),
    ):
        ask.get(f"http://127.0.0.1:{port}/", max_bytes=10_000)


def test_an_answer_that_breaks_off_is_given_as_cut() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    with raw_server(talk) as port, Outbound(allow_private=frozenset({("127.0.0.1", port)})) as ask:
        answer = ask.get(f"http://127.0.0.1:{port}/", max_bytes=10_000)
    assert (answer.body, answer.is_cut) == (b"half", True)


def test_a_look_up_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: [] if hangs.wait(5) else [])
    monkeypatch.setattr(outbound, "LOOKUP_DEADLINE_S", 0.1)
    with Outbound() as ask, pytest.raises(Unreachable):
        ask.get("http://hangs.example/", max_bytes=100)
    hangs.set()
