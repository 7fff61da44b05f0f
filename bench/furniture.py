"""What every benchmark stands on: a durable database of its own, the simulator and workers, each its own process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg

from bench import measuring
from petra.lib import clock, postgres, seal
from petra.simulator import testing as simulated
from petra.simulator.testing import SimulatedAccount, Simulator

ROOT = Path(__file__).resolve().parent.parent
_MOST_WAIT_S = 900.0
_DRAIN_S = 60.0


@dataclass(frozen=True)
class Plan:
    """Deliveries planned by one call of `Bench.plan`, in the order of their due instants."""

    ids: Sequence[UUID]
    due_at: datetime  # of the first one


@dataclass
class Bench:
    """The running stage of a benchmark. Django is set up on its database."""

    owner_url: str
    app_url: str
    admin_url: str  # the superuser's, on the same database: for filling tables by the million
    postmaster_pid: int
    simulator: Simulator
    profiles: list[SimulatedAccount]
    workspace_id: UUID

    def plan(
        self, *, deliveries: int, accounts: int, ahead_s: float = 15.0, every_s: float = 0.0, prefix: str = "account-"
    ) -> Plan:
        """Plan `deliveries` over `accounts` new accounts, in turn.

        The first is due `ahead_s` seconds after the last row is written, each further one `every_s` seconds later.
        """
        from django.db import connection

        from petra.publishing import testing as furniture
        from petra.tenancy import scope

        far = clock.now() + timedelta(days=1)
        self.profiles = self.simulator.accounts(accounts, is_unlimited=True, prefix=prefix)
        ids = []
        with scope.workspace(self.workspace_id):
            asset = furniture.picture(width_px=600, height_px=900)
            connected = [furniture.connect(p, network="pinterest") for p in self.profiles]
            targets = [account.targets.order_by("id")[0] for account in connected]
            for number in range(deliveries):
                account, target = connected[number % accounts], targets[number % accounts]
                post = furniture.ready_post(asset, target=target, title=f"Ten summer salads, number {number}")
                ids.append(furniture.planned(post, account=account, due_at=far).pk)
        with psycopg.connect(self.owner_url, autocommit=True) as owner:
            owner.execute("analyze")  # what autovacuum does within a minute; the floor's tables get it too
        due_at = clock.now() + timedelta(seconds=ahead_s)
        instants = [due_at + timedelta(seconds=number * every_s) for number in range(deliveries)]
        with scope.workspace(self.workspace_id), connection.cursor() as cursor:
            cursor.execute(
                "update publishing_delivery d set due_at = x.at, next_at = x.at"
                " from unnest(%s::uuid[], %s::timestamptz[]) as x(id, at) where d.id = x.id",
                [ids, instants],
            )
        connection.close()
        return Plan(ids, due_at)

    @contextmanager
    def workers(
        self, count: int, *, settings: Mapping[str, str] | None = None
    ) -> Iterator[list[subprocess.Popen[bytes]]]:
        """Run workers and end them with SIGTERM. What is put into the list meanwhile is ended too."""
        processes = [self.worker(settings=settings) for _ in range(count)]
        try:
            yield processes
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                end(process)

    def worker(self, *, settings: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start one worker. The caller ends it. What it prints, as mails, goes with complaints: figures stand alone."""
        command = [sys.executable, "-m", "petra.worker"]
        return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(settings or {})}, stdout=sys.stderr)

    def wait_until_published(self, plan: Plan, *, count: int | None = None, most_s: float = _MOST_WAIT_S) -> None:
        """Look four times a second until `count` (all) are published. Raises TimeoutError."""
        wanted, give_up_at = len(plan.ids) if count is None else count, clock.monotonic() + most_s
        while (seen := self.states(plan).get("published", 0)) < wanted:
            if clock.monotonic() > give_up_at:
                raise TimeoutError(f"only {seen} of {wanted} were published: {self.states(plan)}")
            time.sleep(0.25)

    def states(self, plan: Plan) -> dict[str, int]:
        """Count the deliveries of a plan by state."""
        rows = self._read("select state, count(*) from publishing_delivery where id = any(%s) group by 1", plan)
        return {str(state): int(count) for state, count in rows}

    def start_lags_s(self, plan: Plan) -> list[float]:
        """Say for each delivery that was tried how many seconds after its due instant its first sending began."""
        rows = self._read(
            "select extract(epoch from min(a.started_at) - min(d.due_at)) from publishing_delivery d"
            " join publishing_attempt a on a.delivery_id = d.id where d.id = any(%s) group by d.id",
            plan,
        )
        return [float(lag) for (lag,) in rows]

    def end_lags_s(self, plan: Plan) -> list[float]:
        """Say for each published delivery how many seconds after its due instant that was written down."""
        rows = self._read(
            "select extract(epoch from moved_at - due_at) from publishing_delivery"
            " where id = any(%s) and state = 'published'",
            plan,
        )
        return [float(lag) for (lag,) in rows]

    def in_flight(self, plan: Plan) -> int:
        """Count the sendings of a plan that have begun and whose answer is not written down yet."""
        rows = self._read(
            "select count(*) from publishing_attempt where delivery_id = any(%s) and kind = 'send' and outcome = ''",
            plan,
        )
        return int(rows[0][0])

    def _read(self, query: str, plan: Plan) -> list[tuple[Any, ...]]:
        from django.db import connection

        from petra.tenancy import scope

        with scope.workspace(self.workspace_id), connection.cursor() as cursor:
            cursor.execute(query, [list(plan.ids)])
            return list(cursor.fetchall())

    def duplicates(self) -> int:
        """Count pins that are on the simulator more than once."""
        return sum(count - 1 for count in self.simulator.duplicates().values())

    def postgres_cpu_s(self) -> float:
        """Read the processor time of the whole database server."""
        return measuring.family_cpu_seconds(self.postmaster_pid)

    def memory_mb(self, processes: Sequence[subprocess.Popen[bytes]]) -> float:
        """Sum the memory of workers and of the whole database server."""
        server = [self.postmaster_pid, *measuring.children(self.postmaster_pid)]
        return measuring.memory_mb([*(process.pid for process in processes), *server])

    def transactions(self) -> int:
        """Count the transactions that the database has ended so far, in all processes."""
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute("select pg_stat_force_next_flush()")
            row = admin.execute(
                "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
            ).fetchone()
        return int(row[0]) if row else 0


