"""One HTML page, opened: decoded, parsed, with its structured data (JSON-LD, OpenGraph, meta) ready to ask. Pure.

Called by `extract` inside the sandbox. Never fetches, never runs anything, resolves addresses only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

import charset_normalizer
import lxml.html
from lxml import etree
from w3lib.encoding import html_to_unicode

from petra.articles.identity import absolute, address_key
from petra.articles.pages.marks import Marks

MAX_BYTES = 5 * 1024 * 1024
MAX_CHARS = 2_000_000  # of markup, scripts and styles not counted
# The memory of a tree goes by these. A post with 1,000 comments has 40,000 tags, opening and closing.
MAX_TAGS = 60_000
MAX_ATTRIBUTES = 100_000
MAX_ATTRIBUTE_CHARS = 20_000
MAX_LD_CHARS = 512 * 1024
MAX_LD_NODES = 3_000
MAX_LD_DEPTH = 24
ARTICLE_TYPES = frozenset(
    {
        "article", "blogposting", "newsarticle", "recipe", "techarticle", "reportagenewsarticle", "analysisnewsarticle",
        "opinionnewsarticle", "backgroundnewsarticle", "reviewnewsarticle", "scholarlyarticle", "review", "howto",
        "socialmediaposting", "liveblogposting", "advertisercontentarticle", "report", "satiricalarticle",
    }
)  # fmt: skip
_LEAST_PATH = 16  # letters of a path that is one article's on whatever host
_LD_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|(?://\s*)?\]\]>|/\*\s*\]\]>\s*\*/)\s*$"
)
_CONTROL = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_INNARDS = re.compile(r"<(script|style|svg)\b[^>]{0,2000}>", re.IGNORECASE)
_LONG_VALUE = re.compile(r"=\s*(?:\"[^\"]{20000,}\"|'[^']{20000,}')")
_XML_LINE = re.compile(r"\s*<\?xml[^>]*\?>")
# lxml asks Python for the class of every element it hands out; the default lookup asks nobody.
_PLAIN_LOOKUP = etree.ElementDefaultClassLookup(
    element=lxml.html.HtmlElement, comment=lxml.html.HtmlComment, pi=lxml.html.HtmlProcessingInstruction
)

Node = dict[str, Any]  # a JSON-LD object, as strangers write it


@dataclass
class Page:
    """A page with what it says of itself. `url` is where it was read, `base` resolves its relative addresses."""

    url: str
    base: str
    tree: lxml.html.HtmlElement
    meta: dict[str, list[str]]
    nodes: list[Node]
    by_id: dict[str, Node]

    def first_meta(self, *names: str) -> str:
        """Give the first value of the first of these meta names that has one."""
        for name in names:
            for value in self.meta.get(name, ()):
                if value:
                    return value
        return ""

    def resolve(self, node: object) -> Node | None:
        """Follow an `@id` reference to the node that says more."""
        if not isinstance(node, dict):
            return None
        full = self.by_id.get(str(node.get("@id") or ""))
        return full if full is not None and len(full) > len(node) else node

    def of_type(self, *types: str) -> Iterator[Node]:
        """Give the JSON-LD nodes that have one of these types (lower case)."""
        for node in self.nodes:
            if types_of(node) & set(types):
                yield node

    @cached_property
    def marks(self) -> Marks:
        """What the elements are called; gathered once, when first asked."""
        return Marks(self.tree)

    @cached_property
    def largest(self) -> dict[Any, Any]:
        """What `pictures` found to be the largest form of each image: asked for lists, leads and clean HTML."""
        return {}

    @cached_property
    def key(self) -> str:
        """The key of this page's address."""
        return address_key(self.url)

    @cached_property
    def article_node(self) -> Node | None:
        """The JSON-LD node that describes this page's article: one that names this address, else the only one."""
        found = [node for node in self.nodes if types_of(node) & ARTICLE_TYPES]
        matching = [node for node in found if self.names_here(node)]
        pool = matching or (found if len(found) <= 3 else [])
        with_headline = [node for node in pool if node.get("headline") or node.get("name")]
        ranked = sorted(with_headline or pool, key=lambda node: -sum(bool(node.get(name)) for name in _TELLING))
        return ranked[0] if ranked else None

    def names_here(self, node: Node) -> bool:
        """Say whether a JSON-LD node names this page's address as its own, be it on a twin host or without a query."""
        path = unquote(urlsplit(self.url).path).rstrip("/")
        for url in self._addresses_of(node):
            parts = urlsplit(url)
            is_same_path = len(path) >= _LEAST_PATH and not parts.query and unquote(parts.path).rstrip("/") == path
            if is_same_path or address_key(url) == self.key:
                return True
        return False

    def _addresses_of(self, node: Node) -> Iterator[str]:
        entity = node.get("mainEntityOfPage")
        for value in (node.get("url"), entity, node.get("@id"), *(_ids(entity))):
            if isinstance(value, str):
                found = absolute(value.split("#", 1)[0], self.base)
                if found:
                    yield found


_TELLING = ("headline", "author", "datePublished", "image", "dateModified", "keywords")


