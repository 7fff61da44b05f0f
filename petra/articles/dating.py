"""When an article was published and changed: structured data, feed, marks beside the title, then guessing. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from htmldate import find_date
from lxml.html import HtmlElement as Element

from petra.articles.feed_items import FeedItem
from petra.articles.lines import text_of
from petra.articles.moments import instant, read_moment
from petra.articles.page import Node, Page

Found = tuple[str, str]  # moment, source
_PUBLISHED = (
    "article:published_time", "datepublished", "og:published_time", "dc.date.issued", "parsely-pub-date",
    "sailthru.date", "date", "dc.date", "pubdate", "publish-date", "publishdate", "article.published",
)  # fmt: skip
_DATE_CLASSES = {
    "published": (" published ", " dt-published ", " entry-date ", " post-date "),
    "modified": (" modified ", " updated ", " dt-updated "),
}
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
    return read_moment(day, now=now)


def _days(moment: str) -> set[str]:
    when = instant(moment)
    return {moment[:10]} | ({when.date().isoformat()} if when else set())
