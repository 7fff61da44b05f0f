"""An account as its page shows it: one line in the list, and the detail with meters and the week of slots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from petra.accounts.health import Health
from petra.accounts.models import Account, AccountState
from petra.networks.registry import network
from petra.publishing import slots
from petra.publishing.models import LIVE_STATES, Delivery, Slot, State
from petra.web import labels, moments
from petra.web.pins import rows as pin_rows

A_MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WEEK = 7
COUNTED = [*LIVE_STATES, State.PUBLISHED]


def meter_tone(used: float, most: float) -> str:
    """Say how a meter looks: amber from 80 %, red at 100 %."""
    share = used / most if most else 0
    return "bad" if share >= 1 else "warn" if share >= 0.8 else ""  # noqa: PLR2004 - the design's own number


def line(found: Health, *, is_paused: bool) -> dict[str, Any]:
    """Give one line of the list."""
    account = found.account
    tone, word = _state_words(found, is_paused=is_paused)
    label = network(account.network).powers.target_label
    return {
        "id": account.pk,
        "name": account.display_name or account.username,
        "note": f"{labels.many(label)}: {account.board_count}" if label else account.username,  # type: ignore[attr-defined]
        "mark": pin_rows.mark_of(account.network),
        "tone": tone,
        "word": word,
        "needs_person": found.needs_person,
    }


def detail(found: Health, *, zone: ZoneInfo, now: datetime, is_paused: bool) -> dict[str, Any]:
    """Give everything the detail shows."""
    account = found.account
    powers = network(account.network).powers
    return {
        **line(found, is_paused=is_paused),
        "username": account.username,
        "page_url": account.page_url,
        "network_key": account.network,
        "network_label": found.network_label,
        "reason": found.reason,
        "rests_until": moments.inside(found.rests_until, zone=zone, now=now) if found.rests_until else "",
        "is_connected": found.state != AccountState.DISCONNECTED,
        "renews": moments.moment(found.renews_at, zone=zone, now=now) if found.renews_at else "",
        "meters": _meters(found, zone=zone, now=now),
        "week": _week(account),
        "slot_count": Slot.objects.filter(account=account).count(),
        "zone_words": moments.zone_words(zone, now=now),
        "target_label": powers.target_label,
        "targets_label": labels.many(powers.target_label),
        "sections_label": labels.many(powers.section_label),
        "synced": moments.moment(account.targets_synced_at, zone=zone, now=now) if account.targets_synced_at else "",
    }


def _state_words(found: Health, *, is_paused: bool) -> tuple[str, str]:
    if found.needs_person:
        return "warn", _("Signed out") if found.state == AccountState.NEEDS_RECONNECT else _("Ends soon")
    if is_paused and found.state == AccountState.CONNECTED:
        return "off", _("Paused")
    if found.rests_until:
        return "warn", _("Resting")
    match found.state:
        case AccountState.CONNECTED:
            return "", _("Connected")
        case _:
            return "off", _("Disconnected")


def _meters(found: Health, *, zone: ZoneInfo, now: datetime) -> list[dict[str, Any]]:
    budget, account = found.budget, found.account
    spent = budget.calls_at_once - budget.calls
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    of_account: QuerySet[Delivery] = Delivery.objects.filter(account=account, state__in=COUNTED)
    weekly = list(Slot.objects.filter(account=account).values_list("weekday", flat=True))
    on_day = _count_between(of_account, today, today + timedelta(days=1), zone)
    in_week = _count_between(of_account, monday, monday + timedelta(days=WEEK), zone)
    closed = budget.closed_until or budget.full_at
    return [
        _meter(
            _("Calls to the network"),
            spent,
            budget.calls_at_once,
            _("%(n)d an hour") % {"n": budget.calls_per_hour}
            if not closed
            else _("full again %(when)s") % {"when": moments.inside(closed, zone=zone, now=now)},
        ),
        _meter(_("Posts today"), on_day, weekly.count(today.weekday()), _("of today's slots")),
        _meter(_("Posts this week"), in_week, len(weekly), _("of the week's slots")),
    ]


def _meter(title: str, used: int, most: int, note: str) -> dict[str, Any]:
    return {
        "title": title,
        "used": used,
        "most": most,
        "max": max(most, used, 1),
        "note": note,
        "tone": meter_tone(used, most) if most else "",
    }


def _count_between(found: QuerySet[Delivery], first: Any, end: Any, zone: ZoneInfo) -> int:
    midnight = datetime.min.time()
    start_at, end_at = slots.instant(first, midnight, zone), slots.instant(end, midnight, zone)
    return found.filter(due_at__gte=start_at, due_at__lt=end_at).count()


def _week(account: Account) -> list[dict[str, Any]]:
    days: list[list[dict[str, str]]] = [[] for _day in range(WEEK)]
    for slot in Slot.objects.filter(account=account).order_by("time_local"):
        words = f"{slot.time_local:%H:%M}"
        days[slot.weekday].append({"time": words, "value": f"{slot.weekday}-{words}"})
    names = [moments.weekday(A_MONDAY + timedelta(days=n)) for n in range(WEEK)]
    return [
        {"number": n, "name": name, "slots": times} for n, (name, times) in enumerate(zip(names, days, strict=True))
    ]
