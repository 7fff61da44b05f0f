"""A small HTTP/1.1 server: keep-alive, whole bodies, and the bad manners that faults need.

Used by `running.py`. Knows nothing of any network. One event loop, no threads: a handler is a plain function that
must not wait; what takes time is handed back as `Later`. Written by hand because benchmarks drive thousands of
requests a second through it on one core, and because no library drops connections on request.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, unquote

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_BODY_BYTES: Final = 64 * 1024 * 1024

_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    """One request. `headers` by lower-case name; `path` is unquoted and has no query."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json_object(self) -> dict[str, object] | None:
        """Return the body as a JSON object, None where it is none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


@dataclass(slots=True)
class Response:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list)

    def encode(self, *, head_only: bool) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}"]
        if self.status not in (204, 304):
            lines += [f"content-type: {self.content_type}", f"content-length: {len(self.body)}"]
        # A value from outside (an address to return to) must not begin a header of its own.
        lines += [f"{name}: {''.join(value.splitlines())}" for name, value in self.headers]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        return head if head_only or self.status in (204, 304) else head + self.body


def json_response(status: int, value: object, headers: list[tuple[str, str]] | None = None) -> Response:
    return Response(status, json.dumps(value, separators=(",", ":")).encode("ascii"), headers=headers or [])


@dataclass(slots=True)
class Drop:
    """Break the connection without an answer."""


@dataclass(slots=True)
class Later:
    """Do `then` after `seconds` of real time, whether or not the caller is still there; answer with what it gives."""

    seconds: float
    then: Callable[[], Outcome]


Outcome = Response | Drop | Later
Handler = Callable[[Request], Outcome]


class BadRequest(Exception):
    """The bytes are not a request this server reads. Carries the status to close with."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Connection(asyncio.Protocol):
    """One kept-alive connection: reads a request, answers it, reads the next."""

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop) -> None:
        self._handler = handler
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._is_busy = False
        self._awaited = 0  # bytes needed before parsing is worth another try
        self._has_continued = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= self._awaited:
            self._read_on()

    def _read_on(self) -> None:
        while not self._is_busy and self._transport is not None and self._buffer:
            try:
                request = self._take_request()
            except BadRequest as error:
                self._write(Response(error.status), closes=True)
                return
            if request is None:
                return
            self._is_busy = True
            self._act(request, self._outcome(partial(self._handler, request)))

    def _take_request(self) -> Request | None:
        """Cut one whole request off the buffer; None when more bytes are needed."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BadRequest(431)
            return None
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3:
            raise BadRequest(400)
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadRequest(400)
            headers[name.lower()] = value.strip()
        length = _length(headers)
        whole = end + 4 + length
        if len(self._buffer) < whole:
            self._awaited = whole
            if not self._has_continued and headers.get("expect", "").lower() == "100-continue":
                self._has_continued = True
                self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = bytes(self._buffer[end + 4 : whole])
        del self._buffer[:whole]
        self._awaited, self._has_continued = 0, False
        path, _, query = words[1].partition("?")
        return Request(words[0], unquote(path) if "%" in path else path, query, headers, body)

    def _outcome(self, call: Callable[[], Outcome]) -> Outcome:
        try:
            return call()
        except Exception:  # noqa: BLE001  the outermost frame: one broken answer must not stop the server
            traceback.print_exc(file=sys.stderr)
            return Response(500, b"The simulator made a mistake.", "text/plain")

    def _act(self, request: Request, outcome: Outcome) -> None:
        match outcome:
            case Later():
                self._loop.call_later(outcome.seconds, self._act_later, request, outcome.then)
            case Drop():
                if self._transport is not None:
                    self._transport.abort()
            case Response():
                closes = request.headers.get("connection", "").lower() == "close"
                self._write(outcome, closes=closes, head_only=request.method == "HEAD")

    def _act_later(self, request: Request, then: Callable[[], Outcome]) -> None:
        self._act(request, self._outcome(then))
        self._read_on()

    def _write(self, response: Response, *, closes: bool, head_only: bool = False) -> None:
        if closes:
            response.headers.append(("connection", "close"))
        self._send(response.encode(head_only=head_only))
        self._is_busy = False
        if closes and self._transport is not None:
            self._transport.close()

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _length(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise BadRequest(411)
    text = headers.get("content-length", "0")
    if not text.isdigit():
        raise BadRequest(400)
    length = int(text)
    if length > MAX_BODY_BYTES:
        raise BadRequest(413)
    return length
