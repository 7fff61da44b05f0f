"""The models a provider offers for writing, as it lists them itself. Light: nothing of pydantic-ai or the SDKs.

Called by `ai.providers`, which says whose list has which form.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2

from petra.ai import failing
from petra.ai.contract import Cause, WriterFailed
from petra.ai.failing import Failure
from petra.ai.transport import Door
from petra.lib.addresses import BadAddress
from petra.lib.outbound import AllowPrivate

_MOST = 1000
_LONGEST_NAME = 120  # as long as one that can be entered
# Models that write no texts, by the names providers give them (2026-11).
_NOT_FOR_WRITING = re.compile(
    r"(?<![a-z])(?:\w*embed\w*|whisper|tts|transcri\w*|dall-e|images?|imagen|veo|sora|lyria|audio|speech|voice|realtime"
    r"|live|\w*moderat\w*|rerank\w*|ocr|guard|computer-use|robotics|deep-research|search-preview|babbage|davinci|aqa)"
    r"(?![a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Listing:
    """How a provider lists its models: where, how the key is shown, and where the names stand in the answer."""

    path: str
    headers: Callable[[str], Mapping[str, str]]
    names: Callable[[Mapping[str, Any]], Iterator[str]]


def _bearer(key: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {key}"}


def _ids(told: Mapping[str, Any]) -> Iterator[str]:
    for item in _items(told.get("data")):
        can = item.get("capabilities")  # Mistral says what each can do
        if not (isinstance(can, Mapping) and can.get("completion_chat") is False):
            yield str(item.get("id") or "")


def _google_names(told: Mapping[str, Any]) -> Iterator[str]:
    for item in _items(told.get("models")):
        if "generateContent" in (item.get("supportedGenerationMethods") or []):
            yield str(item.get("name") or "").removeprefix("models/")


def _items(told: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in (told if isinstance(told, list) else []) if isinstance(item, Mapping))


OPENAI = Listing("/models", _bearer, _ids)
MISTRAL = Listing("/v1/models", _bearer, _ids)
ANTHROPIC = Listing("/v1/models?limit=1000", lambda key: {"x-api-key": key, "anthropic-version": "2023-06-01"}, _ids)
GOOGLE = Listing("/v1beta/models?pageSize=1000", lambda key: {"x-goog-api-key": key}, _google_names)


def listed(listing: Listing, address: str, *, key: str, timeout_s: float, may_be_private: AllowPrivate) -> list[str]:
    """List the models for writing, sorted; empty where there is no list. Raises WriterFailed."""
    with ThreadPoolExecutor(1, thread_name_prefix="asking") as pool:  # the caller's thread may have a loop of its own
        asked = _asked(listing, address, key=key, timeout_s=timeout_s, may_be_private=may_be_private)
        found = pool.submit(asyncio.run, asked).result()
    if isinstance(found, Failure):
        raise WriterFailed(found.cause, found.detail, retry_after_s=found.retry_after_s)
    return sorted({name for name in found if _is_name(name) and not _NOT_FOR_WRITING.search(name)})[:_MOST]


def _is_name(name: str) -> bool:
    """Say whether a page can show it and a person choose it: a server may call its models anything."""
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable()


async def _asked(
    listing: Listing, address: str, *, key: str, timeout_s: float, may_be_private: AllowPrivate
) -> list[str] | Failure:
    if unusable := failing.of_key(key):
        return unusable
    try:
        door = Door(address, has_key=bool(key), timeout_s=timeout_s, may_be_private=may_be_private)
    except BadAddress as error:
        return Failure(Cause.BAD_ADDRESS, error.for_person)
    try:
        async with asyncio.timeout(timeout_s):
            answer = await door.client.get(f"{address}{listing.path}", headers=dict(listing.headers(key)))
    except (httpx2.TimeoutException, TimeoutError):
        return Failure(Cause.TIME_OUT, f"No answer in {timeout_s:g} s.")
    except httpx2.HTTPError:
        return Failure(door.trouble.cause, door.trouble.detail) if door.trouble else Failure(Cause.UNREACHABLE)
    finally:
        await door.client.aclose()
    if answer.status_code in (404, 405, 501):
        return []
    if answer.status_code >= 400:
        return failing.of_status(
            answer.status_code, answer.content, key=key, retry_after_s=failing.wait_of(answer.headers)
        )
    try:
        told = json.loads(answer.content)
    except (ValueError, RecursionError):
        return []
    return list(listing.names(told)) if isinstance(told, Mapping) else []
