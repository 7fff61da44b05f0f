"""Bytes of strangers → one clean picture. Pure: no database, no files, no network.

Called by `media.storing` for every upload and every picture of an article. What comes out has been decoded and written
anew: upright, in sRGB, JPEG or PNG, without metadata (place, camera, comments) and without anything that followed or
surrounded the pixels. A file that is a picture and something else at once leaves only its pixels.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass, field

from PIL import Image, ImageCms, ImageOps

from petra.lib.errors import ProductError

MAX_PIXELS = 50_000_000
MAX_SIDE_PX = 4000  # twice what any network shows; larger ones are made smaller on the way in
MAX_SCANS = 100  # a progressive JPEG has about 10; thousands make decoders work for minutes
JPEG_QUALITY = 90

_SHRINK_FIRST = ("RGB", "RGBA", "L", "LA", "CMYK")
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
# What Pillow's decoders raise on damaged input (its own `Image.open` catches the middle four).
DAMAGED = (
    OSError,
    SyntaxError,
    IndexError,
    TypeError,
    struct.error,
    ValueError,
    KeyError,
    EOFError,
    OverflowError,
    zlib.error,
)


class BadPicture(ProductError):
    """The bytes can't become a picture of ours. A person must choose another file; the sentence says why."""

    def __init__(self, for_person: str) -> None:
        super().__init__("bad-picture", for_person)


@dataclass(frozen=True)
class CleanPicture:
    """A picture written by us. `digest` is the sha256 (hex) of the bytes that came in."""

    digest: str
    content: bytes = field(repr=False)
    content_type: str
    width_px: int
    height_px: int

    @property
    def suffix(self) -> str:
        return "jpg" if self.content_type == "image/jpeg" else "png"


def clean(data: bytes, *, max_bytes: int) -> CleanPicture:
    """Decode a picture and write it anew. The type is told from the content, never from a name.

    Raises BadPicture for what is empty, too big, no picture, damaged, or of a kind that can't be published.
    """
    _refuse_by_look(data, max_bytes)
    with _open(data) as opened:
        _refuse_by_size(opened)
        try:
            image = _plain(opened)
        except DAMAGED as error:
            raise BadPicture("This picture is damaged or incomplete. Save it again and choose the new file.") from error
    content, content_type = _written(image)
    return CleanPicture(hashlib.sha256(data).hexdigest(), content, content_type, image.width, image.height)


def _refuse_by_look(data: bytes, max_bytes: int) -> None:
    if not data:
        raise BadPicture("This file is empty.")
    if len(data) > max_bytes:
        raise BadPicture(f"This file is bigger than {max_bytes // (1024 * 1024)} MB. Save it smaller and try again.")
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<") and (b"<svg" in head or head.startswith((b"<?xml", b"<!doctype svg"))):
        raise BadPicture("SVG drawings can't be published. Save the drawing as PNG or JPEG.")
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1") and b"avif" not in data[8:40]:
        raise BadPicture("HEIC pictures can't be read. Save the picture as JPEG.")
    if data.count(b"\xff\xda") > MAX_SCANS and data.startswith(b"\xff\xd8"):
        raise BadPicture("This picture is built in a way that no camera or editor does. Save it again as JPEG.")


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except DAMAGED as error:  # UnidentifiedImageError is an OSError
        raise BadPicture("This file is not a picture. Choose a JPEG, PNG, WebP, GIF or AVIF file.") from error


def _refuse_by_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    if image.width < 1 or image.height < 1:
        raise BadPicture("This picture has no pixels.")


def _too_many_pixels() -> BadPicture:
    return BadPicture("This picture has more than 50 million pixels. Save it smaller and try again.")


def _plain(opened: Image.Image) -> Image.Image:
    """Give the first frame upright, in sRGB, as RGB or RGBA, at most MAX_SIDE_PX on a side."""
    if opened.mode in _SHRINK_FIRST:  # in place, before any copy: 50 million pixels are 150 MB
        opened.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS)
    opened.load()
    image = _eight_bit(_upright(opened))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    image = _in_srgb(image, mode)
    image.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS)
    if mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except DAMAGED:  # unreadable metadata says nothing about the pixels
        return image


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("I", "F"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    return image


def _in_srgb(image: Image.Image, mode: str) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode != "CMYK":
        image = image.convert(mode)
    if not profile:
        return image.convert(mode)
    try:
        made = ImageCms.profileToProfile(image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, *DAMAGED):
        return image.convert(mode)  # a broken profile, or one for other channels: the numbers stand as they are
    return made if made is not None else image.convert(mode)


def _written(image: Image.Image) -> tuple[bytes, str]:
    """Write a picture with transparent parts as PNG, any other as JPEG with full colour detail."""
    out = io.BytesIO()
    bare = Image.new(image.mode, image.size)  # a new image: no info dictionary, nothing to leak
    bare.paste(image)
    if image.mode == "RGBA":
        bare.save(out, "PNG", optimize=False)
        return out.getvalue(), "image/png"
    bare.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0, progressive=True, optimize=True)
    return out.getvalue(), "image/jpeg"
