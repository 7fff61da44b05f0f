"""Pictures as networks see them: is it one, how big is it. Reads headers only, no pixels."""

from __future__ import annotations

import hashlib
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

_MAX_KEPT_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Picture:
    digest: str
    content_type: str
    width_px: int
    height_px: int


class NotAPicture(ValueError):
    """The bytes are no JPEG or PNG that could be shown."""


def measure(content: bytes) -> tuple[str, int, int]:
    """Return (content type, width, height). Raises NotAPicture."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and len(content) > 45:
        width, height = struct.unpack(">II", content[16:24])
        return "image/png", width, height
    if content.startswith(b"\xff\xd8"):
        return ("image/jpeg", *_measure_jpeg(content))
    raise NotAPicture


def _measure_jpeg(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in (0x01, *range(0xD0, 0xD8)):  # segments without a length
            at += 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        if length < 2:
            break
        at += 2 + length
    raise NotAPicture


class PictureStore:
    """Pictures by digest, in memory and, where a folder is given, on disk. Old ones make room for new ones."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._known: dict[str, Picture] = {}
        self._size_bytes = 0

    def add(self, content: bytes) -> Picture:
        """Keep a picture. Raises NotAPicture."""
        digest = hashlib.sha256(content).hexdigest()[:32]
        known = self._known.get(digest)
        if known is not None:
            return known
        picture = Picture(digest, *measure(content))
        self._known[digest] = picture
        self._contents[digest] = content
        self._size_bytes += len(content)
        while self._size_bytes > _MAX_KEPT_BYTES and len(self._contents) > 1:
            _, dropped = self._contents.popitem(last=False)
            self._size_bytes -= len(dropped)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / digest).write_bytes(content)
        return picture

    def read(self, digest: str) -> tuple[str, bytes] | None:
        """Return (content type, bytes) of a picture, None where it is unknown or gone."""
        content = self._contents.get(digest)
        if content is None and self._folder is not None and digest.isalnum():
            file = self._folder / digest
            content = file.read_bytes() if file.is_file() else None
        if content is None:
            return None
        return measure(content)[0], content

    def clear(self) -> None:
        self._contents.clear()
        self._known.clear()
        self._size_bytes = 0
