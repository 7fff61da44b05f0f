"""Bears the children of the sandbox: one warm process that forks a child in milliseconds, not one program for each.

Readers load models and tables of some 80 MB. Forked children share them with the nursery, so two of them fit where
one did, and a child that was killed costs no second of loading. Run as
`python -m petra.articles.sandbox.nursery SOCKET_FD`.
"""

from __future__ import annotations

import array
import atexit
import gc
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from select import select
from typing import BinaryIO

_ASK = struct.Struct(">QI")  # memory in bytes, and two descriptors come along; or 0 and the child to end
_TOLD = struct.Struct(">I")  # the child's process id


class Child:
    """One forked reader, as `sandbox` needs it: two pipes, and a way to end it."""

    def __init__(self, pid: int, stdin: BinaryIO, stdout: BinaryIO, end: Callable[[int], None]) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self._end = end

    def poll(self) -> int | None:
        """Say whether it ended (0) or still runs (None). Ask between two frames only: its pipe is silent then."""
        return 0 if self.stdout.closed or select([self.stdout], [], [], 0)[0] else None

    def kill(self) -> None:
        """End it for good."""
        self._end(self.pid)

    def wait(self) -> int:
        """Do nothing: the nursery reaps its children when they are killed."""
        return 0


class Nursery:
    """The warm process and the way to ask it for children. One per process; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The warm process, where there is one."""
        return self._process.pid if self._process is not None else None

    def bear(self, memory_bytes: int) -> Child:
        """Fork a child. Raises OSError or EOFError where that can't be done, after a second try with a new nursery."""
        with self._lock:
            try:
                return self._bear(memory_bytes)
            except (OSError, EOFError):
                return self._bear(memory_bytes)

    def _bear(self, memory_bytes: int) -> Child:
        line = self._ready()
        mine_in, its_out = os.pipe()
        its_in, mine_out = os.pipe()
        try:
            descriptors = array.array("i", [its_in, its_out])
            line.sendmsg([_ASK.pack(memory_bytes, 0)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
            told = line.recv(_TOLD.size)
            if len(told) != _TOLD.size:
                raise EOFError("the nursery is gone")
        except (OSError, EOFError):
            os.close(mine_in)
            os.close(mine_out)
            self._end()
            raise
        finally:
            os.close(its_in)
            os.close(its_out)
        return Child(_TOLD.unpack(told)[0], os.fdopen(mine_out, "wb"), os.fdopen(mine_in, "rb", 0), self._kill)

    def _kill(self, pid: int) -> None:
        """Let the nursery end one of its own: only a parent can be sure that a number is still the same process."""
        with self._lock:
            if self._line is not None:
                with suppress(OSError):
                    self._line.sendall(_ASK.pack(0, pid))
                    self._line.recv(_TOLD.size)

    def close(self) -> None:
        """End the warm process. Its children end when their pipes close."""
        with self._lock:
            self._end()

    def _ready(self) -> socket.socket:
        if self._process is None or self._process.poll() is not None or self._line is None:
            self._end()
            mine, its = socket.socketpair()
            root = str(Path(__file__).resolve().parents[3])
            with its:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "petra.articles.sandbox.nursery", str(its.fileno())],
                    pass_fds=[its.fileno()],
                    stdin=subprocess.DEVNULL,
                    cwd=root,
                    # Nothing of ours goes along: no keys, no database address.
                    env={"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": root},
                )
            self._line = mine
        return self._line

    def _end(self) -> None:
        process, self._process = self._process, None
        line, self._line = self._line, None
        if line is not None:
            line.close()
        if process is not None:
            process.kill()
            process.wait()


def _serve(line: socket.socket) -> None:
    """Fork a child, or end one, for every message until the line closes."""
    from petra.articles.sandbox import child

    child.warm_up()
    gc.collect()
    gc.freeze()  # what is shared stays shared: the collector would write to every page of it
    alive: set[int] = set()
    while True:
        asked, descriptors, _flags, _from = socket.recv_fds(line, _ASK.size, 2)
        if len(asked) != _ASK.size:
            return
        memory_bytes, pid = _ASK.unpack(asked)
        if memory_bytes:
            pid = _fork(line, descriptors, memory_bytes)
            alive.add(pid)
        elif pid in alive:
            alive.discard(pid)
            os.kill(pid, signal.SIGKILL)  # a zombie at worst: nobody else reaps it
            os.waitpid(pid, 0)
        line.sendall(_TOLD.pack(pid))


def _fork(line: socket.socket, descriptors: list[int], memory_bytes: int) -> int:
    from petra.articles.sandbox import child

    pid = os.fork()
    if pid == 0:
        try:
            line.close()
            os.dup2(descriptors[0], 0)
            os.dup2(descriptors[1], 1)
            for one in descriptors:
                os.close(one)
            child.serve(memory_bytes)
        finally:
            os._exit(0)
    for one in descriptors:
        os.close(one)
    return pid


_nursery = Nursery()
atexit.register(_nursery.close)


def bear(memory_bytes: int) -> Child:
    """Fork a child from this process's nursery."""
    return _nursery.bear(memory_bytes)


def pid() -> int | None:
    """Name the warm process, where there is one."""
    return _nursery.pid


def close() -> None:
    """End the warm process; the next child starts it anew."""
    _nursery.close()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as its_line:
        _serve(its_line)
