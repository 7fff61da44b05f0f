"""Keeps child processes running: starts them, starts them again when they die, stops them in reverse order.

Used by `petra serve`. Children don't hear Ctrl-C, for they live in sessions of their own; they end when told to, or (on
Linux) when this process dies.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from petra.lib import clock, processes

_TICK_S = 0.1
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_STEADY_AFTER_S = 60.0  # one that ran for so long starts again at once, without a growing wait
_QUIET_S = 2.0  # who stops within that needs no word
_ONCE_MORE = "Ctrl-C once more ends it at once; it goes on at the next start."


class GaveUp(Exception):
    """A child says that starting it again can't help. It has said why; `exit_code` is what it ended with."""

    def __init__(self, name: str, exit_code: int) -> None:
        super().__init__(f"{name} ended with {exit_code}")
        self.exit_code = exit_code


@dataclass
class Child:
    """One program to keep running. `stop_wait_s` is how long it may take to finish what it does."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    stop_wait_s: float = 10.0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    wait_s: float = field(default=_FIRST_WAIT_S / 2)  # doubled by every early end


class Supervisor:
    """The children of one `petra serve`. Call from the main thread (see processes.die_with_parent)."""

    def __init__(self, *, say: Callable[[str], None], final_codes: frozenset[int]) -> None:
        self._say = say
        self._final_codes = final_codes
        self._children: list[Child] = []
        self._stop_signals = 0

    @property
    def is_stopping(self) -> bool:
        """Whether a person or the system has asked to stop."""
        return self._stop_signals > 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to stop while the block runs."""

        def ask(_number: int, _frame: object) -> None:
            self._stop_signals += 1

        old = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    def add(self, child: Child) -> None:
        """Start a child and keep it running."""
        self._children.append(child)
        _launch(child)

    def tick(self) -> None:
        """Wait a moment, then start again who died. Raises GaveUp where a child says it can't run at all."""
        time.sleep(_TICK_S)
        for child in self._children:
            self._look_after(child)

    def restart(self, environment: Mapping[str, str]) -> None:
        """Start every child anew with another environment."""
        for child in self._children:
            self._end(child)
            child.environment = environment
            _launch(child)

    def stop(self) -> None:
        """Tell every child to finish, the newest first, and wait. A second signal ends them at once."""
        for child in reversed(self._children):
            self._end(child)
        self._children.clear()

    def _look_after(self, child: Child) -> None:
        now = clock.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return
            if code in self._final_codes:
                raise GaveUp(child.name, code)
            child.process = None
            has_been_steady = now - child.started_at > _STEADY_AFTER_S
            child.wait_s = _FIRST_WAIT_S if has_been_steady else min(child.wait_s * 2, _LONGEST_WAIT_S)
            child.start_again_at = now + child.wait_s
            self._say(f"{child.name} ended by itself ({_how(code)}); starting it again in {child.wait_s:g} s.")
        elif now >= child.start_again_at:
            _launch(child)

    def _end(self, child: Child) -> None:
        process, child.process = child.process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        began = clock.monotonic()
        deadline = began + child.stop_wait_s
        asked, is_told = self._stop_signals, False
        while process.poll() is None:
            if not is_told and self._stop_signals and clock.monotonic() > began + _QUIET_S:
                self._say(f"{child.name} finishes what it has begun, for at most {child.stop_wait_s:g} s. {_ONCE_MORE}")
                is_told = True
            if clock.monotonic() > deadline or self._stop_signals > max(asked, 1):
                process.kill()
            time.sleep(0.02)


def _launch(child: Child) -> None:
    child.started_at = clock.monotonic()
    child.process = subprocess.Popen(
        child.command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),  # ours is for the command's result
        env=dict(child.environment),
        start_new_session=True,
        preexec_fn=processes.die_with_parent(signal.SIGTERM),  # noqa: PLW1509  one system call, prepared before the fork
    )


def _how(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def run_module(module: str, *words: str) -> list[str]:
    """Give the command that runs a program of this installation as another process."""
    return [sys.executable, "-P", "-m", module, *words]


def own_environment() -> dict[str, str]:
    """Give a copy of our environment in which `petra` is found wherever we stand."""
    root = str(Path(__file__).resolve().parents[2])
    there = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{there}" if there else root, "PYTHONUNBUFFERED": "1"}
