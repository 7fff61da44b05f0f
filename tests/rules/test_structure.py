"""The house rules a machine can hold: one way for imports, no network's name outside its folder, short files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from petra.networks.registry import NETWORKS

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "petra"
# Every network Petra has or will have: a name must not appear before its folder does, either.
NAMES = {*NETWORKS, "pinterest", "instagram", "facebook", "linkedin", "youtube", "bluesky", "mastodon"}
HOME_OF_NAMES = ("petra/networks/", "petra/simulator/")
# Longer than 500 lines, with the reason.
LONG_FILES: dict[str, str] = {}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources() -> list[Path]:
    files = tracked("petra/*.py", "petra/*.html", "petra/*.js", "petra/*.css")
    return [f for f in files if "/vendor/" not in relative(f) and "/migrations/" not in relative(f)]


def test_imports_go_one_way() -> None:
    linter = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert linter.returncode == 0, linter.stdout


def test_no_network_is_named_outside_its_folder() -> None:
    named = re.compile("|".join(sorted(NAMES)), re.IGNORECASE)
    found = [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in sources()
        if not relative(path).startswith(HOME_OF_NAMES) and "/tests/" not in relative(path)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if named.search(line)
    ]
    assert found == []


def test_every_network_has_a_folder_of_its_own_name_and_all_its_parts() -> None:
    for key, network in NETWORKS.items():
        folder = PRODUCT / "networks" / key
        assert network.key == key
        for part in ("adapter.py", "wire.py", "README.md", "icon.svg", "tests"):
            assert (folder / part).exists(), f"{key} has no {part}"


def test_files_are_short_enough_to_read() -> None:
    files = tracked("*.py", "petra/*.html", "petra/*.css", "petra/*.js")
    long = {
        relative(f): lines
        for f in files
        if not re.search("/vendor/|/migrations/", relative(f))
        and (lines := len(f.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert set(long) == set(LONG_FILES), long


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\bTO" r"DO\b|\bFIX" r"ME\b|\bXX" r"X\b", "a promise without an issue"),
        (r"datetime\.utcnow|datetime\.now\((?!UTC)", "time comes in through lib.clock"),
        (r"\.state\s*=(?!=)\s*State\.", "only publishing.states moves a delivery"),
        (r"^\s*(import|from) procrastinate", "only lib.queue knows the queue"),
        (r"^\s*import random|^\s*from random", "randomness comes in through lib.ids"),
    ],
)
def test_what_the_house_bans_is_not_there(pattern: str, why: str) -> None:
    banned = re.compile(pattern, re.MULTILINE)
    doors = {"petra/lib/clock.py", "petra/lib/queue.py", "petra/lib/ids.py"}
    found = [
        relative(path)
        for path in tracked("petra/*.py")
        if relative(path) not in doors
        and not re.search("/tests/|/migrations/|/vendor/|^petra/simulator/", relative(path))
        and banned.search(path.read_text(encoding="utf-8"))
    ]
    assert found == [], why


def test_nothing_of_this_machine_or_of_a_registry_is_in_the_repository() -> None:
    own_paths = re.compile(rf"{re.escape(str(ROOT.parent))}/|{re.escape(str(Path.home()))}/[a-z.]")
    registry = re.compile(r"https?://[^ ]+\.(whl|tar\.gz|tgz|deb)\b|--(extra-)?index-url|\"resolved\":")
    found = []
    for path in tracked():
        if path.suffix in {".png", ".jpg", ".jpeg", ".webp", ".woff2", ".gz", ".ico"} or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if own_paths.search(text) or registry.search(text):
            found.append(relative(path))
    assert found == []
