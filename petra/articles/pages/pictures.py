"""The pictures of an article: where each is to be had largest, its size, alt and caption. Pure.

Walks the article's part of the page in reading order and asks every attribute lazy themes use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from lxml.html import HtmlElement as Element

from petra.articles.identity import absolute, split_address
from petra.articles.pages import srcset
from petra.articles.pages.lines import one_line
from petra.articles.pages.page import Page, parse_html
from petra.articles.pages.srcset import Candidate, is_blank, is_picture_address, picture_key, told_size
from petra.articles.pages.surroundings import caption, is_card, is_hidden, is_outside

MAX_PICTURES = 200
MAX_LOOKED_AT = 3_000  # badges and repetitions among them
LEAST_SIDE_PX = 150  # badges and avatars end below; networks ignore pictures under 80 px. 2026-11
_SOURCES = (
    "data-orig-file", "data-large-file", "data-pin-media", "data-hi-res-src", "data-large_image", "data-full-url",
    "data-lazy-src", "data-src", "data-original", "data-lazy", "data-img-url", "data-image", "data-url", "src",
)  # fmt: skip
# What a theme keeps in these is large, how large it does not say. For choosing only, never shown.
_LIKELY_PX = {"data-orig-file": 5000, "data-large-file": 1500, "data-full-url": 1500}
_LINKED_PX = 1200
_AVIF = re.compile(r"\.avif\b|[?&](?:fm|format)=avif")  # networks don't take AVIF, 2026-11
_SETS = ("srcset", "data-srcset", "data-lazy-srcset", "data-original-set")
_TRACKER = re.compile(
    r"gravatar\.com|/emoji|wp-smiley|feedburner|doubleclick|/pixel|/ads?/|adserver|googlesyndication|amazon-adsystem|"
    r"scorecardresearch|\.com/tr\?|statcounter|vgwort|b\.wp\.com|\.svg(?:$|\?)",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"(?:^|[/_.-])(?:logo|icon|avatar|badge|sprite|button|favicon|spinner|arrow|smil(?:ey|ie)|share)s?(?:[/_.-]|$)",
    re.IGNORECASE,
)
_THUMBNAIL_PX = 300
_CUT = re.compile(r"-(\d{2,3})x(\d{2,3})(?=\.\w{3,4}(?:$|\?))")
_DIMENSIONS = re.compile(r"(\d{2,5})x(\d{2,5})$")
_STYLE_WIDTH = re.compile(r"(?:^|[;\s])width:\s*(\d{1,4})px")
_STYLE_HEIGHT = re.compile(r"(?:^|[;\s])height:\s*(\d{1,4})px")


@dataclass(frozen=True)
class Picture:
    """One picture. Sizes are 0 where unknown; `is_nopin`: its owner asked not to pin it."""

    url: str
    alt: str = ""
    caption: str = ""
    title: str = ""
    width_px: int = 0
    height_px: int = 0
    is_nopin: bool = False
    is_hidden: bool = False
    pin_title: str = ""
    pin_description: str = ""
    pin_url: str = ""  # the address a pin is to lead to
    pin_id: str = ""  # of the pin to be saved again


def find_pictures(page: Page, root: Element) -> list[Picture]:
    """List the article's own pictures below `root` in reading order, each once, at most 200."""
    found: dict[str, Picture] = {}
    for element in islice(root.iter("img", "noscript", "amp-img"), MAX_LOOKED_AT):
        if len(found) >= MAX_PICTURES:
            break
        for image in images_in(element):
            picture = picture_of(page, image, element, root=root)
            if picture is None:
                continue
            key = picture_key(picture.url)
            found[key] = _better(found[key], picture) if key in found else picture
    return list(found.values())


