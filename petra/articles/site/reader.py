"""Asks for one page and says what it is: an article, something else, gone, or why it could not be read. No database.

`reading` runs the two halves side by side: `Reader.fetch` asks the site, `Reader.read_fetched` reads what came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from petra.articles.identity import Site, address_key
from petra.articles.pages import doubles, scoring
from petra.articles.pages.extracted import Extracted
from petra.articles.sandbox.sandbox import Sandbox
from petra.articles.site.candidates import Candidate, Trouble
from petra.articles.site.manners import PAGE_BYTES, BotWall, OverBudget, RobotsUnknown, SiteBusy, Visitor
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.lib.outbound import Answer

STOPS_IMPORT = (RobotsUnknown, SiteBusy, BotWall, OverBudget)
_GONE = frozenset({404, 410})
# What stands in place of an article (`walls`): what becomes of the page, and why.
_WALLS = {
    "not-found": ("gone", "The site says that there is no such page."),
    "bot-wall": ("failed", "The site lets only browsers read this page."),
    "login": ("skipped", "This page wants people to sign in."),
    "parked": ("skipped", "There is only a placeholder at this address."),
    "consent": ("failed", "The site asks about cookies instead of showing the page."),
}
_BROKE_OFF = "The site broke off before the end of this page."
_KEPT = f"{_BROKE_OFF} The article stays as it was."
_FEED_WILL_DO = ("too-slow", "bad-answer", "unreachable", "too-heavy")


@dataclass(frozen=True)
class Wanted:
    """One page to ask for. `etag` and `last_modified` are those of the body stored before.

    `is_known`: there is an article of it already, which a mere feed item must not replace. `is_whole`: the item is
    all there is to read, as in an export; nothing is asked for.
    """

    candidate: Candidate
    etag: str = ""
    last_modified: str = ""
    is_known: bool = False
    is_whole: bool = False


@dataclass(frozen=True)
class Fetched:
    """What came for a page. Without an answer there is a trouble, and the feed's words to take instead."""

    candidate: Candidate
    answer: Answer | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Read:
    """What became of one candidate. `state`: article, unchanged, known, maybe (no article), skipped, gone, failed."""

    candidate: Candidate
    state: str
    article: Extracted | None = None
    trouble: Trouble | None = None
    etag: str = ""
    last_modified: str = ""
    is_part: bool = False  # its answer broke off: whatever the lists say, the next import asks again


