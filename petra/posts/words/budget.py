"""STOP 2, the money: a hard limit in dollars and tokens for each month, kept before a model is asked.

The most a question can cost is reserved in one statement that fails where the month has no room, so questions that are
asked at the same time can't pass the limit together. Afterwards the reservation gives way to what it really took. Of a
lost try nobody knows that: what was sent is charged where its answer didn't come in time, the month's average where its
worker died, and what it may have taken beyond that stays reserved to the month's end, so the limit holds whatever it
was. Called inside a scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection

from petra.ai import money
from petra.ai.access import Provider
from petra.ai.contract import Cause, Usage, WriterFailed
from petra.articles.models import Blog
from petra.lib import clock
from petra.posts.models import AiMonth, Generation
from petra.posts.words import access_keys
from petra.posts.words.access_keys import Standing
from petra.tenancy import scope
from petra.tenancy.models import Workspace

_MILLION, _MILLIONTH = Decimal(1_000_000), Decimal("0.000001")
NO_MONEY = "The budget of ${limit} for this month is used up."
NO_TOKENS = "The {limit} tokens of this month are used up."
NO_PRICE = "The price of this model isn't known. Enter its price per million tokens, or take the budget in money away."

_RESERVE = """
insert into posts_aimonth as m (id, workspace_id, blog_id, month, spent_usd, reserved_usd, spent_tokens,
  reserved_tokens, unpriced_tokens, asked, lost, lost_usd, lost_tokens, written, took_ms)
select gen_random_uuid(), %(workspace)s, %(blog)s, %(month)s, 0, %(usd)s, 0, %(tokens)s, 0, 0, 0, 0, 0, 0, 0
where (%(most_usd)s::numeric is null or %(usd)s::numeric <= %(most_usd)s::numeric)
  and (%(most_tokens)s::bigint is null or %(tokens)s::bigint <= %(most_tokens)s::bigint)
on conflict (workspace_id, blog_id, month) do update
  set reserved_usd = m.reserved_usd + excluded.reserved_usd,
      reserved_tokens = m.reserved_tokens + excluded.reserved_tokens
  where (%(most_usd)s::numeric is null or m.spent_usd + m.reserved_usd + excluded.reserved_usd <= %(most_usd)s::numeric)
    and (%(most_tokens)s::bigint is null
      or m.spent_tokens + m.reserved_tokens + excluded.reserved_tokens <= %(most_tokens)s::bigint)
returning m.id
"""

_SETTLE = """
update posts_aimonth set reserved_usd = greatest(reserved_usd - %(reserved_usd)s, 0),
  reserved_tokens = greatest(reserved_tokens - %(reserved_tokens)s, 0),
  spent_usd = spent_usd + %(usd)s, spent_tokens = spent_tokens + %(tokens)s,
  unpriced_tokens = unpriced_tokens + %(unpriced)s, asked = asked + %(asked)s,
  lost = lost + %(lost)s, lost_usd = lost_usd + %(lost_usd)s, lost_tokens = lost_tokens + %(lost_tokens)s,
  written = written + %(written)s, took_ms = took_ms + %(took_ms)s
where id = %(id)s and workspace_id = %(workspace)s
"""


@dataclass(frozen=True)
class Left:
    """The month so far, under one access. Limits that are None are none.

    `reserved` is what that which is being asked now can take at most, and tries whose cost nobody knows beyond the
    average that was charged for them.
    """

    month: date
    spent_usd: Decimal
    reserved_usd: Decimal
    spent_tokens: int
    reserved_tokens: int
    unpriced_tokens: int
    asked: int
    written: int
    took_ms: int
    monthly_usd: Decimal | None
    monthly_tokens: int | None

    @property
    def left_usd(self) -> Decimal | None:
        """The dollars that are left; None where there is no limit."""
        if self.monthly_usd is None:
            return None
        return max(self.monthly_usd - self.spent_usd - self.reserved_usd, Decimal(0))

    @property
    def left_tokens(self) -> int | None:
        """The tokens that are left; None where there is no limit."""
        if self.monthly_tokens is None:
            return None
        return max(self.monthly_tokens - self.spent_tokens - self.reserved_tokens, 0)


def left(blog: Blog | None) -> Left:
    """Say how this month stands for whoever writes for a blog, or for the workspace."""
    standing = access_keys.access_of(blog)
    month = this_month()
    row = AiMonth.objects.filter(blog_id=standing.charged_to, month=month).first() or AiMonth(month=month)
    return Left(
        month=month,
        spent_usd=row.spent_usd,
        reserved_usd=row.reserved_usd,
        spent_tokens=row.spent_tokens,
        reserved_tokens=row.reserved_tokens,
        unpriced_tokens=row.unpriced_tokens,
        asked=row.asked,
        written=row.written,
        took_ms=row.took_ms,
        monthly_usd=standing.monthly_usd,
        monthly_tokens=standing.monthly_tokens,
    )


def lacks_price(standing: Standing) -> bool:
    """Say whether nothing can be asked, for money is limited and nobody knows what the model costs."""
    if standing.is_offline or standing.monthly_usd is None or standing.input_usd is not None:
        return False
    model = standing.model or Provider(standing.provider).default_model
    return money.price(model, 1, 1, provider=standing.provider, base_url=standing.base_url) is None


def this_month() -> date:
    """Give the first day of the month it is in the workspace's zone."""
    zone = Workspace.objects.get(pk=scope.current_workspace_id()).zone
    return clock.now().astimezone(zone).date().replace(day=1)


