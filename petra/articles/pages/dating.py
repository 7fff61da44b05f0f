"""When an article was published and changed: structured data, feed, marks beside the title, then guessing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement as Element

from petra.articles.feed_items import FeedItem
from petra.articles.pages.lines import text_of
from petra.articles.pages.moments import instant, read_moment
from petra.articles.pages.page import Node, Page

Found = tuple[str, str]  # moment, source
_PUBLISHED = (
    "article:published_time", "datepublished", "og:published_time", "dc.date.issued", "parsely-pub-date",
    "sailthru.date", "date", "dc.date", "pubdate", "publish-date", "publishdate", "article.published",
)  # fmt: skip
_DATE_CLASSES = {
    "published": (" published ", " dt-published ", " entry-date ", " post-date "),
    "modified": (" modified ", " updated ", " dt-updated "),
}
_DATE_NAMES = re.compile(r"(?:^|[\s_-])(?:date|datetime|datum|publish(?:ed)?|pubdate|posted|submitted)(?:[\s_-]|$)")
_MOST_DATE_CHARS = 60
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dc.date.modified", "last-modified")


def published(page: Page, item: FeedItem | None, *, now: datetime) -> Found:
    """Say when it was published, as a moment (see `moments`)."""
    node = page.article_node
    if node is not None and page.names_here(node):
        moment = read_moment(node.get("datePublished"), now=now)
        if moment:
            return moment, "json-ld"
    if item is not None:
        moment = read_moment(item.published, now=now) or (
            read_moment(item.modified, now=now) if not item.published else None
        )
        if moment:
            return moment, "feed"
    exact = [moment for moment in _written_moments(page, node, now) if moment]
    day = _guessed_day(page, now)
    for moment, source in exact:
        if day and day in _days(moment):
            return moment, source
    for moment, source in exact:
        if source in ("opengraph", "microdata"):
            return moment, source
    return (day, "htmldate") if day else exact[0] if exact else ("", "")


def modified(page: Page, item: FeedItem | None, *, now: datetime) -> Found:
    """Say when it was last changed, as a moment; "" when the page does not say."""
    node = page.article_node
    for value, source in (
        (node.get("dateModified") if node else None, "json-ld"),
        (page.first_meta(*_MODIFIED), "opengraph"),
        (_marked_up(page, "dateModified"), "microdata"),
        (_near_title(page, "modified"), "page"),
        (item.modified if item else None, "feed"),
    ):
        moment = read_moment(value, now=now)
        if moment:
            return moment, source
    return "", ""


def date_marks(page: Page) -> list[Element]:
    """Give the elements that hold a date, by what they are or are called."""
    called = page.marks.of_class("date", "datum", "publish", "posted", "submitted")
    named = [one for one in called if one.tag != "time" and _DATE_NAMES.search((one.get("class") or "").lower())]
    return [*page.tree.iter("time"), *(one for one in named if 4 <= len(text_of(one)) <= _MOST_DATE_CHARS)]


def is_shown(page: Page, moment: str) -> bool:
    """Say whether the page shows a day as a date, in whatever words."""
    if not moment:
        return False
    year, day = int(moment[:4]), int(moment[8:10])
    for mark in date_marks(page):
        numbers = {int(digits) for digits in re.findall(r"\d{1,4}", text_of(mark)[:_MOST_DATE_CHARS])}
        if {year, day} <= numbers and not page.marks.is_beside(mark):
            return True
    return False


def _written_moments(page: Page, node: Node | None, now: datetime) -> Iterator[Found]:
    for value, source in (
        (node.get("datePublished") if node else None, "json-ld"),
        (page.first_meta(*_PUBLISHED), "opengraph"),
        (_marked_up(page, "datePublished"), "microdata"),
        (_near_title(page, "published") or _only_time(page), "page"),
    ):
        moment = read_moment(value, now=now)
        if moment:
            yield moment, source


def _marked_up(page: Page, prop: str) -> str:
    """Give the date an itemprop marks."""
    return next((_written(one) for one in page.marks.of_prop(prop) if not page.marks.is_beside(one)), "")


def _near_title(page: Page, kind: str) -> str:
    """Give the date that stands beside the title by its class."""
    classed = (one for one in page.marks.of_class(*_DATE_CLASSES[kind]) if one.tag in ("time", "abbr"))
    return next((_written(one) for one in classed if not page.marks.is_beside(one)), "")


def _only_time(page: Page) -> str:
    times = [time for time in page.tree.iter("time") if time.get("datetime") and not page.marks.is_beside(time)]
    inside = [time for time in times if next(time.iterancestors("article", "main"), None) is not None]
    return str((inside or times)[0].get("datetime")) if inside or len(times) == 1 else ""


def _written(element: Element) -> str:
    return element.get("datetime") or element.get("content") or element.get("title") or text_of(element)


def _guessed_day(page: Page, now: datetime) -> str | None:
    try:
        day = find_date(
            page.tree, url=page.url, original_date=True, extensive_search=True, max_date=now.date().isoformat()
        )
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):  # htmldate on odd pages, 1.11
        return None
    moment = read_moment(day, now=now)
    return None if moment and moment.endswith("-01") and not _names_first(page, moment) else moment


def _names_first(page: Page, day: str) -> bool:
    """Say whether a guessed first of a month stands on the page; else only its month or year does, as in an archive's
    link or a footer.
    """
    year, month = day[:4], int(day[5:7])
    shown = etree.tostring(page.tree, encoding="unicode").casefold()
    number, name = rf"0?{month}", r"[^\W\d_]{3,12}\.?"
    forms = (
        rf"{year}\W?{number}\W?0?1(?!\d)",
        rf"(?<!\d)(?:0?1\W{{1,2}}{number}|{number}\W0?1)\W{{1,2}}(?:{year}|{year[2:]})(?!\d)",
        rf"(?<!\d)0?1(?:st|er|\.)?\s+(?:(?:de|of)\s+)?{name},?\s+(?:de\s+)?{year}",
        rf"{name}\s+0?1(?:st)?,?\s+{year}",
    )
    return any(re.search(form, shown) for form in forms)


def _days(moment: str) -> set[str]:
    when = instant(moment)
    return {moment[:10]} | ({when.date().isoformat()} if when else set())
