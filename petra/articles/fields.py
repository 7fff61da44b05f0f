"""What a page says of its article apart from text and pictures: title, authors, dates, language, excerpt, tags. Pure.

Each field asks its sources in order of trust; the first good answer wins and its source is kept for the "why" view.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import unquote, urlsplit

import lxml.html
from htmldate import find_date

from petra.articles.feeds import FeedItem
from petra.articles.identity import clean_text
from petra.articles.moments import instant, is_day_only, read_moment
from petra.articles.page import Node, Page, types_of

MAX_TITLE_CHARS = 500
MAX_TAGS = 60
_SEPARATORS = re.compile(r"\s+(?:[|·•»«›‹:/~—–-]|::|\|\|)\s+|\s*[|»]\s*")
_SPACE = re.compile(r"\s+")
_MARKUP = re.compile(r"<[^<>]{0,500}>")
_NO_TAGS = frozenset({"uncategorized", "uncategorised", "allgemein", "unkategorisiert", "non classé", "sin categoría"})

Found = tuple[str, str]  # value, source


def one_line(text: object) -> str:
    """Give text as one line of plain words: entities decoded (twice at most), markup and doubled spaces gone."""
    if not isinstance(text, str):
        return ""
    plain = html.unescape(text[:20_000])
    if "&" in plain:
        plain = html.unescape(plain)
    if "<" in plain and re.search(r"</?(?:[abipsu]|em|strong|span|br|sup|sub|i|code|mark|q|small|wbr)\b[^<>]*>", plain):
        plain = _MARKUP.sub("", plain)
    return clean_text(_SPACE.sub(" ", plain)).strip()


def text_of(element: lxml.html.HtmlElement) -> str:
    """Give an element's words as one line."""
    return _SPACE.sub(" ", str(element.text_content() or "")).strip()


# ---- title ----------------------------------------------------------------------------------------------------------


def title(page: Page, item: FeedItem | None) -> Found:
    """Say the article's title without the site's name. "" for a post that has none (its feed says so)."""
    if item is not None and not item.title and item.published:
        return "", "feed"
    site_names = _site_names(page)
    node = page.article_node()
    headline = one_line(node.get("headline") or node.get("name")) if node else ""
    og = one_line(page.first_meta("og:title"))
    headings = _headings(page)
    if item is not None and item.title:
        named = one_line(item.title)
        if named in headings or named in (headline, og) or not headings:
            return named[:MAX_TITLE_CHARS], "feed"
    plain = [one_line(text_of(element)) for element in page.tree.iterfind(".//title")][:1]
    is_own = node is not None and page.names_here(node)
    if headline and is_own and _folded(headline) not in site_names:
        return _without_site(headline, site_names)[:MAX_TITLE_CHARS], "json-ld"
    named_lines = [text for text in (headline, og, one_line(page.first_meta("twitter:title")), *plain) if text]
    for heading in headings:
        if any(_folded(heading) in _folded(text) for text in named_lines) and _folded(heading) not in site_names:
            return heading[:MAX_TITLE_CHARS], "heading"
    if len(headings) == 1 and len(headings[0]) > 12 and not _is_site(headings[0], {_squeezed(n) for n in site_names}):
        return headings[0][:MAX_TITLE_CHARS], "heading"
    for text, source in ((headline, "json-ld"), (og, "opengraph"), *((text, "title") for text in plain)):
        if text and _folded(text) not in site_names:
            return _without_site(text, site_names)[:MAX_TITLE_CHARS], source
    return (headings[0][:MAX_TITLE_CHARS], "heading") if headings else ("", "")


def _squeezed(text: str) -> str:
    return re.sub(r"\W", "", _folded(text))


def _headings(page: Page) -> list[str]:
    """The page's h1 lines, marked headlines first; an h1 that only links home is the site's name."""
    marked = page.tree.xpath(
        "//*[@itemprop='headline' or contains(concat(' ', normalize-space(@class), ' '), ' entry-title ') or"
        " contains(concat(' ', normalize-space(@class), ' '), ' post-title ')][not(ancestor::aside)][not(self::meta)]"
    )
    found: list[str] = []
    for element in [*(marked if len(marked) == 1 else []), *page.tree.iter("h1")]:
        line = one_line(text_of(element))
        home = element.find(".//a[@href]")
        if (
            home is not None
            and urlsplit(home.get("href") or "").path in ("/", "")
            and len(page.tree.findall(".//h1")) > 1
        ):
            continue
        if 2 < len(line) <= MAX_TITLE_CHARS and line not in found:
            found.append(line)
    return found[:6]


