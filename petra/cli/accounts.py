"""`petra accounts`: the connected profiles. Connecting itself needs a browser, for the network's consent page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from petra.cli import output, preparing
from petra.lib import clock

if TYPE_CHECKING:
    from petra.tenancy.access import Actor

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="List connected accounts and their boards, read the boards anew, disconnect.",
    epilog="Accounts are connected on the Accounts page: the network asks for consent in a browser.",
)

As = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="Who acts; the only person if unset.")]
Workspace = Annotated[str | None, typer.Option(metavar="NAME", help="Name or id; the only workspace if unset.")]
AccountName = Annotated[str | None, typer.Argument(help="Name or id; the only account if unset.")]


@contextmanager
def somebody(email: str | None, workspace: str | None) -> Iterator[Actor]:
    """Have database, Django and the person who acts while the block runs."""
    with preparing.database():
        preparing.set_up_django()
        from petra.cli import acting  # models load only after Django is set up

        yield acting.actor(email, workspace)


@app.command("list")
def list_accounts(email: As = None, workspace: Workspace = None, as_json: output.Json = False) -> None:
    """List the accounts and how they are."""
    output.use_json(as_json)
    with somebody(email, workspace) as actor:
        from petra.accounts import health
        from petra.accounts.models import Account
        from petra.tenancy import scope

        with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
            rows = Account.objects.prefetch_related("budgets").order_by("network", "username")
            found = health.health_of(rows, now=clock.now())
        value = [
            {
                "id": str(one.account.pk),
                "network": one.account.network,
                "username": one.account.username,
                "state": one.state.value,
                "needs_person": one.needs_person,
                "reason": one.reason,
                "calls_left": one.budget.calls,
            }
            for one in found
        ]
        lines = [
            (one.account.username, one.network_label, str(one.state.label), one.reason or "All is well.")
            for one in found
        ]
    output.table(
        value,
        columns=("Account", "Network", "State", "Note"),
        rows=lines,
        empty="No account is connected yet: connect one on the Accounts page.",
    )


@app.command("boards")
def boards(
    account: AccountName = None,
    sync: Annotated[bool, typer.Option("--sync", help="Read them from the network first.")] = False,
    email: As = None,
    workspace: Workspace = None,
    as_json: output.Json = False,
) -> None:
    """List where an account can publish to.

    [dim]Example:[/dim]  petra accounts boards oak-and-ember --sync
    """
    output.use_json(as_json)
    with somebody(email, workspace) as actor:
        from petra.accounts.models import Target
        from petra.accounts.targets import sync_targets
        from petra.cli import acting
        from petra.tenancy import scope

        with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
            chosen = acting.account(account)
        if sync:
            with output.progress(f"Reading from {chosen.username}"):
                sync_targets(actor.workspace.pk, chosen.pk)
        with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
            targets = (
                Target.objects.filter(account=chosen, gone_at=None).select_related("parent").order_by("name", "id")
            )
            rows = [(t.name, t.parent.name if t.parent else "", t.kind, str(t.pk)) for t in targets]
    value = [{"name": name, "within": within, "kind": kind, "id": target_id} for name, within, kind, target_id in rows]
    output.table(
        value,
        columns=("Name", "Within", "Kind", "Id"),
        rows=rows,
        empty="None is known yet: read them from the network with --sync.",
    )


@app.command("disconnect")
def disconnect(
    account: Annotated[str, typer.Argument(help="Name or id of the account.")],
    email: As = None,
    workspace: Workspace = None,
    as_json: output.Json = False,
) -> None:
    """Delete the tokens of an account. Its slots and history stay; what is planned on it waits."""
    output.use_json(as_json)
    with somebody(email, workspace) as actor:
        from petra.accounts import connecting
        from petra.cli import acting
        from petra.tenancy import scope
        from petra.tenancy.models import Role

        acting.need(actor, Role.ADMIN)
        with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
            chosen = acting.account(account)
        connecting.disconnect(chosen, actor=actor)
        output.result({"disconnected": str(chosen.pk)}, f"{chosen.username} is disconnected; its tokens are deleted.")
