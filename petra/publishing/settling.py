"""What each outcome of a call means for its delivery: one function per outcome, one transaction each.

Sent            → published
Processing      → processing, asked again later
Rejected        → failed; after a spam block the account cools down
NeedsReconnect  → held, with everything else on the account
TryLater        → planned again, up to PETRA_MAX_TRIES, then failed
OutcomeUnknown  → unconfirmed, looked for at the network's own times
Found           → published
Absent          → looked for again; absent at every look: planned once more, then a person decides
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from petra.accounts import budgets, health
from petra.accounts.budgets import Category
from petra.accounts.models import Account
from petra.lib import clock, columns, ids
from petra.networks.contract import (
    Absent,
    Cause,
    Found,
    Limits,
    NeedsReconnect,
    NetworkError,
    OutcomeUnknown,
    Processing,
    Rejected,
    Sent,
    TryLater,
)
from petra.posts.drafting import network_of
from petra.publishing import lanes, reading, scheduling
from petra.publishing.models import Attempt, Delivery, State
from petra.publishing.states import Lost, change_plan, move
from petra.tenancy import scope

log = logging.getLogger(__name__)

Outcome = Sent | Processing | Found | Absent | NetworkError

_BACKOFF_S: Final = 60.0  # first wait where the network names none; doubled each time
_MOST_BACKOFF_S: Final = 3600.0
_MOST_FAILED_LOOKS: Final = 8  # looks that could not be made, after which a person decides
_SPREAD: Final = 0.2


def settle(delivery: Delivery, attempt_id: UUID, outcome: Outcome, *, turn: datetime) -> None:
    """Write down what came of a call: the Attempt's result, the delivery's move, the turn given back.

    `delivery` is as it was when the call began. Where it was moved meanwhile (its worker was taken for dead, or a
    person had the last word), only one thing still counts: that the post is there.
    """
    try:
        _settle(delivery, attempt_id, outcome, turn=turn)
    except Lost:
        _settle_late(delivery, attempt_id, outcome, turn=turn)


def _settle_late(delivery: Delivery, attempt_id: UUID, outcome: Outcome, *, turn: datetime) -> None:
    with scope.workspace(delivery.own_workspace_id):
        now = reading.delivery(delivery.pk)
        if now is None:
            lanes.let_go(delivery.pk)
            return
        sent = outcome.sent if isinstance(outcome, Found) else outcome
        if isinstance(sent, Sent) and now.state != State.PUBLISHED:
            _published(now, sent, because="late_answer")
        closed = _closing(attempt_id, outcome)
        lanes.give_back(account_id=now.account_id, delivery_id=now.pk, turn=turn, also=closed)


def _settle(delivery: Delivery, attempt_id: UUID, outcome: Outcome, *, turn: datetime) -> None:
    # A power cut that undoes this leaves the delivery in SENDING, as a crash before this line does: it is looked for.
    with scope.workspace(delivery.own_workspace_id, waits_for_disk=False):
        account = delivery.account
        ready_at = write_gap_over(account) if delivery.state == State.SENDING else None
        match outcome:
            case Sent():
                _published(delivery, outcome, because="sent")
            case Found():
                _published(delivery, outcome.sent, because="found")
            case Processing():
                _processing(delivery, outcome)
            case Absent():
                _absent(delivery)
            case TryLater():
                _later(delivery, outcome)
            case NeedsReconnect():
                _needs_reconnect(delivery, outcome)
            case Rejected():
                _rejected(delivery, outcome)
            case OutcomeUnknown():
                _unknown(delivery, outcome.for_person)
            case _:
                raise TypeError(f"an adapter raised a failure the contract does not know: {type(outcome)}")
        closed = _closing(attempt_id, outcome)
        if not lanes.give_back(
            account_id=account.pk, delivery_id=delivery.pk, turn=turn, ready_at=ready_at, also=closed
        ):
            raise Lost  # taken over, though nothing shows it: state and plan are again what they were


def settle_crash(delivery: Delivery) -> None:
    """A delivery is found in SENDING at the start of a turn: whoever sent it died. It may be live, so look."""
    opened = Attempt.objects.filter(delivery=delivery, outcome="")
    sent_at = opened.order_by("-started_at").values_list("started_at", flat=True).first()
    opened.update(finished_at=clock.now(), outcome="unknown", cause=Cause.AMBIGUOUS, for_person=_DIED)
    _unknown(delivery, _DIED, sent_at=sent_at)


_CAN_NOT_LOOK: Final = "It has no link Petra could know it by. Please look, and say whether it is there."
_DIED: Final = "Petra was stopped while publishing this. It is looking whether the post went out."


def _published(delivery: Delivery, sent: Sent, *, because: str) -> None:
    move(
        delivery,
        State.PUBLISHED,
        because=because,
        remote_id=sent.remote_id,
        remote_url=sent.url,
        published_at=sent.created_at or clock.now(),
        next_at=None,
        cause="",
        for_person="",
    )


def _processing(delivery: Delivery, outcome: Processing) -> None:
    next_at = clock.now() + timedelta(seconds=outcome.after_s)
    if delivery.state == State.SENDING:
        move(delivery, State.PROCESSING, because="processing", next_at=next_at, for_person=outcome.note)
    else:
        change_plan(delivery, because="processing", next_at=next_at, for_person=outcome.note)


def _rejected(delivery: Delivery, refusal: Rejected) -> None:
    if refusal.cool_down_s:
        until = clock.now() + timedelta(seconds=refusal.cool_down_s)
        Account.objects.filter(pk=delivery.account_id).update(cools_down_until=until)
        budgets.charge(delivery.account_id, closed_s=refusal.cool_down_s, category=Category.PUBLISH)
    if delivery.state == State.UNCONFIRMED:  # a look was refused: that says nothing about the post
        _look_failed(delivery, TryLater(refusal.for_person, cause=refusal.cause), clock.now() + timedelta(hours=1))
        return
    is_first = delivery.state == State.SENDING and delivery.resends == 0
    if refusal.cause is Cause.MEDIA_INVALID and is_first and _went_by_address(delivery):
        # The network may not have reached the picture: once more, with the bytes themselves. Nothing was written.
        move(delivery, State.PLANNED, because="as_bytes", resends=1, next_at=clock.now(), is_grace_waived=True)
        return
    move(delivery, State.FAILED, because="rejected", cause=refusal.cause, for_person=refusal.for_person, next_at=None)


def _went_by_address(delivery: Delivery) -> bool:
    return any(media.public_url for media in reading.media_of(delivery))


def _needs_reconnect(delivery: Delivery, refusal: NeedsReconnect) -> None:
    account = delivery.account  # marked already by accounts.tokens
    if delivery.tries + 1 < settings.MAX_TRIES and health.is_connected_now(account.pk):
        # A person connected it again while this call was under way: nobody would let go what is held now.
        again: dict[str, Any] = {"tries": delivery.tries + 1, "next_at": clock.now()}
        if delivery.state == State.SENDING:
            move(delivery, State.PLANNED, because="reconnected", **again)
        else:
            change_plan(delivery, because="reconnected", **again)
        return
    if delivery.state == State.SENDING:
        move(
            delivery,
            State.HELD,
            because="account",
            cause=scheduling.CAUSE_ACCOUNT,
            for_person=refusal.for_person,
            next_at=None,
        )
    else:  # it may be live: it stays what it is, and is looked at after reconnecting
        change_plan(delivery, because="account", next_at=None, for_person=refusal.for_person)
    scheduling.hold_account(account, sentence=refusal.for_person)


def _later(delivery: Delivery, failure: TryLater) -> None:
    now = clock.now()
    wait_s = failure.after_s if failure.after_s is not None else _backoff_s(delivery.tries)
    next_at = now + timedelta(seconds=wait_s)
    if delivery.state != State.SENDING:
        _look_failed(delivery, failure, next_at)
        return
    tries = delivery.tries + 1
    may_repeat = not delivery.is_manual or failure.cause is Cause.RATE_LIMITED
    if may_repeat and tries < settings.MAX_TRIES:
        move(
            delivery,
            State.PLANNED,
            because="later",
            tries=tries,
            next_at=next_at,
            cause=failure.cause,
            for_person=failure.for_person,
        )
    else:
        move(
            delivery,
            State.FAILED,
            because="tries" if may_repeat else "manual",
            tries=tries,
            cause=failure.cause,
            for_person=failure.for_person,
            next_at=None,
        )


def _look_failed(delivery: Delivery, failure: TryLater, next_at: datetime) -> None:
    """A look or check could not be made. That says nothing about the post: try again, then ask a person."""
    tries = delivery.tries + 1
    if tries < _MOST_FAILED_LOOKS:
        change_plan(delivery, because="later", tries=tries, next_at=next_at)
        return
    sentence = f"Petra could not look whether this is live. {failure.for_person}"
    if delivery.state == State.PROCESSING:
        move(delivery, State.UNCONFIRMED, because="looks", next_at=None, cause=failure.cause, for_person=sentence)
    else:
        change_plan(delivery, because="looks", next_at=None, cause=failure.cause, for_person=sentence)


def _unknown(delivery: Delivery, sentence: str, *, sent_at: datetime | None = None) -> None:
    """Look for it, the first time so long after `sent_at` (now, where it is not known) as the network needs."""
    network = network_of(delivery.account)
    looks = looks_s(network.limits)
    if delivery.state == State.UNCONFIRMED:  # a look that ended in doubt is a look that failed
        _look_failed(delivery, TryLater(sentence, cause=Cause.AMBIGUOUS), clock.now() + timedelta(seconds=looks[-1]))
        return
    # Only a link carries the marker: without one a look could not tell this post from another.
    can_find = network.powers.can_find and bool(delivery.post.link)
    now = clock.now()
    next_at = max((sent_at or now) + timedelta(seconds=looks[0]), now) if can_find else None
    move(
        delivery,
        State.UNCONFIRMED,
        because="unknown",
        looks=0,
        tries=0,
        next_at=next_at,
        cause=Cause.AMBIGUOUS,
        for_person=sentence if can_find else f"{sentence} {_CAN_NOT_LOOK}",
    )


def _absent(delivery: Delivery) -> None:
    """One look did not find it. Absent at each of the network's looks is certain absence: it may be sent once more."""
    looks = looks_s(network_of(delivery.account).limits)
    seen = delivery.looks + 1
    if seen < len(looks):
        wait = timedelta(seconds=looks[seen] - looks[seen - 1])
        change_plan(delivery, because="absent", looks=seen, tries=0, next_at=clock.now() + wait)
    elif delivery.resends == 0:
        move(
            delivery,
            State.PLANNED,
            because="absent",
            looks=seen,
            resends=1,
            tries=0,
            is_grace_waived=True,  # its time passed while Petra was making sure
            next_at=clock.now(),
            cause="",
            for_person="",
        )
    else:
        change_plan(
            delivery,
            because="absent",
            looks=seen,
            next_at=None,
            for_person="This was sent twice and never found. Please look, and say whether it is there.",
        )


