"""What needs a person, as the overview lists it: worst first, one line for one thing to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.accounts.models import Account, AccountState
from petra.publishing import scheduling, together
from petra.publishing.models import Delivery, State
from petra.publishing.together import Failures
from petra.web.needs_you import waiting_rows
from petra.web.needs_you.page import failure_sentence
from petra.web.needs_you.waiting_rows import WaitingRow
from petra.web.pins import rows as pin_rows
from petra.web.pins import status as pin_status
from petra.web.statuses import Status, StatusKey, status

MOST = 4  # failures, and as many of what waits otherwise: the rest stands on the page of its own


@dataclass(frozen=True)
class Need:
    """One thing that waits for a person, with its one action."""

    status: Status
    title: str
    words: str
    icon: str
    picture: str
    label: str
    url: str
    when: str = ""


def needs(accounts: list[Account], *, zone: ZoneInfo, now: datetime) -> tuple[list[Need], bool]:
    """List failures by cause, what may be out, and accounts that are signed out, and say whether there is more.

    What is late has a banner of its own.
    """
    failed, held = together.failures(), _held()
    is_more = max(len(failed), len(held)) > MOST
    rows = waiting_rows.rows(held[:MOST], zone=zone, now=now)
    return [
        *_failures(failed[:MOST], zone, now),
        *(_one(row, _("Look")) for row in rows),
        *_signed_out(accounts),
    ], is_more


def _failures(groups: list[Failures], zone: ZoneInfo, now: datetime) -> list[Need]:
    single = [group.delivery_ids[0] for group in groups if group.count == 1]
    found = waiting_rows.complete(Delivery.objects.filter(pk__in=single)) if single else []
    rows = {row.id: row for row in waiting_rows.rows(found, zone=zone, now=now)}
    return [
        _one(rows[group.delivery_ids[0]], _("Fix and retry"))
        if group.count == 1 and group.delivery_ids[0] in rows
        else _group(group)
        for group in groups
    ]


def _group(group: Failures) -> Need:
    said = failure_sentence(group)
    count = ngettext("%(n)d pin was not published.", "%(n)d pins were not published.", group.count)
    return Need(
        status=status(StatusKey.FAILED),
        title=said.happened,
        words=" ".join([count % {"n": group.count}, said.next_step]).strip(),
        icon=pin_rows.mark_of(group.network).icon,
        picture="",
        label=_("See them"),
        url=f"{reverse('needs_you')}#failed-{group.key}",
    )


def _one(row: WaitingRow, label: str) -> Need:
    return Need(
        status=row.status,
        title=row.title,
        when=f"{row.status.word}, {row.when}",
        words=row.sentence,
        icon="",
        picture=row.picture,
        label=label,
        url=row.url,
    )


def _held() -> list[Delivery]:
    """Read what may be out, and what is held otherwise; those of a signed-out account are counted beside it."""
    found = (
        Delivery.objects.filter(state__in=[State.UNCONFIRMED, State.HELD])
        .exclude(pin_status.paused_by_person())
        .exclude(cause=scheduling.CAUSE_LATE)
        .exclude(state=State.HELD, account__state=AccountState.NEEDS_RECONNECT)
        .order_by("-state", "-moved_at")
    )
    return list(waiting_rows.complete(found)[: MOST + 1])


def _signed_out(accounts: list[Account]) -> list[Need]:
    out = [a for a in accounts if a.state == AccountState.NEEDS_RECONNECT]
    waiting = Counter(
        Delivery.objects.filter(account__in=out, state=State.HELD).values_list("account_id", flat=True) if out else []
    )
    return [
        Need(
            status=status(StatusKey.ATTENTION),
            title=_("%(network)s signed out %(name)s")
            % {"network": pin_rows.mark_of(account.network).label, "name": account.username},
            words=ngettext(
                "%(n)d post is waiting. Nothing is lost.",
                "%(n)d posts are waiting. Nothing is lost.",
                waiting[account.pk],
            )
            % {"n": waiting[account.pk]},
            icon=pin_rows.mark_of(account.network).icon,
            picture="",
            label=_("Reconnect"),
            url=reverse("account", args=[account.pk]),
        )
        for account in out
    ]
