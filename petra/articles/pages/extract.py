"""HTML → fields: reads one page of a blog into an `Extracted`. Pure; runs in the sandbox because pages are strangers'
input.

Order of trust per field stands with the fields (`fields`, `words`, `pictures`); here they are put together and what
the feed knows fills what the page leaves open.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

from petra.articles.feed_items import GIVEN, FeedItem
from petra.articles.identity import absolute, address_key
from petra.articles.pages import (
    bylines,
    dating,
    fields,
    keywords,
    languages,
    leads,
    openings,
    pictures,
    roots,
    teasers,
    walls,
    words,
)
from petra.articles.pages.extracted import Extracted as Extracted
from petra.articles.pages.extracted import from_data as from_data
from petra.articles.pages.lines import names_of_site
from petra.articles.pages.page import ARTICLE_TYPES, Page, open_page, types_of
from petra.networks.registry import NETWORKS

MAX_TRANSLATIONS = 60
MOST_PAGE_SHARE = 1.5  # a page with more text than this share of what its engine tells is made of more than that
LEAST_FEED_SHARE = 0.3  # a page with less text than this share of its feed's content is not the whole article


# Where pages say that they must not be pinned, told by the networks themselves.
_OPT_OUT_METAS = tuple(n.powers.opt_out_meta for n in NETWORKS.values() if n.powers.opt_out_meta)


def extract(
    body: bytes, *, url: str, content_type: str = "", item: FeedItem | None = None, now: datetime | None = None
) -> Extracted | None:
    """Read one page. `item` is what a feed says of it. None when there is no HTML page in `body`."""
    page = open_page(body, url=url, content_type=content_type)
    if page is None:
        return None
    now = now or datetime.now(UTC)
    found = Extracted(url=url, canonical=_canonical(page))
    _read_claims(found, page, item, now)
    marked = roots.marked_body(page)
    found.is_walled = words.is_walled_off(page)
    for card in teasers.other_articles(page):
        if marked is None or (card is not marked and card not in marked.iterancestors()):
            card.drop_tree()
    words.drop_junk(page)
    _read_body(found, page, marked, item)
    declared = fields.declared_language(page, item)
    found.language = languages.language_of(found.text, declared)
    found.sources["language"] = ("declared" if found.language == declared else "text") if found.language else ""
    found.excerpt, found.sources["excerpt"] = fields.excerpt(page, item, found.text)
    found.signs["long"] = len(found.text) > 600
    is_told = bool(found.published and found.sources["published"] != "htmldate")
    found.signs["dated"] = (is_told or found.signs["dated"]) and not found.signs["teasers"]
    if len(found.text) > walls.MOST_CHARS or is_told or found.signs["article-type"]:
        found.wall = ""
    found.signs["wall"] = bool(found.wall)
    return found


# Not a page whose date only the second opinion reads: its tables take 76 MB that most sites never need.
_WARM_PAGE = f"<html lang='en'><title>Warm</title><article><p>{'These words warm the readers up. ' * 20}</p></article>"


def warm_up() -> None:
    """Load the tables and models that every page asks for: a second, once."""
    extract(_WARM_PAGE.encode(), url="https://warm.example/2026/a-warm-page/", content_type="text/html")


def extract_item(item: FeedItem, *, now: datetime | None = None) -> Extracted:
    """Read an article from its feed alone, for a page that can't be had."""
    safe = words.sanitise(item.html or item.summary)
    markup = f"<html lang='{re.sub(r'[^A-Za-z-]', '', item.language)}'><body><article>{safe}</article></body></html>"
    found = extract(markup.encode(), url=item.url, content_type="text/html; charset=utf-8", item=item, now=now)
    if found is None:
        found = Extracted(url=item.url, canonical=item.url)
    found.title, found.text, found.html = item.title, words.plain_text(safe), safe
    found.sources |= dict.fromkeys(GIVEN, "feed")
    found.signs["in-feed-only"] = True
    return found


def _read_claims(found: Extracted, page: Page, item: FeedItem | None, now: datetime) -> None:
    """Read what the page says of itself: needs the page whole."""
    site_names = names_of_site(page)
    found.title, found.sources["title"] = fields.title(page, item, site_names)
    found.authors, found.sources["author"] = bylines.authors(page, item, site_names)
    found.published, found.sources["published"] = dating.published(page, item, now=now)
    found.modified, found.sources["modified"] = dating.modified(page, item, now=now)
    found.keywords, found.categories, found.sources["tags"] = keywords.keywords(page, item)
    known = {word.casefold() for word in found.keywords}
    drawers = [word for word in found.categories if word.casefold() not in known]
    found.tags = [*found.keywords, *drawers][: keywords.MAX_TAGS]
    found.is_do_not_pin = any("nopin" in page.first_meta(name).lower() for name in _OPT_OUT_METAS)
    found.translations = _translations(page)
    found.signs = _signs(page)
    found.signs["dated"] = dating.is_shown(page, found.published)
    found.wall = walls.kind_of_wall(page)


