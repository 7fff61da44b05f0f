"""Makes workspaces and says who belongs to which. Writes open their own scope; call outside one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from petra.lib.ids import new_id
from petra.tenancy import scope
from petra.tenancy.models import Member, Role, User, Workspace


@dataclass(frozen=True)
class Membership:
    """One workspace of a person, as the switcher shows it."""

    workspace_id: UUID
    name: str
    role: Role


def create_workspace(
    *, owner: User, name: str, time_zone: str = "UTC", language: str = "en", is_demo: bool = False
) -> Workspace:
    """Make a workspace with its first member."""
    workspace_id = new_id()
    with scope.workspace(workspace_id, actor_id=owner.pk):
        workspace = Workspace.objects.create(
            id=workspace_id, name=name, time_zone=time_zone, language=language, is_demo=is_demo
        )
        Member.objects.create(user=owner, role=Role.OWNER)
    return workspace


def add_member(*, workspace_id: UUID, user: User, role: Role) -> Member:
    """Let a person into a workspace, or change their role there."""
    with scope.workspace(workspace_id):
        member, _ = Member.objects.update_or_create(user=user, defaults={"role": role})
    return member  # type: ignore[no-any-return]


def first_name_for(user: User) -> str:
    """Propose a workspace's name from the person's address: `maren@oak.example` → `Maren's workspace`."""
    return f"{user.email.split('@')[0].split('.')[0].capitalize()[:60]}'s workspace"


def memberships(user_id: UUID) -> list[Membership]:
    """List the workspaces of one person, by name."""
    with scope.person(user_id), connection.cursor() as cursor:
        cursor.execute(
            "select w.id, w.name, m.role from tenancy_member m join tenancy_workspace w on w.id = m.workspace_id"
            " where m.user_id = %s order by w.name, w.id",
            [user_id],
        )
        return [Membership(row[0], row[1], Role(row[2])) for row in cursor.fetchall()]


def change_workspace(workspace: Workspace, *, name: str, time_zone: str, language: str) -> None:
    """Change what a workspace is called and how it reads times. Call inside its scope."""
    workspace.name, workspace.time_zone, workspace.language = name, time_zone, language
    workspace.save(update_fields=["name", "time_zone", "language"])


def set_onboarding_step(workspace: Workspace, step: str) -> None:
    """Remember how far a new workspace's first steps are; `done` ends them. Call inside its scope."""
    workspace.onboarding_step = step
    workspace.save(update_fields=["onboarding_step"])
