"""How fast a whole blog is imported, beside reading the same pages and nothing else.

    python -m bench.importing --json [--pages 10000] [--kills 2]

A blog of so many pages on loopback is imported by a worker that is killed (SIGKILL) on the way and started anew.
`pages_per_s` counts the time in which a worker was at work, `floor_per_s` is the same sandboxes reading the same pages
from memory, measured before, after and while no worker lives; `ratio` is one by the other. `cpu_ratio` is the processor
time of reading a page by that of all Petra does for it, the database included, which other work on the machine can't
change. `peak_mb` is the most that the worker and its readers held together. `back_s` is how long a new worker took to
go on after each kill, its start included. `again_share` is the time of a second import without changes by that of the
first.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Final

from bench import blog_site, measuring
from bench.furniture import ROOT, Bench, bench_database
from petra.lib import clock

_LOOK_EVERY_S: Final = 0.25
_MOST_WAIT_S: Final = 3_600.0
_FLOOR_PAGES: Final = 400


@dataclass(frozen=True)
class Floor:
    """Reading and nothing else: pages a second with all sandboxes, processor seconds a page."""

    per_s: float
    cpu_s: float


@dataclass
class Import:
    """What was seen of one import."""

    working_s: float = 0.0
    cpu_s: float = 0.0  # of the last worker with its readers, and of the database meanwhile
    cpu_pages: int = 0  # read in that time
    peak_mb: float = 0.0
    kills: list[int] = field(default_factory=list)  # pages done when it was killed
    back_s: list[float] = field(default_factory=list)  # from starting a worker after that to its first page
    floors: list[Floor] = field(default_factory=list)  # measured while no worker lived


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    options = parser.parse_args()
    measuring.report(measure(pages=options.pages, kills=options.kills))


def measure(*, pages: int, kills: int) -> dict[str, Any]:
    """Run it all and give the figures."""
    with _site(pages) as port:
        settings = {"PETRA_ALLOW_PRIVATE": f"127.0.0.1:{port}", "PETRA_IMPORT_GAP_S": "0"}
        with bench_database(latency_ms=0, settings=settings) as bench:
            root = f"http://127.0.0.1:{port}"
            floors = [floor(root, pages)]
            first = _imported(bench, root, pages=pages, kills=kills)
            again = _imported(bench, root, pages=pages, kills=0)
            floors += [*first.floors, floor(root, pages)]
            rows = _counted(bench)
    per_s, pace = sum(one.per_s for one in floors) / len(floors), pages / first.working_s
    cpu_s = sum(one.cpu_s for one in floors) / len(floors)
    return {
        "pages": pages,
        "pages_per_s": round(pace, 1),
        "floor_per_s": round(per_s, 1),
        "ratio": round(pace / per_s, 2),
        "cpu_ratio": round(cpu_s / (first.cpu_s / first.cpu_pages), 2),
        "peak_mb": round(max(first.peak_mb, again.peak_mb)),
        "again_share": round(again.working_s / first.working_s, 3),
        "again_s": round(again.working_s, 1),
        "killed_at": first.kills,
        "back_s": [round(one, 1) for one in first.back_s],
        **rows,
        "missing": pages - rows["articles"],
        "load_1m": measuring.load_1m(),
        "cores": os.cpu_count(),
    }


def floor(root: str, pages: int) -> Floor:
    """Read pages from memory in as many sandboxes as an import uses."""
    from petra.articles.site.reading import lend

    count = min(pages, _FLOOR_PAGES)
    waiting: SimpleQueue[int] = SimpleQueue()
    bodies = [blog_site.page(number, root) for number in range(count)]
    with lend() as sandboxes:
        for sandbox in sandboxes:
            _read_all(sandbox, root, bodies, [0])
        for number in range(count):
            waiting.put(number)

        def work(sandbox: Any) -> None:
            while True:
                try:
                    _read_all(sandbox, root, bodies, [waiting.get_nowait()])
                except Empty:
                    return

        threads = [threading.Thread(target=work, args=(sandbox,)) for sandbox in sandboxes]
        started, used = clock.monotonic(), _cpu_s(os.getpid())
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent_s, used = clock.monotonic() - started, _cpu_s(os.getpid()) - used
    return Floor(count / spent_s, used / count)


def _cpu_s(pid: int) -> float:
    """Read the processor time of a process, its children and theirs."""
    return sum(measuring.cpu_seconds(one) for one in _family(pid))


def _read_all(sandbox: Any, root: str, bodies: list[bytes], numbers: list[int]) -> None:
    for number in numbers:
        url = root + blog_site.path(number)
        sandbox.extract(bodies[number], url=url, content_type="text/html; charset=utf-8", item=None, now=clock.now())


@contextmanager
def _site(pages: int) -> Iterator[int]:
    site = subprocess.Popen(
        [sys.executable, "-m", "bench.blog_site", str(pages)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert site.stdout is not None
        yield int(site.stdout.readline())
    finally:
        site.kill()
        site.wait()


def _imported(bench: Bench, root: str, *, pages: int, kills: int) -> Import:
    """Import the blog; kill the worker each time another share of the pages is done."""
    from django.db import connection

    from petra.articles import importing
    from petra.tenancy import scope

    with scope.workspace(bench.workspace_id):
        run_id = importing.start_import(importing.add_blog(root)).pk
    seen, give_up_at = Import(), clock.monotonic() + _MOST_WAIT_S
    worker = bench.worker()
    try:
        last_done, at_work_since, began, killed_at = 0, None, (0.0, 0), 0.0
        while clock.monotonic() < give_up_at:
            time.sleep(_LOOK_EVERY_S)
            state, done, is_at_work = _progress(bench, run_id)
            seen.peak_mb = max(seen.peak_mb, measuring.memory_mb(_family(worker.pid)))
            if at_work_since is None and is_at_work and (done > last_done or not seen.kills):
                seen.back_s += [clock.monotonic() - killed_at] if seen.kills else []
                at_work_since, began = clock.monotonic(), (_cpu_s(worker.pid) + bench.postgres_cpu_s(), done)
            if at_work_since is not None:
                seen.cpu_s = _cpu_s(worker.pid) + bench.postgres_cpu_s() - began[0]
                seen.cpu_pages = max(1, done - began[1])
            if state not in ("queued", "running"):
                break
            if at_work_since and len(seen.kills) < kills and done >= pages * (len(seen.kills) + 1) / (kills + 1):
                os.kill(worker.pid, signal.SIGKILL)
                worker.wait()
                seen.working_s += clock.monotonic() - at_work_since
                last_done, at_work_since = done, None
                seen.kills.append(done)
                seen.floors.append(floor(root, pages))
                worker, killed_at = bench.worker(), clock.monotonic()
        seen.working_s += clock.monotonic() - at_work_since if at_work_since else _LOOK_EVERY_S
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
        connection.close()
    if state != "done":
        raise RuntimeError(f"the import ended as {state!r}")
    return seen


def _progress(bench: Bench, run_id: Any) -> tuple[str, int, bool]:
    from petra.articles.models import ImportRun
    from petra.tenancy import scope

    with scope.workspace(bench.workspace_id):
        run = ImportRun.objects.get(pk=run_id)
    return run.state, run.done, run.holder_id is not None or run.state == "done"


def _family(pid: int) -> list[int]:
    """List a process, its children and theirs: the worker, the nursery and the readers."""
    found = [pid]
    for child in measuring.children(pid):
        found += _family(child)
    return found


def _counted(bench: Bench) -> dict[str, int]:
    from petra.articles.models import Article, ArticleImage
    from petra.tenancy import scope

    with scope.workspace(bench.workspace_id):
        keys = list(Article.objects.values_list("address_key", flat=True))
        return {"articles": len(set(keys)), "twice": len(keys) - len(set(keys)), "images": ArticleImage.objects.count()}


if __name__ == "__main__":
    main()
