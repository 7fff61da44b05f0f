"""`petra import`: reads a blog into the workspace, or, with `--json FILE`, into a file without any database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from petra.cli import output
from petra.cli.accounts import As, Workspace, somebody
from petra.lib import clock
from petra.lib.addresses import BadAddress
from petra.lib.errors import ProductError
from petra.lib.outbound import AllowPrivate

if TYPE_CHECKING:  # reading pages needs a lot that no other command should load
    from petra.articles.site import collecting

_LOOK_EVERY_S = 0.3
_MOST_LIST_BYTES = 10 * 1024 * 1024


def import_blog(
    address: Annotated[
        str, typer.Argument(metavar="[URL]", help="The blog's address, such as example.com.", show_default=False)
    ] = "",
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", help="Write what is found into FILE (- for stdout), without a database."
        ),
    ] = None,
    page: Annotated[bool, typer.Option("--page", help="URL is one article, not a blog.")] = False,
    addresses: Annotated[
        Path | None, typer.Option("--list", metavar="FILE", help="Import the pages FILE names, one address a line.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Import the posts of a WordPress export file.")
    ] = None,
    allow_private: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT", help="A blog on a private network that may be read. With --json only."),
    ] = None,
    gap_s: Annotated[
        float | None,
        typer.Option("--gap", min=0, metavar="SECONDS", help="Between two requests; a site's Crawl-delay counts more."),
    ] = None,
    email: As = None,
    workspace: Workspace = None,
) -> None:
    """Import a blog's articles: whole, politely, and only what is new or changed.

    [dim]Examples:[/dim]  petra import example.com
                petra import https://example.com/2026/01/a-post/ --page
                petra import example.com --json found.json
                petra import --list addresses.txt
                petra import --export wordpress.xml
    """
    if [bool(address), addresses is not None, export is not None].count(True) != 1:
        raise typer.BadParameter("give one of URL, --list FILE and --export FILE")
    if json_file is not None:
        _into_file(address, json_file, allowed=parse_pairs(allow_private or []), is_page=page, gap_s=gap_s)
        return
    if allow_private or gap_s is not None:
        raise typer.BadParameter(
            "go with --json FILE; a running Petra reads PETRA_ALLOW_PRIVATE and PETRA_IMPORT_GAP_S"
        )
    source = _Source(address, is_page=page, addresses=addresses, export=export)
    _into_workspace(source, email=email, workspace=workspace)


@dataclass(frozen=True)
class _Source:
    """Where articles are to come from: one of the four."""

    address: str
    is_page: bool
    addresses: Path | None
    export: Path | None

    def start(self) -> Any:
        """Start the import, inside a scope."""
        from petra.articles import importing, sources

        if self.addresses is not None:
            return sources.import_addresses(_text_of(self.addresses))
        if self.export is not None:
            with _opened(self.export) as file:
                return sources.import_export(file)
        if self.is_page:
            return importing.start_import(sources.blog_of(self.address), kind="url", url=self.address)
        return importing.start_import(importing.add_blog(self.address))


def _text_of(path: Path) -> str:
    with _opened(path) as file:
        return file.read(_MOST_LIST_BYTES).decode("utf-8-sig", "replace")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise ProductError("file", f"{path} can't be read: {error.strerror}.") from error


def parse_pairs(pairs: list[str]) -> AllowPrivate:
    """Read `--allow-private` values as exact hosts and ports."""
    from petra.articles.site import collecting

    try:
        return collecting.parse_allow_private(pairs)
    except BadAddress as error:
        raise typer.BadParameter(error.for_person) from error


def _into_file(address: str, file: Path, *, allowed: AllowPrivate, is_page: bool, gap_s: float | None) -> None:
    from petra import settings  # reads the environment; a command that fails before should not need it
    from petra.articles.site import collecting

    with output.progress("Looking around") as bar:

        def show(at: collecting.Progress) -> None:
            if at.step == "read":
                bar.update(bar.task_ids[0], description="Reading pages", total=at.found, completed=at.done)
            else:
                bar.update(bar.task_ids[0], description=f"Found {at.found} by {at.step}")

        found = collecting.collect(
            address,
            allow_private=allowed | collecting.parse_allow_private(settings.ALLOW_PRIVATE),
            on_progress=show,
            gap_s=settings.IMPORT_GAP_S if gap_s is None else gap_s,
            contact=settings.CONTACT,
            is_single_page=is_page,
        )
    text = json.dumps(found.as_data(), ensure_ascii=False, indent=1) + "\n"
    if str(file) == "-":
        sys.stdout.write(text)
    else:
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ProductError("file", f"{file} can't be written: {error.strerror}.") from error
    for trouble in found.troubles[:10]:
        output.note(f"{trouble.url}: {trouble.for_person}")
    output.note(f"{len(found.articles)} articles, {len(found.maybe)} other pages, {found.requests} requests.")


def _into_workspace(source: _Source, *, email: str | None, workspace: str | None) -> None:
    with somebody(email, workspace) as actor:
        from petra.cli import acting
        from petra.tenancy import scope
        from petra.tenancy.models import Role

        acting.need(actor, Role.EDITOR)
        with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
            run = source.start()
        run = _done_here(actor.workspace.pk, run.pk)
    output.note(
        f"{run.new} new, {run.changed} changed, {run.unchanged} as before, {run.skipped} left out, {run.failed} failed."
    )
    if run.error:
        raise ProductError("import", run.error)


def _done_here(workspace_id: Any, run_id: Any) -> Any:
    """Do the import in this process, with a bar; a worker that took it first is watched instead."""
    import threading

    from django.db import connections

    from petra.articles import importing
    from petra.articles.models import ImportRun
    from petra.tenancy import scope

    broken: list[Exception] = []

    def work() -> None:
        try:
            importing.run_import(workspace_id=workspace_id, run_id=run_id)
        except Exception as error:  # noqa: BLE001  raised where somebody waits for it
            broken.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    with output.progress("Looking around") as bar:
        while True:
            if broken:
                raise broken[0]
            with scope.workspace(workspace_id):
                run = ImportRun.objects.get(pk=run_id)
            if run.is_listed:
                bar.update(bar.task_ids[0], description="Reading pages", total=run.found, completed=run.done)
            if run.state not in ("queued", "running"):
                break
            clock.sleep(_LOOK_EVERY_S)
    thread.join(timeout=5)
    return run
