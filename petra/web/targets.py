"""Boards and sections as a person chooses them, grouped by account."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from petra.accounts.models import AccountState, Target
from petra.networks.registry import network


@dataclass(frozen=True)
class Choice:
    """One board or section. Sections stand below their board."""

    id: UUID
    name: str
    label: str
    is_section: bool


@dataclass(frozen=True)
class Group:
    """The boards of one account."""

    account: str
    choices: list[Choice]


def choices() -> list[Group]:
    """List what can be chosen, account by account. Call inside the workspace's scope."""
    found = (
        Target.objects.filter(gone_at=None)
        .exclude(account__state=AccountState.DISCONNECTED)
        .select_related("account", "parent")
        .order_by("account__username", "name")
    )
    groups: dict[UUID, list[Target]] = {}
    for target in found:
        groups.setdefault(target.account_id, []).append(target)
    return [_group(rows) for rows in groups.values()]


def _group(rows: list[Target]) -> Group:
    account = rows[0].account
    ordered: list[Choice] = []
    for board in (t for t in rows if t.parent_id is None):
        ordered.append(Choice(board.pk, board.name, board.name, is_section=False))
        ordered += [
            Choice(t.pk, t.name, f"{board.name} / {t.name}", is_section=True) for t in rows if t.parent_id == board.pk
        ]
    return Group(account=f"{account.username}, {network(account.network).label}", choices=ordered)
