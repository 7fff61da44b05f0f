"""What an article is about: keywords and categories, as the page files them. Pure.

Keywords are the article's own; categories are the drawers of its site. Blogs mark both, and mix them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from lxml.html import HtmlElement as Element

from petra.articles.feed_items import FeedItem
from petra.articles.pages.lines import one_line, text_of
from petra.articles.pages.page import Page

MAX_TAGS = 60
MOST_META = 25  # a page that names more names the site's subjects, not its own
MOST_LINKS = 40
MAX_TAG_CHARS = 80
_TAG_ADDRESS = re.compile(
    r"/(?:tags?|tagged|topics?|labels?|keywords?|taxonomy/term|thema|themen|schlagwort|stichwort|aiheet|temas?|etiquetas?|etiket)/"
)
_CATEGORY_ADDRESS = re.compile(r"/(?:category|categories|kategorien?|categoria|categorie|rubrik|ressort)/")
_TAG_BOX = re.compile(r"(?:^|[\s_-])(?:tags|tag-?list|tag-links|keywords)(?:[\s_-](?!cloud)|$)")
_NO_BOXES = frozenset({"body", "html", "main", "article"})
MOST_BOXED = 15
MAX_BOXED_CHARS = 40
_NO_TAGS = frozenset({"uncategorized", "uncategorised", "allgemein", "unkategorisiert", "non classé", "sin categoría"})
_MACHINE = re.compile(
    r"https?:|[0-9a-f]{8}-[0-9a-f]{4}-|[\w-]+\.(?:com|de|org|net|co\.uk|fr|ca)$|nlp |\w+:\w+:|\w+:(?=[\w-]+$)",
    re.IGNORECASE,
)
_FILED = re.compile(r"(?:category|section|topic|tag):\s+", re.IGNORECASE)
_FOLDER = re.compile(r"[a-z]+/(?=\S)")

Found = tuple[list[str], list[str], str]  # keywords, categories (may be among them), where the keywords come from


def keywords(page: Page, item: FeedItem | None) -> Found:
    """Give keywords and categories, each once, in the page's spelling, and the source of the keywords."""
    node = page.article_node or {}
    marked, filed = _marked_links(page)
    told, sources = [], []
    for words, source in (
        (_listed(node.get("keywords")), "json-ld"),
        (_listed(page.meta.get("article:tag")), "opengraph"),
        (marked, "page"),
        (item.tags if item is not None else [], "feed"),
    ):
        clean = _clean(words)
        if clean:
            told += clean
            sources.append(source)
    if not told:
        told, sources = _unmarked(page)
    elif sources == ["feed"]:
        told += _linked(page)  # feeds may tell the drawers only
    drawers = [*_listed(node.get("articleSection")), *_listed(page.meta.get("article:section")), *filed]
    told = _distinct(told)
    return told, _distinct(_clean(drawers)), sources[0] if sources else ""


def _unmarked(page: Page) -> tuple[list[str], list[str]]:
    """Give the keywords of a page that marks none as such: linked ones, else those of its head."""
    linked = _linked(page)
    if 2 <= len(linked) <= MOST_LINKS:
        return linked, ["page"]
    for name in ("keywords", "news_keywords", "sailthru.tags", "parsely-tags"):
        words = _clean(_listed(page.meta.get(name, [])[:1]))
        if 0 < len(words) <= MOST_META:
            return words, ["meta"]
    return linked[:MOST_LINKS], ["page"] if linked else []


def _linked(page: Page) -> list[str]:
    """Give the words of links that lead to tags, or stand in a box of tags."""
    own = [_word_of(link) for link in _own_links(page) if _TAG_ADDRESS.search(link.get("href") or "")]
    return _clean(own or [_word_of(link) for link in _boxed_links(page)])


def _boxed_links(page: Page) -> list[Element]:
    """Give the links of the one box that is called after tags; of several boxes none can be told to be the page's."""
    boxes = [
        box for box in page.marks.of_class("tags", "taglist", "tag-list", "tag-links", "keywords")
        if _TAG_BOX.search(box.get("class") or "") and box.tag not in _NO_BOXES and not _is_in_frame(page, box)
    ]  # fmt: skip
    outer = [box for box in boxes if not any(above in boxes for above in box.iterancestors())]
    links = list(outer[0].iter("a")) if len(outer) == 1 else []
    return links if len(links) <= MOST_BOXED and all(len(text_of(link)) <= MAX_BOXED_CHARS for link in links) else []


def _marked_links(page: Page) -> tuple[list[str], list[str]]:
    """Give the words of links marked as tags, and of those to categories."""
    tags: list[str] = []
    filed: list[str] = []
    for link in page.tree.iter("a"):
        rel = (link.get("rel") or "").split()
        if "tag" in rel and not _is_in_frame(page, link):
            is_category = "category" in rel or _CATEGORY_ADDRESS.search(link.get("href") or "")
            (filed if is_category else tags).append(_word_of(link))
    if not tags and not filed:
        filed = [_word_of(link) for link in _own_links(page) if _CATEGORY_ADDRESS.search(link.get("href") or "")]
    return (tags if len(tags) <= MOST_LINKS else []), (filed if len(filed) <= MOST_LINKS else [])


def _own_links(page: Page) -> Iterable[Element]:
    """Give the links of the article's part of the page that are no part of a sentence."""
    posts = set(page.marks.of_class("post"))
    for link in page.tree.iter("a"):
        href = link.get("href") or ""
        if not (_TAG_ADDRESS.search(href) or _CATEGORY_ADDRESS.search(href)) or _is_in_frame(page, link):
            continue
        is_own = any(above.tag in ("article", "main") or above in posts for above in link.iterancestors())
        if is_own and not _is_in_sentence(link):
            yield link


def _is_in_sentence(link: Element) -> bool:
    parent = link.getparent()
    before = link.getprevious()
    said = (parent.text if before is None else before.tail) if parent is not None else ""
    return len((said or "").split()) > 3 or len((link.tail or "").split()) > 3


def _is_in_frame(page: Page, link: Element) -> bool:
    return next(link.iterancestors("nav"), None) is not None or page.marks.is_beside(link)


def _word_of(link: Element) -> str:
    return one_line(text_of(link)).lstrip("#").strip(" ,")


def _listed(value: object) -> list[str]:
    if isinstance(value, str):
        return [one_line(part) for part in re.split(r"[,;]", html.unescape(value))]
    if isinstance(value, list):
        return [part for item in value[:100] for part in _listed(item)]
    if isinstance(value, dict):
        return _listed(value.get("name"))
    return []


def _clean(words: Iterable[str]) -> list[str]:
    """Leave out what machines wrote for machines; names of drawers before a word go ("topic/rye", "Category: Rye")."""
    kept = [_FILED.sub("", word) for word in words if word and not _MACHINE.match(word)]
    kept = [word.lstrip("#").strip(" ,") for word in kept]
    if kept and all(_FOLDER.match(word) for word in kept):
        kept = [word.partition("/")[2] for word in kept]
    return [word for word in kept if 1 < len(word) <= MAX_TAG_CHARS and word.casefold() not in _NO_TAGS]


def _distinct(words: list[str]) -> list[str]:
    kept: dict[str, str] = {}
    for word in words:
        kept.setdefault(word.casefold(), word)
    return list(kept.values())[:MAX_TAGS]
