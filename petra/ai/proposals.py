"""A model's answer as words: JSON first of all, in whatever a model wraps around it. Pure.

Models are asked for one JSON object. Some put it into a fence, talk around it, name a field another way or give a list
as a text; all that is taken. Whether the words are any good is the business of `ai.answers`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from petra.ai.contract import Words

_READ_AT_MOST = 200_000  # characters of an answer
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_NAMES = {
    "title": ("title", "headline", "pin_title"),
    "description": ("description", "text", "pin_description"),
    "alt_text": ("alt_text", "alttext", "alt", "image_alt", "alternative_text"),
    "topics": ("topics", "keywords", "tags", "hashtags"),
}
_KNOWN = frozenset(name for names in _NAMES.values() for name in names)
_LIST_BREAK = re.compile(r"[,;\n]")


def read(text: str) -> Words | None:
    """Read a whole answer. None where there is no JSON object with any of the fields in it."""
    text = _THOUGHTS.sub("", text[:_READ_AT_MOST])
    decoder = json.JSONDecoder(strict=False)  # models put line ends into texts as they are
    at = text.find("{")
    while at >= 0:
        try:
            found, _ = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            found = None
        told = _fields(found)
        if told is not None:
            return _words(told)
        at = text.find("{", at + 1)
        if text.count("{", 0, at + 1) > 50:  # no answer has so many, and each try reads the rest
            return None
    return None


def partial(text: str) -> Words:
    """Read what has come so far of an answer: whole fields, and the beginning of the one under way."""
    from pydantic_core import from_json

    text = _THOUGHTS.sub("", text[:_READ_AT_MOST])
    at = text.find("{")
    if at < 0:
        return Words()
    try:
        found = from_json(text[at:].rstrip("`\n "), allow_partial="trailing-strings")
    except ValueError:
        return read(text) or Words()
    return _words(_fields(found) or {})


def _fields(found: Any, depth: int = 0) -> Mapping[str, Any] | None:
    """Give the object that holds the fields, which a model may have put into another one."""
    if not isinstance(found, dict):
        return None
    plain = {_plain(name): value for name, value in found.items()}
    if _KNOWN & set(plain):
        return plain
    if depth < 3:
        for value in found.values():
            inner = _fields(value[0] if isinstance(value, list) and value else value, depth + 1)
            if inner is not None:
                return inner
    return None


def _plain(name: Any) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[\s-]+", "_", str(name).strip()).lower()


def _words(told: Mapping[str, Any]) -> Words:
    return Words(
        title=_text(_first(told, "title")),
        description=_text(_first(told, "description")),
        alt_text=_text(_first(told, "alt_text")),
        topics=_topics(_first(told, "topics")),
    )


def _first(told: Mapping[str, Any], field: str) -> Any:
    return next((told[name] for name in _NAMES[field] if told.get(name)), None)


def _text(value: Any, depth: int = 0) -> str:
    if isinstance(value, list):
        return " ".join(_text(item, depth + 1) for item in value).strip() if depth < 3 else ""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _topics(value: Any) -> tuple[str, ...]:
    items = _LIST_BREAK.split(value) if isinstance(value, str) else value if isinstance(value, list) else []
    topics = (_text(item).lstrip("#").strip() for item in items[:100])
    return tuple(dict.fromkeys(topic for topic in topics if topic))
