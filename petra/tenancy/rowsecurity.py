"""Row-level security: written from the models after every migration, so that no table can be forgotten.

Every table with a `workspace` column gets: forced row security with one policy (workspace = `petra.workspace`), a
unique (workspace, id), and for every link to another tenant table a foreign key over (workspace, link). The
application's role may read and write rows, owns nothing and can't switch the policies off. The few functions that look
across workspaces belong to `petra_finder`, which can't log in and may only read the tables that `FINDER_READS` names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connections, models, transaction
from psycopg import sql

from petra.tenancy.models import TenantForeignKey, Workspace

APP_ROLE = "petra_app"
FINDER_ROLE = "petra_finder"
POLICY = "own_workspace"
_WORKSPACE = sql.SQL("nullif(current_setting('petra.workspace', true), '')::uuid")
_PERSON = sql.SQL("nullif(current_setting('petra.person', true), '')::uuid")


@dataclass(frozen=True)
class Finder:
    """One function that looks across workspaces and returns ids only. `create` is its whole `create or replace`
    statement.

    `signature` names it for grants (`petra_due(integer)`); `reads` and `writes` are the tables it touches.
    """

    signature: str
    create: str
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()


def tenant_models() -> list[type[models.Model]]:
    """List every model whose rows belong to a workspace."""
    return [m for m in apps.get_models() if _has_workspace(m)]


def _has_workspace(model: type[models.Model]) -> bool:
    return any(f.name == "workspace" and f.related_model is Workspace for f in model._meta.get_fields())


def apply(finders: tuple[Finder, ...]) -> None:
    """Write policies, constraints, grants and functions, as the owner. Repeatable; runs in one transaction."""
    role = str(connections["default"].settings_dict["USER"]) or APP_ROLE
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for statement in statements(app_role=role, finders=finders):
            cursor.execute(statement)


def statements(*, app_role: str, finders: tuple[Finder, ...]) -> Iterator[sql.Composed]:
    """Give the statements of `apply`, in order."""
    yield from _protect_workspaces()
    for model in tenant_models():
        yield from _protect(model._meta.db_table)
    for model in tenant_models():
        yield from _tie(model)
    yield from _grant(app_role)
    for finder in finders:
        yield from _install(finder, app_role)


def _protect(table: str) -> Iterator[sql.Composed]:
    names = {"t": sql.Identifier(table), "p": sql.Identifier(POLICY), "w": _WORKSPACE}
    condition = "workspace_id = {w}"
    if table == "tenancy_member":
        names["u"] = _PERSON
        yield sql.SQL("drop policy if exists own_membership on {t}").format(**names)
        yield sql.SQL("create policy own_membership on {t} for select using (user_id = {u})").format(**names)
    yield sql.SQL("alter table {t} enable row level security").format(**names)
    yield sql.SQL("alter table {t} force row level security").format(**names)
    yield sql.SQL("drop policy if exists {p} on {t}").format(**names)
    yield sql.SQL("create policy {p} on {t} using (" + condition + ") with check (" + condition + ")").format(**names)
    yield _add_constraint(table, f"{table}_own_id", sql.SQL("unique (workspace_id, id)").format())


def _protect_workspaces() -> Iterator[sql.Composed]:
    names = {"t": sql.Identifier("tenancy_workspace"), "p": sql.Identifier(POLICY), "w": _WORKSPACE, "u": _PERSON}
    yield sql.SQL("alter table {t} enable row level security").format(**names)
    yield sql.SQL("alter table {t} force row level security").format(**names)
    yield sql.SQL("drop policy if exists {p} on {t}").format(**names)
    yield sql.SQL("create policy {p} on {t} using (id = {w}) with check (id = {w})").format(**names)
    yield sql.SQL("drop policy if exists own_membership on {t}").format(**names)
    yield sql.SQL(
        "create policy own_membership on {t} for select using"
        " (exists (select from tenancy_member m where m.workspace_id = tenancy_workspace.id and m.user_id = {u}))"
    ).format(**names)


def _tie(model: type[models.Model]) -> Iterator[sql.Composed]:
    """Tie each link of a tenant row to a row of the same workspace."""
    table = model._meta.db_table
    for field in model._meta.concrete_fields:
        parent = field.related_model
        if field.name == "workspace" or not isinstance(parent, type) or not _has_workspace(parent):
            continue
        if not isinstance(field, TenantForeignKey | models.OneToOneField):
            raise TypeError(f"{table}.{field.name} links tenant tables: use TenantForeignKey")
        other = parent._meta.db_table
        yield _add_constraint(
            table,
            f"{table}_{field.column}_same_workspace"[:63],
            sql.SQL(
                "foreign key (workspace_id, {c}) references {o} (workspace_id, id) deferrable initially deferred"
            ).format(c=sql.Identifier(field.column), o=sql.Identifier(other)),
        )


def _add_constraint(table: str, name: str, definition: sql.Composed) -> sql.Composed:
    return sql.SQL(
        "do $$ begin if not exists (select from pg_constraint where conname = {literal} and"
        " conrelid = {table_name}::regclass) then alter table {t} add constraint {n} {definition}; end if; end $$"
    ).format(
        literal=sql.Literal(name),
        table_name=sql.Literal(table),
        t=sql.Identifier(table),
        n=sql.Identifier(name),
        definition=definition,
    )


def _grant(app_role: str) -> Iterator[sql.Composed]:
    names = {"r": sql.Identifier(app_role), "f": sql.Identifier(FINDER_ROLE)}
    yield sql.SQL("grant usage on schema public to {r}, {f}").format(**names)
    yield sql.SQL("grant select, insert, update, delete on all tables in schema public to {r}").format(**names)
    yield sql.SQL("grant usage, select on all sequences in schema public to {r}").format(**names)
    yield sql.SQL("revoke insert, update, delete on django_migrations from {r}").format(**names)
    yield sql.SQL("revoke update on webhooks_event from {r}").format(**names)


def _install(finder: Finder, app_role: str) -> Iterator[sql.Composed]:
    names = {
        "r": sql.Identifier(app_role),
        "f": sql.Identifier(FINDER_ROLE),
        "s": sql.SQL(finder.signature),
    }
    yield sql.SQL("drop function if exists {s}").format(**names)  # what it returns may have changed
    yield sql.SQL(finder.create).format()
    yield sql.SQL("grant create on schema public to {f}").format(**names)  # a function's owner needs it at that moment
    yield sql.SQL("alter function {s} owner to {f}").format(**names)
    yield sql.SQL("revoke create on schema public from {f}").format(**names)
    yield sql.SQL("revoke all on function {s} from public").format(**names)
    yield sql.SQL("grant execute on function {s} to {r}").format(**names)
    for table in finder.reads + finder.writes:
        what = "select, update" if table in finder.writes else "select"
        t = {"t": sql.Identifier(table), "p": sql.Identifier("finder"), **names}
        yield sql.SQL("grant " + what + " on {t} to {f}").format(**t)
        yield sql.SQL("drop policy if exists {p} on {t}").format(**t)
        yield sql.SQL("create policy {p} on {t} to {f} using (true) with check (true)").format(**t)
