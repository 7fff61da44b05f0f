"""The lists that engines keep beside sitemaps and feeds: WordPress REST, Squarespace and Substack in JSON.

Addresses and fields as of 2026-11: developer.wordpress.org/rest-api, developers.squarespace.com/view-json-data; the
archive of Substack is what its own pages ask for. Each is asked until a page brings nothing new, and a closed door is
no fault of the site: sitemaps and feeds go on.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from petra.articles.feed_items import FeedItem
from petra.articles.identity import absolute, clean_text
from petra.articles.lists import wordpress
from petra.articles.pages.lines import one_line
from petra.articles.pages.links import Links
from petra.articles.site.asking import Asker

MAX_BYTES = 10 * 1024 * 1024
MAX_PAGES = 400
_MAX_COLLECTIONS = 4
_SUBSTACK_PAGE = 12
_BARE = re.compile(r"/(?:blog|news|journal|magazine?|articles?|posts?|stories|recipes?|rezepte)/?\Z", re.IGNORECASE)


def read_engine(asker: Asker, links: Links) -> None:
    """Ask for the list of the engine that made the site, where it has one."""
    root = _root(asker.found.home)
    match asker.found.engine:
        case "squarespace":
            for url in _collections(asker, links):
                _read_squarespace(asker, url)
        case "substack":
            _read_substack(asker, root)
        case engine if links.rest_url or engine == "wordpress":
            doors = [links.rest_url] if links.rest_url else [f"{root}/wp-json/", f"{root}/?rest_route=/"]
            for door in doors:
                if _read_wordpress(asker, door):
                    return


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _json(asker: Asker, url: str) -> Any:
    answer = asker.get(url, max_bytes=MAX_BYTES)
    if answer is None:
        return None
    try:
        return json.loads(answer.body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


# ---- WordPress ----


def _read_wordpress(asker: Asker, rest_url: str) -> bool:
    """Read posts page after page; a plugin may give fewer than asked for, or the same ones for ever."""
    seen: set[int] = set()
    for number in range(1, MAX_PAGES + 1):
        answer = asker.get(wordpress.posts_url(rest_url, number), max_bytes=wordpress.MAX_BYTES)
        posts = wordpress.read_posts(answer.body, base=asker.found.home) if answer is not None else None
        fresh = [(name, item) for name, item in posts or [] if name not in seen]
        if answer is None or not fresh:
            break
        for name, item in fresh:
            seen.add(name)
            asker.found.add(item.url, "rest", item=item)
        asker.say("rest")
        total = answer.headers.get("x-wp-totalpages") or ""
        if total.isdecimal() and number >= int(total[:9]):
            break
    return bool(seen)


# ---- Squarespace ----


def _collections(asker: Asker, links: Links) -> list[str]:
    """Name the pages that may be lists of posts: the address given, and what the site links to under a bare name."""
    found = asker.found
    pages = [found.home, *(url for url in links.pages if found.site.holds(url) and _is_bare(url))]
    return list(dict.fromkeys(url.split("?", 1)[0] for url in pages))[:_MAX_COLLECTIONS]


def _is_bare(url: str) -> bool:
    return bool(_BARE.match(urlsplit(url).path))


def _read_squarespace(asker: Asker, url: str) -> None:
    query, seen = "format=json", set[str]()
    for _ in range(MAX_PAGES):
        data = _json(asker, f"{url}?{query}")
        rows = data.get("items") if isinstance(data, dict) else None
        items = [item for row in _dicts(rows) if (item := _squarespace_item(row, url)) and item.url not in seen]
        if not items:
            return
        for item in items:
            seen.add(item.url)
            asker.found.add(item.url, "rest", item=item)
        asker.say("rest")
        further = data.get("pagination")
        offset = further.get("nextPageOffset") if isinstance(further, dict) and further.get("nextPage") else None
        if not isinstance(offset, int | str):
            return
        query = urlencode({"format": "json", "offset": offset})


def _squarespace_item(row: dict[str, Any], base: str) -> FeedItem | None:
    address = row.get("fullUrl")
    url = absolute(address, base) if isinstance(address, str) else None
    if url is None:
        return None
    author = row.get("author")
    name = one_line(author.get("displayName")) if isinstance(author, dict) else ""
    names = [one_line(one) for key in ("tags", "categories") for one in _list(row.get(key)) if isinstance(one, str)]
    return FeedItem(
        url=url,
        title=one_line(row.get("title")),
        guid=f"sqs:{row_id}" if (row_id := one_line(row.get("id"))) else "",
        published=_moment(row.get("publishOn")),
        authors=[name] if name else [],
        tags=list(dict.fromkeys(name for name in names if name)),
        html=_text(row.get("body")),
        summary=_text(row.get("excerpt")),
    )


def _moment(milliseconds: Any) -> str:
    """Write an instant given in milliseconds, the way feeds do; "" for anything else."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int) or not 0 < milliseconds < 4e12:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


# ---- Substack ----


def _read_substack(asker: Asker, root: str) -> None:
    seen: set[str] = set()
    for number in range(MAX_PAGES):
        query = urlencode({"sort": "new", "offset": number * _SUBSTACK_PAGE, "limit": _SUBSTACK_PAGE})
        rows = _dicts(_json(asker, f"{root}/api/v1/archive?{query}"))
        items = [item for row in rows if (item := _substack_item(row, root)) and item.url not in seen]
        if not items:
            return
        for item in items:
            seen.add(item.url)
            asker.found.add(item.url, "rest", item=item)
        asker.say("rest")


def _substack_item(row: dict[str, Any], root: str) -> FeedItem | None:
    address = row.get("canonical_url") or f"/p/{row.get('slug')}"
    url = absolute(urljoin(root, address), root) if isinstance(address, str) and "None" not in address else None
    if url is None:
        return None
    people = [one_line(person.get("name")) for person in _dicts(row.get("publishedBylines"))]
    return FeedItem(
        url=url,
        title=one_line(row.get("title")),
        guid=f"substack:{row['id']}" if isinstance(row.get("id"), int) else "",
        published=one_line(row.get("post_date")),
        authors=[name for name in people if name],
        tags=[name for tag in _dicts(row.get("postTags")) if (name := one_line(tag.get("name")))],
        summary=_text(row.get("subtitle") or row.get("description")),
    )


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _list(value: Any) -> list[Any]:
    return value[:500] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return clean_text(value)[:2_000_000] if isinstance(value, str) else ""
