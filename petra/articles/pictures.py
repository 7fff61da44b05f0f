"""The pictures of an article: where each is to be had largest, its size, alt and caption, and which one leads. Pure.

Walks the article's part of the page in reading order and asks every attribute lazy themes use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import lxml.html

from petra.articles import srcset
from petra.articles.identity import absolute, address_key, site_of
from petra.articles.lines import one_line, text_of
from petra.articles.page import Page, parse_html
from petra.articles.srcset import Candidate, is_blank, is_picture_address, picture_key, told_size

MAX_PICTURES = 200
LEAST_SIDE_PX = 150  # badges and avatars end below; networks ignore pictures under 80 px. 2026-11
_SOURCES = (
    "data-orig-file", "data-large-file", "data-pin-media", "data-hi-res-src", "data-large_image", "data-full-url",
    "data-lazy-src", "data-src", "data-original", "data-lazy", "data-img-url", "data-image", "data-url", "src",
)  # fmt: skip
_SETS = ("srcset", "data-srcset", "data-lazy-srcset", "data-original-set")
_OUTSIDE = frozenset({"nav", "header", "footer", "aside", "form", "button", "iframe"})
_OUTSIDE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:author|avatar|comments?|comment-?list|respond|related|sidebar|share|sharing|social|nav|navigation|"
    r"newsletter|advert(?:isement)?|ads?|adsbygoogle|promo|recommend(?:ed|ations)?|popular|breadcrumbs?|logo|byline|"
    r"subscribe|footer|masthead|menu|more-?posts|you-?may-?like|jp-relatedposts|outbrain|taboola|sponsor|banner)"
    r"(?:[\s_-]|$)",
    re.IGNORECASE,
)
_TRACKER = re.compile(
    r"gravatar\.com|/emoji|wp-smiley|feedburner|doubleclick|/pixel|/ads?/|adserver|googlesyndication|amazon-adsystem|"
    r"scorecardresearch|\.com/tr\?|statcounter|vgwort|b\.wp\.com|\.svg(?:$|\?)",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"(?:^|[/_.-])(?:logo|icon|avatar|badge|sprite|button|favicon|spinner|arrow|smil(?:ey|ie)|share)s?(?:[/_.-]|$)",
    re.IGNORECASE,
)
_CONTENT_PATHS = (
    "//*[@itemprop='articleBody']",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' entry-content ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' post-content ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' gh-content ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' article-content ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' article-body ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' post-body ')]",
)


@dataclass(frozen=True)
class Picture:
    """One picture. Sizes are 0 where unknown; `is_nopin`: its owner asked not to pin it."""

    url: str
    alt: str = ""
    caption: str = ""
    title: str = ""
    width_px: int = 0
    height_px: int = 0
    is_nopin: bool = False
    is_hidden: bool = False
    pin_description: str = ""


def find_pictures(page: Page, root: lxml.html.HtmlElement) -> list[Picture]:
    """List the article's own pictures below `root` in reading order, each once, at most 200."""
    found: dict[str, Picture] = {}
    for element in root.iter("img", "noscript", "amp-img"):
        if len(found) >= MAX_PICTURES:
            break
        for image in _images(element):
            picture = _picture(page, image, element, root=root)
            if picture is None:
                continue
            key = picture_key(picture.url)
            found[key] = _better(found[key], picture) if key in found else picture
    return list(found.values())


def lead_picture(page: Page, pictures: list[Picture], root: lxml.html.HtmlElement) -> tuple[Picture | None, str]:
    """Choose the picture that stands for the article, and say who named it."""
    for url, source in _named_leads(page):
        same = next((picture for picture in pictures if picture_key(picture.url) == picture_key(url)), None)
        if not _TRACKER.search(url) and (same is not None or not _FURNITURE.search(urlsplit(url).path)):
            if same is None:
                return Picture(url, *_og_words(page)), source
            return _larger(same, url), source
    marked = page.tree.xpath(
        "//img[contains(@class,'wp-post-image') or contains(@class,'attachment-post-thumbnail') or contains(@class,"
        "'featured-image')] | //*[contains(@class,'gh-feature-image') or contains(@class,'gh-article-image')]"
        "/descendant-or-self::img"
    )
    for image in marked[:1]:
        picture = _picture(page, image, image, root=None)
        if picture is not None:
            return picture, "theme"
    visible = [picture for picture in pictures if not picture.is_nopin]
    for picture in visible:
        if picture.width_px >= 400 or (not picture.width_px and not picture.height_px):
            return picture, "content"
    return (visible[0], "content") if visible else (None, "")


