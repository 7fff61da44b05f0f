"""Setting up as a person does it: `bootstrap.py` and `make` on machines with something wrong. Nothing is downloaded."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "example-package==1.0 --hash=sha256:00\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the files of the set-up and nothing else."""
    folder = tmp_path / "check out"
    folder.mkdir()
    for name in ("Makefile", "bootstrap.py"):
        shutil.copy(ROOT / name, folder)
    for name in ("requirements.lock", "requirements-dev.lock"):
        (folder / name).write_text("")
    return folder


def run(checkout: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=checkout,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
        timeout=120,
    )


def set_up(checkout: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(checkout, sys.executable, "bootstrap.py", *words, **environment)


def fake_python(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def old_python(checkout: Path, *, path: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up as Python 3.9 would see itself."""
    pretend = "import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['bootstrap.py']; "
    code = pretend + "runpy.run_path('bootstrap.py', run_name='__main__')"
    return run(checkout, sys.executable, "-c", code, PATH=path)


def test_an_old_python_gets_one_sentence(checkout: Path, tmp_path: Path) -> None:
    fake_python(tmp_path / "bin", "python3.12", "exit 1")  # is there, but does not work
    done = old_python(checkout, path=str(tmp_path / "bin"))
    assert done.returncode == 1
    assert (
        done.stderr == "Petra needs Python 3.11 or newer and this is 3.9.2: install a newer one, then run this again.\n"
    )
    assert not (checkout / ".venv").exists()


def test_a_newer_python_beside_the_old_one_is_used(checkout: Path, tmp_path: Path) -> None:
    fake_python(tmp_path / "bin", "python3.13", 'test "$1" = -c && exit 0; echo "went on with $*"')
    done = old_python(checkout, path=str(tmp_path / "bin"))
    assert done.returncode == 0
    assert done.stdout == "went on with bootstrap.py\n"


def test_no_python_at_all_gets_one_sentence(checkout: Path) -> None:
    done = run(checkout, "make", "setup", "PYTHON=no-such-python")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("Petra needs Python 3.11 or newer and found no no-such-python")


def test_a_folder_that_cannot_be_written_gets_one_sentence(checkout: Path) -> None:
    (checkout / ".venv").write_text("not a folder")  # read-only folders do not stop root
    done = set_up(checkout)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert ".venv" in done.stderr


def test_a_folder_that_is_no_environment_is_not_deleted(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "thesis.txt").write_text("years of work")
    done = set_up(checkout)
    assert done.returncode == 1
    assert "is not a Python environment: move it away" in done.stderr
    assert (checkout / ".venv" / "thesis.txt").exists()


@pytest.mark.slow
def test_set_up_makes_an_environment_once_and_again_when_the_folder_moves(checkout: Path) -> None:
    package = checkout / "petra" / "cli"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import sys; print('petra', *sys.argv[1:])")
    first = set_up(checkout)
    assert (first.returncode, first.stderr) == (0, "")
    assert "Making .venv" in first.stdout
    said = run(checkout.parent, str(checkout / ".venv" / "bin" / "petra"), "serve", "--port", "9000")
    assert said.stdout == "petra serve --port 9000\n"
    assert set_up(checkout).stdout == ""  # nothing to do

    moved = checkout.rename(checkout.with_name("moved"))
    assert "Making .venv" in set_up(moved).stdout
    assert run(moved, ".venv/bin/petra").stdout == "petra\n"

    (moved / "requirements.lock").write_text(PACKAGE)
    broken = set_up(moved, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert broken.returncode == 1
    assert "The packages could not be installed" in broken.stderr
    stamp = (moved / ".venv" / "petra-run").read_text()
    assert stamp != hashlib.sha256(PACKAGE.encode()).hexdigest()  # so the next run tries again
