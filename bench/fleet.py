"""What more workers on one database cost it, and what such a fleet could carry.

    python -m bench.fleet --json [--workers 1,2,4,8,16] [--deliveries 2000] [--accounts 400] [--latency-ms 20]

Real workers, each a process of its own with three threads, all on this machine: how many deliveries a second they reach
is what its few cores give, not what a fleet gives. What counts is what a delivery costs as the workers become more: if
they stood in each other's way, `postgres_cpu_ms` would rise. `ratio` compares the most workers with the fewest.
`per_core_s` is how many deliveries a second one core of the database, or of workers, carries at that cost, and
`cores_for_10m_a_day` what ten million a day ask for when a quarter of the day's deliveries falls into two hours.
"""

from __future__ import annotations

import argparse
import os
from typing import Any, Final

from bench.furniture import Bench, bench_database
from bench.measuring import load_1m, report
from bench.publish import measure

SETTINGS: Final = {"PETRA_WORKER_CONCURRENCY": "3", "DATABASE_POOL": "8"}  # 16 workers fit into 200 connections
_PEAK_PER_S: Final = 10_000_000 / 4 / 7200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", default="1,2,4,8,16", help="how many, with commas, rising")
    parser.add_argument("--deliveries", type=int, default=2000)
    parser.add_argument("--accounts", type=int, default=400)
    parser.add_argument("--latency-ms", type=float, default=20)
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    asked = parser.parse_args()
    counts = [int(count) for count in asked.workers.split(",")]
    with bench_database(latency_ms=asked.latency_ms, settings=SETTINGS) as bench:
        report(grow(bench, counts, deliveries=asked.deliveries, accounts=asked.accounts))


def grow(bench: Bench, counts: list[int], *, deliveries: int, accounts: int) -> dict[str, Any]:
    """Publish as many deliveries with each number of workers."""
    fleets = {}
    for count in counts:
        ahead_s = 10.0 + 2.0 * count  # so that all have started before anything is due
        found = measure(
            bench,
            deliveries=deliveries,
            accounts=accounts,
            workers=count,
            ahead_s=ahead_s,
            prefix=f"fleet-{count}-",
        )
        kept = ("deliveries_per_s", "worker_cpu_ms", "postgres_cpu_ms", "lag_p99_s", "duplicates")
        fleets[str(count)] = {name: found[name] for name in kept}
    first, last = fleets[str(counts[0])], fleets[str(counts[-1])]
    costs = {"postgres": last["postgres_cpu_ms"], "workers": last["worker_cpu_ms"]}
    return {
        "fleets": fleets,
        "ratio": round(last["postgres_cpu_ms"] / first["postgres_cpu_ms"], 2),
        "per_core_s": {part: round(1000 / max(ms, 0.01)) for part, ms in costs.items()},
        "cores_for_10m_a_day": {part: round(_PEAK_PER_S * ms / 1000, 1) for part, ms in costs.items()},
        "duplicates": sum(found["duplicates"] for found in fleets.values()),
        "cores": os.cpu_count(),
        "load_1m": load_1m(),
    }


if __name__ == "__main__":
    main()