def marked_body(page: Page) -> lxml.html.HtmlElement | None:
    """Give the element the page marks as the article's body, if there is exactly one."""
    for path in _CONTENT_PATHS:
        marked = page.tree.xpath(path)
        if len(marked) == 1 and len(text_of(marked[0])) >= 20:
            return marked[0]
    return None


def content_root(page: Page, paragraphs: list[str]) -> lxml.html.HtmlElement:
    """Give the element that holds the article: the marked one, else the smallest with 80 % of the text's paragraphs."""
    marked = marked_body(page)
    if marked is not None:
        return _with_gallery(marked)
    holder = _smallest_holder(page.tree, paragraphs)
    articles = page.tree.findall(".//article")
    if holder is None:
        if len(articles) == 1:
            return articles[0]
        main = page.tree.find(".//main")
        body = page.tree.find(".//body")
        return main if main is not None else (body if body is not None else page.tree)
    for ancestor in (holder, *holder.iterancestors()):
        if ancestor.tag == "article":
            return ancestor
    return holder


def _with_gallery(marked: lxml.html.HtmlElement) -> lxml.html.HtmlElement:
    """Step up to the single article around a marked body: galleries and covers stand beside it in many themes."""
    for ancestor in marked.iterancestors("article"):
        return ancestor
    return marked


def _smallest_holder(tree: lxml.html.HtmlElement, paragraphs: list[str]) -> lxml.html.HtmlElement | None:
    wanted = {one_line(paragraph)[:80] for paragraph in paragraphs if len(paragraph) > 40}
    if not wanted:
        return None
    counts: dict[lxml.html.HtmlElement, int] = {}
    hits = 0
    for element in tree.iter("p", "li", "blockquote", "div", "h2", "h3", "td", "pre"):
        start = one_line(element.text or "")[:80] if element.tag == "div" else one_line(text_of(element)[:400])[:80]
        if start in wanted:
            wanted.discard(start)
            hits += 1
            for ancestor in element.iterancestors():
                counts[ancestor] = counts.get(ancestor, 0) + 1
    full = [element for element, count in counts.items() if count >= 0.8 * hits]
    return min(full, key=lambda element: sum(1 for _ in element.iter()), default=None)


