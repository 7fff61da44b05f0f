"""How fast deliveries go out, beside a floor measured in the same run.

    python -m bench.publish --json [--deliveries 5000] [--accounts 200] [--latency-ms 20] [--workers 1]

The floor is a bare asyncio loop that claims, sends and settles with three commits per delivery, on the same database
and against the same simulator: what this machine gives when nothing else is asked. Every part is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from bench import floor
from bench.furniture import Bench, bench_database


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
    print(json.dumps(result))


def measure(bench: Bench, *, deliveries: int, accounts: int, workers: int) -> dict[str, Any]:
    """Plan everything for one instant, start the workers before it, and read from the rows when each one started."""
    due_at = bench.plan(deliveries=deliveries, accounts=accounts)
    with bench.workers(workers) as processes:
        bench.wait_until_published(deliveries)
        cpu_s = sum(cpu_seconds(process.pid) for process in processes)
    lags = sorted(bench.lags_s(due_at))
    seconds = bench.last_published_after_s(due_at)
    return {
        "deliveries_per_s": round(deliveries / seconds, 1),
        "floor_per_s": 0.0,
        "ratio": 0.0,
        "worker_cpu_ms": round(1000 * cpu_s / deliveries, 2),
        "lag_p50_s": round(lags[len(lags) // 2], 3),
        "lag_p99_s": round(lags[int(len(lags) * 0.99)], 3),
        "duplicates": bench.duplicates(),
    }


def cpu_seconds(pid: int) -> float:
    """Read the processor time of a process from the kernel (user and system)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
