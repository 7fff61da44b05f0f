"""What `petra doctor` looks at. Each group asks one part of the installation and gives what it found, in plain words.

Import it only after Django is set up. Reads only; the one file it writes, it takes away again.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection

from petra import migrating
from petra.accounts import developer_apps
from petra.cli import preparing
from petra.lib import addresses, clock, seal, workers
from petra.lib.errors import ProductError
from petra.lib.outbound import Outbound
from petra.lib.postgres_programs import MIN_MAJOR
from petra.networks.registry import NETWORKS
from petra.tenancy import rowsecurity

_MAX_SKEW_S = 2.0
_LEAST_FREE_BYTES = 500 * 1024 * 1024
_LONG_WAIT_S = 60.0


@dataclass(frozen=True)
class Check:
    """One thing looked at. `state`: ok, look (works, but know this) or mend; `todo` says what to do, if anything."""

    name: str
    state: str
    found: str
    todo: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing must be mended here."""
        return self.state != "mend"

    def as_value(self) -> dict[str, str]:
        """Give the check for JSON."""
        return asdict(self)


def database(*, is_embedded: bool) -> Iterator[Check]:
    """Is the server new enough, is the role weak enough, do the clocks agree?"""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version'), current_setting('server_version_num')::int")
        version, number = cursor.fetchone()
        where = "embedded" if is_embedded else "a server of its own"
        if number >= MIN_MAJOR * 10000:
            yield Check("database", "ok", f"PostgreSQL {version} ({where}).")
        else:
            yield Check("database", "mend", f"PostgreSQL {version}.", f"Use PostgreSQL {MIN_MAJOR} or newer.")
        yield _role()
        before = clock.now()
        cursor.execute("select clock_timestamp()")
        there = cursor.fetchone()[0]
        middle = before + (clock.now() - before) / 2
    skew_s = abs((there - middle).total_seconds())
    if skew_s <= _MAX_SKEW_S:
        yield Check("clock", "ok", f"This machine and the database differ by {skew_s * 1000:.0f} ms.")
    else:
        todo = "Set both clocks by the network (NTP): publishing on time depends on them."
        yield Check("clock", "mend", f"This machine and the database differ by {skew_s:.1f} s.", todo)


def _role() -> Check:
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_user, rolsuper, rolbypassrls,"
            " exists (select from pg_class where relowner = r.oid and relkind in ('r', 'p'))"
            " or exists (select from pg_class c where c.relkind in ('r', 'p')"
            " and pg_has_role(r.oid, c.relowner, 'member')) from pg_roles r where rolname = current_user"
        )
        name, is_super, bypasses, owns = cursor.fetchone()
    faults = [
        word for word, has in (("a superuser", is_super), ("above row security", bypasses), ("an owner", owns)) if has
    ]
    if not faults:
        return Check("role", "ok", f"{name} owns nothing and stands under row security.")
    todo = "Name a role in DATABASE_URL that is none of these; docs/running.md has the statements that make it."
    return Check("role", "mend", f"{name} is {' and '.join(faults)}: workspaces would not be kept apart.", todo)


def schema() -> Iterator[Check]:
    """Have all migrations run, and does every tenant table keep workspaces apart?"""
    if not migrating.is_current():
        yield Check("migrations", "mend", "The database is not at this version.", "Run `petra migrate`.")
        return
    yield Check("migrations", "ok", "The database is at this version.")
    tables = sorted(model._meta.db_table for model in rowsecurity.tenant_models())
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class c where relname = any(%s) and relrowsecurity and relforcerowsecurity"
            " and relnamespace = 'public'::regnamespace and exists (select from pg_policy p where p.polrelid = c.oid)",
            [tables],
        )
        kept = {row[0] for row in cursor.fetchall()}
    bare = [table for table in tables if table not in kept]
    if bare:
        yield Check("row security", "mend", f"Missing on {', '.join(bare)}.", "Run `petra migrate`.")
    else:
        yield Check("row security", "ok", f"Forced on all {len(tables)} tables of workspaces.")


def work() -> Iterator[Check]:
    """Does a worker live, does work wait, and was a job set aside?"""
    try:
        found = workers.work()
    except DatabaseError:
        yield Check("worker", "mend", "The queue's tables are missing.", "Run `petra migrate`.")
        return
    start = "Start one: `petra serve` on one machine, `petra worker` on several."
    heard = f", last heard {_age_s(found.heard_at):.0f} s ago" if found.heard_at else ""
    if found.alive:
        gone = f"; {found.gone} went without a word" if found.gone else ""
        yield Check("worker", "ok", f"{found.alive} running{heard}{gone}.")
    else:
        yield Check("worker", "mend", f"None is running{heard}: nothing will be published.", start)
    if found.oldest_s <= _LONG_WAIT_S:
        yield Check("queue", "ok", f"{found.waiting} jobs wait.")
    else:
        todo = "Start more workers, or look into their log." if found.alive else start
        yield Check("queue", "mend", f"{found.waiting} jobs wait, the oldest for {found.oldest_s:.0f} s.", todo)
    if found.parked:
        names = ", ".join(f"{count} of {name}" for name, count in sorted(found.parked.items()))
        todo = "The worker's log says why. They are taken away after PETRA_KEEP_JOBS_DAYS."
        yield Check("set aside", "look", f"{names}: not tried again.", todo)


