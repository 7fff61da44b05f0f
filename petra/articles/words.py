"""An article's text and clean HTML, and whether a wall stands in front of it. Pure."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import lxml.html
import nh3
import trafilatura
from lxml import etree
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from petra.articles.identity import clean_text
from petra.articles.lines import text_of
from petra.articles.page import Page, parse_html

_JUNK_TAGS = frozenset({"script", "style", "nav", "aside", "form", "iframe", "template"})
_JUNK_IDS = frozenset({"comments", "respond", "disqus_thread"})
_JUNK_CLASSES = frozenset(
    {
        "comments", "comments-area", "related", "related-posts", "sharedaddy", "jp-relatedposts",
        "wp-block-latest-posts", "post-info",
    }
)  # fmt: skip
_WALL_PATH = (
    "//*[contains(@class,'gh-post-upgrade-cta') or contains(@class,'post-password-form')"
    " or contains(@class,'paywall-gate') or contains(@class,'subscribers-only')]"
)
_LANGUAGES = [
    "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga", "gl", "he", "hi", "hr",
    "hu", "id", "is", "it", "ja", "ko", "la", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq",
    "sr", "sv", "th", "tr", "uk", "vi", "zh",
]  # fmt: skip
_LEAST_LETTERS = 200
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


@dataclass(frozen=True)
class Words:
    """The article's words. `is_walled`: the site shows them to members only, so there is none."""

    text: str
    html: str
    is_walled: bool = False


def read_words(page: Page) -> Words:
    """Take the article's text out of its page."""
    if page.tree.xpath(_WALL_PATH):
        return Words("", "", is_walled=True)
    tree = copy.deepcopy(page.tree)
    _drop_junk(tree)
    text = _text(tree, page.url)[:MAX_TEXT_CHARS]
    if _says_not_free(page) and len(text) < LEAST_OPEN_CHARS:
        return Words("", "", is_walled=True)  # what is left is the teaser and cards of other articles
    return Words(text, "")


def complete(text: str, root: lxml.html.HtmlElement) -> str:
    """Give the whole words of the article's element when they are the same text with its ends: extraction cuts last
    lines that are mostly links, and first ones that are short.
    """
    tree = copy.deepcopy(root)
    tree.tail = None
    _drop_junk(tree)
    whole = block_text(tree)
    return whole if len(text) <= len(whole) <= len(text) + MOST_ADDED_CHARS else text


def _says_not_free(page: Page) -> bool:
    node = page.article_node()
    free = node.get("isAccessibleForFree") if node else None
    return free is False or (isinstance(free, str) and free.strip().lower() == "false")


def clean_html(root: lxml.html.HtmlElement, page: Page, heading: str) -> str:
    """Give the article's markup through an allow-list: safe to show, addresses absolute."""
    tree = copy.deepcopy(root)
    tree.tail = None
    _drop_junk(tree)
    for element in tree.xpath(".//h1"):
        if text_of(element) == heading:
            _drop(element)
        else:
            element.tag = "h2"
    try:
        tree.make_links_absolute(page.base, resolve_base_href=False, handle_failures="ignore")
        markup = lxml.html.tostring(tree, encoding="unicode")
    except (ValueError, etree.LxmlError):
        return ""
    return sanitise(markup)


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
    return block_text(tree)[:MAX_TEXT_CHARS]


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


def block_text(root: lxml.html.HtmlElement) -> str:
    """Give an element's words with a line for each block."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str) or element.tag in ("script", "style", "noscript", "template", "head"):
            if event == "start" and isinstance(element.tag, str) and element.text:
                pass
            elif event == "end" and element.tail and element is not root:
                pieces.append(element.tail)
            continue
        if element.tag in _BLOCKS:
            pieces.append("\n")
        if event == "start" and element.text and not _inside_silent(element):
            pieces.append(element.text)
        elif event == "end" and element.tail and element is not root and not _inside_silent(element, tail=True):
            pieces.append(element.tail)
    lines = (re.sub(r"[ \t\r\f\v\xa0]+", " ", line).strip() for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _inside_silent(element: etree._Element, *, tail: bool = False) -> bool:
    start = element.getparent() if tail else element
    while start is not None:
        if start.tag in ("script", "style", "noscript", "template", "head"):
            return True
        start = start.getparent()
    return False


def language_of(text: str, declared: str) -> str:
    """Say the text's language: the declared one unless 200 letters of text clearly say otherwise."""
    letters = sum(letter.isalpha() for letter in text[:4000])
    if letters < _LEAST_LETTERS and declared:
        return declared
    if letters < 20:
        return declared
    spoken, share = _identifier().classify(text[:2000])
    if declared[:2].lower() == spoken or spoken == "la":
        return declared
    return str(spoken) if (share > 0.999 or not declared) else declared


@lru_cache(maxsize=1)
def _identifier() -> Any:  # py3langid has no types
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES)
    return identifier


def _text(tree: lxml.html.HtmlElement, url: str) -> str:
    try:
        document = trafilatura.bare_extraction(
            tree, url=url, include_comments=False, favor_precision=False, with_metadata=False, include_tables=True
        )
    except (ValueError, TypeError, AttributeError, RecursionError, etree.LxmlError):  # trafilatura 2.3 on odd pages
        return ""
    text = getattr(document, "text", None) if document is not None else None
    return clean_text(text.strip()) if isinstance(text, str) else ""


def _drop_junk(tree: lxml.html.HtmlElement) -> None:
    """Take out what is never an article's own words."""
    for element in [element for element in tree.iter(etree.Element) if element is not tree and _is_junk(element)]:
        _drop(element)


def _is_junk(element: lxml.html.HtmlElement) -> bool:
    if element.tag in _JUNK_TAGS or element.get("id") in _JUNK_IDS:
        return True
    if element.tag == "footer":
        return not any(ancestor.tag == "article" for ancestor in element.iterancestors())
    classes = element.get("class")
    return classes is not None and not _JUNK_CLASSES.isdisjoint(classes.split())


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    tail = element.tail
    if tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
    parent.remove(element)
