"""The embedded server as its users see it: real programs, real processes, real kill -9."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from petra.lib import clock, postgres, postgres_programs, postgres_server, processes
from petra.lib.errors import ProductError
from petra.lib.postgres_programs import Person

NOBODY = pwd.getpwnam("nobody")
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can run a server as somebody else")

CHILD = """
import json, os, sys, threading
from pathlib import Path
import psycopg, encodings.idna
from petra.lib import postgres, postgres_server
home, uid = Path(sys.argv[1]), int(sys.argv[2])
if uid != os.geteuid():  # imports done: the interpreter itself may lie where this user can't read
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
server = postgres.Embedded(home)
try:
    server.start()
    server.ensure_roles_and_database()
except postgres.ProductError as error:
    print(json.dumps([error.code, error.for_person]), flush=True)
    sys.exit(1)
running = postgres_server.read_postmaster(server.cluster / "data")
print(json.dumps([server.owner_url, running.pid, str(server.cluster)]), flush=True)
sys.stdin.readline()
server.stop()
"""


class Child:
    """Another Petra process that runs the embedded server of `home` until told to stop."""

    def __init__(self, home: Path, *, uid: int | None = None) -> None:
        uid = os.geteuid() if uid is None else uid
        environment = dict(os.environ)
        if uid != os.geteuid():
            person = Person(name="nobody", uid=uid, gid=NOBODY.pw_gid)
            reachable = postgres_programs.within_reach(postgres_programs.discover(), person)
            environment["PETRA_POSTGRES_BIN"] = str(reachable.bin)
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(home), str(uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(postgres.__file__).parents[2],
        )

    def answer(self) -> list[str]:
        assert self.process.stdout is not None
        words: list[str] = json.loads(self.process.stdout.readline())
        return words

    def stop(self) -> None:
        self.process.communicate("stop\n", timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)


@pytest.fixture
def home() -> Iterator[Path]:
    with postgres.short_folder() as folder:
        yield folder / "home"


def gone(pid: int, *, within_s: float = 10) -> bool:
    deadline = clock.monotonic() + within_s
    while clock.monotonic() < deadline:
        if not processes.is_alive(pid):
            return True
        time.sleep(0.01)
    return False


def test_first_and_second_start_are_quick_and_data_survive(home: Path) -> None:
    server = postgres.Embedded(home)
    began = clock.monotonic()
    server.start()
    server.ensure_roles_and_database()
    first_s = clock.monotonic() - began
    with psycopg.connect(server.owner_url) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (7)")
    server.stop()
    assert not server.is_running()
    began = clock.monotonic()
    server.start()
    second_s = clock.monotonic() - began
    try:
        with psycopg.connect(server.owner_url) as connection:
            assert connection.execute("select n from kept").fetchall() == [(7,)]
    finally:
        server.stop()
    assert first_s < 10  # 0.8 s on a quiet machine
    assert second_s < 2  # 0.04 s on a quiet machine


def test_roles_are_as_weak_as_promised(home: Path) -> None:
    with postgres.temporary() as server:
        with psycopg.connect(server.app_url) as connection:
            rows = connection.execute(
                "select rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolcanlogin from pg_roles "
                "where rolname ~ '^petra_' and rolname <> 'petra_admin' order by 1"
            ).fetchall()
            assert rows == [
                ("petra_app", False, False, False, False, True),
                ("petra_finder", False, False, False, False, False),
                ("petra_owner", False, False, False, False, True),
            ]
            owner = connection.execute("select pg_get_userbyid(datdba) from pg_database where datname = 'petra'")
            assert owner.fetchone() == ("petra_owner",)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("create table mine (n int)")
        server.ensure_roles_and_database()


def test_nothing_listens_on_tcp_and_secrets_are_private(home: Path) -> None:
    with postgres.temporary() as server:
        with psycopg.connect(server.admin_url) as connection:
            assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert (server.cluster / "passwords").stat().st_mode & 0o777 == 0o600
        for folder in ("data", "socket"):
            assert (server.cluster / folder).stat().st_mode & 0o777 == 0o700
        assert "password.new" not in {path.name for path in server.cluster.iterdir()}
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.app_url.replace("petra_app:", "petra_app:wrong"))


def test_durability_is_on_unless_told_otherwise(home: Path) -> None:
    server = postgres.Embedded(home)
    server.start()
    try:
        with psycopg.connect(server.admin_url) as connection:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                assert connection.execute("select current_setting(%s)", [name]).fetchone() == ("on",)
            assert connection.execute("select lower('ÄÖ'), current_setting('timezone')").fetchone() == ("äö", "UTC")
    finally:
        server.stop()


def test_kill_9_of_the_owner_leaves_no_server_and_loses_nothing(home: Path) -> None:
    for expected in range(2):
        child = Child(home)
        url, pid, _ = child.answer()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create table if not exists acknowledged (n int)")
            assert connection.execute("select count(*) from acknowledged").fetchone() == (expected,)
            connection.execute("insert into acknowledged values (%s)", [expected])
        child.kill()
        assert gone(int(pid))


def test_a_second_process_uses_the_running_server(home: Path) -> None:
    owner = Child(home)
    url, pid, _ = owner.answer()
    other = postgres.Embedded(home)
    other.start()
    assert not other.is_ours
    assert other.owner_url == url
    other.stop()
    assert processes.is_alive(int(pid))  # it was not ours to stop
    owner.stop()
    assert gone(int(pid))
    successor = postgres.Embedded(home)
    successor.start()
    assert successor.is_ours
    successor.stop()


def test_two_processes_that_start_at_once_share_one_server(home: Path) -> None:
    children = [Child(home), Child(home)]
    try:
        answers = [child.answer() for child in children]
        assert answers[0] == answers[1]
    finally:
        for child in children:
            child.kill()


def test_a_killed_server_is_started_again(home: Path) -> None:
    server = postgres.Embedded(home)
    server.start()
    try:
        running = postgres_server.read_postmaster(server.cluster / "data")
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        deadline = clock.monotonic() + 10
        while server.is_running() and clock.monotonic() < deadline:
            time.sleep(0.01)
        assert not server.is_running()
        server.start()
        assert server.is_running()
    finally:
        server.stop()


def test_a_pid_file_that_names_another_program_does_not_stand_in_the_way(home: Path) -> None:
    server = postgres.Embedded(home)
    server.start()
    kept = (server.cluster / "data" / "postmaster.pid").read_text().splitlines()
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        kept[0] = str(stranger.pid)
        (server.cluster / "data" / "postmaster.pid").write_text("\n".join(kept) + "\n")
        server.start()
        assert server.is_running()
        assert stranger.poll() is None
    finally:
        server.stop()
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("name", ["x" * 120, "größe, with spaces"])
def test_long_and_odd_paths_work(home: Path, name: str) -> None:
    server = postgres.Embedded(home.parent / name, fast=True)
    server.start()
    try:
        server.ensure_roles_and_database()
        with psycopg.connect(server.app_url) as connection:
            assert connection.execute("select current_user").fetchone() == ("petra_app",)
        elsewhere = server._throwaway_folder
        assert elsewhere is not None
    finally:
        server.stop()
    assert not elsewhere.exists()


def test_a_home_that_cannot_be_made_gets_one_clear_sentence(home: Path) -> None:
    home.parent.joinpath("file").write_text("")
    with pytest.raises(ProductError) as caught:
        postgres.Embedded(home.parent / "file" / "home").start()
    assert caught.value.code == "home_not_writable"
    assert "Not a directory" in caught.value.for_person
    assert caught.value.for_person.count(". ") == 0


def test_missing_programs_get_one_clear_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETRA_POSTGRES_BIN", "/nowhere")
    with pytest.raises(ProductError, match="found none in PETRA_POSTGRES_BIN") as caught:
        postgres.Embedded(home).start()
    assert caught.value.code == "postgres_missing"


def test_data_of_another_version_are_not_touched(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "postgres-99" / "data").mkdir(parents=True)
    with pytest.raises(ProductError, match="needs PostgreSQL 99 and found only"):
        postgres.Embedded(home).start()


def test_lost_passwords_are_said_so(home: Path) -> None:
    server = postgres.Embedded(home, fast=True)
    server.start()
    try:
        (server.cluster / "passwords").unlink()
        with pytest.raises(ProductError, match="put the file back"):
            server.ensure_roles_and_database()
    finally:
        server.stop()


def test_a_broken_data_folder_gets_one_clear_sentence_and_leaves_nothing_running(home: Path) -> None:
    server = postgres.Embedded(home, fast=True)
    server.start()
    server.stop()
    (server.cluster / "data" / "postgresql.conf").write_text("nonsense = \n")
    with pytest.raises(ProductError, match="did not start") as caught:
        server.start()
    assert str(server.cluster / "log") in caught.value.for_person
    assert not server.is_ours


def test_an_interrupted_first_start_is_begun_anew(home: Path) -> None:
    server = postgres.Embedded(home, fast=True)
    cluster = home / f"postgres-{postgres_programs.discover().major}"
    (cluster / "data.new").mkdir(parents=True)
    (cluster / "data.new" / "half").write_text("")
    home.chmod(0o711)
    cluster.chmod(0o711)
    server.start()
    try:
        assert not (cluster / "data.new").exists()
    finally:
        server.stop()


@needs_root
def test_root_runs_the_server_as_nobody_and_a_closed_home_stays_closed(home: Path) -> None:
    home.mkdir(mode=0o700)
    server = postgres.Embedded(home, fast=True)
    server.start()
    store = server.cluster.parent
    try:
        running = postgres_server.read_postmaster(server.cluster / "data")
        assert running is not None
        assert Path(f"/proc/{running.pid}").stat().st_uid == NOBODY.pw_uid
        assert store.parent == postgres_programs.ROOT_STORE
        assert (home / server.cluster.name).resolve() == server.cluster
        assert home.stat().st_mode & 0o777 == 0o700
        server.stop()
        server.start()
        assert server.cluster.parent == store
    finally:
        server.stop()
        shutil.rmtree(store)
    with pytest.raises(ProductError, match="which is gone"):
        server.start()


@needs_root
def test_root_makes_a_new_home_that_its_server_can_pass_through(home: Path) -> None:
    with postgres.temporary() as server:
        assert server.cluster == server.home / server.cluster.name
        assert server.home.stat().st_mode & 0o777 == 0o711
        assert (server.cluster / "data").owner() == "nobody"


@needs_root
def test_a_normal_user_runs_the_server_as_itself(home: Path) -> None:
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
    child = Child(home, uid=NOBODY.pw_uid)
    url, pid, cluster = child.answer()
    assert url.startswith("postgresql://petra_owner")
    assert cluster == str(home / Path(cluster).name)
    assert Path(f"/proc/{pid}").stat().st_uid == NOBODY.pw_uid
    child.kill()
    assert gone(int(pid))
    # Root may use the same home afterwards: the server keeps running as the owner of the data.
    server = postgres.Embedded(home)
    server.start()
    server.stop()
    assert (Path(cluster) / "data").stat().st_uid == NOBODY.pw_uid


@needs_root
def test_a_read_only_home_gets_one_clear_sentence(home: Path) -> None:
    home.mkdir(mode=0o755)
    child = Child(home, uid=NOBODY.pw_uid)
    code, sentence = child.answer()
    child.kill()
    assert code == "home_not_writable"
    assert "Permission denied" in sentence
    assert "PETRA_HOME" in sentence


@needs_root
def test_a_home_of_another_user_gets_one_clear_sentence(home: Path) -> None:
    server = postgres.Embedded(home, fast=True)
    server.start()
    server.stop()
    home.chmod(0o755)
    child = Child(home, uid=NOBODY.pw_uid)
    code, sentence = child.answer()
    child.kill()
    assert code == "home_of_another"
    assert "belongs to user root" in sentence


@needs_root
def test_a_user_without_a_name_is_told_so(home: Path) -> None:
    home.mkdir()
    os.chown(home, 54321, 54321)
    child = Child(home, uid=54321)
    code, _ = child.answer()
    child.kill()
    assert code == "user_without_name"


@needs_root
def test_programs_out_of_reach_are_copied_and_run(home: Path) -> None:
    home.mkdir(mode=0o700)
    real = postgres_programs.discover()
    package = real.bin.parent.parent
    for folder in (real.bin.parent, package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, home / folder.relative_to(package.parent), symlinks=True)
    bin_folder = home / real.bin.relative_to(package.parent)
    closed = postgres_programs.Programs(bin=bin_folder, version=real.version, major=real.major)
    person = Person(name="nobody", uid=NOBODY.pw_uid, gid=NOBODY.pw_gid)
    assert not postgres_programs.can_reach(closed.bin, person)
    copy = postgres_programs.within_reach(closed, person)
    try:
        assert copy.bin.is_relative_to(postgres_programs.ROOT_STORE)
        command = [str(copy.bin / "initdb"), "--version"]
        said = subprocess.run(command, capture_output=True, text=True, user=person.uid, check=True)
        assert real.version in said.stdout
        assert postgres_programs.within_reach(closed, person) == copy
    finally:
        shutil.rmtree(copy.bin.parent.parent.parent)
