"""`petra serve`: everything on one machine under one command. Starts the database, brings it to this version, keeps
web, worker and (where no network is set up) the simulated networks running, and stops it all in reverse order."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import IO, Annotated
from urllib.parse import urlsplit

import typer

from petra.cli import output, preparing
from petra.cli.output import ExitCode
from petra.cli.supervising import Child, GaveUp, Supervisor, own_environment, run_module
from petra.lib import clock, postgres
from petra.lib.errors import ProductError
from petra.networks.registry import NETWORKS

DEFAULT_PORT = 8000
_READY_WAIT_S = 90.0
_DATABASE_LOOK_S = 1.0
WORKER_STOP_WAIT_S = 35.0  # a worker finishes what it has begun (30 s) before it goes

Port = Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="The port of the pages.")]
Host = Annotated[str, typer.Option(envvar="HOST", help="The address to listen on; 0.0.0.0 for all.")]


class _StoppedEarly(Exception):
    """A person stopped Petra while it was still starting."""


def serve(
    port: Port = DEFAULT_PORT,
    host: Host = "127.0.0.1",
    simulator_port: Annotated[
        int | None,
        typer.Option(envvar="SIMULATOR_PORT", min=1, max=65535, help="The simulator's port; PORT + 1 if unset."),
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Start everything on this machine: database, pages, worker; Ctrl-C stops it all.

    Without keys of a network, a simulated one is started too, and an empty database is filled with a demo.

    [dim]Example:[/dim]  PORT=9000 PETRA_HOME=/srv/petra petra serve
    """
    output.use_json(as_json)
    supervisor = Supervisor(say=output.note, final_codes=frozenset({ExitCode.USAGE, ExitCode.NOT_READY}))
    try:
        shared = _simulation(simulator_port or port + 1) if _is_simulated() else {}
        with supervisor.listening(), _only_one_here(f"http://{_shown(host)}:{port}", shared):
            _Serving(supervisor, host=host, port=port, shared=shared).run()
    except GaveUp as gave_up:
        raise typer.Exit(gave_up.exit_code) from gave_up
    except _StoppedEarly:
        pass
    output.note("Petra has stopped.")


