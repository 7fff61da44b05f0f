"""One worker's turn on an import: holds it by heartbeats, stores the list, reads the pages, writes them down.

All rows are written in the worker's own thread; the crew's threads only ask and read. Called by `importing`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest

from petra.articles import listing, naming, reporting, ruling
from petra.articles.feed_items import GIVEN, FeedItem
from petra.articles.identity import Site, site_of
from petra.articles.models import Article, ArticleImage, Blog, ImportPage, ImportRun, RunState
from petra.articles.recording import Recorder
from petra.articles.remembering import BlogMemory
from petra.articles.sandbox.sandbox import Sandbox
from petra.articles.settling import settle_leads
from petra.articles.site.candidates import Candidate, Discovered, Trouble
from petra.articles.site.collecting import full_address, single
from petra.articles.site.discovery import Discovery
from petra.articles.site.manners import Visitor
from petra.articles.site.picture_files import read_size
from petra.articles.site.reader import STOPS_IMPORT, Reader, Wanted
from petra.articles.site.reading import Crew, Done
from petra.lib import clock, ids, presence, queue
from petra.lib.errors import ProductError
from petra.lib.outbound import Answer
from petra.tenancy import scope
from petra.webhooks import events

MAX_PROBLEMS = 200
MAX_MEASURED = 30
MAX_TURNS = 5  # without one page settled: something about that page breaks the worker
SILENT_S = 90.0  # a turn not heard of for so long is taken over though its worker lives; one answer takes some 70 s
PROGRESS_GAP_S = 0.5
SETTLED_AT_ONCE = 40
SETTLE_EVERY_S = 0.5
_GIVEN_AT_ONCE = 100
_BEAT_EVERY_S = 5.0
_LOOK_UP_EVERY_S = 0.5


class Ended(Exception):
    """Someone paused or stopped the import, or another worker took it over: this turn ends quietly."""


class Leaving(Exception):
    """The worker is about to end: the import is given back, and another worker goes on with it."""


class Turn:
    """One worker's turn on an import."""

    def __init__(self, workspace_id: UUID, run_id: UUID, *, number: int) -> None:
        """`number` is that under which the worker lives while it is on it, see lib.presence."""
        self._number = number
        self._workspace_id = workspace_id
        self._run_id = run_id
        self._holder_id = ids.new_id()
        self._thread = threading.get_ident()
        self._stop = threading.Event()
        self._said_at = 0.0
        self._beat_at = 0.0
        self._before = 0
        self._blog: Blog
        self._run: ImportRun
        self.site: Site

    def take(self) -> bool:
        """Take the import, unless it is not to be done or another worker is on it."""
        with scope.workspace(self._workspace_id):
            run = ImportRun.objects.select_for_update().filter(pk=self._run_id).first()
            if run is None or run.state not in (RunState.QUEUED, RunState.RUNNING):
                return False
            now = clock.now()
            if _is_held(run, now):
                return False
            run.state, run.holder_id, run.beat_at = RunState.RUNNING, self._holder_id, now
            run.holder_number = self._number
            run.started_at, run.turns = run.started_at or now, run.turns + 1
            run.turn_at, run.turn_done = now, run.done
            run.save(update_fields=_TAKEN)
            self._run, self._blog = run, Blog.objects.get(pk=run.blog_id)
            self._before = run.requests  # by former turns
        if run.turns > MAX_TURNS:
            error = "The import broke off several times at the same page, so it was stopped."
            self.finish(RunState.FAILED, error=error)
            return False
        site = site_of(full_address(run.url or self._blog.address))
        self.site = site if run.kind == "blog" else Site(site.host)
        return True

    def wait(self, seconds: float) -> None:
        """Wait as manners ask; in the worker's own thread in slices, staying heard of.

        Raises Ended when it is over, Leaving where the worker ends.
        """
        if threading.get_ident() != self._thread:
            if self._stop.wait(seconds):
                raise Ended
            return
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            clock.sleep(min(left, _LOOK_UP_EVERY_S))
            _look_up()
            if clock.monotonic() - self._beat_at >= _BEAT_EVERY_S:
                with scope.workspace(self._workspace_id):
                    self._beat()

    def list_pages(self, visitor: Visitor, sandbox: Sandbox) -> dict[str, Answer]:
        """Find the pages to read and store them, unless a former turn did."""
        if self._run.is_listed:
            return {}
        memory = BlogMemory(self._workspace_id, self._blog.pk)
        if self._run.kind == "url":
            found = single(self._run.url)
        else:
            look = Discovery(visitor, sandbox, on_found=self._say_found, memory=memory)
            found = look.look(full_address(self._blog.address))
        self.site = found.site
        with scope.workspace(self._workspace_id):
            self._beat()
            listed = listing.store(self._run, found, most=settings.IMPORT_MAX_PAGES)
            if listed.is_cut:
                words = f"Only the first {settings.IMPORT_MAX_PAGES} pages are read in one go."
                found.troubles.append(Trouble(found.home, "budget", words))
            self._beat(
                is_listed=True, found=listed.found, done=listed.done, unchanged=listed.unchanged,
                skipped=listed.skipped, sources=found.sources, requests=self._before + visitor.requests,
                turn_at=clock.now(),
                turn_done=listed.done, url=self.site.address if self._run.kind == "blog" else self._run.url,
            )  # fmt: skip
            self._add_problems(found.troubles)
            self._name_blog(found)
            if self._run.kind == "blog":
                memory.forget_unused()
            listing.forget_old_pages(self._run)
            self._say_progress(is_last=True)
        return found.read_already

    def _name_blog(self, found: Discovered) -> None:
        fresh = {"engine": found.engine[:20], "language": found.language[:10]}
        if self._run.kind != "blog":
            return
        if found.title and self._blog.name == naming.first_name(self._blog.address):
            fresh["name"] = found.title[:120]
        Blog.objects.filter(pk=self._blog.pk).update(**fresh)

    def read_pages(self, reader: Reader, visitor: Visitor, sandboxes: Sequence[Sandbox]) -> None:
        """Read the waiting pages, and write them down a few at a time as they come. Raises Ended and Leaving."""
        with scope.workspace(self._workspace_id):
            recorder = Recorder(self._blog, ruled=ruling.at_birth(self._run))
        with Crew(reader, sandboxes, stop=self._stop) as crew:
            position: int | None = -1
            while True:
                _look_up()
                if position is not None and crew.waiting < _GIVEN_AT_ONCE // 2:
                    position = self._give(crew, recorder, after=position)
                if not crew.waiting:
                    return
                done = crew.take(most=SETTLED_AT_ONCE, within_s=SETTLE_EVERY_S)
                if done:
                    self._settle(recorder, done, visitor.requests)
                elif clock.monotonic() - self._beat_at >= _BEAT_EVERY_S:
                    with scope.workspace(self._workspace_id):
                        self._beat()

    def _give(self, crew: Crew, recorder: Recorder, *, after: int) -> int | None:
        """Give the crew further pages, in order; gives the position of the last one, None where there are no more."""
        with scope.workspace(self._workspace_id):
            waiting = ImportPage.objects.filter(run=self._run, state="waiting", position__gt=after)
            pages = list(waiting.order_by("position")[:_GIVEN_AT_ONCE])
            known = {page.pk: recorder.article_at(page.address_key) for page in pages}
            found = Article.objects.filter(pk__in=[pk for pk in known.values() if pk is not None])
            rows = {row.pk: row for row in found.only("etag", "last_modified", "sources")}
        for page in pages:
            crew.give(page, self._wanted(page, rows.get(known[page.pk])))
        return pages[-1].position if pages else None

    def _wanted(self, page: ImportPage, article: Article | None) -> Wanted:
        """Say what is to be asked for a page. An article that only its feed has is not known from its page."""
        item = FeedItem(**page.item) if page.item else None
        is_from_feed = article is not None and all(article.sources.get(name) == "feed" for name in GIVEN)
        return Wanted(
            Candidate(page.url, set(page.evidence), item=item),
            etag=article.etag if article is not None else "",
            last_modified=article.last_modified if article is not None else "",
            is_known=article is not None and not is_from_feed,
            is_whole=self._run.kind == "export",
        )

    def _settle(self, recorder: Recorder, done: Sequence[Done], requests: int) -> None:
        """Write a few pages down in one transaction, their articles, counts and troubles."""
        with scope.workspace(self._workspace_id):
            self._beat()  # first: nothing is written once the import is somebody else's
            outcomes = recorder.record([(one.read, "" if one.read.is_part else one.ticket.mark) for one in done])
            counts = reporting.write_pages(done, outcomes)
            added = {name: F(name) + count for name, count in counts.items()}
            self._beat(turns=0, done=F("done") + len(done), requests=self._before + requests, **added)
            self._add_problems([one.read.trouble for one in done if one.read.trouble is not None])
            self._say_progress()

    def measure_leads(self, visitor: Visitor) -> None:
        """Read the sizes of the first lead pictures whose page does not tell them, from their first bytes."""
        with scope.workspace(self._workspace_id):
            settle_leads(self._blog)
            unknown = ArticleImage.objects.filter(article__blog=self._blog, is_lead=True, width_px=None)
            started = unknown.filter(article__imported_at__gte=self._run.started_at).order_by("article_id")
            waiting = list(started.values_list("pk", "url")[:MAX_MEASURED])
        for pk, url in waiting:
            try:
                size = read_size(visitor, url)
            except STOPS_IMPORT:
                return
            except ProductError:
                continue  # the picture's own trouble shows when a post wants it
            with scope.workspace(self._workspace_id):
                self._beat(requests=self._before + visitor.requests)
                if size is not None:
                    ArticleImage.objects.filter(pk=pk).update(width_px=size[0], height_px=size[1])

    def finish(self, state: RunState, *, error: str = "") -> None:
        """End this turn: the import is done, failed, or paused by the site's wish."""
        with scope.workspace(self._workspace_id):
            ended = None if state == RunState.PAUSED else clock.now()
            if state == RunState.DONE:
                self._look_over()
            changed = ImportRun.objects.filter(
                pk=self._run_id, holder_id=self._holder_id, state=RunState.RUNNING
            ).update(state=state, holder_id=None, holder_number=None, beat_at=None, finished_at=ended, error=error)
            if not changed:
                return
            self._run.refresh_from_db()
            if state == RunState.DONE and not self._run.error and self._run.found == 0:
                ImportRun.objects.filter(pk=self._run_id).update(error="No articles were found at this address.")
            kinds = {RunState.DONE: "import.finished", RunState.FAILED: "import.failed"}
            kind = kinds.get(state, "import.paused")
            events.record(kind, subject=self._run, actor_id=None, error=error, **self._counts())

    def leave(self) -> bool:
        """Give the import back as it stands; False where it is no longer this turn's. The turn doesn't count."""
        given_back = {"state": RunState.QUEUED, "holder_id": None, "holder_number": None, "beat_at": None}
        with scope.workspace(self._workspace_id):
            mine = ImportRun.objects.filter(pk=self._run_id, holder_id=self._holder_id, state=RunState.RUNNING)
            return bool(mine.update(**given_back, turns=Greatest(F("turns") - 1, 0)))

    # ---- inside a scope ----

    def _look_over(self) -> None:
        """Look at all that was read together: what the report says of it, and what the blog's rule makes of it."""
        run = ImportRun.objects.select_for_update().get(pk=self._run_id)
        if run.holder_id == self._holder_id and run.state == RunState.RUNNING:
            odd = reporting.one_text(run, self._blog.address)
            self._add_problems(odd + ruling.decide(run, is_odd=bool(odd)), is_first=True)

    def _beat(self, **fields: object) -> None:
        """Stay heard of and write counters; raises Ended when the import is no longer this turn's."""
        mine = ImportRun.objects.filter(pk=self._run_id, holder_id=self._holder_id, state=RunState.RUNNING)
        if not mine.update(beat_at=clock.now(), **fields):
            raise Ended
        self._beat_at = clock.monotonic()

    def _add_problems(self, troubles: list[Trouble], *, is_first: bool = False) -> None:
        if troubles:
            run, added = ImportRun.objects.get(pk=self._run_id), [asdict(trouble) for trouble in troubles]
            run.problems = (added + run.problems if is_first else run.problems + added)[:MAX_PROBLEMS]
            run.save(update_fields=["problems"])

    def _say_found(self, count: int, _source: str) -> None:
        _look_up()
        with scope.workspace(self._workspace_id):
            self._beat(found=count)
            self._say_progress()

    def _say_progress(self, *, is_last: bool = False) -> None:
        """Announce progress at most twice a second."""
        now = clock.monotonic()
        if is_last or now - self._said_at >= PROGRESS_GAP_S:
            self._said_at = now
            self._run.refresh_from_db()
            events.record("import.progress", subject=self._run, actor_id=None, **self._counts())

    def _counts(self) -> dict[str, int | bool]:
        names = ("found", "done", "new", "changed", "unchanged", "skipped", "failed")
        counts: dict[str, int | bool] = {name: getattr(self._run, name) for name in names}
        return {**counts, "problems": len(self._run.problems), "is_listed": self._run.is_listed}


def _look_up() -> None:
    """Leave where the worker is about to end."""
    if queue.is_ending():
        raise Leaving


def _is_held(run: ImportRun, now: datetime) -> bool:
    """Say whether a living worker is on it. One that was killed is known at once; one that hangs, after a while."""
    if run.holder_id is None or run.beat_at is None or (now - run.beat_at).total_seconds() >= SILENT_S:
        return False
    return run.holder_number in presence.numbers()


_TAKEN = ["state", "holder_id", "holder_number", "beat_at", "started_at", "turns", "turn_at", "turn_done"]
