"""The parts of `postgres.py` that know PostgreSQL's own files and signals: one run of `initdb` or `postgres`, and what
can be told of a server from its folder."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from petra.lib import clock, processes
from petra.lib.errors import ProductError
from petra.lib.postgres_programs import Person, Programs

PORT = 5432  # only names the socket file; nothing listens on TCP
TICK_S = 0.005
_STOP_WAIT_S = 20.0
_DURABLE = {"max_connections": "200", "timezone": "UTC", "log_timezone": "UTC", "jit": "off"}
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says (its lines are fixed in miscadmin.h, PostgreSQL 15-18)."""

    pid: int
    socket_folder: Path
    is_ready: bool


def read_postmaster(data: Path) -> Postmaster | None:
    """Read the pid file of a data folder; None when there is none or it is being written."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return Postmaster(pid=int(lines[0]), socket_folder=Path(lines[4]), is_ready=lines[7].strip() == "ready")
    except (FileNotFoundError, IndexError, ValueError):
        return None


def answers(socket_folder: Path) -> bool:
    """Say whether somebody accepts connections on the socket in this folder."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(2)
        try:
            caller.connect(str(socket_folder / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
    return True


def make_data(data: Path, *, programs: Programs, person: Person, admin: str, password_file: Path, fast: bool) -> None:
    """Run `initdb` in an empty folder that belongs to `person`."""
    # The built-in collation provider came with version 17; before that C.UTF-8 is glibc's.
    locale = ["--locale=C.UTF-8"]
    if programs.major >= 17:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    options = ["-U", admin, "-A", "scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8", "--data-checksums"]
    # One sync at the end instead of one for each step.
    _run_initdb(programs, person, [f"--pgdata={data}", *options, *locale, "--no-sync", "--no-instructions"])
    if not fast:
        _run_initdb(programs, person, [f"--pgdata={data}", "--sync-only"])


def launch(
    data: Path, *, programs: Programs, person: Person, socket_folder: Path, log: Path, fast: bool
) -> subprocess.Popen[bytes]:
    """Start `postgres` as a child that the kernel shuts down cleanly when we die (on Linux)."""
    settings = _DURABLE | (_FAST if fast else {})
    settings |= {"listen_addresses": "", "port": str(PORT)}
    settings |= {"unix_socket_directories": str(socket_folder), "unix_socket_permissions": "0700"}
    words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    with log.open("wb") as output:
        return subprocess.Popen(
            [str(programs.bin / "postgres"), "-D", str(data), *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(),
            cwd="/",
            start_new_session=True,  # Ctrl-C is for us: the database goes last
            preexec_fn=processes.die_with_parent(signal.SIGINT),  # noqa: PLW1509  one system call, prepared before the fork
            user=_other(person.uid),
            group=_other(person.gid),
            extra_groups=[] if _other(person.uid) else None,
        )


def end_leftover(data: Path) -> None:
    """End a server whose owner is gone, and forget a pid file that lies. Call while holding the lock of the folder."""
    running = read_postmaster(data)
    if running is None:
        return
    if processes.is_alive(running.pid) and str(data) in processes.command_of(running.pid):
        end(running.pid)
    else:
        # The number may belong to another program by now (containers start counting anew), and PostgreSQL would refuse.
        (data / "postmaster.pid").unlink(missing_ok=True)


def end(pid: int, child: subprocess.Popen[bytes] | None = None) -> None:
    """End a server: connections are cut and all is written (SIGINT); without grace only if that takes too long."""
    for how, wait_s in ((signal.SIGINT, _STOP_WAIT_S), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = clock.monotonic() + wait_s
        while clock.monotonic() < deadline:
            if (child.poll() is not None) if child else not processes.is_alive(pid):
                return
            time.sleep(TICK_S)


def _run_initdb(programs: Programs, person: Person, arguments: list[str]) -> None:
    done = subprocess.run(
        [str(programs.bin / "initdb"), *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=_environment(),
        cwd="/",
        check=False,
        user=_other(person.uid),
        group=_other(person.gid),
        extra_groups=[] if _other(person.uid) else None,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise ProductError("postgres_failed", f"The database could not be made ({last[0][-200:]}).")


def _other(number: int) -> int | None:
    """Only root changes who it is; everybody else stays what they are."""
    return number if os.geteuid() == 0 and number != 0 else None


def _environment() -> dict[str, str]:
    """Only what the programs need: PG… variables of the person's shell would be taken as orders."""
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if key in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
