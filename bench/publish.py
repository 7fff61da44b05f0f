"""How fast deliveries go out, beside a floor measured in the same run.

    python -m bench.publish --json [--deliveries 5000] [--accounts 200] [--latency-ms 20] [--workers 1]

The floor is a bare asyncio loop that claims, sends and settles with three commits per delivery, on the same database
and against the same simulator: what this machine gives when nothing else is asked. Every part is a process of its own.
"""

from __future__ import annotations

import argparse
from typing import Any

from bench import floor
from bench.furniture import Bench, bench_database, sleep_until
from bench.measuring import cpu_seconds, load_1m, percentile, report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=5000)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--latency-ms", type=float, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    asked = parser.parse_args()
    with bench_database(latency_ms=asked.latency_ms) as bench:
        floor_per_s = floor.measure(bench, deliveries=asked.deliveries, accounts=asked.accounts)
        result = measure(bench, deliveries=asked.deliveries, accounts=asked.accounts, workers=asked.workers)
    result["floor_per_s"] = round(floor_per_s, 1)
    result["ratio"] = round(result["deliveries_per_s"] / floor_per_s, 3)
    report(result)


def measure(
    bench: Bench, *, deliveries: int, accounts: int, workers: int, ahead_s: float = 15.0, prefix: str = "account-"
) -> dict[str, Any]:
    """Plan everything for one instant, start the workers before it, and read from the rows when each one started."""
    plan = bench.plan(deliveries=deliveries, accounts=accounts, ahead_s=ahead_s, prefix=prefix)
    with bench.workers(workers) as processes:
        sleep_until(plan.due_at)  # starting up is not part of publishing
        before_s, postgres_before_s = sum(cpu_seconds(p.pid) for p in processes), bench.postgres_cpu_s()
        bench.wait_until_published(plan)
        cpu_s = sum(cpu_seconds(p.pid) for p in processes) - before_s
        postgres_cpu_s = bench.postgres_cpu_s() - postgres_before_s
    lags = bench.start_lags_s(plan)
    return {
        "deliveries_per_s": round(deliveries / max(bench.end_lags_s(plan)), 1),
        "floor_per_s": 0.0,
        "ratio": 0.0,
        "worker_cpu_ms": round(1000 * cpu_s / deliveries, 2),
        "postgres_cpu_ms": round(1000 * postgres_cpu_s / deliveries, 2),
        "lag_p50_s": round(percentile(lags, 0.5), 3),
        "lag_p99_s": round(percentile(lags, 0.99), 3),
        "duplicates": bench.duplicates(),
        "load_1m": load_1m(),
    }


if __name__ == "__main__":
    main()
