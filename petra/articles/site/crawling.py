"""The last resort: walks the links of a site that lists its articles nowhere, breadth first, lists before other pages.

Where a feed tells the newest and nothing tells the rest, only the lists are walked.

What was asked for on the way is kept and not asked for again when it is read. The walk ends after so many pages, or
when a good number of them in a row brought nothing new: calendars and filters go on for ever.
"""

from __future__ import annotations

from collections import deque

from petra.articles.identity import address_key
from petra.articles.pages import scoring
from petra.articles.pages.links import Links
from petra.articles.site.asking import Asker
from petra.articles.site.candidates import folder_of

MAX_PAGES = 500
MAX_DEPTH = 5
MAX_KEPT_BYTES = 32 * 1024 * 1024
NOTHING_NEW = 30
MAX_LISTS = 200


def crawl(asker: Asker, links: Links, *, only_lists: bool = False) -> None:
    """Walk the site from its first page, and note every page that may be an article."""
    found = asker.found
    lists: deque[tuple[str, int]] = deque()
    others: deque[tuple[str, int]] = deque()
    seen = {address_key(found.home)}
    kept = asked = in_vain = 0
    told_as_lists = found.folders_told()[1]

    def note(pages: list[str], next_url: str, depth: int) -> int:
        fresh, further_pages = 0, list[tuple[str, int]]()
        for url in [next_url, *pages] if next_url else pages:
            key = address_key(url)
            if key in seen or not found.site.holds(url) or not scoring.is_readable_page(url):
                continue
            seen.add(key)
            is_further = url == next_url or scoring.is_numbered(url)
            is_list = is_further or scoring.looks_like_listing(url) or scoring.score_address(url, ()) < 0
            fresh += not is_further
            if not is_list or folder_of(key) in told_as_lists:
                found.add(url, "link")
            if is_further:
                further_pages.append((url, depth - 1))  # the tenth page of a list is no deeper than its first
            elif depth <= MAX_DEPTH:
                (lists if is_list else others).append((url, depth))
        lists.extendleft(reversed(further_pages))
        return fresh

    note(links.pages, links.next_url, 1)
    while (lists or others) and asked < MAX_PAGES and in_vain < NOTHING_NEW:
        if only_lists and (not lists or asked >= MAX_LISTS):
            break
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
        fresh = note(further.pages, further.next_url, depth + 1)
        in_vain = 0 if fresh else in_vain + 1
        asker.say("links")
