"""The guarded HTTP client for addresses that people and pages name: importing and pictures leave through here only.

One look-up per connection, every answer of it checked, and the connection goes to the checked number, so a name can't
change between check and use. Redirects are followed by hand and checked like first addresses. Answers are cut by
decoded size and ended by a deadline over the whole exchange. No proxies, cookies or credentials of the machine are
used.

A blocked, a refused and an unreachable address read the same to a person: Petra is no port scanner.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpcore2
import httpx2
from typing_extensions import override

from petra.lib import addresses, clock
from petra.lib.errors import ProductError

AllowPrivate = frozenset[tuple[str, int]]
Resolve = Callable[[str, int], list[str]]

AGENT_NAME = "Petra"
DEADLINE_S = 30.0
LOOKUP_DEADLINE_S = 5.0
CONNECT_TIMEOUT_S = 10.0
MAX_NUMBERS_TRIED = 8
MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK_BYTES = 1 << 16
_TIMEOUT = dict.fromkeys(("connect", "read", "write", "pool"), CONNECT_TIMEOUT_S)


class Unreachable(ProductError):
    """No answer came: unknown name, closed door, refused number, no connection. May be tried again later.

    `is_without_tls`: the port is closed, or what listens there does not speak TLS. Never shown to a person.
    """

    def __init__(self, *, is_without_tls: bool = False) -> None:
        super().__init__("unreachable", "This address could not be reached.", http_status=502)
        self.is_without_tls = is_without_tls


class TooSlow(ProductError):
    """The exchange took longer than its deadline."""

    def __init__(self) -> None:
        super().__init__("too-slow", "The site took too long to answer.", http_status=504)


class BadAnswer(ProductError):
    """What came back is not a usable HTTP answer. Asking again will not help."""

    def __init__(self, for_person: str) -> None:
        super().__init__("bad-answer", for_person, http_status=502)


class TooManyRedirects(ProductError):
    """The address leads in a circle, or on and on."""

    def __init__(self) -> None:
        super().__init__("redirects", "The address redirects too many times.", http_status=502)


class DowngradeRefused(ProductError):
    """A secure address leads to an insecure one of another site."""

    def __init__(self) -> None:
        super().__init__("redirects", "The address leads from a secure site to an insecure one.", http_status=502)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer after redirects. `headers` have lower-case names; `is_cut` says that `body` is not all of it."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False
    redirects: tuple[str, ...] = field(default=())

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.headers.get("content-type", "").split(";", 1)[0].strip().lower()


def user_agent(contact: str = "") -> str:
    """Say who asks: name, version and where the operator can be reached."""
    return f"{AGENT_NAME}/0.1 (+{contact})" if contact else f"{AGENT_NAME}/0.1"


class Outbound:
    """Asks for addresses of strangers. One per site and import; not for several threads at a time.

    `allow_private` lists exact (host, port) pairs that may lie on a private network and on any port: set by the
    operator, by tests and by the demo, never by a user.
    """

    def __init__(
        self,
        *,
        allow_private: AllowPrivate = frozenset(),
        contact: str = "",
        deadline_s: float = DEADLINE_S,
        resolve: Resolve | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._deadline_s = deadline_s
        self._deadline = _Deadline()
        backend = _GuardedBackend(self._deadline, allow_private, resolve or _look_up)
        # The pool alone: no cookies, proxies, redirects or credentials, and half the work a request.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trusted(),
            max_connections=4,
            max_keepalive_connections=2,
            keepalive_expiry=30.0,
            http1=True,
            http2=False,
            network_backend=backend,
        )
        self._headers = {"User-Agent": user_agent(contact), "Accept-Encoding": "gzip", "Accept": "*/*"}

    def __enter__(self) -> Outbound:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def check(self, address: str, *, base: httpx2.URL | None = None) -> httpx2.URL:
        """Read an address and refuse what may not be asked for by its form or port. Raises BadAddress."""
        url = addresses.parse(address, base=base)
        addresses.check_port(url, self._allow_private)
        return url

    def get(
        self,
        address: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        before_hop: Callable[[httpx2.URL], None] | None = None,
    ) -> Answer:
        """Ask for one address and follow its redirects.

        `before_hop` is called with every address about to be asked, the first included, and may wait or raise: manners
        live there. Each hop has the whole deadline. Raises BadAddress, Unreachable, TooSlow, BadAnswer and
        TooManyRedirects.
        """
        url = self.check(address)
        seen: list[str] = []
        while True:
            if before_hop is not None:
                before_hop(url)
            answer, location = self._ask(method, url, headers or {}, max_bytes)
            if location is None:
                return Answer(str(url), answer.status, answer.headers, answer.body, answer.is_cut, tuple(seen))
            seen.append(str(url))
            target = self.check(location, base=url)
            if url.scheme == "https" and target.scheme == "http" and url.host != target.host:
                raise DowngradeRefused
            if len(seen) > MAX_REDIRECTS or str(target) in seen:
                raise TooManyRedirects
            url = target

    def _ask(
        self, method: str, url: httpx2.URL, headers: Mapping[str, str], max_bytes: int
    ) -> tuple[Answer, str | None]:
        self._deadline.start(self._deadline_s)
        sent = {**self._headers, **headers}
        request = httpcore2.Request(
            method,
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=[(b"Host", url.netloc), *((name.encode(), value.encode()) for name, value in sent.items())],
            extensions={"timeout": _TIMEOUT},
        )
        try:
            with closing(self._pool.handle_request(request)) as response:
                names = _names(response.headers)
                if response.status in _REDIRECTS and names.get("location"):
                    return Answer(str(url), response.status, names, b""), names["location"]
                body, is_cut = _read(response, names.get("content-encoding", ""), max_bytes)
                return Answer(str(url), response.status, names, body, is_cut), None
        except httpcore2.TimeoutException as error:
            raise (TooSlow if self._deadline.is_over else Unreachable) from error
        except httpcore2.NetworkError as error:
            raise Unreachable(is_without_tls=_is_without_tls(error)) from error
        except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, ValueError) as error:
            raise BadAnswer("The site's answer could not be understood.") from error


def _names(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Give headers by lower-case names; those that come twice in one, as RFC 9110 says."""
    names: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        names[name] = f"{names[name]}, {value}" if name in names else value
    return names


