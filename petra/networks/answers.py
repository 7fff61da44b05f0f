"""What comes back from a network: the parsed answer, its rate headers, and texts with the secrets taken out.

Used by `client.py` and by adapters. Pure: no HTTP, no clock.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote

_EPOCH_FROM: Final = 1_000_000_000  # a Reset above this is an instant, below it a wait in seconds
_MAX_WAIT_S: Final = 7 * 24 * 3600.0  # nobody asks for more than a week; anything else is garbage
_SHORTEST_SECRET: Final = 6  # shorter values would blank out ordinary words

# Shapes of secrets that are not ours to know: whatever a network or proxy echoes.
_SHAPES: Final = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}"), r"\1 ***"),
    (
        re.compile(
            r"(?i)(\"?(?:access_token|refresh_token|client_secret|code_verifier|id_token|authorization)\"?"
            r"\s*[:=]\s*\"?)[^\s\"'&,;<>{}]+"
        ),
        r"\1***",
    ),
)


class _Malformed:
    def __repr__(self) -> str:
        return "MALFORMED"

    def __bool__(self) -> bool:
        return False


MALFORMED: Final = _Malformed()
"""Stands for a body that is not JSON: a proxy's page, a cut answer, or too many bytes."""


class Redactor:
    """Takes known secrets, in every form they travel in, and things that look like secrets out of a text."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets

    def and_also(self, secrets: tuple[str, ...]) -> Redactor:
        return Redactor(self._secrets + secrets) if secrets else self

    def __repr__(self) -> str:
        return "Redactor(***)"

    def clean(self, text: str) -> str:
        for form in sorted(self._forms(), key=len, reverse=True):
            text = text.replace(form, "***")
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text

    def _forms(self) -> set[str]:
        forms: set[str] = set()
        for secret in self._secrets:
            if len(secret) >= _SHORTEST_SECRET:
                forms |= {secret, quote(secret, safe=""), b64encode(secret.encode()).decode("ascii")}
                in_json = json.dumps(secret)[1:-1]
                forms |= {in_json, in_json.replace("/", "\\/")}
        return forms


def parse_body(raw: bytes) -> object:
    """Parse JSON; MALFORMED where it is none. An empty body is None."""
    if not raw.strip():
        return None
    try:
        return json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return MALFORMED


def _refuse(constant: str) -> object:
    """Python would read NaN and Infinity; JSON has neither."""
    raise ValueError(constant)


@dataclass(frozen=True)
class Answer:
    """One whole answer. `headers` by lower-case name; `body` is the parsed JSON, None (empty) or MALFORMED."""

    status: int
    headers: Mapping[str, str]
    body: object = field(repr=False)
    raw: bytes = field(repr=False)
    redactor: Redactor = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def detail(self) -> str:
        """What the network said, redacted, at most 2,000 characters."""
        # Cleaned before it is cut, with room to spare: half a token at the edge would not be recognised.
        text = self.raw[:100_000].decode("utf-8", "replace").replace("\x00", "")
        return self.redactor.clean(text)[:2000]

    def field(self, name: str) -> object:
        """Return one member of a JSON object, None where there is none."""
        return self.body.get(name) if isinstance(self.body, dict) else None


@dataclass(frozen=True)
class Rate:
    """What the rate headers of an answer say; None where they say nothing."""

    limit: int | None
    remaining: int | None
    reset_s: float | None


def rate(headers: Mapping[str, str], now: datetime) -> Rate:
    """Read X-RateLimit-Limit, -Remaining and -Reset (lower-case names)."""
    return Rate(
        limit=_count(headers.get("x-ratelimit-limit")),
        remaining=_count(headers.get("x-ratelimit-remaining")),
        reset_s=_reset_s(headers.get("x-ratelimit-reset", ""), now),
    )


def wait_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the wait an answer asks for, in seconds from `now`; None where it asks for none that makes sense.

    Retry-After (seconds or date) goes before X-RateLimit-Reset (seconds to wait, or epoch seconds when above
    1,000,000,000, or an ISO 8601 instant).
    """
    asked = _retry_after_s(headers.get("retry-after", ""), now)
    if asked is not None:
        return asked
    return _reset_s(headers.get("x-ratelimit-reset", ""), now)


def _count(text: str | None) -> int | None:
    # Some gateways send a list, "100, 100;w=60": the first number is the limit in force.
    match = re.match(r"\s*(\d{1,12})\b", text or "")
    return int(match.group(1)) if match else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _sane(wait: float) -> float | None:
    return max(wait, 0.0) if wait <= _MAX_WAIT_S else None


def _retry_after_s(text: str, now: datetime) -> float | None:
    seconds = _number(text)
    if seconds is not None:
        return _sane(seconds)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return _sane((at - now).total_seconds()) if at.tzinfo else None


def _reset_s(text: str, now: datetime) -> float | None:
    number = _number(text)
    if number is not None:
        return _sane(number - now.timestamp() if number > _EPOCH_FROM else number)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _sane((at - now).total_seconds()) if at.tzinfo else None
