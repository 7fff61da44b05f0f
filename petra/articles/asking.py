"""How every list of a site is asked for: a failure is told where the site named the list, and quiet for a guess."""

from __future__ import annotations

from collections.abc import Callable

from petra.articles.candidates import Discovered
from petra.articles.feed_items import Feed
from petra.articles.links import Links
from petra.articles.manners import BotWall, Disallowed, OverBudget, RobotsUnknown, SiteBusy, Visitor
from petra.articles.sandbox import PageTooHeavy, Sandbox
from petra.articles.sitemaps import SitemapFile
from petra.lib.errors import ProductError
from petra.lib.outbound import Answer

STOPPING = (RobotsUnknown, SiteBusy, BotWall, OverBudget)
OnFound = Callable[[int, str], None]


class Asker:
    """Asks for the lists of one site, and has them read in the sandbox."""

    def __init__(self, visitor: Visitor, sandbox: Sandbox, found: Discovered, on_found: OnFound) -> None:
        self.visitor = visitor
        self.found = found
        self._sandbox = sandbox
        self._on_found = on_found

    def get(self, url: str, *, max_bytes: int | None = None, is_wanted: bool = False) -> Answer | None:
        """Ask for an address; None where it did not answer with 200. Raises only what stops an import."""
        try:
            answer = self.visitor.get(url) if max_bytes is None else self.visitor.get(url, max_bytes=max_bytes)
        except STOPPING:
            raise
        except ProductError as error:
            if is_wanted and not isinstance(error, Disallowed):
                self.found.tell(url, error.code, error.for_person)
            return None
        if answer.status != 200:
            if is_wanted:
                self.found.tell(url, "list", f"The site names this list but answers {answer.status}.")
            return None
        return answer

    def sitemap(self, answer: Answer) -> SitemapFile | None:
        """Read a sitemap file; None where it is too heavy, which is told."""
        try:
            return self._sandbox.sitemap(answer.body)
        except PageTooHeavy as error:
            self.found.tell(answer.url, error.code, error.for_person)
            return None

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
