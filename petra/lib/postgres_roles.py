"""The roles and the database that Petra needs on a PostgreSQL server. Made by the embedded server's supervisor and by
the tests; on a server of their own, operators make the same ones (docs/running.md)."""

from __future__ import annotations

import psycopg
from psycopg import sql

OWNER = "petra_owner"  # owns the database and every table; used by migrations only
APP = "petra_app"  # web and worker: owns nothing, never bypasses row security
FINDER = "petra_finder"  # owns the few functions that look across workspaces; nobody can log in as it
DATABASE = "petra"
_LOCK = 7261  # any number; two starting processes must not both create


def ensure(admin_url: str, *, owner_password: str, app_password: str) -> None:
    """Make what is missing. May be repeated, also by several processes at once. Existing passwords stay as they are."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_LOCK])  # until the connection closes
        known = {row[0] for row in connection.execute("select rolname from pg_roles")}
        for role, password in ((OWNER, owner_password), (APP, app_password), (FINDER, None)):
            if role not in known:
                _create_role(connection, role, password)
        _run(connection, "grant {} to {}", FINDER, OWNER)
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            _run(connection, "create database {} owner {}", DATABASE, OWNER)
        _run(connection, "revoke all on database {} from public", DATABASE)
        _run(connection, "grant connect, temporary on database {} to {}", DATABASE, APP)


def _create_role(connection: psycopg.Connection, role: str, password: str | None) -> None:
    _run(connection, "create role {} nosuperuser nocreatedb nocreaterole nobypassrls nologin", role)
    if password:
        statement = sql.SQL("alter role {} login password {}").format(sql.Identifier(role), sql.Literal(password))
        connection.execute(statement)


def _run(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
