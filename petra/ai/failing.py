"""What went wrong when a model was asked, in our words: the one table from SDKs' and servers' errors to causes.

A provider's own sentence is kept for people who look for the cause, cleaned of anything like a key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from petra.ai.contract import Cause

_LONGEST_DETAIL = 300
_DEEPEST = 8  # of what stands in one another; no error has so much
_LONGEST_WAIT_S = 24 * 3600.0
# Keys of providers begin so; in masked ones stars or dots stand for the middle.
_LIKE_A_KEY = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|key|AIza|Bearer|token)[-_ ]?[\w*.…•-]*[\d*…•][\w*.…•-]{2,}[\w*…•-]"
    r"|[\w-]*\*{3,}[\w-]*|\b\w{40,}\b"
)
_HTML = re.compile(r"<\s*(?:!doctype|html|head|body|script)", re.IGNORECASE)
# What refusals of a form or of pictures speak of; statuses are the same for everything (tried on llama-cpp-python,
# vLLM's and Ollama's sources, 2026-11).
_ABOUT_FORM = re.compile(
    r"response_?format|output_?(?:format|config)|json_?schema|json_object|json mode|structured|grammar|schema|tool",
    re.IGNORECASE,
)
_ABOUT_PICTURES = re.compile(r"image|vision|multi-?modal|picture|content part|content type|content must be", re.I)
_ABOUT_CONTENT = re.compile(r"content_?(?:policy|filter)|safety|responsible|moderation|blocked", re.I)
_ABOUT_MODEL = re.compile(r"model", re.I)
_ABOUT_LENGTH = re.compile(
    r"context.?(?:length|window|size)|maximum context|exceed\w* .{0,40}tokens|too many tokens|prompt is too long", re.I
)


@dataclass(frozen=True)
class Failure:
    """One exchange that brought nothing. The flags say what another try could leave out."""

    cause: Cause
    detail: str = ""
    retry_after_s: float | None = None
    is_about_form: bool = False
    may_be_about_form: bool = False  # the status fits, and small servers give no better reason
    is_about_pictures: bool = False
    is_about_streams: bool = False
    is_too_long: bool = False


def of_key(key: str) -> Failure | None:
    """Refuse a key that no header can carry; it was copied wrongly."""
    if key.isascii() and key.isprintable() and " " not in key:
        return None
    return Failure(Cause.KEY_REFUSED, "The key holds characters that no key has. Copy it once more.")


def of_status(status: int, told: object, *, key: str, retry_after_s: float | None = None) -> Failure:
    """Read an answer with an error status. `told` is its body, read as JSON where it is JSON."""
    sentence = sentence_of(told)
    text = f"{sentence} {_codes_of(told)}"
    detail = cleaned(sentence, key)
    wait_s = retry_after_s if retry_after_s is None else min(max(retry_after_s, 0.0), _LONGEST_WAIT_S)
    match status:
        case _ if status < 500 and ("insufficient_quota" in text or "billing" in text.lower() or status == 402):
            return Failure(Cause.QUOTA, detail)
        case 401 | 403 if status == 401 or not _ABOUT_CONTENT.search(text):
            return Failure(Cause.KEY_REFUSED, detail)
        case 400 if "API_KEY_INVALID" in text or "API key not valid" in text:
            return Failure(Cause.KEY_REFUSED, detail)
        case 400 | 404 if "invalid_model" in text or "model_not_found" in text:
            return Failure(Cause.NO_MODEL, detail)
        case 404 if _ABOUT_MODEL.search(text):
            return Failure(Cause.NO_MODEL, detail)
        case 408 | 504:
            return Failure(Cause.TIME_OUT, detail, wait_s)
        case 429:
            return Failure(Cause.RATE, detail, wait_s)
    if _ABOUT_LENGTH.search(text):
        return Failure(Cause.BAD_REQUEST, detail, is_too_long=True)
    if status in (400, 403) and _ABOUT_CONTENT.search(text) and not _ABOUT_FORM.search(text):
        return Failure(Cause.CONTENT_REFUSED, detail)
    return Failure(
        Cause.PROVIDER_ERROR if status >= 500 else Cause.BAD_REQUEST,
        detail or f"HTTP {status}",
        wait_s,
        is_about_form=bool(_ABOUT_FORM.search(text)),
        may_be_about_form=status in (400, 415, 422, 501),
        is_about_pictures=status == 413 or bool(_ABOUT_PICTURES.search(text)),
        is_about_streams=status < 500 and "stream" in text.lower(),
    )


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After where it counts seconds; None where it doesn't."""
    told = headers.get("retry-after", "").strip()
    return float(told) if told.isascii() and told.isdigit() else None


def sentence_of(told: object, depth: int = 0) -> str:
    """Find the sentence in an error's body, wherever it stands; empty for a page of HTML."""
    if depth > _DEEPEST:
        return ""
    if isinstance(told, str | bytes):
        text = told.decode("utf-8", errors="replace") if isinstance(told, bytes) else told
        try:
            return sentence_of(json.loads(text), depth + 1) if text.lstrip()[:1] in ("{", "[", '"') else _plain(text)
        except (ValueError, RecursionError):
            return _plain(text)
    if isinstance(told, list):
        return next((found for item in told[:5] if (found := sentence_of(item, depth + 1))), "")
    if isinstance(told, Mapping):
        for name in ("message", "error", "detail", "error_description", "msg"):
            if told.get(name) and (found := sentence_of(told[name], depth + 1)):
                return found
    return ""


def cleaned(sentence: str, key: str) -> str:
    """Take everything like a key out of a provider's sentence, and make it one short line."""
    for secret in filter(None, (key, quote(key, safe=""))):
        sentence = sentence.replace(secret, "…")
    plain = "".join(letter if letter.isprintable() else " " for letter in sentence)
    line = " ".join(_LIKE_A_KEY.sub("…", plain).split())
    if len(line) <= _LONGEST_DETAIL:
        return line
    return line[: line.rfind(" ", 0, _LONGEST_DETAIL) if " " in line[:_LONGEST_DETAIL] else _LONGEST_DETAIL] + " …"


def _plain(text: str) -> str:
    return "" if _HTML.search(text[:500]) else text[:2000]


def _codes_of(told: Any) -> str:
    if isinstance(told, str | bytes):
        return told[:4000].decode("utf-8", errors="replace") if isinstance(told, bytes) else told[:4000]
    try:
        return json.dumps(told, default=str)[:4000]
    except (ValueError, RecursionError):
        return ""
