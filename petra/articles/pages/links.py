"""What a page points to: its feeds, its WordPress door, the pages it links to, the engine that made it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from petra.articles.identity import absolute
from petra.articles.pages.lines import one_line
from petra.articles.pages.page import open_page
from petra.articles.pages.teasers import teased

MAX_LINKS = 2_000
_FEED_TYPES = ("rss", "atom", "feed+json", "rdf")
_ENGINES = (
    ("wordpress", re.compile(r"/wp-content/|/wp-includes/|api\.w\.org")),
    ("ghost", re.compile(r"data-ghost|ghost-(?:sdk|portal)|content=\"Ghost")),
    ("squarespace", re.compile(r"static1\.squarespace\.com")),
    ("shopify", re.compile(r"cdn\.shopify\.com")),
    ("wix", re.compile(r"static\.wixstatic\.com")),
    ("blogger", re.compile(r"blogger\.com/|content=['\"]blogger")),
    ("substack", re.compile(r"substackcdn")),
)


@dataclass
class Links:
    """What `read_links` found, in the page's order."""

    title: str = ""
    feeds: list[tuple[str, str, str]] = field(default_factory=list)  # address, type, title
    pages: list[str] = field(default_factory=list)
    teased: list[str] = field(default_factory=list)  # the other pages that its headings lead to
    next_url: str = ""
    rest_url: str = ""
    engine: str = ""
    is_bot_wall: bool = False


def read_links(body: bytes, *, url: str, content_type: str = "") -> Links:
    """Read the links of one page."""
    page = open_page(body, url=url, content_type=content_type)
    if page is None:
        return Links()
    found = Links(title=one_line(page.first_meta("og:site_name")))
    head = body[:400_000].decode("utf-8", "replace")
    found.engine = next((name for name, sign in _ENGINES if sign.search(head)), "")
    for heading in page.tree.iterfind(".//title"):
        plain = one_line(heading.text)
        found.title = found.title or plain
        found.is_bot_wall = plain.lower().startswith(("just a moment", "attention required", "ddos-guard"))
        break
    for link in page.tree.iter("link"):
        rel, kind = (link.get("rel") or "").lower().split(), (link.get("type") or "").lower()
        href = absolute(link.get("href") or "", page.base)
        if href is None:
            continue
        if "alternate" in rel and any(name in kind for name in _FEED_TYPES):
            found.feeds.append((href, kind, one_line(link.get("title"))))
        elif "next" in rel and not found.next_url:
            found.next_url = href
        elif "https://api.w.org/" in rel:
            found.rest_url = href
    seen: dict[str, None] = {}
    for anchor in page.tree.iter("a"):
        href = absolute(anchor.get("href") or "", page.base)
        if href:
            seen.setdefault(href)
            if "next" in (anchor.get("rel") or "").lower().split() and not found.next_url:
                found.next_url = href
        if len(seen) >= MAX_LINKS:
            break
    found.pages = list(seen)
    found.teased = teased(page)
    return found