def _site_names(page: Page) -> set[str]:
    names = [page.first_meta("og:site_name"), page.first_meta("application-name")]
    names += [
        one_line(node.get("name")) for node in page.of_type("website", "organization", "newsmediaorganization", "blog")
    ]
    host = urlsplit(page.url).netloc.removeprefix("www.")
    return {_folded(name) for name in names if name} | {_folded(host), _folded(host.rpartition(".")[0])}


def _without_site(text: str, site_names: set[str]) -> str:
    """Take the site's name off the end or the start of a title; other parts stay."""
    pieces = list(_SEPARATORS.finditer(text))
    if not pieces:
        return text
    squeezed = {_squeezed(name) for name in site_names}
    last, first = pieces[-1], pieces[0]
    tail, head = text[last.end() :], text[: first.start()]
    if _is_site(tail, squeezed):
        return _without_site(text[: last.start()].strip(), site_names)
    if _is_site(head, squeezed):
        return text[first.end() :].strip()
    first_bar = next((match for match in pieces if match.group().strip() in ("|", "»", "•", "·", "||", "::")), None)
    if first_bar is not None and first_bar.start() >= 8:
        return text[: first_bar.start()].strip()
    if last.group().strip() in ("-", "–", "—") and len(tail.split()) <= 4 and len(text[: last.start()].split()) >= 3:
        return text[: last.start()].strip()
    return text


def _is_site(part: str, squeezed: set[str]) -> bool:
    bare = _squeezed(part)
    if len(bare) <= 2:
        return False
    return any(bare == name or (len(name) > 4 and _is_mostly(bare, name)) for name in squeezed)


def _is_mostly(one: str, other: str) -> bool:
    """Say whether one name holds the other and little besides ("oakember", "oakemberblog")."""
    short, long = sorted((one, other), key=len)
    return short in long and len(short) >= 0.7 * len(long)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACE.sub(" ", folded.translate(_QUOTES)).strip()


_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."}
)


# ---- authors --------------------------------------------------------------------------------------------------------

_NOT_A_NAME = re.compile(
    r"https?:|www\.|@|\d{3}|^(?:admin|administrator|author|redaktion|editor|editors|editorial team|staff|guest|unknown|"
    r"anonymous|user|root|by|von|team|wordpress|webmaster|none|null)$",
    re.IGNORECASE,
)
_BY = re.compile(
    r"^\s*(?:(?:posted|written|published|words|story|text|photos?|recipe)\s+)?(?:by|von|par|por|di|door|av|autorin|autor|"
    r"author|auteur|geschrieben von|verfasst von|ein beitrag von|view all posts by|alle beiträge von|posts by)\b[\s:]*",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"\s*(?:\s[|•·–—]\s|\||•|·|\s-\s|,\s*(?:on|am|updated)\b|\s+(?:on|am|in|at|veröffentlicht|published|updated|posted)\s+\W*\d?"
    r"|\d{1,2}[./]\s?\d|\bon (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)).*$",
    re.IGNORECASE,
)
_WRITTEN_BY = re.compile(
    r"(?:by|von|par|por|di|door|av|autor(?:in)?:|text:|author:)\s+[A-ZÄÖÜÉ][\w.'-]+\s+[A-ZÄÖÜÉ]", re.IGNORECASE
)
_BESIDE_DATE = re.compile(r"^\d{1,2}[./]\s?\d{1,2}[./]\s?\d{4}\s*[-–|,]\s*|,\s*\d{1,2}[./]\d{1,2}[./]\d{4}$")
_AUTHOR_META = (
    "parsely-author",
    "dc.creator",
    "dcterms.creator",
    "sailthru.author",
    "byl",
    "cxenseparse:author",
    "citation_author",
)
_AND = re.compile(r"\s*(?:,|;|&|\band\b|\bund\b|\bet\b|\by\b)\s*", re.IGNORECASE)
_COMMENTS = (
    "ancestor-or-self::*[not(self::body) and not(self::html)][self::aside"
    " or contains(concat(' ', normalize-space(@class)), ' comment') or starts-with(@id, 'comment') or @id='respond'"
    " or contains(concat(' ', normalize-space(@class)), ' related') or starts-with(@id, 'related')"
    " or contains(concat(' ', normalize-space(@class), ' '), ' sidebar ') or @id='sidebar' or @id='secondary'"
    " or contains(concat(' ', normalize-space(@class)), ' widget')]"
)
_AUTHOR_PATHS = (
    "//*[@itemprop='author']//*[@itemprop='name']",
    "//*[@itemprop='author']",
    "//a[contains(concat(' ', normalize-space(@rel), ' '), ' author ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' vcard ')]//*[contains(concat(' ', normalize-space(@class),"
    " ' '), ' fn ')]",
    "//*[contains(@class,'author-name') or contains(@class,'author_name') or contains(@class,'authorname') or"
    " contains(@class,'byline-name') or contains(@class,'byline__name')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' byline ') or contains(concat(' ', normalize-space(@class),"
    " ' '), ' post-author ') or contains(concat(' ', normalize-space(@class), ' '), ' entry-author ') or"
    " contains(concat(' ', normalize-space(@class), ' '), ' author ')]",
    "//a[contains(@href,'/author/') or contains(@href,'/autor/') or contains(@href,'/reporters/')]",
    "//*[self::li or self::span or self::p or self::div or self::a or self::address][contains(@class,'author') and"
    " not(contains(@class,'bio')) and not(contains(@class,'box')) and not(contains(@class,'about'))][not(.//img)]",
)


