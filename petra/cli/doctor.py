"""`petra doctor`: looks at everything an installation stands on and says what to do. Changes nothing."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from petra.cli import output, preparing

_SIGNS = {"ok": "[green]✓[/green]", "look": "[yellow]![/yellow]", "mend": "[red]✗[/red]"}


def doctor(
    online: Annotated[bool, typer.Option("--online", help="Also call the public address from here.")] = False,
    as_json: output.Json = False,
) -> None:
    """Check database, roles, migrations, row security, worker, keys, files, address and clock; say what to do.

    Ends with 1 when something must be mended. [dim]Example:[/dim]  petra doctor --json
    """
    output.use_json(as_json)
    with preparing.database() as server:
        preparing.set_up_django()
        from petra.cli import checks  # models load only after Django is set up

        if server is not None and server.is_ours:
            output.note("Petra was not running, so its database was started for this look.")
        found = list(checks.look(is_embedded=server is not None, is_online=online))
    lines = [_line(check.name, check.state, check.found, check.todo) for check in found]
    output.drawn({"checks": [check.as_value() for check in found], "is_well": all(c.is_well for c in found)}, lines)
    if not all(check.is_well for check in found):
        raise typer.Exit(output.ExitCode.FAILED)


def _line(name: str, state: str, found: str, todo: str) -> str:
    line = f"{_SIGNS[state]} [bold]{name:<14}[/bold] {escape(found)}"
    return f"{line}\n  {'':<14} [bold]→[/bold] {escape(todo)}" if todo else line