def open_page(body: bytes, *, url: str, content_type: str = "") -> Page | None:
    """Decode and parse a page; None when there is no HTML in it."""
    text = decode(body[:MAX_BYTES], content_type)
    tree = parse_html(text)
    if tree is None:
        return None
    base = url
    for element in tree.iterfind(".//base"):
        base = absolute(element.get("href") or "", url) or url
        break
    nodes, by_id = _json_ld(tree)
    return Page(url, base, tree, _meta(tree), nodes, by_id)


def parse_html(text: str) -> lxml.html.HtmlElement | None:
    """Parse HTML of any quality; comments and attributes of absurd length are dropped."""
    text = _within_limits(_without_deserts(text))
    declared = _XML_LINE.match(text)
    text = text[declared.end() :] if declared else text
    if not text.strip():
        return None
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=False, remove_pis=True, remove_comments=True)
    parser.set_element_class_lookup(_PLAIN_LOOKUP)
    try:
        tree = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    overlong: Any = tree.xpath(f"//*[@*[string-length() > {MAX_ATTRIBUTE_CHARS}]]")
    for element in overlong:
        for name, value in element.attrib.items():
            if len(value) > MAX_ATTRIBUTE_CHARS:
                del element.attrib[name]
    return tree


def _within_limits(text: str) -> str:
    """Cut a very large page: first what holds no words, then its end. What stands before is read as usual."""
    if len(text) <= MAX_CHARS and text.count("<") <= MAX_TAGS and text.count("=") <= MAX_ATTRIBUTES:
        return text
    text = _LONG_VALUE.sub("=''", _without_innards(text))[:MAX_CHARS]
    for sign, most in (("<", MAX_TAGS), ("=", MAX_ATTRIBUTES)):
        if text.count(sign) > most:
            last = next(islice(re.finditer(sign, text), most, None), None)
            text = text[: last.start()] if last is not None else text
    return text


def _without_innards(text: str) -> str:
    """Empty scripts, styles and drawings, but not structured data. Linear, however they are nested or left open."""
    pieces, position = [], 0
    while opening := _INNARDS.search(text, position):
        closing = re.compile(f"</{opening[1]}\\s*>", re.IGNORECASE).search(text, opening.end())
        if closing is None:
            break
        is_data = "ld+json" in opening[0].lower()
        pieces.append(text[position : closing.start() if is_data else opening.end()])
        position = closing.start()
    return "".join([*pieces, text[position:]])


def _without_deserts(text: str) -> str:
    """Shorten runs of a thousand spaces and more: pattern searches, ours and others', take quadratic time on them."""
    if any(space * 1000 in text for space in (" ", "\n", "\t", "\xa0", " \n", "\r\n")):
        return re.sub(r"\s+", lambda run: run[0] if len(run[0]) < 1000 else " ", text)
    return text


def decode(body: bytes, content_type: str) -> str:
    """Decode by mark, header, meta, then by guessing; what can't be decoded becomes the replacement character."""

    def guess(data: bytes) -> str:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            best = charset_normalizer.from_bytes(data[:40_000]).best()
            return best.encoding if best else "cp1252"
        return "utf-8"

    try:
        _, text = html_to_unicode(content_type or None, body, auto_detect_fun=guess)
    except (LookupError, ValueError):
        text = body.decode("utf-8", "replace")
    plain = text.encode("utf-8", "replace").translate(None, _CONTROL).decode("utf-8")
    return plain.replace("\ufffe", "").replace("\uffff", "")


def types_of(node: Node) -> set[str]:
    """Give a node's types in lower case, without the vocabulary's address."""
    kinds = node.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return {str(kind).rpartition("/")[2].rpartition(":")[2].lower() for kind in listed if kind}


def _meta(tree: lxml.html.HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = (element.get("content") or "").strip()
        if name and len(found) < 400:
            found.setdefault(name.strip().lower(), []).append(content)
    return found


def _json_ld(tree: lxml.html.HtmlElement) -> tuple[list[Node], dict[str, Node]]:
    nodes: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        text = script.text or ""
        if len(text) <= MAX_LD_CHARS:
            _collect(_lenient_json(text), nodes, 0)
    by_id: dict[str, Node] = {}
    for node in nodes:
        name = node.get("@id")
        if name and isinstance(name, str) and len(node) > len(by_id.get(name, {})):
            by_id[name] = node
    return nodes, by_id


def _lenient_json(text: str) -> object:
    """Read JSON as pages write it: comment marks around, a semicolon behind, raw line breaks and trailing commas
    inside.
    """
    text = _LD_WRAPPING.sub("", _LD_WRAPPING.sub("", text)).strip().rstrip(";").strip()
    for candidate in (text, re.sub(r",(\s*[}\]])", r"\1", text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _collect(value: object, nodes: list[Node], depth: int) -> None:
    if depth > MAX_LD_DEPTH or len(nodes) >= MAX_LD_NODES:
        return
    if isinstance(value, list):
        for item in value[:1000]:
            _collect(item, nodes, depth + 1)
    elif isinstance(value, dict):
        if value.get("@type") or value.get("@id"):
            nodes.append(value)
        for item in value.values():
            if isinstance(item, dict | list):
                _collect(item, nodes, depth + 1)


def _ids(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name in ("@id", "url"):
            if isinstance(value.get(name), str):
                yield value[name]
