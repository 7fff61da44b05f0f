"""How much an account may still call: one bucket per account, shared by every process and every kind of call.

Beside it, where the operator sets limits: a bucket per kind of call, and buckets that the accounts of one app share.
Called by `publishing` in its claim, and by the client's observer after every call that was not paid before. GCRA: one
instant per bucket (`theoretical_at`, when the next call would come were all calls evenly spaced) tells all. Everything
is one SQL statement on the database's clock. What the network itself asks for (`Retry-After`, an empty allowance)
closes the account's bucket until then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from petra.accounts import developer_apps
from petra.accounts.models import Account, AppBudget, Budget
from petra.lib import clock, prepared
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

# Takes from all buckets a call is counted in, or from none; one statement, so one round trip. `waits` reads them as
# they are; what changed since is caught by the conditions of the updates (then the account's turn comes again at once).
# The app's row is the one that many accounts share, so it is touched only where the operator set a limit for the app.
_TAKE = """
with asked as (
  select * from unnest(%(is_app)s::bool[], %(categories)s::text[], %(costs)s::float8[], %(bursts)s::float8[])
    as a(is_app, category, cost, burst)
), waits as (
  select coalesce(max(extract(epoch from greatest(
    found.blocked_until, found.theoretical_at + make_interval(secs => a.cost - a.burst)) - statement_timestamp())), 0) s
  from asked a join (
    select false as is_app, b.category, b.theoretical_at, b.blocked_until from accounts_budget b
    where b.workspace_id = %(workspace)s and b.account_id = %(account)s
    union all
    select true, b.category, b.theoretical_at, b.blocked_until from accounts_appbudget b where b.app_key = %(app)s
  ) found using (is_app, category)
), of_app as (
  insert into accounts_appbudget as b (app_key, category, theoretical_at)
  select %(app)s, category, statement_timestamp() + make_interval(secs => cost) from asked, waits
  where is_app and cost > 0 and waits.s <= 0 order by category
  on conflict (app_key, category) do update
    set theoretical_at = greatest(b.theoretical_at, statement_timestamp())
      + (excluded.theoretical_at - statement_timestamp())
    where greatest(b.theoretical_at, statement_timestamp()) + (excluded.theoretical_at - statement_timestamp())
      <= statement_timestamp() + (
        select make_interval(secs => burst) from asked where is_app and category = excluded.category)
  returning 1
), of_account as (
  insert into accounts_budget as b (id, workspace_id, account_id, category, theoretical_at)
  select gen_random_uuid(), %(workspace)s, %(account)s, category, statement_timestamp() + make_interval(secs => cost)
  from asked, waits where not is_app and cost > 0 and waits.s <= 0
    and (select count(*) from of_app) = (select count(*) from asked where is_app and cost > 0) order by category
  on conflict (workspace_id, account_id, category) do update
    set theoretical_at = greatest(b.theoretical_at, statement_timestamp())
      + (excluded.theoretical_at - statement_timestamp())
    where (b.blocked_until is null or b.blocked_until <= statement_timestamp())
      and greatest(b.theoretical_at, statement_timestamp()) + (excluded.theoretical_at - statement_timestamp())
        <= statement_timestamp() + (
          select make_interval(secs => burst) from asked where not is_app and category = excluded.category)
  returning 1
)
select case when (select count(*) from of_app) + (select count(*) from of_account)
    = (select count(*) from asked where cost > 0) and waits.s <= 0
  then 0 else greatest(waits.s, 0) + %(least)s end
from waits
"""

# The same for the usual call: it costs in the account's bucket of all calls, and its own kind must only not be closed.
_TAKE_ONE = """
insert into accounts_budget as b (id, workspace_id, account_id, category, theoretical_at)
select gen_random_uuid(), %s, %s, %s, statement_timestamp() + make_interval(secs => %s)
where not exists (
  select from accounts_budget k where k.workspace_id = %s and k.account_id = %s and k.category = %s
    and k.blocked_until > statement_timestamp())
on conflict (workspace_id, account_id, category) do update
  set theoretical_at = greatest(b.theoretical_at, statement_timestamp())
    + (excluded.theoretical_at - statement_timestamp())
  where (b.blocked_until is null or b.blocked_until <= statement_timestamp())
    and greatest(b.theoretical_at, statement_timestamp()) + (excluded.theoretical_at - statement_timestamp())
      <= statement_timestamp() + make_interval(secs => %s)
