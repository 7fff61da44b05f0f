"""Is this page an article? Weighs where it was listed, how its address reads and what it says of itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from petra.articles.pages.fields import slug_words

ARTICLE_AT = 3
_SURE = frozenset({"feed", "rest", "hand"})

_LISTING = re.compile(
    r"/(?:tags?|categor(?:y|ies|ia|ie)|kategorien?|schlagwort(?:e|er)?|schlagworte|authors?|autor(?:en)?|archives?|archiv|(?:page|seite)(?!/\d+/[^/]*[a-z])|"
    r"search|suche|topics?|label|labels|series|feeds?|rss|comments|attachment|users?|profile|members?|drafts?|entwuerfe)"
    r"(?:[/:]|\.html?$|$)",
    re.IGNORECASE,
)
_ARCHIVE = re.compile(r"/archiv(?:es?)?/", re.IGNORECASE)  # below it, some systems keep the articles themselves
_PAGED = re.compile(
    r"/(?:page|seite|p)[-_/:]?\d+(?:\.html?|/)?$|/index-?\d+\.html?$|/(?:tags|authors?|categories|archives?)(?:-\d+)?\.html?$",
    re.IGNORECASE,
)
_ARCHIVE_OF_DATES = re.compile(
    r"/(?:19|20)\d\d(?:/(?:[01]?\d(?:/[0-3]?\d)?|(?:week|woche|kw|w)[/-]?[0-5]?\d))?(?:\.html?|/)?$", re.IGNORECASE
)
_BARE = re.compile(
    r"^/(?:[a-z]{2}/)?(?:blog|news|journal|magazin|magazine|articles?|posts?|stories|beitraege|aktuelles)?(?:\.html?|/)?$",
    re.IGNORECASE,
)
_IN_BLOG = re.compile(
    r"/(?:we|web)?(?:blogs?|news|journal|magazine?|articles?|artikel|posts?|stories|beitraege|aktuelles|recipes?|rezepte)"
    r"/(?=[^/]*[^\W\d_])[^/]+/?$",
    re.IGNORECASE,
)
_PAGE_LIKE = re.compile(
    r"/(?:about|about-us|ueber-uns|ueber-mich|uber-mich|contact|kontakt|impressum|imprint|privacy|privacy-policy|datenschutz\w*|"
    r"terms|agb|cookies?|legal|sitemap|login|register|cart|checkout|account|shop|newsletter|subscribe|wp-admin|wp-login\.php|404)"
    r"(?:\.html?|/)?$",
    re.IGNORECASE,
)
_DATED = re.compile(r"/(?:19|20)\d\d[/-][01]?\d[/-](?:[0-3]?\d[/-])?[^/]+")
_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif)/|"
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|pdf|zip|gz|xml|xsl|rss|atom|json|css|js|mp[34]|m4a|mov|webm|txt|docx?|xlsx?|epub)$",
    re.I,
)
# Systems number the lists of one page apart: ?8ad0fb05_page=2, ?page_n12=2, ?list_paging_p_b205=2. ?page_id= is a page.
_PAGE_KEY = re.compile(
    r"(?:start|limitstart|pageno|pg|(?:.*_)?pag(?:e|ed|ing)(?:_(?:[a-z]?\d+|p(?:_b\d+)?))?)\Z", re.IGNORECASE
)
_LIST_KEYS = frozenset({"author", "cat", "category", "tag"})
_ITEM_KEYS = frozenset({"id", "p", "post", "article"})  # beside which they say where it is filed
_TRAP_KEYS = frozenset({"replytocom", "share", "add-to-cart", "orderby", "filter", "sort", "print", "s", "q"})


def path_of(url: str) -> str:
    """Give the path of an address, decoded; with the one behind a question mark, where a server rewrites no addresses:
    /index.php?/archives/12-rye.html, /?post/2024/02/21/Rye.
    """
    parts = urlsplit(url)
    path, told = unquote(parts.path), unquote(parts.query.partition("&")[0])
    if told and "=" not in told and ("/" in told or path.endswith(".php")):
        return f"{path.rpartition('/')[0]}/{told.lstrip('/')}"
    return path


def looks_like_listing(url: str) -> bool:
    """Say whether an address alone reads like a list of articles: tags, authors, archives, page numbers, search.

    The third post of /page/3/rye-bread and the one of /archives/2024/02/rye-bread are none.
    """
    path = path_of(url)
    keys = {key for key, _ in parse_qsl(urlsplit(url).query[:2000])}
    if _ARCHIVE_OF_DATES.search(path) or is_numbered(url) or (keys & _LIST_KEYS and not keys & _ITEM_KEYS):
        return True
    listed = _LISTING.search(path)
    if not listed or _DATED.search(path[: listed.start() + 1] + "x"):
        return False
    return not (_ARCHIVE.match(listed.group()) and _DATED.search(path))


def is_numbered(url: str) -> bool:
    """Say whether an address alone reads like a further page of a list: /page/2/, ?page=2, ?start=10."""
    keys = parse_qsl(urlsplit(url).query[:2000])
    return bool(_PAGED.search(path_of(url))) or any(value.isdigit() and _PAGE_KEY.match(key) for key, value in keys)


def is_bare(url: str) -> bool:
    """Say whether an address is that of a blog's first page by what it is called: /blog/, /en/news."""
    return bool(_BARE.match(path_of(url))) and not is_numbered(url)


