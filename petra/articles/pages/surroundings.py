"""What stands around a picture: is it the article's own, what is written below it, is it shown. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement as Element

from petra.articles.identity import absolute, address_key, site_of
from petra.articles.pages.lines import one_line, text_of
from petra.articles.pages.page import Page
from petra.articles.pages.srcset import is_picture_address

LEAST_COVER_PX = 400
_OUTSIDE = frozenset({"nav", "header", "footer", "aside", "form", "button", "iframe"})
_OUTSIDE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:author|avatar|comments?|comment-?list|respond|related|sidebar|share|sharing|social|nav|navigation|"
    r"newsletter|advert(?:isement)?|ads?|adsbygoogle|promo|recommend(?:ed|ations)?|popular|breadcrumbs?|logo|byline|"
    r"subscribe|footer|masthead|menu|more-?posts|you-?may-?like|jp-relatedposts|outbrain|taboola|sponsor|banner)"
    r"(?:[\s_-]|$)",
    re.IGNORECASE,
)
_NOT_SHOWN = re.compile(r"display:\s*none")


def caption(place: Element) -> str:
    for ancestor in place.iterancestors("figure", "div", "dl", "p", "span", "article", "body", "main", "section"):
        classes = ancestor.get("class") or ""
        if ancestor.tag == "figure" or "wp-caption" in classes:
            for caption in ancestor.xpath(".//figcaption|.//*[contains(@class,'wp-caption-text')]")[:1]:
                return one_line(text_of(caption))
            return ""
        if ancestor.tag in ("article", "body", "main", "section"):
            break
    return ""


def is_outside(image: Element, place: Element, root: Element) -> bool:
    """Say whether something between a picture and the article's element marks it as not the article's own.

    An article's header holds its cover, and its author's face: what is large or framed counts as the cover.
    """
    is_in_article = root.tag == "article" or next(root.iterancestors("article"), None) is not None
    nested = int(is_in_article)
    for ancestor in place.iterancestors():
        if ancestor is root:
            return False
        nested += ancestor.tag == "article"
        if ancestor.tag == "header" and is_in_article and _is_like_a_cover(image, place):
            continue
        if ancestor.tag in _OUTSIDE or nested > 1 or _has_outer_name(ancestor):
            return True
    return False


def _is_like_a_cover(image: Element, place: Element) -> bool:
    if _has_outer_name(image):
        return False
    width = (image.get("width") or "").strip()
    if width.isdecimal():
        return int(width) >= LEAST_COVER_PX
    return next(place.iterancestors("figure", "picture"), None) is not None


def _has_outer_name(element: Element) -> bool:
    classes, name = element.get("class"), element.get("id")
    return bool(classes or name) and _is_outer_name(f"{classes or ''} {name or ''}")


@lru_cache(maxsize=4096)  # the pages of a site call their elements the same
def _is_outer_name(names: str) -> bool:
    return len(names) < 400 and bool(_OUTSIDE_NAMES.search(names))


def is_card(page: Page, place: Element) -> bool:
    """Say whether a picture stands for another article: it links there, and words beside it link there too."""
    for ancestor in islice(place.iterancestors("a"), 1):
        url = absolute(ancestor.get("href") or "", page.base)
        if url is None or is_picture_address(url) or address_key(url) == page.key or "attachment" in url:
            return False
        if site_of(url).host != site_of(page.url).host:
            return False
        if len(text_of(ancestor)) > 15 and ancestor.find(".//figcaption") is None:
            return True
        return _has_twin_link(ancestor, ancestor.get("href") or "")
    return False


def _has_twin_link(link: Element, href: str) -> bool:
    for card in list(link.iterancestors())[:5]:
        for other in card.iter("a"):
            if other is not link and other.get("href") == href and len(text_of(other)) > 10:
                return True
        if card.tag in ("article", "main", "body") or len(card.findall("p")) > 2:
            return False
    return False


def is_hidden(place: Element) -> bool:
    for element in (place, *islice(place.iterancestors(), 4)):
        if "tasty-pins-hidden" in (element.get("class") or "") or _NOT_SHOWN.search(element.get("style") or ""):
            return True
    return False
