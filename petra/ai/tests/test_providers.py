"""Each provider in its own wire format, on loopback: asking, streaming, listing models, and the ways they refuse."""

from __future__ import annotations

import json
import logging
import random
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from petra.ai import ladder, providers, scripted
from petra.ai.access import Access, Provider
from petra.ai.contract import Cause, OnPartial, Picture, Request, Source, Turn, Words, WriterFailed, Written
from petra.ai.testing import AiDouble

KEY = "sk-can4ry-9f8e7d6c5b4a39281706f5e4d3c2b1a0"
SOUP = Source("Pumpkin soup", text="This soup warms the whole family.", language="en")
ASKED = Request(
    Source("Pumpkin soup", text=SOUP.text, language="en", pictures=(Picture("image/png", b"picture"),)),
    turns=(Turn(Words("Soup", "Soup.", "Soup"), "Longer"),),
)
WORDS = Words("Soup for cold evenings", "This soup warms the whole family.", "A bowl of soup", ("soup",))
SAID = json.dumps(
    {"title": WORDS.title, "description": WORDS.description, "alt_text": WORDS.alt_text, "topics": ["soup"]}
)
JSON, EVENTS = {"content-type": "application/json"}, {"content-type": "text/event-stream"}

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Stand:
    """A server that gives the replies it was given, in order, and keeps what it was sent."""

    port: int = 0
    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    def address(self, provider: Provider) -> str:
        return f"http://127.0.0.1:{self.port}" + ("/v1" if provider is Provider.OPENAI else "")

    def access(self, provider: Provider) -> Access:
        return Access(provider, KEY, timeout_s=5, may_be_private=frozenset({("127.0.0.1", self.port)}))

    def write(self, provider: Provider, *replies: Reply, on_partial: OnPartial | None = None) -> Written:
        self.replies[:] = replies
        writer = providers.writer_for(self.access(provider), address=self.address(provider))
        return writer.write(ASKED, on_partial=on_partial)

    def failure(self, provider: Provider, *replies: Reply, on_partial: OnPartial | None = None) -> WriterFailed:
        with pytest.raises(WriterFailed) as caught:
            self.write(provider, *replies, on_partial=on_partial)
        return caught.value


@pytest.fixture
def stand() -> Iterator[Stand]:
    ladder.forget()
    here = Stand()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None: ...

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            here.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body or b"null")))
            status, headers, raw = here.replies.pop(0)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        here.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield here
        server.shutdown()
        thread.join(5)


def reply(told: Any, status: int = 200, **headers: str) -> Reply:
    return (
        status,
        {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}},
        json.dumps(told).encode(),
    )


def events(*told: dict[str, Any]) -> Reply:
    lines = [(f"event: {e['type']}\n" if "type" in e else "") + f"data: {json.dumps(e)}\n\n" for e in told]
    return 200, EVENTS, "".join(lines).encode()


def openai() -> Reply:
    message = {"role": "assistant", "content": SAID}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    return reply(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    )


def openai_stream() -> Reply:
    def chunk(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}

    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    told = {**chunk({}), "choices": [], "usage": usage}
    return events(chunk({"content": SAID[:40]}), chunk({"content": SAID[40:]}), chunk({}, "stop"), told)


ANTHROPIC: dict[str, Any] = {
    "id": "1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
    "content": [{"type": "text", "text": SAID}], "stop_reason": "end_turn", "stop_sequence": None,
    "usage": {"input_tokens": 1000, "output_tokens": 100},
}  # fmt: skip


def anthropic_stream(*, ends: bool = True) -> Reply:
    start = {**ANTHROPIC, "content": [], "stop_reason": None, "usage": {"input_tokens": 1000, "output_tokens": 1}}
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": SAID[:40]}},
    ]
    rest: list[dict[str, Any]] = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": SAID[40:]}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 100},
        },
        {"type": "message_stop"},
    ]
    return events(*told, *(rest if ends else []))


def google(text: str = SAID, finish: str | None = "STOP") -> dict[str, Any]:
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 100, "totalTokenCount": 1100}
    ended = {**candidate, "finishReason": finish} if finish else candidate
    return {"candidates": [ended], "usageMetadata": usage, "modelVersion": "gemini-3.5-flash-lite"}


def mistral(*, streamed: bool = False) -> Reply:
    call = {"id": "abc123def", "index": 0, "function": {"name": "words", "arguments": SAID}}
    message = {"role": "assistant", "content": "", "tool_calls": [call]}
    choice = {"index": 0, "delta" if streamed else "message": message, "finish_reason": "tool_calls"}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    told = {"id": "1", "created": 1, "model": "mistral-small-latest", "choices": [choice], "usage": usage}
    return events(told) if streamed else reply({**told, "object": "chat.completion"})


