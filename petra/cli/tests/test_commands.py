"""The command line as programs and people meet it: help, JSON, exit codes, sentences."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from petra.lib import postgres, seal

ROOT = Path(postgres.__file__).parents[2]
COMMANDS = [
    "serve", "web", "worker", "simulator", "migrate", "demo", "doctor", "import", "plan", "publish", "accounts", "keys",
]  # fmt: skip


def petra(*words: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "DJANGO_", "PETRA_", "SIMULATOR_"))}
    environment = {
        **kept,
        "PETRA_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        "COLUMNS": "120",
        **settings,
    }
    command = [sys.executable, "-P", "-m", "petra.cli", *words]
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home whose database was migrated, with no person in it."""
    with postgres.short_folder() as folder:
        done = petra("migrate", home=folder / "home")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "The database is at this version.\n"
        yield folder / "home"


def checks_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_help_names_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    done = petra("--help", home=tmp_path)
    assert done.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in done.stdout
    assert "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not ready" in done.stdout
    assert "bring-up" not in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_speaks_json(command: str, tmp_path: Path) -> None:
    done = petra(command, "--help", home=tmp_path)
    assert done.returncode == 0
    assert "Usage: petra " in done.stdout
    if command not in {"accounts", "keys"}:
        assert "--json" in done.stdout


def test_nonsense_is_wrong_usage(tmp_path: Path) -> None:
    assert petra("pubish", home=tmp_path).returncode == 2
    assert petra("serve", "--port", "seventy", home=tmp_path).returncode == 2
    assert petra("plan", home=tmp_path).returncode == 2


def test_commands_do_not_need_a_home_to_explain_themselves(tmp_path: Path) -> None:
    petra("--help", home=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_doctor_finds_what_is_missing_and_says_what_to_do(home: Path) -> None:
    done = petra("doctor", "--json", home=home)
    assert done.returncode == 1
    found = checks_of(done)
    well = {"database", "role", "clock", "migrations", "row security", "queue", "keys", "session key", "storage"}
    assert {name for name, check in found.items() if check["state"] == "ok"} == well
    assert found["worker"]["state"] == "mend"
    assert "petra serve" in found["worker"]["todo"]
    assert "Forced on all" in found["row security"]["found"]
    for_people = petra("doctor", home=home)
    assert "✗ worker" in for_people.stdout
    assert "→ Start one" in for_people.stdout


def test_doctor_sees_a_strong_role_an_open_key_file_and_a_plain_address(home: Path) -> None:
    server = postgres.Embedded(home)
    server.start()
    (home / "keys").chmod(0o644)
    try:
        strong = server.admin_url.replace("/postgres?", "/petra?")
        done = petra("doctor", "--json", home=home, DATABASE_URL=strong, PUBLIC_URL="http://petra.example")
        found = checks_of(done)
    finally:
        (home / "keys").chmod(0o600)
        server.stop()
    assert "a superuser and above row security" in found["role"]["found"]
    assert "chmod 600" in found["keys"]["todo"]
    assert "is not https" in found["address"]["found"]
    assert done.returncode == 1


def test_doctor_without_a_database_looks_at_everything_else(home: Path) -> None:
    done = petra("doctor", "--json", home=home, DATABASE_URL="postgresql://petra_app@/petra?host=/nowhere")
    found = checks_of(done)
    assert done.returncode == 1
    assert found["database"]["state"] == "mend"
    assert found["keys"]["state"] == "ok"


def test_doctor_sees_a_database_that_was_not_migrated() -> None:
    with postgres.short_folder() as folder:
        done = petra("doctor", "--json", home=folder / "home")
    found = checks_of(done)
    assert found["migrations"]["todo"] == "Run `petra migrate`."
    assert found["worker"]["state"] == "mend"


def test_keys_are_listed_made_and_added_without_being_shown(home: Path) -> None:
    before = json.loads(petra("keys", "list", "--json", home=home).stdout)
    added = json.loads(petra("keys", "add", "--json", home=home).stdout)["key"]
    after = json.loads(petra("keys", "list", "--json", home=home).stdout)
    assert after == [{"key": added, "seals": True}, {"key": before[0]["key"], "seals": False}]
    assert (home / "keys").stat().st_mode & 0o777 == 0o600
    rotated = petra("keys", "rotate", "--json", home=home)
    assert json.loads(rotated.stdout) == {"seen": 0, "resealed": 0, "unreadable": 0}
    for key in (home / "keys").read_text().split():
        assert key not in petra("keys", "list", home=home).stdout
    fresh = petra("keys", "new", home=home).stdout.strip()
    assert len(seal.KeyRing.parse(fresh).keys) == 1


def test_keys_from_the_environment_are_not_changed_behind_its_back(home: Path) -> None:
    done = petra("keys", "add", "--json", home=home, PETRA_KEYS=seal.new_key())
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "keys_elsewhere"


def test_a_malformed_key_is_one_sentence(home: Path) -> None:
    done = petra("keys", "list", home=home, PETRA_KEYS="abc")
    assert done.returncode == 3
    assert done.stderr == "A key in PETRA_KEYS is not 32 bytes in base64. Make one with `petra keys new`.\n"


def test_commands_for_a_person_say_that_nobody_is_here_yet(home: Path) -> None:
    done = petra("accounts", "list", "--json", home=home)
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "no_workspace"


def test_a_database_out_of_reach_is_one_sentence(home: Path) -> None:
    done = petra("accounts", "list", home=home, DATABASE_URL="postgresql://petra_app@/petra?host=/nowhere")
    assert done.returncode == 3
    assert done.stderr.startswith("The database can't be reached (")
    assert "Traceback" not in done.stderr


def test_the_simulator_says_that_its_port_is_taken(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = petra("simulator", "--port", str(taken.getsockname()[1]), home=home)
    assert done.returncode == 3
    assert "SIMULATOR_PORT=" in done.stderr
