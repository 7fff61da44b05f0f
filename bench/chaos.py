"""Never twice, never lost: deliveries under every fault the simulator knows, while workers are killed.

    python -m bench.chaos --json [--deliveries 5000] [--accounts 200] [--fault-share 0.02] [--kill-every-s 3]
                          [--workers 3] [--seed 1] [--most-s 900] [--details FILE]

Every fault strikes each call with the same chance. Every few seconds the oldest worker gets SIGKILL and a new one is
started (not while none has come up yet). What a person or the clock would do is done here: signed-out accounts are
connected again, and waits longer than ten seconds (a spam block's day of rest, the growing pauses between tries) are
cut short, as if time had passed. Looks and the time after which a worker counts as dead are shortened by settings; the
simulator never hides or delays a Pin for longer than the last look, so that "absent" can be known.

At the end every delivery is compared with the simulator's own log (bench.judging). `stuck` are deliveries that are in
no final state, turns that nobody gave back and jobs left over. `wrong` counts what is not true: a failure whose cause
did not happen, something failed that is live, something published that is not there, an unconfirmed one that could be
seen. Both must be 0, and so must `duplicates`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

from django.db import connection

from bench.furniture import Bench, Plan, bench_database, end
from bench.judging import Verdict, judge, left_over
from bench.measuring import load_1m, report
from petra.lib import clock
from petra.tenancy import scope

SETTINGS: Final = {
    "PETRA_WORKER_GONE_S": "4",
    "PETRA_LOOKS_S": "3,5,8",
    "PETRA_WORKER_CONCURRENCY": "8",
    "PETRA_MAX_CRASHES": "1000",  # every death takes innocent deliveries along
    "DATABASE_POOL": "16",
    "PETRA_LOG_LEVEL": "ERROR",
}
_HIDDEN_S: Final = 2.5  # how long a fault hides or delays a Pin: less than the last look
_PINS: Final = "/v5/pins"
_TICK_S: Final = 1.0
_LONG_WAIT_S: Final = 10  # longer waits are cut short
_STILL_S: Final = 120.0  # with no change for so long, what is not finished is stuck

# Every switch of the simulator. Content is only ever refused where content is sent.
FAULTS: Final[tuple[dict[str, object], ...]] = (
    {"kind": "apply_then_drop"},
    {"kind": "drop_before_apply"},
    {"kind": "error_after_apply"},
    {"kind": "delay_then_apply", "seconds": _HIDDEN_S},
    {"kind": "rate_limit", "after_s": 2},
    {"kind": "spam_block", "method": "POST", "path": _PINS},
    {"kind": "expire_token"},
    {"kind": "revoke_token"},
    {"kind": "read_lag", "seconds": _HIDDEN_S},
    {"kind": "media_fails"},
    {"kind": "malformed", "is_html": True},
    {"kind": "malformed", "is_html": False, "is_applied": True},
    {
        "kind": "answer",
        "method": "POST",
        "path": _PINS,
        "status": 403,
        "code": 235,
        "message": "Sorry, this image is broken. Please pick a different image.",
    },
)

_SHORTEN = (
    "update publishing_delivery set next_at = now() where id in (select id from publishing_delivery"
    " where workspace_id = %(workspace)s and next_at > now() + make_interval(secs => %(long)s)"
    " for update skip locked)",
    "update accounts_budget set blocked_until = now() where id in (select id from accounts_budget"
    " where workspace_id = %(workspace)s and blocked_until > now() + make_interval(secs => %(long)s)"
    " for update skip locked)",
    "update accounts_account set cools_down_until = null where id in (select id from accounts_account"
    " where workspace_id = %(workspace)s and cools_down_until > now() for update skip locked)",
)
# Everything by which one sees that something still happens.
_PROGRESS = """
select state, count(*), sum(tries + looks + resends + plan_no), max(moved_at) from publishing_delivery
where workspace_id = %s group by state order by state
"""
_UNFINISHED = """
select count(*) from publishing_delivery where workspace_id = %s
  and (state not in ('published', 'failed', 'unconfirmed') or next_at is not null)
