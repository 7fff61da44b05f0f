"""Every benchmark runs, in its smallest size, and prints the one line of figures that it promises."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
MOST_S: Final = 240.0

# name: (arguments, the figures it promises)
BENCHES: Final[dict[str, tuple[str, set[str]]]] = {
    "publish": (
        "--deliveries 20 --accounts 5",
        {"deliveries_per_s", "floor_per_s", "ratio", "worker_cpu_ms", "postgres_cpu_ms", "lag_p50_s", "lag_p99_s"}
        | {"duplicates"},
    ),
    "lag": ("--per-s 10 --seconds 1 --accounts 5", {"lag_p50_s", "lag_p99_s", "reference_p50_s", "duplicates"}),
    "burst": (
        "--posts 10 --accounts 5 --latency-ms 100",
        {"lag_p50_s", "lag_p95_s", "limit_p95_s", "ratio", "cpu_s", "memory_mb", "recovered_s", "duplicates"},
    ),
    "due": ("--sizes 200,400 --accounts 50 --due 20", {"ms", "rows_read", "index_mb", "ratio"}),
    "fleet": (
        "--workers 1,2 --deliveries 10 --accounts 5",
        {"fleets", "ratio", "per_core_s", "cores_for_10m_a_day", "duplicates"},
    ),
    "idle": ("--seconds 1 --planned 5", {"cpu_pct", "tx_per_s", "memory_mb"}),
    "chaos": (
        "--deliveries 10 --accounts 5 --most-s 120",
        {"published", "failed", "unconfirmed", "duplicates", "stuck", "stuck_as", "wrong"},
    ),
}


@contextmanager
def started(name: str, arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a benchmark in a process group of its own; take all of it away where it does not come to its end."""
    ours = ("DATABASE_", "PETRA_", "SIMULATOR_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    process = subprocess.Popen(
        [sys.executable, "-m", f"bench.{name}", "--json", *arguments.split()],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def run_all() -> dict[str, tuple[int, str, str]]:
    """Run all at once, because most of their time is waiting. Gives exit code, output and complaints of each."""
    with ExitStack() as stack:
        running = {name: stack.enter_context(started(name, arguments)) for name, (arguments, _) in BENCHES.items()}
        said = {name: process.communicate(timeout=MOST_S) for name, process in running.items()}
        return {name: (running[name].returncode, *texts) for name, texts in said.items()}


@pytest.mark.slow
def test_every_benchmark_prints_one_line_with_the_figures_it_promises() -> None:
    found = {name: figures(name, *said) for name, said in run_all().items()}
    for name, (_, promised) in BENCHES.items():
        assert promised <= set(found[name]), f"{name} leaves out {promised - set(found[name])}"
    chaos, burst = found["chaos"], found["burst"]
    assert chaos["published"] + chaos["failed"] + chaos["unconfirmed"] == 10
    assert (chaos["duplicates"], chaos["stuck_as"]) == (0, {})
    assert (burst["recovered"], burst["duplicates"]) == (10, 0)
    assert set(found["due"]["ms"]) == {"200", "400"}


def figures(name: str, code: int, output: str, complaints: str) -> dict[str, Any]:
    """Read the one line."""
    assert code == 0, f"{name} ended with {code}:\n{complaints[-2000:]}"
    lines = output.strip().splitlines()
    assert len(lines) == 1, f"{name} printed {len(lines)} lines"
    read: dict[str, Any] = json.loads(lines[0])
    return read
