"""One verb for many deliveries, and what is offered for many: failures by cause, and what is held because it is late.

Each delivery is on its own: one that was moved elsewhere meanwhile is named with its reason, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from petra.accounts.models import Account
from petra.lib.errors import ProductError
from petra.publishing import scheduling
from petra.publishing.models import Delivery, State


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
    return each(_late(ids), scheduling.publish_now)


def reschedule_late(ids: Collection[UUID] | None = None) -> Together:
    """Move late deliveries to the next free slots of their accounts, in their old order."""
    free: dict[UUID, Iterator[datetime]] = {}

    def move(delivery: Delivery) -> None:
        account: Account = delivery.account
        slots = free.setdefault(account.pk, scheduling.free_slots(account))
        due_at = next(slots, None)
        if due_at is None:
            raise scheduling.no_slot(account)
        scheduling.move_delivery(delivery, due_at=due_at)

    return each(_late(ids), move)


def skip_late(ids: Collection[UUID] | None = None) -> Together:
    """Take late deliveries off the calendar. Undo works for ten minutes."""
    return each(_late(ids), scheduling.cancel_delivery)


def _late(ids: Collection[UUID] | None) -> list[Delivery]:
    return list(held_late()) if ids is None else chosen(ids)


def _whole(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.select_related("account", "post", "target").order_by("due_at", "id")
