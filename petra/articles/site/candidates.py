"""What a site is found to list: addresses that may be articles, who says so, and what went wrong on the way. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import unquote

from petra.articles.feed_items import FeedItem
from petra.articles.identity import Site, address_key, clean_text
from petra.articles.pages import scoring
from petra.lib.errors import ProductError
from petra.lib.outbound import Answer

MAX_CANDIDATES = 50_000
MAX_TROUBLES = 200
LEAST_SIBLINGS = 3
FEW_ARTICLES = 5
_TOLD = 2  # points: its date, a sitemap of posts, a folder called like a blog
_LAST_WORD = re.compile(r"[/:=]?[^/:=]*\Z")
_TOP = re.compile(r"(?:[a-z]{2}(?:[-_][a-z]{2})?)?\Z", re.IGNORECASE)


def folder_of(key: str) -> str:
    """Give the folder of an address by its key; where a query names the page, that is all but its last word:
    "oak.example/index.php?id" of ?id=12.
    """
    path, mark, query = key.partition("?")
    return path + mark + _LAST_WORD.sub("", unquote(query).removesuffix("=")) if mark else path.rpartition("/")[0]


class NotABlog(ProductError):
    """The address leads to something articles can't be read from. The sentence names what was found."""

    def __init__(self, for_person: str) -> None:
        super().__init__("not-a-blog", for_person)


@dataclass
class Candidate:
    """An address that may be an article, and who says so."""

    url: str
    evidence: set[str] = field(default_factory=set)
    lastmod: str = ""
    item: FeedItem | None = None

    @property
    def key(self) -> str:
        """The key under which it is one article."""
        return address_key(self.url)

    @property
    def mark(self) -> str:
        """What the lists say of its last change; "" where they say nothing that can be relied on."""
        told = self.item.modified if self.item is not None and self.item.is_the_engines_own else ""
        return "|".join(part for part in (self.lastmod, told) if part)[:120]

    @property
    def is_worth_reading(self) -> bool:
        """Say whether reading the page could still make it an article (a type, a date and length add five)."""
        return scoring.score_address(self.url, self.evidence) + 5 >= scoring.ARTICLE_AT

    @property
    def is_doubtful(self) -> bool:
        """Say whether it is worth reading, but only the page can say whether it is an article."""
        return self.is_worth_reading and scoring.score(self.url, self.evidence, {}) < _TOLD


@dataclass
class Trouble:
    """One thing that went wrong on the way; the rest goes on."""

    url: str
    kind: str
    for_person: str


@dataclass
class Discovered:
    """What a site lists. `skipped` counts addresses left out by kind of reason."""

    site: Site
    home: str
    title: str = ""
    language: str = ""
    engine: str = ""
    candidates: dict[str, Candidate] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    is_listed_whole: bool = False  # the blog's own list shows what its feed names, and goes on (`series`)
    read_already: dict[str, Answer] = field(default_factory=dict)  # by address key: not asked twice

    def add(self, url: str, evidence: str, *, lastmod: str = "", item: FeedItem | None = None) -> None:
        """Note an address; what is out of the blog or no page is counted and left out."""
        if not self.site.holds(url):
            self.count("other-site")
        elif not scoring.is_readable_page(url) or self.site.is_home(url):
            self.count("no-page")
        elif len(self.candidates) < MAX_CANDIDATES:
            found = self.candidates.setdefault(address_key(url), Candidate(url))
            found.evidence.add(evidence)
            found.lastmod = found.lastmod or lastmod
            if item is not None and (found.item is None or (evidence == "rest" and not found.item.is_the_engines_own)):
                found.item = item
                found.url = item.url if evidence in ("feed", "rest") else found.url

    def tell(self, url: str, kind: str, for_person: str) -> None:
        """Note that something went wrong."""
        if len(self.troubles) < MAX_TROUBLES:
            self.troubles.append(Trouble(clean_text(url), kind, for_person))

    def weigh_places(self) -> None:
        """Note what stands in a folder of articles, by what feeds name, and what other pages stand below of."""
        folders = {key: folder_of(key) for key in self.candidates}
        told, told_as_lists = self.folders_told()
        held = Counter(folders.values())
        for key, folder in folders.items():
            evidence = self.candidates[key].evidence
            if folder in told:
                evidence.add("sibling")
            if folder in told_as_lists:
                evidence.add("like-told")
            if held[key] >= LEAST_SIBLINGS:
                evidence.add("section")
            if self.is_listed_whole and not evidence & {"feed", "teased"}:
                evidence.add("untold")

    def folders_told(self) -> tuple[set[str], set[str]]:
        """Give the folders from which feeds name articles, and of those the ones where these read like lists.

        Where the engine tells all its articles, the rest is none; the top folder holds pages of every kind.
        """
        if "rest" in self.sources:
            return set(), set()
        told = {key: one.url for key, one in self.candidates.items() if "feed" in one.evidence}
        counts = Counter(folder_of(key) for key in told)
        folders = {one for one, count in counts.items() if count >= LEAST_SIBLINGS and not self._is_top(one)}
        plain = {folder_of(key) for key, url in told.items() if not scoring.looks_like_listing(url)}
        return folders, folders - plain

    def _is_top(self, folder: str) -> bool:
        """Say whether a folder holds the site's pages of every kind: its first one, or that of a language."""
        path = f"/{folder.partition('/')[2]}/".replace("//", "/")
        return bool(_TOP.match(path.removeprefix(self.site.folder).strip("/")))

    @property
    def promising(self) -> int:
        """Count the candidates that are worth reading."""
        return sum(candidate.is_worth_reading for candidate in self.candidates.values())

    @property
    def are_few(self) -> bool:
        """Say whether hardly any candidate is worth reading."""
        return self.promising < FEW_ARTICLES

    @property
    def are_only_fed(self) -> bool:
        """Say whether nothing but feeds, which tell the newest only, and the blog's own list name any."""
        return set(self.sources) <= {"feed", "list"}

    @property
    def are_doubtful(self) -> bool:
        """Say whether there are candidates of which neither a list nor the address tells that they are articles."""
        told = self.folders_told()[0]
        doubts = (one.is_doubtful for key, one in self.candidates.items() if folder_of(key) not in told)
        return sum(doubts) >= FEW_ARTICLES

    def count(self, reason: str) -> None:
        """Count one address left out."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def worth_reading(self) -> list[Candidate]:
        """Give the candidates to read, newest lists first: feed and REST order, then the sitemap's."""
        chosen = [candidate for candidate in self.candidates.values() if candidate.is_worth_reading]
        return sorted(chosen, key=lambda candidate: candidate.item is None)
