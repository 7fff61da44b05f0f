"""What a writer of words is: what it gets, what it gives. Values only: no database, no network's name.

Called by `posts.metadata`. Today one writer stands behind it, `ai.offline`, which needs no key and no internet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Source:
    """What there is to write from: the article's own words and what is known of the picture. All plain text.

    `text` holds a paragraph, heading or list entry per line. `language` is a tag such as `de` or `en-GB`, or empty.
    """

    title: str = ""
    excerpt: str = ""
    text: str = ""
    headings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    picture_alt: str = ""
    picture_caption: str = ""


@dataclass(frozen=True)
class WordLimits:
    """How long each text may be, in Unicode code points."""

    max_title: int = 100
    max_description: int = 800
    max_alt_text: int = 500


@dataclass(frozen=True)
class Words:
    """A proposal for a post's words."""

    title: str
    description: str
    alt_text: str


class Writer(Protocol):
    """Makes words from a source."""

    name: str  # kept with every Generation and shown beside it

    def write(self, source: Source, limits: WordLimits, *, variant: int = 0) -> Words:
        """Propose words within `limits`. `variant` counts the pins of one article from 0: each gets other sentences."""
        ...
