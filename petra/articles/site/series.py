"""The list a blog begins with, page by page: what its headings lead to are the articles.

Many systems name their articles like any other page (/rye-bread beside /about-us), and give them neither a type nor a
date. Their first page and the further ones of it still show them one below the other, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from petra.articles.identity import address_key
from petra.articles.pages import scoring
from petra.articles.pages.links import Links
from petra.articles.site.asking import Asker
from petra.articles.site.candidates import Discovered, folder_of

MAX_PAGES = 200
LEAST_PAGES = 10  # that a list may cost where a sitemap names everything, else a twentieth of what it names
MOST_STARTS = 3
LEAST_TEASED = 3  # a page that shows fewer is no list
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class _Series:
    """What a list shows: articles' addresses by their key, on how many pages, and whether it was read to its end."""

    shown: dict[str, str]
    pages: int
    is_whole: bool


def read_series(asker: Asker, links: Links) -> bool:
    """Follow the blog's own list to its end, and note what it shows as articles; True where that is all of them.

    Where a feed names articles, the list counts only if it shows them, too: a shop pages its goods as well. Where other
    lists and the addresses say what is an article, nothing is asked.
    """
    found = asker.found
    most = _pages_worth(found)
    told = {key for key, one in found.candidates.items() if "feed" in one.evidence}
    for start, first in _starts(asker, links, is_told=bool(told)) if most else ():
        series = _follow(asker, start, first, most)
        if series.pages > 1 and (not told or told & series.shown.keys()):
            for url in series.shown.values():
                found.add(url, "teased")
            asker.say("list")
            is_all = series.is_whole and told <= series.shown.keys()
            found.is_listed_whole = is_all and bool(told)
            return is_all
    return False


def _follow(asker: Asker, start: str, first: Links, most: int) -> _Series:
    """Read a list until it ends, shows nothing new, breaks off, or took `most` pages."""
    site, told_as_lists = asker.found.site, asker.found.folders_told()[1]
    shown: dict[str, str] = {}
    pages, is_whole = 0, False
    for page, is_last in _pages(asker, start, first, most):
        teased = {address_key(url): url for url in page.teased if site.holds(url)}
        fresh = {
            key: url
            for key, url in teased.items()
            if not scoring.looks_like_listing(url) or folder_of(key) in told_as_lists
        }
        if not pages and len(fresh) < LEAST_TEASED:
            break
        if not fresh.keys() - shown.keys():  # a page too many shows the first or the last again
            return _Series(shown, pages, True)
        shown |= fresh
        pages, is_whole = pages + 1, is_last
    return _Series(shown, pages, is_whole)


def _pages_worth(found: Discovered) -> int:
    """Say how many pages of a list it is worth to ask for: many where nothing else tells all articles, few where some
    can't be told from pages, none where addresses and other lists say it.
    """
    if found.are_few or found.are_only_fed:
        return MAX_PAGES
    return max(LEAST_PAGES, len(found.candidates) // 20) if found.are_doubtful else 0


def _starts(asker: Asker, links: Links, *, is_told: bool) -> Iterator[tuple[str, Links]]:
    """Give the pages a blog's list may begin at: its home, and what is called like a blog.

    That comes first where no feed tells which list is the blog's: a home may page other things.
    """
    home = asker.found.home
    if is_told:
        yield home, links
    bare = [url for url in links.pages if scoring.is_bare(url) and asker.found.site.holds(url)]
    for url in [url for url in bare if address_key(url) != address_key(home)][:MOST_STARTS]:
        read = _read(asker, url)
        if read is not None:
            yield url, read
    if not is_told:
        yield home, links


def _pages(asker: Asker, start: str, first: Links, most: int) -> Iterator[tuple[Links, bool]]:
    """Give the pages of a list, each with whether it is the last. One that can't be read ends them before their end."""
    seen = {address_key(start)}
    page: Links | None = first
    for number in range(2, most + 2):
        if page is None:
            return
        url = _next(page, number, start)
        is_last = not url or address_key(url) in seen or not asker.found.site.holds(url)
        yield page, is_last
        if is_last:
            return
        seen.add(address_key(url))
        page = _read(asker, url)


def _next(page: Links, number: int, start: str) -> str:
    """Give the next page of a list: the one named so, else the linked one that has its number."""
    numbered = [url for url in page.pages if scoring.is_numbered(url) or _is_below(url, start)]
    for wanted in (number, number - 1):  # some count from nought
        own = [url for url in numbered if _last_number(url) == wanted]
        if own:
            return min(own, key=len)  # /page/2/ rather than /tag/rye/page/2/
    return page.next_url if scoring.is_numbered(page.next_url) else ""


def _is_below(url: str, start: str) -> bool:
    """Say whether an address is that of a list and a number: /blog/2 of /blog."""
    above, _, last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")
    return last.isdecimal() and above == unquote(urlsplit(start).path).rstrip("/")


def _last_number(url: str) -> int:
    numbers = _NUMBER.findall(unquote(url))
    return int(numbers[-1][:9]) if numbers else 0


def _read(asker: Asker, url: str) -> Links | None:
    answer = asker.get(url)
    return asker.links(answer) if answer is not None and "html" in answer.content_type else None
