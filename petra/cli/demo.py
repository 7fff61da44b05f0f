"""`petra demo`: the whole road once, without pages: simulated networks, a database of its own, one worker, one
report.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from petra.cli import output, preparing
from petra.cli.supervising import own_environment
from petra.lib import clock, postgres, seal
from petra.lib.errors import ProductError

_MOST_S = 300.0
_LOOK_EVERY_S = 0.3


def demo(as_json: output.Json = False) -> None:
    """Walk the whole road on simulated networks: import a blog, draft pins, plan and publish them; then report.

    Nothing of yours is touched: database, networks and files are made for it and taken away again.

    [dim]Example:[/dim]  petra demo --json
    """
    output.use_json(as_json)
    started = clock.monotonic()
    with tempfile.TemporaryDirectory() as home, postgres.temporary(fast=False) as server, _simulator() as base:
        server.ensure_roles_and_database()
        report = _run(home, server, base)
    report["seconds"] = round(clock.monotonic() - started, 1)
    output.result(report, _told(report))
    if report["duplicates"] or report["published"] + report["failed"] < report["planned"]:
        raise ProductError("demo_unfinished", "Not every pin of the demo came to its end as it should.")


def _run(home: str, server: postgres.Embedded, base: str) -> dict[str, Any]:
    os.environ.update(
        DATABASE_URL=server.app_url,
        DATABASE_OWNER_URL=server.owner_url,
        PETRA_HOME=home,
        PETRA_KEYS=seal.new_key(),
        SIMULATOR_URL=base,
        PETRA_ALLOW_PRIVATE=base.removeprefix("http://"),
        PETRA_LOG_LEVEL="WARNING",
    )
    preparing.set_up_django()
    from petra import demo as the_demo  # models load only after Django is set up
    from petra import migrating

    os.environ.update(the_demo.PACE)
    migrating.migrate()
    with _worker():
        sign_in = the_demo.prepare(is_all_quick=True)
        if sign_in is None:
            raise ProductError("demo_unfinished", "The demo's database was not empty.")
        _wait(sign_in.workspace_id)
        return the_demo.report(sign_in.workspace_id)


def _wait(workspace_id: UUID) -> None:
    """Wait until every planned pin is published or has failed."""
    from petra import demo as the_demo

    give_up_at = clock.monotonic() + _MOST_S
    with output.progress("Publishing the demo's pins") as bar:
        while clock.monotonic() < give_up_at:
            done, total, is_filled = the_demo.progress(workspace_id)
            bar.update(0, completed=done, total=total or None)  # type: ignore[arg-type]  # Rich numbers its tasks
            if is_filled and done == total:
                return
            time.sleep(_LOOK_EVERY_S)


@contextlib.contextmanager
def _worker() -> Iterator[None]:
    worker = subprocess.Popen([sys.executable, "-P", "-m", "petra.worker"], env={**own_environment(), **os.environ})
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(40)


@contextlib.contextmanager
def _simulator() -> Iterator[str]:
    """Run the simulated networks on a free port and give their address."""
    command = [sys.executable, "-P", "-m", "petra.simulator", "--port", "0", "--seed", "1"]
    process = subprocess.Popen(command, env=own_environment(), stdout=subprocess.PIPE, text=True)
    with process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            address = next((word for word in line.split() if word.startswith("http://")), "")
            if not address:
                raise ProductError("no_simulator", "The simulated networks did not start.")
            yield address.rstrip("/.")
        finally:
            process.terminate()


def _told(report: dict[str, Any]) -> str:
    return (
        f"{report['articles']} articles became {report['pins']} pins; {report['published']} were published,"
        f" {report['failed']} failed on purpose, {report['duplicates']} are there twice."
        f" Half of them started within {report['start_lag_p50_s']} s of their time. It took {report['seconds']} s."
    )
