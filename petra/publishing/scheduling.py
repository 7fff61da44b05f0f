"""STOP 3: puts posts on the calendar and takes them off again. Every verb is one small change inside the caller's
scope.

Called by the doors. A verb checks, makes one move (publishing.states) and wakes the dispatcher; nothing is sent here.
All instants are aware; conversion from wall-clock time is publishing.slots' work.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from petra.accounts.models import Account, AccountState, Target
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.lib.ids import new_id
from petra.networks.contract import Problem
from petra.posts.drafting import network_of, problems_of
from petra.posts.models import Post
from petra.publishing import slots
from petra.publishing.lanes import ensure_lane
from petra.publishing.models import LIVE_STATES, Delivery, Slot, State
from petra.publishing.states import ForbiddenMove, Lost, change_plan, move, wake_dispatchers
from petra.tenancy import scope
from petra.tenancy.models import Workspace
from petra.webhooks import events

_PAST_TOLERANCE = timedelta(minutes=2)  # a form may be open for a while
_UNDO = timedelta(minutes=10)
_AT_REST = frozenset({State.PLANNED, State.HELD, State.FAILED})  # surely not out: may go whenever a person says

CAUSE_LATE, CAUSE_ACCOUNT, CAUSE_PERSON, CAUSE_SEEN, CAUSE_QUIET = "late", "account", "paused", "seen", "quiet"
CAUSE_CRASHES = "crashes"


class NotReady(ProductError):
    """The post can't go out as it is. `problems` says what a person must mend."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("not_ready", " ".join(p.for_person for p in problems))
        self.problems = problems


class Past(ProductError):
    """The chosen instant is over."""

    def __init__(self) -> None:
        super().__init__("past", "That time is over. Choose a later one.")


def plan_delivery(
    post: Post, *, account: Account, target: Target | None, due_at: datetime, is_manual: bool = False
) -> Delivery:
    """Plan `post` for one account and target at one instant.

    Raises NotReady with every problem, Past, or ProductError `planned_already` where the post is planned there already.
    """
    _check_instant(due_at)
    _check_account(account, target)
    problems = [p for p in problems_of(post, account=account, target=target) if p.is_blocking]
    if problems:
        raise NotReady(problems)
    ensure_lane(account)
    delivery_id = new_id()
    try:
        with transaction.atomic():
            delivery: Delivery = Delivery.objects.create(
                id=delivery_id,
                post=post,
                account=account,
                target=target,
                due_at=due_at,
                next_at=due_at,
                marker=f"p{delivery_id.hex}",
                is_manual=is_manual,
                is_grace_waived=is_manual,
            )
    except IntegrityError as error:
        raise _planned_already(account) from error
    events.record(
        "delivery.planned", subject=delivery, post_id=str(post.pk), account_id=str(account.pk), because="plan"
    )
    wake_dispatchers()
    return delivery


def move_delivery(
    delivery: Delivery, *, due_at: datetime, plan_no_seen: int | None = None, target: Target | None = None
) -> None:
    """Give a delivery another instant (and, where given, another target). Held and failed ones become planned again.

    `plan_no_seen` is the plan the person looked at; Lost (409) is raised when it changed since.
    """
    _check_instant(due_at)
    _check_seen(delivery, plan_no_seen)
    _check_state(delivery, _AT_REST)
    changes = _new_plan(delivery, due_at=due_at)
    if target is not None:
        _check_account(delivery.account, target)
        changes["target_id"] = target.pk
    if delivery.state == State.PLANNED:
        change_plan(delivery, because="moved", **changes)
    else:
        move(delivery, State.PLANNED, because="moved", **changes)


def cancel_delivery(delivery: Delivery, *, plan_no_seen: int | None = None) -> None:
    """Take a delivery off the calendar. Raises ForbiddenMove ("Too late, it is out") once it is being sent."""
    _check_seen(delivery, plan_no_seen)
    _check_state(delivery, {*_AT_REST, State.UNCONFIRMED}, to=State.CANCELLED)
    move(delivery, State.CANCELLED, because="person", next_at=None)


def undo_cancel(delivery: Delivery) -> None:
    """Put a delivery that was taken off in the last ten minutes back to what it was.

    What may be out is not planned anew: it is unconfirmed again, and looked for.
    """
    if delivery.state != State.CANCELLED or clock.now() - delivery.moved_at > _UNDO:
        raise ForbiddenMove(delivery, State.PLANNED)
    before = State(delivery.state_before)
    changes: dict[str, Any] = {"plan_no": delivery.plan_no + 1}
    if before is State.PLANNED:
        _check_instant(delivery.due_at)
        changes = _new_plan(delivery, due_at=delivery.due_at)
    elif before is State.UNCONFIRMED:
        changes |= {"next_at": clock.now(), "looks": 0, "tries": 0}
    try:
        with transaction.atomic():
            move(delivery, before, because="undo", **changes)
    except IntegrityError as error:
        raise _planned_already(delivery.account) from error


