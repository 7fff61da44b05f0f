"""The child of `sandbox`: reads one frame after another, answers each with what it found. Forked by `nursery` only.

No network, no database, no settings are used here; limits are set before the first frame.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import resource
import sys
import warnings
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from petra.articles.lists import feeds, sitemaps
from petra.articles.pages import extract as readers
from petra.articles.pages.doubles import nearness
from petra.articles.pages.extract import Extracted, extract, extract_item
from petra.articles.pages.links import read_links
from petra.articles.sandbox.frames import ANSWER, FAILED, QUESTION, WORN

_WORN_SHARE = 0.75  # of the memory a child may take; tables that few pages ask for are 76 MB of it


def warm_up() -> None:
    """Load what the readers load at their first page, so that forked children share it."""
    logging.disable(logging.CRITICAL)  # parsers log pieces of pages
    warnings.simplefilter("ignore")
    readers.warm_up()


def serve(memory_bytes: int) -> None:
    """Serve until the pipe closes."""
    born_bytes = _held_bytes()
    if born_bytes:
        _limit_memory(born_bytes + memory_bytes)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(2, 1)  # a parser that prints must not break the frames
    while True:
        head = source.read(QUESTION.size)
        if len(head) < QUESTION.size:
            return
        frame = source.read(QUESTION.unpack(head)[0])
        answer, flags = _answer(frame)
        # What heavy pages took is in pieces and would be missing at the next one: better a fresh child.
        flags |= WORN if _held_bytes() - born_bytes > memory_bytes * _WORN_SHARE else 0
        sink.write(ANSWER.pack(len(answer), flags) + answer)
        sink.flush()


def _answer(frame: bytes) -> tuple[bytes, int]:
    task, body, arguments, cpu_s = pickle.loads(frame)  # noqa: S301 - from our own parent, never from a page
    _limit_cpu(cpu_s)
    try:
        return json.dumps(_read(task, body, arguments)).encode(), 0
    except (MemoryError, RecursionError):
        return b"null", FAILED


def _read(task: str, body: bytes, arguments: dict[str, Any]) -> Any:
    item = feeds.FeedItem(**arguments["item"]) if arguments.get("item") else None
    now = datetime.fromisoformat(arguments["now"]) if "now" in arguments else None
    match task:
        case "page":
            page = extract(body, url=arguments["url"], content_type=arguments["content_type"], item=item, now=now)
            return _with_nearness(page) if page is not None else None
        case "item" if item is not None:
            return _with_nearness(extract_item(item, now=now))
        case "feed":
            return asdict(feeds.parse(body, url=arguments["url"], content_type=arguments["content_type"]))
        case "sitemap":
            return asdict(sitemaps.parse(body))
        case "links":
            return asdict(read_links(body, url=arguments["url"], content_type=arguments["content_type"]))
    raise ValueError(task)


def _with_nearness(page: Extracted) -> dict[str, Any]:
    page.nearness, page.told_digest = nearness(page.text), page.digest
    return page.as_data()


def _held_bytes() -> int:
    """Say how much address space this process holds; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


def _limit_memory(most_bytes: int) -> None:
    """Allow so much address space in all. Systems without the limit go on without."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, resource.RLIM_INFINITY))


def _limit_cpu(cpu_s: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
