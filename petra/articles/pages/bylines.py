"""Who wrote an article: structured data, feed, byline, in this order; never somebody from the comments. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from lxml.html import HtmlElement as Element

from petra.articles.feed_items import FeedItem
from petra.articles.pages.lines import names_told, one_line, squeezed, text_of
from petra.articles.pages.page import Node, Page, types_of

_NOT_A_NAME = re.compile(
    r"https?:|www\.|@|\d{3}|[!?]|^(?:admin|administrator|author|redaktion|editor|editors|editorial team|staff|guest|"
    r"unknown|anonymous|user|root|by|von|team|posted on|published|updated|wordpress|webmaster|none|null)$",
    re.IGNORECASE,
)
_BY = re.compile(
    r"^\s*(?:(?:posted|submitted|written|published|words|story|text|photos?|recipe)\s+)?(?:by|von|par|por|di|door|av|autorin|autor|"
    r"author|auteur|geschrieben von|verfasst von|ein beitrag von|view all posts by|alle beiträge von|posts by)\b[\s:]*",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:authors?|autor(?:in|en|innen)?|auteurs?|written by|posted by|by|von)\s*:?", re.IGNORECASE)
_LABEL_TAGS = ("strong", "b", "dt", "span", "div", "p", "h3", "h4", "h5", "h6")
_AFTER_NAME = re.compile(
    r"\s*(?:\s[|•·–—]\s|\||•|·|\s-\s|,\s*(?:on|am|updated)\b|\s+(?:on|am|in|at|veröffentlicht|published|updated|posted)\s+\W*\d?"
    r"|\d{1,2}[./]\s?\d|\bon (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)).*$",
    re.IGNORECASE,
)
_WRITTEN_BY = re.compile(
    r"(?:(?:posted|submitted|written|published)\s+)?(?:by|von|par|por|di|door|av|autor(?:in)?:|text:|author:)\s+[A-ZÄÖÜÉ][\w.'-]+\s+[A-ZÄÖÜÉ]",
    re.IGNORECASE,
)
_BARE_BY = re.compile(r"(?:(?:posted|submitted|written|published)\s+)?(?:by|von|par|por|di)\s*:?", re.IGNORECASE)
_BESIDE_DATE = re.compile(r"^\d{1,2}[./]\s?\d{1,2}[./]\s?\d{4}\s*[-–|,]\s*|,\s*\d{1,2}[./]\d{1,2}[./]\d{4}$")
_AUTHOR_META = (
    "parsely-author",
    "dc.creator",
    "dcterms.creator",
    "sailthru.author",
    "byl",
    "cxenseparse:author",
    "citation_author",
)
_DOMAIN = re.compile(r"\.(?i:de|com|lt|net|org|at|ch|co\.uk|fr|it|eu)$|^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}$")
_FIRMS = frozenset({"organization", "newsmediaorganization", "corporation"})
_AND = re.compile(r"\s*(?:,|;|&|\band\b|\bund\b|\bet\b|\by\b)\s*", re.IGNORECASE)
_AUTHOR_ADDRESS = re.compile(r"/authors?/|/autor/|/reporters/")
_NAME_CLASSES = (
    "author-name", "author_name", "authorname", "byline-name", "byline__name", "byline-author", "date-author",
)  # fmt: skip
_LINE_CLASSES = (" byline ", " post-author ", " entry-author ", " author ")
_MOST_LINES = 2_000
_NEAR = 3  # elements between two authors of one article and what holds both
_LINE_TAGS = frozenset({"li", "span", "p", "div", "a", "address"})


def authors(page: Page, item: FeedItem | None, site_names: set[str]) -> tuple[list[str], str]:
    """Say who wrote it, in the page's order; empty when nobody is named. `site_names` as of `lines.names_of_site`."""
    node = page.article_node
    houses: list[str] = []
    if node is not None:
        writers, houses = _ld_people(page, node)
        names = _names(writers)
        if names:
            more = _names_beyond(page, names)
            return (more, "byline") if more else (names, "json-ld")
    if item is not None:
        names = _names(item.authors)
        if names:
            return names, "feed"
    tagged = page.meta.get("article:author", []) + page.meta.get("author", [])[:1]
    names = _names(line for line in tagged if squeezed(line) not in {squeezed(name) for name in site_names})
    tag = "opengraph"
    for marked in _marked_authors(page):
        found = [element for element in marked if not page.marks.is_beside(element)]
        near = _names(_byline(element) for element in _beside_first(found[:4]))
        if near:
            if names and set(names) & set(near):
                return names, tag
            return (near[:1] if len(found) > 4 and len(near) > 3 else near), "byline"
    if not names:
        names, tag = _names([page.first_meta(*_AUTHOR_META)]), "meta"
    if not names:
        names, tag = _names(_written_by(page)), "page"
    if not names:
        names, tag = _names(houses), "json-ld"
    return names, tag if names else ""


def _beside_first(found: list[Element]) -> list[Element]:
    """Keep of elements that may name authors those in one place with the first: a list of a site's authors is none."""
    named = [one for one in found if _names([_byline(one)])]
    around = set(islice(named[0].iterancestors(), _NEAR)) if named else set()
    return [one for one in named if around & set(islice(one.iterancestors(), _NEAR))]