def _read_body(found: Extracted, page: Page, marked: Any, item: FeedItem | None) -> None:
    """Read words and pictures from what is left of the page without its junk."""
    if not found.is_walled:
        found.text, found.sources["text"] = words.article_text(page, marked), "page"
        found.is_walled = not found.text and words.says_not_free(page)
    root = roots.content_root(page, marked, found.text.split("\n"))
    before = openings.opening(page, found.text) if found.text else ""
    found.pictures = pictures.find_pictures(page, root)
    found.sources["pictures"] = "page" if found.pictures else ""
    found.lead, found.sources["lead"] = leads.lead_picture(page, found.pictures, root)
    if found.is_walled:
        return
    whole = words.plain_text(item.html) if item is not None and item.html else ""
    if whole and _is_better_told(whole, found.text, item):
        found.text, found.sources["text"] = whole, "feed"
        found.html = words.sanitise(item.html if item else "")
    elif found.text and marked is not None:
        found.text = words.complete(found.text, marked)
    elif not found.text:
        found.text, found.sources["text"] = words.block_text(root)[: words.MAX_TEXT_CHARS], "body"
    found.text = words.without_title(found.text, found.title)
    if not found.html:
        pictures.settle_sources(page, root)
        found.html = words.clean_html(root, page, found.title)
    if before and found.sources["text"] == "page":
        found.text = f"{before}\n{found.text}"
        found.html = found.html if before in found.html else f"<p>{html.escape(before)}</p>{found.html}"


def _is_better_told(whole: str, text: str, item: FeedItem | None) -> bool:
    """Say whether an item holds the article rather than its page: a part of it, or much that stands around it."""
    if item is not None and item.is_the_engines_own:
        return len(text) <= MOST_PAGE_SHARE * len(whole) + words.MOST_BESIDE_CHARS
    return len(text) < LEAST_FEED_SHARE * len(whole)


def _canonical(page: Page) -> str:
    """Give the address the page names as its own; whether it may be believed is for the caller."""
    for link in page.tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and link.get("href"):
            return absolute(link.get("href"), page.base) or ""
    return absolute(page.first_meta("og:url"), page.base) or ""


def _translations(page: Page) -> dict[str, str]:
    found: dict[str, str] = {}
    head = page.tree.find(".//head")
    for link in head.iter("link") if head is not None else ():
        language, href = link.get("hreflang"), link.get("href")
        if link.get("rel") != "alternate" or not language or not href or len(found) >= MAX_TRANSLATIONS:
            continue
        url = absolute(href, page.base)
        if url and address_key(url) != page.key:
            found[str(language)[:20]] = url
    return found


# What engines call a page's body (WordPress, Ghost, Drupal 7 and later, default themes, 2026-11).
_POST_THEMES = frozenset({"single-post", "post-template", "page-node-type-article", "page-node-type-blog",
                          "page-node-type-blog-post", "node-type-article", "node-type-blog"})  # fmt: skip
_LIST_THEMES = frozenset({"archive", "search-results", "error404", "page-template", "page-template-default",
                          "tag-template", "author-template", "home-template", "page-node-type-page",
                          "node-type-page"})  # fmt: skip


def _marked_articles(page: Page) -> int:
    """Count the elements that are marked as an article, by microdata or RDFa."""
    kinds = [str(kind) for kind in page.tree.xpath("//*[@itemscope]/@itemtype | //*[@typeof]/@typeof")]
    return sum(bool({re.split("[/:]", word)[-1].lower() for word in kind.split()} & ARTICLE_TYPES) for kind in kinds)


def _signs(page: Page) -> dict[str, bool]:
    kinds = set().union(*(types_of(node) for node in page.nodes)) if page.nodes else set()
    marked = _marked_articles(page)
    node = page.article_node
    cards = len(page.tree.findall(".//article"))
    body = next(page.tree.iter("body"), None)
    theme = set((body.get("class") or "").split()) if body is not None else set()
    og_type = page.first_meta("og:type").lower()
    is_claimed = og_type.startswith("article") or (node is not None and page.names_here(node))
    is_claimed = is_claimed or (not og_type and bool(page.first_meta("article:published_time")))
    is_list = not is_claimed and teasers.is_list(page)
    return {
        "article-type": is_claimed
        or bool(kinds & ARTICLE_TYPES and not kinds & {"collectionpage", "searchresultspage", "itemlist"})
        or bool(0 < marked <= 2 and cards <= 2 and not is_list)
        or bool(theme & _POST_THEMES),
        "listing-type": og_type in ("blog", "profile")
        or bool(kinds & {"collectionpage", "searchresultspage", "profilepage", "blog"})
        or bool(theme & _LIST_THEMES)
        or is_list,
        "website-type": og_type == "website",
        "teasers": is_list,
        "many-cards": cards > 8,
        "noindex": "noindex" in page.first_meta("robots").lower(),
    }
