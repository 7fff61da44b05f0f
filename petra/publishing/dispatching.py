"""Takes the turns of what is due and has them used; sweeps up what died. One loop in every worker, any number of them.

A delivery waits in its row (`next_at`), an account in its lane; nothing waits in a job. The loop sleeps until the next
of them is due, a NOTIFY comes, its threads have little left to do, or a second is over.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
from typing import Final

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

from petra.articles import importing
from petra.lib import clock, presence, queue
from petra.posts.words import runs as words_runs
from petra.posts.words import writing
from petra.publishing import finding
from petra.publishing.finding import Turn
from petra.publishing.hands import Hands
from petra.publishing.recovering import recover

log = logging.getLogger(__name__)

_MOST_WAIT_S: Final = 1.0
_LEAST_WAIT_S: Final = 0.005
_SWEEP_EVERY_S: Final = 3.0
_ALL_LANES_EVERY_S: Final = 30.0  # and at once when a worker is gone
_BACK_WITHIN_S: Final = 5.0  # after an outage of the database: until then the other workers may come back too
_LOOK_AGAIN_S: Final = 0.3  # who is not there may only have lost the connection and be on the way back
TURN_S: Final = 240.0  # longer than two calls and a renewal between them: whoever holds a turn longer has lost it
_SWEEP_LOCK: Final = 0x5E7A0001


def sweep(*, gone_s: float | None = None, turn_s: float = TURN_S, has_lost_turns: bool = True) -> int:
    """Put back to work what dead workers held: turns, jobs, imports. One sweeper at a time. Gives how many.

    `has_lost_turns` off leaves out the search through all lanes.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_SWEEP_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        found = queue.recover_from_dead_workers(
            gone_s=gone_s or settings.WORKER_GONE_S, most_crashes=settings.MAX_CRASHES
        )
        for name, arguments in found.parked:
            log.error("%s %s: %d workers died with it, so it is set aside", name, arguments, settings.MAX_CRASHES)
        swept = found.requeued + len(found.parked) + importing.resume_lost_imports()
        writing.resume_due()
        words_runs.resume_runs()
        lost = finding.lost_turns(older_s=turn_s) if has_lost_turns else []
    swept += sum(_recover(turn) for turn in lost)
    if swept:
        log.info("swept up %d turns and jobs of workers that are gone", swept)
    return swept


def _recover(turn: Turn, is_crash: bool = True) -> bool:
    try:
        return recover(turn, is_crash=is_crash)
    except (DatabaseError, psycopg.Error):
        raise
    except Exception:  # noqa: BLE001  one delivery must not keep what is due from all others
        log.exception("delivery %s: its lost turn could not be ended", turn.delivery_id)
        return False


class Dispatcher:
    """The loop and the threads that publish. `start()` once, `stop()` once."""

    def __init__(self, *, threads: int) -> None:
        self._is_stopping = threading.Event()
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)
        self._count = threads
        self._drain_s = 0.0
        self._alive: set[int] = set()  # the workers that live
        self._missing: set[int] = set()  # not seen at the last look, but at the one before
        self._is_somebody_gone = False  # missing at two looks
        self._looked_at = self._swept_at = self._all_lanes_at = -_ALL_LANES_EVERY_S
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def ask_to_stop(self, *, drain_s: float) -> None:
        """Take no more turns, and let what is in work end within `drain_s` seconds. Returns at once; repeatable."""
        self._drain_s = drain_s
        self._is_stopping.set()
        self._wake()

    def join(self) -> None:
        """Wait until it has stopped."""
        self._thread.join(timeout=self._drain_s + 5)

    def _run(self) -> None:
        hands = Hands(self._count, when_few=self._wake)
        while True:
            began_at = clock.monotonic()
            try:
                listener, number = presence.arrive("petra_due")
                with listener:
                    finding.keep_turns(taker=number, turns=hands.turns)
                    self._loop(hands, listener, number)
                    self._end(hands)
                return
            except (DatabaseError, psycopg.Error) as error:
                reason = str(error).strip().splitlines()[:1]
                log.warning("the dispatcher lost the database and tries again: %s", *reason)
            except Exception:  # noqa: BLE001  the outermost frame of this thread: without it nothing is published
                log.exception("the dispatcher failed and tries again")
            finally:
                connections.close_all()
            self._forget_others()
            # At once where it had gone well: the others take a worker for gone that stays away for long.
            is_quick = clock.monotonic() - began_at > _MOST_WAIT_S
            if self._is_stopping.wait(0 if is_quick else _MOST_WAIT_S):
                self._end(hands)
                return

    def _forget_others(self) -> None:
        """They may have lost the database too. Who is not back a little later is gone."""
        self._alive, self._missing, self._is_somebody_gone = set(), set(), False
        self._all_lanes_at = clock.monotonic() - _ALL_LANES_EVERY_S + _BACK_WITHIN_S

    def _loop(self, hands: Hands, listener: psycopg.Connection, number: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(self._here, selectors.EVENT_READ)
            while not self._is_stopping.is_set():
                hands.mend(_recover)
                wait_s = self._dispatch(hands, number)
                self._look_after_others()
                selector.select(wait_s)
                self._empty(listener)

    def _dispatch(self, hands: Hands, number: int) -> float:
        """Take as many turns as there is room for. Gives for how many seconds there is nothing else to take."""
        room, taken, due_s, most_s = hands.room, [], None, _LOOK_AGAIN_S if self._missing else _MOST_WAIT_S
        with transaction.atomic():
            if clock.monotonic() - self._looked_at >= most_s:  # in the same transaction: an idle worker has few
                self._look()
            if room:
                taken = finding.take_turns(most=room, taker=number)
            if len(taken) < room:  # else more may be due: a thread tells when it is time to look
                due_s = finding.next_due_s()
        hands.give(taken)
        most_s = _LOOK_AGAIN_S if self._missing else _MOST_WAIT_S
        return most_s if due_s is None else min(max(due_s, _LEAST_WAIT_S), most_s)

    def _look(self) -> None:
        alive = presence.numbers()
        self._is_somebody_gone = bool(self._missing - alive)
        self._missing, self._alive = self._alive - alive, alive
        self._looked_at = clock.monotonic()

    def _look_after_others(self) -> None:
        """Take over what others lost: at once when one of them is gone, and now and then whatever else there is."""
        is_somebody_gone, self._is_somebody_gone = self._is_somebody_gone, False
        now = clock.monotonic()
        is_time_for_all = now - self._all_lanes_at > _ALL_LANES_EVERY_S
        if is_somebody_gone or is_time_for_all or now - self._swept_at > _SWEEP_EVERY_S:
            sweep(has_lost_turns=is_somebody_gone or is_time_for_all)
            self._swept_at = now
            self._all_lanes_at = now if is_time_for_all else self._all_lanes_at

    def _end(self, hands: Hands) -> None:
        """Leave to others what is not begun, and finish what is in work."""
        left = hands.put_down()
        try:
            for turn in left:
                recover(turn, is_crash=False)
        except (DatabaseError, psycopg.Error):
            log.warning("the database is away: others take over what was not begun")
        hands.finish(most_s=self._drain_s)

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # enough is written already
            self._there.send(b"x")

    def _empty(self, listener: psycopg.Connection) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._here.recv(4096):
                pass
        for _ in listener.notifies(timeout=0):
            pass
