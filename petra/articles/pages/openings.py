"""The opening of an article that stands in a box of its own above the text, where it is easily left out. Pure."""

from __future__ import annotations

import re

from lxml.html import HtmlElement as Element

from petra.articles.pages.lines import one_line, squeezed, text_of
from petra.articles.pages.page import Page

_NAMES = ("intro", "lead", "lede", "teaser", "standfirst", "abstract", "summary", "excerpt", "vorspann", "dek")
_CALLED = re.compile(rf"(?:^|[\s_-])(?:{'|'.join(_NAMES)})(?:duction|text)?(?:[\s_-]|$)", re.IGNORECASE)
_LEAST_WORDS = 8
_MOST_CHARS = 1_000
_MOST_LEVELS = 2  # between the opening and what holds the text as well
_HEAD_CHARS = 60
_SAME_CHARS = 160


def opening(page: Page, text: str) -> str:
    """Give the words right above an article's text in a box called an opening; "" where the text has them."""
    start, whole = squeezed(text[:400])[:_HEAD_CHARS], squeezed(text)
    for box in page.marks.of_class(*_NAMES):
        if not _CALLED.search(box.get("class") or "") or page.marks.is_beside(box) or _shows_more(box):
            continue
        words = one_line(text_of(box))
        is_long = len(words.split()) >= _LEAST_WORDS and len(words) <= _MOST_CHARS
        if is_long and squeezed(words)[:_SAME_CHARS] not in whole and _is_above(box, start):
            return words
    return ""


def _shows_more(box: Element) -> bool:
    """Say whether a box is more than words: a picture with its caption, a teaser of another article."""
    return next(box.iter("a", "img", "picture", "figure", "figcaption"), None) is not None or any(
        "caption" in (one.get("class") or "") or one.tag == "figure" for one in (box, *box.iterancestors())
    )


def _is_above(box: Element, start: str) -> bool:
    """Say whether the text that starts so follows a box at once, in the same part of the page."""
    place = box
    for _ in range(_MOST_LEVELS):
        behind = squeezed("".join(text_of(one) for one in place.itersiblings())[:2_000])
        if behind:
            return start in behind
        above = place.getparent()
        if above is None:
            return False
        place = above
    return False
