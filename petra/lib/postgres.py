"""The embedded PostgreSQL: a private server of this installation, started and stopped with Petra.

Used by the CLI when DATABASE_URL is unset, and by the tests. It owns the folder `postgres-<major>` in PETRA_HOME
(data, socket, log, passwords). It never opens a TCP port, never opens a folder of somebody else's, and never outlives
its owner: whoever holds the lock in that folder runs the server; every other process of this home connects to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from petra.lib import clock, postgres_roles, postgres_server
from petra.lib.errors import ProductError
from petra.lib.postgres_programs import ROOT_STORE, Person, Programs, can_reach, discover, server_person, within_reach

ADMIN = "petra_admin"
_MAX_SOCKET_PATH_BYTES = 103  # sun_path holds 107 bytes and a zero on Linux, 103 and a zero on macOS
_START_WAIT_S = 120.0  # crash recovery of a large database takes its time


@dataclass(frozen=True, repr=False)
class Passwords:
    """The passwords of the three roles that can log in."""

    admin: str
    owner: str
    app: str


class Embedded:
    """One embedded server.

    `fast` gives up durability for speed and is for tests only. Start it from the main thread: from another one, a
    server on Linux would survive a kill -9 of this process, until the next start ends it.
    """

    def __init__(self, home: Path, *, fast: bool = False) -> None:
        self.home = home.absolute()
        self.fast = fast
        self._cluster: Path | None = None
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None
        self._throwaway_folder: Path | None = None

    @property
    def cluster(self) -> Path:
        """The folder with data, socket, log and passwords; known once started."""
        if self._cluster is None:
            raise RuntimeError("the embedded server was not started")
        return self._cluster

    @property
    def is_ours(self) -> bool:
        """Whether this process runs the server, rather than using one that another process runs."""
        return self._lock is not None

    @property
    def admin_url(self) -> str:
        """The superuser's address, for tests and repairs; the product itself never uses it once roles exist."""
        return self._url(ADMIN, self._passwords().admin, "postgres")

    @property
    def owner_url(self) -> str:
        """The address for migrations."""
        return self._url(postgres_roles.OWNER, self._passwords().owner, postgres_roles.DATABASE)

    @property
    def app_url(self) -> str:
        """The address for web and worker."""
        return self._url(postgres_roles.APP, self._passwords().app, postgres_roles.DATABASE)

    def start(self) -> None:
        """Start the server, or find the one that another process of this home runs. Returns when it answers.

        May be repeated: a server that has died is started again. Raises ProductError with a sentence for the person
        when it can't; nothing is left running then.
        """
        if self.is_running():
            return
        self.stop()
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise ProductError(
                "home_not_writable",
                f"Petra cannot write to its folder {self.home} ({error.strerror or error}): make it writable, or set "
                "PETRA_HOME to a folder of your own.",
            ) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server cleanly if this process runs it. May be repeated."""
        if self._process is not None:
            postgres_server.end(self._process.pid, self._process)
            self._process = None
        if self._throwaway_folder is not None:
            shutil.rmtree(self._throwaway_folder, ignore_errors=True)
            self._throwaway_folder = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        self._socket_folder = None

    def is_running(self) -> bool:
        """Say whether the server takes connections now."""
        if self._process is not None and self._process.poll() is not None:
            return False
        return self._socket_folder is not None and postgres_server.answers(self._socket_folder)

    def ensure_roles_and_database(self) -> None:
        """Make the roles and the database where they are missing. May be repeated, by several processes at once too."""
        passwords = self._passwords()
        postgres_roles.ensure(self.admin_url, owner_password=passwords.owner, app_password=passwords.app)

    def _start(self) -> None:
        if not self.home.exists():
            # Root's can be passed through, not listed: its server runs as another user. The files in it are 0600.
            self.home.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        self._cluster, programs = self._choose()
        deadline = clock.monotonic() + _START_WAIT_S
        while clock.monotonic() < deadline:
            if self._take_lock():
                self._run(programs, deadline)
                return
            running = postgres_server.read_postmaster(self.cluster / "data")
            if running and running.is_ready and postgres_server.answers(running.socket_folder):
                self._socket_folder = running.socket_folder
                return
            time.sleep(postgres_server.TICK_S)
        raise ProductError(
            "postgres_slow",
            f"Another Petra process holds the database in {self.cluster} and it does not answer: stop that process, or "
            f"look into {self.cluster / 'log'}.",
        )

    def _choose(self) -> tuple[Path, Programs]:
        """Find the folder of the data and programs of its version: newer programs can't read older data."""
        existing = self._find_cluster()
        if existing is None:
            programs = discover()
            with (self.home / "postgres.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # two processes may start at once
                existing = self._find_cluster() or self._make_cluster(programs.major)
        cluster = existing.resolve()
        if not cluster.exists():
            raise ProductError(
                "data_gone",
                f"{existing} points to {cluster}, which is gone: put it back from your backup, or delete the link "
                "to begin with an empty database.",
            )
        if not os.access(cluster, os.R_OK | os.W_OK | os.X_OK):
            raise ProductError(
                "home_of_another",
                f"The database in {cluster} belongs to user {cluster.owner()}: run Petra as that user, or set "
                "PETRA_HOME to a folder of your own.",
            )
        return cluster, discover(major=_major_of(existing))

    def _find_cluster(self) -> Path | None:
        return max(self.home.glob("postgres-[0-9]*"), key=_major_of, default=None)

    def _make_cluster(self, major: int) -> Path:
        cluster = self.home.resolve() / f"postgres-{major}"
        if os.geteuid() != 0:
            cluster.mkdir(mode=0o700)
            return cluster
        if not can_reach(self.home.resolve(), server_person(cluster / "data")):
            # A random name, not one made of the home's path: a home that was deleted must not bring its old data back.
            ROOT_STORE.mkdir(parents=True, exist_ok=True, mode=0o755)
            store = Path(tempfile.mkdtemp(prefix=f"{self.home.name.strip('.') or 'home'}-", dir=ROOT_STORE))
            store.chmod(0o711)
            (store / cluster.name).mkdir()
            (store / cluster.name).chmod(0o711)
            cluster.symlink_to(store / cluster.name)
            return cluster
        cluster.mkdir()
        cluster.chmod(0o711)
        return cluster

    def _take_lock(self) -> bool:
        lock = (self.cluster / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _run(self, programs: Programs, deadline: float) -> None:
        data, log = self.cluster / "data", self.cluster / "log"
        person = server_person(data)
        programs = within_reach(programs, person)
        postgres_server.end_leftover(data)
        if not data.exists():
            self._make_data(programs, person)
        socket_folder = self._make_socket_folder(person)
        while True:
            self._process = postgres_server.launch(
                data, programs=programs, person=person, socket_folder=socket_folder, log=log, fast=self.fast
            )
            if self._becomes_ready(data, deadline):
                self._socket_folder = socket_folder
                return
            said = log.read_text(errors="replace").strip()
            # A killed server's children need a moment to see that it is gone.
            if "shared memory block" not in said or clock.monotonic() > deadline:
                break
            time.sleep(0.1)
        last = said.splitlines()[-1][-200:] if said else "it said nothing"
        raise ProductError("postgres_failed", f"The database did not start ({last}): what it said is in {log}.")

    def _becomes_ready(self, data: Path, deadline: float) -> bool:
        process = self._process
        while process and process.poll() is None and clock.monotonic() < deadline:
            running = postgres_server.read_postmaster(data)
            if running and running.pid == process.pid and running.is_ready:
                return True
            time.sleep(postgres_server.TICK_S)
        return False

    def _make_data(self, programs: Programs, person: Person) -> None:
        """Make the data folder under another name first: what was interrupted is never taken for a database."""
        fresh, password_file = self.cluster / "data.new", self.cluster / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        passwords = Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))
        _write_private(self.cluster / "passwords", json.dumps(asdict(passwords)))
        _write_private(password_file, passwords.admin)
        for path in (fresh, password_file):
            os.chown(path, person.uid, person.gid)
        postgres_server.make_data(
            fresh, programs=programs, person=person, admin=ADMIN, password_file=password_file, fast=self.fast
        )
        password_file.unlink()
        fresh.rename(self.cluster / "data")

    def _make_socket_folder(self, person: Person) -> Path:
        folder = self.cluster / "socket"
        size = len(os.fsencode(folder / f".s.PGSQL.{postgres_server.PORT}"))
        # PostgreSQL takes a list separated by commas here, so a path with special signs goes elsewhere like a long one.
        if size <= _MAX_SOCKET_PATH_BYTES and re.fullmatch(r"[\w./+-]+", str(folder), re.ASCII):
            folder.mkdir(mode=0o700, exist_ok=True)
        else:
            folder = Path(tempfile.mkdtemp(prefix="petra-socket-", dir="/tmp"))  # noqa: S108  short everywhere; made 0700
            self._throwaway_folder = folder
        os.chown(folder, person.uid, person.gid)
        return folder

    def _passwords(self) -> Passwords:
        file = self.cluster / "passwords"
        try:
            return Passwords(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise ProductError(
                "passwords_lost",
                f"The passwords of the database in {file} are missing or damaged: put the file back from your backup.",
            ) from error

    def _url(self, role: str, password: str, database: str) -> str:
        if self._socket_folder is None:
            raise RuntimeError("the embedded server is not running")
        folder = quote(str(self._socket_folder), safe="")
        return f"postgresql://{role}:{password}@/{database}?host={folder}&port={postgres_server.PORT}"


@contextlib.contextmanager
def temporary(*, fast: bool = True) -> Iterator[Embedded]:
    """Give a throw-away server with roles and database, gone with all its data at the end. For tests and benchmarks."""
    with short_folder() as folder:
        server = Embedded(folder / "home", fast=fast)
        try:
            server.start()
            server.ensure_roles_and_database()
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """Give a temporary folder with a short path that a root-run server's own user can pass through."""
    with tempfile.TemporaryDirectory(prefix="petra-", dir="/tmp", ignore_cleanup_errors=True) as name:  # noqa: S108
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def _major_of(cluster: Path) -> int:
    digits = cluster.name.removeprefix("postgres-")
    return int(digits) if digits.isdigit() else 0


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
