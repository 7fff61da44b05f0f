"""One verb for many deliveries, and what is offered for many: failures by cause, what is late, what may be out.

Each delivery is on its own: one that was moved elsewhere meanwhile is named with its reason, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from petra.accounts.models import Account
from petra.lib.errors import ProductError
from petra.publishing import scheduling
from petra.publishing.models import Attempt, Delivery, State
from petra.publishing.states import Lost, move
from petra.webhooks.models import Event

_STOP_READS: Final = 500  # late ones that are asked when Petra stood still
_START_TAKES: Final = timedelta(minutes=2)  # other accounts may be served before the first late one is held
_ONE_START: Final = timedelta(hours=1)  # what was held within so long was held by the same start


@dataclass
class Together:
    """What came of one verb for many: who it was done for, and why not for the others."""

    done: list[UUID] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Failures:
    """Failed deliveries with one cause: mended once, retried together. The newest first."""

    network: str
    cause: str
    sentence: str
    delivery_ids: tuple[UUID, ...]

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.delivery_ids)

    @property
    def key(self) -> str:
        """Name the group for a form: the same for the same network, cause and sentence."""
        return sha256("\n".join((self.network, self.cause, self.sentence)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Stop:
    """A time in which nobody took what was due: from the first post missed until somebody worked again."""

    from_at: datetime
    until_at: datetime


def each(deliveries: Iterable[Delivery], verb: Callable[[Delivery], object]) -> Together:
    """Use a verb on each delivery. Call inside a scope; what is refused changes nothing."""
    result = Together()
    for delivery in deliveries:
        try:
            with transaction.atomic():
                verb(delivery)
        except ProductError as refusal:
            result.refused[delivery.pk] = refusal.for_person
        else:
            result.done.append(delivery.pk)
    return result


def chosen(ids: Collection[UUID]) -> list[Delivery]:
    """Read deliveries by id, in the order of their due instants. Raises ProductError `not_here` where one is missing.

    An id of another workspace is missing like any other.
    """
    found = list(_whole(Delivery.objects.filter(pk__in=ids)))
    if len(found) != len(set(ids)):
        raise ProductError("not_here", "Some of these are not here any more. Reload and choose again.", http_status=404)
    return found


def failures() -> list[Failures]:
    """Group what failed by network, cause and sentence, the largest group first. One question."""
    groups: dict[tuple[str, str, str], list[UUID]] = {}
    rows = Delivery.objects.filter(state=State.FAILED).order_by("-moved_at", "-id")
    for network, cause, sentence, pk in rows.values_list("account__network", "cause", "for_person", "pk"):
        groups.setdefault((network, cause, sentence), []).append(pk)
    found = [Failures(*key, tuple(ids)) for key, ids in groups.items()]
    return sorted(found, key=lambda group: -group.count)


def retry(ids: Collection[UUID]) -> Together:
    """Send failed deliveries again, now, each at its account's pace."""
    return each(chosen(ids), scheduling.retry_delivery)


def reset(ids: Collection[UUID]) -> Together:
    """Lead failed deliveries back to before they were planned."""
    return each(chosen(ids), scheduling.reset_delivery)


def held_late() -> QuerySet[Delivery]:
    """Give what is held because its time passed, the oldest first."""
    return _whole(Delivery.objects.filter(state=State.HELD, cause=scheduling.CAUSE_LATE))


def publish_late(ids: Collection[UUID] | None = None) -> Together:
    """Send late deliveries now, each at its account's pace; all of them where none is named."""
    return each(_late(ids), _if_late(scheduling.publish_now))


def reschedule_late(ids: Collection[UUID] | None = None) -> Together:
    """Move late deliveries to the next free slots of their accounts, in their old order."""
    free: dict[UUID, Iterator[datetime]] = {}

    def to_next_slot(delivery: Delivery) -> None:
        account: Account = delivery.account
        slots = free.setdefault(account.pk, scheduling.free_slots(account))
        due_at = next(slots, None)
        if due_at is None:
            raise scheduling.no_slot(account)
        scheduling.move_delivery(delivery, due_at=due_at)

    return each(_late(ids), _if_late(to_next_slot))


def undo_reschedule(delivery: Delivery, *, due_at: datetime, plan_no: int) -> None:
    """Hold a late delivery again that went to a free slot, at its old time. Raises Lost where it was changed since."""
    if delivery.plan_no != plan_no or delivery.state != State.PLANNED:
        raise Lost
    move(
        delivery,
        State.HELD,
        because="undo",
        due_at=due_at,
        next_at=None,
        cause=scheduling.CAUSE_LATE,
        for_person=scheduling.late_sentence(),
    )


def skip_late(ids: Collection[UUID] | None = None) -> Together:
    """Take late deliveries off the calendar. Undo works for ten minutes."""
    return each(_late(ids), _if_late(scheduling.cancel_delivery))


def last_stop() -> Stop | None:
    """Say when Petra last stood still so long that posts became late, as far as what waits because of it tells.

    None where nothing waits, or where something was sent in that time: then it was not a stop.
    """
    due = dict(held_late().order_by("-moved_at").values_list("pk", "due_at")[:_STOP_READS])
    held = Event.objects.filter(subject_id__in=list(due), kind="delivery.held", data__because=scheduling.CAUSE_LATE)
    held_at = dict(held.order_by("id").values_list("subject_id", "at"))
    if not held_at:
        return None
    same_start = {pk: at for pk, at in held_at.items() if max(held_at.values()) - at < _ONE_START}
    stop = Stop(min(due[pk] for pk in same_start), min(same_start.values()))
    sent = Attempt.objects.filter(started_at__gt=stop.from_at, started_at__lt=stop.until_at - _START_TAKES)
    return None if sent.exists() else stop


def unconfirmed() -> QuerySet[Delivery]:
    """Give what may be out, what only a person can settle first."""
    rows = Delivery.objects.filter(state=State.UNCONFIRMED).select_related("account", "post", "target")
    return rows.order_by(F("next_at").asc(nulls_first=True), "due_at", "id")


def held_otherwise() -> QuerySet[Delivery]:
    """Give what is held for another reason than being late: an account signed out, or a pause."""
    return _whole(Delivery.objects.filter(state=State.HELD).exclude(cause=scheduling.CAUSE_LATE))


def _late(ids: Collection[UUID] | None) -> list[Delivery]:
    return list(held_late()) if ids is None else chosen(ids)


def _if_late(verb: Callable[[Delivery], None]) -> Callable[[Delivery], None]:
    """Refuse what somebody dealt with since the page was drawn."""

    def guarded(delivery: Delivery) -> None:
        if delivery.state != State.HELD or delivery.cause != scheduling.CAUSE_LATE:
            raise ProductError("not_late", "It does not wait any more: somebody dealt with it.", http_status=409)
        verb(delivery)

    return guarded


def _whole(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.select_related("account", "post", "target").order_by("due_at", "id")
