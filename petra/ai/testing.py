"""A small stand-in for a server that speaks OpenAI's chat completions, for tests: real HTTP on loopback, in threads.

Other processes may ask it too: it is only an address. It answers what a test scripted, else words made from the prompt,
so that five hundred requests get five hundred different answers. It keeps a journal of what it was asked, and its
own count of tokens and money, which it tells in OpenAI's `usage` (with the cost, as some gateways do).
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override

from petra.ai import ladder, scripted
from petra.ai.access import Access, Provider
from petra.ai.scripted import Answer
from petra.lib.outbound import AllowPrivate

KEY = "sk-double-c4n4ry-0123456789"
INPUT_USD, OUTPUT_USD = Decimal("0.000001"), Decimal("0.000004")  # for one token
IMAGE_TOKENS = 800


@dataclass
class Asked:
    """One request as it came in, and what became of it. `at_s` is monotonic."""

    path: str
    key: str = field(repr=False)
    body: dict[str, Any]
    at_s: float
    answer: str = ""
    status: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    was_left: bool = False  # who asked went away before the end

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation as it was sent."""
        return list(self.body.get("messages") or [])

    @property
    def text(self) -> str:
        """Everything that was said in it, one message after the other."""
        return "\n".join(scripted.text_of(message) for message in self.messages)

    @property
    def system(self) -> str:
        """The rules: what was said as the system or the developer."""
        return "\n".join(scripted.text_of(m) for m in self.messages if m.get("role") in ("system", "developer"))

    @property
    def pictures(self) -> list[str]:
        """The addresses (`data:` ones here) of the pictures in it."""
        return [url for message in self.messages for url in scripted.pictures_of(message)]

    @property
    def form(self) -> str:
        """The form that was demanded: `json_schema`, `json_object`, or empty."""
        return str((self.body.get("response_format") or {}).get("type", ""))