def hold_delivery(delivery: Delivery) -> None:
    """Keep a planned delivery from going out until a person lets it go."""
    _check_state(delivery, {State.PLANNED}, to=State.HELD)
    move(
        delivery,
        State.HELD,
        because="person",
        cause=CAUSE_PERSON,
        for_person="Paused by a person.",
        next_at=None,
    )


def retry_delivery(delivery: Delivery) -> None:
    """Send a failed, held or unconfirmed delivery again, now, as a new plan. Its marker stays.

    For an unconfirmed one this is a person saying "it is not there".
    """
    _check_state(delivery, {State.FAILED, State.HELD, State.UNCONFIRMED})
    now = clock.now()
    move(delivery, State.PLANNED, because="retry", **_new_plan(delivery, due_at=now), is_grace_waived=True)


def reset_delivery(delivery: Delivery) -> None:
    """Lead a failed delivery back to before it was planned: the post is ready again, nothing is on the calendar."""
    _check_state(delivery, {State.FAILED}, to=State.CANCELLED)
    move(delivery, State.CANCELLED, because="reset", next_at=None)


def publish_now(delivery: Delivery) -> None:
    """Let a delivery go out at once, through the same core as every other.

    What the network says was not written is tried again; any other failure is shown for a person to decide.
    """
    _check_state(delivery, _AT_REST)
    changes = {**_new_plan(delivery, due_at=clock.now()), "is_manual": True, "is_grace_waived": True}
    if delivery.state == State.PLANNED:
        change_plan(delivery, because="now", **changes)
    else:
        move(delivery, State.PLANNED, because="now", **changes)


def look_again(delivery: Delivery) -> None:
    """Ask Petra to look once more for an unconfirmed delivery."""
    if delivery.state != State.UNCONFIRMED:
        raise ForbiddenMove(delivery, State.PUBLISHED)
    change_plan(delivery, because="look", next_at=clock.now(), looks=max(0, delivery.looks - 1))


def it_is_there(delivery: Delivery, *, url: str = "") -> None:
    """Take a person's word that an unconfirmed delivery is live. Raises ProductError `bad_url`."""
    if delivery.state != State.UNCONFIRMED:
        raise ForbiddenMove(delivery, State.PUBLISHED)
    if url and not url.startswith(("https://", "http://")):  # it becomes a link on pages
        raise ProductError("bad_url", "That is no web address. It begins with https://.")
    move(
        delivery,
        State.PUBLISHED,
        because="person",
        next_at=None,
        remote_url=url,
        published_at=clock.now(),
        cause=CAUSE_SEEN,
        for_person="",
    )


def hold_account(account: Account, *, sentence: str) -> int:
    """Hold everything planned on an account that can't publish. Gives how many."""
    planned = Delivery.objects.filter(account=account, state=State.PLANNED).select_for_update().order_by("id")
    held = 0
    for delivery in planned:
        move(delivery, State.HELD, because="account", cause=CAUSE_ACCOUNT, for_person=sentence, next_at=None)
        held += 1
    return held


def resume_account(account: Account) -> int:
    """Plan again what was held because of the account. Those late beyond their grace stay held and ask. Gives how
    many.
    """
    now = clock.now()
    Account.objects.select_for_update().get(pk=account.pk)  # whoever is holding its deliveries this moment goes first
    waiting = Delivery.objects.filter(account=account, state=State.HELD, cause=CAUSE_ACCOUNT)
    resumed = release(waiting, because="reconnected")
    unread = Delivery.objects.filter(account=account, state__in=[State.UNCONFIRMED, State.PROCESSING], next_at=None)
    for delivery in unread.select_for_update().order_by("id"):
        change_plan(delivery, because="reconnected", next_at=now, looks=0, tries=0)
    return resumed


def release(held: QuerySet[Delivery], *, because: str) -> int:
    """Plan held deliveries again at their own time. Those late beyond their grace stay held and ask. Gives how many."""
    now = clock.now()
    released = 0
    for delivery in held.select_for_update().order_by("due_at", "id"):
        if is_late(delivery, now=now):
            change_plan(delivery, because="late", cause=CAUSE_LATE, for_person=late_sentence())
        else:
            plan = {**_new_plan(delivery, due_at=delivery.due_at), "is_manual": delivery.is_manual}
            move(delivery, State.PLANNED, because=because, **plan)
            released += 1
    return released


