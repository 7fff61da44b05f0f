"""The simulator for tests: a process of its own on a free port, and a small handle on its switches.

    def test_a_pin_arrives(simulator):
        account = simulator.accounts(1)[0]
        ...
        assert len(simulator.pins(account=account.username)) == 1

The root conftest imports the fixture `simulator` from here. One process serves the whole session; every test that
asks for it begins with a reset one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from petra.simulator.pinterest.state import CLIENT_ID, CLIENT_SECRET

_READY_S: Final = 20.0
_STOP_S: Final = 10.0
_ROOT: Final = Path(__file__).resolve().parents[2]


class SimulatorFailed(Exception):
    """The simulator did not start, or refused a switch. The text says why."""


@dataclass(frozen=True)
class SimulatedBoard:
    id: str
    name: str
    section_ids: tuple[str, ...]


@dataclass(frozen=True)
class SimulatedAccount:
    """An account with fresh tokens."""

    username: str
    id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scopes: tuple[str, ...]
    boards: tuple[SimulatedBoard, ...]


class Simulator:
    """The handle: where it is, and its switches. Made by `start`."""

    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET

    def __init__(self, process: subprocess.Popen[str], base: str) -> None:
        self._process = process
        self.base = base

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def api_base(self) -> str:
        return f"{self.base}/v5"

    @property
    def consent_base(self) -> str:
        return f"{self.base}/oauth/"

    @property
    def page_base(self) -> str:
        return self.base

    def accounts(self, count: int = 1, **asked: object) -> list[SimulatedAccount]:
        """Make accounts; see `pinterest.seeding.make_accounts` for what can be asked."""
        return self._accounts({"count": count, **asked})

    def account(self, username: str, **asked: object) -> SimulatedAccount:
        """Return one account by name, with new tokens; made where there is none."""
        return self._accounts({"usernames": [username], **asked})[0]

    def fault(self, kind: str, **values: object) -> int:
        """Switch a fault on; return its number. See `faults.Fault` for the values."""
        return int(self.call("POST", "faults", {"kind": kind, **values})["id"])

    def faults(self) -> list[dict[str, Any]]:
        return list(self.call("GET", "faults")["faults"])

    def clear_faults(self) -> None:
        self.call("DELETE", "faults")

    def pins(self, *, account: str | None = None, marker: str | None = None) -> list[dict[str, Any]]:
        return list(self._pins(account, marker)["pins"])

    def duplicates(self, *, account: str | None = None) -> dict[str, int]:
        """Return markers that more than one Pin carries, with their counts."""
        return dict(self._pins(account, None)["duplicates"])

    def make_pins(self, board_id: str, **asked: object) -> list[str]:
        return list(self.call("POST", "pins", {"board_id": board_id, **asked})["ids"])

    def log(self, **wanted: str) -> list[dict[str, Any]]:
        """Return calls, oldest first; `account`, `method`, `path` and `limit` narrow them."""
        return list(self.call("GET", f"log?{urlencode(wanted)}")["calls"])

    def counters(self) -> dict[str, int]:
        return dict(self.call("GET", "counters")["counters"])

    def clock(
        self, *, now: datetime | None = None, advance_s: float | None = None, stop: bool = False, reset: bool = False
    ) -> datetime:
        """Set, move, stop or reset the clock; return its time."""
        asked: dict[str, object] = {"stop": stop, "reset": reset}
        if now is not None:
            asked["now"] = now.isoformat()
        if advance_s is not None:
            asked["advance_s"] = advance_s
        return datetime.fromisoformat(self.call("POST", "clock", asked)["now"])

    def settings(self, **values: object) -> dict[str, Any]:
        return self.call("POST", "settings", dict(values))

    def profile(self, name: str) -> None:
        self.call("POST", "profile", {"name": name})

    def reset(self) -> None:
        self.call("POST", "reset")

    def stop(self) -> None:
        """Stop the process and wait for it; state given a file is saved."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_S)
        if self._process.stdout:
            self._process.stdout.close()

    def kill(self) -> None:
        """End the process at once, without saving."""
        self._process.kill()
        self._process.wait(_STOP_S)
        if self._process.stdout:
            self._process.stdout.close()

    # Any: the simulator's own JSON.
    def call(self, method: str, switch: str, values: dict[str, object] | None = None) -> dict[str, Any]:
        """Use any switch under /_sim/. Raises SimulatorFailed."""
        body = json.dumps(values or {}).encode() if method == "POST" else None
        request = urllib.request.Request(f"{self.base}/_sim/{switch}", body, method=method)  # noqa: S310
        try:
            with _opener.open(request, timeout=30) as answer:
                result: dict[str, Any] = json.loads(answer.read())
                return result
        except urllib.error.HTTPError as error:
            with error:
                raise SimulatorFailed(error.read().decode("utf-8", "replace")) from None

    def _accounts(self, asked: dict[str, object]) -> list[SimulatedAccount]:
        return [_account(row) for row in self.call("POST", "accounts", asked)["accounts"]]

    def _pins(self, account: str | None, marker: str | None) -> dict[str, Any]:
        wanted = {name: value for name, value in (("account", account), ("marker", marker)) if value}
        return self.call("GET", f"pins?{urlencode(wanted)}")


# No proxy of the environment between a test and loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _account(row: dict[str, Any]) -> SimulatedAccount:
    boards = tuple(
        SimulatedBoard(board["id"], board["name"], tuple(section["id"] for section in board["sections"]))
        for board in row["boards"]
    )
    scopes = tuple(row["scope"].split(","))
    return SimulatedAccount(row["username"], row["id"], row["access_token"], row["refresh_token"], scopes, boards)


def start(*, port: int = 0, state_file: Path | None = None, seed: int | None = 1, latency_ms: float = 0.0) -> Simulator:
    """Start a simulator and wait until it answers. The caller stops it. Raises SimulatorFailed."""
    command = [sys.executable, "-m", "petra.simulator", "--port", str(port), "--latency-ms", str(latency_ms)]
    if state_file is not None:
        command += ["--state", str(state_file)]
    if seed is not None:
        command += ["--seed", str(seed)]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
    # The first line comes when it listens; a process that hangs before is ended, which ends the reading too.
    watchdog = threading.Timer(_READY_S, process.kill)
    watchdog.start()
    line = process.stdout.readline() if process.stdout else ""
    watchdog.cancel()
    if " on http" not in line:
        process.kill()
        process.wait(_STOP_S)
        if process.stdout:
            process.stdout.close()
        raise SimulatorFailed("The simulator did not start; its standard error says why.")
    return Simulator(process, line.strip().rpartition(" on ")[2])


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    running = start()
    yield running
    running.stop()


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    """A simulator with nothing in it but the demo's two profiles."""
    simulator_process.reset()
    return simulator_process
