"""Which part of a page is the article: the element that holds its words and pictures. Pure."""

from __future__ import annotations

from collections import Counter

from lxml.html import HtmlElement as Element

from petra.articles.pages.lines import one_line, text_of
from petra.articles.pages.page import Page

_BODY_CLASSES = (
    " entry-content ", " post-content ", " gh-content ", " article-content ", " article-body ", " post-body ",
    " entry-body ", "entry_body ",
)  # fmt: skip
_LEAST_CHARS = 20
_START_CHARS = 80
_MOST_OF_THEM = 0.8


def marked_body(page: Page) -> Element | None:
    """Give the element the page marks as the article's body, if there is exactly one."""
    for marked in (page.marks.of_prop("articleBody"), *(page.marks.of_class(name) for name in _BODY_CLASSES)):
        if len(marked) == 1 and len(text_of(marked[0])) >= _LEAST_CHARS:
            return marked[0]
    return None


def content_root(page: Page, marked: Element | None, paragraphs: list[str]) -> Element:
    """Give the element that holds the article: the marked one, else the smallest with 80 % of the text's paragraphs.

    An article element around it is taken instead: galleries and covers stand beside the body in many themes.
    """
    holder = marked if marked is not None else _smallest_holder(page.tree, paragraphs)
    if holder is not None:
        return holder if holder.tag == "article" else next(holder.iterancestors("article"), holder)
    articles = page.tree.findall(".//article")
    if len(articles) == 1:
        return articles[0]
    for name in ("main", "body"):
        found = page.tree.find(f".//{name}")
        if found is not None:
            return found
    return page.tree


def _smallest_holder(tree: Element, paragraphs: list[str]) -> Element | None:
    wanted = {one_line(paragraph)[:_START_CHARS] for paragraph in paragraphs if len(paragraph) > _START_CHARS // 2}
    if not wanted:
        return None
    counts: Counter[Element] = Counter()
    hits = 0
    for element in tree.iter("p", "li", "blockquote", "div", "h2", "h3", "td", "pre"):
        start = _start_of(element)
        if start in wanted:
            wanted.discard(start)
            hits += 1
            counts.update(element.iterancestors())
    full = [element for element, count in counts.items() if count >= _MOST_OF_THEM * hits]
    return max(full, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)


def _start_of(element: Element) -> str:
    """Give the first letters of an element; of a div only what stands directly in it."""
    if element.tag == "div":
        return one_line(element.text)[:_START_CHARS] if element.text else ""
    pieces, length = [], 0
    for piece in element.itertext():
        pieces.append(piece)
        length += len(piece)
        if length > 5 * _START_CHARS:
            break
    return one_line("".join(pieces)[: 5 * _START_CHARS])[:_START_CHARS]
