"""All posts of a few accounts due in the same second, and the same with the worker killed in the middle.

    python -m bench.burst --json [--posts 100] [--accounts 10] [--latency-ms 200]

An account's posts go out one after the other, so its k-th can't be out sooner than k times the network's answering
time. That is the limit the lag (due instant to published) is compared with. The second run kills the only worker with
SIGKILL when 40 % are out and half of the accounts have a post on the wire (`in_flight`), and starts another at once, as
a supervisor does: `recovered_s` is from the kill until every post is out. Settings are Petra's own; only the spacing of
an account's posts and its hourly limit are off.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from bench.furniture import Bench, Plan, bench_database, end, sleep_until
from bench.measuring import cpu_seconds, load_1m, percentile, report
from petra.lib import clock

_RECOVERY_MOST_S = 180.0
_KILLED_AT = 0.4
_FLIGHT_MOST_S = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100)
    parser.add_argument("--accounts", type=int, default=10)
    parser.add_argument("--latency-ms", type=float, default=200)
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    asked = parser.parse_args()
    with bench_database(latency_ms=asked.latency_ms) as bench:
        size = {"posts": asked.posts, "accounts": asked.accounts}
        report(measure(bench, **size, latency_s=asked.latency_ms / 1000) | recover(bench, **size))


def measure(
    bench: Bench, *, posts: int, accounts: int, latency_s: float, ahead_s: float = 15.0
) -> dict[str, float | int]:
    """Publish all in one burst with one worker."""
    plan = bench.plan(deliveries=posts, accounts=accounts, ahead_s=ahead_s, prefix="calm-")
    with bench.workers(1) as (worker,):
        sleep_until(plan.due_at)
        before_s = cpu_seconds(worker.pid) + bench.postgres_cpu_s()
        bench.wait_until_published(plan)
        cpu_s = cpu_seconds(worker.pid) + bench.postgres_cpu_s() - before_s
        memory_mb = bench.memory_mb([worker])
    lags = bench.end_lags_s(plan)
    limits = [(number // accounts + 1) * latency_s for number in range(posts)]
    p95_s, limit_p95_s = percentile(lags, 0.95), percentile(limits, 0.95)
    return {
        "lag_p50_s": round(percentile(lags, 0.5), 3),
        "lag_p95_s": round(p95_s, 3),
        "limit_p50_s": round(percentile(limits, 0.5), 3),
        "limit_p95_s": round(limit_p95_s, 3),
        "ratio": round(p95_s / limit_p95_s, 3),
        "cpu_s": round(cpu_s, 2),
        "memory_mb": round(memory_mb),
    }


def recover(bench: Bench, *, posts: int, accounts: int, ahead_s: float = 15.0) -> dict[str, Any]:
    """Publish another burst, kill the worker in the middle, and see how long its successor needs."""
    plan = bench.plan(deliveries=posts, accounts=accounts, ahead_s=ahead_s, prefix="killed-")
    with bench.workers(1) as workers:
        bench.wait_until_published(plan, count=round(posts * _KILLED_AT))
        in_flight = _wait_for_flight(bench, plan, least=accounts // 2)
        workers[0].kill()
        killed_at = clock.monotonic()
        end(workers.pop())
        workers.append(bench.worker())
        out = _wait_to_recover(bench, plan)
        recovered_s = clock.monotonic() - killed_at
    return {
        "recovered_s": round(recovered_s, 1),
        "recovered": out,
        "in_flight": in_flight,
        "posts": len(plan.ids),
        "duplicates": bench.duplicates(),
        "load_1m": load_1m(),
    }


def _wait_for_flight(bench: Bench, plan: Plan, *, least: int) -> int:
    """Wait a little for an instant at which so many posts are on the wire. Gives how many are."""
    give_up_at = clock.monotonic() + _FLIGHT_MOST_S
    while (flying := bench.in_flight(plan)) < least and clock.monotonic() < give_up_at:
        time.sleep(0.01)
    return flying


def _wait_to_recover(bench: Bench, plan: Plan) -> int:
    """Wait until all are out or the time is over. Gives how many are."""
    try:
        bench.wait_until_published(plan, most_s=_RECOVERY_MOST_S)
    except TimeoutError:
        return bench.states(plan).get("published", 0)
    return len(plan.ids)


if __name__ == "__main__":
    main()
