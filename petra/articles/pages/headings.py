"""What a heading leads to: itself, another page, or the page above. Pure."""

from __future__ import annotations

from urllib.parse import unquote

from lxml.html import HtmlElement as Element

from petra.articles.identity import absolute, address_key, site_of, split_address
from petra.articles.pages.lines import text_of
from petra.articles.pages.page import Page

_MOST_BESIDE_LINK = 12  # letters of a heading that are no part of its link: a date, a sign


def led_to(page: Page, heading: Element) -> str:
    """Give the other page of the site to which a heading as a whole leads; "" where it leads nowhere else."""
    link = heading.find(".//a[@href]")
    if link is None:
        link = next(heading.iterancestors("a"), None)
    elif not text_of(link) or len(text_of(heading)) - len(text_of(link)) > _MOST_BESIDE_LINK:
        return ""
    url = absolute(link.get("href") or "", page.base) if link is not None and link.get("href") else None
    is_other = url is not None and address_key(url) != page.key and site_of(url).host == site_of(page.url).host
    return url if url is not None and is_other else ""


def leads_up(page: Page, heading: Element) -> bool:
    """Say whether a heading is nothing but a link to a page above this one: the name of the site, or of its blog."""
    url = led_to(page, heading)
    if not url:
        return False
    above, here = (unquote(split_address(one).path).rstrip("/") + "/" for one in (url, page.url))
    return here.startswith(above) and not split_address(url).query
