"""The bytes of pictures on other people's sites: fetched when a post wants them, never during an import.

Robots.txt counts for pictures too. What came is told by its first bytes, never by its name or header; SVG is refused.
"""

from __future__ import annotations

import struct

from django.conf import settings

from petra.articles.site.collecting import parse_allow_private
from petra.articles.site.manners import Visitor
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.lib.outbound import AllowPrivate, Outbound

MAX_BYTES = 25 * 1024 * 1024
HEAD_BYTES = 64 * 1024


class NoPicture(ProductError):
    """There is no usable picture at the address. Choose another one."""

    def __init__(self, for_person: str) -> None:
        super().__init__("no-picture", for_person)


def fetch_picture(url: str, *, allow_private: AllowPrivate | None = None) -> bytes:
    """Fetch a picture's bytes, at most 25 MB. Never call inside a transaction.

    Raises NoPicture, `manners.Disallowed` where robots.txt asks to leave it, and what `outbound` raises.
    """
    allowed = parse_allow_private(settings.ALLOW_PRIVATE) if allow_private is None else allow_private
    with Outbound(allow_private=allowed, contact=settings.CONTACT) as client:
        answer = Visitor(client, sleep=clock.sleep, gap_s=0).get(url, max_bytes=MAX_BYTES, accept="image/*")
    if answer.status != 200:
        raise NoPicture(f"The site answered {answer.status} for this picture.")
    if answer.is_cut:
        raise NoPicture("The picture is larger than 25 MB, or it did not arrive whole.")
    if picture_type(answer.body) is None:
        raise NoPicture("What lies at this address is not a picture Petra can use.")
    return answer.body


def picture_type(body: bytes) -> str | None:
    """Say a picture's media type by its first bytes; None for anything else, SVG included."""
    for start, kind in ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif")):
        if body.startswith(start):
            return kind
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return "image/avif" if body[4:12] in (b"ftypavif", b"ftypavis") else None


def read_size(visitor: Visitor, url: str) -> tuple[int, int] | None:
    """Read a picture's size from its first 64 KB; None where they don't tell."""
    answer = visitor.get(url, max_bytes=HEAD_BYTES, accept="image/*", first_bytes=HEAD_BYTES)
    return size_of(answer.body) if answer.status in (200, 206) else None


def size_of(head: bytes) -> tuple[int, int] | None:
    """Read width and height out of the head of a JPEG, PNG, GIF or WebP. Pure; decodes nothing."""
    match picture_type(head):
        case "image/png" if len(head) >= 24:
            width, height = struct.unpack(">II", head[16:24])
            return int(width), int(height)
        case "image/gif" if len(head) >= 10:
            width, height = struct.unpack("<HH", head[6:10])
            return int(width), int(height)
        case "image/jpeg":
            return _jpeg_size(head)
        case "image/webp":
            return _webp_size(head)
    return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 < len(head):
        if head[position] != 0xFF:
            return None
        marker = head[position + 1]
        if marker in (0xFF, 0x01) or 0xD0 <= marker <= 0xD8:
            position += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[position + 5 : position + 9])
            return int(width), int(height)
        position += 2 + int.from_bytes(head[position + 2 : position + 4], "big")
    return None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if kind == b"VP8 " and len(head) >= 30:
        width, height = struct.unpack("<HH", head[26:30])
        return int(width) & 0x3FFF, int(height) & 0x3FFF
    return None