"""

_CHARGE = """
insert into accounts_budget as b (id, workspace_id, account_id, category, theoretical_at, blocked_until)
select gen_random_uuid(), %(workspace)s, %(account)s, a.category,
  statement_timestamp() + make_interval(secs => a.cost), statement_timestamp() + make_interval(secs => a.closed)
from unnest(%(categories)s::text[], %(costs)s::float8[], %(closed)s::float8[]) as a(category, cost, closed)
order by a.category
on conflict (workspace_id, account_id, category) do update
  set theoretical_at = greatest(b.theoretical_at, statement_timestamp())
        + (excluded.theoretical_at - statement_timestamp()),
      blocked_until = greatest(b.blocked_until, excluded.blocked_until)
"""

_CHARGE_APP = """
insert into accounts_appbudget as b (app_key, category, theoretical_at)
select %(app)s, a.category, statement_timestamp() + make_interval(secs => a.cost)
from unnest(%(categories)s::text[], %(costs)s::float8[]) as a(category, cost) order by a.category
on conflict (app_key, category) do update
  set theoretical_at = greatest(b.theoretical_at, statement_timestamp())
    + (excluded.theoretical_at - statement_timestamp())
"""


class Category(StrEnum):
    """What a call is for. Every call counts as CALLS; the others have limits of their own where the operator sets them.

    A bucket may be closed by itself: after a spam block no post leaves, but reading goes on.
    """

    CALLS = "calls"
    PUBLISH = "publish"
    BOARDS = "boards"
    REFRESH = "refresh"


@dataclass(frozen=True)
class Bucket:
    """One bucket that a call is counted in. Cost 0: no limit, but it may be closed."""

    category: str
    cost_s: float
    burst_s: float
    is_app: bool = False


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


def allowance_of(calls: int, window_s: float = _HOUR_S) -> Allowance:
    """Return the bucket in which no window of `window_s` seconds sees more than `calls` calls (at least 2). Pure."""
    burst_calls = max(int(calls * _BURST_SHARE), 1)
    cost_s = window_s / max(calls - burst_calls, 1)
    return Allowance(calls_per_hour=int(calls * _HOUR_S / window_s), cost_s=cost_s, burst_s=cost_s * burst_calls)


def buckets(network: Network, category: Category) -> list[Bucket]:
    """List the buckets a call of `category` is counted in: the account's own, and its app's where that has limits."""
    own = allowance(network)
    found = [Bucket(Category.CALLS, own.cost_s, own.burst_s)]
    if category is not Category.CALLS:
        found.append(_bucket(category, settings.ACCOUNT_LIMITS.get(category), is_app=False))
    for name in dict.fromkeys((Category.CALLS, category)):
        if name in settings.APP_LIMITS:
            found.append(_bucket(name, settings.APP_LIMITS[name], is_app=True))
    return found


def _bucket(category: Category, limit: tuple[int, float] | None, *, is_app: bool) -> Bucket:
    if limit is None:
        return Bucket(category, 0, 0, is_app)
    told = allowance_of(*limit)
    return Bucket(category, told.cost_s, told.burst_s, is_app)


def app_key(network: Network) -> str:
    """Name the developer app whose accounts share a budget. A digest: the row says nothing of anybody."""
    named = f"{network.key}:{developer_apps.app_for(network).client_id}"
    return hashlib.sha256(named.encode()).hexdigest()


def pay(account_id: UUID, network: Network, category: Category) -> float:
    """Pay for one call before it is made, in all its buckets or in none.

    Returns 0 when it was paid, else the seconds to wait. One round trip, within the open scope's transaction: rolled
    back, it is not paid.
    """
    asked = buckets(network, category)
    return _take(account_id, asked, app_key(network) if any(b.is_app for b in asked) else "")


def take(account_id: UUID, cost_s: float, burst_s: float, *, category: str = "calls") -> float:
    """Pay from one bucket of the account alone; else as `pay`."""
    return _take(account_id, [Bucket(category, cost_s, burst_s)], "")


def _take(account_id: UUID, asked: list[Bucket], app: str) -> float:
    return 0.0 if _is_usual(asked) and _take_usual(account_id, asked) else _take_each(account_id, asked, app)


def _is_usual(asked: list[Bucket]) -> bool:
    first, *others = asked
    return not first.is_app and first.cost_s > 0 and len(others) <= 1 and not any(b.is_app or b.cost_s for b in others)


def _take_usual(account_id: UUID, asked: list[Bucket]) -> bool:
    """Pay with one small statement; False where it must be asked how long to wait."""
    here, bucket, kind = scope.current_workspace_id(), asked[0], str(asked[-1].category)
    paid = [here, account_id, str(bucket.category), float(bucket.cost_s)]
    return prepared.run(_TAKE_ONE, [*paid, here, account_id, kind, float(bucket.burst_s)]).rowcount == 1


def _take_each(account_id: UUID, asked: list[Bucket], app: str) -> float:
    row = prepared.run(
        _TAKE,
        {
            "workspace": scope.current_workspace_id(),
            "account": account_id,
            "app": app,
            "is_app": [b.is_app for b in asked],
            "categories": [str(b.category) for b in asked],
            "costs": [float(b.cost_s) for b in asked],
            "bursts": [float(b.burst_s) for b in asked],
            "least": _LEAST_WAIT_S,
        },
    ).fetchone()
    return float(row[0]) if row else _LEAST_WAIT_S


def charge(account_id: UUID, *, cost_s: float = 0.0, closed_s: float | None = None, category: str = "calls") -> None:
    """Write down a call that was made without asking, and close the bucket for `closed_s`. Within the open scope."""
    _charge(account_id, [Bucket(category, cost_s, 0)], closed_s=closed_s, closes=category)


def _charge(account_id: UUID, asked: list[Bucket], *, closed_s: float | None, closes: str, app: str = "") -> None:
    own = [b for b in asked if not b.is_app]
    shared = [b for b in asked if b.is_app and b.cost_s]
    with connection.cursor() as cursor:
        cursor.execute(
            _CHARGE,
            {
                "workspace": scope.current_workspace_id(),
                "account": account_id,
                "categories": [b.category for b in own],
                "costs": [float(b.cost_s) for b in own],
                "closed": [float(closed_s) if closed_s is not None and b.category == closes else None for b in own],
            },
        )
        if shared:
            cursor.execute(
                _CHARGE_APP,
                {"app": app, "categories": [b.category for b in shared], "costs": [float(b.cost_s) for b in shared]},
            )


def closed_for_s(account_id: UUID, category: Category) -> float:
    """Say for how many seconds the network wants no call of this kind for the account; 0 where it may be called."""
    now = clock.now()
    until = (
        Budget.objects.filter(account_id=account_id, category__in=[Category.CALLS, category], blocked_until__gt=now)
        .order_by("-blocked_until")
        .values_list("blocked_until", flat=True)
        .first()
    )
    return (until - now).total_seconds() if until else 0.0


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
        self,
        *,
        workspace_id: UUID,
        account_id: UUID,
        network: Network,
        category: Category,
        paid_calls: int,
        now: Callable[[], datetime],
    ) -> None:
        self._workspace_id = workspace_id
        self._account_id = account_id
        self._network = network
        self._category = category
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
        # What the network asks for counts for every call of the account: it does not say which of its limits it means.
        asked = [Bucket(Category.CALLS, 0, 0)] if is_paid else buckets(self._network, self._category)
        with scope.workspace(self._workspace_id):
            _charge(self._account_id, asked, closed_s=closed_s, closes=Category.CALLS, app=app_key(self._network))


def left(account: Account, network: Network, *, now: datetime) -> Left:
    """Say what `account` may still call. Reads `account.budgets`: prefetch it for a list."""
    bucket = allowance(network)
    budget = next((b for b in account.budgets.all() if b.category == "calls"), None)
    return _left(bucket, budget, now)


def left_by_category(account: Account, network: Network, *, now: datetime) -> dict[Category, Left]:
    """Say what `account` may still call of each kind that has a limit of its own or is closed now; CALLS always.

    Reads `account.budgets`: prefetch it for a list.
    """
    rows = {b.category: b for b in account.budgets.all()}
    found = {Category.CALLS: left(account, network, now=now)}
    for category in (c for c in Category if c is not Category.CALLS):
        row, limit = rows.get(category), settings.ACCOUNT_LIMITS.get(category)
        if limit is not None:
            found[category] = _left(allowance_of(*limit), row, now)
        elif row is not None and row.blocked_until is not None and row.blocked_until > now:
            found[category] = Left(0, 0, 0, full_at=None, closed_until=row.blocked_until)
    return found


def _left(bucket: Allowance, budget: Budget | AppBudget | None, now: datetime) -> Left:
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


def app_left(network: Network, *, now: datetime) -> dict[str, Left]:
    """Say what the accounts of this developer app may still call together, by category; empty where it has no limit."""
    rows = {b.category: b for b in AppBudget.objects.filter(app_key=app_key(network))}
    return {
        category: _left(allowance_of(*limit), rows.get(category), now)
        for category, limit in settings.APP_LIMITS.items()
    }
