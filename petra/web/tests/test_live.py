"""Live streams on a real server: what they tell, whom, after a break, and how they end."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from petra.publishing import scheduling, states
from petra.publishing.models import State
from petra.tenancy import scope
from petra.tenancy.models import Member, User
from petra.web.live.hub import QUEUE_MOST, Ended, Hub, Subscription
from petra.web.testing import Live, stop, wait_for
from petra.web.tests.calendar_rows import Rows, make_rows
from petra.webhooks import events
from petra.webhooks.models import Event


@dataclass
class Message:
    """One message of a stream."""

    id: str = ""
    name: str = ""
    data: str = ""


class Stream:
    """One open stream, read line by line."""

    def __init__(self, live: Live, user: User | None, *, last_id: str = "", **query: object) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(live.base).netloc, timeout=20)
        headers = {"Accept": "text/event-stream"}
        if user is not None:
            self.key = live.cookie_of(user)
            headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={self.key}"
        if last_id:
            headers["Last-Event-ID"] = last_id
        self._connection.request("GET", f"/events?{urlencode(query)}", headers=headers)
        self.answer = self._connection.getresponse()
        self.status = self.answer.status
        self.heard: list[Message] = []

    def messages(self) -> Iterator[Message]:
        """Give every message until the stream ends."""
        message = Message()
        while line := self.answer.readline():
            text = line.decode().rstrip("\n")
            if not text:
                if message != Message():
                    self.heard.append(message)
                    yield message
                message = Message()
                continue
            field, _sep, value = text.partition(": ")
            if field == "id":
                message.id = value
            elif field == "event":
                message.name = value
            elif field == "data":
                message.data += ("\n" if message.data else "") + value

    def until(self, words: str) -> Message:
        """Read until a message holds these words."""
        for message in self.messages():
            if words in message.data or words == message.name:
                return message
        pytest.fail(f"the stream ended without {words!r}: {self.heard}")

    def ends(self) -> bool:
        """Read to the end."""
        for _message in self.messages():
            pass
        return True

    def close(self) -> None:
        """Hang up."""
        self.answer.close()
        self._connection.close()


@contextmanager
def listening(live: Live, user: User | None, *, last_id: str = "", **query: object) -> Iterator[Stream]:
    stream = Stream(live, user, last_id=last_id, **query)
    try:
        if stream.status == 200 and not last_id:
            stream.until("petra:counts")  # it is up
        yield stream
    finally:
        stream.close()


@pytest.fixture
def rows(live: Live) -> Rows:
    with scope.workspace(live.people.workspace.pk):
        return make_rows(live.people.workspace)


def test_change_of_state_arrives_as_the_card_it_concerns(live: Live, rows: Rows) -> None:
    with scope.workspace(rows.workspace.pk):
        delivery = rows.planned(rows.at(1, "10:00"), title="</li><script>alert(1)</script>")
    with listening(live, live.people.bob, page="calendar", day=rows.day(1)) as stream:
        with scope.workspace(rows.workspace.pk):
            states.move(delivery, State.SENDING, because="slot")
            event = Event.objects.latest("id")
        message = stream.until(f"card-{delivery.pk}")
        assert message.id == str(event.pk)
        assert f'<hx-partial hx-target="#card-{delivery.pk}" hx-swap="outerMorph">' in message.data
        assert "st-publishing" in message.data
        assert "<script" not in message.data


def test_move_arrives_as_the_grid_and_the_tray(live: Live, rows: Rows) -> None:
    with scope.workspace(rows.workspace.pk):
        delivery = rows.planned(rows.at(1, "10:00"))
    with listening(live, live.people.bob, page="calendar", view="month", day=rows.day(1)) as stream:
        with scope.workspace(rows.workspace.pk):
            scheduling.move_delivery(delivery, due_at=rows.at(1, "09:00"))
        message = stream.until("#cal-grid")
        assert 'hx-target="#tray"' in message.data
        assert 'class="mo' in message.data


def test_page_is_told_to_fetch_itself_again_where_it_asks_for_that(live: Live, rows: Rows) -> None:
    with listening(live, live.people.bob, page="activity") as stream:
        with scope.workspace(rows.workspace.pk):
            events.record("import.finished")
        assert stream.until("petra:reload").id


def test_numbers_and_queue_card_follow(live: Live, rows: Rows) -> None:
    with listening(live, live.people.alice, page="nothing") as stream:
        assert any("worker-card" in message.data for message in stream.heard)
        with scope.workspace(rows.workspace.pk):
            rows.stands(rows.at(-1, "10:00"), State.FAILED)
            events.record("delivery.failed")
        told = json.loads(stream.until("petra:counts").data)
        assert told == {"pins": 1, "articles": 0, "needs_you": 1, "accounts": 0, "notifications": 0}


def test_stranger_hears_nothing_of_another_workspace(live: Live, rows: Rows) -> None:
    with scope.workspace(rows.workspace.pk):
        delivery = rows.planned(rows.at(1, "10:00"), title="Canary")
    with (
        listening(live, live.people.charlie, page="calendar") as theirs,
        listening(live, live.people.alice, page="calendar", day=rows.day(1)) as mine,
    ):
        with scope.workspace(rows.workspace.pk):
            states.move(delivery, State.SENDING, because="slot")
        mine.until("Canary")
        with scope.workspace(live.people.elsewhere.pk):
            events.record("post.created")
        theirs.until("#cal-grid")
        assert not any("Canary" in m.data or str(delivery.pk) in m.data for m in theirs.heard)


def test_stranger_can_not_open_the_stream_of_another_workspace(live: Live) -> None:
    with listening(live, live.people.charlie, page="calendar", workspace=live.people.workspace.pk) as stream:
        assert stream.status == 404
    with listening(live, live.people.charlie, page="calendar", workspace="x") as stream:
        assert stream.status == 404
    with listening(live, None, page="calendar") as stream:
        assert stream.status == 403


def test_page_that_comes_back_is_told_what_it_missed(live: Live, rows: Rows) -> None:
    with scope.workspace(rows.workspace.pk):
        delivery = rows.planned(rows.at(1, "10:00"))
        seen = Event.objects.latest("id").pk
        states.move(delivery, State.SENDING, because="slot")
    with listening(live, live.people.alice, page="calendar", last_id=str(seen), day=rows.day(1)) as stream:
        assert "st-publishing" in stream.until(str(delivery.pk)).data
    with listening(
        live, live.people.alice, page="calendar", after=seen, day=rows.day(1)
    ) as stream:  # as a fresh page says it
        assert any(str(delivery.pk) in message.data for message in stream.heard)


def test_page_that_missed_too_much_is_told_to_fetch_itself_again(live: Live, rows: Rows) -> None:
    with scope.workspace(rows.workspace.pk):
        seen = Event.objects.latest("id").pk
        for _ in range(220):
            events.record("post.edited")
    with listening(live, live.people.alice, page="calendar", last_id=str(seen)) as stream:
        assert stream.until("petra:reload").id == str(seen + 220)


def test_nonsense_as_last_id_begins_now(live: Live, rows: Rows) -> None:
    for last_id in ("x", "-1", "9" * 30):
        stream = Stream(live, live.people.alice, page="calendar", last_id=last_id)
        assert stream.status == 200
        stream.until("petra:counts")
        stream.close()


def test_stream_ends_with_the_membership(live: Live, rows: Rows) -> None:
    with listening(live, live.people.bob, page="calendar") as stream:
        with scope.workspace(rows.workspace.pk):
            Member.objects.filter(user=live.people.bob).delete()
            events.record("post.edited")
        assert stream.ends()
        assert not any("#cal-grid" in message.data for message in stream.heard)


def test_stream_ends_with_the_session(live: Live, rows: Rows) -> None:
    with listening(live, live.people.bob, page="calendar") as stream:
        Session.objects.filter(session_key=stream.key).delete()
        with scope.workspace(rows.workspace.pk):
            events.record("post.edited")
        assert stream.ends()
        assert not any("#cal-grid" in message.data for message in stream.heard)


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _listeners(*, end: bool = False) -> int:
    act = "pg_terminate_backend(pid)" if end else "pid"
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count({act}) from pg_stat_activity where query in ('listen petra_events', 'select 1')"
            " and pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def test_streams_hold_no_database_connections(live: Live, rows: Rows) -> None:
    streams = [Stream(live, live.people.alice, page="calendar") for _ in range(30)]
    for stream in streams:
        stream.until("petra:counts")
    assert _listeners() == 1
    assert _connections() <= 10  # besides it a few draw; the pool keeps those for a while
    for stream in streams:
        stream.close()


def test_listening_comes_back_after_the_database_cut_it(live: Live, rows: Rows) -> None:
    with listening(live, live.people.alice, page="activity") as stream:
        assert _listeners(end=True) == 1
        with scope.workspace(rows.workspace.pk):
            events.record("import.finished")
        assert stream.until("petra:reload")


def test_web_process_ends_at_once_while_streams_are_open(live: Live) -> None:
    streams = [Stream(live, live.people.alice, page="calendar") for _ in range(3)]
    for stream in streams:
        stream.until("petra:counts")
    assert stop(live.web) < 5
    for stream in streams:
        assert stream.ends()
        stream.close()


def test_closed_page_leaves_the_hub(live: Live, rows: Rows) -> None:
    stream = Stream(live, live.people.alice, page="calendar")
    stream.until("petra:counts")
    assert _listeners() == 1
    stream.close()
    wait_for(lambda: _listeners() == 0, within_s=20, what="the last stream to end the listening")


def test_page_that_does_not_keep_up_is_let_go() -> None:
    async def run() -> None:
        subscription = Subscription(workspace_id=None)  # type: ignore[arg-type]
        for n in range(QUEUE_MOST):
            subscription.tell(n)
        subscription.tell(QUEUE_MOST)
        with pytest.raises(Ended):
            await subscription.next(within_s=0)

    asyncio.run(run())


def test_no_stream_opens_while_the_process_ends() -> None:
    hub = Hub()
    hub.end()
    with pytest.raises(Ended):
        hub.join(None)  # type: ignore[arg-type]


def test_waiting_for_news_is_bounded() -> None:
    async def run() -> float:
        began = time.monotonic()
        assert await Subscription(workspace_id=None).next(within_s=0.05) == ([], False)  # type: ignore[arg-type]
        return time.monotonic() - began

    assert asyncio.run(run()) < 1
