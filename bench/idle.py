"""What a worker costs while nothing is due.

    python -m bench.idle --json [--seconds 60] [--planned 500]

Some deliveries are planned for tomorrow, as in real life. `cpu_pct` is of one core, worker and PostgreSQL together.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from bench.furniture import Bench, bench_database
from bench.measuring import cpu_seconds, load_1m, report
from petra.lib import clock

_SETTLE_S = 12.0  # starting up, the first sweep and the first minute's periodic jobs are not idling
_TOMORROW_S = 86_400.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--planned", type=int, default=500, help="deliveries planned for tomorrow")
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    asked = parser.parse_args()
    with bench_database(latency_ms=0) as bench:
        report(measure(bench, seconds=asked.seconds, planned=asked.planned))


def measure(bench: Bench, *, seconds: float, planned: int, settle_s: float = _SETTLE_S) -> dict[str, Any]:
    """Let one worker idle and read what it and the database used meanwhile."""
    bench.plan(deliveries=planned, accounts=min(planned, 50), ahead_s=_TOMORROW_S)
    with bench.workers(1) as (worker,):
        time.sleep(settle_s)
        transactions = bench.transactions()
        worker_s, postgres_s, started = cpu_seconds(worker.pid), bench.postgres_cpu_s(), clock.monotonic()
        time.sleep(seconds)
        took_s = clock.monotonic() - started
        worker_s, postgres_s = cpu_seconds(worker.pid) - worker_s, bench.postgres_cpu_s() - postgres_s
        transactions = bench.transactions() - transactions
        memory_mb = bench.memory_mb([worker])
    return {
        "cpu_pct": round(100 * (worker_s + postgres_s) / took_s, 2),
        "worker_cpu_pct": round(100 * worker_s / took_s, 2),
        "postgres_cpu_pct": round(100 * postgres_s / took_s, 2),
        "tx_per_s": round(transactions / took_s, 2),
        "memory_mb": round(memory_mb),
        "seconds": round(took_s, 1),
        "load_1m": load_1m(),
    }


if __name__ == "__main__":
    main()
