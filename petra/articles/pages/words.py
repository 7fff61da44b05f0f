"""An article's text and clean HTML, and whether a wall stands in front of it. Pure."""

from __future__ import annotations

import copy
import re
from urllib.parse import urljoin

import lxml.html
import nh3
import trafilatura
from lxml import etree
from lxml.html import HtmlElement as Element

from petra.articles.identity import clean_text
from petra.articles.pages import joiners
from petra.articles.pages.lines import folded, text_of
from petra.articles.pages.marks import Marks
from petra.articles.pages.page import Page, parse_html

_JUNK_TAGS = ("script", "style", "nav", "aside", "form", "iframe", "template")
_JUNK_IDS = ("comments", "respond", "disqus_thread", "trackbacks", "pings")
_JUNK_CLASSES = (
    " comments ", " comments-area ", " related ", " related-posts ", " sharedaddy ", " jp-relatedposts ",
    " wp-block-latest-posts ", " wp-block-comments ", " wp-block-post-comments ", " comment-list ", " commentlist ",
    " author-info ", " author-box ", " author-bio ", " about-author ",
)  # fmt: skip
_FACT_CLASSES = (" post-info ",)
_LEAST_WORDS = 6  # of a line that is said, not filed
_WALL_CLASSES = ("gh-post-upgrade-cta", "post-password-form", "paywall-gate", "subscribers-only")
_LEAST_MARKED = 250  # letters
MOST_BESIDE_CHARS = 600  # letters of names, dates and tags that stand around a short article
_SURELY_ENOUGH = 1_000  # letters
_ENOUGH_SHARE = 0.3
_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "cite",
        "code",
        "dd",
        "del",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "small",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ]
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan"},
    "th": {"colspan"},
}
LEAST_OPEN_CHARS = 1_500  # publishers mark articles as paid that they show whole; a teaser is shorter
MOST_ADDED_CHARS = 80
MAX_HTML_CHARS = 500_000
MAX_TEXT_CHARS = 300_000


def is_walled_off(page: Page) -> bool:
    """Say whether a wall stands on the page: the site shows the article to members only."""
    return bool(page.marks.of_class(*_WALL_CLASSES))


def article_text(page: Page, marked: Element | None) -> str:
    """Give the article's words out of a page whose junk is dropped; "" when there are none, or a teaser of them.

    `marked` is the element the page marks as the article's body.
    """
    text = (_text_of(marked, page.url) or _short_text(page, marked))[:MAX_TEXT_CHARS]
    if says_not_free(page) and len(text) < LEAST_OPEN_CHARS:
        return ""  # what is left is the teaser and cards of other articles
    return text


def _short_text(page: Page, marked: Element | None) -> str:
    """Give the marked body's words where it is short, unless the page says much more: then the mark is a teaser's."""
    text = _text(page)
    own = block_text(marked) if marked is not None else ""
    return own if own and len(text) <= len(own) + MOST_BESIDE_CHARS else text


def complete(text: str, root: Element) -> str:
    """Give the whole words of the article's element when they are the same text with its ends: extraction cuts last
    lines that are mostly links, and first ones that are short.
    """
    whole = block_text(root)
    return whole if len(text) <= len(whole) <= len(text) + MOST_ADDED_CHARS else text


def without_title(text: str, title: str) -> str:
    """Take the title off the text's start, where a page has both in one element."""
    first, _, rest = text.partition("\n")
    return rest if title and rest and folded(first) == folded(title) else text


def says_not_free(page: Page) -> bool:
    """Say whether the page's structured data says that members only may read it."""
    node = page.article_node
    free = node.get("isAccessibleForFree") if node else None
    return free is False or (isinstance(free, str) and free.strip().lower() == "false")


def clean_html(root: Element, page: Page, heading: str) -> str:
    """Give the article's markup through an allow-list: safe to show, addresses absolute. Changes the page's tree."""
    for element in list(root.iter("h1")):
        if text_of(element) == heading:
            element.drop_tree()
        else:
            element.tag = "h2"
    for element in root.iter("a", "img"):
        name = "href" if element.tag == "a" else "src"
        if element.get(name):
            element.set(name, _joined(page.base, element.get(name)))
    try:
        markup = lxml.html.tostring(root, encoding="unicode", with_tail=False)
    except (ValueError, etree.LxmlError):
        return ""
    return sanitise(markup)


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return ""


