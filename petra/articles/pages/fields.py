"""What a page says of its article: title, language, excerpt. Pure.

Authors, dates and tags stand in `bylines`, `dating` and `keywords`. Each field asks its sources in order of trust; the
first good answer wins and its source is kept for the "why" view.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from lxml.html import HtmlElement as Element

from petra.articles.feed_items import FeedItem
from petra.articles.identity import split_address
from petra.articles.pages.headings import leads_up
from petra.articles.pages.lines import (
    MARKUP,
    MAX_TITLE_CHARS,
    SEPARATORS,
    folded,
    is_site,
    one_line,
    squeezed,
    text_of,
)
from petra.articles.pages.page import Page

_LONG_HEADLINE = 60  # letters; some pages cut theirs at 110
_SURE_WORDS = 3

Found = tuple[str, str]  # value, source


# "– Oak & Ember": the site's name behind a title that is not there.
_NOTHING_BEFORE = ("– ", "— ", "| ", "- ", "» ")


def title(page: Page, item: FeedItem | None, site_names: set[str]) -> Found:
    """Say the article's title without the site's name. "" for a post that has none (its feed says so).

    `site_names` as of `lines.names_of_site`.
    """
    if item is not None and not item.title and item.published:
        return "", "feed"
    node = page.article_node
    headline = one_line(node.get("headline") or node.get("name")) if node else ""
    og = one_line(page.first_meta("og:title"))
    headings = _headings(page)
    if item is not None and item.title:
        named = one_line(item.title)
        if named in headings or named in (headline, og) or not headings:
            return named[:MAX_TITLE_CHARS], "feed"
    plain = [one_line(text_of(element)) for element in page.tree.iterfind(".//title")][:1]
    plain = [line for line in plain if not line.startswith(_NOTHING_BEFORE)]
    is_own = node is not None and page.names_here(node)
    if headline and is_own and folded(headline) not in site_names:
        whole = next((line for line in headings if len(headline) >= _LONG_HEADLINE and line.startswith(headline)), "")
        short = _without_site(headline, site_names)
        if folded(short) not in {folded(line) for line in (*headings, og)}:
            short = _without_site(headline, site_names, is_sure=True)
        return (whole or short)[:MAX_TITLE_CHARS], "json-ld"
    named_lines = [text for text in (headline, og, one_line(page.first_meta("twitter:title")), *plain) if text]
    for heading in headings:
        if any(folded(heading) in folded(text) for text in named_lines) and folded(heading) not in site_names:
            return heading[:MAX_TITLE_CHARS], "heading"
        if len(og.split()) >= _SURE_WORDS and folded(heading).startswith(folded(og)):
            return og[:MAX_TITLE_CHARS], "opengraph"  # the heading holds the date or the section as well
    bare_names = {squeezed(name) for name in site_names}
    is_told = len(headings) == 1 and (len(headings[0]) > 12 or len(_marked_headings(page)) == 1)
    if is_told and not is_site(headings[0], bare_names):
        return headings[0][:MAX_TITLE_CHARS], "heading"
    if any(line.startswith(og) and SEPARATORS.match(line, len(og)) for line in plain if og):
        return og[:MAX_TITLE_CHARS], "opengraph"  # the page's title is the same and more: nothing is to be cut off
    for text, source in ((headline, "json-ld"), (og, "opengraph"), *((text, "title") for text in plain)):
        if text and folded(text) not in site_names:
            return _without_site(text, site_names)[:MAX_TITLE_CHARS], source
    return (headings[0][:MAX_TITLE_CHARS], "heading") if headings else ("", "")


def _headings(page: Page) -> list[str]:
    """The page's h1 lines, marked headlines first; an h1 that leads home or up is the site's name."""
    marked = _marked_headings(page)
    found: list[str] = []
    headings = list(page.tree.iter("h1"))
    for element in [*(marked if len(marked) == 1 else []), *headings]:
        line = one_line(text_of(element))
        home = element.find(".//a[@href]")
        if home is not None and len(headings) > 1 and split_address(home.get("href") or "").path in ("/", ""):
            continue
        if element.tag == "h1" and leads_up(page, element):
            continue
        if 2 < len(line) <= MAX_TITLE_CHARS and line not in found:
            found.append(line)
    return found[:6]


def _marked_headings(page: Page) -> list[Element]:
    marked = (*page.marks.of_prop("headline"), *page.marks.of_class(" entry-title ", " post-title "))
    return list(
        dict.fromkeys(one for one in marked if one.tag != "meta" and next(one.iterancestors("aside"), None) is None)
    )


def _without_site(text: str, site_names: set[str], *, is_sure: bool = False) -> str:
    """Take the site's name off the end or the start of a title; `is_sure`: it may hold nothing else foreign."""
    pieces = list(SEPARATORS.finditer(text))
    if not pieces:
        return text
    bare_names = {squeezed(name) for name in site_names}
    last, first = pieces[-1], pieces[0]
    tail, head = text[last.end() :], text[: first.start()]
    if is_site(tail, bare_names):
        return _without_site(text[: last.start()].strip(), site_names, is_sure=is_sure)
    if is_site(head, bare_names):
        return text[first.end() :].strip()
    if is_sure:
        return text
    first_bar = next((match for match in pieces if match.group().strip() in ("|", "»", "•", "·", "||", "::")), None)
    if first_bar is not None and first_bar.start() >= 8:
        return text[: first_bar.start()].strip()
    if last.group().strip() in ("-", "–", "—") and len(tail.split()) <= 4 and len(text[: last.start()].split()) >= 3:
        return text[: last.start()].strip()
    return text


def declared_language(page: Page, item: FeedItem | None) -> str:
    """Say the language the page declares, like "en" or "pt-BR"; "" when none."""
    node = page.article_node
    spoken = node.get("inLanguage") if node else None
    spoken = spoken.get("alternateName") if isinstance(spoken, dict) else spoken
    for value in (page.tree.get("lang"), page.tree.get("{http://www.w3.org/XML/1998/namespace}lang"),
                  page.first_meta("og:locale", "content-language", "language", "dc.language"), spoken,
                  item.language if item else ""):  # fmt: skip
        match = (
            re.match(r"\s*([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?(?![A-Za-z])", value) if isinstance(value, str) else None
        )
        if match:
            return match[1].lower() + (f"-{match[2].upper()}" if match[2] else "")
    return ""


def excerpt(page: Page, item: FeedItem | None, text: str) -> Found:
    """Say in a sentence or two what it is about: the page's own description, else the start of its text."""
    node = page.article_node
    for value, source in (
        (page.first_meta("og:description"), "opengraph"),
        (page.first_meta("description", "twitter:description", "dc.description"), "meta"),
        (node.get("description") if node else "", "json-ld"),
        (MARKUP.sub(" ", item.summary) if item else "", "feed"),
    ):
        line = one_line(value)
        if len(line) > 20:
            return line[:1000], source
    flat = one_line(text[:400])
    if len(flat) > 160:
        flat = flat[:160].rpartition(" ")[0].rstrip(" ,;:") + "…"
    return flat, "text" if flat else ""


def slug_words(url: str) -> int:
    """Count the words of an address's last part."""
    last = unquote(split_address(url).path.rstrip("/").rpartition("/")[2])
    return len([word for word in re.split(r"[-_ ]+", re.sub(r"\.\w{2,5}$", "", last)) if word])
