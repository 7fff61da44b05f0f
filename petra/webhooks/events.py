"""Announces what happened: one row in the caller's transaction. Every stage calls `record`; live pages, history and
webhooks read the rows later."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import Model

from petra.lib import clock, columns, notify, prepared
from petra.tenancy import scope
from petra.webhooks.announcing import CHANNEL

_INSERT = (
    "insert into webhooks_event (workspace_id, kind, subject_kind, subject_id, actor_id, data, at)"
    " values (%s, %s, %s, %s, %s, %s::jsonb, %s) returning id"
)
_INSERT_FOR_CHANGED = (
    "insert into webhooks_event (workspace_id, kind, subject_kind, subject_id, actor_id, data, at)"
    " select %s::uuid, %s, %s, changed.id, %s::uuid, %s::jsonb, %s::timestamptz from changed returning id"
)
Fact = str | int | float | bool | None | list[str]


def record(kind: str, *, subject: Model | None = None, actor_id: UUID | None = None, **data: Fact) -> None:
    """Write one event in the open workspace. Call inside the transaction that makes the change.

    `kind` is `noun.verb` in the past (`delivery.published`). `data` holds small facts, never secrets or vendor text.
    """
    here = scope.current()
    subject_kind = subject._meta.model_name or "" if subject is not None else ""
    subject_id = subject.pk if subject is not None else None
    actor = actor_id or here.actor_id
    values = [here.workspace_id, kind, subject_kind, subject_id, actor, json.dumps(data), clock.now()]
    made = prepared.run(_INSERT, values).fetchone()
    if made is not None:
        notify.after_commit(CHANNEL, f"{here.workspace_id}:{made[0]}")


def record_change(
    kind: str,
    model: type[Model],
    row_id: UUID,
    values: dict[str, Any],
    *,
    where: dict[str, Any],
    also: columns.Write | None = None,
    **data: Fact,
) -> bool:
    """Change one row by compare-and-set (lib.columns) and write the event of it and `also`, in one statement.

    False where the row is not as `where` expects: then roll back.
    """
    here = scope.current()
    told = [here.workspace_id, kind, model._meta.model_name or "", here.actor_id, json.dumps(data), clock.now()]
    event = columns.Write(_INSERT_FOR_CHANGED, told)
    made = columns.update_and(model, row_id, values, where=where, then=event, also=also)
    if made is not None:
        notify.after_commit(CHANNEL, f"{here.workspace_id}:{made[0]}")
    return made is not None