"""


@dataclass
class Havoc:
    """What was done to the system, to be told beside what came of it."""

    kills: int = 0
    reconnected: int = 0
    waits_cut: int = 0
    killed_at: float = field(default_factory=clock.monotonic)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=5000)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--fault-share", type=float, default=0.02, help="chance of each fault on each call")
    parser.add_argument("--kill-every-s", type=float, default=3)
    parser.add_argument("--workers", type=int, default=3, help="running at a time; one of them is killed each time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency-ms", type=float, default=20)
    parser.add_argument("--most-s", type=float, default=900, help="give up after so long")
    parser.add_argument("--details", type=Path, help="write what is wrong or stuck into this file, call by call")
    parser.add_argument("--json", action="store_true", help="print one JSON line (it does so always)")
    asked = parser.parse_args()
    with bench_database(latency_ms=asked.latency_ms, settings=SETTINGS) as bench:
        plan = bench.plan(deliveries=asked.deliveries, accounts=asked.accounts, ahead_s=3)
        break_things(bench, share=asked.fault_share, seed=asked.seed)
        havoc, seconds = run(bench, plan, workers=asked.workers, kill_every_s=asked.kill_every_s, most_s=asked.most_s)
        struck = bench.simulator.faults()
        bench.simulator.clear_faults()
        verdict = judge(bench, plan)
    if asked.details:
        asked.details.write_text(json.dumps(verdict.details, indent=1, default=str))
    report(figures(verdict, havoc, seconds=seconds, struck=struck) | {"seed": asked.seed})


def break_things(bench: Bench, *, share: float, seed: int) -> None:
    """Switch every fault on, each with the same chance and with dice of its own."""
    for fault in FAULTS:
        bench.simulator.fault(**{**fault, "probability": share, "seed": seed, "times": None})  # type: ignore[arg-type]


def run(bench: Bench, plan: Plan, *, workers: int, kill_every_s: float, most_s: float) -> tuple[Havoc, float]:
    """Let workers work and kill them until nothing is left to do or nothing moves any more. Gives the seconds too."""
    havoc, started = Havoc(), clock.monotonic()
    seen, changed_at = None, started
    with bench.workers(workers, settings=SETTINGS) as running:
        while clock.monotonic() - started < most_s:
            time.sleep(_TICK_S)
            if kill_every_s and clock.monotonic() - havoc.killed_at >= kill_every_s and _is_anyone_at_work():
                _kill_oldest(bench, running, havoc)
            _be_the_person(bench, havoc)
            unfinished, progress = _look(bench)
            if not unfinished and not left_over(bench):  # the last one killed may have left something: it is taken over
                break
            if progress != seen:
                seen, changed_at = progress, clock.monotonic()
            elif clock.monotonic() - changed_at > _STILL_S:
                print(f"nothing moved for {_STILL_S:.0f} s, {unfinished} unfinished", file=sys.stderr)
                break
        seconds = clock.monotonic() - started
    return havoc, seconds


def figures(verdict: Verdict, havoc: Havoc, *, seconds: float, struck: list[dict[str, Any]]) -> dict[str, Any]:
    """Put everything into one row."""
    return {
        **verdict.as_json(),
        "seconds": round(seconds, 1),
        "kills": havoc.kills,
        "reconnected": havoc.reconnected,
        "waits_cut": havoc.waits_cut,
        "faults_struck": sum(int(fault["struck"]) for fault in struck),
        "load_1m": load_1m(),
    }


def _kill_oldest(bench: Bench, running: list[Popen[bytes]], havoc: Havoc) -> None:
    oldest = running.pop(0)
    oldest.kill()
    end(oldest)
    running.append(bench.worker(settings=SETTINGS))
    havoc.kills += 1
    havoc.killed_at = clock.monotonic()


def _is_anyone_at_work() -> bool:
    """Say whether a worker beat since the last kill: on a busy machine they die before they have started, else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from procrastinate_workers where last_heartbeat > now() - interval '2 s')"
        )
        return bool(cursor.fetchone()[0])


def _be_the_person(bench: Bench, havoc: Havoc) -> None:
    """Connect what is signed out again, as through the consent page, and let long waits be over."""
    from petra.accounts.models import Account, AccountState
    from petra.publishing import scheduling
    from petra.publishing.testing import sign_in_again

    with scope.workspace(bench.workspace_id):
        out = list(Account.objects.filter(state=AccountState.NEEDS_RECONNECT).order_by("id")[:20])
    for account in out:
        profile = bench.simulator.account(account.username)
        with scope.workspace(bench.workspace_id):
            locked = Account.objects.select_for_update().get(pk=account.pk)
            sign_in_again(locked, profile)
            scheduling.resume_account(locked)
        havoc.reconnected += 1
    with scope.workspace(bench.workspace_id), connection.cursor() as cursor:
        for statement in _SHORTEN:
            cursor.execute(statement, {"workspace": bench.workspace_id, "long": _LONG_WAIT_S})
            havoc.waits_cut += max(cursor.rowcount, 0)


def _look(bench: Bench) -> tuple[int, object]:
    with scope.workspace(bench.workspace_id), connection.cursor() as cursor:
        cursor.execute(_UNFINISHED, [bench.workspace_id])
        unfinished = int(cursor.fetchone()[0])
        cursor.execute(_PROGRESS, [bench.workspace_id])
        return unfinished, cursor.fetchall()


if __name__ == "__main__":
    main()
