"""What every benchmark stands on: a durable database of its own, the simulator and workers, each its own process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from petra.lib import clock, postgres, seal
from petra.simulator import testing as simulated
from petra.simulator.testing import SimulatedAccount, Simulator

ROOT = Path(__file__).resolve().parent.parent
_MOST_WAIT_S = 900.0


@dataclass
class Bench:
    """The running stage of a benchmark. Django is set up on its database."""

    owner_url: str
    app_url: str
    simulator: Simulator
    profiles: list[SimulatedAccount]
    workspace_id: UUID

    def plan(self, *, deliveries: int, accounts: int, ahead_s: float = 15.0) -> datetime:
        """Plan `deliveries` over `accounts`, all due at one instant `ahead_s` seconds after the last row is written."""
        from django.db import connection

        from petra.publishing import testing as furniture
        from petra.publishing.models import Delivery
        from petra.tenancy import scope

        far = clock.now() + timedelta(days=1)
        self.profiles = self.simulator.accounts(accounts, is_unlimited=True)
        with scope.workspace(self.workspace_id):
            asset = furniture.picture(width_px=600, height_px=900)
            connected = [furniture.connect(p, network="pinterest") for p in self.profiles]
            targets = [account.targets.order_by("id")[0] for account in connected]
            for number in range(deliveries):
                account, target = connected[number % accounts], targets[number % accounts]
                post = furniture.ready_post(asset, target=target, title=f"Ten summer salads, number {number}")
                furniture.planned(post, account=account, due_at=far)
        due_at = clock.now() + timedelta(seconds=ahead_s)
        with scope.workspace(self.workspace_id):
            Delivery.objects.update(due_at=due_at, next_at=due_at)
        connection.close()
        return due_at

    @contextmanager
    def workers(self, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
        """Run workers and end them with SIGTERM."""
        command = [sys.executable, "-m", "petra.worker"]
        processes = [subprocess.Popen(command, cwd=ROOT, env=os.environ) for _ in range(count)]
        try:
            yield processes
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                process.wait(60)

    def wait_until_published(self, count: int) -> None:
        """Look twice a second until so many are published. Raises TimeoutError after 15 minutes."""
        give_up_at = clock.monotonic() + _MOST_WAIT_S
        while self.count("published") < count:
            if clock.monotonic() > give_up_at:
                raise TimeoutError(f"only {self.count('published')} of {count} were published")
            time.sleep(0.5)

    def count(self, state: str) -> int:
        """Count deliveries in a state."""
        from petra.publishing.models import Delivery
        from petra.tenancy import scope

        with scope.workspace(self.workspace_id):
            return int(Delivery.objects.filter(state=state).count())

    def lags_s(self, due_at: datetime) -> list[float]:
        """Say for each delivery how many seconds after its due instant its sending began."""
        from petra.publishing.models import Attempt
        from petra.tenancy import scope

        with scope.workspace(self.workspace_id):
            starts = Attempt.objects.filter(kind="send").values_list("started_at", flat=True)
            return [(at - due_at).total_seconds() for at in starts]

    def last_published_after_s(self, due_at: datetime) -> float:
        """Say how many seconds after `due_at` the last delivery was settled."""
        from petra.publishing.models import Delivery
        from petra.tenancy import scope

        with scope.workspace(self.workspace_id):
            last = Delivery.objects.order_by("-moved_at").values_list("moved_at", flat=True).first()
        if last is None:
            raise RuntimeError("nothing was planned")
        return float((last - due_at).total_seconds())

    def duplicates(self) -> int:
        """Count pins that are on the simulator more than once."""
        return sum(count - 1 for count in self.simulator.duplicates().values())


@contextmanager
def bench_database(*, latency_ms: float) -> Iterator[Bench]:
    """Start everything; take it away in the end. The database is durable, as in production."""
    with tempfile.TemporaryDirectory() as home, postgres.temporary(fast=False) as server:
        server.ensure_roles_and_database()
        os.environ.update(
            DATABASE_URL=server.app_url,
            DATABASE_OWNER_URL=server.owner_url,
            DATABASE_POOL="24",
            PETRA_HOME=home,
            PETRA_KEYS=seal.new_key(),
            PETRA_WRITE_GAP_S="0",
            PETRA_CALLS_PER_HOUR="100000000",
            PETRA_LOG_LEVEL="WARNING",
            DJANGO_SETTINGS_MODULE="petra.settings",
        )
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
    return Bench(server.owner_url, server.app_url, simulator, [], workspace.pk)


def _close() -> None:
    from django.db import connections

    for connection in connections.all():
        connection.close()
        pool = getattr(connection, "close_pool", None)
        if pool is not None:
            pool()
