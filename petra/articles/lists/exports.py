"""Reads a WordPress export (WXR 1.0 to 1.2, what Tools → Export gives, 2026-11) as a stream, one post after another.

No entity is resolved, no DTD loaded and nothing fetched; a file with a document type is refused, for exports have none.
What a broken file says up to the break is kept. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from lxml import etree

from petra.articles.feed_items import FeedItem
from petra.articles.identity import absolute, clean_text
from petra.articles.pages.lines import one_line
from petra.lib.errors import ProductError

MAX_BYTES = 100 * 1024 * 1024
MAX_POSTS = 20_000
_TAIL_BYTES = 4_096
MAX_POST_CHARS = 2_000_000
_UNCATEGORISED = frozenset({"uncategorized", "uncategorised", "allgemein", "unkategorisiert"})


class NotAnExport(ProductError):
    """The file is no WordPress export, or one that can't be read. Choose another file."""

    def __init__(self, for_person: str) -> None:
        super().__init__("not-an-export", for_person)


@dataclass(frozen=True)
class Export:
    """What an export tells: the site's address, and its published posts."""

    home: str
    posts: list[FeedItem]
    is_cut: bool


class _Capped:
    """A file that ends after so many bytes."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._left = MAX_BYTES
        self._tail = b""
        self._is_read = False

    def read(self, size: int = -1) -> bytes:
        chunk = self._source.read(min(size, self._left) if size > 0 else self._left)
        self._left -= len(chunk)
        self._tail = (self._tail + chunk)[-_TAIL_BYTES:]
        self._is_read = self._is_read or not chunk
        return chunk

    @property
    def broke_off(self) -> bool:
        """Say whether all is read and the end is missing: what was open then, the parser closes by itself."""
        return self._is_read and b"</rss" not in self._tail.replace(b"\x00", b"")  # in UTF-16, too

    @property
    def is_over(self) -> bool:
        return self._left <= 0


def read_export(source: BinaryIO) -> Export:
    """Read the published posts of an export. Raises NotAnExport."""
    capped = _Capped(source)
    home, posts, is_cut = "", [], False
    try:
        for name, element in _elements(capped):
            if name == "item" and capped.broke_off:
                break  # half a post
            if name == "item":
                item = _item(element, home)
                posts += [item] if item is not None else []
            elif name == "link" and not home:
                home = absolute(element.text or "", "") or ""
            if len(posts) >= MAX_POSTS:
                is_cut = True
                break
    except etree.XMLSyntaxError:
        is_cut = True
    if not home or not posts:
        raise NotAnExport("This is no WordPress export with published posts in it.")
    return Export(home, posts, is_cut or capped.is_over or capped.broke_off)


def _elements(source: _Capped) -> Iterator[tuple[str, etree._Element]]:
    """Give each item, and each link of the channel itself, and forget it afterwards."""
    steps = etree.iterparse(
        source, events=("start", "end"), recover=True, huge_tree=False, resolve_entities=False, no_network=True,
        load_dtd=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    is_first, inside = True, 0
    for event, element in steps:
        name = _local(element)
        if is_first:
            is_first = False
            if name != "rss" or element.getroottree().docinfo.doctype:
                raise NotAnExport("This is no WordPress export: it does not begin like one.")
        if name == "item":
            inside += 1 if event == "start" else -1
        if event == "end" and (name == "item" or (name == "link" and not inside)):
            yield name, element
        if event == "end" and not inside and name != "channel":
            element.clear()
            while element.getprevious() is not None and (parent := element.getparent()) is not None:
                del parent[0]


def _item(element: etree._Element, home: str) -> FeedItem | None:
    texts: dict[str, str] = {}
    names: list[str] = []
    for child in element:
        name = _local(child)
        if name == "encoded":
            name = "excerpt" if "excerpt" in str(child.tag) else "content"
        if name == "category" and child.get("domain") in ("category", "post_tag"):
            names.append(one_line(child.text))
        texts.setdefault(name, child.text or "")
    url = absolute(texts.get("link", ""), home)
    is_post = texts.get("post_type", "post") == "post" and texts.get("status", "publish") == "publish"
    if url is None or not is_post:
        return None
    content = "" if texts.get("post_password") else clean_text(texts.get("content", ""))[:MAX_POST_CHARS]
    written, changed = texts.get("post_date_gmt", ""), texts.get("post_modified_gmt", "")
    return FeedItem(
        url=url,
        title=one_line(texts.get("title")),
        guid=f"wp:{texts['post_id']}" if texts.get("post_id", "").isdigit() else one_line(texts.get("guid")),
        published=_utc(written) or _written(texts.get("pubDate", ""), texts.get("post_date", "")),
        modified=_utc(changed),
        authors=[name] if (name := one_line(texts.get("creator"))) else [],
        tags=list(dict.fromkeys(name for name in names if name and name.casefold() not in _UNCATEGORISED)),
        html=content,
        summary=clean_text(texts.get("excerpt", ""))[:20_000],
    )


def _utc(text: str) -> str:
    return f"{text.strip().replace(' ', 'T')}Z" if text.strip() and not text.startswith("0000") else ""


def _written(moment: str, local: str) -> str:
    """Give when a post says it was published; by the site's wall clock its day alone, for that names no zone.

    Where WordPress lost the moment it writes the year -0001, which others read as 2000.
    """
    if "-0001" not in moment and moment.strip():
        return one_line(moment)
    return "" if local.strip().startswith("0000") else local.strip()[:10]


def _local(element: etree._Element) -> str:
    """Give a name without its namespace, or without the prefix of one that the file does not declare."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""
