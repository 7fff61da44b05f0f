"""How long after its due instant the sending of a delivery begins, while they trickle in one by one.

    python -m bench.lag --json [--per-s 50] [--seconds 60] [--accounts 200] [--latency-ms 20] [--workers 1]

The reference is a bare loop in the same run on the same database: it sleeps until the next row is due, claims it and
notes the time. Its lag is what this machine and PostgreSQL need.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import psycopg

from bench.furniture import Bench, bench_database
from bench.measuring import load_1m, percentile, report
from petra.lib import clock

_REFERENCE_S = 5.0
_NEXT = "select extract(epoch from min(due_at) - clock_timestamp()) from lag_reference where claimed_at is null"
_CLAIM = """
update lag_reference set claimed_at = clock_timestamp() where id in (
  select id from lag_reference where claimed_at is null and due_at <= now() order by due_at for update skip locked)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-s", type=float, default=50, help="deliveries that become due in a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--latency-ms", type=float, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    asked = parser.parse_args()
    with bench_database(latency_ms=asked.latency_ms) as bench:
        reference_s = _reference_lags_s(bench, per_s=asked.per_s)
        result = measure(
            bench, per_s=asked.per_s, seconds=asked.seconds, accounts=asked.accounts, workers=asked.workers
        )
    result["reference_p50_s"] = round(percentile(reference_s, 0.5), 4)
    result["reference_p99_s"] = round(percentile(reference_s, 0.99), 4)
    result["ratio_p50"] = round(result["lag_p50_s"] / max(percentile(reference_s, 0.5), 0.0001), 1)
    report(result)


def measure(
    bench: Bench, *, per_s: float, seconds: float, accounts: int, workers: int, ahead_s: float = 15.0
) -> dict[str, Any]:
    """Let deliveries become due at an even pace and read from their Attempts when each was begun."""
    plan = bench.plan(deliveries=round(per_s * seconds), accounts=accounts, ahead_s=ahead_s, every_s=1 / per_s)
    with bench.workers(workers):
        bench.wait_until_published(plan, most_s=seconds + 120)
    lags = bench.start_lags_s(plan)
    return {
        "per_s": per_s,
        "deliveries": len(plan.ids),
        "lag_p50_s": round(percentile(lags, 0.5), 4),
        "lag_p99_s": round(percentile(lags, 0.99), 4),
        "lag_max_s": round(max(lags), 4),
        "duplicates": bench.duplicates(),
        "load_1m": load_1m(),
    }


def _reference_lags_s(bench: Bench, *, per_s: float) -> list[float]:
    with psycopg.connect(bench.owner_url, autocommit=True) as owner:
        owner.execute(
            "create table lag_reference (id bigserial primary key, due_at timestamptz, claimed_at timestamptz)"
        )
        owner.execute("create index on lag_reference (due_at) where claimed_at is null")
        owner.execute(
            "insert into lag_reference (due_at) select clock_timestamp() + make_interval(secs => 0.5 + n / %s)"
            " from generate_series(0, %s::int) n",
            [per_s, round(per_s * _REFERENCE_S)],
        )
        give_up_at = clock.monotonic() + 10 * _REFERENCE_S
        while clock.monotonic() < give_up_at:
            row = owner.execute(_NEXT).fetchone()
            if row is None or row[0] is None:
                break
            time.sleep(max(float(row[0]), 0.0))
            owner.execute(_CLAIM)
        rows = owner.execute(
            "select extract(epoch from claimed_at - due_at) from lag_reference where claimed_at is not null"
        ).fetchall()
        owner.execute("drop table lag_reference")
    return [float(lag) for (lag,) in rows]


if __name__ == "__main__":
    main()
