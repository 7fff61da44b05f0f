"""`petra`: every command, grouped, and the one place where failures become a sentence and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from psycopg import OperationalError as PsycopgOperationalError

from petra.cli import accounts, demo, doctor, importing, keys, output, planning, running, serve
from petra.cli.output import ExitCode
from petra.lib.errors import ProductError

# What keeps Petra from working at all, rather than what went wrong with one thing asked for.
_NOT_READY = frozenset(
    {
        "already_running",
        "data_gone",
        "home_not_writable",
        "home_of_another",
        "no_workspace",
        "passwords_lost",
        "port_taken",
        "postgres_failed",
        "postgres_missing",
        "postgres_slow",
        "seal",
        "user_without_name",
    }
)

app = typer.Typer(
    name="petra",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Petra takes a blog and keeps its boards and accounts alive. [bold]petra serve[/bold] starts everything.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not ready (setting, home, port, database), 130 interrupted.",
)

RUN, WORK, CARE = "Run", "Work", "Look after"
app.command(rich_help_panel=RUN)(serve.serve)
app.command(rich_help_panel=RUN)(running.web)
app.command(rich_help_panel=RUN)(running.worker)
app.command(rich_help_panel=RUN)(running.simulator)
app.command(rich_help_panel=RUN)(demo.demo)
app.command("import", rich_help_panel=WORK)(importing.import_blog)
app.command(rich_help_panel=WORK)(planning.plan)
app.command(rich_help_panel=WORK)(planning.publish)
app.add_typer(accounts.app, name="accounts", rich_help_panel=WORK)
app.command(hidden=True)(running.bring_up)
app.command(rich_help_panel=CARE)(running.migrate)
app.command(rich_help_panel=CARE)(doctor.doctor)
app.add_typer(keys.app, name="keys", rich_help_panel=CARE)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        output.result("0.1.0", "petra 0.1.0")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Say the version.")
    ] = False,
) -> None: ...


def main() -> int:
    """Run `petra` and give its exit code."""
    try:
        app(prog_name="petra")
    except ProductError as error:
        output.failure(error.code, error.for_person)
        return ExitCode.NOT_READY if error.code in _NOT_READY else ExitCode.FAILED
    except ImproperlyConfigured as error:
        output.failure("wrong_setting", str(error))
        return ExitCode.NOT_READY
    except (OperationalError, PsycopgOperationalError) as error:
        reason = str(error).strip().splitlines()[:1] or ["no reason given"]
        output.failure(
            "no_database", f"The database can't be reached ({reason[0]}): look at DATABASE_URL, or run `petra doctor`."
        )
        return ExitCode.NOT_READY
    except BrokenPipeError:  # `petra … | head`
        sys.stderr.close()
        return ExitCode.FAILED
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
