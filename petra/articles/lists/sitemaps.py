"""Reads sitemap files: lists of pages, lists of further sitemaps, plain text, gzip inside. Pure.

Never resolves entities, loads a DTD or fetches anything; what a broken file says up to the break is kept.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from lxml import etree

MAX_BYTES = 50 * 1024 * 1024  # sitemaps.org: 50 MB and 50,000 addresses a file, 2026-11
MAX_ENTRIES = 50_000
MAX_TWINS = 60
_GZIP = b"\x1f\x8b"
_TEXT_LINE = re.compile(r"\s*(https?://\S+)")


@dataclass(frozen=True)
class Entry:
    """One line of a sitemap. `lastmod` as written."""

    url: str
    lastmod: str = ""
    twins: tuple[str, ...] = ()  # the same article in other languages (hreflang)


@dataclass
class SitemapFile:
    """What one file lists; `is_cut` says that there was more than is read."""

    children: list[Entry] = field(default_factory=list)
    pages: list[Entry] = field(default_factory=list)
    is_cut: bool = False


def from_data(data: Mapping[str, Any]) -> SitemapFile:
    """Read what `dataclasses.asdict` gave of one, and JSON kept."""
    children, pages = (
        [Entry(one["url"], one["lastmod"], tuple(one["twins"])) for one in data[name]] for name in ("children", "pages")
    )
    return SitemapFile(children, pages, data["is_cut"])


def parse(body: bytes) -> SitemapFile:
    """Read one sitemap file of any kind; an HTML page or nonsense gives an empty one."""
    body, is_cut = _unpack(body)
    head = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(b"<"):
        return _parse_text(body, is_cut=is_cut)
    found = SitemapFile(is_cut=is_cut)
    if re.match(rb"<(?:!doctype\s+html|html)", head, re.IGNORECASE):
        return found
    _parse_xml(body, found)
    return found


def _unpack(body: bytes) -> tuple[bytes, bool]:
    if not body.startswith(_GZIP):
        return body[:MAX_BYTES], len(body) > MAX_BYTES
    unpacker = zlib.decompressobj(31)
    try:
        plain = unpacker.decompress(body, MAX_BYTES)
    except zlib.error:
        return b"", False
    return plain, not unpacker.eof


def _parse_text(body: bytes, *, is_cut: bool) -> SitemapFile:
    found = SitemapFile(is_cut=is_cut)
    for line in re.finditer(rb"[^\r\n]+", body):  # 50 MB in lines would be ten times as much
        match = _TEXT_LINE.match(line[0][:4096].decode("utf-8-sig", "replace"))
        if match:
            found.pages.append(Entry(match[1]))
        if len(found.pages) >= MAX_ENTRIES:
            found.is_cut = True
            break
    return found


def _parse_xml(body: bytes, found: SitemapFile) -> None:
    steps = etree.iterparse(
        BytesIO(body), events=("end",), recover=True, huge_tree=False, resolve_entities=False, no_network=True,
        load_dtd=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        for _, element in steps:
            name = _local(element)
            if name not in ("url", "sitemap"):
                continue
            entry = _entry(element)
            if entry is not None:
                (found.children if name == "sitemap" else found.pages).append(entry)
            element.clear()
            while element.getprevious() is not None:
                parent = element.getparent()
                if parent is None:
                    break
                del parent[0]
            if len(found.pages) + len(found.children) >= MAX_ENTRIES:
                found.is_cut = True
                return
    except etree.XMLSyntaxError:
        found.is_cut = True


def _entry(element: etree._Element) -> Entry | None:
    url = lastmod = ""
    twins: list[str] = []
    for child in element:
        name = _local(child)
        if name == "loc" and not url:
            url = (child.text or "").strip()
        elif name == "lastmod":
            lastmod = (child.text or "").strip()[:40]
        elif name == "link" and child.get("hreflang") and len(twins) < MAX_TWINS:
            twins.append((child.get("href") or "").strip()[:4096])
    return Entry(url, lastmod, tuple(twins)) if url and len(url) <= 4096 else None


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""
