"""STOP 3, the core: one delivery, from its turn to its outcome.

    begin   one transaction: is it still to be done, is it late, may the account; PLANNED → SENDING, and an Attempt row
            that says "on its way" before anything leaves
    act     no transaction open: send, look or check through the adapter
    settle  one transaction: the Attempt's outcome, one move, the turn given back

Run by the worker's threads and by the command line; safe to repeat and to lose. A turn that finds SENDING with an open
Attempt knows that somebody died there: it never sends, it looks (`find`) first. No network's name, no sleep, no retry
loop here: waiting is `next_at`, and the dispatcher comes back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from django.conf import settings

from petra.accounts import budgets, health, tokens
from petra.accounts.budgets import Category
from petra.accounts.models import AccountState
from petra.lib import clock, columns, outages, prepared
from petra.lib.ids import new_id
from petra.networks.client import Client
from petra.networks.contract import (
    Cause,
    Draft,
    Network,
    NetworkError,
    OutcomeUnknown,
    Payload,
    Rejected,
    Target,
    Ticket,
    TryLater,
)
from petra.posts.drafting import draft_of, network_of, target_for
from petra.publishing import lanes, pausing, reading, scheduling, slots
from petra.publishing.models import Attempt, Delivery, Standing, State
from petra.publishing.settling import Outcome, settle, settle_crash
from petra.publishing.states import Lost, change_plan, move
from petra.tenancy import scope

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
_KEEP_OUTCOME_S: Final = 45.0  # how long an outcome waits for a database that is away; then the post is looked for
_NO_OUTCOME = dict.fromkeys(("outcome", "cause", "for_person", "detail", "ticket_step", "ticket_value"), "")


class Step(StrEnum):
    """What a delivery's turn is used for. Also the Attempt's kind."""

    SEND = "send"
    LOOK = "look"
    CHECK = "check"


@dataclass(frozen=True)
class Work:
    """All that `act` needs, read in `begin`, so that no transaction is open while the network is called."""

    delivery: Delivery  # with post, account and target
    attempt_id: UUID
    turn: datetime
    step: Step
    network: Network
    target: Target
    draft: Draft
    ticket: Ticket | None
    last_sent_at: datetime  # when the sending that is looked for began


def publish_delivery(*, workspace_id: UUID, delivery_id: UUID, taken_at: datetime | None = None) -> None:
    """Use the turn of a delivery. Without its turn, or when the plan changed, it does nothing.

    `taken_at` names the turn; None: the one it has now. Call outside any transaction. May be repeated at any point,
    also after a crash in the middle.
    """
    work = begin(workspace_id=workspace_id, delivery_id=delivery_id, taken_at=taken_at)
    if work is not None:
        outcome = act(work)
        outages.outlast(
            # A copy: settling changes it, and what is done again must begin with what was read.
            lambda: settle(copy(work.delivery), work.attempt_id, outcome, turn=work.turn),
            most_s=_KEEP_OUTCOME_S,
        )


def begin(*, workspace_id: UUID, delivery_id: UUID, taken_at: datetime | None = None) -> Work | None:
    """Decide what this turn is for and write that down. None: nothing to do, and the turn is given back."""
    try:
        with scope.workspace(workspace_id):
            return _begin_turn(delivery_id, taken_at)
    except Lost:  # a person moved it this very moment: if it is still due, the next turn reads it anew
        with scope.workspace(workspace_id):
            lanes.let_go(delivery_id, turn=taken_at)
        return None


def _begin_turn(delivery_id: UUID, taken_at: datetime | None) -> Work | None:
    delivery = reading.delivery(delivery_id)
    if delivery is None:
        lanes.let_go(delivery_id)
        return None
    turn = delivery.standing.turn if delivery.standing is not None else None
    if turn is None or taken_at not in (None, turn):
        return None  # it was taken over, and perhaps somebody else uses it now
    work = _begin(delivery, turn)
    if work is None:
        lanes.give_back(account_id=delivery.account_id, delivery_id=delivery_id, turn=turn)
    return work


def _begin(delivery: Delivery, turn: datetime) -> Work | None:
    if delivery.state == State.SENDING:
        settle_crash(delivery)
        return None
    if delivery.standing is None or not delivery.standing.is_due:
        return None
    match State(delivery.state):
        case State.PLANNED:
            return _begin_sending(delivery, turn)
        case State.UNCONFIRMED:
            return _begin_reading(delivery, Step.LOOK, turn)
        case State.PROCESSING:
            return _begin_reading(delivery, Step.CHECK, turn)
        case _:
            return None


def _begin_sending(delivery: Delivery, turn: datetime) -> Work | None:
    now, account = clock.now(), delivery.account
    if account.state != AccountState.CONNECTED:
        if health.is_connected_now(account.pk):
            return None  # connected again since it was read: the next turn, at once, reads it anew
        sentence = account.state_reason or f"{account.username} is not connected."
        _hold(delivery, because="account", cause=scheduling.CAUSE_ACCOUNT, sentence=sentence)
        return None
    standing = delivery.standing
    if standing is not None and standing.paused is not None:
        kind = standing.paused
        _hold(delivery, because="paused", cause=pausing.cause_of(kind), sentence=pausing.sentence_of(kind))
        return None
    if scheduling.is_late(delivery, now=now):
        _hold(delivery, because="late", cause=scheduling.CAUSE_LATE, sentence=scheduling.late_sentence())
        return None
    if standing is not None and standing.quiet_hours and _wait_for_quiet_hours(delivery, standing, now):
        return None
    if delivery.target is not None and delivery.target.gone_at is not None:
        sentence = f"{delivery.target.name} does not exist any more. Choose another place and try again."
        move(delivery, State.FAILED, because="preflight", cause=Cause.TARGET_MISSING, for_person=sentence, next_at=None)
        return None
    draft = _draft(delivery)
    problems = [p for p in network_of(account).problems(draft) if p.is_blocking]
    if problems:
        sentence = " ".join(p.for_person for p in problems)
        move(
            delivery, State.FAILED, because="preflight", cause=Cause.CONTENT_INVALID, for_person=sentence, next_at=None
        )
        return None
    if not _may_call_now(delivery, Category.PUBLISH):
        return None
    attempt = _Attempt(new_id(), clock.now())
    move(delivery, State.SENDING, because="turn", next_at=None, also=_writing(attempt, delivery, Step.SEND))
    return _work(delivery, Step.SEND, turn, draft, attempt, None)


def _hold(delivery: Delivery, *, because: str, cause: str, sentence: str) -> None:
    """Hold a delivery whose turn this is: a person is wanted first."""
    move(delivery, State.HELD, because=because, cause=cause, for_person=sentence, next_at=None)


def _wait_for_quiet_hours(delivery: Delivery, standing: Standing, now: datetime) -> bool:
    """Move what falls into the account's quiet hours to their end. "Publish now" is a person's word and goes out."""
    if delivery.is_manual or standing.quiet_hours is None:
        return False
    from_local, until_local = standing.quiet_hours
    end = slots.end_of_quiet(now, from_local=from_local, until_local=until_local, zone=standing.zone)
    if end is None:
        return False
    change_plan(
        delivery,
        because="quiet",
        due_at=end,
        next_at=end,
        cause=scheduling.CAUSE_QUIET,
        for_person=f"Waits until {until_local:%H:%M}, the end of this account's quiet hours.",
    )
    return True


def _begin_reading(delivery: Delivery, step: Step, turn: datetime) -> Work | None:
    if delivery.account.state != AccountState.CONNECTED:
        # Reading needs the account too. After reconnecting, scheduling.resume_account looks again.
        if not health.is_connected_now(delivery.account_id):
            change_plan(delivery, because="account", next_at=None)
        return None
    if not _may_call_now(delivery, Category.CALLS):
        return None
    attempt = _Attempt(new_id(), clock.now())
    intent = _writing(attempt, delivery, step)
    prepared.run(intent.statement, intent.values)
    sent = Attempt.objects.filter(delivery=delivery, kind=Step.SEND).order_by("-started_at").first()
    return _work(delivery, step, turn, _draft(delivery), attempt, sent)


def _may_call_now(delivery: Delivery, category: Category) -> bool:
    """Pay for one call from the budgets of account and app; where one is empty, wait in the table."""
    wait_s = budgets.pay(delivery.account_id, network_of(delivery.account), category)
    if wait_s > 0:
        change_plan(delivery, because="budget", next_at=clock.now() + timedelta(seconds=wait_s))
    return wait_s <= 0


def _draft(delivery: Delivery) -> Draft:
    return draft_of(
        delivery.post,
        account=delivery.account,
        target=delivery.target,
        marker=delivery.marker,
        media=reading.media_of(delivery, as_bytes=delivery.resends > 0),
    )


@dataclass(frozen=True)
class _Attempt:
    id: UUID
    started_at: datetime


def _writing(attempt: _Attempt, delivery: Delivery, step: Step) -> columns.Write:
    """Make the write that says "on its way"."""
    values = {
        "id": attempt.id,
        "workspace_id": delivery.own_workspace_id,
        "delivery_id": delivery.pk,
        "plan_no": delivery.plan_no,
        "kind": step.value,
        "started_at": attempt.started_at,
    }
    return columns.inserting(Attempt, {**values, **_NO_OUTCOME})


def _work(
    delivery: Delivery, step: Step, turn: datetime, draft: Draft, attempt: _Attempt, sent: Attempt | None
) -> Work:
    """`sent` is the sending that is looked for, None while it is only now being made."""
    return Work(
        delivery=delivery,
        attempt_id=attempt.id,
        turn=turn,
        step=step,
        network=network_of(delivery.account),
        target=target_for(delivery.account, delivery.target) or Target(delivery.account.remote_id, ""),
        draft=draft,
        ticket=Ticket(sent.ticket_step, sent.ticket_value) if sent is not None and sent.ticket_step else None,
        last_sent_at=(sent or attempt).started_at,
    )


def act(work: Work) -> Outcome:
    """Make the one call, with no transaction open, and say what came of it. Never raises."""
    try:
        if work.step is Step.SEND:
            if _is_stale(work):
                return TryLater("Petra was stopped before it could send this.", cause=Cause.TRANSIENT, after_s=0)
            payload = _payload(work)
            if isinstance(payload, Rejected):
                return payload
            return _call(work, lambda client: work.network.send(client, work.target, payload))
        if work.step is Step.LOOK:
            return _call(
                work, lambda client: work.network.find(client, work.target, work.delivery.marker, work.last_sent_at)
            )
        ticket = work.ticket
        if ticket is None:
            return OutcomeUnknown("Petra lost track of this post and is looking for it.")
        return _call(work, lambda client: work.network.check(client, work.target, ticket))
    except NetworkError as failure:
        return failure
    except Exception:  # noqa: BLE001  the outermost frame of a job: a bug of ours must not send twice
        return _bug(work)


def _is_stale(work: Work) -> bool:
    """Say whether this process stood still so long (a laptop asleep) that another may have taken the delivery over."""
    return (clock.now() - work.last_sent_at).total_seconds() > settings.WORKER_GONE_S


def _call(work: Work, what: Callable[[Client], Answer]) -> Answer:
    """Call with the account's token. One that turned out dead (nothing was done) is renewed once and the call made
    again.
    """
    return tokens.call(work.delivery.account, what, paid_calls=1)


def _payload(work: Work) -> Payload | Rejected:
    """Build the request. What goes wrong here is ours or the file store's, and nothing was sent."""
    try:
        return work.network.payload(work.draft)
    except (OSError, ValueError):
        log.exception("delivery %s: the request could not be built", work.delivery.pk)
        return Rejected(
            "The picture could not be read, so nothing was sent. Choose it anew.", cause=Cause.MEDIA_INVALID
        )


def _bug(work: Work) -> Outcome:
    log.exception("delivery %s, %s: unexpected failure", work.delivery.pk, work.step)
    sentence = "Something in Petra went wrong here. The log holds the details."
    if work.step is Step.SEND:
        return OutcomeUnknown(sentence)
    return TryLater(sentence, cause=Cause.TRANSIENT)