def _text(value: bytes) -> str:
    """Read a header so that its bytes are the same when they go back, as an ETag's do."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _is_without_tls(error: BaseException | None) -> bool:
    """Say whether a connection failed because nobody speaks TLS there; a bad certificate is another thing."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST")
        if isinstance(error, ConnectionRefusedError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _read(response: httpcore2.Response, encoding: str, max_bytes: int) -> tuple[bytes, bool]:
    """Read and unpack up to `max_bytes`; the flag says that there was more, or that the rest never came."""
    encoding, raw = encoding.strip().lower(), response.iter_stream()
    if encoding in ("", "identity"):
        chunks: Iterator[bytes] = raw
    elif encoding in ("gzip", "x-gzip"):
        chunks = _gunzip(raw)
    else:
        raise BadAnswer("The site packs its answers in a way that was not asked for.")
    body = bytearray()
    try:
        for chunk in chunks:
            body += chunk
            if len(body) > max_bytes:
                return bytes(body[:max_bytes]), True
    except httpcore2.RemoteProtocolError:
        if not body:
            raise
        return bytes(body), True
    return bytes(body), False


def _gunzip(raw: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip in bounded pieces, so that no input makes more than one piece at a time."""
    unpacker = zlib.decompressobj(31)
    for chunk in raw:
        data = chunk
        while data:
            try:
                piece = unpacker.decompress(data, _CHUNK_BYTES)
            except zlib.error as error:
                raise BadAnswer("The site's answer is packed wrongly.") from error
            if piece:
                yield piece
            data = unpacker.unconsumed_tail
            if unpacker.eof:
                data = unpacker.unused_data
                if not data.startswith(b"\x1f\x8b"):
                    return
                unpacker = zlib.decompressobj(31)


class _Deadline:
    """The end of the exchange under way, shared by the connection's every read and write."""

    def __init__(self) -> None:
        self._until = 0.0

    def start(self, seconds: float) -> None:
        self._until = clock.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return clock.monotonic() >= self._until

    def within(self, timeout: float | None) -> float:
        """Give the shorter of the time-out and what is left, never 0 (which would mean "don't wait")."""
        left = max(0.001, self._until - clock.monotonic())
        return left if timeout is None else min(timeout, left)


class _GuardedStream(httpcore2.NetworkStream):
    """A connection whose every step ends at the deadline."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._deadline.is_over:
            raise httpcore2.ReadTimeout("deadline")
        return self._inner.read(max_bytes, self._deadline.within(None))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.within(timeout))

    @override
    def close(self) -> None:
        self._inner.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.within(timeout))
        return _GuardedStream(inner, self._deadline)

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def admitted(numbers: list[str], name: str, port: int, allow_private: AllowPrivate) -> list[str]:
    """Give the numbers of a name that may be connected to, in order; none when any of them is not public.

    The one rule of every door. Say the same of none as of a closed port: Petra is no port scanner.
    """
    is_allowed = (name, port) in allow_private or all(addresses.is_public(number) for number in numbers)
    return numbers[:MAX_NUMBERS_TRIED] if is_allowed else []


class _GuardedBackend(httpcore2.NetworkBackend):
    """Looks a name up once, refuses it when any of its numbers is not public, and connects to the number."""

    def __init__(self, deadline: _Deadline, allow_private: AllowPrivate, resolve: Resolve) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._resolve = resolve
        self._inner = httpcore2.SyncBackend()

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        name = host.strip("[]")
        failure: httpcore2.ConnectError | httpcore2.ConnectTimeout = httpcore2.ConnectError("no connection")
        for number in admitted(self._resolve(name, port), name, port, self._allow_private):
            try:
                stream = self._inner.connect_tcp(number, port, self._deadline.within(timeout))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _GuardedStream(stream, self._deadline)
        raise failure

    @override
    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        raise httpcore2.ConnectError("no connection")


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """Read the trusted certificates once: it takes a tenth of a second."""
    return httpx2.create_ssl_context(trust_env=False)


def _look_up(name: str, port: int) -> list[str]:
    """Ask the system for the numbers of a name, in its order; empty when there are none within the deadline."""
    found: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    threading.Thread(target=lambda: found.put(numbers_of(name, port)), name="look-up", daemon=True).start()
    try:
        return found.get(timeout=LOOKUP_DEADLINE_S)
    except queue.Empty:
        return []


def numbers_of(name: str, port: int) -> list[str]:
    """Ask the system for the numbers of a name, however long that takes; empty when there are none."""
    try:
        rows = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(row[4][0]) for row in rows))
