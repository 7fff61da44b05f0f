"""Child processes that never outlive us, and questions about processes that are not our children.

Used by the embedded database and by `petra serve`. POSIX only; what Linux alone can do has its fallback here.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """Give a `preexec_fn` that has the kernel send `death_signal` to the child when this process dies, even by kill -9.

    None where that can't be had: the call exists on Linux only, and the kernel means the *thread* that started the
    child (prctl(2)), so only the main thread, which lives as long as the process, may use it.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork: nothing may be loaded after it
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return ask


def is_alive(pid: int) -> bool:
    """Say whether a process with this number runs, whoever it belongs to; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except OSError:  # gone meanwhile, or no /proc here
        return not Path("/proc/self").exists()
    return after_name.split()[0] != "Z"


def command_of(pid: int) -> str:
    """Give the command line of a process, empty when it is gone. Arguments are separated by spaces."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    ps = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return ps.stdout.strip()