def authors(page: Page, item: FeedItem | None) -> tuple[list[str], str]:
    """Say who wrote it, in the page's order; empty when nobody is named."""
    node = page.article_node()
    firms: list[str] = []
    if node is not None:
        people, firms = _ld_people(page, node)
        names = _names(people)
        if names:
            return names, "json-ld"
    if item is not None:
        names = _names(item.authors)
        if names:
            return names, "feed"
    site_names = _site_names(page)
    tagged = page.meta.get("article:author", []) + page.meta.get("author", [])[:1]
    names = _names(line for line in tagged if _squeezed(line) not in {_squeezed(name) for name in site_names})
    tag = "opengraph"
    for path in _AUTHOR_PATHS:
        found = page.tree.xpath(f"{path}[not({_COMMENTS})]")
        near = _names(_byline(element) for element in found[:4])
        if near:
            if names and set(names) & set(near):
                return names, tag
            return (near[:1] if len(found) > 4 and len(near) > 3 else near), "byline"
    if not names:
        names, tag = _names([page.first_meta(*_AUTHOR_META)]), "meta"
    if not names:
        names, tag = _names(_written_by(page)), "page"
    if not names:
        names, tag = _names(firms), "json-ld"
    return names, tag if names else ""


def _ld_people(page: Page, node: Node) -> tuple[list[str], list[str]]:
    """Give the names of people, and of firms, which count only when nobody else is named."""
    people: list[str] = []
    firms: list[str] = []
    value = node.get("author") or node.get("creator")
    for person in value if isinstance(value, list) else [value]:
        if isinstance(person, str):
            people.append(person)
        full = page.resolve(person)
        if full is None:
            continue
        name = full.get("name") or " ".join(str(full[part]) for part in ("givenName", "familyName") if full.get(part))
        is_firm = bool(types_of(full) & {"organization", "newsmediaorganization", "corporation"})
        for part in name if isinstance(name, list) else [name]:
            if isinstance(part, str) and is_firm:
                firms.append(part)
            elif isinstance(part, str):
                people.append(part.split(",")[0] if "," in part and "person" in types_of(full) else part)
    return people, firms


def _written_by(page: Page) -> Iterator[str]:
    """Find a line near the title that starts with "by" or stands beside the date."""
    for element in page.tree.xpath(
        f"(//article|//main|//body)[1]//*[self::p or self::span or self::div or self::li][not({_COMMENTS})]"
    )[:400]:
        line = one_line(element.text)
        if 5 < len(line) <= 60 and (_WRITTEN_BY.match(line) or _BESIDE_DATE.search(line)):
            yield _BESIDE_DATE.sub("", line)
            return


