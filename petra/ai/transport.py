"""The guarded door to one provider: every byte to and from a model passes here. Async, because the SDKs are.

The twin of `lib.outbound`, with the same rules: one look-up per connection, every answer of it checked, the connection
goes to the checked number; nothing of the machine's proxies, cookies or environment is used. Stricter in three ways:
only the provider's own host is asked, no redirect is followed, and only headers named here leave.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2
from typing_extensions import override

from petra.ai.contract import Cause
from petra.lib import addresses
from petra.lib.outbound import LOOKUP_DEADLINE_S, AllowPrivate, admitted, numbers_of, trusted, user_agent

CONNECT_TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 4 << 20  # a stream tells some 200 bytes about every token
# SDKs add what they find in the environment (an organisation's id) and about this machine. None of it leaves.
_HEADERS = frozenset(
    {
        "host", "accept", "content-type", "content-length", "transfer-encoding", "connection",
        "authorization", "x-api-key", "x-goog-api-key", "anthropic-version", "anthropic-beta",
    }
)  # fmt: skip
_KEY_HEADERS = frozenset({"authorization", "x-api-key", "x-goog-api-key"})

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Trouble:
    """Why the door stayed shut, where the SDK would only say that there was no connection."""

    cause: Cause
    detail: str


class Door:
    """One provider's address and the client that asks it. For one event loop; `client` must be closed there."""

    def __init__(
        self,
        address: str,
        *,
        has_key: bool,
        timeout_s: float,
        may_be_private: AllowPrivate = frozenset(),
        resolve: Resolve | None = None,
    ) -> None:
        """Raises BadAddress where the form or the port is not one to ask, or the key would be seen on its way."""
        self.url = _checked(address, has_key=has_key, may_be_private=may_be_private)
        self.trouble: Trouble | None = None
        self.may_be_paid = False  # a whole request left, and nobody has refused it
        self._has_key = has_key
        self.client = httpx2.AsyncClient(
            transport=_GuardedTransport(self, _GuardedBackend(may_be_private, resolve or numbers_of)),
            timeout=httpx2.Timeout(
                timeout_s + 1, connect=min(timeout_s, CONNECT_TIMEOUT_S)
            ),  # the caller ends it before
            follow_redirects=False,
            trust_env=False,
        )

    def shut(self, cause: Cause, detail: str) -> httpx2.TransportError:
        """Note why, and give what to raise: SDKs turn it into their own error and lose the words."""
        self.trouble = Trouble(cause, detail)
        return httpx2.ConnectError(detail)

    def before(self, request: httpx2.Request) -> None:
        """Let a request out: to the provider's host only, and with no more headers than it needs."""
        if (request.url.scheme, request.url.host, request.url.port) != (self.url.scheme, self.url.host, self.url.port):
            raise self.shut(Cause.BAD_ADDRESS, "Only the provider's own address is asked.")
        for name in list(request.headers):
            if name.lower() not in _HEADERS or (name.lower() in _KEY_HEADERS and not self._has_key):
                del request.headers[name]
        request.headers["user-agent"] = user_agent()
        request.headers["accept-encoding"] = "identity"  # a packed answer could unpack without an end
        request.extensions = {**request.extensions, "trace": self._watch}

    def after(self, response: httpx2.Response) -> None:
        """Let an answer in: no redirect, nothing packed."""
        self.may_be_paid = response.status_code < 300
        if 300 <= response.status_code < 400:
            raise self.shut(Cause.BAD_ADDRESS, "The address leads on to another one. Enter that one instead.")
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise self.shut(Cause.BAD_ANSWER, "The answer is packed in a way that was not asked for.")

    async def _watch(self, event: str, _told: object) -> None:
        """Note that the request is out, as httpcore2 tells of it."""
        if event == "http11.send_request_body.complete":
            self.may_be_paid = True


def _checked(address: str, *, has_key: bool, may_be_private: AllowPrivate) -> httpx2.URL:
    url = addresses.parse(address)
    port = addresses.port_of(url)
    if (url.host, port) in may_be_private:
        return url
    if port < 1024 and port not in addresses.USUAL_PORTS:
        raise addresses.BadAddress("No model is asked at this port.")
    if has_key and url.scheme != "https":
        raise addresses.BadAddress("The address must start with https:// because a key is sent to it.")
    return url


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    """httpx2's own transport over a pool that connects through the guard; the only way to give it a backend."""

    def __init__(self, door: Door, backend: httpcore2.AsyncNetworkBackend) -> None:
        super().__init__(verify=trusted(), trust_env=False)
        self._door = door
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=4,
            max_keepalive_connections=2,
            keepalive_expiry=30.0,
            http1=True,
            http2=False,
            network_backend=backend,
        )

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._door.before(request)
        response = await super().handle_async_request(request)
        try:
            self._door.after(response)
        except httpx2.TransportError:
            await response.aclose()
            raise
        response.stream = _Capped(response.stream, self._door)  # type: ignore[arg-type]  # async here, by construction
        return response


class _Capped(httpx2.AsyncByteStream):
    """An answer's body that ends with an error where it grows too big."""

    def __init__(self, inner: httpx2.AsyncByteStream, door: Door) -> None:
        self._inner = inner
        self._door = door

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        size_bytes = 0
        async for chunk in self._inner:
            size_bytes += len(chunk)
            if size_bytes > MAX_ANSWER_BYTES:
                raise self._door.shut(Cause.BAD_ANSWER, "The answer is longer than anything that was asked for.")
            yield chunk

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Looks a name up once, refuses it when any of its numbers is not public, and connects to the number."""

    def __init__(self, may_be_private: AllowPrivate, resolve: Resolve) -> None:
        self._may_be_private = may_be_private
        self._resolve = resolve
        self._inner = httpcore2.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        name = host.strip("[]")
        numbers = await _in_a_thread(self._resolve, name, port)
        failure: httpcore2.ConnectError | httpcore2.ConnectTimeout = httpcore2.ConnectError("no connection")
        for number in admitted(numbers, name, port, self._may_be_private):
            try:
                return await self._inner.connect_tcp(number, port, timeout)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    @override
    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.AsyncNetworkStream:
        raise httpcore2.ConnectError("no connection")


async def _in_a_thread(resolve: Resolve, name: str, port: int) -> list[str]:
    """Look up beside the loop. A thread of its own: the loop waits for its pool's threads when it ends."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def tell(numbers: list[str]) -> None:
        if not found.done():
            found.set_result(numbers)

    def ask() -> None:
        numbers = resolve(name, port)
        try:
            loop.call_soon_threadsafe(tell, numbers)
        except RuntimeError:  # the loop has ended: nobody waits any more
            return

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        return await asyncio.wait_for(found, LOOKUP_DEADLINE_S)
    except TimeoutError:
        return []
