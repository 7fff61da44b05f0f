"""Which workspace the code is working for, told to PostgreSQL once per transaction.

Every tenant table is under forced row-level security: a row is visible only where `petra.workspace` equals its
workspace. `workspace()` opens the transaction that sets it; outside, tenant managers raise and raw queries return
nothing. Never call another system inside: a transaction is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from petra.lib import prepared


class NoWorkspace(RuntimeError):
    """Tenant rows were asked for outside a workspace. A bug of ours: enter `scope.workspace(...)` first."""


class OtherWorkspace(RuntimeError):
    """One workspace was entered inside another. A bug of ours: leave the first one."""


@dataclass(frozen=True)
class Scope:
    """The workspace in force. `actor_id` is the person who acts, None for the worker."""

    workspace_id: UUID
    actor_id: UUID | None = None


_current: ContextVar[Scope | None] = ContextVar("petra_scope", default=None)


def current() -> Scope:
    """Say the scope in force. Raises NoWorkspace outside one."""
    scope = _current.get()
    if scope is None:
        raise NoWorkspace("No workspace is open. Enter scope.workspace(workspace_id) first.")
    return scope


def current_workspace_id() -> UUID:
    """Say the open workspace's id: the default of every tenant row's workspace."""
    return current().workspace_id


def is_open() -> bool:
    """Say whether a workspace is open here."""
    return _current.get() is not None


@contextmanager
def workspace(workspace_id: UUID, *, actor_id: UUID | None = None, waits_for_disk: bool = True) -> Iterator[Scope]:
    """Open one transaction for one workspace. Entered again for the same workspace, it joins the open one.

    `waits_for_disk` off: a power cut within the next second may undo it, as if it had never been made. Raises
    OtherWorkspace when a different workspace is open.
    """
    outer = _current.get()
    if outer is not None:
        if outer.workspace_id != workspace_id:
            raise OtherWorkspace("A different workspace is open already.")
        yield outer
        return
    with transaction.atomic():
        _tell_database("petra.workspace", workspace_id, waits_for_disk=waits_for_disk)
        token = _current.set(Scope(workspace_id, actor_id))
        try:
            yield current()
        finally:
            _current.reset(token)
        if connection.savepoint_ids:  # inside a larger transaction (tests): the setting must not outlive the scope
            _forget("petra.workspace")


@contextmanager
def person(user_id: UUID) -> Iterator[None]:
    """Open one transaction in which the memberships and workspaces of one person are visible, and nothing else."""
    with transaction.atomic():
        _tell_database("petra.person", user_id)
        yield
        if connection.savepoint_ids:
            _forget("petra.person")


def _tell_database(setting: str, value: UUID, *, waits_for_disk: bool = True) -> None:
    haste = "" if waits_for_disk else ", set_config('synchronous_commit', 'off', true)"
    prepared.begin(f"select set_config('{setting}', '{UUID(str(value))}', true){haste}")  # our own names, and an id


def _forget(setting: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config(%s, '', true)", [setting])