def _age_s(heard_at: datetime) -> float:
    return max((clock.now() - heard_at).total_seconds(), 0.0)


def secrets_at_rest() -> Iterator[Check]:
    """Are there keys, and can nobody else read them?"""
    try:
        ring = seal.KeyRing.parse(settings.PETRA_KEYS)
    except seal.SealError as error:
        yield Check("keys", "mend", error.for_person, "Start Petra once, or set PETRA_KEYS; never lose a key in use.")
    else:
        yield _file_check("keys", preparing.home() / "keys", f"{len(ring.keys)} in the ring.", "PETRA_KEYS")
    if settings.SECRET_KEY.startswith("only-for"):
        yield Check("session key", "mend", "There is none.", "Start Petra once, or set SECRET_KEY.")
    else:
        yield _file_check("session key", preparing.home() / "secret-key", "There is one.", "SECRET_KEY")


def _file_check(name: str, path: Path, found: str, variable: str) -> Check:
    if os.environ.get(variable) or not path.exists():
        return Check(name, "ok", f"{found[:-1]}, from {variable}.")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return Check(name, "mend", f"Others can read {path} (mode {mode:o}).", f"Run `chmod 600 {path}`.")
    return Check(name, "ok", f"{found[:-1]}, readable only by you.")


def files() -> Iterator[Check]:
    """Can pictures be stored?"""
    wanted = Path(settings.MEDIA_ROOT)
    root = next(folder for folder in (wanted, *wanted.parents) if folder.is_dir())  # the rest is made when needed
    probe = root / f".probe-{secrets.token_hex(4)}"
    try:
        probe.write_text("")
        probe.unlink()
        free = shutil.disk_usage(root).free
    except OSError as error:
        yield Check("storage", "mend", f"{root} can't be written to ({error.strerror}).", "Make the folder writable.")
        return
    if free < _LEAST_FREE_BYTES:
        yield Check("storage", "mend", f"Only {free // 2**20} MB are free in {root}.", "Make room on that disk.")
    else:
        yield Check("storage", "ok", f"{root} is writable, {free / 2**30:.0f} GB free.")


def outside(*, is_online: bool) -> Iterator[Check]:
    """Which networks are set up, and from where can Petra be reached?"""
    if settings.SIMULATOR_URL:
        yield Check("networks", "look", f"Simulated at {settings.SIMULATOR_URL}: nothing really goes out.")
    else:
        ready = [network.label for network in NETWORKS.values() if developer_apps.is_configured(network)]
        todo = "" if ready else "Set the keys of a developer app (docs/running.md), or try Petra with `petra serve`."
        yield Check("networks", "ok" if ready else "look", f"Set up: {', '.join(ready) or 'none'}.", todo)
    if not settings.PUBLIC_URL:
        found = "PUBLIC_URL is empty: only this machine reaches Petra, and pictures are sent along with each post."
        yield Check("address", "look", found)
        return
    if not settings.IS_SECURE:
        yield Check(
            "address", "mend", f"{settings.PUBLIC_URL} is not https.", "Put Petra behind https (docs/running.md)."
        )
    elif is_online:
        yield _call(settings.PUBLIC_URL)
    else:
        yield Check("address", "ok", f"{settings.PUBLIC_URL} (not called; `petra doctor --online` does).")


def _call(url: str) -> Check:
    parts = urlsplit(url)
    # The operator's own address, which may well lie on a private network as seen from here.
    own = frozenset({(parts.hostname or "", parts.port or 443)})
    try:
        with Outbound(allow_private=own) as outbound:
            answer = outbound.get(f"{url}/healthz", max_bytes=1000)
    except (ProductError, addresses.BadAddress) as error:
        return Check(
            "address", "mend", f"{url}: {error.for_person}", "Look at the name, the proxy and its certificate."
        )
    if answer.status == 200:
        return Check("address", "ok", f"{url} answers.")
    return Check("address", "mend", f"{url}/healthz answers with {answer.status}.", "Look at the proxy.")


def look(*, is_embedded: bool, is_online: bool) -> Iterator[Check]:
    """Look at everything. Without a database, at everything else."""
    try:
        yield from database(is_embedded=is_embedded)
        yield from schema()
        yield from work()
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        todo = "Start the server, or mend DATABASE_URL; without it Petra runs a server of its own."
        yield Check("database", "mend", f"It can't be reached: {reason}.", todo)
    yield from secrets_at_rest()
    yield from files()
    yield from outside(is_online=is_online)
