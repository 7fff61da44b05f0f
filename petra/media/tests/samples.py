"""Pictures for tests, drawn on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw

MARKER = b"GPS-OF-MY-HOUSE"


def picture(width: int, height: int, *, subject: tuple[int, int] | None = None, mode: str = "RGB") -> Image.Image:
    """A soft background with one strong shape around `subject`."""
    image = Image.new(mode, (width, height), (240, 236, 228) if mode == "RGB" else (0, 0, 0, 0))
    if subject:
        x, y = subject
        ImageDraw.Draw(image).ellipse((x - 60, y - 60, x + 60, y + 60), fill=(180, 40, 30))
    return image


def written(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(width: int = 1200, height: int = 1800, **options: Any) -> bytes:
    return written(picture(width, height, subject=(width // 2, height // 2)), **options)


def photo_with_secrets(orientation: int = 6) -> bytes:
    """A JPEG that lies on its side and says where it was taken, in EXIF, a comment and after its end."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = MARKER.decode()
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return written(picture(300, 200), exif=exif, comment=MARKER) + MARKER


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header claims a size and whose pixels are a few bytes of packed nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    chunks = [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def png_with_text_bomb(size_bytes: int) -> bytes:
    """A PNG with a packed text of `size_bytes` behind its header."""
    whole = written(picture(40, 40), "PNG")
    data = b"Comment\0\0" + zlib.compress(b"a" * size_bytes, 9)
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    return whole[:33] + chunk + whole[33:]