def _images(element: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    if element.tag != "noscript":
        yield element
        return
    images = list(element.iter("img"))
    if not images and element.text and "<img" in element.text:
        inner = parse_html(element.text)
        images = list(inner.iter("img")) if inner is not None else []
    yield from images


def _picture(
    page: Page, image: lxml.html.HtmlElement, place: lxml.html.HtmlElement, *, root: lxml.html.HtmlElement | None
) -> Picture | None:
    if root is not None and (_is_outside(place, root) or _is_card(page, place) or _is_shown_small(image)):
        return None
    best = _largest(page, image, place)
    if best is None or _TRACKER.search(best.url):
        return None
    is_told_of = len(image.get("alt") or "") > 2 and any(a.tag in ("p", "figure") for a in place.iterancestors())
    if _FURNITURE.search(urlsplit(best.url).path) and not is_told_of:
        return None
    width, height = _size(image, best)
    is_wanted_pin = any(name.startswith("data-pin-") for name in image.attrib)
    if not is_wanted_pin and min(side for side in (width or 9999, height or 9999)) < LEAST_SIDE_PX:
        return None
    classes = image.get("class") or ""
    is_nopin = "data-pin-nopin" in image.attrib or "nopin" in classes.split() or image.get("nopin") is not None
    caption = _caption(place)
    alt = one_line(image.get("alt")) or one_line(image.get("data-pin-description")) or caption
    return Picture(
        url=best.url,
        alt=alt[:2000],
        caption=caption[:2000],
        title=one_line(image.get("title"))[:500],
        width_px=width,
        height_px=height,
        is_nopin=is_nopin,
        is_hidden=_is_hidden(place),
        pin_description=one_line(image.get("data-pin-description"))[:2000],
    )


def _largest(page: Page, image: lxml.html.HtmlElement, place: lxml.html.HtmlElement) -> Candidate | None:
    candidates = [
        replace(candidate, url=url)
        for candidate in _candidates(image, place)
        if not is_blank(candidate.url) and (url := absolute(candidate.url, page.base))
    ]
    if not candidates:
        return None

    def rank(pair: tuple[int, Candidate]) -> tuple[float, int]:
        order, candidate = pair
        width = candidate.width_px or told_size(candidate.url)[0] or (800 * candidate.density)
        is_hard = bool(
            re.search(r"\.avif\b|[?&](?:fm|format)=avif", candidate.url)
        )  # networks don't take AVIF, 2026-11
        return (0 if is_hard else 1, width), -order  # type: ignore[return-value]  # a pair sorts like a number

    return max(enumerate(candidates), key=rank)[1]


def _candidates(image: lxml.html.HtmlElement, place: lxml.html.HtmlElement) -> Iterator[Candidate]:
    for name in _SOURCES:
        value = (image.get(name) or "").strip()
        if value and not (name in ("data-url", "data-image") and not is_picture_address(value)):
            width = 5000 if name == "data-orig-file" else 1500 if name in ("data-large-file", "data-full-url") else 0
            yield Candidate(value, width)
    for name in _SETS:
        yield from srcset.parse_srcset(image.get(name) or "")
    parent = place.getparent()
    if parent is not None and parent.tag == "picture":
        for source in parent.iter("source"):
            if "avif" not in (source.get("type") or ""):
                for name in _SETS:
                    yield from srcset.parse_srcset(source.get(name) or "")
        parent = parent.getparent()
    if parent is not None and parent.tag == "a" and is_picture_address(parent.get("href") or ""):
        yield Candidate(parent.get("href") or "", 1200)


def _size(image: lxml.html.HtmlElement, best: Candidate) -> tuple[int, int]:
    """Say the chosen file's size; shown width and height give its shape when the file is a larger one."""
    width, height = told_size(best.url)
    width = best.width_px if 0 < best.width_px < 5000 and best.width_px not in (1200, 1500) else width
    for name_w, name_h in (("data-image-width", "data-image-height"), ("width", "height")):
        shown_w, shown_h = _pixels(image.get(name_w)), _pixels(image.get(name_h))
        if shown_w and shown_h:
            if width and not height:
                return width, round(width * shown_h / shown_w)
            return (width or shown_w), (height or shown_h)
    style = image.get("style") or ""
    told = re.search(r"(?:^|[;\s])width:\s*(\d{1,4})px", style), re.search(r"(?:^|[;\s])height:\s*(\d{1,4})px", style)
    if not width and told[0] and told[1]:
        return int(told[0][1]), int(told[1][1])
    dims = re.match(r"(\d{2,5}),(\d{2,5})$", image.get("data-orig-size") or "")
    if dims and best.width_px == 5000:
        return int(dims[1]), int(dims[2])
    return width or _pixels(image.get("width")), height or _pixels(image.get("height"))


def _pixels(value: str | None) -> int:
    match = re.match(r"\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*$", value or "")
    return int(match[1]) if match else 0


def _caption(place: lxml.html.HtmlElement) -> str:
    for ancestor in place.iterancestors():
        classes = ancestor.get("class") or ""
        if ancestor.tag == "figure" or "wp-caption" in classes:
            for caption in ancestor.xpath(".//figcaption|.//*[contains(@class,'wp-caption-text')]")[:1]:
                return one_line(text_of(caption))
            return ""
        if ancestor.tag in ("article", "body", "main", "section"):
            break
    return ""


def _is_outside(place: lxml.html.HtmlElement, root: lxml.html.HtmlElement) -> bool:
    """Say whether something between a picture and the article's element marks it as not the article's own."""
    nested = 1 if root.tag == "article" or _stands_in_article(root) else 0
    for ancestor in place.iterancestors():
        if ancestor is root:
            return False
        nested += ancestor.tag == "article"
        if ancestor.tag in _OUTSIDE or nested > 1 or _has_outer_name(ancestor):
            return True
    return False


def _stands_in_article(element: lxml.html.HtmlElement) -> bool:
    return any(ancestor.tag == "article" for ancestor in element.iterancestors())


def _has_outer_name(element: lxml.html.HtmlElement) -> bool:
    names = " ".join((element.get("class") or "", element.get("id") or ""))
    return len(names) < 400 and bool(_OUTSIDE_NAMES.search(names))


def _is_card(page: Page, place: lxml.html.HtmlElement) -> bool:
    """Say whether a picture stands for another article: it links there, and words beside it link there too."""
    here = address_key(page.url)
    for ancestor in list(place.iterancestors())[:6]:
        if ancestor.tag != "a":
            continue
        url = absolute(ancestor.get("href") or "", page.base)
        if url is None or is_picture_address(url) or address_key(url) == here or "attachment" in url:
            return False
        if site_of(url).host != site_of(page.url).host:
            return False
        if len(text_of(ancestor)) > 15 and ancestor.find(".//figcaption") is None:
            return True
        return _has_twin_link(ancestor, ancestor.get("href") or "")
    return False


def _has_twin_link(link: lxml.html.HtmlElement, href: str) -> bool:
    for card in list(link.iterancestors())[:5]:
        for other in card.iter("a"):
            if other is not link and other.get("href") == href and len(text_of(other)) > 10:
                return True
        if card.tag in ("article", "main", "body") or len(card.findall("p")) > 2:
            return False
    return False


def _is_shown_small(image: lxml.html.HtmlElement) -> bool:
    """Say whether the page shows a picture as a thumbnail, whatever its file holds."""
    if any(name.startswith("data-pin-") for name in image.attrib):
        return False
    width, height = _pixels(image.get("width")), _pixels(image.get("height"))
    if 0 < width < 120 and 0 < height < 120:
        return True
    sizes = re.fullmatch(r"\s*(\d{1,3})px\s*", image.get("sizes") or "")
    return bool(sizes and int(sizes[1]) < 120)


def _is_hidden(place: lxml.html.HtmlElement) -> bool:
    chain = [place, *list(place.iterancestors())[:4]]
    return any(
        "tasty-pins-hidden" in (element.get("class") or "") or re.search(r"display:\s*none", element.get("style") or "")
        for element in chain
    )


def _better(first: Picture, second: Picture) -> Picture:
    """Join two sightings of one picture: the larger address, the words of either."""
    larger = second if second.width_px > first.width_px else first
    return replace(
        larger,
        alt=first.alt or second.alt,
        caption=first.caption or second.caption,
        is_nopin=first.is_nopin or second.is_nopin,
        is_hidden=first.is_hidden and second.is_hidden,
        pin_description=first.pin_description or second.pin_description,
    )


def _larger(same: Picture, url: str) -> Picture:
    width, height = told_size(url)
    return replace(same, url=url, width_px=width, height_px=height) if width > same.width_px else same


def _named_leads(page: Page) -> Iterator[tuple[str, str]]:
    node = page.article_node()
    og = next(
        (
            value
            for name in ("og:image", "og:image:url", "og:image:secure_url")
            for value in page.meta.get(name, ())
            if value
        ),
        "",
    )
    if node is not None:
        url = _ld_image(page, node.get("image") or node.get("thumbnailUrl"))
        if url:
            yield url, "json-ld"
    for value, source in ((og, "opengraph"), (page.first_meta("twitter:image", "twitter:image:src"), "twitter")):
        url = absolute(value, page.base) if value and not is_blank(value) else None
        if url:
            yield url, source
    for link in page.tree.xpath("//link[@rel='image_src']/@href")[:1]:
        url = absolute(str(link), page.base)
        if url:
            yield url, "link"


def _ld_image(page: Page, value: object) -> str | None:
    """Give the largest picture a JSON-LD image value names."""
    best: tuple[int, str] | None = None
    for one in value if isinstance(value, list) else [value]:
        node = page.resolve(one)
        written = one if isinstance(one, str) else (node.get("url") or node.get("contentUrl")) if node else None
        written = written[0] if isinstance(written, list) and written else written
        url = absolute(written, page.base) if isinstance(written, str) and not is_blank(written) else None
        if url is None:
            continue
        width = _pixels(str(node.get("width"))) if node else 0
        if best is None or width > best[0]:
            best = (width, url)
    return best[1] if best else None


def _og_words(page: Page) -> tuple[str]:
    return (one_line(page.first_meta("og:image:alt", "twitter:image:alt"))[:2000],)
