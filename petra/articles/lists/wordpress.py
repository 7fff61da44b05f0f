"""WordPress's own list of posts (REST, developer.wordpress.org/rest-api/reference/posts, 2026-11). Pure reading of
its answers.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from petra.articles.feed_items import FeedItem
from petra.articles.identity import absolute, clean_text
from petra.articles.pages.lines import one_line

PER_PAGE = 50
MAX_BYTES = 10 * 1024 * 1024
_FIELDS = "id,link,title,content,excerpt,date,date_gmt,modified,modified_gmt,_links,_embedded"


def posts_url(rest_url: str, page: int) -> str:
    """Give the address of one page of posts under a REST root (pretty or `?rest_route=` form)."""
    query = urlencode({"per_page": PER_PAGE, "page": page, "_fields": _FIELDS, "_embed": "author,wp:term"})
    root = rest_url if rest_url.endswith("/") or "rest_route" in rest_url else rest_url + "/"
    return f"{root}wp/v2/posts{'&' if '?' in root else '?'}{query}"


def read_posts(body: bytes, *, base: str) -> list[tuple[int, FeedItem]] | None:
    """Read one page of posts as (id, item); None when it is no such answer (closed door, page beyond the end)."""
    try:
        rows = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(rows, list):
        return None
    found = []
    for row in rows[:100]:
        if isinstance(row, dict):
            url = absolute(str(row.get("link") or ""), base)
            if url and isinstance(row.get("id"), int):
                found.append((row["id"], _item(row, url)))
    return found


def _item(row: dict[str, Any], url: str) -> FeedItem:
    embedded = row.get("_embedded") if isinstance(row.get("_embedded"), dict) else {}
    people = [one_line(person.get("name")) for person in _dicts((embedded or {}).get("author")) if person.get("name")]
    groups = (embedded or {}).get("wp:term")
    terms = [
        one_line(term.get("name")) for group in (groups if isinstance(groups, list) else []) for term in _dicts(group)
    ]
    content = row.get("content")
    is_open = isinstance(content, dict) and not content.get("protected")
    return FeedItem(
        url=url,
        title=one_line(_rendered(row.get("title"))),
        guid=f"wp:{row['id']}",
        published=_utc(row.get("date_gmt")) or one_line(row.get("date")),
        modified=_utc(row.get("modified_gmt")) or one_line(row.get("modified")),
        authors=people,
        tags=[term for term in terms if term and term.casefold() != "uncategorized"],
        html=clean_text(_rendered(content)) if is_open else "",
        summary=clean_text(_rendered(row.get("excerpt"))),
    )


def _rendered(value: Any) -> str:
    text = value.get("rendered") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""


def _utc(value: Any) -> str:
    written = one_line(value)
    return f"{written}Z" if written and not written.endswith("Z") else written


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