def sleep_until(instant: datetime) -> None:
    """Wait for an instant; not at all where it is over."""
    time.sleep(max((instant - clock.now()).total_seconds(), 0.0))


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was asked to end; kill it where it does not. Reaps it in any case."""
    try:
        process.wait(_DRAIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def bench_database(*, latency_ms: float, settings: Mapping[str, str] | None = None) -> Iterator[Bench]:
    """Start everything; take it away in the end. The database is durable, as in production.

    `settings` are further variables of the environment, for this process and its workers.
    """
    with tempfile.TemporaryDirectory() as home, postgres.temporary(fast=False) as server:
        os.environ.update(
            DATABASE_URL=server.app_url,
            DATABASE_OWNER_URL=server.owner_url,
            DATABASE_POOL="28",
            PETRA_HOME=home,
            PETRA_KEYS=seal.new_key(),
            PETRA_WRITE_GAP_S="0",
            PETRA_CALLS_PER_HOUR="100000000",
            PETRA_LOG_LEVEL="WARNING",
            DJANGO_SETTINGS_MODULE="petra.settings",
        )
        os.environ.update(settings or {})
        simulator = simulated.start(latency_ms=latency_ms)
        os.environ["SIMULATOR_URL"] = simulator.base
        try:
            yield _set_up(server, simulator)
        finally:
            simulator.stop()
            _close()


def _set_up(server: postgres.Embedded, simulator: Simulator) -> Bench:
    import django

    django.setup()
    from petra import migrating
    from petra.tenancy import workspaces
    from petra.tenancy.models import User

    migrating.migrate()
    owner = User.objects.create_user(email="bench@example.org")
    workspace = workspaces.create_workspace(owner=owner, name="Bench")
    pid = int((server.cluster / "data" / "postmaster.pid").read_text().splitlines()[0])
    admin_url = urlunsplit(urlsplit(server.admin_url)._replace(path=urlsplit(server.owner_url).path))
    return Bench(server.owner_url, server.app_url, admin_url, pid, simulator, [], workspace.pk)


def _close() -> None:
    from django.db import connections

    for connection in connections.all():
        connection.close()
        pool = getattr(connection, "close_pool", None)
        if pool is not None:
            pool()
