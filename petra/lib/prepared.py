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
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.pq import ExecStatus, TransactionStatus


def run(statement: str, values: Sequence[object] | Mapping[str, object]) -> psycopg.Cursor[tuple[Any, ...]]:
    """Execute one statement and return its cursor. Raises what Django's cursor raises."""
    database = connections[DEFAULT_DB_ALIAS]  # looked up once: the proxy would do so for every word below
    database.ensure_connection()
    database.validate_no_broken_transaction()
    # This cursor binds on the server, unlike Django's.
    cursor: psycopg.Cursor[tuple[Any, ...]] = psycopg.Cursor(database.connection)
    with database.wrap_database_errors:
        cursor.execute(statement, values, prepare=settings.DATABASE_PREPARES)
    if database.queries_logged:
        database.queries_log.append({"sql": statement, "time": "0"})
    return cursor


def run_many(statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Execute one statement with each row of values, in one round trip. Raises what Django's cursor raises."""
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        psycopg.Cursor(database.connection).executemany(statement, rows)
    if database.queries_logged:
        database.queries_log.append({"sql": statement, "time": "0"})


def begin(statement: str) -> None:
    """Begin the transaction that Django has announced, and execute `statement` (text without values) in one round trip.

    Inside a transaction it is only executed. Raises what Django's cursor raises.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    raw: psycopg.Connection = database.connection
    if raw.autocommit or raw.info.transaction_status != TransactionStatus.IDLE:
        run(statement, [])
        return
    with database.wrap_database_errors:
        result = raw.pgconn.exec_(f"begin; {statement}".encode())
        if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
            raise psycopg.errors.error_from_result(result)
    if database.queries_logged:
        database.queries_log.append({"sql": f"begin; {statement}", "time": "0"})