def _names_beyond(page: Page, names: list[str]) -> list[str]:
    """Give the byline's people when they are those of the structured data and more: systems know one author a post."""
    for marked in islice(_marked_authors(page), 4):
        for element in marked[:4]:
            near = _names([_byline(element)])
            is_more = set(names) < set(near) and all(_is_person(name) for name in near)
            if is_more and not page.marks.is_beside(element):
                return near
    return []


def _marked_authors(page: Page) -> Iterator[list[Element]]:
    """Give the elements that may name the author, the surest mark first."""
    marks = page.marks
    marked = marks.of_prop("author")
    yield [name for name in marks.of_prop("name") if any(above in marked for above in name.iterancestors())]
    yield marked
    yield [link for link in page.tree.iter("a") if "author" in (link.get("rel") or "").split()]
    cards = set(marks.of_class(" vcard "))
    yield [name for name in marks.of_class(" fn ") if any(above in cards for above in name.iterancestors())]
    yield marks.of_class(*_NAME_CLASSES)
    yield marks.of_class(*_LINE_CLASSES)
    yield [link for link in page.tree.iter("a") if _AUTHOR_ADDRESS.search(link.get("href") or "")]
    yield [element for element in marks.of_class("author") if _is_author_line(element)]


def _is_author_line(element: Element) -> bool:
    classes = element.get("class") or ""
    is_box = any(part in classes for part in ("bio", "box", "about"))
    return element.tag in _LINE_TAGS and not is_box and element.find(".//img") is None


def _ld_people(page: Page, node: Node) -> tuple[list[str], list[str]]:
    """Give the names of those who wrote it, and of the site itself, which counts only when nobody else is named."""
    writers: list[str] = []
    houses: list[str] = []
    value = node.get("author") or node.get("creator")
    publisher = page.resolve(node.get("publisher")) or {}
    own = {squeezed(one_line(name)) for name in (*names_told(page), publisher.get("name")) if name}
    for person in value if isinstance(value, list) else [value]:
        if isinstance(person, str):
            writers.append(person)
        full = page.resolve(person)
        if full is None:
            continue
        name = full.get("name") or " ".join(str(full[part]) for part in ("givenName", "familyName") if full.get(part))
        kinds = types_of(full)
        for part in name if isinstance(name, list) else [name]:
            if not isinstance(part, str):
                continue
            if kinds & _FIRMS:
                (houses if squeezed(one_line(part)) in own else writers).append(part)
            else:
                writers.append(part.split(",")[0] if "person" in kinds else part)
    return writers, houses


def _written_by(page: Page) -> Iterator[str]:
    """Find a line near the title that starts with "by" or stands beside the date."""
    body = page.tree.find(".//body")
    lines = body.iter("p", "span", "div", "li") if body is not None else ()
    for element in islice(lines, _MOST_LINES):
        line = one_line(element.text)
        if _BARE_BY.fullmatch(line) and len(element):
            line = f"{line} {text_of(element[0])}"  # "By" and the name in an element of its own
        is_told = 5 < len(line) <= 60 and (_WRITTEN_BY.match(line) or _BESIDE_DATE.search(line))
        if is_told and not page.marks.is_beside(element):
            yield _BESIDE_DATE.sub("", line)
            return


def _byline(element: Element) -> str:
    line = one_line(element.get("content") or text_of(element))
    label = next((one for one in element.iter(*_LABEL_TAGS) if _LABEL.fullmatch(text_of(one))), None)
    if label is not None and not element.get("content"):
        line = line.removeprefix(text_of(label)).strip()  # a box with "Authors" above the names
    return line if len(line) <= 120 else ""


def _names(lines: Iterable[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        plain = _AFTER_NAME.sub("", _BY.sub("", one_line(line))).strip(" ,;:.|-–—")
        pieces = [piece.strip() for piece in _AND.split(plain)]
        if any(_DOMAIN.search(piece) and " " not in piece for piece in pieces):
            continue
        bare = [_BY.sub("", piece).strip(" ,;:|-–—()") for piece in pieces]
        if _is_person(bare[0]):
            bare = [name for name in bare if name is bare[0] or not _names_a_house(name)]
        found += [name for name in bare if _is_name(name) and name not in found]
    people = [name for name in found if _is_person(name)]
    return [name for name in found if not people or not name.islower()][:8]


def _is_name(text: str) -> bool:
    is_shorthand = len(text) <= 3 and text.islower()  # agencies and editors sign so
    return 1 < len(text) <= 60 and len(text.split()) <= 6 and not is_shorthand and not _NOT_A_NAME.search(text)


def _is_person(text: str) -> bool:
    """Say whether a name is written like a person's: "Maren Oak", not "OAK" nor "oak"."""
    first, _, rest = text.partition(" ")
    return bool(rest) and first[:1].isupper() and not first.isupper()


def _names_a_house(text: str) -> bool:
    """Say whether what stands beside a person's name is a house in capitals ("Maren Oak, MDR THÜRINGEN")."""
    return any(word.isupper() and len(word) > 2 for word in text.split())
