"""For whom a command works: one person in one workspace, found by e-mail address and name, or the only ones there are.

Import it only after Django is set up. Whoever can run `petra` holds the installation's keys already; a person is still
named, because every change is written down with who made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from petra.accounts.models import Account, AccountState
from petra.lib.errors import ProductError
from petra.tenancy import scope, workspaces
from petra.tenancy.access import Actor
from petra.tenancy.models import Member, Role, User

RowT = TypeVar("RowT")


def actor(email: str | None, workspace: str | None) -> Actor:
    """Find the person and the workspace. Raises ProductError where they are missing or there is a choice to make."""
    user = _person(email)
    membership = _membership(user, workspace)
    with scope.workspace(membership.workspace_id, actor_id=user.pk):
        member = Member.objects.select_related("workspace").get(user_id=user.pk)
        return Actor(user=user, workspace=member.workspace, role=Role(member.role))


def need(actor: Actor, least: Role) -> None:
    """Refuse what the person's role does not allow."""
    if not actor.may(least):
        raise ProductError(
            "not_allowed", f"{actor.user.email} may not do that in {actor.workspace.name}.", http_status=403
        )


def account(wanted: str | None) -> Account:
    """Find an account of the open workspace by name or id, or the only one. Call inside a scope."""
    rows = list(Account.objects.exclude(state=AccountState.DISCONNECTED).order_by("username"))
    if not rows:
        raise ProductError(
            "no_account", "No account is connected yet: connect one on the Accounts page.", http_status=404
        )
    names = [(str(row.pk), row.username) for row in rows]
    chosen: Account = only(rows, wanted, names=names, what="account", option="--account")
    return chosen


def only(rows: Sequence[RowT], wanted: str | None, *, names: Sequence[Sequence[str]], what: str, option: str) -> RowT:
    """Choose the row one of whose `names` is `wanted`, or the single row where nothing is wanted."""
    shown = ", ".join(dict.fromkeys(name[-1] for name in names))
    if wanted is None:
        if len(rows) == 1:
            return rows[0]
        raise ProductError("say_which", f"There are several: say which {what} with {option}. It can be: {shown}.")
    folded = wanted.casefold()
    found = [row for row, own in zip(rows, names, strict=True) if folded in {name.casefold() for name in own}]
    if len(found) == 1:
        return found[0]
    if found:
        raise ProductError("say_which", f"Several are called {wanted}: name the {what} by its id.")
    raise ProductError("not_found", f"There is no {what} {wanted} here. It can be: {shown}.", http_status=404)


def as_id(text: str, *, what: str) -> UUID:
    """Read an id. Raises ProductError where the text is none."""
    try:
        return UUID(text)
    except ValueError:
        raise ProductError("not_found", f"There is no {what} {text} here.", http_status=404) from None


def _person(email: str | None) -> User:
    people = list(User.objects.filter(is_active=True).order_by("email")[:20])
    if not people:
        raise ProductError("no_workspace", "Nobody has signed up yet: open the pages and sign up first.")
    if email is not None:
        found = User.objects.filter(is_active=True, email=email.lower()).first()
        if found is None:
            raise ProductError("not_found", f"There is no person with the address {email}.", http_status=404)
        return found
    return only(people, None, names=[(person.email,) for person in people], what="person", option="--as")


def _membership(user: User, workspace: str | None) -> workspaces.Membership:
    mine = workspaces.memberships(user.pk)
    if not mine:
        raise ProductError("no_workspace", f"{user.email} belongs to no workspace yet: sign in on the pages once.")
    names = [(str(m.workspace_id), m.name) for m in mine]
    return only(mine, workspace, names=names, what="workspace", option="--workspace")
