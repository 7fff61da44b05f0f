"""The lock files: exact, hashed, the same in both, and naming no registry."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pins(name: str) -> dict[str, str]:
    """Give package and version of every line that pins one."""
    lines = (ROOT / name).read_text().splitlines()
    matches = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;]+)", line) for line in lines)
    return {match[1]: match[2] for match in matches if match}


def test_the_development_lock_holds_all_of_the_other_in_the_same_versions() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert len(run) > 30
    assert {name: dev.get(name) for name in run} == run


def test_every_pin_has_hashes_and_no_registry_is_named() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries)
        assert not re.search(r"https?://|index-url|find-links|trusted-host", text)


def test_every_wanted_package_is_locked() -> None:
    for wanted, lock in (("requirements.in", "requirements.lock"), ("requirements-dev.in", "requirements-dev.lock")):
        names = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", (ROOT / wanted).read_text(), flags=re.MULTILINE)
        locked = {name.lower().replace("_", "-") for name in pins(lock)}
        assert [name for name in names if name.lower().replace("_", "-") not in locked] == []
