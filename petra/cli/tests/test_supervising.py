"""The supervisor with small real children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from petra.cli.supervising import Child, GaveUp, Supervisor
from petra.lib import processes


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(say=said.append, final_codes=frozenset({3}))
    yield made
    made.stop()


def child(code: str, *, stop_wait_s: float = 5) -> Child:
    return Child("The child", [sys.executable, "-c", code], dict(os.environ), stop_wait_s=stop_wait_s)


def tick_until(supervisor: Supervisor, is_so: Callable[[], bool]) -> None:
    for _ in range(150):
        if is_so():
            return
        supervisor.tick()
    raise AssertionError("it did not come to that within 15 s")


SLEEPS = "import time; time.sleep(60)"


def pid_of(one: Child) -> int:
    return one.process.pid if one.process else 0


def test_a_killed_child_is_started_again_and_told_of(supervisor: Supervisor, said: list[str]) -> None:
    one = child(SLEEPS)
    supervisor.add(one)
    first = pid_of(one)
    os.kill(first, signal.SIGKILL)
    tick_until(supervisor, lambda: pid_of(one) not in {0, first})
    assert said == ["The child ended by itself (signal SIGKILL); starting it again in 0.5 s."]


def test_one_that_dies_at_once_is_started_less_and_less_often(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.add(child("raise SystemExit(1)"))
    tick_until(supervisor, lambda: len(said) == 2)
    assert said[0].endswith("(exit code 1); starting it again in 0.5 s.")
    assert said[1].endswith("(exit code 1); starting it again in 1 s.")


def test_one_that_says_it_cannot_run_is_not_started_again(supervisor: Supervisor) -> None:
    supervisor.add(child("raise SystemExit(3)"))
    with pytest.raises(GaveUp) as caught:
        tick_until(supervisor, lambda: False)
    assert caught.value.exit_code == 3


def test_stop_lets_children_finish_and_kills_who_will_not(supervisor: Supervisor, tmp_path: Path) -> None:
    polite = tmp_path / "polite"
    finishing = child(
        "import signal, sys, time, pathlib\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(polite)!r}).write_text('done'), sys.exit()))\n"
        f"pathlib.Path({str(polite)!r}).write_text('ready'); time.sleep(60)"
    )
    deaf = child("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", stop_wait_s=0.2)
    supervisor.add(finishing)
    supervisor.add(deaf)
    tick_until(supervisor, lambda: polite.exists() and polite.read_text() == "ready")
    pids = [pid_of(finishing), pid_of(deaf)]
    supervisor.stop()
    assert polite.read_text() == "done"
    assert not any(processes.is_alive(pid) for pid in pids)


def test_a_signal_is_taken_as_the_wish_to_stop(supervisor: Supervisor) -> None:
    with supervisor.listening():
        assert not supervisor.is_stopping
        os.kill(os.getpid(), signal.SIGTERM)
        tick_until(supervisor, lambda: supervisor.is_stopping)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent's life")
def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    code = (
        "from petra.cli.supervising import *\n"
        "one = Child('x', [sys.executable, '-c', 'import time; time.sleep(60)'], dict(os.environ))\n"
        "Supervisor(say=print, final_codes=frozenset()).add(one); print(one.process.pid, flush=True); time.sleep(60)"
    )
    root = Path(processes.__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert processes.is_alive(pid)
    parent.kill()
    parent.communicate()
    for _ in range(200):
        if not processes.is_alive(pid):
            return
        time.sleep(0.02)
    raise AssertionError("the child lives on")


def test_whoever_waits_for_a_slow_end_is_told_why(supervisor: Supervisor, said: list[str]) -> None:
    one = child("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", stop_wait_s=2.5)
    supervisor.add(one)
    time.sleep(1.0)  # until it is deaf
    with supervisor.listening():
        os.kill(os.getpid(), signal.SIGINT)
        supervisor.stop()
    assert len(said) == 1 and said[0].startswith("The child finishes what it has begun, for at most 2.5 s.")