def settle_sources(page: Page, root: Element) -> None:
    """Give every image below `root` its best address as its source; what browsers without scripts would see goes where
    it shows nothing more. Changes the page's tree.
    """
    shown: set[str] = set()
    for image in islice(root.iter("img", "amp-img"), MAX_LOOKED_AT):
        if next(image.iterancestors("noscript"), None) is None:
            best = _largest(page, image, image)
            image.set("src", best.url if best is not None else "")
            shown.add(picture_key(best.url) if best is not None else "")
    for element in list(islice(root.iter("noscript"), MAX_LOOKED_AT)):
        images = list(element.iter("img"))
        keys = {picture_key(url) for image in images if (url := absolute(image.get("src") or "", page.base))}
        if keys <= shown:
            element.drop_tree()
        else:
            element.drop_tag()


def images_in(element: Element) -> Iterator[Element]:
    """Give the image itself, or those a noscript element holds for browsers without scripts."""
    if element.tag != "noscript":
        yield element
        return
    images = list(element.iter("img"))
    if not images and element.text and "<img" in element.text:
        inner = parse_html(element.text)
        images = list(inner.iter("img")) if inner is not None else []
    yield from images


def picture_of(page: Page, image: Element, place: Element, *, root: Element | None) -> Picture | None:
    """Read one image; None when it is no picture of the article. `place` is where it stands, `root` None asks less."""
    if root is not None and (_is_shown_small(image) or is_outside(image, place, root) or is_card(page, place)):
        return None
    best = _largest(page, image, place)
    if best is None or is_tracker(best.url):
        return None
    is_told_of = len(image.get("alt") or "") > 2 and next(place.iterancestors("p", "figure"), None) is not None
    if is_furniture(best.url) and not is_told_of:
        return None
    width, height = _size(image, best)
    is_wanted_pin = any(name.startswith("data-pin-") for name in image.attrib)
    if not is_wanted_pin and min(width or 9999, height or 9999) < LEAST_SIDE_PX:
        return None
    classes = image.get("class") or ""
    is_nopin = "data-pin-nopin" in image.attrib or "nopin" in classes.split() or image.get("nopin") is not None
    below = caption(place)
    alt = one_line(image.get("alt")) or one_line(image.get("data-pin-description")) or below
    return Picture(
        url=best.url,
        alt=alt[:2000],
        caption=below[:2000],
        title=one_line(image.get("title"))[:500],
        width_px=width,
        height_px=height,
        is_nopin=is_nopin,
        is_hidden=is_hidden(place),
        pin_title=one_line(image.get("data-pin-title"))[:500],
        pin_description=one_line(image.get("data-pin-description"))[:2000],
        pin_url=absolute(image.get("data-pin-url") or "", page.base) or "",
        pin_id=one_line(image.get("data-pin-id"))[:64],
    )


def is_tracker(url: str) -> bool:
    """Say whether an address is one of a counter, an advertisement, an avatar or an emoji."""
    return bool(_TRACKER.search(url))


def is_furniture(url: str) -> bool:
    """Say whether a file's name is that of a logo, an icon or a button."""
    return bool(_FURNITURE.search(split_address(url).path))


def _largest(page: Page, image: Element, place: Element) -> Candidate | None:
    if image not in page.largest:
        page.largest[image] = _find_largest(page, image, place)
    found: Candidate | None = page.largest[image]
    return found


def _find_largest(page: Page, image: Element, place: Element) -> Candidate | None:
    candidates = [
        replace(candidate, url=url)
        for candidate in _candidates(image, place)
        if not is_blank(candidate.url) and (url := absolute(candidate.url, page.base))
    ]
    if not candidates:
        return None

    if len(candidates) == 1:
        return _uncut(candidates[0])

    def rank(candidate: Candidate) -> tuple[bool, float]:
        width = candidate.likely_px or candidate.width_px or told_size(candidate.url)[0] or 800 * candidate.density
        return not _AVIF.search(candidate.url), width

    return _uncut(max(candidates, key=rank))  # of equal ones the first


def _uncut(candidate: Candidate) -> Candidate:
    """Give the upload that WordPress cut a small square from, where nothing larger is offered (galleries, 2026-11)."""
    cut = _CUT.search(candidate.url)
    if not cut or "/wp-content/uploads/" not in candidate.url or max(int(cut[1]), int(cut[2])) > _THUMBNAIL_PX:
        return candidate
    return Candidate(candidate.url[: cut.start()] + candidate.url[cut.end() :], likely_px=_LINKED_PX)


