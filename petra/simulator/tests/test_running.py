"""The process: ports, state that outlives it, and stopping."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from petra.simulator.testing import Simulator, SimulatorFailed, start
from petra.simulator.tests.calling import api, call, jpeg, pin, token_call
from petra.simulator.tests.test_pinterest_api import picture


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "simulator.json"


@pytest.fixture
def running(state_file: Path) -> Iterator[list[Simulator]]:
    started: list[Simulator] = []
    yield started
    for one in started:
        one.stop()


def test_state_survives_a_restart(state_file: Path, running: list[Simulator]) -> None:
    first = start(state_file=state_file)
    running.append(first)
    account = first.accounts(1, sections=1)[0]
    made = api(first, account, "POST", "/pins", pin(account, media_source=picture())).json
    first.fault("rate_limit", path="/v5/nothing")
    first.settings(list_order="oldest")
    first.clock(advance_s=3600)
    first.stop()
    second = start(state_file=state_file)
    running.append(second)
    assert api(second, account, "GET", f"/pins/{made['id']}").json["title"] == "A Pin"
    digest = second.pins(marker="m-1")[0]["images"][0]
    assert call("GET", f"{second.base}/_pictures/{digest}").content == jpeg(1000, 1500)
    assert second.faults()[0]["path"] == "/v5/nothing"
    assert second.settings()["list_order"] == "oldest"
    assert abs((second.clock() - datetime.now(UTC)).total_seconds() - 3600) < 60
    refresh = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}
    assert token_call(second, refresh).status == 200
    assert api(second, account, "POST", "/pins", pin(account)).json["id"] > made["id"]


def test_state_is_saved_soon_even_when_killed(state_file: Path, running: list[Simulator]) -> None:
    first = start(state_file=state_file)
    account = first.accounts(1)[0]
    api(first, account, "POST", "/pins", pin(account))
    end = time.monotonic() + 5
    while time.monotonic() < end and not (state_file.exists() and "m-1" in state_file.read_text()):
        time.sleep(0.1)
    first.kill()
    second = start(state_file=state_file)
    running.append(second)
    assert len(second.pins(marker="m-1")) == 1


def test_state_file_is_for_its_owner_alone(state_file: Path, running: list[Simulator]) -> None:
    one = start(state_file=state_file)
    one.accounts(1)
    one.stop()
    assert state_file.stat().st_mode & 0o077 == 0


def test_damaged_state_file_is_refused_and_kept(tmp_path: Path) -> None:
    damaged = tmp_path / "state.json"
    damaged.write_text("{half")
    with pytest.raises(SimulatorFailed):
        start(state_file=damaged)
    assert damaged.read_text() == "{half"


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "petra.simulator", *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def test_taken_port_is_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run_command("--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert done.stderr.startswith("The simulator could not start:")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--port", "99999"), ("--port", "-1"), ("--latency-ms", "-5"), ("--latency-ms", "nan"), ("--port", "abc")],
)
def test_wrong_value_is_named(arguments: tuple[str, str]) -> None:
    done = run_command(*arguments)
    assert done.returncode == 2
    assert arguments[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_state_that_can_not_be_kept_is_said_at_the_start() -> None:
    done = run_command("--port", "0", "--state", "/proc/nowhere/state.json")
    assert done.returncode == 1
    assert "can't be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_same_seed_gives_same_ids() -> None:
    ids = []
    for _ in range(2):
        one = start(seed=7)
        ids.append(one.accounts(1)[0].id)
        one.stop()
    assert ids[0] == ids[1]


def test_nothing_of_the_traffic_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    one = start()
    account = one.accounts(1)[0]
    api(one, account, "POST", "/pins", pin(account))
    one.stop()
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
