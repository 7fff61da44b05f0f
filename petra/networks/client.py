"""The one HTTP client of all adapters: keep-alive, time-outs, size cap, redaction, lost answers typed.

STOP 4 of the road. Made by `accounts` and `publishing` for one account and one job, used by adapters. Owns the
connection pool of this process. Never retries, never follows a redirect, never reads the environment, and
nothing that leaves it (answers' details, errors, reprs, what the observer is told) carries a token.

What a lost answer means depends on the request. Before anything was sent: TryLater. After a creating request
may have left: OutcomeUnknown. After a read: TryLater.
"""

from __future__ import annotations

import logging
import os
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from time import monotonic
from typing import Final, Protocol
from urllib.parse import urlencode

import httpx2

from petra.networks.answers import MALFORMED, Answer, Redactor, parse_body
from petra.networks.contract import App, Cause, OutcomeUnknown, TryLater, encode_body

CONNECT_S: Final = 5.0
READ_S: Final = 30.0
TOTAL_S: Final = 60.0  # checked between the pieces of an answer; one piece may take READ_S
MAX_ANSWER_BYTES: Final = 8 * 1024 * 1024
_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "Petra (self-hosted publisher)",
}

# Errors that can only happen before the first byte of the request left this machine.
_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
# Form fields whose value must never be repeated in an error.
_SECRET_FIELDS: Final = frozenset({"code", "code_verifier", "refresh_token", "access_token", "client_secret", "token"})

_log = logging.getLogger(__name__)

__all__ = ["MALFORMED", "Answer", "Client", "Observer", "WrongRequest", "shared_transport"]


class WrongRequest(Exception):
    """Petra tried to send something that is not HTTP. A bug of ours, told without the request's text."""


class Observer(Protocol):
    """Told after every call, for the budget and the log. `status` is None where no answer came.

    `path` has no query. What it raises is logged and changes nothing. `headers` are the answer's, by lower-case name.
    """

    def __call__(
        self, *, method: str, path: str, status: int | None, headers: Mapping[str, str], duration_s: float
    ) -> None: ...


_transports: dict[int, httpx2.BaseTransport] = {}
_transports_lock = threading.Lock()


def shared_transport() -> httpx2.BaseTransport:
    """Return this process's connection pool, made on first use. Thread-safe; a forked child makes its own."""
    pid = os.getpid()
    transport = _transports.get(pid)
    if transport is None:
        with _transports_lock:
            transport = _transports.get(pid)
            if transport is None:
                # Idle connections are dropped early: one that the network has closed meanwhile would turn
                # a write that never left into an unknown outcome.
                limits = httpx2.Limits(max_connections=256, max_keepalive_connections=128, keepalive_expiry=10.0)
                transport = httpx2.HTTPTransport(trust_env=False, limits=limits, retries=0)
                _transports.clear()
                _transports[pid] = transport
    return transport


@dataclass(frozen=True)
class _Basic:
    user: str
    password: str = field(repr=False)

    def header(self) -> str:
        return b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