GOOD: list[tuple[Provider, Callable[[], Reply], Callable[[], Reply], str]] = [
    (Provider.OPENAI, openai, openai_stream, "0.00027"),
    (Provider.ANTHROPIC, lambda: reply(ANTHROPIC), anthropic_stream, "0.00075"),
    (Provider.GOOGLE, lambda: reply(google()), lambda: events(google(SAID[:40], None), google(SAID[40:])), "0.00055"),
    (Provider.MISTRAL, mistral, lambda: mistral(streamed=True), "0.00021"),
]


@pytest.mark.parametrize(("provider", "whole", "streamed", "cost"), GOOD, ids=[good[0] for good in GOOD])
def test_every_provider_writes_whole_and_streamed(
    stand: Stand, provider: Provider, whole: Callable[[], Reply], streamed: Callable[[], Reply], cost: str
) -> None:
    for answer, on_partial in ((whole(), None), (streamed(), lambda words: True)):
        written = stand.write(provider, answer, on_partial=on_partial)
        assert written.words == WORDS
        assert written.writer == provider.default_model
        assert (written.usage.input_tokens, written.usage.output_tokens) == (1000, 100)
        assert written.usage.cost_usd is not None
        assert Decimal(0) < written.usage.cost_usd < Decimal("0.01")
        _, headers, body = stand.asked[-1]
        sent = json.dumps(body)
        assert "cGljdHVyZQ==" in sent  # the picture
        assert "This soup warms" in sent
        assert sent.index("Pumpkin soup") < sent.index("Soup.") < sent.index("Longer")
        assert KEY in (headers.get("authorization", "") + headers.get("x-goog-api-key", ""))
        assert KEY not in sent + stand.asked[-1][0]
        assert "alt_text" in sent
        assert set(headers) <= {
            "host", "accept", "content-type", "content-length", "connection", "user-agent", "accept-encoding",
            "authorization", "x-goog-api-key", "anthropic-version",
        }  # fmt: skip
        assert headers["user-agent"].startswith("Petra/")


def test_what_stands_in_the_environment_goes_nowhere(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_ORG_ID": "org-of-the-operator",
        "OPENAI_PROJECT_ID": "proj-of-the-operator",
        "OPENAI_API_KEY": "sk-of-the-operator",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/",
        "ANTHROPIC_API_KEY": "sk-ant-of-the-operator",
        "ANTHROPIC_AUTH_TOKEN": "token-of-the-operator",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9/",
        "GOOGLE_API_KEY": "AIza-of-the-operator",
        "GEMINI_API_KEY": "AIza-of-the-operator",
        "GOOGLE_GENAI_USE_VERTEXAI": "true",
        "GOOGLE_CLOUD_PROJECT": "project-of-the-operator",
        "MISTRAL_API_KEY": "of-the-operator",
        "HTTPS_PROXY": "http://127.0.0.1:9/",
        "HTTP_PROXY": "http://127.0.0.1:9/",
        "ALL_PROXY": "http://127.0.0.1:9/",
    }.items():
        monkeypatch.setenv(name, value)
    for provider, whole, _, _ in GOOD:
        assert stand.write(provider, whole()).words == WORDS
    assert "of-the-operator" not in str(stand.asked)
    stand.replies[:] = [openai()]
    access = Access(
        Provider.COMPATIBLE, "", stand.address(Provider.OPENAI), "m", 5, frozenset({("127.0.0.1", stand.port)})
    )
    providers.writer_for(access).write(ASKED)
    assert "authorization" not in stand.asked[-1][1]


def error(
    status: int, message: str, *, kind: str = "", details: tuple[dict[str, str], ...] = (), **headers: str
) -> Reply:
    """Put an error as Anthropic and Google do; each reads what it knows."""
    told = {"type": kind, "status": kind, "message": message, "code": status, "details": list(details)}
    return reply({"type": "error", "error": told}, status, **headers)