class AiDouble:
    """The stand-in. `url` is what a person would enter as the server's address.

    `refuses` maps a form to the status that refuses it. `knows` are its models; None: any name will do. `key` empty:
    asks for none.
    """

    def __init__(self, *, key: str = KEY, latency_s: float = 0.0) -> None:
        self.key = key
        self.latency_s = latency_s
        self.piece_s = 0.0  # between two pieces of a stream
        self.tells_usage = True
        self.refuses: dict[str, int] = {}
        self.knows: tuple[str, ...] | None = None
        self.journal: list[Asked] = []
        self.most_at_once = 0
        self._now = 0
        self._next: deque[Answer] = deque()
        self._for: list[tuple[str, deque[Answer]]] = []
        self._lock = threading.Lock()
        self.ended = threading.Event()
        self._server = _Server(self)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="ai-double", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def doors(self) -> AllowPrivate:
        """What the operator must open, for it lies on loopback."""
        return frozenset({("127.0.0.1", self.port)})

    def access(self, *, model: str = "double-small", timeout_s: float = 10.0) -> Access:
        """Give the access of a workspace that uses it."""
        return Access(Provider.COMPATIBLE, self.key, self.url, model, timeout_s, self.doors)

    def script(self, *answers: Answer) -> None:
        """Give these to the next requests, one each."""
        with self._lock:
            self._next.extend(answers)

    def script_for(self, said: str, *answers: Answer) -> None:
        """Give these to requests that say this, one each; the last one again and again."""
        with self._lock:
            self._for.append((said, deque(answers)))

    @property
    def asked(self) -> list[Asked]:
        """The requests for words so far."""
        with self._lock:
            return [entry for entry in self.journal if entry.path.endswith("/chat/completions")]

    @property
    def cost_usd(self) -> Decimal:
        return sum((entry.cost_usd for entry in self.asked), Decimal(0))

    @property
    def tokens(self) -> int:
        return sum(entry.input_tokens + entry.output_tokens for entry in self.asked)

    def close(self) -> None:
        """Stop it, hanging answers too."""
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            yield
        finally:
            with self._lock:
                self._now -= 1

    def note(self, entry: Asked) -> None:
        with self._lock:
            self.journal.append(entry)

    def choose(self, entry: Asked) -> Answer:
        """Say what to answer: a refusal that a server would give first, what was scripted, or words of its own."""
        if entry.path.partition("?")[0] != "/v1/chat/completions":
            return scripted.not_there()
        if self.key and entry.key != self.key:
            return scripted.key_refused(entry.key)
        if self.knows is not None and entry.body.get("model") not in self.knows:
            return scripted.no_model(str(entry.body.get("model")))
        if entry.form in self.refuses:
            return scripted.form_refused(entry.form, self.refuses[entry.form])
        with self._lock:
            for said, answers in self._for:
                if said in entry.text:
                    return answers.popleft() if len(answers) > 1 else answers[0]
            if self._next:
                return self._next.popleft()
        return scripted.words()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, double: AiDouble) -> None:
        self.double = double
        super().__init__(("127.0.0.1", 0), _Door)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: clients go away on purpose here."""


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the journal tells."""

    def do_GET(self) -> None:  # noqa: N802  the standard library's name
        double = self.server.double
        entry = Asked(self.path, self._key(), {}, time.monotonic())
        double.note(entry)
        if double.key and entry.key != double.key:
            return self._whole(entry, scripted.key_refused(entry.key))
        if entry.path.partition("?")[0] != "/v1/models":
            return self._whole(entry, scripted.not_there())
        names = double.knows or ("double-small", "double-large")
        listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}
        return self._whole(entry, Answer("models", body=listed))

    def do_POST(self) -> None:  # noqa: N802
        double = self.server.double
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        entry = Asked(self.path, self._key(), body, time.monotonic())
        with double.counted():
            answer = double.choose(entry)
            entry.answer, entry.status = answer.name, answer.status
            double.note(entry)
            double.ended.wait(double.latency_s + answer.wait_s)
            try:
                self._answer(entry, answer)
            except (BrokenPipeError, ConnectionResetError):
                entry.was_left = True
                self.close_connection = True

    def _answer(self, entry: Asked, answer: Answer) -> None:
        if answer.status != 200 or answer.raw is not None:
            return self._whole(entry, answer)
        said = answer.said(entry.body)
        entry.input_tokens = scripted.tokens_of(entry.text) + IMAGE_TOKENS * len(entry.pictures)
        entry.output_tokens = scripted.tokens_of(said)
        entry.cost_usd = entry.input_tokens * INPUT_USD + entry.output_tokens * OUTPUT_USD
        tells = self.server.double.tells_usage and answer.tells_usage
        usage = scripted.usage(entry.input_tokens, entry.output_tokens, entry.cost_usd) if tells else None
        if entry.body.get("stream"):
            return self._stream(entry, answer, said, usage)
        done = scripted.completion(str(entry.body.get("model")), said, answer.finish, usage)
        if answer.is_cut:
            raw = json.dumps(done).encode()
            self._head(200, {"content-type": "application/json", "content-length": str(len(raw))})
            self.wfile.write(raw[: len(raw) // 2])
            return self._hang_up()
        return self._whole(entry, replace(answer, body=done))

    def _stream(self, entry: Asked, answer: Answer, said: str, usage: dict[str, Any] | None) -> None:
        self._head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        model = str(entry.body.get("model"))
        pieces = scripted.pieces(said)
        for number, piece in enumerate(pieces):
            if answer.is_cut and number >= max(1, len(pieces) // 2):
                self._hang_up()
                return
            self._event(scripted.chunk(model, {"content": piece}))
            self.server.double.ended.wait(self.server.double.piece_s)
        self._event(scripted.chunk(model, {}, finish=answer.finish))
        if usage and (entry.body.get("stream_options") or {}).get("include_usage"):
            self._event(scripted.chunk(model, None, usage=usage))
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, data: dict[str, Any] | str) -> None:
        line = f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        self.wfile.flush()

    def _whole(self, entry: Asked, answer: Answer) -> None:
        raw = answer.raw if answer.raw is not None else json.dumps(answer.body).encode()
        entry.answer, entry.status = answer.name, answer.status
        told = {"content-type": "application/json", "content-length": str(len(raw)), **answer.headers}
        self._head(answer.status, told)
        self.wfile.write(raw)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _key(self) -> str:
        return (self.headers.get("authorization") or "").removeprefix("Bearer ").strip()


@pytest.fixture
def ai_double() -> Iterator[AiDouble]:
    """A server to ask for words, one for each test."""
    ladder.forget()  # what another one at the same port took
    double = AiDouble()
    yield double
    double.close()
