"""Picture addresses and the sizes they tell: srcset by the HTML algorithm, widths in names and queries, one picture's
many forms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, parse_qsl, unquote

from petra.articles.identity import split_address

MAX_CANDIDATES = 40
_PICTURE_SUFFIX = re.compile(r"\.(?:jpe?g|png|webp|gif|avif|heic|bmp)(?:$|[?#:!])", re.IGNORECASE)
_BLANK = re.compile(
    r"^data:|blank\.(?:gif|png|svg|jpe?g)|/1x1|1x1[.-]|spacer|lazy[-_]?(?:load)?[-_]?(?:placeholder|img)?\.(?:gif|png|svg)|"
    r"grey\.gif|gray\.gif|transparent[^/]{0,60}\.(?:gif|png)|pixel\.(?:gif|png)|placeholder\.(?:gif|png|svg|jpg)|loading\.(?:gif|svg)|"
    r"about:blank",
    re.IGNORECASE,
)
_NAME_SIZE = re.compile(r"[-_](\d{2,4})x(\d{2,4})(?=(?:@\dx)?\.\w{3,4}(?:$|\?))")
_PATH_WIDTHS = (
    re.compile(r"/(?:[a-z]_[\w.:-]+,)*w_(\d{2,4})[,/]"),  # Cloudinary, Wix
    re.compile(r"/size/w(\d{2,4})/"),  # Ghost
    re.compile(r"/(?:resize|fit-in|fit|crop)/(\d{2,4})(?:x|/)"),
    re.compile(r"/w(\d{3,4})(?:-h\d+)?(?:-[a-z]+)*/"),  # Blogger
    re.compile(r"/s(\d{3,4})(?:-c)?/"),  # Blogger
    re.compile(r"[-_](\d{3,4})w?\.(?:jpe?g|png|webp|avif)"),
)
_LONG_MARK = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-f])(?:[0-9a-f]{16,}|[0-9]{7,})"
)
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d{4})")
_CUT_BEHIND = re.compile(r"(?<=\.\w{3})/v1/(?:fill|fit|crop)/.*$|(?<=\.\w{4})/v1/(?:fill|fit|crop)/.*$")  # Wix, 2026-11
# Names that many different pictures have, one in each folder.
_SAYS_NOTHING = re.compile(
    r"(?:(?:image|picture|default|original|photo|cover|featured?|hero|header|banner|thumbnail|screenshot|unnamed|"
    r"untitled|maxresdefault|hqdefault|sddefault|mqdefault|img|large|small|full|main|post|article)[-_. 0-9]*)+\Z|"
    r"(?:image|picture|default|original|photo)\b",
    re.IGNORECASE,
)
_WIDTH_KEYS = ("w", "width", "imwidth", "wid", "maxwidth")


@dataclass(frozen=True)
class Candidate:
    """One address a picture can be had from; `width_px` 0 when nothing tells, `likely_px` when only its place does."""

    url: str
    width_px: int = 0
    density: float = 0.0
    likely_px: int = 0


def parse_srcset(text: str) -> list[Candidate]:
    """Split a srcset as browsers do: addresses may hold commas, descriptors follow white space. Linear time."""
    found: list[Candidate] = []
    position, length = 0, min(len(text), 20_000)
    while position < length and len(found) < MAX_CANDIDATES:
        while position < length and (text[position].isspace() or text[position] == ","):
            position += 1
        start = position
        while position < length and not text[position].isspace():
            position += 1
        url = text[start:position]
        descriptor = ""
        if url.endswith(","):
            url = url.rstrip(",")
        else:
            end = position
            while end < length and text[end] != ",":
                end += 1
            descriptor, position = text[position:end].strip(), end
        if url:
            found.append(_described(url, descriptor))
    return found


def _described(url: str, descriptor: str) -> Candidate:
    match = re.search(r"(\d{1,5})w\b", descriptor)
    if match:
        return Candidate(url, int(match[1]))
    match = re.search(r"(\d{1,2}(?:\.\d+)?)x\b", descriptor)
    return Candidate(url, 0, float(match[1]) if match else 0.0)


def is_picture_address(url: str) -> bool:
    """Say whether an address ends like a picture file (SVG is none)."""
    return bool(_PICTURE_SUFFIX.search(split_address(url).path + "?"))


def is_blank(url: str) -> bool:
    """Say whether an address is a placeholder that waits for a script."""
    return not url or bool(_BLANK.search(url))


@lru_cache(maxsize=4096)
def told_size(url: str) -> tuple[int, int]:
    """Read width and height (0 unknown) from a picture's address."""
    match = _NAME_SIZE.search(url)
    if match:
        return int(match[1]), int(match[2])
    parts = split_address(url)
    query = parse_qs(parts.query[:2000])
    width = next((_number(query[key][0]) for key in _WIDTH_KEYS if key in query), 0)
    height = next((_number(query[key][0]) for key in ("h", "height", "hei") if key in query), 0)
    for key in ("resize", "fit", "crop", "size"):
        pair = re.match(r"(\d{2,4})[x,](\d{2,4})", query.get(key, [""])[0])
        if pair:
            return int(pair[1]), int(pair[2])
    if width:
        return width, height
    for pattern in _PATH_WIDTHS:
        match = pattern.search(parts.path)
        if match:
            return int(match[1]), 0
    return 0, 0


@lru_cache(maxsize=4096)  # asked again and again while the pictures of a page are compared
def picture_key(url: str) -> str:
    """Give the key under which a picture is the same in every size and through every proxy."""
    plain = unquote(unquote(url))
    inner = re.findall(r"https?://[^\s?#]+", plain[8:])
    parts = split_address(inner[-1] if inner else plain)
    for _, value in parse_qsl(split_address(plain).query[:2000]):
        if re.match(r"(?:https?:)?//|/", value) and is_picture_address(value):
            parts = split_address(value)
    path = re.sub(r"/size/w\d+(?:h\d+)?/", "/", _CUT_BEHIND.sub("", parts.path))
    path = re.sub(r"(?:[-_]\d{2,4}x\d{2,4}|-scaled)+(?=(?:@\dx)?\.\w{3,4}$)", "", path)
    path = re.sub(r"/(?:w\d+-h\d+[^/]*|s\d{2,4}(?:-[^/]*)?)/(?=[^/]+$)", "/", path)
    path = re.sub(r"\.(?:jpe?g|png|webp|avif|gif)$", "", path, flags=re.IGNORECASE)
    tail = path.rstrip("/").rpartition("/")[2]
    generic = len(tail) < 9 or tail.isdigit() or _SAYS_NOTHING.match(tail)
    return (parts.netloc.removeprefix("www.") + path).lower() if generic else tail.lower()


@lru_cache(maxsize=4096)
def picture_marks(url: str) -> frozenset[str]:
    """Give what identifies a picture in its address: its key and the long numbers and digests in it.

    One mark in common says that two addresses very likely show the same picture, cut or stored in another way.
    """
    plain = unquote(unquote(url)).lower()
    return frozenset({picture_key(url)}) | {mark for mark in _LONG_MARK.findall(plain[:2000]) if not _DAY.match(mark)}


def _number(text: str) -> int:
    match = re.match(r"\d{1,5}", text)
    return int(match[0]) if match else 0
