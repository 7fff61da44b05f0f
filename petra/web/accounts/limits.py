"""What an account may still call of its network, by kind, and when it may again: the account's own budgets and those
it shares with every account of the same developer app.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petra.accounts import budgets
from petra.accounts.budgets import Category, Left
from petra.accounts.models import Account
from petra.networks import registry
from petra.web import labels, moments

_NAMES: dict[Category, str | Promise] = {
    Category.CALLS: gettext_lazy("All calls"),
    Category.PUBLISH: gettext_lazy("Publishing"),
    Category.REFRESH: gettext_lazy("Renewing the sign-in"),
}


@dataclass(frozen=True)
class Limit:
    """One limit. `left` and `most` draw the meter (`most` 0: none); `refill` is empty where nothing was spent."""

    name: str
    words: str
    refill: str
    left: int
    most: int
    tone: str
    is_closed: bool


def limits(account: Account, *, zone: ZoneInfo, now: datetime) -> list[Limit]:
    """List the limits of one account, those of the app it belongs to last."""
    network = registry.network(account.network)
    own = budgets.left_by_category(account, network, now=now)
    shared = budgets.app_left(network, now=now)
    found = [_limit(_name(account, category), left, zone, now) for category, left in own.items()]
    for category, left in shared.items():
        name = _("%(what)s, all accounts of the app") % {"what": _name(account, Category(category))}
        found.append(_limit(name, left, zone, now))
    return found


def _name(account: Account, category: Category) -> str:
    if category is Category.BOARDS:
        label = labels.many(registry.network(account.network).powers.target_label)
        return _("Reading the list: %(what)s") % {"what": label}
    return str(_NAMES[category])


def _limit(name: str, left: Left, zone: ZoneInfo, now: datetime) -> Limit:
    if left.closed_until is not None:
        refill = _("Closed until %(when)s") % {"when": moments.inside(left.closed_until, zone=zone, now=now)}
    elif left.full_at is not None:
        refill = _("Full again at %(time)s") % {"time": _clock(left.full_at, zone, now)}
    else:
        refill = _("Nothing spent")
    words = _("%(left)d of %(most)d left now") % {"left": left.calls, "most": left.calls_at_once}
    if left.calls_per_hour:
        words += ", " + _("%(n)d an hour") % {"n": left.calls_per_hour}
    share = left.calls / left.calls_at_once if left.calls_at_once else 0
    return Limit(
        name=name,
        words=words if left.calls_at_once else _("No limit of its own"),
        refill=refill,
        left=left.calls,
        most=left.calls_at_once,
        tone="bad" if share <= 0 else "warn" if share <= 0.2 else "",  # noqa: PLR2004 - the design's own number
        is_closed=left.closed_until is not None,
    )


def _clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Say the time with its seconds where the minute says too little."""
    if (at - now).total_seconds() < 120:  # noqa: PLR2004 - two minutes
        return f"{at.astimezone(zone):%H:%M:%S}"
    return moments.short(at, zone=zone, now=now)
