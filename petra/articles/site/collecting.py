"""A blog's address → everything that is read there, in memory: what `petra import --json` writes. No database.

`importing` goes the same steps and writes rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from petra.articles.identity import Site, address_key, site_of
from petra.articles.pages import doubles
from petra.articles.pages.extracted import Extracted
from petra.articles.sandbox.sandbox import Sandbox
from petra.articles.site import sitewide
from petra.articles.site.candidates import Candidate, Discovered, Trouble
from petra.articles.site.discovery import Discovery
from petra.articles.site.manners import Budget, Sleep, Visitor
from petra.articles.site.reader import STOPS_IMPORT, Read, Reader, Wanted, traits_of
from petra.articles.site.reading import Crew, lend
from petra.lib import addresses, clock
from petra.lib.addresses import BadAddress
from petra.lib.outbound import AllowPrivate, Outbound


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
    with Outbound(allow_private=allow_private, contact=contact) as client, lend() as sandboxes:
        visitor = Visitor(client, sleep=sleep or clock.sleep, gap_s=gap_s, budget=budget)
        if is_single_page:
            found = single(address)
        else:
            look = Discovery(visitor, sandboxes[0], on_found=lambda count, source: say(Progress(source, found=count)))
            found = look.look(full_address(address))
        collected = Collected(found.home, found.title, found.language, found.engine, found.sources)
        collected.troubles += found.troubles
        try:
            _collect_all(found, Reader(visitor, found.site, found.read_already), collected, say, sandboxes)
        except STOPS_IMPORT as error:
            collected.troubles.append(Trouble(found.home, error.code, error.for_person))
        collected.requests = visitor.requests
        return collected


def _collect_all(
    found: Discovered, reader: Reader, collected: Collected, say: OnProgress, sandboxes: Sequence[Sandbox]
) -> None:
    waiting = found.worth_reading()
    reads: dict[int, Read] = {}
    try:
        with Crew(reader, sandboxes) as crew:
            for ticket, candidate in enumerate(waiting):
                crew.give(ticket, Wanted(candidate))
            while crew.waiting:
                for done in crew.take(most=1, within_s=60.0):
                    reads[done.ticket] = done.read
                    articles = sum(read.article is not None for read in reads.values())
                    say(Progress("read", len(waiting), len(reads), articles, done.read.candidate.url))
    finally:
        _sum_up([reads[ticket] for ticket in sorted(reads)], collected)


def _sum_up(reads: Iterable[Read], collected: Collected) -> None:
    keys: set[str] = set()
    texts: list[str] = []
    known = doubles.Known()
    for read in reads:
        if read.trouble is not None:
            collected.troubles.append(read.trouble)
        if read.state == "maybe":
            collected.maybe.append(read.candidate.url)
        texts.append(read.article.text if read.article is not None else "")
        if read.article is not None and address_key(read.article.url) not in keys:
            keys.add(address_key(read.article.url))
            traits = traits_of(read.article, read.candidate)
            if known.same_as(traits) is None:
                known.add(read.article.url, traits)
                collected.articles.append(read.article)
    sitewide.settle(collected.articles)
    if sitewide.has_one_text(texts):
        collected.troubles.insert(0, Trouble(collected.home, "one-text", sitewide.ONE_TEXT))


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


def askable(text: str) -> str:
    """Read an address that a person wants read, complete. Raises BadAddress, also for what is private by its form.

    What a name leads to is known only when it is looked up: `lib.outbound` refuses that at the connection.
    """
    url, allowed = addresses.parse(full_address(text)), operator_allows()
    addresses.check_port(url, allowed)
    if addresses.is_private_by_name(url.host) and (url.host, addresses.port_of(url)) not in allowed:
        raise BadAddress(
            "This address lies in a private network. Whoever runs Petra can allow it (PETRA_ALLOW_PRIVATE)."
        )
    return str(url)


def parse_allow_private(pairs: Iterable[str]) -> AllowPrivate:
    """Read exact `host:port` pairs. Raises BadAddress for anything else."""
    allowed = set()
    for pair in pairs:
        host, _, port = pair.rpartition(":")
        if not host or not port.isdigit():
            raise BadAddress(f"{pair!r} is not of the form HOST:PORT.")
        allowed.add((host.strip("[]").lower(), int(port)))
    return frozenset(allowed)


def operator_allows() -> AllowPrivate:
    """Read the private blogs the operator trusts from PETRA_ALLOW_PRIVATE (host:port)."""
    return parse_allow_private(settings.ALLOW_PRIVATE)


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
        "categories": article.categories,
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
        "title": picture.title,
        "pin_title": picture.pin_title,
        "pin_description": picture.pin_description,
        "pin_url": picture.pin_url or None,
        "pin_id": picture.pin_id or None,
        "width": picture.width_px or None,
        "height": picture.height_px or None,
        "nopin": picture.is_nopin,
    }
