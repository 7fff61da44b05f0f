"""What the stand-in of `ai.testing` can answer, good and bad, and how OpenAI's chat completions put it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

_FENCED = re.compile(r"<article-(\w+)>\n(.*?)\n</article-\1>", re.DOTALL)
_OPENING = re.compile(r"alt text with “([^”]+)”")
_TITLE = re.compile(r"^Title: (.+)$", re.MULTILINE)
_SENTENCE = re.compile(r"[^.!?。！？\n]{8,}[.!?。！？]")
_PIECE = 24  # characters of a piece of a stream

Said = Callable[[Mapping[str, Any]], str]


def own_words(body: Mapping[str, Any]) -> str:
    """Make words of the article in the prompt, in its language, other ones for every other prompt."""
    prompt = "\n".join(text_of(message) for message in body.get("messages") or [])
    mark = int(hashlib.sha256(prompt.encode()).hexdigest()[:8], 16)
    fenced = _FENCED.search(prompt)
    article = fenced[2] if fenced else prompt
    title = _TITLE.search(article)
    told = _SENTENCE.findall(article.partition("\n\n")[2]) or ["Something good to read and to keep."]
    first = mark % len(told)
    chosen = [sentence.strip() for sentence in (told[first:] + told[:first])[:3]]
    opening = _OPENING.search(prompt)
    told_of = title[1] if title else chosen[0]
    number = mark % 100_000
    alt_text = f"{opening[1]} {told_of}, {number}" if opening else f"{told_of}, {number}"
    begin = " ".join(chosen[0].split()[:5]).strip(" ,;:.!?")
    return json.dumps(
        {
            "title": f"{begin[:60]} {number}",
            "description": " ".join(chosen),
            "alt_text": alt_text,
            "topics": [word.lower() for word in told_of.split()[:3]],
        },
        ensure_ascii=False,
    )


@dataclass(frozen=True)
class Answer:
    """One answer of the stand-in. `wait_s` passes before it; `is_cut` breaks the connection off in its middle."""

    name: str
    status: int = 200
    said: Said = own_words
    body: Mapping[str, Any] | None = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    finish: str = "stop"
    wait_s: float = 0.0
    is_cut: bool = False
    tells_usage: bool = True


def words() -> Answer:
    """Words made of the prompt."""
    return Answer("words")


def these(title: str = "", description: str = "", alt_text: str = "", topics: tuple[str, ...] = ()) -> Answer:
    """Exactly these words."""
    told = {"title": title, "description": description, "alt_text": alt_text, "topics": list(topics)}
    return text(json.dumps(told, ensure_ascii=False), name="these")


def text(said: str, *, name: str = "text") -> Answer:
    """Exactly this text, JSON or not."""
    return Answer(name, said=lambda _: said)


def fenced() -> Answer:
    """Good words in a fence of Markdown, with talk around it."""
    return Answer("fenced", said=lambda body: f"Sure! Here it is:\n```json\n{own_words(body)}\n```\nEnjoy.")


def malformed() -> Answer:
    """No JSON at all in the end."""
    return text('{"title": "Autumn mugs", "description": [', name="malformed")


def over_long(characters: int = 5000) -> Answer:
    """Texts far beyond every limit, of whole sentences."""

    def said(body: Mapping[str, Any]) -> str:
        told = json.loads(own_words(body))
        sentence = str(told["description"]).split(". ")[0].rstrip(".") + ". "
        many = (sentence * (characters // len(sentence) + 1))[:characters]
        return json.dumps({**told, "title": many[:400], "description": many, "alt_text": many}, ensure_ascii=False)

    return Answer("over_long", said=said)


def wrong_language() -> Answer:
    """Good words, in Dutch."""
    told = "De warme herfstdagen zijn het mooiste moment om samen met vrienden buiten te eten en te genieten."
    return replace(these("Samen buiten eten in de herfst", told, told), name="wrong_language")


def without_usage() -> Answer:
    """Good words, and not a word about tokens."""
    return Answer("without_usage", tells_usage=False)


def content_filter() -> Answer:
    """The provider's filter stopped it."""
    return Answer("content_filter", said=lambda _: "", finish="content_filter")