def priced(usage: Usage, standing: Standing) -> Usage:
    """Put the workspace's own prices to tokens whose price isn't known otherwise."""
    if usage.cost_usd is not None or standing.input_usd is None or standing.output_usd is None:
        return usage
    cost = (usage.input_tokens * standing.input_usd + usage.output_tokens * standing.output_usd) / _MILLION
    return Usage(usage.input_tokens, usage.output_tokens, cost, usage.is_estimated)


def reserve(generation: Generation, standing: Standing, most: Usage) -> None:
    """Reserve `most` in this month and note it on `generation`, without saving. Raises WriterFailed(BUDGET)."""
    if standing.monthly_usd is not None and most.cost_usd is None:
        raise WriterFailed(Cause.BUDGET, NO_PRICE)
    usd, tokens = most.cost_usd or Decimal(0), most.input_tokens + most.output_tokens
    values = {
        "workspace": scope.current_workspace_id(),
        "blog": standing.charged_to,
        "month": this_month(),
        "usd": usd,
        "tokens": tokens,
        "most_usd": standing.monthly_usd,
        "most_tokens": standing.monthly_tokens,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, values)
        made = cursor.fetchone()
    if made is None:
        raise WriterFailed(Cause.BUDGET, _why_not(standing, tokens))
    generation.month_id, generation.reserved_usd, generation.reserved_tokens = made[0], usd, tokens


def settle(
    generation: Generation, usage: Usage, *, asked: int, is_lost: bool = False, took_ms: int | None = None
) -> None:
    """Put what a try took in place of its reservation, on the month and on `generation`, without saving.

    A lost one may have taken more than `usage`: of its reservation it gives back only that. `took_ms` is how long words
    took to come; None where none came.
    """
    tokens, usd = usage.input_tokens + usage.output_tokens, usage.cost_usd or Decimal(0)
    if generation.month_id is not None:
        values: dict[str, Decimal | int | UUID | None] = {
            "id": generation.month_id,
            "workspace": generation.own_workspace_id,
            "reserved_usd": usd if is_lost else generation.reserved_usd,
            "reserved_tokens": tokens if is_lost else generation.reserved_tokens,
            "usd": usd,
            "tokens": tokens,
            "unpriced": tokens if usage.cost_usd is None else 0,
            "asked": asked,
            "lost": int(is_lost),
            "lost_usd": usd if is_lost else Decimal(0),
            "lost_tokens": tokens if is_lost else 0,
            "written": int(took_ms is not None),
            "took_ms": took_ms or 0,
        }
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, values)
    generation.month_id, generation.reserved_usd, generation.reserved_tokens = None, Decimal(0), 0
    generation.input_tokens += usage.input_tokens
    generation.output_tokens += usage.output_tokens
    generation.cost_usd = added(generation.cost_usd, usage.cost_usd)
    generation.is_estimated = generation.is_estimated or usage.is_estimated
    generation.asked += asked


def settle_lost(generation: Generation) -> None:
    """Charge a try whose worker died, for it may have been asked and paid: what a try took this month. Without saving.

    All of its reservation is charged where no try has brought words yet.
    """
    is_priced = bool(generation.reserved_usd) or not generation.reserved_tokens
    most = Usage(generation.reserved_tokens, 0, generation.reserved_usd if is_priced else None, is_estimated=True)
    settle(generation, _likely(generation, most), asked=1, is_lost=True)


def _likely(generation: Generation, most: Usage) -> Usage:
    month = AiMonth.objects.filter(pk=generation.month_id).first()
    if month is None or not month.written:
        return most
    tokens = min((month.spent_tokens - month.lost_tokens) // month.written, most.input_tokens)
    cost = most.cost_usd
    if cost is not None and not month.unpriced_tokens:
        cost = min((month.spent_usd - month.lost_usd) / month.written, cost).quantize(_MILLIONTH)
    return Usage(tokens, 0, cost, is_estimated=True)


def added(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Add two costs; None where one of them isn't known."""
    return None if one is None or other is None else one + other


def _why_not(standing: Standing, tokens: int) -> str:
    row = AiMonth.objects.filter(blog_id=standing.charged_to, month=this_month()).first()
    used = row.spent_tokens + row.reserved_tokens if row is not None else 0
    if standing.monthly_tokens is not None and used + tokens > standing.monthly_tokens:
        return NO_TOKENS.format(limit=f"{standing.monthly_tokens:,}")
    return NO_MONEY.format(limit=standing.monthly_usd)