def is_readable_page(url: str) -> bool:
    """Say whether an address may be a page at all: no file, no trap of endless parameters."""
    parts = urlsplit(url)
    keys = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    return not _FILE.search(path_of(url)) and len(keys) <= 3 and not _TRAP_KEYS & set(keys)


def score_address(url: str, evidence: Collection[str]) -> int:
    """Weigh an address and where it was listed: "feed", "rest", "post-sitemap", "sitemap", "link".

    "teased": the blog's own list shows it, "untold": it does not (`series`); "sibling": it stands in a folder of
    articles; "section": other pages stand below it; "like-told": so do read the addresses of articles that a feed
    names (`candidates`).
    """
    path = path_of(url)
    total = 3 * bool(_SURE & set(evidence)) + 2 * ("post-sitemap" in evidence)
    total += 2 * bool(_DATED.search(path)) + (slug_words(url) >= 3)
    if not _SURE & set(evidence):
        total -= 2 * ("section" in evidence)
        total -= (
            3 * (looks_like_listing(url) and "like-told" not in evidence)
            + 3 * bool(_BARE.match(path) and not (path == "/" and urlsplit(url).query))
            + 2 * bool(_PAGE_LIKE.search(path))
        )
    return total


def _place(url: str, evidence: Collection[str]) -> int:
    """Weigh where in its site a page stands: beside what the feed names as articles, or in a folder named as a blog."""
    if _SURE & set(evidence) or (looks_like_listing(url) and "like-told" not in evidence):
        return 0
    points = 3 if {"sibling", "teased"} & set(evidence) else 2 * bool(_IN_BLOG.search(path_of(url)))
    return max(points - 2 * ("post-sitemap" in evidence), 0)  # which says the same


def score(url: str, evidence: Collection[str], signs: Mapping[str, bool]) -> int:
    """Weigh a page that was read; `signs` are what `extract` saw."""
    place = _place(url, evidence)
    total = score_address(url, evidence) + place
    total += 3 * signs.get("article-type", False) + signs.get("dated", False) + signs.get("long", False)
    total -= 2 * signs.get("many-cards", False)
    total -= 2 * ("untold" in evidence and not signs.get("dated"))
    if signs.get("wall"):
        return total - 10  # whoever lists it: what is there now is no article
    is_list = signs.get("listing-type") or (signs.get("website-type") and not place)
    if is_list and not signs.get("article-type") and not _SURE & set(evidence):
        total -= 2
    return total