def _byline(element: lxml.html.HtmlElement) -> str:
    line = one_line(element.get("content") or text_of(element))
    return line if len(line) <= 120 else ""


def _names(lines: Iterable[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        plain = _AFTER_NAME.sub("", _BY.sub("", one_line(line))).strip(" ,;:.|-–—")
        for name in _AND.split(plain):
            if re.search(r"\.(?:de|com|lt|net|org|at|ch)$", name.strip(), re.IGNORECASE):
                continue
            bare = _BY.sub("", name).strip(" ,;:|-–—()")
            if 1 < len(bare) <= 60 and not _NOT_A_NAME.search(bare) and len(bare.split()) <= 6 and bare not in found:
                found.append(bare)
    return found[:8]


# ---- dates ----------------------------------------------------------------------------------------------------------

_PUBLISHED = ("article:published_time", "datepublished", "og:published_time", "dc.date.issued", "parsely-pub-date",
              "sailthru.date", "date", "dc.date", "pubdate", "publish-date", "publishdate", "article.published")  # fmt: skip
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dc.date.modified", "last-modified")


def published(page: Page, item: FeedItem | None, *, now: datetime) -> Found:
    """Say when it was published, as a moment (see `moments`)."""
    node = page.article_node()
    if node is not None and page.names_here(node):
        moment = read_moment(node.get("datePublished"), now=now)
        if moment:
            return moment, "json-ld"
    if item is not None:
        moment = read_moment(item.published, now=now) or (
            read_moment(item.modified, now=now) if not item.published else None
        )
        if moment:
            return _finer(moment, page, now), "feed"
    exact = [moment for moment in _written_moments(page, node, now) if moment]
    day = _guessed_day(page, now)
    for moment, source in exact:
        if day and day in _days(moment):
            return moment, source
    if day and (not exact or not any(source == "opengraph" for _, source in exact)):
        return day, "htmldate"
    return exact[0] if exact else ("", "")


def modified(page: Page, item: FeedItem | None, *, now: datetime) -> Found:
    """Say when it was last changed, as a moment; "" when the page does not say."""
    node = page.article_node()
    for value, source in (
        (node.get("dateModified") if node else None, "json-ld"),
        (page.first_meta(*_MODIFIED), "opengraph"),
        (_near_title(page, "modified"), "page"),
        (item.modified if item else None, "feed"),
    ):
        moment = read_moment(value, now=now)
        if moment:
            return moment, source
    return "", ""


def _finer(moment: str, page: Page, now: datetime) -> str:
    """Prefer the page's own writing of the same day where it says less: a day, not a midnight that generators add."""
    near = read_moment(_near_title(page, "published"), now=now)
    if (
        near
        and is_day_only(near)
        and moment[:10] == near
        and moment[11:19] == "00:00:00"
        and not moment.endswith(("+00:00", "Z"))
    ):
        return moment
    return moment


def _written_moments(page: Page, node: Node | None, now: datetime) -> Iterator[Found]:
    for value, source in (
        (node.get("datePublished") if node else None, "json-ld"),
        (page.first_meta(*_PUBLISHED), "opengraph"),
        (_near_title(page, "published"), "page"),
    ):
        moment = read_moment(value, now=now)
        if moment:
            yield moment, source


def _near_title(page: Page, kind: str) -> str:
    """The date marked up beside the title: time, abbr or an itemprop."""
    prop = "datePublished" if kind == "published" else "dateModified"
    classes = (
        ("published", "dt-published", "entry-date", "post-date")
        if kind == "published"
        else ("modified", "updated", "dt-updated")
    )
    tests = " or ".join(f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')" for name in classes)
    found = page.tree.xpath(f"//*[@itemprop='{prop}' or ((self::time or self::abbr) and ({tests}))][not({_COMMENTS})]")
    for element in found[:1]:
        return element.get("datetime") or element.get("content") or element.get("title") or text_of(element)
    if kind == "published":
        times = page.tree.xpath(f"//time[@datetime][not(ancestor::aside)][not({_COMMENTS})]")
        inside = page.tree.xpath(f"(//article|//main)//time[@datetime][not({_COMMENTS})]")
        if times and (len(times) == 1 or inside):
            return (inside or times)[0].get("datetime") or ""
    return ""


def _guessed_day(page: Page, now: datetime) -> str | None:
    try:
        day = find_date(
            page.tree, url=page.url, original_date=True, extensive_search=True, max_date=now.date().isoformat()
        )
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):  # htmldate on odd pages, 1.11
        return None
    return read_moment(day, now=now)


def _days(moment: str) -> set[str]:
    when = instant(moment)
    return {moment[:10]} | ({when.date().isoformat()} if when else set())


# ---- language, excerpt, tags, canonical -----------------------------------------------------------------------------


def declared_language(page: Page, item: FeedItem | None) -> str:
    """Say the language the page declares, like "en" or "pt-BR"; "" when none."""
    node = page.article_node()
    spoken = node.get("inLanguage") if node else None
    spoken = spoken.get("alternateName") if isinstance(spoken, dict) else spoken
    for value in (page.tree.get("lang"), page.tree.get("{http://www.w3.org/XML/1998/namespace}lang"),
                  page.first_meta("og:locale", "content-language", "language", "dc.language"), spoken,
                  item.language if item else ""):  # fmt: skip
        match = (
            re.match(r"\s*([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?(?![A-Za-z])", value) if isinstance(value, str) else None
        )
        if match:
            return match[1].lower() + (f"-{match[2].upper()}" if match[2] else "")
    return ""


def excerpt(page: Page, item: FeedItem | None, text: str) -> Found:
    """Say in a sentence or two what it is about: the page's own description, else the start of its text."""
    node = page.article_node()
    for value, source in (
        (page.first_meta("og:description"), "opengraph"),
        (page.first_meta("description", "twitter:description", "dc.description"), "meta"),
        (node.get("description") if node else "", "json-ld"),
        (_MARKUP.sub(" ", item.summary) if item else "", "feed"),
    ):
        line = one_line(value)
        if len(line) > 20:
            return line[:1000], source
    flat = one_line(text[:400])
    if len(flat) > 160:
        flat = flat[:160].rpartition(" ")[0].rstrip(" ,;:") + "…"
    return flat, "text" if flat else ""


def tags(page: Page, item: FeedItem | None) -> list[str]:
    """Give keywords and categories, each once, in the page's spelling."""
    node = page.article_node()
    found: list[str] = []
    if node is not None:
        for name in ("keywords", "articleSection"):
            found += _listed(node.get(name))
    found += [one_line(tag) for tag in page.meta.get("article:tag", [])]
    linked = page.tree.xpath(
        f"//a[contains(concat(' ', normalize-space(@rel), ' '), ' tag ')][not({_COMMENTS})][not(ancestor::nav)]"
    )
    if not linked:
        linked = page.tree.xpath(
            "(//article|//main|//*[@itemprop='articleBody']|//*[contains(@class,'post')])"
            f"//a[contains(@href,'/tag/') or contains(@href,'/tags/') or contains(@href,'/category/') or"
            f" contains(@href,'/categories/')][not({_COMMENTS})][not(ancestor::nav)]"
        )
    if len(linked) <= 40:
        found += [one_line(text_of(element)).lstrip("#").strip(" ,") for element in linked]
    if item is not None:
        found += item.tags
    if not found:
        found = _listed(page.first_meta("keywords", "news_keywords", "sailthru.tags", "parsely-tags"))
    return _distinct(found)


def _listed(value: object) -> list[str]:
    if isinstance(value, str):
        return [one_line(part) for part in re.split(r"[,;]", html.unescape(value))]
    if isinstance(value, list):
        return [part for item in value[:100] for part in _listed(item)]
    if isinstance(value, dict):
        return _listed(value.get("name"))
    return []


def _distinct(found: list[str]) -> list[str]:
    kept: dict[str, str] = {}
    for tag in found:
        if 0 < len(tag) <= 80 and tag.casefold() not in _NO_TAGS and not tag.startswith("http"):
            kept.setdefault(tag.casefold(), tag)
    return list(kept.values())[:MAX_TAGS]


def slug_words(url: str) -> int:
    """Count the words of an address's last part."""
    last = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    return len([word for word in re.split(r"[-_ ]+", re.sub(r"\.\w{2,5}$", "", last)) if word])