class Client:
    """Calls one network for one account. Cheap to make, one per job; the connections behind it are shared.

    Every method answers with whatever status came; adapters say what it means. Raises TryLater or
    OutcomeUnknown when no whole answer came.
    """

    def __init__(
        self,
        *,
        base_url: str,
        now: Callable[[], datetime],
        access_token: str | None = None,
        page_base: str = "",
        observe: Observer | None = None,
        transport: httpx2.BaseTransport | None = None,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        total_s: float = TOTAL_S,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.page_base = page_base.rstrip("/")
        self.now = now
        self._observe = observe
        self._transport = transport
        self._timeouts = {"connect": connect_s, "read": read_s, "write": read_s, "pool": connect_s}
        self._total_s = total_s
        self._max_answer_bytes = max_answer_bytes
        self._token = access_token
        self._redactor = Redactor((access_token,) if access_token else ())

    @classmethod
    def for_app(
        cls,
        app: App,
        *,
        now: Callable[[], datetime],
        access_token: str | None = None,
        observe: Observer | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> Client:
        """Make a client for the addresses of `app`."""
        return cls(
            base_url=app.api_base,
            page_base=app.page_base,
            now=now,
            access_token=access_token,
            observe=observe,
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"Client({self.base_url!r}, access_token={'***' if self._token else None})"

    def get(self, path: str, *, query: Mapping[str, str] | None = None) -> Answer:
        """Read. A lost answer is TryLater."""
        return self._call("GET", path, query=query)

    def post_json(self, path: str, body: Mapping[str, object], *, creates: bool) -> Answer:
        """Post `body`. With `creates`, a lost answer is OutcomeUnknown."""
        headers = {"Content-Type": "application/json"}
        return self._call("POST", path, content=encode_body(body), headers=headers, creates=creates)

    def post_form(
        self,
        path: str,
        form: Mapping[str, str],
        *,
        basic: tuple[str, str] | None = None,
        creates: bool = False,
    ) -> Answer:
        """Post a form, as token endpoints want it. With `basic` (user, password) the bearer token stays at home."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        secrets = [value for name, value in form.items() if name in _SECRET_FIELDS]
        if basic:
            credentials = _Basic(*basic)
            headers["Authorization"] = f"Basic {credentials.header()}"
            secrets += [credentials.password, credentials.header()]
        content = urlencode(form).encode("ascii")
        return self._call("POST", path, content=content, headers=headers, creates=creates, secrets=tuple(secrets))

    def post_multipart(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        file: bytes,
        file_name: str = "file",
        with_token: bool = False,
        creates: bool = False,
    ) -> Answer:
        """Upload: `fields` in their order, then the bytes in field `file`, last. `url` may be absolute.

        The token is left out unless asked for: upload addresses often belong to somebody else.
        """
        encoded = httpx2.Request("POST", "http://encode.invalid/", data=dict(fields), files={"file": (file_name, file)})
        headers = {"Content-Type": encoded.headers["Content-Type"]}
        if not with_token:
            headers["Authorization"] = ""
        return self._call("POST", url, content=encoded.read(), headers=headers, creates=creates)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        creates: bool = False,
        secrets: tuple[str, ...] = (),
    ) -> Answer:
        redactor = self._redactor.and_also(secrets)
        request = self._request(method, path, query, content, headers or {})
        started = monotonic()
        answer: Answer | None = None
        try:
            answer = self._exchange(request, started, redactor)
            return answer
        except _NOT_SENT as error:
            raise TryLater(
                "The network could not be reached. Nothing was sent.",
                cause=Cause.TRANSIENT,
                detail=redactor.clean(f"{type(error).__name__}: {error}"),
            ) from None
        except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError) as error:
            raise WrongRequest(redactor.clean(f"{method} {request.url.path}: {error}")) from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise _lost(creates, redactor.clean(f"{type(error).__name__}: {error}")) from None
        finally:
            self._tell(request, answer, monotonic() - started)

    def _tell(self, request: httpx2.Request, answer: Answer | None, duration_s: float) -> None:
        if self._observe is None:
            return
        try:
            self._observe(
                method=request.method,
                path=request.url.path,
                status=answer.status if answer else None,
                headers=answer.headers if answer else {},
                duration_s=duration_s,
            )
        except Exception:  # noqa: BLE001  a broken budget must not hide that a post was made
            _log.exception("The observer of a network call failed")

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        content: bytes,
        headers: Mapping[str, str],
    ) -> httpx2.Request:
        url = path if "://" in path else f"{self.base_url}/{path.lstrip('/')}"
        all_headers = {**_HEADERS, **headers}
        if self._token and "Authorization" not in headers:
            all_headers["Authorization"] = f"Bearer {self._token}"
        if not all_headers.get("Authorization"):
            all_headers.pop("Authorization", None)
        try:
            return httpx2.Request(
                method,
                httpx2.URL(f"{url}?{urlencode(query)}") if query else _address(url),
                headers=all_headers,
                content=content or None,
                extensions={"timeout": self._timeouts},
            )
        except (httpx2.InvalidURL, UnicodeEncodeError, ValueError):
            raise WrongRequest(f"{method}: the address or a header is not valid") from None

    def _exchange(self, request: httpx2.Request, started: float, redactor: Redactor) -> Answer:
        transport = self._transport or shared_transport()
        response = transport.handle_request(request)
        try:
            body = self._read(response, started)
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(
            status=response.status_code,
            headers=headers,
            body=MALFORMED if body is None else parse_body(body),
            raw=b"(answer too big)" if body is None else body,
            redactor=redactor,
        )

    def _read(self, response: httpx2.Response, started: float) -> bytes | None:
        """Read the whole body; None when it is bigger than the cap."""
        pieces = bytearray()
        for piece in response.iter_bytes():
            pieces += piece
            if len(pieces) > self._max_answer_bytes:
                return None
            if monotonic() - started > self._total_s:
                raise httpx2.ReadTimeout("the whole answer took too long")
        return bytes(pieces)


@lru_cache(maxsize=256)
def _address(url: str) -> httpx2.URL:
    """Parse an address without a query once, not for each post: there are few."""
    return httpx2.URL(url)


def _lost(creates: bool, detail: str) -> TryLater | OutcomeUnknown:
    if creates:
        return OutcomeUnknown("The network's answer was lost. The post may be live; Petra is looking.", detail=detail)
    return TryLater("The network's answer was lost. Nothing was changed.", cause=Cause.TRANSIENT, detail=detail)
