"""What a door needs to hand out a picture's file. Which row it may ask for is tenancy.access's question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from petra.media import storing
from petra.media.models import Asset, Rendition


@dataclass(frozen=True)
class StoredFile:
    """A file to hand out. Its name holds a digest, so it never changes and may be cached for ever."""

    name: str
    content_type: str
    size_bytes: int

    def open(self) -> IO[bytes]:
        """Open it for reading. Raises FileNotFoundError."""
        return storing.open_file(self.name)


def file_of(thing: Asset | Rendition) -> StoredFile:
    """Say which file belongs to an asset or rendition."""
    return StoredFile(thing.file, thing.content_type, thing.size_bytes)