REFUSALS: list[tuple[Provider, Reply, Cause, float | None]] = [
    (Provider.OPENAI, error(404, "gone"), Cause.NO_MODEL, None),
    (Provider.ANTHROPIC, error(401, "no", kind="authentication_error"), Cause.KEY_REFUSED, None),
    (Provider.ANTHROPIC, error(403, "no", kind="permission_error"), Cause.KEY_REFUSED, None),
    (Provider.ANTHROPIC, error(404, "model: x", kind="not_found_error"), Cause.NO_MODEL, None),
    (Provider.ANTHROPIC, error(429, "slow", kind="rate_limit_error", retry_after="12"), Cause.RATE, 12.0),
    (Provider.ANTHROPIC, error(529, "busy", kind="overloaded_error"), Cause.PROVIDER_ERROR, None),
    (Provider.ANTHROPIC, error(400, "Your credit balance is too low", kind="billing_error"), Cause.QUOTA, None),
    (Provider.ANTHROPIC, reply({**ANTHROPIC, "content": [], "stop_reason": "refusal"}), Cause.CONTENT_REFUSED, None),
    (Provider.ANTHROPIC, reply([]), Cause.BAD_ANSWER, None),
    (Provider.GOOGLE, error(400, "API key not valid.", kind="INVALID_ARGUMENT"), Cause.KEY_REFUSED, None),
    (Provider.GOOGLE, error(404, "models/x is not found", kind="NOT_FOUND"), Cause.NO_MODEL, None),
    (
        Provider.GOOGLE,
        error(429, "slow", kind="RESOURCE_EXHAUSTED", details=({"retryDelay": "14s"},)),
        Cause.RATE,
        14.0,
    ),
    (Provider.GOOGLE, error(503, "The model is overloaded.", kind="UNAVAILABLE"), Cause.PROVIDER_ERROR, None),
    (Provider.GOOGLE, reply({"promptFeedback": {"blockReason": "SAFETY"}}), Cause.CONTENT_REFUSED, None),
    (Provider.GOOGLE, reply(google("", "SAFETY")), Cause.CONTENT_REFUSED, None),
    (Provider.GOOGLE, reply([]), Cause.BAD_ANSWER, None),
    (Provider.MISTRAL, reply({"message": "Unauthorized"}, 401), Cause.KEY_REFUSED, None),
    (Provider.MISTRAL, reply({"message": "limit", "type": "rate_limited"}, 429, retry_after="3"), Cause.RATE, 3.0),
    (Provider.MISTRAL, reply({"message": "Invalid model: x", "type": "invalid_model"}, 400), Cause.NO_MODEL, None),
    (Provider.MISTRAL, reply({"message": "boom"}, 500), Cause.PROVIDER_ERROR, None),
    (Provider.MISTRAL, reply({"choices": []}), Cause.BAD_ANSWER, None),
]


@pytest.mark.parametrize(("provider", "answer", "cause", "wait_s"), REFUSALS)
def test_each_provider_s_refusals_have_their_cause(
    stand: Stand, provider: Provider, answer: Reply, cause: Cause, wait_s: float | None
) -> None:
    failure = stand.failure(provider, answer, answer)
    assert (failure.cause, failure.retry_after_s) == (cause, wait_s)
    assert len(stand.asked) <= 1 + (cause is Cause.BAD_ANSWER)  # what is no answer at all is asked for once more


def test_streams_that_break_off_are_seen(stand: Stand) -> None:
    for provider, answer in (
        (Provider.ANTHROPIC, anthropic_stream(ends=False)),
        (Provider.GOOGLE, events(google(SAID[:40], None))),
    ):
        error = stand.failure(provider, answer, on_partial=lambda words: True)
        assert (error.cause, error.usage.is_estimated) == (Cause.UNREACHABLE, True)


def test_an_older_model_is_asked_through_a_tool(stand: Stand) -> None:
    refusal = reply({"error": {"type": "invalid_request_error", "message": "output_config.format: not supported"}}, 400)
    call = {"type": "tool_use", "id": "t", "name": "words", "input": json.loads(SAID)}
    used = reply({**ANTHROPIC, "content": [call], "stop_reason": "tool_use"})
    assert stand.write(Provider.ANTHROPIC, refusal, used, used).words == WORDS
    assert stand.write(Provider.ANTHROPIC, used).words == WORDS
    assert ["output_config" in body for _, _, body in stand.asked] == [True, False, False]
    assert stand.asked[-1][2]["tool_choice"]["type"] in ("any", "tool")


ODD: list[Any] = [None, -1, 1.5, "", [], {}, True, [None], "9" * 50, [[]], 10**30]


def broken(told: Any, chance: random.Random) -> Any:
    """Give JSON with one odd thing somewhere in it."""
    if isinstance(told, dict) and told and chance.random() < 0.85:
        name = chance.choice(list(told))
        return {**told, name: broken(told[name], chance)}
    if isinstance(told, list) and told and chance.random() < 0.85:
        at = chance.randrange(len(told))
        return [*told[:at], broken(told[at], chance), *told[at + 1 :]]
    return chance.choice(ODD)


