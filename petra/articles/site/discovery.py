"""Blog address → list of candidates: asks robots.txt, the page itself, sitemaps, the engine's own list and feeds, and
merges by address key.

Called by `turn` and `collecting`. Asks through a `Visitor`, reads through the `Sandbox`; owns no rows. A list that
fails is reported, not swallowed; the crawl over links is the last resort.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from petra.articles import feed_items
from petra.articles.identity import Site, absolute, address_key, site_of, split_address
from petra.articles.lists import sitemaps
from petra.articles.pages import scoring
from petra.articles.pages.links import Links
from petra.articles.sandbox.sandbox import Sandbox
from petra.articles.site import crawling, engines, series
from petra.articles.site.asking import Asker, OnFound
from petra.articles.site.candidates import Candidate as Candidate
from petra.articles.site.candidates import Discovered
from petra.articles.site.candidates import NotABlog as NotABlog
from petra.articles.site.candidates import Trouble as Trouble
from petra.articles.site.kept import Memory, NoMemory
from petra.articles.site.manners import BotWall, Visitor
from petra.lib.outbound import Answer, Unreachable

MAX_SITEMAP_FILES = 200
MAX_SITEMAP_DEPTH = 3
MAX_FEED_PAGES = 200
_SITEMAP_GUESSES = ("sitemap.xml", "sitemap_index.xml", "wp-sitemap.xml", "sitemap.xml.gz", "sitemap1.xml")
_FEED_GUESSES = ("/feed/", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml", "/rss")
_ENGINE_FEEDS = {
    "blogger": "/feeds/posts/default",
    "squarespace": "?format=rss",
    "wix": "/blog-feed.xml",
    "ghost": "/rss/",
    "substack": "/feed",
}
_POST_FILE = ("post", "blog", "article", "artikel", "beitr", "stories", "recipe", "rezept", "news")
_OTHER_FILE = (
    "tag",
    "categor",
    "author",
    "users",
    "taxonom",
    "product",
    "page-",
    "pages",
    "archive",
    "image",
    "video",
    "kategorie",
    "format",
)


class Discovery:
    """One look around a site."""

    def __init__(
        self, visitor: Visitor, sandbox: Sandbox, *, on_found: OnFound | None = None, memory: Memory | None = None
    ) -> None:
        self._memory = memory or NoMemory()
        self._visitor = visitor
        self._sandbox = sandbox
        self._on_found = on_found or (lambda _count, _source: None)

    def look(self, address: str) -> Discovered:
        """Find what may be articles at a blog's address. Raises NotABlog, and what stops a whole import."""
        answer = self._first_answer(address)
        if answer.status >= 400:
            raise NotABlog(f"The site answered {answer.status} at this address. Check it in a browser.")
        found = Discovered(site_of(answer.url), answer.url)
        asker = Asker(self._visitor, self._sandbox, found, self._on_found, self._memory)
        links = _first_page(asker, answer)
        _read_sitemaps(asker)
        engines.read_engine(asker, links)
        is_whole = _read_feeds(asker, links)
        if not is_whole and "rest" not in found.sources:
            is_whole = series.read_series(asker, links)
        if found.are_few:
            crawling.crawl(asker, links)
        elif not is_whole and found.are_only_fed:
            crawling.crawl(asker, links, only_lists=True)
        found.weigh_places()
        return found

    def _first_answer(self, address: str) -> Answer:
        """Ask for the blog's address; over http where nobody listens for https there."""
        try:
            return self._visitor.get(address)
        except Unreachable as error:
            if not error.is_without_tls or not address.startswith("https://"):
                raise
            return self._visitor.get("http://" + address.removeprefix("https://"))


def _first_page(asker: Asker, answer: Answer) -> Links:
    kind, found = answer.content_type, asker.found
    if any(name in kind for name in ("xml", "json")) or answer.body[:100].lstrip().startswith((b"<?xml", b"{")):
        feed = asker.feed(answer)
        if feed is not None and feed.is_feed:
            found.site = Site(found.site.host)
            asker.take_feed(feed, answer.url)
            return Links()
    if kind and "html" not in kind and "xml" not in kind and not kind.startswith("text/plain"):
        raise NotABlog(f"This address holds a file ({kind}), not a blog.")
    links = asker.links(answer)
    if links.is_bot_wall:
        raise BotWall
    found.title, found.engine = links.title, links.engine
    found.read_already[address_key(answer.url)] = answer
    if found.site.folder != "/" and _is_single_page(answer.url):
        found.site = Site(found.site.host)
    return links


# ---- sitemaps ----


def _read_sitemaps(asker: Asker) -> None:
    found = asker.found
    root = f"{urlsplit(found.home).scheme}://{urlsplit(found.home).netloc}"
    named = asker.visitor.sitemaps(found.home)
    seen: set[str] = set()
    _walk_sitemaps(asker, named, seen, is_wanted=True)
    folders = dict.fromkeys((found.site.folder, "/"))
    for guess in [urljoin(root, folder) + name for folder in folders for name in _SITEMAP_GUESSES]:
        if found.candidates:
            return
        _walk_sitemaps(asker, [guess], seen, is_wanted=False)


