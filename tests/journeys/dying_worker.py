"""A worker that is killed (SIGKILL to itself) at one point of its work, again and again, then lives.

    python -m tests.journeys.dying_worker POINT DEATHS

Every death is a fresh process, forked from this one so that starting is cheap. Prints `deaths N` when the last one
died and a healthy worker has taken over. The points are patched in here; the product knows nothing of them.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petra.settings")
django.setup()

from petra.publishing import lanes, publish  # noqa: E402
from petra.worker.main import run  # noqa: E402

ANSWER_AFTER_S = 0.08  # the simulator's latency is longer


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()


def nth(count: int) -> Callable[[], bool]:
    """Give a function that is true at its `count`-th call, over all threads."""
    left = [count]
    lock = threading.Lock()

    def is_now() -> bool:
        with lock:
            left[0] -= 1
            return left[0] == 0

    return is_now


def at_claim(is_now: Callable[[], bool]) -> None:
    original = publish.begin

    def begin(**ids: Any) -> Any:
        work = original(**ids)
        if work is not None and is_now():
            die()
        return work

    publish.begin = begin


def before_the_answer(is_now: Callable[[], bool]) -> None:
    original = publish.act

    def act(work: Any) -> Any:
        if is_now():
            threading.Timer(ANSWER_AFTER_S, die).start()
        return original(work)

    publish.act = act


def after_the_answer(is_now: Callable[[], bool]) -> None:
    original = publish.act

    def act(work: Any) -> Any:
        outcome = original(work)
        if is_now():
            die()
        return outcome

    publish.act = act


def before_settling(is_now: Callable[[], bool]) -> None:
    """Everything is written, nothing is committed."""
    original = lanes.give_back

    def give_back(**values: Any) -> bool:
        is_given = original(**values)
        if values.get("ready_at") is not None and is_now():
            die()
        return is_given

    lanes.give_back = give_back


POINTS = {f.__name__: f for f in (at_claim, before_the_answer, after_the_answer, before_settling)}


def child(point: str | None, hits: int) -> int:
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if point is not None:
            POINTS[point](nth(hits))
        run()
        os._exit(0)
    return pid


def main() -> None:
    point, deaths = sys.argv[1], int(sys.argv[2])
    dice = random.Random(7)
    died = 0
    current = [0]
    signal.signal(signal.SIGTERM, lambda *_: os.kill(current[0], signal.SIGTERM))
    while died < deaths:
        current[0] = child(point, dice.randint(1, 4))
        _, status = os.waitpid(current[0], 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            died += 1
        else:
            sys.exit(f"the worker ended by itself: {status}")
    current[0] = child(None, 0)
    print(f"deaths {died}", flush=True)  # noqa: T201
    os.waitpid(current[0], 0)


if __name__ == "__main__":
    main()
