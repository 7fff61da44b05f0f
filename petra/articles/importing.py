"""STOP 1: blog address → articles. Starts, runs, pauses and stops imports; the web pages and the command line call
it.

One import is one ImportRun. Its list of pages is stored once found, and pages are committed a few at a time as they are
read, so a stop loses nothing and a killed worker's import goes on where it stood. No transaction is open while a site
is asked. How a blog is looked at stands in `site.discovery`, what is asked for in `listing`, how a page is read in
`site.reader` and `pages.extract`, how it is written in `recording`; a worker's turn on an import is `turn`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from uuid import UUID

from django.conf import settings

from petra.articles import finding, naming
from petra.articles.identity import MAX_INDEXED_CHARS, address_key
from petra.articles.models import Blog, ImportRun, RunState
from petra.articles.site.collecting import askable, full_address
from petra.articles.site.collecting import collect as collect  # the same road without a database
from petra.articles.site.collecting import operator_allows as operator_allows
from petra.articles.site.manners import BotWall, Budget, RobotsUnknown, Visitor
from petra.articles.site.reader import STOPS_IMPORT, Reader
from petra.articles.site.reading import lend
from petra.articles.turn import Ended, Leaving, Turn
from petra.lib import addresses, clock, presence, queue
from petra.lib.addresses import BadAddress
from petra.lib.errors import ProductError
from petra.lib.outbound import Outbound
from petra.webhooks import events

JOB = "import_blog"
ACTIVE = (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)
LOST_S = 120.0  # of a job that never began, or a worker that hangs; a killed one is known at once


class ImportBusy(ProductError):
    """Another import of this blog is under way. Wait for it or stop it."""

    def __init__(self) -> None:
        super().__init__("import-busy", "An import of this blog is running already.", http_status=409)


class BlogRemoved(ProductError):
    """Somebody removed the blog a moment ago. There is nothing to be done to it."""

    def __init__(self) -> None:
        super().__init__("blog-removed", "This blog was removed a moment ago.", http_status=409)


# ---- verbs for people, called inside a scope ----


def add_blog(address: str, *, name: str = "", is_asked: bool = True) -> Blog:
    """Add a blog by its address, or give the one that has it. Raises BadAddress. Call inside a scope.

    Without `is_asked` nothing is to be asked there for now, and the address may be a private one.
    """
    url = askable(address) if is_asked else str(addresses.parse(full_address(address)))
    if len(url) > MAX_INDEXED_CHARS:
        raise BadAddress("This address is too long to be a blog's.")
    key = address_key(url)
    for blog in Blog.objects.all():
        if address_key(blog.address) == key:
            return blog  # type: ignore[no-any-return]
    called = (name or naming.first_name(url))[: naming.MAX_NAME]
    # The button may be pressed twice: the second waits for the first, and takes its blog.
    return Blog.objects.get_or_create(address=url, defaults={"name": called})[0]  # type: ignore[no-any-return]


def start_import(blog: Blog, *, kind: str = "blog", url: str | None = None, actor_id: UUID | None = None) -> ImportRun:
    """Start importing a blog, or one page of it (`kind="url"`). Call inside a scope; the work is a job.

    The kinds "list" and "export" are for `sources`, which stores their pages with the run.

    A paused import of the whole blog is resumed instead. Raises ImportBusy, BlogRemoved, and BadAddress for an
    unreadable address.
    """
    page = askable(url or "") if kind == "url" else ""
    lock_blog(blog)  # two starts at once: the second sees the first's run
    active = ImportRun.objects.filter(blog=blog, state__in=ACTIVE).first()
    if active is not None:
        if kind == "blog" and active.kind == "blog" and active.state == RunState.PAUSED:
            return resume_import(active)
        raise ImportBusy
    run: ImportRun = ImportRun.objects.create(blog=blog, kind=kind, url=page)
    events.record("import.started", subject=run, actor_id=actor_id, blog=blog.name, url=page)
    _enqueue(run.own_workspace_id, run.pk)
    return run


def lock_blog(blog: Blog) -> None:
    """Let whoever starts an import of a blog, or removes it, wait until this transaction ends. Raises BlogRemoved."""
    if Blog.objects.select_for_update().filter(pk=blog.pk).first() is None:
        raise BlogRemoved


def start_by_rhythm(blog: Blog) -> ImportRun | None:
    """Start an import because its time has come; None where one is under way, was paused, or the blog was removed."""
    active = ImportRun.objects.filter(blog=blog, state__in=ACTIVE).first()
    if active is not None and (active.state != RunState.PAUSED or not active.error):
        return None  # an error says that the site asked for the pause, and it may go on now
    try:
        run = start_import(blog)
    except (ImportBusy, BlogRemoved):
        return None
    ImportRun.objects.filter(pk=run.pk).update(is_by_rhythm=True)
    return run


def pause_import(run: ImportRun) -> ImportRun:
    """Pause a running import after the page it is at. Call inside a scope."""
    return _move(run, (RunState.QUEUED, RunState.RUNNING), RunState.PAUSED, "import.paused")


def resume_import(run: ImportRun) -> ImportRun:
    """Let a paused import go on where it stood. Call inside a scope."""
    moved = _move(run, (RunState.PAUSED,), RunState.QUEUED, "import.resumed")
    if moved.state == RunState.QUEUED:
        _enqueue(moved.own_workspace_id, moved.pk)
    return moved


def stop_import(run: ImportRun) -> ImportRun:
    """End an import for good; the articles it brought stay. Call inside a scope."""
    return _move(run, ACTIVE, RunState.STOPPED, "import.stopped")


def dismiss_import(run: ImportRun) -> None:
    """Say that a person has seen how an import ended; its report stays. One under way is left alone. Inside a scope."""
    ImportRun.objects.filter(pk=run.pk).exclude(state__in=ACTIVE).update(dismissed_at=clock.now())


def _move(run: ImportRun, old: Iterable[RunState], new: RunState, event: str) -> ImportRun:
    ended = clock.now() if new == RunState.STOPPED else None
    fields = {"state": new, "holder_id": None, "holder_number": None, "beat_at": None, "turns": 0, "finished_at": ended,
              "error": ""}  # fmt: skip
    if ImportRun.objects.filter(pk=run.pk, state__in=list(old)).update(**fields):
        events.record(event, subject=run, done=run.done, found=run.found)
    run.refresh_from_db()
    return run


def _enqueue(workspace_id: UUID, run_id: UUID) -> None:
    queue.enqueue(JOB, workspace_id=str(workspace_id), run_id=str(run_id))


def resume_lost_imports() -> int:
    """Enqueue imports whose worker was killed. Workers call it every few seconds; safe to call any time."""
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
    living, number = presence.arrive()
    with living:  # whose end tells the other workers at once that this one is gone
        turn = Turn(workspace_id, run_id, number=number)
        if turn.take():
            try:
                _work(turn)
            except Leaving:
                if turn.leave():
                    _enqueue(workspace_id, run_id)


def _work(turn: Turn) -> None:
    try:
        with ExitStack() as stack:
            client = stack.enter_context(Outbound(allow_private=operator_allows(), contact=settings.CONTACT))
            sandboxes = stack.enter_context(lend())
            visitor = Visitor(client, sleep=turn.wait, gap_s=settings.IMPORT_GAP_S, budget=_budget())
            read_already = turn.list_pages(visitor, sandboxes[0])
            turn.read_pages(Reader(visitor, turn.site, read_already), visitor, sandboxes)
            turn.measure_leads(visitor)
        turn.finish(RunState.DONE)
    except Ended:
        return
    except (RobotsUnknown, BotWall) as error:
        turn.finish(RunState.FAILED, error=error.for_person)
    except STOPS_IMPORT as error:  # too busy or over its budget: it can go on later
        turn.finish(RunState.PAUSED, error=error.for_person)
    except ProductError as error:
        turn.finish(RunState.FAILED, error=error.for_person)


def _budget() -> Budget:
    """Say what one turn may take at most."""
    pages = settings.IMPORT_MAX_PAGES
    return Budget(
        requests=2 * pages + 1_000,
        total_bytes=settings.IMPORT_MAX_MB * 1024 * 1024,
        seconds=settings.IMPORT_MAX_HOURS * 3600,
    )
