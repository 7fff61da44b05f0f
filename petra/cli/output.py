"""How the command line speaks: tables and sentences for people, one JSON value for programs, and the exit codes.

Results go to stdout, everything else (progress, notes, errors) to stderr, so that `--json` output can be piped.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]


class ExitCode(IntEnum):
    """What `petra` tells the shell. Documented in docs/running.md."""

    OK = 0
    FAILED = 1  # what was asked for could not be done, or `doctor` found something to mend
    USAGE = 2  # the command line makes no sense
    NOT_READY = 3  # Petra can't work here yet: a setting, key, folder, port or the database is in the way
    INTERRUPTED = 130


_is_json = False


def use_json(wanted: bool) -> None:
    """Speak JSON from here on, errors included. Every command calls it with its `--json`."""
    global _is_json
    _is_json = wanted


def result(value: object, text: str = "") -> None:
    """Give the command's result: `value` as JSON, or `text` for a person."""
    if _is_json:
        sys.stdout.write(json.dumps(value, default=str, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    elif text:
        _people().print(text, markup=False, highlight=False, soft_wrap=True)


def table(value: object, *, columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Give a list as a table, or `value` as JSON; `empty` is said where there are no rows."""
    lines = list(rows)
    if _is_json or not lines:
        result(value, empty)
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for line in lines:
        drawn.add_row(*(escape(cell) for cell in line))
    _people().print(drawn)


def drawn(value: object, lines: Iterable[str]) -> None:
    """Give lines with Rich's markup (escape what comes from elsewhere), or `value` as JSON."""
    if _is_json:
        result(value)
        return
    for line in lines:
        _people().print(line, highlight=False, soft_wrap=True)


def note(text: str) -> None:
    """Say something besides the result."""
    _aside().print(text, markup=False, highlight=False, soft_wrap=True)


def failure(code: str, sentence: str) -> None:
    """Say in one sentence why the command failed."""
    if _is_json:
        result({"error": {"code": code, "message": sentence}})
    else:
        _aside().print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress(what: str, *, total: int | None = None) -> Iterator[Progress]:
    """Show a bar on stderr while work goes on, where a person is watching. The task's number is 0."""
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=_aside(), transient=True, disable=_is_json or not sys.stderr.isatty()) as bar:
        bar.add_task(what, total=total)
        yield bar


def _people() -> Console:
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200)


def _aside() -> Console:
    return Console(file=sys.stderr)
