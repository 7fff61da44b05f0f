"""How every list of a site is asked for: a failure is told where the site named the list, and quiet for a guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from petra.articles import feed_items
from petra.articles.feed_items import Feed
from petra.articles.lists import sitemaps
from petra.articles.lists.sitemaps import SitemapFile
from petra.articles.pages.links import Links
from petra.articles.sandbox.sandbox import PageTooHeavy, Sandbox
from petra.articles.site.candidates import Discovered
from petra.articles.site.kept import Kept, Memory, digest_of
from petra.articles.site.manners import PAGE_BYTES, BotWall, Disallowed, OverBudget, RobotsUnknown, SiteBusy, Visitor
from petra.lib.errors import ProductError
from petra.lib.outbound import Answer

STOPPING = (RobotsUnknown, SiteBusy, BotWall, OverBudget)
OnFound = Callable[[int, str], None]


class Asker:
    """Asks for the lists of one site, and has them read in the sandbox."""

    def __init__(
        self, visitor: Visitor, sandbox: Sandbox, found: Discovered, on_found: OnFound, memory: Memory
    ) -> None:
        self.visitor = visitor
        self.found = found
        self._memory = memory
        self._sandbox = sandbox
        self._on_found = on_found

    def get(
        self, url: str, *, max_bytes: int = PAGE_BYTES, is_wanted: bool = False, kept: Kept | None = None
    ) -> Answer | None:
        """Ask for an address; None where it did not answer with 200, or 304 where it is kept.

        Raises only what stops an import.
        """
        validators = {"etag": kept.etag, "last_modified": kept.last_modified} if kept is not None else None
        try:
            answer = self.visitor.get(url, max_bytes=max_bytes, validators=validators)
        except STOPPING:
            raise
        except ProductError as error:
            if is_wanted and not isinstance(error, Disallowed):
                self.found.tell(url, error.code, error.for_person)
            return None
        if answer.status != 200 and not (answer.status == 304 and kept is not None):
            if is_wanted:
                self.found.tell(url, "list", f"The site names this list but answers {answer.status}.")
            return None
        return answer

    def sitemap_at(self, url: str, *, is_wanted: bool) -> tuple[Answer, SitemapFile] | None:
        """Ask for a sitemap and read it, unless it is as it was; None where that can't be done, which is told."""
        kept = self._memory.look(url, "sitemap")
        answer = self.get(url, max_bytes=sitemaps.MAX_BYTES, is_wanted=is_wanted, kept=kept)
        if answer is None:
            return None
        if kept is not None and _is_as_kept(answer, kept):
            return answer, sitemaps.from_data(kept.found)
        try:
            listed = self._sandbox.sitemap(answer.body)
        except PageTooHeavy as error:
            self.found.tell(answer.url, error.code, error.for_person)
            return None
        if listed.pages or listed.children:
            self._memory.keep(url, "sitemap", answer, asdict(listed))
        return answer, listed

    def feed_at(self, url: str, *, is_wanted: bool) -> tuple[Answer, Feed] | None:
        """Ask for a feed and read it, unless it is as it was; None where that can't be done, which is told."""
        kept = self._memory.look(url, "feed")
        answer = self.get(url, max_bytes=feed_items.MAX_BYTES, is_wanted=is_wanted, kept=kept)
        if answer is None:
            return None
        if kept is not None and _is_as_kept(answer, kept):
            return answer, feed_items.from_data(kept.found)
        feed = self.feed(answer)
        if feed is None:
            return None
        if feed.items:
            self._memory.keep(url, "feed", answer, asdict(feed))
        return answer, feed

    def feed(self, answer: Answer) -> Feed | None:
        """Read a feed; None where it is too heavy, which is told."""
        try:
            return self._sandbox.feed(answer.body, url=answer.url, content_type=answer.headers.get("content-type", ""))
        except PageTooHeavy as error:
            self.found.tell(answer.url, error.code, error.for_person)
            return None

    def links(self, answer: Answer) -> Links:
        """Read what a page links to; nothing where it is too heavy, which is told."""
        try:
            data = self._sandbox.links(answer.body, url=answer.url, content_type=answer.headers.get("content-type", ""))
        except PageTooHeavy as error:
            self.found.tell(answer.url, error.code, error.for_person)
            return Links()
        return Links(**{**data, "feeds": [(one[0], one[1], one[2]) for one in data["feeds"]]})

    def take_feed(self, feed: Feed, url: str) -> None:
        """Note what a feed lists."""
        found = self.found
        for item in feed.items:
            found.add(item.url, "feed", item=item)
        found.title = found.title or feed.title
        found.language = found.language or feed.language
        if feed.is_cut:
            found.tell(url, "cut", "The feed is longer than Petra reads; its start was taken.")
        if feed.items:
            self.say("feed")

    def say(self, source: str) -> None:
        """Tell whoever waits that a source gave something."""
        if source not in self.found.sources:
            self.found.sources.append(source)
        self._on_found(self.found.promising, source)


def _is_as_kept(answer: Answer, kept: Kept) -> bool:
    return answer.status == 304 or (not answer.is_cut and digest_of(answer.body) == kept.digest)
