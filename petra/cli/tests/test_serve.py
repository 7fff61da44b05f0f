"""`petra serve` as a person runs it: one command, real processes, a home of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from petra.lib import clock, postgres, postgres_server, processes

ROOT = Path(postgres.__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """One `petra serve` and what it said."""

    def __init__(self, home: Path, *, port: int, **settings: str) -> None:
        self.home, self.port = home, port
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "DJANGO_", "PETRA_", "SIMULATOR_"))
        }
        self.environment = {**kept, "PETRA_HOME": str(home), "PORT": str(port), "PETRA_SIMULATOR": "off", **settings}
        self.log = home.parent / f"log-{port}"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "petra.cli", "serve"],
                env={**self.environment, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def until(self, is_so: Callable[[], object], *, within_s: float = 60) -> None:
        deadline = clock.monotonic() + within_s
        while clock.monotonic() < deadline:
            if is_so():
                return
            time.sleep(0.05)
        raise AssertionError(f"it did not come to that within {within_s} s; it said:\n{self.said()}")

    def ask(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            value: dict[str, Any] = json.loads(answer.read())
            return value

    def pids(self) -> set[int]:
        """Every process below this one, and the database."""
        found = {self.process.pid}
        running = postgres_server.read_postmaster(next(self.home.glob("postgres-*")) / "data")
        if running:
            found.add(running.pid)
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid:
                found.add(int(status.parent.name))
        return found

    def worker_pid(self) -> int:
        for pid in self.pids() - {self.process.pid}:
            if "petra.worker" in processes.command_of(pid):
                return pid
        return 0

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


@pytest.fixture
def home() -> Iterator[Path]:
    with postgres.short_folder() as folder:
        yield folder / "home"


def all_gone(pids: set[int], *, within_s: float = 10) -> bool:
    deadline = clock.monotonic() + within_s
    while any(processes.is_alive(pid) for pid in pids):
        if clock.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_serve_runs_survives_a_killed_worker_and_stops_without_a_trace(home: Path) -> None:
    served = Served(home, port=free_port())
    try:
        served.until(lambda: "Petra is ready" in served.said())
        assert served.ask("/healthz") == {"status": "ok"}
        served.until(served.worker_pid)
        first = served.worker_pid()
        os.kill(first, signal.SIGKILL)
        served.until(lambda: served.worker_pid() not in {0, first})
        assert "The worker ended by itself (signal SIGKILL)" in served.said()
        assert stat_mode(home / "keys") == stat_mode(home / "secret-key") == 0o600

        second = Served(home, port=free_port())
        assert second.process.wait(timeout=30) == 3
        assert f"at http://localhost:{served.port}" in second.said()

        pids = served.pids()
        assert len(pids) >= 4
        assert served.stop() == 0
        assert "Petra has stopped." in served.said()
        assert all_gone(pids)
        assert "Traceback" not in served.said(), served.said()

        began = clock.monotonic()
        served = Served(home, port=served.port)
        served.until(lambda: "Petra is ready" in served.said())
        assert clock.monotonic() - began < 15  # under 5 s on a quiet machine
        pids = served.pids()
        served.process.kill()  # the worst end: nobody is told to stop
        served.process.wait()
        assert all_gone(pids, within_s=45)
    finally:
        served.process.kill()
        served.process.wait()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_database_comes_back(home: Path) -> None:
    served = Served(home, port=free_port())
    try:
        served.until(lambda: "Petra is ready" in served.said())
        data = next(home.glob("postgres-*")) / "data"
        running = postgres_server.read_postmaster(data)
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        served.until(lambda: "starting it again" in served.said())
        served.until(lambda: _is_ready(served))
        assert served.stop(signal.SIGTERM) == 0
    finally:
        served.process.kill()
        served.process.wait()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_without_keys_a_demo_is_made_once_and_other_commands_know_of_it(home: Path) -> None:
    words = {"PETRA_SIMULATOR": "on", "SIMULATOR_PORT": str(free_port())}
    served = Served(home, port=free_port(), **words)
    try:
        served.until(lambda: "Look at the demo" in served.said())
        sign_in = next(line for line in served.said().splitlines() if line.startswith("Look at the demo"))
        command = [sys.executable, "-P", "-m", "petra.cli", "doctor", "--json"]
        looked = subprocess.run(
            command, env={**served.environment, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
        )
        found = {check["name"]: check["found"] for check in json.loads(looked.stdout)["checks"]}
        assert found["networks"].startswith(f"Simulated at http://127.0.0.1:{words['SIMULATOR_PORT']}")
        assert found["database"].endswith("(embedded).")
        assert served.stop() == 0
        served = Served(home, port=served.port, **words)
        served.until(lambda: sign_in in served.said())
        assert served.stop() == 0
    finally:
        served.process.kill()
        served.process.wait()


def _is_ready(served: Served) -> bool:
    try:
        return served.ask("/readyz")["database"] is True
    except OSError:
        return False


def test_a_taken_port_gets_one_sentence(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        served = Served(home, port=port)
        assert served.process.wait(timeout=30) == 3
    said = served.said().strip()
    assert said.startswith(f"Port {port} on 127.0.0.1 can't be used")
    assert re.search(r"PORT=\d+", said)
    assert len(said.splitlines()) == 1
    assert not list(home.glob("postgres-*"))  # nothing was begun


def test_a_home_that_cannot_be_made_gets_one_sentence(home: Path) -> None:
    (home.parent / "file").write_text("")
    served = Served(home, port=free_port(), PETRA_HOME=str(home.parent / "file" / "home"))
    assert served.process.wait(timeout=30) == 3
    said = served.said().strip()
    assert said.startswith("Petra cannot write to its folder")
    assert len(said.splitlines()) == 1


def test_a_wrong_setting_gets_one_sentence(home: Path) -> None:
    served = Served(home, port=free_port(), PETRA_GRACE_MIN="soon")
    assert served.process.wait(timeout=30) == 3
    assert served.said().strip() == "PETRA_GRACE_MIN must be a number, not 'soon'."


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
