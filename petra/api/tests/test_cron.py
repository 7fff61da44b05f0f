"""The door for a cron line: who gets in, what one pass does, and that it races with workers safely."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from conftest import People
from petra.lib import clock, workers
from petra.publishing import finding
from petra.publishing import testing as furniture
from petra.publishing.models import Delivery, Lane, State
from petra.simulator.testing import Simulator
from petra.tenancy import scope

ROOT = Path(__file__).resolve().parents[3]
SECRET = "a-long-cron-secret"
ADDRESS = "/api/cron/publish"
WITH_SECRET = {"Authorization": f"Bearer {SECRET}"}
# 1000 is what the promise says; the default keeps the suite short.
RACING = int(os.environ.get("PETRA_RACING", "160"))


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    settings.CRON_SECRET = SECRET


def plan(people: People, simulator: Simulator, *, accounts: int, each: int, late_s: float = 1) -> None:
    due_at = clock.now() - timedelta(seconds=late_s)
    with scope.workspace(people.workspace.pk):
        asset = furniture.picture()
        for profile in simulator.accounts(accounts, is_unlimited=True):
            account = furniture.connect(profile, network="pinterest")
            target = account.targets.order_by("id")[0]
            for _ in range(each):
                furniture.planned(furniture.ready_post(asset, target=target), account=account, due_at=due_at)


@pytest.mark.parametrize("method", ["get", "post"])
def test_one_pass_publishes_one_of_each_account(
    method: str, real_people: People, simulator: Simulator, settings: Settings
) -> None:
    settings.SIMULATOR_URL = simulator.base
    plan(real_people, simulator, accounts=3, each=2)
    answer = getattr(Client(), method)(ADDRESS, headers=WITH_SECRET)
    assert answer.json() == {"processed": 3, "succeeded": 3, "partial": 0, "failed": 0, "skipped": 0}
    assert len(simulator.pins()) == 3
    again = getattr(Client(), method)(ADDRESS, headers=WITH_SECRET)  # the accounts' spacing holds here, too
    assert again.json()["processed"] == 0


def test_the_limit_is_kept(real_people: People, simulator: Simulator, settings: Settings) -> None:
    settings.SIMULATOR_URL = simulator.base
    plan(real_people, simulator, accounts=3, each=1)
    assert Client().post(f"{ADDRESS}?limit=2", headers=WITH_SECRET).json()["processed"] == 2
    assert len(simulator.pins()) == 2


def test_failures_and_what_is_late_are_counted_as_what_they_are(
    real_people: People, simulator: Simulator, settings: Settings
) -> None:
    settings.SIMULATOR_URL = simulator.base
    plan(real_people, simulator, accounts=2, each=1)
    with scope.workspace(real_people.workspace.pk):
        first = Delivery.objects.order_by("id")[0]
        long_ago = clock.now() - timedelta(hours=2)
        Delivery.objects.filter(pk=first.pk).update(due_at=long_ago, next_at=long_ago)
    simulator.fault("answer", path="/v5/pins", status=403, code=235, message="Sorry, this image is broken.")
    found = Client().get(ADDRESS, headers=WITH_SECRET).json()
    assert found == {"processed": 2, "succeeded": 0, "partial": 0, "failed": 1, "skipped": 1}


def test_a_pass_takes_over_the_turns_of_one_that_was_broken_off(
    real_people: People, simulator: Simulator, settings: Settings
) -> None:
    settings.SIMULATOR_URL = simulator.base
    plan(real_people, simulator, accounts=2, each=1)
    assert len(finding.take_turns(most=10)) == 2  # and nobody uses them
    assert Client().get(ADDRESS, headers=WITH_SECRET).json()["processed"] == 0
    with scope.workspace(real_people.workspace.pk):
        furniture.let_time_pass(250)
    assert Client().get(ADDRESS, headers=WITH_SECRET).json()["succeeded"] == 2


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": SECRET}, {"Authorization": "Bearer ü"}]
)
def test_without_the_secret_nobody_gets_in(headers: dict[str, str], db: None) -> None:
    answer = Client().post(ADDRESS, headers=headers)
    assert answer.status_code == 401
    assert SECRET not in answer.content.decode()
    assert answer.json()["error"]["code"] == "unauthorized"


def test_where_no_secret_is_set_there_is_no_door(settings: Settings, db: None) -> None:
    settings.CRON_SECRET = ""
    for headers in ({}, {"Authorization": "Bearer "}, WITH_SECRET):
        assert Client().get(ADDRESS, headers=headers).status_code == 404


@pytest.mark.parametrize("limit", ["0", "501", "-1", "many", "", "1.5", "٣", "9" * 5000])
def test_a_limit_that_makes_no_sense_is_refused(limit: str, db: None) -> None:
    answer = Client().get(ADDRESS, {"limit": limit}, headers=WITH_SECRET)
    assert answer.status_code == 422
    assert "1 to 500" in answer.json()["error"]["message"]


def test_other_methods_are_refused(db: None) -> None:
    assert Client().delete(ADDRESS, headers=WITH_SECRET).status_code == 405


@pytest.mark.slow
def test_workers_and_the_cron_door_race_and_each_pin_is_sent_once(
    real_people: People, simulator: Simulator, settings: Settings, tmp_path: Path
) -> None:
    settings.SIMULATOR_URL = simulator.base
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.WRITE_GAP_S, settings.CALLS_PER_HOUR = "0.01", "1000000"
    accounts = 20
    plan(real_people, simulator, accounts=accounts, each=RACING // accounts, late_s=-3600)
    environment = {
        **os.environ,
        "SIMULATOR_URL": simulator.base,
        "PETRA_KEYS": settings.PETRA_KEYS,
        "PETRA_HOME": str(tmp_path),
        "PETRA_WRITE_GAP_S": "0.01",
        "PETRA_CALLS_PER_HOUR": "1000000",
        "PETRA_LOG_LEVEL": "WARNING",
        "PETRA_WORKER_CONCURRENCY": "8",
        "DATABASE_POOL": "16",
    }
    by_cron = 0
    with ExitStack() as stack:
        for _ in range(2):
            worker = stack.enter_context(
                subprocess.Popen([sys.executable, "-m", "petra.worker"], cwd=ROOT, env=environment)
            )
            stack.callback(worker.terminate)
        give_up_at = clock.monotonic() + 120
        while len(workers.workers()) < 2:  # all are there before anything is due, and the door is warm
            assert clock.monotonic() < give_up_at
            time.sleep(0.02)
        assert call_the_door() == 0
        with scope.workspace(real_people.workspace.pk):
            furniture.let_time_pass(3600 - 1)
        with ThreadPoolExecutor(2) as doors:
            while unfinished(real_people):
                assert clock.monotonic() < give_up_at
                answers = [doors.submit(call_the_door) for _ in range(2)]
                by_cron += sum(answer.result(60) for answer in answers)
                time.sleep(0.05)
    assert len(simulator.log(method="POST", path="/v5/pins", limit="5000")) == RACING
    assert simulator.duplicates() == {}
    assert 0 < by_cron < RACING, "both the door and the workers had their share"
    with scope.workspace(real_people.workspace.pk):
        assert not Lane.objects.exclude(holder_id=None).exists()


def call_the_door() -> int:
    try:
        return int(Client().post(f"{ADDRESS}?limit=20", headers=WITH_SECRET).json()["succeeded"])
    finally:
        connections.close_all()


def unfinished(people: People) -> bool:
    with scope.workspace(people.workspace.pk):
        return bool(Delivery.objects.exclude(state=State.PUBLISHED).exists())
