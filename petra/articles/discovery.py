"""Blog address → list of candidates: asks robots.txt, the page itself, sitemaps, feeds and WordPress, merges by
address key.

Called by `collecting`. Asks through a `Visitor`, reads through the `Sandbox`; owns no rows. A list that fails is
reported, not swallowed; the crawl over links is the last resort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from petra.articles import feeds, scoring, sitemaps, wordpress
from petra.articles.feeds import FeedItem
from petra.articles.identity import Site, absolute, address_key, site_of
from petra.articles.links import Links
from petra.articles.manners import BotWall, Disallowed, OverBudget, RobotsUnknown, SiteBusy, Visitor
from petra.articles.sandbox import PageTooHeavy, Sandbox
from petra.lib.errors import ProductError
from petra.lib.outbound import Answer

MAX_CANDIDATES = 50_000
MAX_SITEMAP_FILES = 200
MAX_SITEMAP_DEPTH = 3
MAX_FEED_PAGES = 200
MAX_CRAWL_PAGES = 200
MAX_CRAWL_DEPTH = 5
FEW_ARTICLES = 5
_STOPPING = (RobotsUnknown, SiteBusy, BotWall, OverBudget)
_SITEMAP_GUESSES = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")
_FEED_GUESSES = ("/feed/", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml")
_POST_FILE = ("post", "blog", "article", "artikel", "beitr", "stories", "recipe", "rezept")
_OTHER_FILE = (
    "tag",
    "categor",
    "author",
    "product",
    "page-",
    "pages",
    "archive",
    "image",
    "video",
    "kategorie",
    "format",
)


class NotABlog(ProductError):
    """The address leads to something articles can't be read from. The sentence names what was found."""

    def __init__(self, for_person: str) -> None:
        super().__init__("not-a-blog", for_person)


@dataclass
class Candidate:
    """An address that may be an article, and who says so."""

    url: str
    evidence: set[str] = field(default_factory=set)
    lastmod: str = ""
    item: FeedItem | None = None

    @property
    def key(self) -> str:
        """The key under which it is one article."""
        return address_key(self.url)

    @property
    def mark(self) -> str:
        """What the lists say of its last change; "" where they say nothing that can be relied on."""
        told = self.item.modified if self.item is not None and self.item.guid.startswith("wp:") else ""
        return "|".join(part for part in (self.lastmod, told) if part)[:120]

    @property
    def is_worth_reading(self) -> bool:
        """Say whether reading the page could still make it an article (a type, a date and length add five)."""
        return scoring.score_address(self.url, self.evidence) + 5 >= scoring.ARTICLE_AT


@dataclass
class Trouble:
    """One thing that went wrong on the way; the rest goes on."""

    url: str
    kind: str
    for_person: str


@dataclass
class Discovered:
    """What a site lists. `skipped` counts addresses left out by kind of reason."""

    site: Site
    home: str
    title: str = ""
    language: str = ""
    engine: str = ""
    candidates: dict[str, Candidate] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    read_already: dict[str, Answer] = field(default_factory=dict)  # by address key: not asked twice

    def add(self, url: str, evidence: str, *, lastmod: str = "", item: FeedItem | None = None) -> None:
        """Note an address; what is out of the blog or no page is counted and left out."""
        if not self.site.holds(url):
            self.count("other-site")
        elif not scoring.is_readable_page(url) or self.site.is_home(url):
            self.count("no-page")
        elif len(self.candidates) < MAX_CANDIDATES:
            found = self.candidates.setdefault(address_key(url), Candidate(url))
            found.evidence.add(evidence)
            found.lastmod = found.lastmod or lastmod
            if item is not None and (
                found.item is None or (evidence == "rest" and not found.item.guid.startswith("wp:"))
            ):
                found.item = item
                found.url = item.url if evidence in ("feed", "rest") else found.url

    def count(self, reason: str) -> None:
        """Count one address left out."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def worth_reading(self) -> list[Candidate]:
        """Give the candidates to read, newest lists first: feed and REST order, then the sitemap's."""
        chosen = [candidate for candidate in self.candidates.values() if candidate.is_worth_reading]
        return sorted(chosen, key=lambda candidate: candidate.item is None)


