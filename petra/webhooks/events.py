"""Announces what happened: one row in the caller's transaction. Every stage calls `record`; live pages, history and
webhooks read the rows later."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Model

from petra.lib import clock
from petra.tenancy import scope
from petra.webhooks.models import Event

Fact = str | int | float | bool | None | list[str]


def record(kind: str, *, subject: Model | None = None, actor_id: UUID | None = None, **data: Fact) -> Event:
    """Write one event in the open workspace. Call inside the transaction that makes the change.

    `kind` is `noun.verb` in the past (`delivery.published`). `data` holds small facts, never secrets or vendor text.
    """
    here = scope.current()
    event: Event = Event.objects.create(
        kind=kind,
        subject_kind=subject._meta.model_name or "" if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        actor_id=actor_id or here.actor_id,
        data=data,
        at=clock.now(),
    )
    return event
