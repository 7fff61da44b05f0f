"""What the benchmarks read from the kernel, and how they sum it up. Linux only: it reads /proc."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def percentile(values: Iterable[float], share: float) -> float:
    """Give the least value that at least `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("there is nothing to sum up")
    return ordered[max(math.ceil(len(ordered) * share) - 1, 0)]


def cpu_seconds(pid: int) -> float:
    """Read the processor time of a process (user and system). 0 for one that has ended."""
    own = _times(pid)
    return own[0] if own else 0.0


def family_cpu_seconds(pid: int) -> float:
    """Read the processor time of a process, of its children, and of those that ended: a whole PostgreSQL server."""
    own = _times(pid)
    return sum(own or (0.0, 0.0)) + sum(cpu_seconds(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """List the processes that `pid` started, by whichever of its threads, and that still run."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            found += [int(word) for word in (thread / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def memory_mb(pids: Sequence[int]) -> float:
    """Sum what processes hold in memory; what several share counts once in all (proportional set size)."""
    return sum(_held_kb(pid) for pid in pids) / 1024


def peak_mb(pid: int | None = None) -> float:
    """Read the most that a process (this one, where none is given) ever held in memory. 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid or 'self'}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0) / 1024


class Watch:
    """Watches processes from a thread: the most that any one of them ever held in memory.

    `pids` says which they are, each time: one that is replaced takes its peak with it.
    """

    def __init__(self, pids: Callable[[], Iterable[int]], *, every_s: float = 0.05) -> None:
        self.peak_mb = 0.0
        self._pids, self._every_s = pids, every_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        is_over = False
        while not is_over:
            self.peak_mb = max([self.peak_mb, *map(peak_mb, self._pids())])
            is_over = self._is_over.wait(self._every_s)


def load_1m() -> float:
    """Say the machine's load, to be noted beside figures: other work makes them worse."""
    return round(os.getloadavg()[0], 1)


def report(result: dict[str, Any]) -> None:
    """Print the one line of figures."""
    print(json.dumps(result))


def _times(pid: int) -> tuple[float, float] | None:
    """Read (own, ended and waited-for children's) processor seconds; None where the process is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    user, system, child_user, child_system = (int(field) for field in fields[11:15])
    return (user + system) / _TICKS_PER_S, (child_user + child_system) / _TICKS_PER_S


def _held_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
