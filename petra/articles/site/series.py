"""The list a blog begins with, page by page: what its headings lead to are the articles.

Many systems name their articles like any other page (/rye-bread beside /about-us), and give them neither a type nor a
date. Their first page and the further ones of it still show them one below the other, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from petra.articles.identity import address_key
from petra.articles.pages import scoring
from petra.articles.pages.links import Links
from petra.articles.site.asking import Asker
from petra.articles.site.candidates import folder_of

MAX_PAGES = 200
MOST_STARTS = 3
LEAST_TEASED = 3  # a page that shows fewer is no list
_NUMBER = re.compile(r"\d+")


def read_series(asker: Asker, links: Links) -> bool:
    """Follow the blog's own list to its end, and note what it shows as articles; True where that is all of them.

    Where a feed names articles, the list counts only if it shows them, too: a shop pages its goods as well.
    """
    found = asker.found
    told_as_lists = found.folders_told()[1]
    told = {key for key, one in found.candidates.items() if "feed" in one.evidence}
    for start, first in _starts(asker, links):
        shown: dict[str, str] = {}
        is_long = False
        for number, page in enumerate(_pages(asker, start, first), start=1):
            keys = {address_key(url): url for url in page.teased if found.site.holds(url)}
            fresh = {
                key: url
                for key, url in keys.items()
                if not scoring.looks_like_listing(url) or folder_of(key) in told_as_lists
            }
            if number == 1 and len(fresh) < LEAST_TEASED:
                break
            if not fresh.keys() - shown.keys():
                break
            shown |= fresh
            is_long = number > 1
        if is_long and (not told or told & shown.keys()):
            for url in shown.values():
                found.add(url, "teased")
            asker.say("list")
            found.is_listed_whole = bool(told) and told <= shown.keys()
            return not told or found.is_listed_whole
    return False


def _starts(asker: Asker, links: Links) -> Iterator[tuple[str, Links]]:
    """Give the pages a blog's list may begin at: its home, else what is called like a blog."""
    home = asker.found.home
    yield home, links
    bare = [url for url in links.pages if scoring.is_bare(url) and asker.found.site.holds(url)]
    for url in [url for url in bare if address_key(url) != address_key(home)][:MOST_STARTS]:
        read = _read(asker, url)
        if read is not None:
            yield url, read


def _pages(asker: Asker, start: str, first: Links) -> Iterator[Links]:
    seen = {address_key(start)}
    page: Links | None = first
    for number in range(2, MAX_PAGES + 2):
        if page is None:
            return
        yield page
        url = _next(page, number, start)
        if not url or address_key(url) in seen or not asker.found.site.holds(url):
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
    found = asker.found
    answer = found.read_already.get(address_key(url)) or asker.get(url)
    if answer is None or "html" not in answer.content_type:
        return None
    found.read_already[address_key(url)] = answer
    return asker.links(answer)
