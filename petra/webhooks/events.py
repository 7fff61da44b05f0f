"""Announces what happened: one row in the caller's transaction. Every stage calls `record`; live pages, history and
webhooks read the rows later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
_INSERT_ALL = (
    "insert into webhooks_event (workspace_id, kind, subject_kind, subject_id, actor_id, data, at)"
    " select %s::uuid, %s, %s, told.subject_id, %s::uuid, told.data::jsonb, %s::timestamptz"
    " from unnest(%s::uuid[], %s::text[]) as told(subject_id, data) returning id"
)
Fact = str | int | float | bool | None | list[str]


def record(kind: str, *, subject: Model | None = None, actor_id: UUID | None = None, **data: Fact) -> int:
    """Write one event in the open workspace, and give its id. Call inside the transaction that makes the change.

    `kind` is `noun.verb` in the past (`delivery.published`). `data` holds small facts, never secrets or vendor text.
    """
    here = scope.current()
    subject_kind = subject._meta.model_name or "" if subject is not None else ""
    subject_id = subject.pk if subject is not None else None
    actor = actor_id or here.actor_id
    values = [here.workspace_id, kind, subject_kind, subject_id, actor, json.dumps(data), clock.now()]
    event_id = int(prepared.run(_INSERT, values).fetchall()[0][0])
    notify.after_commit(CHANNEL, f"{here.workspace_id}:{event_id}")
    return event_id


def record_all(kind: str, told: Sequence[tuple[Model, Mapping[str, Fact]]]) -> None:
    """Write one event for each subject with its facts, in one statement. As `record`; the subjects are of one kind."""
    if not told:
        return
    here = scope.current()
    subjects, facts = [subject.pk for subject, _ in told], [json.dumps(dict(data)) for _, data in told]
    subject_kind = told[0][0]._meta.model_name or ""
    values = [here.workspace_id, kind, subject_kind, here.actor_id, clock.now(), subjects, facts]
    for (event_id,) in prepared.run(_INSERT_ALL, values).fetchall():
        notify.after_commit(CHANNEL, f"{here.workspace_id}:{event_id}")


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
