"""Reads feeds: RSS 0.9 to 2.0, Atom, JSON Feed, well or ill formed. Pure; run it in the sandbox, feeds are strangers'
input.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

import feedparser

from petra.articles.feed_items import Feed as Feed
from petra.articles.feed_items import FeedItem as FeedItem
from petra.articles.identity import absolute, clean_text

MAX_ITEMS = 5_000
MAX_ITEM_CHARS = 2_000_000
PART_ITEMS = 200
READ_FOR_S = 6.0  # of the ten seconds that a page may take
_ITEM = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_BETWEEN = re.compile(
    rb"</(?:\w{1,20}:)?(?:item|entry)\s{0,20}>\s{0,200}(?=<(?:\w{1,20}:)?(?:item|entry)[\s>])", re.IGNORECASE
)
_ROOT = re.compile(rb"<(?![?!])([\w:]{1,40})")
_WIDE = (
    (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
    (b"<\x00\x00\x00", "utf-32-le"), (b"\x00\x00\x00<", "utf-32-be"), (b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"),
    (b"{\x00", "utf-16-le"), (b"\x00{", "utf-16-be"),
)  # fmt: skip
_DECLARED = re.compile(r"""(?<=<\?xml)([^>]{0,100}?)\s+encoding=["'][^"'>]{0,60}["']""")
_UNCATEGORISED = frozenset({"uncategorized", "uncategorised", "allgemein", "unkategorisiert", "non classé"})


def parse(body: bytes, *, url: str, content_type: str = "") -> Feed:
    """Read one feed; whatever is readable is kept, and items without a usable link are left out."""
    body, content_type = _in_bytes(body, content_type)
    head = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"{"):
        return _parse_json(body, url)
    if not body.strip():
        return Feed()
    feed, until = Feed(), time.process_time() + READ_FOR_S
    for number, part in enumerate(_parts(body)):
        if number and (time.process_time() > until or len(feed.items) >= MAX_ITEMS):
            feed.is_cut = True
            break
        parsed = _parsed(part, {"content-location": url, "content-type": content_type or "application/xml"})
        if not number:
            if not parsed.get("version"):
                return Feed()
            feed = _about(parsed, url)
        _take_entries(feed, parsed.entries, url)
    return feed


def _parsed(part: bytes, headers: dict[str, str]) -> Any:
    try:
        return feedparser.parse(part, response_headers=headers)
    except ValueError:  # an odd space within a namespace breaks its strict reader (6.0, 2026-11)
        return feedparser.parse(b"&" + part, response_headers=headers)  # no XML any more: its loose reader takes it


_BEHIND_MAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\s*\(([^()]+)\)\s*")


def _in_bytes(body: bytes, content_type: str) -> tuple[bytes, str]:
    """Write UTF-16 and UTF-32, which show in the first bytes, in UTF-8: whatever else is said of them is wrong."""
    for mark, encoding in _WIDE:
        if body.startswith(mark):
            text = body.decode(encoding, "replace").lstrip("\ufeff")
            return _DECLARED.sub(r"\1", text, count=1).encode("utf-8", "replace"), content_type.split(";", 1)[0]
    return body, content_type


def _about(parsed: Any, url: str) -> Feed:
    about = parsed.get("feed", {})
    return Feed(
        title=_text(about.get("title")),
        language=_text(about.get("language")),
        next_url=_next_url(about, url),
        generator=_text(about.get("generator")),
        is_feed=True,
    )


def _take_entries(feed: Feed, entries: list[Any], url: str) -> None:
    for entry in entries:
        if len(feed.items) >= MAX_ITEMS:
            feed.is_cut = True
            return
        link = absolute(_link(entry), url)
        if link:
            feed.items.append(_item(entry, link))


def _parts(body: bytes) -> Iterator[bytes]:
    """Cut a long feed into short ones of the same head: reading stops in time, and a fault costs one part only.

    feedparser takes ten seconds for 100,000 items (6.0, 2026-11). An end of an item that no other item follows, such
    as one inside a text, is no place to cut.
    """
    first = _ITEM.search(body)
    ends = [match.end() for match in islice(_BETWEEN.finditer(body), PART_ITEMS - 1, None, PART_ITEMS)]
    if first is None or not ends:
        yield body
        return
    head = body[: first.start()]
    root = _ROOT.search(head)
    name = root[1] if root is not None else b"rss"
    tail = b"</channel></" + name + b">" if name.lower() == b"rss" else b"</" + name + b">"
    for start, end in pairwise([first.start(), *ends, len(body)]):
        yield head + body[start:end] + (tail if end < len(body) else b"")


def _next_url(about: Any, url: str) -> str:
    for link in about.get("links", []):
        if link.get("rel") in ("next", "prev-archive"):
            return absolute(_text(link.get("href")), url) or ""
    return ""


def _link(entry: Any) -> str:
    for link in entry.get("links", []):
        if link.get("rel") == "alternate" and "html" in (link.get("type") or "html"):
            return _text(link.get("href"))
    origin = _text(entry.get("feedburner_origlink"))
    guid = _text(entry.get("id"))
    return origin or _text(entry.get("link")) or (guid if guid.startswith("http") else "")


def _item(entry: Any, link: str) -> FeedItem:
    contents = [_markup(content.get("value")) for content in entry.get("content", [])]
    content = max(contents, key=len, default="")
    summary = _markup(entry.get("summary"))
    authors = [_text(author.get("name")) for author in entry.get("authors", []) if author.get("name")]
    told = _text(entry.get("author"))
    if behind_mail := _BEHIND_MAIL.fullmatch(told):
        authors = [behind_mail[1].strip()]  # feedparser 6.0 cuts addresses whose last part is longer than four letters
    elif not authors and told:
        authors = [told]
    return FeedItem(
        url=link,
        title=_text(entry.get("title")),
        guid=_text(entry.get("id")),
        published=_text(entry.get("published") or entry.get("created")),
        modified=_text(dict.get(entry, "updated")),  # its own get() falls back to the other date, with a warning
        authors=authors,
        tags=_tags([_text(tag.get("term") or tag.get("label")) for tag in entry.get("tags", [])]),
        html=content[:MAX_ITEM_CHARS],
        summary="" if summary == content else summary[:20_000],
        language=_text((entry.get("content") or [{}])[0].get("language")),
    )


def _tags(tags: list[str]) -> list[str]:
    kept = [tag.strip() for tag in tags if tag.strip() and tag.strip().casefold() not in _UNCATEGORISED]
    return list(dict.fromkeys(kept))[:100]


def _parse_json(body: bytes, url: str) -> Feed:
    """Read a JSON Feed 1.0 or 1.1 (jsonfeed.org/version/1.1, 2026-11)."""
    try:
        data = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return Feed()
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        return Feed()
    if "jsonfeed.org" not in _text(data.get("version")) and "title" not in data:
        return Feed()
    feed = Feed(
        title=_text(data.get("title")),
        language=_text(data.get("language")),
        next_url=absolute(_text(data.get("next_url")), url) or "",
        is_feed=True,
        is_cut=len(data["items"]) > MAX_ITEMS,
    )
    for item in data["items"][:MAX_ITEMS]:
        if isinstance(item, dict):
            link = absolute(_text(item.get("url")) or _text(item.get("external_url")), url)
            if link:
                feed.items.append(_json_item(item, link))
    return feed


def _json_item(item: dict[str, Any], link: str) -> FeedItem:
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    names = [_text(author.get("name")) for author in authors or [] if isinstance(author, dict) and author.get("name")]
    tags = item.get("tags") if isinstance(item.get("tags"), list) else []
    return FeedItem(
        url=link,
        title=_text(item.get("title")),
        guid=_text(item.get("id")),
        published=_text(item.get("date_published")),
        modified=_text(item.get("date_modified")),
        authors=names,
        tags=_tags([_text(tag) for tag in tags or []]),
        html=(_markup(item.get("content_html")) or html.escape(_markup(item.get("content_text"))))[:MAX_ITEM_CHARS],
        summary=_text(item.get("summary"))[:20_000],
        language=_text(item.get("language")),
    )


def _text(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return re.sub(r"[ \t\r\n]+", " ", clean_text(value)).strip() if isinstance(value, str) else ""


def _markup(value: Any) -> str:
    return clean_text(value) if isinstance(value, str) else ""
