"""Is a page a list of other articles? Told by its headings that lead elsewhere, and by whose words it holds. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement as Element

from petra.articles.pages import dating
from petra.articles.pages.headings import leads_up, led_to
from petra.articles.pages.lines import text_of
from petra.articles.pages.page import Page
from petra.articles.pages.scoring import looks_like_listing

MAX_CARDS = 200
_HEADINGS = ("h1", "h2", "h3", "h4")
_FRAME = ("nav", "footer", "form", "aside")
_WHOLE = frozenset({"body", "html", "main"})
_CARD_TAGS = frozenset({"article", "li"})


def is_list(page: Page) -> bool:
    """Say whether most words of a page stand in teasers of other pages, and it has no date of its own."""
    cards = _cards(page)
    if not cards or any(_is_own(page, date, cards) for date in dating.date_marks(page)):
        return False
    told, own = 0, 0
    for paragraph in page.tree.iter("p"):
        if page.marks.is_beside(paragraph) or next(paragraph.iterancestors(*_FRAME), None) is not None:
            continue
        length = len(text_of(paragraph))
        if any(above in cards for above in paragraph.iterancestors()):
            told += length
        else:
            own += length
    return told > own


def teased(page: Page) -> list[str]:
    """Give the other pages of the site that the headings of a page lead to, each once."""
    return list(dict.fromkeys(led_to(page, heading) for heading in _teasing(page, with_lists=True)))


def other_articles(page: Page) -> list[Element]:
    """Give the article elements that are cards of other pages, where a longer one is none: the page's own."""
    articles = list(page.tree.iter("article"))
    if len(articles) < 2:
        return []
    cards = {card for card in _cards(page) if card.tag == "article"}
    longest = max((len(text_of(one)) for one in articles if one not in cards), default=0)
    return [card for card in cards if len(text_of(card)) < longest]


def _cards(page: Page) -> set[Element]:
    """Give the boxes around headings that lead to other pages of the site, one each."""
    headings = list(_teasing(page))
    around: dict[Element, int] = {}  # by element, how many headings of the page and of others it holds
    for heading in dict.fromkeys((*headings, *page.tree.iter("h1"))):
        for above in heading.iterancestors():
            around[above] = around.get(above, 0) + 1
    cards = set()
    for heading in headings:
        card = heading
        while card.tag not in _CARD_TAGS:
            above = card.getparent()
            if above is None or above.tag in _WHOLE or around[above] > 1:
                break
            card = above
        cards.add(card)
    return cards


def _teasing(page: Page, *, with_lists: bool = False) -> Iterator[Element]:
    count = 0
    for heading in page.tree.iter(*_HEADINGS):
        url = led_to(page, heading)
        if not url or count >= MAX_CARDS or next(heading.iterancestors(*_FRAME), None) is not None:
            continue
        if (
            (with_lists or not looks_like_listing(url))
            and not leads_up(page, heading)
            and not page.marks.is_beside(heading)
        ):
            count += 1
            yield heading


def _is_own(page: Page, date: Element, cards: set[Element]) -> bool:
    is_framed = next(date.iterancestors(*_FRAME), None) is not None or page.marks.is_beside(date)
    return not is_framed and not any(above in cards for above in date.iterancestors())
