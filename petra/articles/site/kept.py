"""What is kept of a list between two looks at a blog: nowhere, or in the blog's rows (`remembering`). Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Protocol

from petra.lib.outbound import Answer

FORM: Final = "1"  # raised when lists are read in another way: what was kept before counts for nothing
_DIGEST_CHARS: Final = 63


@dataclass(frozen=True)
class Kept:
    """A list as it was last read. `found` is plain data, whose form the reader of its kind knows."""

    etag: str
    last_modified: str
    digest: str
    found: Any


class Memory(Protocol):
    """Where lists are kept."""

    def look(self, url: str, kind: str) -> Kept | None:
        """Give a list as it was last read."""

    def keep(self, url: str, kind: str, answer: Answer, found: Any) -> None:
        """Keep what was read of an answer with status 200."""


class NoMemory:
    """Keeps nothing: for looks at a blog without a database."""

    def look(self, url: str, kind: str) -> Kept | None:
        """Know nothing."""
        return None

    def keep(self, url: str, kind: str, answer: Answer, found: Any) -> None:
        """Forget it."""


def digest_of(body: bytes) -> str:
    """Give what two equal bodies have in common."""
    return FORM + hashlib.sha256(body).hexdigest()[:_DIGEST_CHARS]
