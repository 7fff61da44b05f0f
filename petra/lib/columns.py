"""Compare-and-set on one row, without the ORM's compiler: for the few statements every delivery runs through."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import models

from petra.lib import prepared


def update(model: type[models.Model], row_id: UUID, values: dict[str, Any], *, where: dict[str, Any]) -> bool:
    """Set columns of one row where others are as expected. False where they are not. Row-level security applies.

    `values` and `where` are named by the model's attributes (`account_id`, not `account`); values are what psycopg
    knows.
    """
    statement = _statement(model, tuple(values), tuple(where))
    return prepared.run(statement, [*values.values(), row_id, *where.values()]).rowcount == 1


@lru_cache(maxsize=256)
def _statement(model: type[models.Model], names: tuple[str, ...], expected: tuple[str, ...]) -> str:
    column = {field.attname: field.column for field in model._meta.concrete_fields}
    settings = ", ".join(f'"{column[name]}" = %s' for name in names)
    conditions = "".join(f' and "{column[name]}" = %s' for name in expected)
    return f'update "{model._meta.db_table}" set {settings} where id = %s{conditions}'  # noqa: S608  our own names
