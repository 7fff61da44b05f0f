"""The last resort: walks the links of a site that lists its articles nowhere, breadth first, lists before other pages.

What was asked for on the way is kept and not asked for again when it is read. The walk ends after so many pages, or
when a good number of them in a row brought nothing new: calendars and filters go on for ever.
"""

from __future__ import annotations

from collections import deque

from petra.articles import scoring
from petra.articles.asking import Asker
from petra.articles.identity import address_key
from petra.articles.links import Links

MAX_PAGES = 500
MAX_DEPTH = 5
MAX_KEPT_BYTES = 32 * 1024 * 1024
NOTHING_NEW = 30


def crawl(asker: Asker, links: Links) -> None:
    """Walk the site from its first page, and note every page that may be an article."""
    found = asker.found
    lists: deque[tuple[str, int]] = deque()
    others: deque[tuple[str, int]] = deque()
    seen = {address_key(found.home)}
    kept = asked = in_vain = 0

    def note(pages: list[str], depth: int) -> int:
        fresh = 0
        for url in pages:
            key = address_key(url)
            if key in seen or not found.site.holds(url) or not scoring.is_readable_page(url):
                continue
            seen.add(key)
            fresh += 1
            is_list = scoring.looks_like_listing(url) or scoring.score_address(url, ()) < 0
            if not is_list:
                found.add(url, "link")
            if depth <= MAX_DEPTH:
                (lists if is_list else others).append((url, depth))
        return fresh

    note([links.next_url, *links.pages] if links.next_url else links.pages, 1)
    while (lists or others) and asked < MAX_PAGES and in_vain < NOTHING_NEW:
        if not lists and kept > MAX_KEPT_BYTES:
            break  # what is read from here on would be asked for twice
        url, depth = (lists or others).popleft()
        answer = asker.get(url)
        asked += 1
        if answer is None or "html" not in answer.content_type:
            in_vain += 1
            continue
        if kept <= MAX_KEPT_BYTES:
            kept += len(answer.body)
            found.read_already[address_key(url)] = answer
        further = asker.links(answer)
        fresh = note([further.next_url, *further.pages] if further.next_url else further.pages, depth + 1)
        in_vain = 0 if fresh else in_vain + 1
        asker.say("links")