def cut() -> Answer:
    """The connection breaks off in the middle of good words."""
    return Answer("cut", is_cut=True)


def ended_early() -> Answer:
    """Half of good words, as from a model that ran out of tokens."""
    return Answer("ended_early", said=lambda body: own_words(body)[:60], finish="length")


def hang(seconds: float = 30.0) -> Answer:
    """Good words, much later."""
    return Answer("hang", wait_s=seconds)


def too_often(retry_after_s: float | None = 1) -> Answer:
    """429, with Retry-After in whole seconds where given."""
    headers = {} if retry_after_s is None else {"retry-after": f"{retry_after_s:g}"}
    return error(429, "Rate limit reached", "rate_limit_error", "rate_limit_exceeded", headers=headers)


def no_quota() -> Answer:
    """429 that waiting won't help: the account is empty."""
    return error(429, "You exceeded your current quota", "insufficient_quota", "insufficient_quota")


def broken(status: int = 500) -> Answer:
    """The server has a fault of its own."""
    return error(status, "The server had an error", "server_error", None)


def key_refused(key: str, status: int = 401) -> Answer:
    """The key is wrong; the sentence repeats it, as some gateways do."""
    return error(status, f"Incorrect API key provided: {key}.", "invalid_request_error", "invalid_api_key")


def no_model(model: str) -> Answer:
    """404: nobody knows this model."""
    return error(404, f"The model `{model}` does not exist", "invalid_request_error", "model_not_found")


def not_there() -> Answer:
    """404: there is no such page, and no word of models."""
    return Answer("not there", 404, raw=b"<html><title>404 Not Found</title></html>")


def form_refused(form: str, status: int = 400) -> Answer:
    """The server can't be held to this form of answer; llama-cpp-python says so with a 500 (tried 2026-11)."""
    told = f"'response_format.type' {form} is not supported"
    return replace(error(status, told, "invalid_request_error", None), name=f"refuses {form}")


def refused() -> Answer:
    """400: the provider won't read this."""
    return error(
        400, "Your request was rejected by our safety system", "invalid_request_error", "content_policy_violation"
    )


def redirect(to: str) -> Answer:
    """302 to another address."""
    return Answer("redirect", 302, body={}, headers={"location": to})


def error(
    status: int, message: str, kind: str, code: str | None, *, headers: Mapping[str, str] | None = None
) -> Answer:
    """An error in OpenAI's form."""
    told = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return Answer(code or kind, status, body=told, headers=headers or {})


def text_of(message: Mapping[str, Any]) -> str:
    """Give what a message says, without its pictures."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content or [] if part.get("type") == "text")


def pictures_of(message: Mapping[str, Any]) -> list[str]:
    """List the addresses of a message's pictures."""
    content = message.get("content")
    if not isinstance(content, list):
        return []
    return [str(part["image_url"]["url"]) for part in content if part.get("type") == "image_url"]


def tokens_of(text: str) -> int:
    """Count as the stand-in does."""
    return len(text) // 4 + 1


def usage(input_tokens: int, output_tokens: int, cost_usd: Decimal) -> dict[str, Any]:
    """Tell what was used, and its price as gateways do that know it."""
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "logfire_ai_gateway": {"cost": str(cost_usd)},
    }


def completion(model: str, said: str, finish: str, usage: Mapping[str, Any] | None) -> dict[str, Any]:
    """Put an answer as one whole."""
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": finish}
    whole = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    return {**whole, "usage": dict(usage)} if usage else whole


def chunk(
    model: str, delta: Mapping[str, Any] | None, *, finish: str | None = None, usage: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Put one piece of a stream; without a delta it only tells the usage."""
    choices = [] if delta is None else [{"index": 0, "delta": dict(delta), "finish_reason": finish}]
    whole = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices}
    return {**whole, "usage": dict(usage)} if usage else whole


def pieces(said: str) -> list[str]:
    """Cut a text as a stream would."""
    return [said[at : at + _PIECE] for at in range(0, len(said), _PIECE)]