class _Serving:
    """One run of `petra serve`."""

    def __init__(self, supervisor: Supervisor, *, host: str, port: int, shared: dict[str, str]) -> None:
        self.supervisor = supervisor
        self.host, self.port = host, port
        self.shared = shared
        self.simulator_port = urlsplit(shared.get("SIMULATOR_URL", "")).port
        self.server: postgres.Embedded | None = None
        self.added: dict[str, str] = {}  # settings that make the demo quick enough to watch

    def run(self) -> None:
        check_port(self.host, self.port, setting="PORT")
        if self.simulator_port:
            check_port("127.0.0.1", self.simulator_port, setting="SIMULATOR_PORT")
        preparing.keep_secrets()
        with preparing.database() as self.server:
            try:
                self._start()
                self._watch()
            finally:
                self.supervisor.stop()

    def _start(self) -> None:
        if self.simulator_port:
            state = preparing.home() / "simulator" / "state.json"
            words = ["--port", str(self.simulator_port), "--state", str(state)]
            self.supervisor.add(Child("The simulator", run_module("petra.simulator", *words), self._environment()))
        # The pages take as long to load as the database takes to be brought up; they open when it is.
        words = ["web", "--port", str(self.port), "--host", self.host, "--wait"]
        self.supervisor.add(Child("The web process", run_module("petra.cli", *words), self._environment()))
        brought = json.loads(self._once("bring-up", "--json"))
        self.added = {key: value for key, value in brought["settings"].items() if key not in os.environ}
        self.supervisor.add(
            Child("The worker", run_module("petra.worker"), self._environment(), stop_wait_s=WORKER_STOP_WAIT_S)
        )
        address = f"http://{_shown(self.host)}:{self.port}"
        self._wait_for(f"{address}/healthz")
        output.result({"address": address, "demo": brought["demo"]}, f"Petra is ready: {address}")
        output.note(_how_to_sign_in(brought["demo"]))

    def _watch(self) -> None:
        look_at = clock.monotonic()
        while not self.supervisor.is_stopping:
            self.supervisor.tick()
            if self.server and clock.monotonic() >= look_at:
                self._look_after_database(self.server)
                look_at = clock.monotonic() + _DATABASE_LOOK_S

    def _look_after_database(self, server: postgres.Embedded) -> None:
        if server.is_running():
            return
        output.note("The database ended by itself; starting it again.")
        before = os.environ["DATABASE_URL"]
        server.start()
        os.environ.update(preparing.addresses(server, is_owner_needed=False))
        if os.environ["DATABASE_URL"] != before:
            self.supervisor.restart(self._environment())

    def _environment(self) -> dict[str, str]:
        return own_environment() | {"PORT": str(self.port)} | self.shared | self.added

    def _once(self, *words: str) -> str:
        """Run another `petra` command as the database's owner to its end and give what it printed.

        It says itself what went wrong.
        """
        environment = self._environment()
        if self.server:
            environment |= preparing.addresses(self.server, is_owner_needed=True)
        done = subprocess.Popen(
            run_module("petra.cli", *words),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            while done.poll() is None:
                self._tick()
        finally:
            done.terminate()
            said, _ = done.communicate()
        if done.returncode != 0:
            raise GaveUp(words[0], done.returncode)
        return said.strip()

    def _wait_for(self, url: str) -> None:
        deadline = clock.monotonic() + _READY_WAIT_S
        while not _answers(url):
            if clock.monotonic() > deadline:
                sentence = f"The pages did not answer within {_READY_WAIT_S:.0f} s: the lines above say why."
                raise ProductError("web_slow", sentence)
            self._tick()

    def _tick(self) -> None:
        self.supervisor.tick()
        if self.supervisor.is_stopping:
            raise _StoppedEarly


def _simulation(port: int) -> dict[str, str]:
    """Give the settings of simulated networks on this machine. The demo's blog is there too."""
    there = f"127.0.0.1:{port}"
    allowed = ",".join(filter(None, [os.environ.get("PETRA_ALLOW_PRIVATE"), there]))
    return {"SIMULATOR_URL": f"http://{there}", "PETRA_ALLOW_PRIVATE": allowed}


def check_port(host: str, port: int, *, setting: str) -> None:
    """Make sure that we can listen there. Raises ProductError with a sentence that names the port."""
    listen(host, port, setting=setting).close()


def listen(host: str, port: int, *, setting: str) -> socket.socket:
    """Open a listening socket. Raises ProductError with a sentence that names the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ProductError(
            "port_taken",
            f"Port {port} on {host} can't be used ({error.strerror}): stop the program that uses it, or choose another "
            f"port with {setting}={port + 10}.",
        ) from error
    return listener


def _is_simulated() -> bool:
    """Say whether to run the simulated networks here: as PETRA_SIMULATOR says, else when no network has keys."""
    from petra import settings  # they are read at import, and the other commands decide some of them first

    if settings.SIMULATOR_URL:  # they run elsewhere
        return False
    has_keys = any(settings.network_setting(n.sign_in.setting_prefix, "CLIENT_ID") for n in NETWORKS.values())
    return settings.flag("PETRA_SIMULATOR", default=not has_keys)


@contextlib.contextmanager
def _only_one_here(address: str, shared: dict[str, str]) -> Iterator[None]:
    """Hold the home for this run, and tell other commands on it where Petra runs and what it decided."""
    with preparing.home_errors():
        preparing.make_home()
        file = preparing.running_file().open("a+")
    with file:
        if not _lock(file):
            where = preparing.running_petra().get("address", "another address")
            raise ProductError(
                "already_running",
                f"Petra runs already with the data in {preparing.home()}, at {where}: open that, or stop it first.",
            )
        file.truncate(0)
        file.write(json.dumps({"address": address, "process": os.getpid(), "settings": shared}))
        file.flush()
        yield


def _lock(file: IO[str]) -> bool:
    for _ in range(10):  # a command that looks whether Petra runs holds it for a moment
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.05)
    return False


def _shown(host: str) -> str:
    """Give the host as a person on this machine would type it."""
    if host in {"0.0.0.0", "127.0.0.1", "::"}:  # noqa: S104  compared, not listened on
        return "localhost" if host != "::" else "[::1]"
    return f"[{host}]" if ":" in host else host


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _how_to_sign_in(demo: dict[str, str] | None) -> str:
    if demo:
        return f"Look at the demo: sign in as {demo['email']} with the password {demo['password']}. Ctrl-C stops Petra."
    return "Open it and sign up; the first person gets a workspace. Ctrl-C stops Petra."
