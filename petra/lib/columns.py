"""Writes one row without the ORM's compiler: for the few statements every delivery runs through.

Rows are named by the model's attributes (`account_id`, not `account`); values are what psycopg knows. Row-level
security applies as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models

from petra.lib import prepared


@dataclass(frozen=True)
class Write:
    """One statement that can be part of another, to save a round trip. Done even if the other finds no row."""

    statement: str
    values: Sequence[object]


def update(model: type[models.Model], row_id: UUID, values: dict[str, Any], *, where: dict[str, Any]) -> bool:
    """Set columns of one row where others are as expected. False where they are not."""
    write = updating(model, row_id, values, where=where)
    return prepared.run(write.statement, write.values).rowcount == 1


def updating(model: type[models.Model], row_id: UUID, values: dict[str, Any], *, where: dict[str, Any]) -> Write:
    """Make the statement of `update`."""
    return Write(_update(model, tuple(values), tuple(where)), [*values.values(), row_id, *where.values()])


def inserting(model: type[models.Model], values: dict[str, Any]) -> Write:
    """Make the statement that writes a new row. Columns not named get the database's default, not the model's."""
    return Write(_insert(model, tuple(values)), list(values.values()))


def insert_all(rows: Sequence[models.Model]) -> None:
    """Write new rows of one model in one round trip. Long texts go as they are, where the ORM quotes them first."""
    if not rows:
        return
    fields = rows[0]._meta.concrete_fields
    write = [(field.attname, field if isinstance(field, models.JSONField) else None) for field in fields]
    prepared.run_many(
        _insert(type(rows[0]), tuple(name for name, _ in write)),
        [
            [getattr(row, name) if field is None else _json(field, getattr(row, name)) for name, field in write]
            for row in rows
        ],
    )


def insert_rows(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new rows in one round trip, without the making of models. All name the same columns in one order."""
    if not rows:
        return
    prepared.run_many(_insert(model, tuple(rows[0])), [list(row.values()) for row in rows])


def update_and(
    model: type[models.Model],
    row_id: UUID,
    values: dict[str, Any],
    *,
    where: dict[str, Any],
    then: Write,
    also: Write | None = None,
) -> tuple[Any, ...] | None:
    """Update as `update`, and in the same statement do `then`, which reads the changed row's id from `changed`.

    Gives the row that `then` returns, None where nothing was changed: then roll back, for `also` is done in any case.
    """
    update = updating(model, row_id, values, where=where)
    if also is None:
        statement = f"with changed as ({update.statement} returning id) {then.statement}"
        return prepared.run(statement, [*update.values, *then.values]).fetchone()
    statement = f"with also as ({also.statement}), changed as ({update.statement} returning id) {then.statement}"
    return prepared.run(statement, [*also.values, *update.values, *then.values]).fetchone()


@lru_cache(maxsize=256)
def _update(model: type[models.Model], names: tuple[str, ...], expected: tuple[str, ...]) -> str:
    column = _columns(model)
    settings = ", ".join(f'"{column[name]}" = %s' for name in names)
    conditions = "".join(f' and "{column[name]}" = %s' for name in expected)
    return f'update "{model._meta.db_table}" set {settings} where id = %s{conditions}'  # noqa: S608  our own names


@lru_cache(maxsize=32)
def _insert(model: type[models.Model], names: tuple[str, ...]) -> str:
    column = _columns(model)
    named = ", ".join(f'"{column[name]}"' for name in names)
    return f'insert into "{model._meta.db_table}" ({named}) values ({", ".join(["%s"] * len(names))})'  # noqa: S608


def _json(field: models.Field[Any, Any], value: object) -> object:
    return field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def _columns(model: type[models.Model]) -> dict[str, str]:
    return {field.attname: field.column for field in model._meta.concrete_fields}
