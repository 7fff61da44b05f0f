"""The crew that fetches and reads side by side: what may lie unread, and what comes before a reason to stop."""

from __future__ import annotations

import threading
import time
from typing import Any, cast

import pytest

from petra.articles.sandbox.sandbox import Sandbox
from petra.articles.site.candidates import Candidate
from petra.articles.site.manners import SiteBusy
from petra.articles.site.reader import Fetched, Read, Reader, Wanted
from petra.articles.site.reading import AHEAD, AHEAD_BYTES, Crew
from petra.lib import clock
from petra.lib.outbound import Answer

MEGA = 1024 * 1024


class SlowReader:
    """Fetches pages of one size at once, and reads none before it may."""

    def __init__(self, size: int, *, busy_after: int = 1000) -> None:
        self.size, self.busy_after = size, busy_after
        self.asked = 0
        self.may_read = threading.Event()

    def fetch(self, wanted: Wanted) -> Fetched | Read:
        if self.asked == self.busy_after:
            raise SiteBusy
        self.asked += 1
        return Fetched(wanted.candidate, Answer(wanted.candidate.url, 200, {}, bytes(self.size)))

    def read_fetched(self, fetched: Fetched, _sandbox: Sandbox) -> Read:
        assert self.may_read.wait(20)
        return Read(fetched.candidate, "read")


def crew_of(reader: SlowReader, pages: int) -> Crew:
    crew = Crew(cast("Reader", reader), [cast("Sandbox", None)])
    for number in range(pages):
        crew.give(number, Wanted(Candidate(f"https://blog.example/{number}")))
    return crew


def settled(reader: SlowReader) -> int:
    """Wait until nothing more is asked for, and give how much was."""
    give_up_at, before = clock.monotonic() + 20, -1
    while reader.asked != before:
        assert clock.monotonic() < give_up_at
        before = reader.asked
        time.sleep(0.3)
    return before


def all_of(crew: Crew) -> list[Any]:
    tickets: list[Any] = []
    while crew.waiting:
        tickets += [done.ticket for done in crew.take(most=10, within_s=20.0)]
    return sorted(tickets)


@pytest.mark.parametrize(("size", "unread"), [(4 * MEGA, 3), (1000, AHEAD), (2 * AHEAD_BYTES, 1)])
def test_so_many_pages_lie_unread_as_fit(size: int, unread: int) -> None:
    reader = SlowReader(size)
    with crew_of(reader, 30) as crew:
        assert settled(reader) <= unread + 2, "and one for each of the two threads that read"
        reader.may_read.set()
        assert all_of(crew) == list(range(30))


def test_what_was_fetched_comes_before_the_reason_to_stop() -> None:
    reader = SlowReader(1000, busy_after=7)
    tickets: list[Any] = []
    with crew_of(reader, 30) as crew:
        settled(reader)
        reader.may_read.set()
        with pytest.raises(SiteBusy):
            for _ in range(20):
                tickets += [done.ticket for done in crew.take(most=3, within_s=20.0)]
    assert sorted(tickets) == list(range(7))


def test_a_crew_that_is_called_off_leaves_at_once() -> None:
    reader = SlowReader(4 * MEGA)
    threading.Timer(0.5, reader.may_read.set).start()
    began_at = clock.monotonic()
    with crew_of(reader, 30):
        pass
    assert clock.monotonic() - began_at < 15
    assert reader.asked < 30