@pytest.mark.filterwarnings("ignore")  # SDKs remark on what they are given here
@pytest.mark.parametrize(("provider", "whole", "streamed", "cost"), GOOD, ids=[good[0] for good in GOOD])
def test_odd_answers_break_nothing(
    stand: Stand, provider: Provider, whole: Callable[[], Reply], streamed: Callable[[], Reply], cost: str
) -> None:
    chance = random.Random(2611)
    told = json.loads(whole()[2])
    lines = [json.loads(line[6:]) for line in streamed()[2].decode().splitlines() if line.startswith("data: ")]
    odd_answers = [reply(broken(told, chance)) for _ in range(15)]
    for at in range(15):
        at %= len(lines)
        body = "".join(
            f"event: {line['type']}\ndata: {json.dumps(line)}\n\n"
            if isinstance(line, dict) and isinstance(line.get("type"), str)
            else f"data: {json.dumps(line)}\n\n"
            for line in [broken(line, chance) if number == at else line for number, line in enumerate(lines)]
        )
        odd_answers.append((200, EVENTS, body.encode()))
    for answer in odd_answers:
        with suppress(WriterFailed):
            on_partial = (lambda words: True) if answer[1] == EVENTS else None
            assert stand.write(provider, *[answer] * 8, on_partial=on_partial).words.title


def test_every_provider_lists_its_models_for_writing(stand: Stand) -> None:
    others = ("whisper-2", "text-embedding-4", "gpt-image-3", "omni-moderation-latest", "gpt-realtime-2")
    ids = {"data": [{"id": name} for name in ("gpt-6-luna", "olive-7b", *others)]}
    capable = {
        "data": [
            {"id": "mistral-x", "capabilities": {"completion_chat": True}},
            {"id": "y", "capabilities": {"completion_chat": False}},
        ]
    }
    named = {
        "models": [
            {"name": "models/gemini-x", "supportedGenerationMethods": ["generateContent"]},
            {"name": "models/embedding-1", "supportedGenerationMethods": ["embedContent"]},
        ]
    }
    for provider, told, names in (
        (Provider.OPENAI, ids, ["gpt-6-luna", "olive-7b"]),
        (Provider.ANTHROPIC, {"data": [{"id": "claude-x"}, None, {"id": 3}]}, ["3", "claude-x"]),
        (Provider.GOOGLE, named, ["gemini-x"]),
        (Provider.MISTRAL, capable, ["mistral-x"]),
    ):
        stand.replies[:] = [reply(told)]
        assert providers.models(stand.access(provider), address=stand.address(provider)) == names
        assert stand.asked[-1][0].partition("?")[0].endswith("/models")
        assert KEY in str(stand.asked[-1][1])
        assert KEY not in stand.asked[-1][0]
        stand.replies[:] = [reply({"error": {"message": f"Incorrect key {KEY}"}}, 401)]
        with pytest.raises(WriterFailed) as caught:
            providers.models(stand.access(provider), address=stand.address(provider))
        assert (caught.value.cause, caught.value.detail) == (Cause.KEY_REFUSED, "Incorrect key …")
    for odd in (reply({}, 404), reply([]), (200, EVENTS, b"<html>")):
        stand.replies[:] = [odd]
        access = stand.access(Provider.MISTRAL)
        assert providers.models(access, address=stand.address(Provider.MISTRAL)) == []


def test_a_check_says_which_model_answered_or_why_not(ai_double: AiDouble) -> None:
    ai_double.script(scripted.text("ready"))
    assert providers.check(ai_double.access()) == "double-small"
    assert ai_double.asked[0].form == ""
    assert ai_double.asked[0].cost_usd < Decimal("0.0001")
    ai_double.script(scripted.ended_early())
    assert providers.check(ai_double.access()) == "double-small"
    for answer, cause in (
        (scripted.no_quota(), Cause.QUOTA),
        (scripted.no_model("x"), Cause.NO_MODEL),
        (scripted.key_refused("x"), Cause.KEY_REFUSED),
    ):
        ai_double.script(answer)
        with pytest.raises(WriterFailed) as caught:
            providers.check(ai_double.access())
        assert caught.value.cause is cause


def test_the_key_is_in_no_repr_no_error_and_no_log(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx2", "httpcore2", "openai", "anthropic", "google_genai", "mistralai", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    told = {"error": {"message": f"Wrong key {KEY}, you sent {KEY[:8]}***{KEY[-4:]} as Bearer {KEY}", "type": KEY}}
    for provider, whole, _, _ in GOOD:
        stand.write(provider, whole())
        for status in (400, 401, 403, 404, 429, 500):
            for on_partial in (None, lambda words: True):
                ladder.forget()
                error = stand.failure(provider, *[reply(told, status)] * 8, on_partial=on_partial)
                shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.args) + error.detail
                assert KEY not in shown
                assert KEY[-4:] not in error.detail
        assert KEY not in repr(stand.access(provider))
        assert KEY not in repr(providers.writer_for(stand.access(provider)))
    assert KEY not in caplog.text
    assert KEY not in "".join(str(record.args) + str(record.exc_info) for record in caplog.records)


def test_providers_say_what_they_need() -> None:
    for provider in Provider:
        assert provider.label
        assert provider.needs_address == (provider is Provider.COMPATIBLE)
        assert bool(provider.default_model) != provider.needs_address
