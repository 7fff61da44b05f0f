"""Writes one row without the ORM's compiler: for the few statements every delivery runs through.

Rows are named by the model's attributes (`account_id`, not `account`); values are what psycopg knows. Row-level
security applies as everywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import models

from petra.lib import prepared


def update(model: type[models.Model], row_id: UUID, values: dict[str, Any], *, where: dict[str, Any]) -> bool:
    """Set columns of one row where others are as expected. False where they are not."""
    statement = _update(model, tuple(values), tuple(where))
    return prepared.run(statement, [*values.values(), row_id, *where.values()]).rowcount == 1


def update_and(
    model: type[models.Model],
    row_id: UUID,
    values: dict[str, Any],
    *,
    where: dict[str, Any],
    then: str,
    then_values: list[Any],
) -> tuple[Any, ...] | None:
    """Update as `update`, and in the same statement do `then`, which reads the changed row's id from `changed`.

    Gives the row that `then` returns, None where nothing was changed.
    """
    statement = f"with changed as ({_update(model, tuple(values), tuple(where))} returning id) {then}"
    return prepared.run(statement, [*values.values(), row_id, *where.values(), *then_values]).fetchone()


def insert(model: type[models.Model], values: dict[str, Any]) -> None:
    """Write a new row. Columns that are not named get the database's default, not the model's."""
    prepared.run(_insert(model, tuple(values)), list(values.values()))


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


def _columns(model: type[models.Model]) -> dict[str, str]:
    return {field.attname: field.column for field in model._meta.concrete_fields}
