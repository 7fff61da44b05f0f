"""Real worker processes: SIGTERM finishes what is in hand, and what a killed one held is taken over in seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.db import connection, connections
from pytest_django.fixtures import Settings

from conftest import People
from petra.articles import importing
from petra.articles.models import ImportRun
from petra.articles.tests import blog_server
from petra.lib import clock, presence, workers
from petra.lib.testing import ended
from petra.publishing import testing as furniture
from petra.publishing.models import Attempt, Delivery, Lane, State
from petra.simulator.testing import Simulator
from petra.tenancy import scope

Started = Callable[[], AbstractContextManager[subprocess.Popen[bytes]]]
ROOT = Path(__file__).resolve().parents[3]
ACCOUNTS = 6
GONE_S = 2.0


@pytest.fixture
def started(real_people: People, simulator: Simulator, settings: Settings, tmp_path: Path) -> Started:
    """Plan one delivery on each of some accounts, let sending take a second, and give what starts a worker."""
    settings.SIMULATOR_URL = simulator.base
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.WORKER_GONE_S = GONE_S
    with scope.workspace(real_people.workspace.pk):
        asset = furniture.picture()
        for profile in simulator.accounts(ACCOUNTS, is_unlimited=True):
            account = furniture.connect(profile, network="pinterest")
            furniture.planned(furniture.ready_post(asset, target=account.targets.order_by("id")[0]), account=account)
    simulator.settings(latency_ms=1000)
    environment = {
        "SIMULATOR_URL": simulator.base,
        "PETRA_KEYS": settings.PETRA_KEYS,
        "PETRA_HOME": str(tmp_path),
        "PETRA_LOOKS_S": "0.4,0.8,1.2",
        "PETRA_WRITE_GAP_S": "0",
        "PETRA_WORKER_GONE_S": str(GONE_S),
        "PETRA_WORKER_CONCURRENCY": "4",
        "PETRA_LOG_LEVEL": "WARNING",
        "DATABASE_POOL": "12",
    }
    command = [sys.executable, "-m", "petra.worker"]
    return lambda: ended(subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}))


def states(people: People) -> Counter[str]:
    with scope.workspace(people.workspace.pk):
        return Counter(Delivery.objects.values_list("state", flat=True))


def wait_until(is_so: Callable[[], bool], *, most_s: float) -> None:
    give_up_at = clock.monotonic() + most_s
    while not is_so():
        assert clock.monotonic() < give_up_at
        time.sleep(0.05)


@pytest.mark.slow
def test_a_worker_that_is_asked_to_stop_finishes_what_it_is_sending(
    real_people: People, simulator: Simulator, started: Started
) -> None:
    with started() as worker:
        wait_until(lambda: states(real_people)["sending"] > 0, most_s=30)
        for _ in range(3):  # a supervisor may ask more than once
            worker.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        assert worker.wait(20) == 0
    after = states(real_people)
    assert after["sending"] == after["unconfirmed"] == 0
    assert after["published"] == len(simulator.pins()) > 0
    with started() as worker:  # the next one does the rest
        wait_until(lambda: states(real_people) == {"published": ACCOUNTS}, most_s=40)
        worker.terminate()
    assert simulator.duplicates() == {}


@pytest.mark.slow
def test_what_a_killed_worker_held_is_taken_over_within_seconds(
    real_people: People, simulator: Simulator, started: Started
) -> None:
    with started() as first, started() as second:
        wait_until(lambda: sum(w.is_alive for w in workers.workers()) == 2, most_s=30)
        wait_until(lambda: states(real_people)["sending"] > 0, most_s=30)
        first.kill()
        killed_at = clock.monotonic()
        simulator.settings(latency_ms=0)
        wait_until(lambda: states(real_people) == {"published": ACCOUNTS}, most_s=30)
        took_s = clock.monotonic() - killed_at
        wait_until(lambda: workers.work().alive == 1, most_s=20)
        second.terminate()
    assert took_s < GONE_S + 12, took_s
    assert simulator.duplicates() == {}
    assert len(simulator.pins()) == ACCOUNTS
    with scope.workspace(real_people.workspace.pk):
        assert not Lane.objects.exclude(holder_id=None).exists()
        assert not Delivery.objects.exclude(state=State.PUBLISHED).exists()


@pytest.mark.slow
@pytest.mark.parametrize("whose", ["all", "the listener"])
def test_a_worker_that_loses_its_connections_goes_on_and_nothing_is_taken_for_a_crash(
    whose: str, real_people: People, simulator: Simulator, started: Started
) -> None:
    is_chosen = "" if whose == "all" else f" and pid in (select pid from pg_locks where classid = {presence.KIND})"
    connections.close_all()  # ours must live
    with started() as worker:
        wait_until(lambda: states(real_people)["sending"] > 0, most_s=30)
        ended = 0
        for _ in range(3):
            with connection.cursor() as cursor:
                cursor.execute(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = current_user"
                    f" and pid <> pg_backend_pid(){is_chosen}"
                )
                ended += cursor.fetchone()[0]
            time.sleep(1.5)
        wait_until(lambda: states(real_people) == {"published": ACCOUNTS}, most_s=30)
        time.sleep(2)  # the queue says only now that it lost the database
        assert worker.poll() is None, "the worker ended"
        worker.terminate()
        assert worker.wait(60) == 0  # a job that was cut off may use up the time it has to end
    assert ended >= 3
    with scope.workspace(real_people.workspace.pk):
        assert not Delivery.objects.exclude(crashes=0).exists()
        assert set(Attempt.objects.values_list("kind", "outcome")) == {("send", "sent")}, "an answer was lost"
        assert not Lane.objects.exclude(holder_id=None).exists()
    assert simulator.duplicates() == {}


@pytest.mark.slow
def test_a_worker_that_is_asked_to_stop_leaves_an_import_at_once_and_the_next_goes_on(
    real_people: People, started: Started, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with blog_server.serving() as blog:
        paths = [f"/2025/a-loaf-of-number-{number}/" for number in range(8)]
        for path in paths:
            blog.add_article(path, path)
        blog.list_articles(*paths)
        blog.pages["/robots.txt"].body += b"Crawl-delay: 2\n"
        settings.ALLOW_PRIVATE = [f"127.0.0.1:{blog.port}"]
        monkeypatch.setenv("PETRA_ALLOW_PRIVATE", settings.ALLOW_PRIVATE[0])
        with scope.workspace(real_people.workspace.pk):
            run = importing.start_import(importing.add_blog(blog.home))

        def is_at(count: int) -> bool:
            with scope.workspace(real_people.workspace.pk):
                return bool(ImportRun.objects.get(pk=run.pk).done >= count)

        for wanted in (0, 2):  # while it looks for the pages, and while it reads them
            asked = len(blog.asked)
            with started() as worker:
                wait_until(lambda: len(blog.asked) > asked and is_at(wanted), most_s=40)  # noqa: B023  used at once
                worker.terminate()
                asked_at = clock.monotonic()
                assert worker.wait(30) == 0
                assert clock.monotonic() - asked_at < 15, "it waited for the import"
        with started() as worker:
            wait_until(lambda: is_at(8), most_s=60)
            worker.terminate()
        once = Counter(path for path in blog.paths() if path in paths)
    assert set(once) == set(paths) and sum(once.values()) <= 8 + 1, once  # what was on its way is asked for again


def test_a_pool_that_is_too_small_is_refused_in_one_sentence() -> None:
    environment = {**os.environ, "PETRA_WORKER_CONCURRENCY": "30", "DATABASE_POOL": "10"}
    done = subprocess.run(
        [sys.executable, "-m", "petra.worker"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 3
    assert done.stderr.strip() == (
        "DATABASE_POOL must be at least 48, or 0, for a worker with PETRA_WORKER_CONCURRENCY 30."
    )
