"""Promise: never twice, never lost. A worker is killed at each point of its work, under load, at least 20 times
each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from conftest import People
from petra.lib import clock
from petra.publishing import testing as furniture
from petra.publishing.models import Attempt, Delivery, Lane, State
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from tests.journeys.dying_worker import POINTS

ROOT = Path(__file__).resolve().parents[2]
DEATHS = 20
ACCOUNTS, EACH = 30, 6
WAIT_S = 150.0


def plan_load(people: People, simulator: Simulator) -> None:
    with scope.workspace(people.workspace.pk):
        asset = furniture.picture()
        for profile in simulator.accounts(ACCOUNTS):
            account = furniture.connect(profile, network="pinterest")
            target = account.targets.first()
            assert target is not None
            for number in range(EACH):
                furniture.planned(furniture.ready_post(asset, target=target, title=f"Pin {number}"), account=account)


def unfinished(workspace_id: UUID) -> int:
    with scope.workspace(workspace_id):
        return int(Delivery.objects.exclude(state=State.PUBLISHED).count())


def wait_until_all_are_out(workspace_id: UUID, worker: subprocess.Popen[str]) -> None:
    give_up_at = clock.monotonic() + WAIT_S
    while unfinished(workspace_id):
        assert clock.monotonic() < give_up_at, states(workspace_id)
        assert worker.poll() is None, "the worker ended"
        time.sleep(0.2)


def states(workspace_id: UUID) -> Counter[str]:
    with scope.workspace(workspace_id):
        return Counter(Delivery.objects.values_list("state", flat=True))


def environment(simulator: Simulator, files: Path, keys: str) -> dict[str, str]:
    return {
        **os.environ,
        "SIMULATOR_URL": simulator.base,
        "PETRA_KEYS": keys,
        "PETRA_HOME": str(files),
        "PETRA_WRITE_GAP_S": "0",
        "PETRA_LOOKS_S": "0.4,0.8,1.2",
        "PETRA_CALLS_PER_HOUR": "1000000",
        "PETRA_WORKER_GONE_S": "1.5",
        "PETRA_MAX_CRASHES": "50",  # every death takes innocent jobs along
        "PETRA_WORKER_CONCURRENCY": "8",
        "DATABASE_POOL": "16",
        "PETRA_LOG_LEVEL": "WARNING",
    }


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_every_pin_is_out_exactly_once_though_the_worker_is_killed(
    point: str, real_people: People, simulator: Simulator, settings: object, tmp_path: Path
) -> None:
    settings.SIMULATOR_URL = simulator.base  # type: ignore[attr-defined]
    settings.MEDIA_ROOT = tmp_path / "files"  # type: ignore[attr-defined]
    simulator.settings(latency_ms=150)
    plan_load(real_people, simulator)
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.dying_worker", point, str(DEATHS)],
        cwd=ROOT,
        env=environment(simulator, tmp_path, settings.PETRA_KEYS),  # type: ignore[attr-defined]
        stdout=subprocess.PIPE,
        text=True,
    )
    with worker:
        try:
            assert worker.stdout is not None
            give_up = threading.Timer(WAIT_S, worker.terminate)  # a worker that never comes to the point
            give_up.start()
            assert worker.stdout.readline() == f"deaths {DEATHS}\n"
            give_up.cancel()
            wait_until_all_are_out(real_people.workspace.pk, worker)
        finally:
            worker.terminate()
    simulator.settings(latency_ms=0)
    assert len(simulator.pins()) == ACCOUNTS * EACH
    assert simulator.duplicates() == {}
    with scope.workspace(real_people.workspace.pk):
        assert Lane.objects.exclude(holder_id=None).count() == 0
        assert Attempt.objects.filter(outcome="").count() == 0