def _walk_sitemaps(asker: Asker, urls: Iterable[str], seen: set[str], *, is_wanted: bool) -> None:
    """Read sitemap files and what they list further, each once: rings and endless lists end here."""
    waiting = [(url, 0) for url in urls]
    while waiting and len(seen) < MAX_SITEMAP_FILES:
        url, depth = waiting.pop(0)
        if url in seen:
            continue
        seen.add(url)
        read = asker.sitemap_at(url, is_wanted=is_wanted or depth > 0)
        if read is None:
            continue
        answer, listed = read
        if not listed.pages and not listed.children:
            _feed_as_sitemap(asker, answer)
        if depth < MAX_SITEMAP_DEPTH:
            children = [child for child in (absolute(entry.url, url) for entry in listed.children) if child]
            waiting += [(child, depth + 1) for child in _posts_first(children)]
        _take_sitemap(asker, url, listed)


def _take_sitemap(asker: Asker, url: str, listed: sitemaps.SitemapFile) -> None:
    found = asker.found
    kind = "post-sitemap" if _is_post_file(url) else "sitemap"
    for entry in listed.pages:
        page = absolute(entry.url, url)
        if page:
            found.add(page, kind, lastmod=entry.lastmod)
        for twin in entry.twins:
            other = absolute(twin, url)
            if other:
                found.add(other, kind)
    if listed.is_cut:
        found.tell(url, "cut", "The sitemap is longer than Petra reads; its start was taken.")
    if listed.pages and not any(found.site.holds(entry.url) for entry in listed.pages[:50]):
        other_host = split_address(listed.pages[0].url).netloc
        words = f"points to {other_host}, which is not this site." if other_host else "lists no web addresses."
        found.tell(url, "other-site", f"The sitemap {words}")
    if listed.pages:
        asker.say("sitemap")


def _feed_as_sitemap(asker: Asker, answer: Answer) -> None:
    """Read a feed that robots.txt names as a sitemap, which sitemaps.org allows."""
    if b"<rss" in answer.body[:2000] or b"<feed" in answer.body[:2000]:
        feed = asker.feed(answer)
        if feed is not None:
            asker.take_feed(feed, answer.url)


# ---- feeds ----


def _read_feeds(asker: Asker, links: Links) -> bool:
    """Read the feeds of a site; True where one has further pages, and so tells of older articles, too."""
    named = [(url, kind) for url, kind, title in links.feeds if not _is_comment_feed(url, title)]
    named.sort(key=lambda feed: "rss" in feed[1])  # Atom and JSON Feed say more of dates
    most = 0
    for url, kind in named[:6]:
        if most and "rss" in kind:
            continue
        most = max(most, _feed_pages(asker, url, is_named=True))
    if links.feeds or most:
        return most > 1
    own = _ENGINE_FEEDS.get(asker.found.engine)
    for guess in ([own] if own else []) + list(_FEED_GUESSES):
        if most := _feed_pages(asker, urljoin(asker.found.home, guess), is_named=False):
            return most > 1
    return False


def _feed_pages(asker: Asker, url: str, *, is_named: bool) -> int:
    """Read a feed and its further pages, until one brings nothing new; gives how many brought something."""
    found = asker.found
    seen: set[str] = set()
    page_url, count, told = _larger_pages(url), 0, 0
    while page_url and page_url not in seen and len(seen) < MAX_FEED_PAGES:
        seen.add(page_url)
        read = asker.feed_at(page_url, is_wanted=is_named and count == 0)
        if read is None:
            break
        answer, feed = read
        before = len(found.candidates)
        asker.take_feed(feed, answer.url)
        count += len(feed.items)
        if len(seen) > 1 and len(found.candidates) == before:
            break
        told += bool(feed.items)
        page_url = feed.next_url or _next_by_number(answer.url, feed)
    return told


def _next_by_number(url: str, feed: feed_items.Feed) -> str:
    """Give the next page of a WordPress feed, which names none (`?paged=2`, until it answers 404)."""
    if "wordpress" not in feed.generator.lower() or not feed.items:
        return ""
    head, _, query = url.partition("?")
    keys = dict(parse_qsl(query))
    number = keys.get("paged", "1")
    keys["paged"] = str(int(number) + 1) if number.isdecimal() else "2"
    return f"{head}?{urlencode(keys)}"


def _larger_pages(url: str) -> str:
    """Ask Blogger for as many items a page as it gives (support.google.com/blogger/answer/41364, 2026-11)."""
    return f"{url}?max-results=150" if urlsplit(url).path == "/feeds/posts/default" and "?" not in url else url


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
    """Give a file's name in lower case; WordPress's own says "posts" of every kind there is, pages too."""
    return urlsplit(url).path.rpartition("/")[2].lower().removeprefix("wp-sitemap-posts-")


def _is_comment_feed(url: str, title: str) -> bool:
    return "/comments/" in url or "comment" in title.lower() or "kommentar" in title.lower()


def _is_single_page(url: str) -> bool:
    return not urlsplit(url).path.endswith("/") and scoring.score_address(url, ()) >= 2
