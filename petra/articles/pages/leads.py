"""Which picture stands for an article: what the page names for itself, and what it shows. Pure.

That a picture leads half of a blog is for `sitewide` to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from lxml.html import HtmlElement as Element

from petra.articles.identity import absolute, split_address
from petra.articles.pages.lines import one_line, text_of
from petra.articles.pages.page import Node, Page
from petra.articles.pages.pictures import MAX_LOOKED_AT, Picture, images_in, is_furniture, is_tracker, picture_of
from petra.articles.pages.srcset import is_blank, picture_key, picture_marks, told_size
from petra.articles.pages.surroundings import LEAST_COVER_PX as LEAST_COVER_PX

_LEAST_PARAGRAPH = 60
_THEME_CLASSES = (
    "wp-post-image", "attachment-post-thumbnail", "featured-image", "gh-feature-image", "gh-article-image",
)  # fmt: skip
# File names of what sites share when an article has no picture.
_DEFAULT = re.compile(
    r"[/_.-](?:default|fallback|placeholder|og-?image|opengraph|social-?(?:share|media|card|image)|site-?image)"
    r"[^/]{0,40}$",
    re.IGNORECASE,
)
_IMAGES = ("img", "noscript", "amp-img")
Found = tuple[Picture | None, str]  # picture, source


def lead_picture(page: Page, pictures: list[Picture], root: Element) -> Found:
    """Choose the picture that stands for the article, and say who named it.

    What the page names and also shows is believed first. A cover that stands above the text counts more than a name
    the page does not show: names get old, and stay when an article gets another picture.
    """
    cover = _cover(page, root)
    shown = [*([cover] if cover else []), *pictures]
    named = [(url, source) for url, source in _named(page) if _may_lead(url, shown)]
    for url, source in named:
        same = _same(url, shown)
        if same is not None:
            return _larger(same, url), source
    if cover is not None:
        return cover, "cover"
    logos = _logos(page)
    sure = [(url, source) for url, source in named if not _DEFAULT.search(url) and picture_key(url) not in logos]
    for url, source in sure:
        return Picture(url, _og_words(page)), source
    found, source = _unnamed(page, pictures, root)
    if found is None and named:
        return Picture(named[0][0], _og_words(page)), named[0][1]
    return found, source


def _unnamed(page: Page, pictures: list[Picture], root: Element) -> Found:
    for element in page.marks.of_class(*_THEME_CLASSES):
        image = element if element.tag == "img" else element.find(".//img")
        marked = picture_of(page, image, image, root=None) if image is not None else None
        if marked is not None:
            return marked, "theme"
    first = first_large(pictures)
    if first is not None:
        return first, "content"
    above = list(_above(page, root, after_heading=False))
    host = split_address(page.url).netloc
    own = [picture for picture in above if split_address(picture.url).netloc == host]
    return ((own or above)[0], "page") if above else (None, "")


def first_large(pictures: list[Picture]) -> Picture | None:
    """Give the first picture that is large or of unknown size, else the first."""
    visible = [picture for picture in pictures if not picture.is_nopin]
    for picture in visible:
        if picture.width_px >= LEAST_COVER_PX or (not picture.width_px and not picture.height_px):
            return picture
    return visible[0] if visible else None


def _cover(page: Page, root: Element) -> Picture | None:
    """Give the large picture that stands between the heading and the first paragraph."""
    for above in _above(page, root, after_heading=True):
        if above.width_px >= LEAST_COVER_PX:
            return above
    for element in islice(root.iter(*_IMAGES, "p"), MAX_LOOKED_AT):
        if element.tag == "p":
            if len(text_of(element)) >= _LEAST_PARAGRAPH:
                return None
            continue
        for image in images_in(element):
            picture = picture_of(page, image, element, root=root)
            if picture is not None and _is_cover(picture, element):
                return picture
    return None


def _is_cover(picture: Picture, place: Element) -> bool:
    is_framed = next(place.iterancestors("figure", "picture"), None) is not None
    is_link = next(place.iterancestors("a"), None) is not None
    is_large = picture.width_px >= LEAST_COVER_PX or (is_framed and not picture.width_px)
    return is_large and not is_link and not picture.is_nopin


def _above(page: Page, root: Element, *, after_heading: bool) -> Iterator[Picture]:
    """Give the pictures that stand above the article's element, in the page's order."""
    is_on = not after_heading
    body = page.tree.find(".//body")
    looked_at = 0
    for element in page.tree.iter("h1", *_IMAGES, root.tag):
        if element is root:
            return
        if element.tag == "h1":
            is_on = is_on or bool(text_of(element))
        elif is_on and element.tag in _IMAGES and body is not None and looked_at < MAX_LOOKED_AT:
            looked_at += 1
            for image in images_in(element):
                picture = picture_of(page, image, element, root=body)
                if picture is not None:
                    yield picture


def _may_lead(url: str, shown: list[Picture]) -> bool:
    if is_tracker(url) or is_blank(url) or split_address(url).path.lower().endswith((".ico", ".svg")):
        return False
    return not is_furniture(url) or _same(url, shown) is not None


def _same(url: str, shown: list[Picture]) -> Picture | None:
    """Give the shown picture an address means: by its key, else by a mark that only one of them has."""
    key = picture_key(url)
    for picture in shown:
        if picture_key(picture.url) == key:
            return picture
    marked = [picture for picture in shown if picture_marks(picture.url) & picture_marks(url)]
    return marked[0] if len({picture_key(picture.url) for picture in marked}) == 1 else None


def _larger(same: Picture, url: str) -> Picture:
    if picture_key(same.url) != picture_key(url):
        return same
    width, height = told_size(url)
    return replace(same, url=url, width_px=width, height_px=height) if width > same.width_px else same


def _named(page: Page) -> Iterator[tuple[str, str]]:
    """Give the pictures the page names for itself, the most trusted first."""
    told = [
        (url, source)
        for value, source in (
            (_first_of(page, "og:image", "og:image:url", "og:image:secure_url"), "opengraph"),
            (page.first_meta("twitter:image", "twitter:image:src"), "twitter"),
        )
        if value and not is_blank(value) and (url := absolute(value, page.base))
    ]
    node = page.article_node
    if node is not None:
        url = _ld_image(page, node.get("image") or node.get("thumbnailUrl"), {url for url, _ in told})
        if url:
            yield url, "json-ld"
    yield from told
    for link in page.tree.iter("link"):
        if (link.get("rel") or "").strip().lower() == "image_src":
            url = absolute(link.get("href") or "", page.base)
            if url:
                yield url, "link"


def _first_of(page: Page, *names: str) -> str:
    return next((value for name in names for value in page.meta.get(name, ()) if value), "")


def _ld_image(page: Page, value: object, agreed: set[str]) -> str | None:
    """Give the largest picture a JSON-LD image value names; of equals one that is named elsewhere, else the first."""
    best: tuple[tuple[int, bool], str] | None = None
    for one in value if isinstance(value, list) else [value]:
        url, width = _ld_address(page, one)
        if url is not None and (best is None or (width, url in agreed) > best[0]):
            best = ((width, url in agreed), url)
    return best[1] if best else None


def _ld_address(page: Page, value: object) -> tuple[str | None, int]:
    node: Node | None = page.resolve(value)
    written = value if isinstance(value, str) else (node.get("url") or node.get("contentUrl")) if node else None
    written = written[0] if isinstance(written, list) and written else written
    url = absolute(written, page.base) if isinstance(written, str) and not is_blank(written) else None
    told = str(node.get("width") or "") if node else ""
    return url, int(told) if told.isdecimal() and len(told) < 6 else 0


def _logos(page: Page) -> set[str]:
    """Give the keys of the pictures the page calls its publisher's logo."""
    addresses = (_ld_address(page, node.get("logo"))[0] for node in page.nodes if node.get("logo"))
    return {picture_key(url) for url in addresses if url}


def _og_words(page: Page) -> str:
    return one_line(page.first_meta("og:image:alt", "twitter:image:alt"))[:2000]
