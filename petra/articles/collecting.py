"""Candidates → articles: reads each page, decides whether it is one, and settles which address is its own. No database.

`importing` writes what comes out into rows; the command line writes it into a file. Both see the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from petra.articles import scoring
from petra.articles.discovery import Candidate, Discovered, Discovery, Trouble
from petra.articles.extract import Extracted
from petra.articles.identity import Site, address_key, site_of
from petra.articles.manners import BotWall, Budget, OverBudget, RobotsUnknown, SiteBusy, Sleep, Visitor
from petra.articles.sandbox import Sandbox, borrowed
from petra.lib import clock
from petra.lib.addresses import BadAddress
from petra.lib.errors import ProductError
from petra.lib.outbound import AllowPrivate, Answer, Outbound

STOPS_IMPORT = (RobotsUnknown, SiteBusy, BotWall, OverBudget)
_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Read:
    """What became of one candidate. `state`: article, unchanged, maybe (not an article), skipped, gone, failed."""

    candidate: Candidate
    state: str
    article: Extracted | None = None
    trouble: Trouble | None = None
    etag: str = ""
    last_modified: str = ""


@dataclass
class Progress:
    """How far a collection is, for whoever shows it."""

    step: str
    found: int = 0
    done: int = 0
    articles: int = 0
    url: str = ""


@dataclass
class Collected:
    """Everything one look at a blog gave."""

    home: str
    title: str = ""
    language: str = ""
    engine: str = ""
    sources: list[str] = field(default_factory=list)
    articles: list[Extracted] = field(default_factory=list)
    maybe: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    requests: int = 0

    def as_data(self) -> dict[str, Any]:
        """Give the form `petra import --json` writes."""
        return {
            "home": self.home,
            "title": self.title,
            "language": self.language,
            "engine": self.engine,
            "sources": self.sources,
            "requests": self.requests,
            "articles": [article_data(article) for article in self.articles],
            "maybe": self.maybe,
            "problems": [vars(trouble) for trouble in self.troubles],
        }


OnProgress = Callable[[Progress], None]


class Reader:
    """Reads candidates of one site, one after another."""

    def __init__(
        self, visitor: Visitor, sandbox: Sandbox, site: Site, read_already: Mapping[str, Answer] | None = None
    ) -> None:
        self._visitor = visitor
        self._sandbox = sandbox
        self._site = site
        self._read_already = read_already or {}

    def read(self, candidate: Candidate, *, etag: str = "", last_modified: str = "") -> Read:
        """Read one candidate; `etag` and `last_modified` are those of the body stored before.

        Raises only what stops the whole import (STOPS_IMPORT); everything else is told in the result.
        """
        try:
            return self._read(candidate, {"etag": etag, "last_modified": last_modified})
        except STOPS_IMPORT:
            raise
        except ProductError as error:
            item = candidate.item
            if item is not None and item.html and error.code in ("too-slow", "bad-answer", "unreachable", "too-heavy"):
                return self._from_feed(candidate, Trouble(candidate.url, error.code, error.for_person))
            kind = "skipped" if error.code == "robots" else "failed"
            return Read(candidate, kind, trouble=Trouble(candidate.url, error.code, error.for_person))

    def _read(self, candidate: Candidate, validators: dict[str, str]) -> Read:
        answer = self._read_already.get(candidate.key) or self._visitor.get(
            candidate.url, validators=validators, accept="text/html,application/xhtml+xml,*/*;q=0.5"
        )
        if answer.status == 304:
            return Read(candidate, "unchanged")
        if answer.status != 200:
            return self._refused(candidate, answer)
        if answer.content_type and "html" not in answer.content_type:
            trouble = Trouble(candidate.url, "no-page", f"This is a file ({answer.content_type}), not a page.")
            return Read(candidate, "skipped", trouble=trouble)
        if self._site.is_home(answer.url) and address_key(answer.url) != candidate.key:
            return Read(
                candidate, "skipped", trouble=Trouble(candidate.url, "moved", "The address leads to the first page.")
            )
        page = self._sandbox.extract(
            answer.body,
            url=answer.url,
            content_type=answer.headers.get("content-type", ""),
            item=candidate.item,
            now=clock.now(),
        )
        if page is None:
            return Read(
                candidate, "failed", trouble=Trouble(candidate.url, "empty", "There is no page at this address.")
            )
        return self._judged(candidate, answer, page)

    def _judged(self, candidate: Candidate, answer: Answer, page: Extracted) -> Read:
        page.url, warning = own_address(page, candidate, answer.url, self._site)
        points = scoring.score(candidate.url, candidate.evidence, page.signs)
        if points < scoring.ARTICLE_AT:
            return Read(candidate, "maybe")
        cut = (
            Trouble(candidate.url, "cut", "The page is longer than 5 MB; its start was read.")
            if answer.is_cut
            else None
        )
        return Read(
            candidate,
            "article",
            article=page,
            trouble=warning or cut,
            etag=answer.headers.get("etag", "")[:500],
            last_modified=answer.headers.get("last-modified", "")[:100],
        )

    def _refused(self, candidate: Candidate, answer: Answer) -> Read:
        trouble = Trouble(candidate.url, f"http-{answer.status}", f"The site answered {answer.status} for this page.")
        item = candidate.item
        if item is not None and (item.html or item.summary) and answer.status != 410:
            return self._from_feed(candidate, trouble)
        return Read(candidate, "gone" if answer.status in _GONE else "failed", trouble=trouble)

    def _from_feed(self, candidate: Candidate, trouble: Trouble) -> Read:
        """Take the article from the feed when its page can't be had; the trouble is told with it."""
        if candidate.item is None:
            return Read(candidate, "failed", trouble=trouble)
        page = self._sandbox.extract_item(candidate.item, now=clock.now())
        page.url = candidate.url
        told = Trouble(trouble.url, trouble.kind, f"{trouble.for_person} Its feed has the text, which was taken.")
        return Read(candidate, "article", article=page, trouble=told)