def sanitise(markup: str) -> str:
    """Clean markup from anywhere through the allow-list."""
    safe = nh3.clean(
        markup[: 4 * MAX_HTML_CHARS], tags=set(_TAGS), attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}
    )
    safe = re.sub(r"[ \t]*\n\s*\n+", "\n", clean_text(safe)).strip()
    return (
        safe
        if len(safe) <= MAX_HTML_CHARS
        else nh3.clean(safe[:MAX_HTML_CHARS], tags=set(_TAGS), attributes=_ATTRIBUTES)
    )


def plain_text(markup: str) -> str:
    """Give the words of a piece of markup (a feed's content), block by block."""
    tree = parse_html(f"<div>{markup}</div>")
    if tree is None:
        return ""
    _drop_junk(tree, Marks(tree))
    return block_text(tree)[:MAX_TEXT_CHARS]


_SILENT = frozenset({"script", "style", "noscript", "template", "head"})
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "tr",
        "td",
        "th",
        "dt",
        "dd",
        "figcaption",
        "section",
        "article",
        "ul",
        "ol",
        "table",
        "br",
        "hr",
        "figure",
    ]
)


def block_text(root: Element) -> str:
    """Give an element's words with a line for each block."""
    pieces: list[str] = []
    silent = 0  # how many elements deep in what has no words
    for event, element in etree.iterwalk(root, events=("start", "end")):
        is_start, is_silent = event == "start", element.tag in _SILENT
        if is_start:
            silent += is_silent
        if not silent:
            if element.tag in _BLOCKS:
                pieces.append("\n")
            if is_start and element.text:
                pieces.append(element.text)
        if not is_start:
            silent -= is_silent
            if not silent and element.tail and element is not root:
                pieces.append(element.tail)
    lines = (_SPACES.sub(" ", line).strip() for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def drop_junk(page: Page) -> None:
    """Take out of the page what is never an article's own words. What the page says of itself is read before."""
    for box in page.marks.of_class(*_FACT_CLASSES):
        _keep_sentences(box)
    _drop_junk(page.tree, page.marks)


def _drop_junk(tree: Element, marks: Marks) -> None:
    feet = (foot for foot in tree.iter("footer") if next(foot.iterancestors("article"), None) is None)
    marked = (*marks.of_id(*_JUNK_IDS), *marks.of_class(*_JUNK_CLASSES))
    for element in [*tree.iter(*_JUNK_TAGS), *feet, *marked]:
        if element.tag not in ("html", "body") and element.getparent() is not None:
            element.drop_tree()


def _keep_sentences(box: Element) -> None:
    """Leave of a box with date, author and drawer only what is a sentence: somebody wrote it for readers."""
    said = [line for line in box.iter("p") if len(text_of(line).split()) >= _LEAST_WORDS]
    for element in list(box):
        if element.tag != "p" or element not in said:
            element.drop_tree()
    box.text = None
    if said:
        box.tag = "div"


def _text_of(marked: Element | None, url: str) -> str:
    """Let trafilatura read the marked body alone: less work, and nothing from outside. "" when that is too little."""
    alone = parse_html("<html><body></body></html>") if marked is not None else None
    if alone is None:
        return ""
    alone[0].append(copy.deepcopy(marked))
    text = _extraction(alone, url, is_quick=True)
    return text if len(text) >= _LEAST_MARKED else ""


def _text(page: Page) -> str:
    """Let trafilatura find the words, with its second opinions only where the first is short for the page."""
    quick = _extraction(page.tree, page.url, is_quick=True)
    if len(quick) >= _SURELY_ENOUGH or len(quick) > _ENOUGH_SHARE * len(page.tree.text_content()):
        return quick
    return _extraction(page.tree, page.url, is_quick=False)


def _extraction(tree: Element, url: str, *, is_quick: bool) -> str:
    joined = joiners.hidden(tree)
    try:
        document = trafilatura.bare_extraction(
            joined, url=url, fast=is_quick, include_comments=False, with_metadata=False
        )
    except (ValueError, TypeError, AttributeError, RecursionError, etree.LxmlError):  # trafilatura 2.3 on odd pages
        return ""
    text = getattr(document, "text", None) if document is not None else None
    text = clean_text(text.strip()) if isinstance(text, str) else ""
    return text if joined is tree else joiners.shown(text)
