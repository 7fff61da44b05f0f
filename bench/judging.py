"""Compares what Petra says of each delivery with what the simulator knows: for bench.chaos.

The simulator's log names the account, the instant and the fault of each call, its pins carry the delivery's marker.
An account's calls follow one another, so a call belongs to the Attempt in whose time it came.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from bench.furniture import Bench, Plan
from petra.tenancy import scope

_NEAR: Final = timedelta(milliseconds=250)  # between the clocks' readings on both ends of a call
_MOST_DETAILS: Final = 20
_ALL_CALLS: Final = "50000"
# By which failures a cause may truly be told. Refusals of the network's name the cause itself; a delivery that was
# tried until its tries ran out names the last reason, which may lie at the token endpoint.
_LOST: Final = frozenset(
    {"apply_then_drop", "drop_before_apply", "error_after_apply", "delay_then_apply", "malformed", "read_lag"}
)
_TOLD_BY: Final[dict[str, frozenset[str]]] = {
    "spam_block": frozenset({"spam_block"}),
    "media_invalid": frozenset({"answer"}),
    "rate_limited": frozenset({"rate_limit"}),
    "transient": _LOST | {"rate_limit", "expire_token", "revoke_token"},
}
_FINAL: Final = ("published", "failed", "unconfirmed")

_DELIVERIES = """
select d.id, d.state, d.next_at, d.cause, d.for_person, d.marker, d.remote_id, d.tries, d.looks, d.resends, a.username
from publishing_delivery d join accounts_account a on a.id = d.account_id where d.id = any(%s)
"""
_ATTEMPTS = """
select delivery_id, kind, started_at, finished_at, outcome, cause, plan_no from publishing_attempt
where delivery_id = any(%s) order by started_at
"""
_EVENTS = "select kind, at, data from webhooks_event where subject_id = %s order by id"


@dataclass
class Verdict:
    """What came of all deliveries."""

    states: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    stuck: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    failed_by: Counter[str] = field(default_factory=Counter)
    details: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Write the figures."""
        return {
            "published": self.states["published"],
            "failed": self.states["failed"],
            "unconfirmed": self.states["unconfirmed"],
            "duplicates": self.duplicates,
            "stuck": self.stuck.total(),
            "wrong": self.wrong.total(),
            "failed_by": dict(self.failed_by),
            "stuck_as": dict(self.stuck),
            "wrong_as": dict(self.wrong),
        }


@dataclass(frozen=True)
class _Row:
    """One delivery with its attempts, the pins that carry its marker and its account's calls."""

    values: dict[str, Any]
    attempts: list[dict[str, Any]]
    pins: list[str]
    calls: list[dict[str, Any]]


def judge(bench: Bench, plan: Plan) -> Verdict:
    """Look at every delivery of a plan, and at what is left over in lanes and queue."""
    verdict = Verdict()
    for row in _rows(bench, plan):
        state = str(row.values["state"])
        verdict.states[state] += 1
        verdict.duplicates += max(len(row.pins) - 1, 0)
        if state == "failed":
            verdict.failed_by[str(row.values["cause"])] += 1
        is_stuck = state not in _FINAL or row.values["next_at"] is not None
        if is_stuck:
            verdict.stuck[state] += 1
        fault = _untruth(row)
        if fault:
            verdict.wrong[fault] += 1
        if (is_stuck or fault or len(row.pins) > 1) and len(verdict.details) < _MOST_DETAILS:
            verdict.details.append(_told(bench, row, fault or ("stuck" if is_stuck else "duplicate")))
    verdict.stuck.update(left_over(bench))
    return verdict


def left_over(bench: Bench) -> dict[str, int]:
    """Count turns that are not given back and jobs that are not done. After all workers have ended, nobody will.

    A job of the clock that waits is none of them: each minute puts one there, for whichever worker comes next.
    """
    from petra.worker.registration import PERIODIC

    with scope.workspace(bench.workspace_id):
        turns = _select("select count(*) as n from publishing_lane where holder_id is not null", None)
    jobs = _select(
        "select task_name || ' ' || status as name, count(*) as n from procrastinate_jobs where status = 'doing'"
        " or (status = 'todo' and task_name <> all(%s)) group by 1",
        list(PERIODIC),
    )
    counted = {"turns": turns[0]["n"]} | {one["name"]: one["n"] for one in jobs}
    return {str(name): int(count) for name, count in counted.items() if count}


def _untruth(row: _Row) -> str:
    """Say in a word what is not true about a delivery; nothing where all is."""
    state, is_live = row.values["state"], bool(row.pins)
    if state == "published" and row.values["remote_id"] not in row.pins:
        return "published_but_absent"
    if state == "failed" and is_live:
        return "failed_but_live"
    if state == "failed" and not _has_true_cause(row):
        return "failed_without_cause"
    if state == "unconfirmed" and row.values["next_at"] is None and not _may_be_unconfirmed(row, is_live=is_live):
        return "unconfirmed_without_need"
    return ""


def _has_true_cause(row: _Row) -> bool:
    sends = [one for one in row.attempts if one["kind"] == "send"]
    if not sends:
        return False
    struck = {str(call["fault"]) for call in _calls_during(row, sends[-1]) if call["fault"]}
    return bool(struck & _TOLD_BY.get(str(row.values["cause"]), frozenset()))


def _may_be_unconfirmed(row: _Row, *, is_live: bool) -> bool:
    """Say whether it can't be known: it was sent twice and lost twice, or every look in a row was broken."""
    sends = [one for one in row.attempts if one["kind"] == "send"]
    looks = [one["outcome"] for one in row.attempts if one["kind"] == "look"]
    return (not is_live and len(sends) > 1) or (len(looks) >= 8 and set(looks[-8:]) <= {"later", "unknown", ""})


def _calls_during(row: _Row, attempt: dict[str, Any]) -> list[dict[str, Any]]:
    begun, ended = attempt["started_at"] - _NEAR, (attempt["finished_at"] or attempt["started_at"]) + _NEAR
    return [call for call in row.calls if begun <= call["at"] <= ended]


def _rows(bench: Bench, plan: Plan) -> Iterable[_Row]:
    pins: dict[str, list[str]] = defaultdict(list)
    for pin in bench.simulator.pins():
        pins[str(pin["marker"])].append(str(pin["id"]))
    calls: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for call in bench.simulator.log(limit=_ALL_CALLS):
        calls[str(call["account"])].append({**call, "at": datetime.fromisoformat(call["at"])})
    attempts: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    with scope.workspace(bench.workspace_id):
        for attempt in _select(_ATTEMPTS, list(plan.ids)):
            attempts[attempt["delivery_id"]].append(attempt)
        deliveries = _select(_DELIVERIES, list(plan.ids))
    for one in deliveries:
        yield _Row(one, attempts[one["id"]], pins[one["marker"]], calls[one["username"]])


def _told(bench: Bench, row: _Row, why: str) -> dict[str, Any]:
    """Write down all that is known of one delivery, in order."""
    with scope.workspace(bench.workspace_id):
        events = _select(_EVENTS, row.values["id"])
    first = min((one["started_at"] for one in row.attempts), default=None)
    calls = [call for call in row.calls if first is None or call["at"] >= first - _NEAR]
    return {
        "why": why,
        **row.values,
        "pins": row.pins,
        "attempts": row.attempts,
        "events": events,
        "calls_of_its_account": calls,
    }


def _select(query: str, argument: UUID | list[UUID] | list[str] | None) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, None if argument is None else [argument])
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
