"""Reads what the page "Needs you" shows: what is late, what failed by cause, what may be out, and what waits.

Call inside the workspace's scope. Few questions whatever there is: long lists are cut, with their whole count beside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, QuerySet, When, Window
from django.db.models.expressions import BaseExpression
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.networks.contract import Cause
from petra.publishing import pausing, scheduling, together
from petra.publishing.models import Delivery, PauseKind, State
from petra.publishing.sentences import CAUSES, STATES, Sentence
from petra.publishing.together import Failures
from petra.web.needs_you import waiting_rows
from petra.web.needs_you.waiting_rows import WaitingRow
from petra.web.pins import rows as pin_rows
from petra.web.pins.rows import NetworkMark
from petra.web.statuses import Status

GROUP_SHOWN = 6  # pins named in a group
LIST_MOST = 100
RECONNECT = (scheduling.CAUSE_ACCOUNT, Cause.AUTH_EXPIRED, Cause.AUTH_REVOKED, Cause.PERMISSION)


@dataclass(frozen=True)
class FailureGroup:
    """Failed posts with one cause. `more` are not named."""

    key: str
    count: int
    mark: NetworkMark
    sentence: str
    next_step: str
    rows: list[WaitingRow]
    more: int


@dataclass(frozen=True)
class WaitingGroup:
    """Posts held for one reason, and where that is mended."""

    title: str
    sentence: str
    next_step: str
    status: Status
    act_label: str
    act_url: str
    rows: list[WaitingRow]
    more: int


def failures(*, zone: ZoneInfo, now: datetime) -> list[FailureGroup]:
    """Read the failures by cause."""
    groups = together.failures()
    wanted = {pk for group in groups for pk in group.delivery_ids[:GROUP_SHOWN]}
    found = _rows_by_id(wanted, zone, now)
    return [_failure_group(group, found) for group in groups]


def _failure_group(group: Failures, found: dict[UUID, WaitingRow]) -> FailureGroup:
    rows = [found[pk] for pk in group.delivery_ids[:GROUP_SHOWN] if pk in found]
    general = failure_sentence(group)
    return FailureGroup(
        key=group.key,
        count=group.count,
        mark=pin_rows.mark_of(group.network),
        sentence=general.happened,
        next_step=general.next_step,
        rows=rows,
        more=group.count - len(rows),
    )


def failure_sentence(group: Failures) -> Sentence:
    """Say what a group's failures have in common and what to do about it."""
    general = CAUSES.get(group.cause) or STATES[State.FAILED]
    return Sentence(group.sentence or general.happened, general.next_step)


def _rows_by_id(ids: set[UUID], zone: ZoneInfo, now: datetime) -> dict[UUID, WaitingRow]:
    if not ids:
        return {}
    found = waiting_rows.complete(Delivery.objects.filter(pk__in=ids))
    return {row.id: row for row in waiting_rows.rows(found, zone=zone, now=now)}


def unconfirmed(*, zone: ZoneInfo, now: datetime) -> list[WaitingRow]:
    """Read what may be out; where there is very much of it, the first that only a person can settle."""
    return waiting_rows.rows(waiting_rows.complete(together.unconfirmed())[:LIST_MOST], zone=zone, now=now)


def waiting(*, zone: ZoneInfo, now: datetime) -> list[WaitingGroup]:
    """Read what is held for other reasons than being late, by reason: the first of each, and how many there are."""
    of_account = [*RECONNECT, pausing.cause_of(PauseKind.ACCOUNT)]
    group: list[BaseExpression | F] = [F("cause"), Case(When(cause__in=of_account, then=F("account_id")))]
    first = Window(RowNumber(), partition_by=group, order_by=[F("due_at").asc(), F("id").asc()])
    found: QuerySet[Any] = waiting_rows.complete(together.held_otherwise()).annotate(
        place=first, alike=Window(Count("pk"), partition_by=group)
    )
    groups: dict[tuple[object, ...], list[Any]] = {}
    for delivery in found.filter(place__lte=GROUP_SHOWN):
        key = (delivery.cause, delivery.account_id if delivery.cause in of_account else None)
        groups.setdefault(key, []).append(delivery)
    return [_waiting_group(held, held[0].alike, zone, now) for held in groups.values()]


def _waiting_group(held: list[Delivery], count: int, zone: ZoneInfo, now: datetime) -> WaitingGroup:
    first = held[0]
    rows = waiting_rows.rows(held, zone=zone, now=now)
    label, url = mended_at(first) or ("", "")
    return WaitingGroup(
        title=_waiting_title(first, count),
        sentence=rows[0].sentence,
        next_step=rows[0].next_step,
        status=rows[0].status,
        act_label=label,
        act_url=url,
        rows=rows,
        more=count - len(rows),
    )


def mended_at(delivery: Delivery) -> tuple[str, str] | None:
    """Give label and address of the page where the reason of a held delivery is mended; None where it is its own."""
    account = reverse("account", args=[delivery.account_id])
    name = pin_rows.mark_of(delivery.account.network).label
    reconnect = (_("Reconnect %(network)s") % {"network": name}, account)
    return {
        **dict.fromkeys(RECONNECT, reconnect),
        pausing.cause_of(PauseKind.ACCOUNT): (_("Open the account"), account),
        pausing.cause_of(PauseKind.BLOG): (_("Open settings"), reverse("settings")),
        pausing.cause_of(PauseKind.WORKSPACE): (_("Open settings"), reverse("settings")),
    }.get(delivery.cause)


def _waiting_title(delivery: Delivery, count: int) -> str:
    name = delivery.account.username
    match delivery.cause:
        case scheduling.CAUSE_ACCOUNT:
            words = ngettext("%(n)d post waits for %(name)s", "%(n)d posts wait for %(name)s", count)
        case scheduling.CAUSE_PERSON:
            words = ngettext("%(n)d post was paused", "%(n)d posts were paused", count)
        case _:
            words = ngettext("%(n)d post waits", "%(n)d posts wait", count)
    return words % {"n": count, "name": name}


def left_out(refused: Iterable[tuple[UUID, str]]) -> list[tuple[str, str, str]]:
    """Name what a verb was not done for: title, address and reason of each."""
    reasons = dict(refused)
    found = Delivery.objects.filter(pk__in=list(reasons)).select_related("post__article").order_by("due_at", "id")
    return [(pin_rows.pin_title(d.post), reverse("pin", args=[d.post_id]), reasons[d.pk]) for d in found]
