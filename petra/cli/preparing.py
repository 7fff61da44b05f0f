"""What a command needs before it can work: the home folder, its secrets, a database, Django, the static files.

Settings are read once, when Django is set up; so everything that decides them goes into the environment before.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections

from petra.lib import postgres, seal
from petra.lib.errors import ProductError

_KEPT_SECRETS = {"PETRA_KEYS": "keys", "SECRET_KEY": "secret-key"}


def home() -> Path:
    """Say where Petra keeps what is not in the database."""
    return Path(os.environ.get("PETRA_HOME") or "~/.petra").expanduser().absolute()


def make_home() -> None:
    """Make the home. For root it can be passed through, not listed, because its database runs as another user."""
    home().mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)


def running_file() -> Path:
    """Say which file tells where Petra runs; whoever runs it holds its lock."""
    return home() / "serve.lock"


def running_petra() -> dict[str, Any]:
    """Give what a running `petra serve` of this home says of itself; empty when none runs."""
    with contextlib.suppress(OSError, ValueError), running_file().open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            said: dict[str, Any] = json.loads(file.read())
            return said
    return {}


def has_own_database() -> bool:
    """Say whether the embedded server is to be used, because no other is named."""
    return not (os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"))


@contextlib.contextmanager
def database(*, is_owner_needed: bool = False) -> Iterator[postgres.Embedded | None]:
    """Have a database while the block runs: the one the settings name, or the embedded one (started if need be)."""
    if not has_own_database():
        yield None
        return
    for name, value in running_petra().get("settings", {}).items():
        os.environ.setdefault(name, value)
    server = postgres.Embedded(home())
    server.start()
    try:
        server.ensure_roles_and_database()
        os.environ.update(addresses(server, is_owner_needed=is_owner_needed))
        yield server
    finally:
        if apps.ready:
            connections.close_all()
        server.stop()


def addresses(server: postgres.Embedded, *, is_owner_needed: bool) -> dict[str, str]:
    """Give the settings that name an embedded server. The owner's are for migrating only."""
    names = {"DATABASE_URL": server.app_url}
    if is_owner_needed:
        names["DATABASE_OWNER_URL"] = server.owner_url
    return names


def keep_secrets() -> None:
    """Make the secrets that neither the environment nor the home has: the key ring and the key of sessions."""
    for variable, name in _KEPT_SECRETS.items():
        if not (os.environ.get(variable) or os.environ.get(f"{variable}_FILE")):
            _make_once(home() / name, seal.new_key() if variable == "PETRA_KEYS" else secrets.token_urlsafe(48))


def set_up_django(*, is_server: bool = False) -> None:
    """Read the settings and load the models. A command that soon ends has no use for a pool of connections."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petra.settings")
    if not is_server:
        os.environ["DATABASE_POOL"] = "0"
    django.setup()


def collect_static() -> None:
    """Bring style sheets, scripts and pictures to where the web process serves them, if they changed."""
    found = sorted(
        (path, *_size_and_time(storage.path(path))) for finder in get_finders() for path, storage in finder.list([])
    )
    digest = hashlib.sha256(repr(found).encode()).hexdigest()
    root = Path(settings.STATIC_ROOT)
    with home_errors():
        root.mkdir(parents=True, exist_ok=True)
        with (root / ".collected").open("a+") as stamp:
            fcntl.flock(stamp, fcntl.LOCK_EX)
            stamp.seek(0)
            if stamp.read() == digest:
                return
            call_command("collectstatic", interactive=False, verbosity=0)
            stamp.truncate(0)
            stamp.write(digest)


def _size_and_time(path: str) -> tuple[int, int]:
    state = Path(path).stat()
    return state.st_size, state.st_mtime_ns


def _make_once(path: Path, text: str) -> None:
    """Write a private file unless it is there. Whole or not at all, so that no process reads half a key."""
    if path.exists():
        return
    with home_errors():
        make_home()
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text + "\n")
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(fresh, path)
        fresh.unlink()


@contextlib.contextmanager
def home_errors() -> Iterator[None]:
    """Say in one sentence that the home can't be used."""
    try:
        yield
    except OSError as error:
        raise ProductError(
            "home_not_writable",
            f"Petra cannot write to its folder {home()} ({error.strerror or error}): make it writable, or set "
            "PETRA_HOME to a folder of your own.",
        ) from error
