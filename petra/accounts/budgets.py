"""How much an account may still call: one bucket per account, shared by every process and every kind of call.

Called by `publishing` in its claim, and by the client's observer after every call that was not paid before. GCRA: one
instant per account (`theoretical_at`, when the next call would come were all calls evenly spaced) tells the whole
bucket. Everything is one SQL statement on the database's clock. What the network itself asks for (`Retry-After`, an
empty allowance) closes the bucket until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from petra.accounts.models import Account, Budget
from petra.lib.ids import new_id
from petra.networks import answers
from petra.networks.contract import Network
from petra.tenancy import scope

# A quarter of the hour's calls may be made at once, the rest comes back evenly: no 60 minutes see more than the limit.
_BURST_SHARE = 0.25
# 429 without a word how long: a network's limits are counted per minute or longer.
_WAIT_UNTOLD_S = 60.0
_LEAST_WAIT_S = 0.05  # a refusal never says 0: that means taken
_HOUR_S = 3600.0
_TOO_MANY_REQUESTS = 429

_TAKE = """
with taken as (
  insert into accounts_budget as b (id, workspace_id, account_id, category, theoretical_at)
  values (%(id)s, %(workspace)s, %(account)s, %(category)s, statement_timestamp() + make_interval(secs => %(cost)s))
  on conflict (workspace_id, account_id, category) do update
    set theoretical_at = greatest(b.theoretical_at, statement_timestamp()) + make_interval(secs => %(cost)s)
    where (b.blocked_until is null or b.blocked_until <= statement_timestamp())
      and greatest(b.theoretical_at, statement_timestamp()) + make_interval(secs => %(cost)s)
        <= statement_timestamp() + make_interval(secs => %(burst)s)
  returning true
)
select case when exists (select from taken) then 0 else coalesce((
  select extract(epoch from
    greatest(b.blocked_until, b.theoretical_at + make_interval(secs => %(cost)s - %(burst)s)) - statement_timestamp())
  from accounts_budget b
  where b.workspace_id = %(workspace)s and b.account_id = %(account)s and b.category = %(category)s
), 0) + %(least)s end
"""

_CHARGE = """
insert into accounts_budget as b (id, workspace_id, account_id, category, theoretical_at, blocked_until)
values (%(id)s, %(workspace)s, %(account)s, %(category)s, statement_timestamp() + make_interval(secs => %(cost)s),
  statement_timestamp() + make_interval(secs => %(closed)s))
on conflict (workspace_id, account_id, category) do update
  set theoretical_at = greatest(b.theoretical_at, statement_timestamp()) + make_interval(secs => %(cost)s),
      blocked_until = greatest(b.blocked_until, statement_timestamp() + make_interval(secs => %(closed)s))
"""


@dataclass(frozen=True)
class Allowance:
    """The bucket of one network: each call costs `cost_s` of time, at most `burst_s` may be spent ahead."""

    calls_per_hour: int
    cost_s: float
    burst_s: float

    @property
    def burst_calls(self) -> int:
        """How many calls a full bucket holds."""
        return int(self.burst_s / self.cost_s + 1e-6)


@dataclass(frozen=True)
class Left:
    """What an account has left, for its page. Instants are None where nothing has to be waited for."""

    calls: int
    calls_at_once: int
    calls_per_hour: int
    full_at: datetime | None
    closed_until: datetime | None


def allowance(network: Network) -> Allowance:
    """Return the bucket of `network`: its own limit, or what PETRA_CALLS_PER_HOUR sets for all."""
    per_hour = network.limits.calls_per_hour
    if settings.CALLS_PER_HOUR:
        try:
            per_hour = max(int(settings.CALLS_PER_HOUR), 1)
        except ValueError as error:
            raise ImproperlyConfigured("PETRA_CALLS_PER_HOUR must be a whole number.") from error
    return allowance_of(per_hour)


def allowance_of(per_hour: int) -> Allowance:
    """Return the bucket in which no 60 minutes see more than `per_hour` calls (at least 2). Pure."""
    burst_calls = max(int(per_hour * _BURST_SHARE), 1)
    cost_s = _HOUR_S / max(per_hour - burst_calls, 1)
    return Allowance(calls_per_hour=per_hour, cost_s=cost_s, burst_s=cost_s * burst_calls)


def take(account_id: UUID, cost_s: float, burst_s: float, *, category: str = "calls") -> float:
    """Pay for one call before it is made. Returns 0 when it was paid, else the seconds to wait; then nothing was paid.

    One round trip, within the open scope's transaction: rolled back, it is not paid.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                **_key(account_id, category),
                "cost": cost_s,
                "burst": burst_s,
                "least": _LEAST_WAIT_S,
            },
        )
        return float(cursor.fetchone()[0])


