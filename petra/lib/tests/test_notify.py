"""What is announced: after the commit only, in a worker together, and through a connection that reaches the server."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from petra.lib import notify

pytestmark = pytest.mark.usefixtures("real_db")


@pytest.fixture
def listener() -> psycopg.Connection:
    listener = psycopg.connect(**notify.listening_parameters(), autocommit=True)
    listener.execute("listen test_channel")
    return listener


def heard(listener: psycopg.Connection, *, most: int) -> list[str]:
    with listener:
        return [notice.payload for notice in listener.notifies(timeout=2, stop_after=most)]


def test_a_notice_follows_its_transaction_and_goes_with_it(listener: psycopg.Connection) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        notify.after_commit("test_channel", "undone")
        raise ZeroDivisionError
    with transaction.atomic():
        notify.after_commit("test_channel", "done")
        assert list(listener.notifies(timeout=0.2)) == []
    assert heard(listener, most=1) == ["done"]


def test_a_worker_announces_together_each_thing_once(listener: psycopg.Connection) -> None:
    with notify.together():
        for payload in ("a", "b", "a"):
            with transaction.atomic():
                notify.after_commit("test_channel", payload)
        assert sorted(heard(listener, most=2)) == ["a", "b"]


def test_what_is_left_is_announced_when_the_worker_ends(listener: psycopg.Connection) -> None:
    with notify.together(), transaction.atomic():
        notify.after_commit("test_channel", "last")
    assert heard(listener, most=1) == ["last"]


def test_the_way_to_the_server_may_differ_from_that_to_the_pooler(settings: Settings) -> None:
    settings.DATABASE_DIRECT_URL = "postgresql://petra_app:secret@db.example:5433/petra"
    asked = notify.listening_parameters()
    assert (asked["host"], asked["port"], asked["dbname"]) == ("db.example", "5433", "petra")
    settings.DATABASE_DIRECT_URL = ""
    assert notify.listening_parameters()["dbname"] == connection.settings_dict["NAME"]
