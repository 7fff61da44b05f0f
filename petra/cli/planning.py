"""`petra plan` and `petra publish`: the calendar from the command line. Both call the verbs the pages call."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from petra.cli import output
from petra.cli.accounts import As, Workspace, somebody
from petra.lib import clock

_LOOK_EVERY_S = 0.3
AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help="Name or id; the only account if unset.")
]
TargetOption = Annotated[
    str | None, typer.Option("--board", metavar="NAME", help="Name or id; the post's own board if unset.")
]


def plan(
    posts: Annotated[list[str] | None, typer.Argument(metavar="POST", help="Ids of posts.")] = None,
    ready: Annotated[
        bool, typer.Option("--ready", help="Every ready post that is not planned on the account.")
    ] = False,
    account: AccountOption = None,
    board: TargetOption = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="2026-12-24T09:30 in the workspace's zone; else the next free slots."),
    ] = None,
    email: As = None,
    workspace: Workspace = None,
    as_json: output.Json = False,
) -> None:
    """Put posts on the calendar: at a time, or into the account's next free slots.

    [dim]Example:[/dim]  petra plan --ready

    [dim]Example:[/dim]  petra plan 0193… --board Autumn --at 2026-12-24T09:30
    """
    output.use_json(as_json)
    if bool(posts) == ready:
        raise typer.BadParameter("name posts by their ids, or say --ready")
    with somebody(email, workspace) as actor:
        from petra.cli import acting, planning_rows
        from petra.tenancy import scope
        from petra.tenancy.models import Role

        acting.need(actor, Role.EDITOR)
        due_at = planning_rows.read_time(at, zone=actor.zone) if at else None
        with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
            chosen = acting.account(account)
            rows = planning_rows.ready_posts(chosen) if ready else planning_rows.posts(posts or [])
            made = planning_rows.plan(rows, account=chosen, board=board, due_at=due_at)
            value = [planning_rows.as_value(delivery, zone=actor.zone) for delivery in made]
    _show(value, empty="There is nothing to plan.")


def publish(
    posts: Annotated[list[str], typer.Argument(metavar="POST", help="Ids of posts.")],
    account: AccountOption = None,
    board: TargetOption = None,
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for the end.")
    ] = 120,
    email: As = None,
    workspace: Workspace = None,
    as_json: output.Json = False,
) -> None:
    """Publish posts now and wait until they are out. Needs a running worker.

    [dim]Example:[/dim]  petra publish 0193… --account oak-and-ember
    """
    output.use_json(as_json)
    with somebody(email, workspace) as actor:
        from petra.cli import acting, planning_rows
        from petra.lib import workers
        from petra.tenancy import scope
        from petra.tenancy.models import Role

        acting.need(actor, Role.EDITOR)
        with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
            chosen = acting.account(account)
            rows = planning_rows.posts(posts)
            wanted = [planning_rows.publish_now(post, account=chosen, board=board) for post in rows]
        if not workers.is_any_alive():
            output.note("No worker runs now, so this waits: start one with `petra serve` or `petra worker`.")
        deadline = clock.monotonic() + wait_s
        with output.progress("Publishing", total=len(wanted)) as bar:
            while True:
                with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
                    value = [planning_rows.as_value(planning_rows.again(pk), zone=actor.zone) for pk in wanted]
                settled = [one for one in value if one["is_settled"]]
                bar.update(bar.task_ids[0], completed=len(settled))
                if len(settled) == len(value) or clock.monotonic() > deadline:
                    break
                time.sleep(_LOOK_EVERY_S)
    _show(value, empty="")
    if any(one["state"] != "published" for one in value):
        raise typer.Exit(output.ExitCode.FAILED)


def _show(value: list[dict[str, Any]], *, empty: str) -> None:
    rows = [(one["due_local"], one["title"], one["board"], one["label"], one["note"]) for one in value]
    output.table(value, columns=("When", "Post", "Board", "State", "Note"), rows=rows, empty=empty)