def charge(account_id: UUID, *, cost_s: float = 0.0, closed_s: float | None = None, category: str = "calls") -> None:
    """Write down a call that was made without asking, and close the bucket for `closed_s`. Within the open scope."""
    with connection.cursor() as cursor:
        cursor.execute(_CHARGE, {**_key(account_id, category), "cost": cost_s, "closed": closed_s})


def asked_to_wait_s(status: int | None, headers: Mapping[str, str], now: datetime) -> float | None:
    """Read from an answer for how long the network wants no calls; None where it did not say so. Pure."""
    wait_s = answers.wait_s(headers, now)
    if status == _TOO_MANY_REQUESTS:
        return wait_s if wait_s is not None else _WAIT_UNTOLD_S
    told = answers.rate(headers, now)
    return told.reset_s if told.remaining == 0 else None


class Meter:
    """The observer of one account's client: charges calls that were not paid before, and closes the bucket when asked.

    Writes in its own short transaction after the call; an answer that says nothing and was paid costs no query.
    """

    def __init__(
        self, *, workspace_id: UUID, account_id: UUID, cost_s: float, paid_calls: int, now: Callable[[], datetime]
    ) -> None:
        self._workspace_id = workspace_id
        self._account_id = account_id
        self._cost_s = cost_s
        self._paid_calls = paid_calls
        self._now = now

    def __call__(
        self, *, method: str, path: str, status: int | None, headers: Mapping[str, str], duration_s: float
    ) -> None:
        """Note one call."""
        is_paid = self._paid_calls > 0
        self._paid_calls -= is_paid
        closed_s = asked_to_wait_s(status, headers, self._now())
        if is_paid and closed_s is None:
            return
        with scope.workspace(self._workspace_id):
            charge(self._account_id, cost_s=0.0 if is_paid else self._cost_s, closed_s=closed_s)


def left(account: Account, network: Network, *, now: datetime) -> Left:
    """Say what `account` may still call. Reads `account.budgets`: prefetch it for a list."""
    bucket = allowance(network)
    budget = next((b for b in account.budgets.all() if b.category == "calls"), None)
    return _left(bucket, budget, now)


def _left(bucket: Allowance, budget: Budget | None, now: datetime) -> Left:
    spent_s = max((budget.theoretical_at - now).total_seconds(), 0.0) if budget else 0.0
    closed_until = budget.blocked_until if budget and budget.blocked_until and budget.blocked_until > now else None
    calls = max(int((bucket.burst_s - spent_s) / bucket.cost_s + 1e-6), 0)
    return Left(
        calls=0 if closed_until else calls,
        calls_at_once=bucket.burst_calls,
        calls_per_hour=bucket.calls_per_hour,
        full_at=budget.theoretical_at if budget and spent_s else None,
        closed_until=closed_until,
    )


def _key(account_id: UUID, category: str) -> dict[str, UUID | str | float | None]:
    return {
        "id": new_id(),
        "workspace": scope.current_workspace_id(),
        "account": account_id,
        "category": category,
    }
