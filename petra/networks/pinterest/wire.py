"""Pinterest's JSON, read defensively: the fields Petra uses, each checked, nothing passed on unseen.

Facts from the official OpenAPI file 5.23.0 (https://github.com/pinterest/api-description, read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from petra.networks.answers import Answer
from petra.networks.contract import RemoteTarget, Tokens

_LONGEST_LIFE_S: Final = 10 * 366 * 86400  # of a token; more is garbage


class WrongShape(ValueError):
    """The answer is not what the specification promises. Never carries the answer."""


@dataclass(frozen=True)
class Page:
    """One page of a list. `bookmark` is None on the last one."""

    items: tuple[dict[str, object], ...]
    bookmark: str | None


def digits(value: object) -> str:
    """Return an id. Ids are strings of digits; a number is taken too, anything else is not an id."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()) or len(value) > 40:
        raise WrongShape("an id is not made of digits")
    return value


def text(value: object) -> str:
    """Return a text that can be stored: no NUL, no half characters."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def instant(value: object) -> datetime | None:
    """Read `created_at`. It comes without a zone and means UTC (seen, 2026-11); None where it is no instant."""
    try:
        at = datetime.fromisoformat(text(value))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def page(answer: Answer) -> Page:
    items = answer.field("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise WrongShape("a list has no items")
    bookmark = answer.field("bookmark")
    return Page(items=tuple(items), bookmark=bookmark if isinstance(bookmark, str) and bookmark else None)


def board(item: dict[str, object]) -> RemoteTarget:
    return RemoteTarget(
        remote_id=digits(item.get("id")),
        kind="board",
        name=text(item.get("name")),
        is_secret=item.get("privacy") == "SECRET",
    )


def section(item: dict[str, object], *, of: RemoteTarget) -> RemoteTarget:
    return RemoteTarget(
        remote_id=digits(item.get("id")),
        kind="section",
        name=text(item.get("name")),
        parent_id=of.remote_id,
        is_secret=of.is_secret,
    )


def tokens(answer: Answer, now: datetime) -> Tokens:
    access = answer.field("access_token")
    if not isinstance(access, str) or not access:
        raise WrongShape("no access token")
    refresh = answer.field("refresh_token")
    # Scopes came with commas and with spaces (seen, 2026-11).
    scopes = text(answer.field("scope")).replace(",", " ").split()
    return Tokens(
        access=access,
        refresh=refresh if isinstance(refresh, str) and refresh else None,
        access_expires_at=_later(now, answer.field("expires_in")),
        refresh_expires_at=_later(now, answer.field("refresh_token_expires_in")),
        scopes=tuple(scopes),
    )


def _later(now: datetime, seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return now + timedelta(seconds=min(max(seconds, 0), _LONGEST_LIFE_S))


def marked(link: str, marker: str, *, source: str, longest: int) -> str:
    """Put `marker` into the link as utm_content, in place of any other; name the source if there is room.

    The rest of the link stays as it was written, letter for letter.
    """
    if not link:
        return link
    before, hash_sign, fragment = link.partition("#")
    path, _, query = before.partition("?")
    kept = [part for part in query.split("&") if part and part.split("=", 1)[0] != "utm_content"]
    mark = [f"utm_content={quote(marker, safe='')}"]
    has_source = any(part.split("=", 1)[0] == "utm_source" for part in kept)
    with_source = kept if has_source else [*kept, f"utm_source={source}"]
    for parts in (with_source, kept):
        whole = f"{path}?{'&'.join([*parts, *mark])}{hash_sign}{fragment}"
        if len(whole) <= longest:
            break
    return whole


def markers(link: str) -> Iterator[str]:
    """Yield every utm_content of `link`, as Pinterest may give it back: other case, other escapes."""
    try:
        query = urlsplit(link).query
    except ValueError:
        return
    for name, value in parse_qsl(query.replace("&amp;", "&"), keep_blank_values=True):
        if name == "utm_content":
            yield value
