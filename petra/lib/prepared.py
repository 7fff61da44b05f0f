"""Runs the statements every delivery comes through, prepared: PostgreSQL plans each once per connection, not each time.

Django sends every statement as new text, and planning is most of what PostgreSQL spends on a short one. Everything else
is as with Django's cursor: the same connection, transaction, errors and list of queries. `DATABASE_PREPARES=off` is for
poolers that can't keep prepared statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection


def run(statement: str, values: Sequence[object] | Mapping[str, object]) -> psycopg.Cursor[tuple[Any, ...]]:
    """Execute one statement and return its cursor. Raises what Django's cursor raises."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    # This cursor binds on the server, unlike Django's.
    cursor: psycopg.Cursor[tuple[Any, ...]] = psycopg.Cursor(connection.connection)
    with connection.wrap_database_errors:
        cursor.execute(statement, values, prepare=settings.DATABASE_PREPARES)
    if connection.queries_logged:
        connection.queries_log.append({"sql": statement, "time": "0"})
    return cursor
