"""Lines of words on a page: read as people see them, compared without regard to case, quotes and site names. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote, urljoin, urlsplit

import lxml.html

from petra.articles.identity import absolute, address_key, clean_text
from petra.articles.pages.page import Page

SPACE = re.compile(r"\s+")
SEPARATORS = re.compile(r"\s+(?:[|·•»«›‹:/~—–-]|::|\|\|)\s+|\s*\|\s*")
MAX_TITLE_CHARS = 500
_MOST_NAME_CHARS = 50
_MOST_HOME_CHARS = 500  # of the address of a link home
_LEAST_SPELT = 4  # letters of a title that an address spells
MARKUP = re.compile(r"<[^<>]{0,500}>")
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."}
)


def one_line(text: object) -> str:
    """Give text as one line of plain words: entities decoded (twice at most), markup and doubled spaces gone."""
    if not isinstance(text, str):
        return ""
    plain = html.unescape(text[:20_000])
    if "&" in plain:
        plain = html.unescape(plain)
    if "<" in plain and re.search(r"</?(?:[abipsu]|em|strong|span|br|sup|sub|i|code|mark|q|small|wbr)\b[^<>]*>", plain):
        plain = MARKUP.sub("", plain)
    return clean_text(SPACE.sub(" ", plain)).strip()


def text_of(element: lxml.html.HtmlElement) -> str:
    """Give an element's words as one line."""
    return SPACE.sub(" ", str(element.text_content() or "")).strip()


def folded(text: str) -> str:
    """Give a line for comparing: case, quotes, dashes and spaces made equal."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return SPACE.sub(" ", plain.translate(_QUOTES)).strip()


def squeezed(text: str) -> str:
    """Give a line's letters and digits only."""
    return re.sub(r"\W", "", folded(text))


def names_told(page: Page) -> set[str]:
    """Give the names the site itself tells, folded: those of its metas and its host's."""
    host = urlsplit(page.url).netloc.removeprefix("www.")
    told = (page.first_meta("og:site_name"), page.first_meta("application-name"), host, host.rpartition(".")[0])
    return {folded(name) for name in told if name}


def names_of_site(page: Page) -> set[str]:
    """Give the names the site goes by, folded: those it tells, and those of what its structured data names."""
    nodes = page.of_type("website", "organization", "newsmediaorganization", "blog")
    named = {folded(name) for node in nodes if (name := one_line(node.get("name")))}
    return names_told(page) | named | _names_in_title(page)


def _names_in_title(page: Page) -> set[str]:
    """Give the parts of the page's title that name its site: the words of a link home, or what stands beside the part
    that the address spells, where that stands on the page as well.
    """
    line = next((one_line(text_of(element)) for element in page.tree.iterfind(".//title")), "")
    parts = [part for part in SEPARATORS.split(line[:MAX_TITLE_CHARS]) if len(part) > 2]
    if len(parts) < 2:
        return set()
    wanted, names = {folded(part) for part in parts}, set()
    for link in page.tree.iter("a"):
        said = wanted.intersection(folded(text_of(one)) for one in (link, *link.iter("h1", "h2")))
        if said and _leads_home(page, link):
            names |= said
    if not names:
        spelt = squeezed(unquote(page.url.split("://", 1)[-1].partition("/")[2])).replace("_", "")
        own = [part for part in parts if len(squeezed(part)) >= _LEAST_SPELT and squeezed(part) in spelt]
        headings = {folded(text_of(heading)) for heading in page.tree.iter("h1")}
        if len(own) == 1:
            names = {folded(part) for part in parts if part not in own} & headings
    return {name for name in names if len(name) <= _MOST_NAME_CHARS} if len(names) < len(parts) else set()


def _leads_home(page: Page, link: lxml.html.HtmlElement) -> bool:
    href = link.get("href") or ""
    if len(href) > _MOST_HOME_CHARS:
        return False
    url = absolute(href, page.base)
    if url is None or "?" in (key := address_key(url)):
        return False
    return key == address_key(urljoin(page.url, "/")) or page.key.startswith(key.rstrip("/") + "/")


def is_site(part: str, site_names: set[str]) -> bool:
    """Say whether a line is little more than one of the site's names (squeezed)."""
    bare = squeezed(part)
    if len(bare) <= 2:
        return False
    return any(bare == name or (len(name) > 4 and _is_mostly(bare, name)) for name in site_names)


def _is_mostly(one: str, other: str) -> bool:
    """Say whether one name holds the other and little besides ("oakember", "oakemberblog")."""
    short, long = sorted((one, other), key=len)
    return short in long and len(short) >= 0.7 * len(long)
