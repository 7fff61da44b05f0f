"""`petra keys`: the ring of keys that seals tokens. They stand in PETRA_KEYS, or in the file `keys` in PETRA_HOME."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import typer

from petra.cli import output, preparing
from petra.lib import seal
from petra.lib.errors import ProductError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="List, add and rotate the keys that seal tokens.",
    epilog="To change keys: [bold]petra keys add[/bold], restart Petra, [bold]petra keys rotate[/bold].",
)


@app.command("list")
def list_keys(as_json: output.Json = False) -> None:
    """List the keys by their public names; the first one seals, all of them open."""
    output.use_json(as_json)
    ring = _ring()
    names = [seal.key_id(key).hex() for key in ring.keys]
    rows = [(name, "seals and opens" if place == 0 else "opens") for place, name in enumerate(names)]
    value = [{"key": name, "seals": place == 0} for place, name in enumerate(names)]
    output.table(value, columns=("Key", "Does"), rows=rows, empty="There is no key.")


@app.command("new")
def new_key(as_json: output.Json = False) -> None:
    """Make a key and print it, for a PETRA_KEYS of your own. Nothing is stored."""
    output.use_json(as_json)
    key = seal.new_key()
    output.result({"key": key}, key)


@app.command("add")
def add(as_json: output.Json = False) -> None:
    """Put a new key in front of the ring. From the next start on it seals; the old ones still open."""
    output.use_json(as_json)
    if os.environ.get("PETRA_KEYS") or os.environ.get("PETRA_KEYS_FILE"):
        raise ProductError(
            "keys_elsewhere",
            "The keys come from PETRA_KEYS: make one with `petra keys new` and put it in front there, with a comma.",
        )
    preparing.keep_secrets()
    path = preparing.home() / "keys"
    fresh = seal.new_key()
    _replace(path, f"{fresh}\n{path.read_text()}")
    name = seal.KeyRing.parse(fresh)
    output.result(
        {"key": seal.key_id(name.keys[0]).hex()},
        "A new key stands first. Restart Petra, then run `petra keys rotate` to seal everything with it.",
    )


@app.command("rotate")
def rotate(as_json: output.Json = False) -> None:
    """Seal every stored secret anew with the first key. Afterwards the other keys can be taken away."""
    output.use_json(as_json)
    with preparing.database():
        preparing.set_up_django()
        from petra.accounts import tokens  # models load only after Django is set up
        from petra.posts.words import access_keys

        with output.progress("Sealing anew") as bar:
            done = tokens.rotate_keys(progress=lambda seen: bar.update(bar.task_ids[0], completed=seen))
        ai_seen, ai_resealed, ai_unreadable = access_keys.rotate_keys()
    seen, unreadable = done.seen + ai_seen, done.unreadable + ai_unreadable
    value = {"seen": seen, "resealed": done.resealed + ai_resealed, "unreadable": unreadable}
    if unreadable:
        output.result(value, f"{unreadable} of {seen} secrets need a key that is not in the ring: put it back there.")
        raise typer.Exit(output.ExitCode.FAILED)
    said = (
        f"{value['resealed']} of {seen} secrets of accounts and models sealed anew; the other keys are not needed now."
    )
    output.result(value, said)


def _ring() -> seal.KeyRing:
    from petra import settings  # read late: PETRA_HOME decides where the file is

    return seal.KeyRing.parse(settings.PETRA_KEYS)


def _replace(path: Path, text: str) -> None:
    """Write the ring anew, whole or not at all."""
    fresh = path.with_name(f"keys.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