def looks_s(limits: Limits) -> tuple[float, ...]:
    """Say when, in seconds after sending, a lost post is looked for: the operator's setting or the network's."""
    return settings.LOOKS_S or limits.looks_s


def write_gap_over(account: Account) -> datetime:
    """Say when the account may write again after a write that ends now."""
    gap_s = float(settings.WRITE_GAP_S or network_of(account).limits.write_gap_s)
    return clock.now() + timedelta(seconds=gap_s)


def _backoff_s(tries: int) -> float:
    return min(_BACKOFF_S * 2.0**tries, _MOST_BACKOFF_S) * ids.jitter(_SPREAD)


def _closing(attempt_id: UUID, outcome: Outcome) -> columns.Write:
    changes: dict[str, object] = {"finished_at": clock.now(), "outcome": _WORD[type(outcome)]}
    # Written in any case: whoever took the turn over meanwhile may have noted that its worker died.
    changes |= {"cause": "", "for_person": "", "detail": ""}
    if isinstance(outcome, NetworkError):
        changes |= {"cause": outcome.cause, "for_person": outcome.for_person, "detail": outcome.detail}
    if isinstance(outcome, Processing):
        changes |= {"ticket_step": outcome.ticket.step, "ticket_value": outcome.ticket.value}
    return columns.updating(Attempt, attempt_id, changes, where={})


_WORD: Final[dict[type, str]] = {
    Sent: "sent",
    Processing: "processing",
    Found: "found",
    Absent: "absent",
    Rejected: "rejected",
    NeedsReconnect: "reconnect",
    TryLater: "later",
    OutcomeUnknown: "unknown",
}