class Discovery:
    """One look around a site."""

    def __init__(
        self, visitor: Visitor, sandbox: Sandbox, *, on_found: Callable[[int, str], None] | None = None
    ) -> None:
        self._visitor = visitor
        self._sandbox = sandbox
        self._on_found = on_found or (lambda _count, _source: None)

    def look(self, address: str) -> Discovered:
        """Find what may be articles at a blog's address. Raises NotABlog, and what stops a whole import."""
        answer = self._visitor.get(address)
        if answer.status >= 400:
            raise NotABlog(f"The site answered {answer.status} at this address. Check it in a browser.")
        found = Discovered(site_of(answer.url), answer.url)
        links = self._first_page(answer, found)
        self._read_sitemaps(found)
        self._read_feeds(found, links)
        if links.rest_url:
            self._read_wordpress(found, links.rest_url)
        if sum(candidate.is_worth_reading for candidate in found.candidates.values()) < FEW_ARTICLES:
            self._crawl(found, links)
        return found

    def _first_page(self, answer: Answer, found: Discovered) -> Links:
        kind = answer.content_type
        if any(name in kind for name in ("xml", "json")) or answer.body[:100].lstrip().startswith((b"<?xml", b"{")):
            feed = self._sandbox.feed(answer.body, url=answer.url, content_type=kind)
            if feed.is_feed:
                found.site = Site(found.site.host)
                self._take_feed(found, feed, answer.url)
                return Links()
        if kind and "html" not in kind and "xml" not in kind and not kind.startswith("text/plain"):
            raise NotABlog(f"This address holds a file ({kind}), not a blog.")
        links = self._sandbox.links(answer.body, url=answer.url, content_type=answer.headers.get("content-type", ""))
        read = Links(**{**links, "feeds": [(one[0], one[1], one[2]) for one in links["feeds"]]})
        if read.is_bot_wall:
            raise BotWall
        found.title, found.engine = read.title, read.engine
        found.read_already[address_key(answer.url)] = answer
        if found.site.folder != "/" and _is_single_page(answer.url):
            found.site = Site(found.site.host)
        return read

    # ---- sitemaps ----

    def _read_sitemaps(self, found: Discovered) -> None:
        named = self._visitor.sitemaps(found.home)
        root = f"{urlsplit(found.home).scheme}://{urlsplit(found.home).netloc}"
        waiting = [(url, 0) for url in named]
        guesses = [] if named else [urljoin(root, guess) for guess in _SITEMAP_GUESSES]
        seen: set[str] = set()
        while (waiting or guesses) and len(seen) < MAX_SITEMAP_FILES:
            if not waiting:
                waiting.append((guesses.pop(0), 0))
            url, depth = waiting.pop(0)
            if url in seen:
                continue
            seen.add(url)
            listed = self._one_sitemap(found, url, is_named=url in named or depth > 0)
            if listed is None:
                continue
            guesses = []
            if depth < MAX_SITEMAP_DEPTH:
                children = [child for child in (absolute(entry.url, url) for entry in listed.children) if child]
                waiting += [(child, depth + 1) for child in _posts_first(children)]
            kind = "post-sitemap" if _is_post_file(url) else "sitemap"
            for entry in listed.pages:
                page = absolute(entry.url, url)
                if page:
                    found.add(page, kind, lastmod=entry.lastmod)
            if listed.is_cut:
                found.troubles.append(
                    Trouble(url, "cut", "The sitemap is longer than Petra reads; its start was taken.")
                )
            if listed.pages and not any(found.site.holds(entry.url) for entry in listed.pages[:50]):
                other = urlsplit(listed.pages[0].url).netloc
                found.troubles.append(
                    Trouble(url, "other-site", f"The sitemap points to {other}, which is not this site.")
                )
            self._say(found, "sitemap")

    def _one_sitemap(self, found: Discovered, url: str, *, is_named: bool) -> sitemaps.SitemapFile | None:
        answer = self._try(found, url, sitemaps.MAX_BYTES, is_wanted=is_named)
        if answer is None:
            return None
        try:
            listed = self._sandbox.sitemap(answer.body)
        except PageTooHeavy as error:
            found.troubles.append(Trouble(url, error.code, error.for_person))
            return None
        return listed if listed.pages or listed.children else None

    # ---- feeds ----

    def _read_feeds(self, found: Discovered, links: Links) -> None:
        named = [(url, kind) for url, kind, title in links.feeds if not _is_comment_feed(url, title)]
        named.sort(key=lambda feed: "rss" in feed[1])  # Atom and JSON Feed say more of dates
        has_any = False
        for url, kind in named[:6]:
            if has_any and "rss" in kind:
                continue
            has_any = self._feed_pages(found, url, is_named=True) or has_any
        if not links.feeds and not has_any:
            for guess in _FEED_GUESSES:
                if self._feed_pages(found, urljoin(found.home, guess), is_named=False):
                    return

    def _feed_pages(self, found: Discovered, url: str, *, is_named: bool) -> bool:
        """Read a feed and its further pages; True when it has items."""
        seen: set[str] = set()
        page_url, count = url, 0
        while page_url and page_url not in seen and len(seen) < MAX_FEED_PAGES:
            seen.add(page_url)
            answer = self._try(found, page_url, feeds.MAX_BYTES, is_wanted=is_named and count == 0)
            if answer is None:
                break
            try:
                feed = self._sandbox.feed(
                    answer.body, url=answer.url, content_type=answer.headers.get("content-type", "")
                )
            except PageTooHeavy as error:
                found.troubles.append(Trouble(page_url, error.code, error.for_person))
                break
            before = len(found.candidates)
            self._take_feed(found, feed, answer.url)
            count += len(feed.items)
            if len(seen) > 1 and len(found.candidates) == before:
                break
            page_url = feed.next_url
        return count > 0

    def _take_feed(self, found: Discovered, feed: feeds.Feed, url: str) -> None:
        for item in feed.items:
            found.add(item.url, "feed", item=item)
        found.title = found.title or feed.title
        found.language = found.language or feed.language
        if feed.is_cut:
            found.troubles.append(Trouble(url, "cut", "The feed is longer than Petra reads; its start was taken."))
        if feed.items:
            self._say(found, "feed")

    # ---- WordPress ----

    def _read_wordpress(self, found: Discovered, rest_url: str) -> None:
        seen: set[int] = set()
        for number in range(1, MAX_FEED_PAGES + 1):
            answer = self._try(found, wordpress.posts_url(rest_url, number), wordpress.MAX_BYTES, is_wanted=False)
            posts = wordpress.read_posts(answer.body, base=found.home) if answer is not None else None
            fresh = [(name, item) for name, item in posts or [] if name not in seen]
            if not fresh:
                return
            for name, item in fresh:
                seen.add(name)
                found.add(item.url, "rest", item=item)
            self._say(found, "rest")
            total = (answer.headers.get("x-wp-totalpages") or "") if answer is not None else ""
            if total.isdigit() and number >= int(total):
                return

    # ---- crawl ----

    def _crawl(self, found: Discovered, links: Links) -> None:
        """Walk the links of the site, breadth first, for sites that list their articles nowhere."""
        waiting = [(url, 1) for url in links.pages]
        seen = {address_key(found.home)}
        read = 0
        while waiting and read < MAX_CRAWL_PAGES:
            url, depth = waiting.pop(0)
            key = address_key(url)
            if key in seen or not found.site.holds(url) or not scoring.is_readable_page(url):
                continue
            seen.add(key)
            if not _is_list_page(url):
                found.add(url, "link")
                continue
            if depth > MAX_CRAWL_DEPTH:
                continue
            answer = self._try(found, url, None, is_wanted=False)
            if answer is None or "html" not in answer.content_type:
                continue
            read += 1
            further = self._sandbox.links(
                answer.body, url=answer.url, content_type=answer.headers.get("content-type", "")
            )
            found.read_already[key] = answer
            waiting += [(page, depth + 1) for page in [further["next_url"], *further["pages"]] if page]
            self._say(found, "links")

    # ---- shared ----

    def _try(self, found: Discovered, url: str, max_bytes: int | None, *, is_wanted: bool) -> Answer | None:
        """Ask for a list; failures are reported where the site named the list, and quiet where it was a guess."""
        try:
            answer = self._visitor.get(url) if max_bytes is None else self._visitor.get(url, max_bytes=max_bytes)
        except _STOPPING:
            raise
        except ProductError as error:
            if is_wanted and not isinstance(error, Disallowed):
                found.troubles.append(Trouble(url, error.code, error.for_person))
            return None
        if answer.status != 200:
            if is_wanted:
                found.troubles.append(Trouble(url, "list", f"The site names this list but answers {answer.status}."))
            return None
        return answer

    def _say(self, found: Discovered, source: str) -> None:
        if source not in found.sources:
            found.sources.append(source)
        self._on_found(sum(candidate.is_worth_reading for candidate in found.candidates.values()), source)


def _posts_first(urls: Iterable[str]) -> list[str]:
    """Order child sitemaps: posts first, lists of anything else last (tags, authors, products)."""
    distinct = list(dict.fromkeys(urls))
    posts = [url for url in distinct if _is_post_file(url)]
    rest = [url for url in distinct if not _is_post_file(url)]
    plain = [url for url in rest if not any(word in _file_name(url) for word in _OTHER_FILE)]
    return posts + plain if posts or plain else rest


def _is_post_file(url: str) -> bool:
    name = _file_name(url)
    return any(word in name for word in _POST_FILE) and not any(
        word in name for word in ("tag", "categor", "post_format")
    )


def _file_name(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2].lower()


def _is_comment_feed(url: str, title: str) -> bool:
    return "/comments/" in url or "comment" in title.lower() or "kommentar" in title.lower()


def _is_list_page(url: str) -> bool:
    return scoring.looks_like_listing(url) or scoring.score_address(url, ()) < 0


def _is_single_page(url: str) -> bool:
    return not urlsplit(url).path.endswith("/") and scoring.score_address(url, ()) >= 2