class Reader:
    """Reads pages of one site. `fetch` is for one thread at a time, `read_fetched` for any."""

    def __init__(self, visitor: Visitor, site: Site, read_already: Mapping[str, Answer] | None = None) -> None:
        self._visitor = visitor
        self._site = site
        self._read_already = read_already or {}

    def fetch(self, wanted: Wanted) -> Fetched | Read:
        """Ask for one page. Raises only what stops the whole import (STOPS_IMPORT); the rest is told in the result."""
        candidate = wanted.candidate
        if not self._site.holds(candidate.url):
            trouble = Trouble(candidate.url, "other-site", "This address belongs to another site.")
            return Read(candidate, "skipped", trouble=trouble)
        if wanted.is_whole:
            return Read(candidate, "known") if wanted.is_known else Fetched(candidate)
        try:
            answer = self._read_already.get(candidate.key) or self._visitor.get(
                candidate.url,
                validators={"etag": wanted.etag, "last_modified": wanted.last_modified},
                accept="text/html,application/xhtml+xml,*/*;q=0.5",
            )
        except STOPS_IMPORT:
            raise
        except ProductError as error:
            return self._failed(wanted, error)
        if answer.status == 304:
            return Read(candidate, "unchanged")
        if answer.status != 200:
            return self._refused(wanted, answer)
        if wanted.is_known and _broke_off(answer):
            return Read(candidate, "failed", trouble=Trouble(candidate.url, "broken-off", _KEPT))
        return Fetched(candidate, answer)

    def read_fetched(self, fetched: Fetched, sandbox: Sandbox) -> Read:
        """Read what came. Never raises for what a page holds."""
        candidate, answer = fetched.candidate, fetched.answer
        try:
            if answer is None:
                return _from_feed(fetched, sandbox)
            return self._read(candidate, answer, sandbox)
        except ProductError as error:
            trouble = Trouble(candidate.url, error.code, error.for_person)
            if answer is not None and candidate.item is not None and candidate.item.html:
                return _from_feed(Fetched(candidate, trouble=trouble), sandbox)
            return Read(candidate, "failed", trouble=trouble)

    def _failed(self, wanted: Wanted, error: ProductError) -> Fetched | Read:
        candidate = wanted.candidate
        trouble = Trouble(candidate.url, error.code, error.for_person)
        item = candidate.item
        if item is not None and item.html and error.code in _FEED_WILL_DO and not wanted.is_known:
            return Fetched(candidate, trouble=trouble)
        return Read(candidate, "skipped" if error.code == "robots" else "failed", trouble=trouble)

    def _refused(self, wanted: Wanted, answer: Answer) -> Fetched | Read:
        candidate = wanted.candidate
        trouble = Trouble(candidate.url, f"http-{answer.status}", f"The site answered {answer.status} for this page.")
        item = candidate.item
        if item is not None and (item.html or item.summary) and answer.status != 410 and not wanted.is_known:
            return Fetched(candidate, trouble=trouble)
        return Read(candidate, "gone" if answer.status in _GONE else "failed", trouble=trouble)

    def _read(self, candidate: Candidate, answer: Answer, sandbox: Sandbox) -> Read:
        if answer.content_type and "html" not in answer.content_type:
            trouble = Trouble(candidate.url, "no-page", f"This is a file ({answer.content_type}), not a page.")
            return Read(candidate, "skipped", trouble=trouble)
        if self._site.is_home(answer.url) and address_key(answer.url) != candidate.key:
            trouble = Trouble(candidate.url, "moved", "The address leads to the first page.")
            return Read(candidate, "skipped", trouble=trouble)
        page = sandbox.extract(
            answer.body,
            url=answer.url,
            content_type=answer.headers.get("content-type", ""),
            item=candidate.item,
            now=clock.now(),
        )
        if page is None:
            trouble = Trouble(candidate.url, "empty", "There is no page at this address.")
            return Read(candidate, "failed", trouble=trouble)
        return self._judged(candidate, answer, page)

    def _judged(self, candidate: Candidate, answer: Answer, page: Extracted) -> Read:
        if page.wall in _WALLS:
            state, words = _WALLS[page.wall]
            return Read(candidate, state, trouble=Trouble(candidate.url, page.wall, words))
        page.url, warning = own_address(page, candidate, answer.url, self._site)
        points = scoring.score(candidate.url, candidate.evidence, page.signs)
        if points < scoring.ARTICLE_AT:
            return Read(candidate, "maybe")
        if _broke_off(answer):  # without validators: a 304 would make this part of it last
            part = Trouble(candidate.url, "broken-off", f"{_BROKE_OFF} Its start was read.")
            return Read(candidate, "article", article=page, trouble=part, is_part=True)
        cut = None
        if answer.is_cut:
            cut = Trouble(candidate.url, "cut", "The page is longer than 5 MB; its start was read.")
        return Read(
            candidate,
            "article",
            article=page,
            trouble=warning or cut,
            etag=answer.headers.get("etag", "")[:500],
            last_modified=answer.headers.get("last-modified", "")[:100],
        )


def _broke_off(answer: Answer) -> bool:
    """Say whether the site hung up before the end of a page that is not too long."""
    return answer.is_cut and len(answer.body) < PAGE_BYTES


def _from_feed(fetched: Fetched, sandbox: Sandbox) -> Read:
    """Take the article from the feed when its page can't be had; the trouble is told with it."""
    candidate, trouble = fetched.candidate, fetched.trouble
    if candidate.item is None:
        return Read(candidate, "failed", trouble=trouble)
    page = sandbox.extract_item(candidate.item, now=clock.now())
    page.url = candidate.url
    told = trouble and Trouble(
        trouble.url, trouble.kind, f"{trouble.for_person} Its feed has the text, which was taken."
    )
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


def traits_of(article: Extracted, candidate: Candidate) -> doubles.Traits:
    """Say what makes an article comparable with others of its blog."""
    return doubles.Traits(
        title=article.title,
        day=article.published[:10],
        guid=candidate.item.guid if candidate.item is not None else "",
        language=article.language,
        nearness=article.nearness,
    )