def _candidates(image: Element, place: Element) -> Iterator[Candidate]:
    for name in _SOURCES:
        value = (image.get(name) or "").strip()
        if value and not (name in ("data-url", "data-image") and not is_picture_address(value)):
            yield Candidate(value, likely_px=_LIKELY_PX.get(name, 0))
    for name in _SETS:
        yield from srcset.parse_srcset(image.get(name) or "")
    # The parser knows no void source elements: an img may stand inside them, not beside them (libxml2, 2026-11).
    frame = next(place.iterancestors("picture"), None)
    if frame is not None:
        for source in frame.iter("source"):
            if "avif" not in (source.get("type") or ""):
                for name in _SETS:
                    yield from srcset.parse_srcset(source.get(name) or "")
    parent = (place if frame is None else frame).getparent()
    if parent is not None and parent.tag == "a" and is_picture_address(parent.get("href") or ""):
        yield Candidate(parent.get("href") or "", likely_px=_LINKED_PX)


def _size(image: Element, best: Candidate) -> tuple[int, int]:
    """Say the chosen file's size; shown width and height give its shape when the file is a larger one."""
    whole = re.match(r"(\d{2,5}),(\d{2,5})$", image.get("data-orig-size") or "")
    if whole and best.url.endswith((image.get("data-orig-file") or "-").rpartition("/")[2]):
        return int(whole[1]), int(whole[2])
    width, height = told_size(best.url)
    width = best.width_px or width
    dimensions = _DIMENSIONS.match(image.get("data-image-dimensions") or "")
    if dimensions and best.url.startswith(image.get("data-image") or "-"):
        return int(dimensions[1]), int(dimensions[2])
    shown_w, shown_h = _shown_size(image)
    if shown_w and shown_h and width and not height:
        return width, round(width * shown_h / shown_w)
    if best.likely_px and not width and max(shown_w, shown_h) <= _THUMBNAIL_PX:
        return 0, 0  # what is shown is a small square of it
    return width or shown_w, height or shown_h


def _shown_size(image: Element) -> tuple[int, int]:
    width, height = _pixels(image.get("width")), _pixels(image.get("height"))
    for name_w, name_h in (("data-image-width", "data-image-height"), ("data-width", "data-height")):
        told_w, told_h = _pixels(image.get(name_w)), _pixels(image.get(name_h))
        if told_w and told_h:
            return told_w, told_h
    style = image.get("style") or ""
    if not (width and height) and "px" in style:
        told = _STYLE_WIDTH.search(style), _STYLE_HEIGHT.search(style)
        if told[0] and told[1]:
            return int(told[0][1]), int(told[1][1])
    return width, height


def _pixels(value: str | None) -> int:
    match = re.match(r"\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*$", value or "")
    return int(match[1]) if match else 0


def _is_shown_small(image: Element) -> bool:
    """Say whether the page shows a picture as a thumbnail, whatever its file holds."""
    if any(name.startswith("data-pin-") for name in image.attrib):
        return False
    width, height = _pixels(image.get("width")), _pixels(image.get("height"))
    if 0 < width < 120 and 0 < height < 120:
        return True
    sizes = re.fullmatch(r"\s*(\d{1,3})px\s*", image.get("sizes") or "")
    return bool(sizes and int(sizes[1]) < 120)


def _better(first: Picture, second: Picture) -> Picture:
    """Join two sightings of one picture: the larger address, the words of either."""
    larger = second if second.width_px > first.width_px else first
    return replace(
        larger,
        alt=first.alt or second.alt,
        caption=first.caption or second.caption,
        is_nopin=first.is_nopin or second.is_nopin,
        is_hidden=first.is_hidden and second.is_hidden,
        title=first.title or second.title,
        pin_title=first.pin_title or second.pin_title,
        pin_description=first.pin_description or second.pin_description,
        pin_url=first.pin_url or second.pin_url,
        pin_id=first.pin_id or second.pin_id,
    )