def own_address(page: Extracted, candidate: Candidate, answered: str, site: Site) -> tuple[str, Trouble | None]:
    """Say which address is the article's own: its canonical where that can be believed, else where it was read."""
    canonical = page.canonical
    here = answered if site.holds(answered) else candidate.url
    if not canonical or address_key(canonical) == address_key(here):
        return candidate.url if address_key(candidate.url) == address_key(here) else here, None
    if not site.holds(canonical):
        trouble = Trouble(
            candidate.url, "canonical", "The page names another site as its own address; Petra kept the one it read."
        )
        return here, trouble
    if site.is_home(canonical) or scoring.looks_like_listing(canonical):
        return here, None
    return canonical, None


def collect(
    address: str,
    *,
    allow_private: AllowPrivate = frozenset(),
    on_progress: OnProgress | None = None,
    gap_s: float = 1.0,
    sleep: Sleep | None = None,
    contact: str = "",
    is_single_page: bool = False,
    budget: Budget | None = None,
) -> Collected:
    """Read a whole blog (or one page of it) into memory. Raises ProductError when nothing can be read at all."""
    say = on_progress or (lambda _progress: None)
    with Outbound(allow_private=allow_private, contact=contact) as client, borrowed() as sandbox:
        visitor = Visitor(client, sleep=sleep or clock.sleep, gap_s=gap_s, budget=budget)
        if is_single_page:
            found = single(address)
        else:
            look = Discovery(visitor, sandbox, on_found=lambda count, source: say(Progress(source, found=count)))
            found = look.look(full_address(address))
        collected = Collected(found.home, found.title, found.language, found.engine, found.sources)
        collected.troubles += found.troubles
        try:
            _collect_all(found, Reader(visitor, sandbox, found.site, found.read_already), collected, say)
        except STOPS_IMPORT as error:
            collected.troubles.append(Trouble(found.home, error.code, error.for_person))
        collected.requests = visitor.requests
        return collected


def _collect_all(found: Discovered, reader: Reader, collected: Collected, say: OnProgress) -> None:
    waiting = found.worth_reading()
    keys: set[str] = set()
    for done, candidate in enumerate(waiting, 1):
        read = reader.read(candidate)
        if read.trouble is not None:
            collected.troubles.append(read.trouble)
        if read.state == "maybe":
            collected.maybe.append(candidate.url)
        if read.article is not None and address_key(read.article.url) not in keys:
            keys.add(address_key(read.article.url))
            collected.articles.append(read.article)
        say(Progress("read", len(waiting), done, len(collected.articles), candidate.url))


def single(address: str) -> Discovered:
    """Give the list of one page that a person named."""
    url = full_address(address)
    site = Site(site_of(url).host)
    return Discovered(site, url, candidates={address_key(url): Candidate(url, {"hand"})}, sources=["hand"])


def full_address(text: str) -> str:
    """Complete what a person typed: white space off, https:// in front where no scheme is."""
    text = text.strip()
    if not text:
        raise BadAddress("Give the address of a blog, like example.com.")
    if "://" in text.split("?", 1)[0]:
        return text
    return f"https://{text.removeprefix('//')}"


def parse_allow_private(pairs: Iterable[str]) -> AllowPrivate:
    """Read exact `host:port` pairs. Raises BadAddress for anything else."""
    allowed = set()
    for pair in pairs:
        host, _, port = pair.rpartition(":")
        if not host or not port.isdigit():
            raise BadAddress(f"{pair!r} is not of the form HOST:PORT.")
        allowed.add((host.strip("[]").lower(), int(port)))
    return frozenset(allowed)


def article_data(article: Extracted) -> dict[str, Any]:
    """Give one article in plain data, pictures with addresses, alt and size."""
    return {
        "url": article.url,
        "title": article.title,
        "author": ", ".join(article.authors) or None,
        "published": article.published or None,
        "modified": article.modified or None,
        "language": article.language,
        "excerpt": article.excerpt,
        "text": article.text,
        "tags": article.tags,
        "categories": [],
        "lead_image": _picture_data(article.lead),
        "images": [_picture_data(picture) for picture in article.pictures],
        "do_not_pin": article.is_do_not_pin,
        "translations": article.translations,
        "sources": article.sources,
    }


def _picture_data(picture: Any) -> dict[str, Any] | None:
    if picture is None:
        return None
    return {
        "url": picture.url,
        "alt": picture.alt,
        "caption": picture.caption,
        "width": picture.width_px or None,
        "height": picture.height_px or None,
        "nopin": picture.is_nopin,
    }
