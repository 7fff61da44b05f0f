"""Make `.venv` and install what Petra runs on, from the lock file. `make setup` and every other make target call it.

Run by whatever `python3` the machine has, so it uses the standard library only and no syntax newer than Python 3.6: an
old Python must get a sentence, not a syntax error. It does nothing when the lock file has not changed since last time.
"""

import argparse
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

LEAST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
# Asked of an interpreter: is it new enough?
QUESTION = "import sys; sys.exit(sys.version_info[:2] < (3, 11))"


class Stop(Exception):
    """Ends the set-up with one sentence for the person."""


def main() -> int:
    options = argparse.ArgumentParser(description="Make .venv and install what Petra runs on.")
    options.add_argument("--dev", action="store_true", help="also what the tests and checks need")
    asked = options.parse_args()
    try:
        use_a_new_enough_python()
        with Path(__file__).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # `make run` and `make test` may start at once
            set_up("dev" if asked.dev else "run")
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Petra cannot set itself up in {ROOT}: {error.strerror or error} ({error.filename}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run the command again to go on.", file=sys.stderr)
        return 130
    return 0


def use_a_new_enough_python() -> None:
    """Go on under a newer Python of this machine where this one is too old."""
    if sys.version_info[:2] >= LEAST:
        return
    for name in NEWER:
        found = shutil.which(name)
        if found and is_new_enough(found):
            os.execv(found, [found, *sys.argv])  # noqa: S606
    version = ".".join(str(part) for part in sys.version_info[:3])
    raise Stop(f"Petra needs Python 3.11 or newer and this is {version}: install a newer one, then run this again.")


def is_new_enough(python: str) -> bool:
    try:
        return subprocess.call([python, "-c", QUESTION], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def set_up(kind: str) -> None:
    """Make the environment and install one of the two lock files, unless that was done before."""
    wanted = LOCKS[kind]
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    stamp = VENV / f"petra-{kind}"
    is_whole = read(VENV / "petra-root") == str(ROOT) and is_new_enough(str(PYTHON))  # a moved one is full of old paths
    if is_whole and read(stamp) == digest:
        return
    if not is_whole:
        make_environment()
    install(wanted)
    write_launcher()
    stamp.write_text(digest)
    if kind == "dev":  # it holds all of the other
        (VENV / "petra-run").write_text(hashlib.sha256(LOCKS["run"].read_bytes()).hexdigest())


def make_environment() -> None:
    if VENV.exists() and not (VENV / "pyvenv.cfg").exists():
        raise Stop(f"{VENV} is not a Python environment: move it away, then run this again.")
    if not os.access(str(ROOT), os.W_OK):
        raise Stop(f"Petra cannot write to {ROOT}: make the folder writable, or copy it to one of your own.")
    say("Making .venv …")
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        (VENV / "petra-root").write_text(str(ROOT))
        return
    shutil.rmtree(str(VENV), ignore_errors=True)
    if "ensurepip" in done.stdout or "No module named" in done.stdout:
        raise Stop("This Python cannot make environments: install its venv module (Debian and Ubuntu: python3-venv).")
    raise Stop(f"The environment in {VENV} could not be made: {last_line(done.stdout)}")


def install(lock: Path) -> None:
    """Install exactly what the lock file says; nothing is resolved, nothing is compiled."""
    count = sum(1 for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    say(f"Installing {count} packages of {lock.name} (the first time this takes a minute and needs the internet) …")
    began = time.monotonic()
    environment = dict(os.environ, PIP_USER="0")
    environment.pop("PYTHONPATH", None)
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "-q"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        raise Stop("The packages could not be installed: look at pip's words above, then run this again.")
    say(f"Installed in {time.monotonic() - began:.0f} s.")


def write_launcher() -> None:
    """Make `petra` a command of the environment, and this folder importable in it."""
    where = subprocess.check_output(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    (Path(where.strip()) / "petra.pth").write_text(f"{ROOT}\n")
    launcher = VENV / "bin" / "petra"
    # -P: a folder called petra where the person stands must not be taken for this one.
    launcher.write_text(f'#!/bin/sh\nexec {shlex.quote(str(PYTHON))} -P -m petra.cli "$@"\n')
    launcher.chmod(0o755)


def read(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
