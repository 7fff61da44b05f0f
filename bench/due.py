"""How long it takes to pick what is due out of many planned deliveries.

    python -m bench.due --json [--sizes 50000,1000000,5000000] [--accounts 50000] [--due 500]

The same table grows from size to size; each time the same number of deliveries of as many accounts is due, the rest in
the next thirty days. Picking is `petra_take_turns` as the dispatcher calls it, in transactions that are rolled back:
`ms` is the median of seven. `rows_read` are the rows of all tables that one picking looked at, `blocks` the pages of
8 kB it touched, `next_ms` the question when the next one is due. `ratio` compares the largest with the smallest size.
"""

from __future__ import annotations

import argparse
import json
import time
from statistics import median
from typing import Any, Final

import psycopg

from bench.furniture import Bench, bench_database
from bench.measuring import load_1m, report

_TIMES: Final = 7
_INDEX: Final = "delivery_next"
_PICK: Final = "select * from petra_take_turns(%s, 1)"
_ROWS_READ: Final = """
select coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)
from pg_stat_xact_user_tables where relname like 'publishing_%%'
"""
# Names that no data hides behind: the engine reads none of it while it picks.
_ACCOUNTS: Final = """
insert into accounts_account (id, workspace_id, network, remote_id, username, display_name, page_url, state,
  state_reason, scopes, connected_at, asks_before_publish_now)
select md5('account' || n)::uuid, %(w)s, 'none', n::text, 'account-' || n, '', '', 'connected', '', '[]', now(), false
from generate_series(0, %(accounts)s - 1) n
"""
_LANES: Final = """
insert into publishing_lane (id, workspace_id, account_id, ready_at)
select md5('lane' || n)::uuid, %(w)s, md5('account' || n)::uuid, now() from generate_series(0, %(accounts)s - 1) n
"""
# Ids rise with time, as those made by Petra do; the first `due` deliveries of the first size are due.
_DELIVERIES: Final = """
insert into publishing_delivery (id, workspace_id, post_id, account_id, state, state_before, due_at, next_at, plan_no,
  marker, is_grace_waived, is_manual, tries, looks, resends, crashes, cause, for_person, remote_id, remote_url,
  created_at, moved_at)
select lpad(to_hex(n), 32, '0')::uuid, %(w)s, md5('post' || n)::uuid, md5('account' || n %% %(accounts)s)::uuid,
  'planned', '', x.at, x.at, 1, 'p' || lpad(to_hex(n), 32, '0'), false, false, 0, 0, 0, 0, '', '', '', '', now(), now()
from generate_series(%(first)s::bigint, %(last)s::bigint) n,
  lateral (select case when n < %(due)s then now() - interval '1 minute'
    else now() + interval '1 hour' + (n * 7919 %% 2592000) * interval '1 second' end as at) x
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="50000,1000000,5000000", help="planned deliveries, with commas, rising")
    parser.add_argument("--accounts", type=int, default=50_000)
    parser.add_argument("--due", type=int, default=500)
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    asked = parser.parse_args()
    sizes = [int(size) for size in asked.sizes.split(",")]
    with bench_database(latency_ms=0) as bench:
        report(measure(bench, sizes=sizes, accounts=asked.accounts, due=asked.due))


def measure(bench: Bench, *, sizes: list[int], accounts: int, due: int) -> dict[str, Any]:
    """Fill, pick, fill further, pick again."""
    values: dict[str, Any] = {"w": bench.workspace_id, "accounts": accounts, "due": due}
    by_size: dict[str, dict[str, float]] = {}
    with psycopg.connect(bench.admin_url, autocommit=True) as admin:
        # Links are not checked while loading: posts are not needed, and 5 million checks take minutes.
        admin.execute("set session_replication_role = replica")
        admin.execute(_ACCOUNTS, values)
        admin.execute(_LANES, values)
        admin.execute("vacuum analyze accounts_account, publishing_lane")
        filled = 0
        for size in sizes:
            started = time.monotonic()
            _fill(admin, {**values, "first": filled, "last": size - 1})
            filled = size
            by_size[str(size)] = {**_pick(bench, due=due), "fill_s": round(time.monotonic() - started, 1)}
    first, last = by_size[str(sizes[0])], by_size[str(sizes[-1])]
    return {
        "ms": {size: figures["ms"] for size, figures in by_size.items()},
        "ratio": round(last["ms"] / first["ms"], 2),
        "rows_read": last["rows_read"],
        "index_mb": last["index_mb"],
        "accounts": accounts,
        "due": due,
        "sizes": by_size,
        "load_1m": load_1m(),
    }


def _fill(admin: psycopg.Connection[Any], values: dict[str, Any]) -> None:
    """Load deliveries without their plain indexes, which are made again at once: much faster than row by row."""
    plain = admin.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index i"
        " where indrelid = 'publishing_delivery'::regclass"
        " and not exists (select from pg_constraint c where c.conindid = i.indexrelid)"
    ).fetchall()
    for name, _ in plain:
        admin.execute(f"drop index {name}")
    admin.execute(_DELIVERIES, values)
    admin.execute("set maintenance_work_mem = '512MB'")
    for _, definition in plain:
        admin.execute(definition)
    admin.execute("vacuum analyze publishing_delivery")
    admin.execute("checkpoint")


def _pick(bench: Bench, *, due: int) -> dict[str, float]:
    """Measure as the application's role, on one connection, as a dispatcher has it."""
    with psycopg.connect(bench.app_url) as app, psycopg.connect(bench.admin_url) as admin:
        times_ms, next_ms = [], []
        for _ in range(_TIMES):
            started = time.monotonic()
            found = len(app.execute(_PICK, [due]).fetchall())
            times_ms.append(1000 * (time.monotonic() - started))
            app.rollback()
            if found != due:
                raise RuntimeError(f"picked {found} of {due}")
            started = time.monotonic()
            app.execute("select petra_next_due_s()")
            next_ms.append(1000 * (time.monotonic() - started))
            app.rollback()
        return {
            "ms": round(median(times_ms), 1),
            "next_ms": round(median(next_ms), 2),
            "rows_read": _one(admin, _PICK, [due], then=_ROWS_READ),
            "blocks": _blocks(admin, due),
            "index_mb": round(_one(admin, "select pg_relation_size(%s)", [_INDEX]) / 1e6, 1),
            "table_mb": round(_one(admin, "select pg_table_size('publishing_delivery')", []) / 1e6),
        }


def _one(admin: psycopg.Connection[Any], query: str, arguments: list[object], *, then: str = "") -> float:
    """Ask, in a transaction that is rolled back; give the number that it, or the question after it, answers."""
    cursor = admin.execute(query, arguments)
    if then:
        cursor = admin.execute(then)
    row = cursor.fetchone()
    admin.rollback()
    return float(row[0]) if row else 0.0


def _blocks(admin: psycopg.Connection[Any], due: int) -> int:
    row = admin.execute(f"explain (analyze, buffers, format json) {_PICK}", [due]).fetchone()
    admin.rollback()
    plan = row[0] if row else []
    top = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


if __name__ == "__main__":
    main()
