"""The benchmark of importing, in a tiny size: nothing missing, nothing twice, in spite of a worker that is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_killed_worker_costs_no_page_and_doubles_none() -> None:
    ours = ("DATABASE_", "PETRA_", "SIMULATOR_", "DJANGO_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = [sys.executable, "-m", "bench.importing", "--json", "--pages", "300", "--kills", "1"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["articles"], told["missing"], told["twice"]) == (300, 0, 0)
    assert len(told["killed_at"]) == 1 and told["peak_mb"] > 0
    assert all(told[name] > 0 for name in ("pages_per_s", "floor_per_s", "ratio", "cpu_ratio", "again_s"))
