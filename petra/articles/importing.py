"""STOP 1: blog address → articles. Starts, runs, pauses and stops imports; the web pages and the command line call
it.

One import is one ImportRun. Its list of pages is stored once found, and each page is committed alone, so a stop loses
nothing and a killed worker's import goes on where it stood. No transaction is open while a site is asked. How a blog
is looked at stands in `discovery` and `collecting`, how a page is read in `extract`, how it is written in
`recording`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import F

from petra.articles import finding, recording
from petra.articles.collecting import STOPS_IMPORT, Read, Reader, full_address, parse_allow_private, single
from petra.articles.collecting import collect as collect  # the same road without a database
from petra.articles.discovery import Candidate, Discovered, Discovery, Trouble
from petra.articles.feeds import FeedItem
from petra.articles.identity import Site, address_key, site_of
from petra.articles.manners import BotWall, RobotsUnknown, Visitor
from petra.articles.models import Article, ArticleImage, Blog, ImportPage, ImportRun, RunState
from petra.articles.picture_files import read_size
from petra.articles.sandbox import Sandbox, borrowed
from petra.lib import addresses, clock, ids, queue
from petra.lib.errors import ProductError
from petra.lib.outbound import AllowPrivate, Answer, Outbound
from petra.tenancy import scope
from petra.webhooks import events

JOB = "import_blog"
ACTIVE = (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)
MAX_ARTICLES = 2_000
MAX_PROBLEMS = 200
MAX_MEASURED = 30
MAX_TURNS = 5  # without one page settled: something about that page breaks the worker
SILENT_S = 90.0  # a turn not heard of for so long is taken over; one page takes at most about 70 s
LOST_S = 120.0
PROGRESS_GAP_S = 0.5
_WAIT_SLICE_S = 5.0


class ImportBusy(ProductError):
    """Another import of this blog is under way. Wait for it or stop it."""

    def __init__(self) -> None:
        super().__init__("import-busy", "An import of this blog is running already.", http_status=409)


class _Ended(Exception):
    """Someone paused or stopped the import, or another worker took it over: this turn ends quietly."""


# ---- verbs for people, called inside a scope ----


def add_blog(address: str, *, name: str = "") -> Blog:
    """Add a blog by its address, or give the one that has it. Raises BadAddress. Call inside a scope."""
    url = str(addresses.parse(full_address(address)))
    key = address_key(url)
    for blog in Blog.objects.all():
        if address_key(blog.address) == key:
            return blog  # type: ignore[no-any-return]
    return Blog.objects.create(address=url, name=(name or urlsplit(url).netloc.removeprefix("www."))[:120])  # type: ignore[no-any-return]


def start_import(blog: Blog, *, kind: str = "blog", url: str | None = None, actor_id: UUID | None = None) -> ImportRun:
    """Start importing a blog, or one page of it (`kind="url"`). Call inside a scope; the work is a job.

    A paused import of the whole blog is resumed instead. Raises ImportBusy, and BadAddress for an unreadable address.
    """
    page = str(addresses.parse(full_address(url or ""))) if kind == "url" else ""
    Blog.objects.select_for_update().get(pk=blog.pk)  # two starts at once: the second sees the first's run
    active = ImportRun.objects.filter(blog=blog, state__in=ACTIVE).first()
    if active is not None:
        if kind == "blog" and active.kind == "blog" and active.state == RunState.PAUSED:
            return resume_import(active)
        raise ImportBusy
    run: ImportRun = ImportRun.objects.create(blog=blog, kind=kind, url=page)
    events.record("import.started", subject=run, actor_id=actor_id, blog=blog.name, url=page)
    _enqueue(run)
    return run


def pause_import(run: ImportRun) -> ImportRun:
    """Pause a running import after the page it is at. Call inside a scope."""
    return _move(run, (RunState.QUEUED, RunState.RUNNING), RunState.PAUSED, "import.paused")


def resume_import(run: ImportRun) -> ImportRun:
    """Let a paused import go on where it stood. Call inside a scope."""
    moved = _move(run, (RunState.PAUSED,), RunState.QUEUED, "import.resumed")
    if moved.state == RunState.QUEUED:
        _enqueue(moved)
    return moved


def stop_import(run: ImportRun) -> ImportRun:
    """End an import for good; the articles it brought stay. Call inside a scope."""
    return _move(run, ACTIVE, RunState.STOPPED, "import.stopped")


def _move(run: ImportRun, old: Iterable[RunState], new: RunState, event: str) -> ImportRun:
    ended = clock.now() if new == RunState.STOPPED else None
    fields = {"state": new, "holder_id": None, "beat_at": None, "turns": 0, "finished_at": ended, "error": ""}
    if ImportRun.objects.filter(pk=run.pk, state__in=list(old)).update(**fields):
        events.record(event, subject=run, done=run.done, found=run.found)
    run.refresh_from_db()
    return run


def _enqueue(run: ImportRun) -> None:
    queue.enqueue(JOB, workspace_id=str(run.workspace_id), run_id=str(run.pk))


def resume_lost_imports() -> int:
    """Enqueue imports whose worker was killed. The worker calls it every minute; safe to call any time."""
    lost = finding.lost_imports(older_s=LOST_S)
    for one in lost:
        queue.enqueue(
            JOB, only_once_as=f"{JOB}-{one.run_id}", workspace_id=str(one.workspace_id), run_id=str(one.run_id)
        )
    return len(lost)


# ---- the job ----


def run_import(*, workspace_id: UUID, run_id: UUID) -> None:
    """Do an import to its end, or until it is paused, stopped or taken over. Safe to repeat: it goes on where it
    stood.
    """
    turn = _Turn(workspace_id, run_id)
    if not turn.take():
        return
    try:
        with ExitStack() as stack:
            client = stack.enter_context(Outbound(allow_private=operator_allows(), contact=settings.CONTACT))
            sandbox = stack.enter_context(borrowed())
            visitor = Visitor(client, sleep=turn.wait, gap_s=settings.IMPORT_GAP_S)
            read_already = turn.list_pages(visitor, sandbox)
            turn.read_pages(Reader(visitor, sandbox, turn.site, read_already), visitor)
            turn.measure_leads(visitor)
        turn.finish(RunState.DONE)
    except _Ended:
        return
    except (RobotsUnknown, BotWall) as error:
        turn.finish(RunState.FAILED, error=error.for_person)
    except STOPS_IMPORT as error:  # too busy or over its budget: it can go on later
        turn.finish(RunState.PAUSED, error=error.for_person)
    except ProductError as error:
        turn.finish(RunState.FAILED, error=error.for_person)


def operator_allows() -> AllowPrivate:
    """Read the private blogs the operator trusts from PETRA_ALLOW_PRIVATE (host:port)."""
    return parse_allow_private(settings.ALLOW_PRIVATE)


class _Turn:
    """One worker's turn on an import: holds it by heartbeats, reads the list, then page after page."""

    def __init__(self, workspace_id: UUID, run_id: UUID) -> None:
        self._workspace_id = workspace_id
        self._run_id = run_id
        self._holder_id = ids.new_id()
        self._said_at = 0.0
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
            if run.holder_id is not None and run.beat_at and (now - run.beat_at).total_seconds() < SILENT_S:
                return False
            run.state, run.holder_id, run.beat_at = RunState.RUNNING, self._holder_id, now
            run.started_at, run.turns = run.started_at or now, run.turns + 1
            run.save(update_fields=["state", "holder_id", "beat_at", "started_at", "turns"])
            self._run, self._blog = run, Blog.objects.get(pk=run.blog_id)
        if run.turns > MAX_TURNS:
            self.finish(
                RunState.FAILED, error="The import broke off several times at the same page, so it was stopped."
            )
            return False
        self.site = site_of(full_address(self._blog.address))
        return True

    def wait(self, seconds: float) -> None:
        """Wait in slices, staying heard of; raises _Ended when the import was paused or stopped meanwhile."""
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            clock.sleep(min(left, _WAIT_SLICE_S))
            if left > _WAIT_SLICE_S:
                with scope.workspace(self._workspace_id):
                    self._beat()

    def list_pages(self, visitor: Visitor, sandbox: Sandbox) -> dict[str, Answer]:
        """Find the pages to read and store them, unless a former turn did."""
        if self._run.is_listed:
            return {}
        if self._run.kind == "url":
            found = single(self._run.url)
        else:
            found = Discovery(visitor, sandbox, on_found=self._say_found).look(full_address(self._blog.address))
        self.site = found.site
        with scope.workspace(self._workspace_id):
            waiting = self._store_list(found)
            self._beat(is_listed=True, found=waiting, sources=found.sources, requests=visitor.requests)
            self._add_problems(found.troubles)
            fresh = {"engine": found.engine[:20], "language": found.language[:10]}
            if found.title and self._blog.name == urlsplit(self._blog.address).netloc.removeprefix("www."):
                fresh["name"] = found.title[:120]
            Blog.objects.filter(pk=self._blog.pk).update(**fresh)
            self._say_progress(is_last=True)
        return found.read_already

    def _store_list(self, found: Discovered) -> int:
        archived = set(
            Article.objects.filter(blog=self._blog, archived_at__isnull=False).values_list("address_key", flat=True)
        )
        rows: list[ImportPage] = []
        for candidate in found.worth_reading():
            if len(rows) >= MAX_ARTICLES:
                found.troubles.append(
                    Trouble(found.home, "budget", f"Only the first {MAX_ARTICLES} pages are read in one go.")
                )
                break
            is_kept_away = candidate.key in archived
            rows.append(
                ImportPage(
                    run=self._run,
                    position=len(rows),
                    address_key=candidate.key,
                    url=candidate.url,
                    evidence=sorted(candidate.evidence),
                    item=asdict(candidate.item) if candidate.item and not is_kept_away else None,
                    state="skipped" if is_kept_away else "waiting",
                    note="Archived, so it is not imported again." if is_kept_away else "",
                )
            )
        ImportPage.objects.filter(run=self._run).delete()
        ImportPage.objects.bulk_create(rows, batch_size=500)
        skipped = sum(row.state == "skipped" for row in rows)
        ImportRun.objects.filter(pk=self._run.pk).update(skipped=skipped, done=skipped)
        return len(rows)

    def read_pages(self, reader: Reader, visitor: Visitor) -> None:
        """Read the waiting pages in order, each in a transaction of its own."""
        while True:
            with scope.workspace(self._workspace_id):
                page = ImportPage.objects.filter(run=self._run, state="waiting").order_by("position").first()
                if page is None:
                    return
                known = recording.find_article(self._blog, page.url)
                etag = known.etag if known is not None else ""
                last_modified = known.last_modified if known is not None else ""
            item = FeedItem(**page.item) if page.item else None
            read = reader.read(
                Candidate(page.url, set(page.evidence), item=item), etag=etag, last_modified=last_modified
            )
            with scope.workspace(self._workspace_id):
                self._settle(page, read, visitor.requests)

    def _settle(self, page: ImportPage, read: Read, requests: int) -> None:
        outcome = read.state
        if read.article is not None:
            outcome = recording.record_article(
                self._blog, read.article, read_at=page.url, etag=read.etag, last_modified=read.last_modified
            )
        elif read.state == "gone":
            recording.mark_gone(self._blog, page.url)
        note = read.trouble.for_person if read.trouble else _NOTES.get(outcome, "")
        ImportPage.objects.filter(pk=page.pk).update(state=_PAGE_STATES.get(outcome, outcome), note=note, item=None)
        counter = _COUNTERS[outcome]
        self._beat(turns=0, done=F("done") + 1, requests=requests, **{counter: F(counter) + 1})
        if read.trouble is not None:
            self._add_problems([read.trouble])
        self._say_progress()

    def measure_leads(self, visitor: Visitor) -> None:
        """Read the sizes of the first lead pictures whose page does not tell them, from their first bytes."""
        with scope.workspace(self._workspace_id):
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
                self._beat(requests=visitor.requests)
                if size is not None:
                    ArticleImage.objects.filter(pk=pk).update(width_px=size[0], height_px=size[1])

    def finish(self, state: RunState, *, error: str = "") -> None:
        """End this turn: the import is done, failed, or paused by the site's wish."""
        with scope.workspace(self._workspace_id):
            ended = None if state == RunState.PAUSED else clock.now()
            changed = ImportRun.objects.filter(
                pk=self._run_id, holder_id=self._holder_id, state=RunState.RUNNING
            ).update(state=state, holder_id=None, beat_at=None, finished_at=ended, error=error)
            if not changed:
                return
            self._run.refresh_from_db()
            if state == RunState.DONE and not self._run.error and self._run.found == 0:
                ImportRun.objects.filter(pk=self._run_id).update(error="No articles were found at this address.")
            kinds = {RunState.DONE: "import.finished", RunState.FAILED: "import.failed"}
            events.record(
                kinds.get(state, "import.paused"), subject=self._run, actor_id=None, error=error, **self._counts()
            )

    # ---- inside a scope ----

    def _beat(self, **fields: object) -> None:
        """Stay heard of and write counters; raises _Ended when the import is no longer this turn's."""
        mine = ImportRun.objects.filter(pk=self._run_id, holder_id=self._holder_id, state=RunState.RUNNING)
        if not mine.update(beat_at=clock.now(), **fields):
            raise _Ended

    def _add_problems(self, troubles: list[Trouble]) -> None:
        if troubles:
            run = ImportRun.objects.get(pk=self._run_id)
            run.problems = (run.problems + [asdict(trouble) for trouble in troubles])[:MAX_PROBLEMS]
            run.save(update_fields=["problems"])

    def _say_found(self, count: int, _source: str) -> None:
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


_COUNTERS = {"new": "new", "changed": "changed", "unchanged": "unchanged", "gone": "failed", "failed": "failed",
             "maybe": "skipped", "skipped": "skipped", "archived": "skipped"}  # fmt: skip
_PAGE_STATES = {"new": "article", "changed": "article", "archived": "skipped"}
_NOTES = {"maybe": "Does not look like an article.", "archived": "Archived, so it is not imported again."}
