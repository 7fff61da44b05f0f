"""What a feed lists, as plain data: what `feeds` reads and everything else passes on, without loading any reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_BYTES = 10 * 1024 * 1024
GIVEN = ("title", "author", "published", "modified", "text")  # what an item says of its article, by field


@dataclass
class FeedItem:
    """One article as a feed tells it. Dates as written; `html` is its whole content or "", `summary` a shorter one."""

    url: str
    title: str = ""
    guid: str = ""
    published: str = ""
    modified: str = ""
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    html: str = ""
    summary: str = ""
    language: str = ""

    @property
    def is_the_engines_own(self) -> bool:
        """Say whether the blog's engine itself told it (WordPress REST): whole, with the date of its last change."""
        return self.guid.startswith("wp:")


@dataclass
class Feed:
    """What one feed lists, in its order. `is_feed` False: the body was something else. `next_url`: its next page."""

    items: list[FeedItem] = field(default_factory=list)
    title: str = ""
    language: str = ""
    next_url: str = ""
    generator: str = ""
    is_feed: bool = False
    is_cut: bool = False


def from_data(data: Mapping[str, Any]) -> Feed:
    """Read what `dataclasses.asdict` gave of one, and JSON kept."""
    return Feed(**{**data, "items": [FeedItem(**item) for item in data["items"]]})
