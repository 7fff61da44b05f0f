"""`petra web`, `worker`, `simulator` and `migrate`: the parts of `petra serve`, one by one, as production runs them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
import uvicorn
from django.conf import settings
from django.db import ProgrammingError, connections

from petra.cli import output, preparing
from petra.cli.output import ExitCode
from petra.cli.serve import DEFAULT_PORT, WORKER_STOP_WAIT_S, Host, Port, check_port, listen
from petra.cli.supervising import Child, GaveUp, Supervisor, own_environment, run_module
from petra.lib import clock
from petra.lib.errors import ProductError

_SIMULATOR_WAIT_S = 30.0


def web(
    port: Port = DEFAULT_PORT,
    host: Host = "127.0.0.1",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the database is at this version.")] = False,
    as_json: output.Json = False,
) -> None:
    """Serve the pages. Any number of these may run behind a proxy.

    [dim]Example:[/dim]  DATABASE_URL=postgresql://petra_app:…@db/petra HOST=0.0.0.0 petra web
    """
    output.use_json(as_json)
    listener = listen(host, port, setting="PORT")
    preparing.keep_secrets()
    with listener, preparing.database():
        preparing.set_up_django(is_server=True)
        preparing.collect_static()
        config = uvicorn.Config(
            "petra.asgi:application",
            access_log=False,
            lifespan="off",
            log_config=None,  # Django's settings say how to log
            log_level="warning",
            timeout_graceful_shutdown=2,  # live pages hold their connection for ever
            server_header=False,
        )
        for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn finishes its requests, then passes the signal on
            signal.signal(number, lambda *_: sys.exit(ExitCode.OK))
        config.load()
        import_module(settings.ROOT_URLCONF)  # all pages now, not at the first request
        if wait:
            _wait_for_schema()
        uvicorn.Server(config).run(sockets=[listener])


def worker(as_json: output.Json = False) -> None:
    """Publish what is due and run imports. Any number of these may run, one for each core.

    [dim]Example:[/dim]  DATABASE_URL=postgresql://petra_app:…@db/petra petra worker
    """
    output.use_json(as_json)
    preparing.keep_secrets()
    with preparing.database() as server:
        if server is None:
            _become("petra.worker")
        _attend("petra.worker")


def simulator(
    port: Annotated[int, typer.Option(envvar="SIMULATOR_PORT", min=0, max=65535, help="0 takes any free one.")] = 8001,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    state: Annotated[Path | None, typer.Option(help="Keep boards and pins in this file.")] = None,
    seed: Annotated[int | None, typer.Option(help="Make ids and chance repeatable.")] = None,
    latency_ms: Annotated[float, typer.Option(min=0, help="Wait so long before every answer.")] = 0.0,
    as_json: output.Json = False,
) -> None:
    """Run the simulated networks: boards, pins, consent pages and faults on demand. Needs no database.

    [dim]Example:[/dim]  petra simulator --port 8001 --seed 7
    """
    output.use_json(as_json)
    if port:
        check_port(host, port, setting="SIMULATOR_PORT")
    words = ["--port", str(port), "--host", host, "--latency-ms", str(latency_ms)]
    if state is not None:
        words += ["--state", str(state)]
    if seed is not None:
        words += ["--seed", str(seed)]
    _become("petra.simulator", *words)


def migrate(as_json: output.Json = False) -> None:
    """Bring the database to this version: tables, row security, functions. Repeatable; run it before web and worker.

    Needs the owner's address in DATABASE_OWNER_URL where DATABASE_URL names a server of your own.
    """
    output.use_json(as_json)
    preparing.keep_secrets()
    with preparing.database(is_owner_needed=True):
        preparing.set_up_django()
        from petra import migrating  # models load only after Django is set up

        with output.progress("Bringing the database to this version"):
            migrating.migrate()
        output.result({"migrated": True}, "The database is at this version.")


def bring_up(as_json: output.Json = False) -> None:
    """Migrate and, where the networks are simulated, make the demo in an empty database. `petra serve` runs this."""
    output.use_json(as_json)
    with preparing.database(is_owner_needed=True):
        preparing.set_up_django()
        from petra import demo, migrating  # models load only after Django is set up

        migrating.migrate()
        sign_in = None
        if settings.SIMULATOR_URL:
            _wait_for(settings.SIMULATOR_URL)  # it starts at the same time
            sign_in = demo.prepare()
    value = {"email": sign_in.email, "password": sign_in.password} if sign_in else None
    output.result({"demo": value, "settings": demo.PACE if sign_in else {}}, "The database is at this version.")


def _wait_for_schema() -> None:
    from petra import migrating  # models load only after Django is set up

    while True:
        # Before the first migration the application's role may not even look.
        with contextlib.suppress(ProgrammingError):
            if migrating.is_current():
                connections.close_all()
                return
        connections.close_all()
        time.sleep(0.1)


def _wait_for(address: str) -> None:
    parts = urlsplit(address)
    deadline = clock.monotonic() + _SIMULATOR_WAIT_S
    while True:
        with socket.socket() as caller:
            if caller.connect_ex((parts.hostname or "", parts.port or 80)) == 0:
                return
        if clock.monotonic() > deadline:
            raise ProductError("no_simulator", f"The simulated networks at {address} do not answer.")
        time.sleep(0.05)


def _attend(module: str) -> None:
    """Run another program while this process runs the database for it."""
    supervisor = Supervisor(say=output.note, final_codes=frozenset(range(256)))
    with supervisor.listening():
        supervisor.add(Child(module, run_module(module), own_environment(), stop_wait_s=WORKER_STOP_WAIT_S))
        try:
            while not supervisor.is_stopping:
                supervisor.tick()
        except GaveUp as ended:
            raise typer.Exit(ended.exit_code) from ended
        finally:
            supervisor.stop()


def _become(module: str, *words: str) -> None:
    """Go on as another program in this same process. The doors of Petra never import each other."""
    sys.stdout.flush()
    os.execv(sys.executable, run_module(module, *words))  # noqa: S606