def is_late(delivery: Delivery, *, now: datetime) -> bool:
    """Say whether a delivery is later than its grace and nobody waived that.

    One that had to wait (the network asked for it, the budget was empty) is late only from the instant it could go.
    """
    could_go_at = max(delivery.due_at, delivery.next_at or delivery.due_at)
    return not delivery.is_grace_waived and (now - could_go_at).total_seconds() > settings.GRACE_S


def late_sentence() -> str:
    """Say why a late delivery waits."""
    return f"This is more than {settings.GRACE_S / 60:.0f} minutes late, so it was not sent without asking."


def set_slots(account: Account, times: Iterable[slots.WeeklyTime]) -> None:
    """Replace the weekly slots of an account."""
    wanted = set(times)
    have = {slots.WeeklyTime(s.weekday, s.time_local): s for s in Slot.objects.filter(account=account)}
    Slot.objects.filter(pk__in=[s.pk for t, s in have.items() if t not in wanted]).delete()
    Slot.objects.bulk_create(
        Slot(account=account, weekday=t.weekday, time_local=t.time_local) for t in sorted(wanted - set(have))
    )
    events.record("account.slots_changed", subject=account, count=len(wanted))


def free_slots(account: Account, *, after: datetime | None = None) -> Iterator[datetime]:
    """Give the upcoming free slots of an account, in order."""
    after = after or clock.now()
    workspace = Workspace.objects.get(pk=scope.current_workspace_id())
    weekly = [slots.WeeklyTime(s.weekday, s.time_local) for s in Slot.objects.filter(account=account)]
    taken = Delivery.objects.filter(account=account, state__in=LIVE_STATES, due_at__gte=after)
    return slots.free(weekly, zone=workspace.zone, after=after, taken=list(taken.values_list("due_at", flat=True)))


def spread(posts: Iterable[Post], *, account: Account, after: datetime | None = None) -> list[Delivery]:
    """Plan each post on its own board into the next free slots, in order. All or none.

    Raises ProductError `no_slot` where the account has too few slots within a year.
    """
    free = free_slots(account, after=after)
    made = []
    for post in posts:
        due_at = next(free, None)
        if due_at is None:
            raise no_slot(account)
        made.append(plan_delivery(post, account=account, target=post.target, due_at=due_at))
    return made


def delivery_of(post_id: UUID, *, account_id: UUID) -> Delivery | None:
    """Give the live delivery of a post on an account, or None."""
    found: Delivery | None = Delivery.objects.filter(
        post_id=post_id, account_id=account_id, state__in=LIVE_STATES
    ).first()
    return found


def _new_plan(delivery: Delivery, *, due_at: datetime) -> dict[str, Any]:
    return {
        "due_at": due_at,
        "next_at": due_at,
        "plan_no": delivery.plan_no + 1,
        "tries": 0,
        "looks": 0,
        "resends": 0,
        "crashes": 0,
        "cause": "",
        "for_person": "",
        "is_manual": False,
    }


def no_slot(account: Account) -> ProductError:
    """Make the refusal for an account without a free slot."""
    return ProductError("no_slot", f"{account.username} has no free slot. Add posting times to the account.")


def _planned_already(account: Account) -> ProductError:
    return ProductError("planned_already", f"This is on the calendar of {account.username} already.", http_status=409)


def _check_instant(due_at: datetime) -> None:
    if due_at.tzinfo is None:
        raise ValueError("instants are aware")
    if due_at < clock.now() - _PAST_TOLERANCE:
        raise Past


def _check_seen(delivery: Delivery, plan_no_seen: int | None) -> None:
    if plan_no_seen is not None and plan_no_seen != delivery.plan_no:
        raise Lost


def _check_state(delivery: Delivery, allowed: Collection[State], *, to: State = State.PLANNED) -> None:
    """Refuse what a person may not do in this state, though the engine makes the same move."""
    if delivery.state not in allowed:
        raise ForbiddenMove(delivery, to)


def _check_account(account: Account, target: Target | None) -> None:
    if account.state == AccountState.DISCONNECTED:
        raise ProductError("disconnected", f"{account.username} is disconnected. Connect it again first.")
    powers = network_of(account).powers
    if target is None:
        if powers.needs_target:
            raise NotReady([Problem("target", f"Choose a {powers.target_label.lower()}.")])
    elif target.account_id != account.pk:
        raise ProductError("target_elsewhere", f"That {powers.target_label.lower()} belongs to another account.")
    elif target.gone_at is not None:
        raise ProductError("target_gone", f"{target.name} does not exist any more. Choose another one.")
