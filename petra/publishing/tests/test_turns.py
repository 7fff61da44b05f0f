"""A turn has one user. A crash, an outage of the database, and somebody who was quicker are told apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, connections
from pytest_django.fixtures import Settings

from conftest import People
from petra.lib import clock, notify, outages, presence
from petra.networks.contract import Absent, Cause, TryLater
from petra.publishing import finding, hands, publish
from petra.publishing import testing as furniture
from petra.publishing.finding import Turn
from petra.publishing.models import Attempt, Delivery, Lane, State
from petra.publishing.recovering import recover
from petra.publishing.settling import settle
from petra.publishing.tests.stage import NETWORK, Stage
from petra.simulator.testing import Simulator
from petra.tenancy import scope

NOBODY = 1  # the number of no worker


def take(stage: Stage, *, taker: int = NOBODY) -> Turn:
    with scope.workspace(stage.workspace_id):
        furniture.let_time_pass(120)
    (turn,) = finding.take_turns(most=5, taker=taker)
    return turn


def begin(turn: Turn) -> publish.Work:
    work = publish.begin(workspace_id=turn.workspace_id, delivery_id=turn.delivery_id, taken_at=turn.taken_at)
    assert work is not None
    return work


def lane(stage: Stage) -> Lane:
    with scope.workspace(stage.workspace_id):
        found: Lane = Lane.objects.get(account_id=stage.account_id)
        return found


def later(turn: Turn) -> Turn:
    """The same delivery's next turn. In one transaction the database's clock stands still."""
    with scope.workspace(turn.workspace_id):
        Lane.objects.filter(holder_id=turn.delivery_id).update(held_at=clock.now() + timedelta(seconds=1))
        return Turn(turn.workspace_id, turn.delivery_id, Lane.objects.get(holder_id=turn.delivery_id).held_at)


def sent_for_the_second_time(stage: Stage) -> tuple[publish.Work, publish.Work]:
    """Two sendings of one plan: the first worker stood still and was taken over, the second is sending now."""
    first = begin(take(stage))
    recover(Turn(stage.workspace_id, stage.delivery_id))
    while stage.turn().state == State.UNCONFIRMED:
        pass
    return first, begin(later(take(stage)))


def test_what_a_worker_says_after_its_turn_was_taken_over_does_not_end_the_next_sending(stage: Stage) -> None:
    first, second = sent_for_the_second_time(stage)
    assert first.delivery.plan_no == second.delivery.plan_no, "only the turn tells them apart"
    settle(first.delivery, first.attempt_id, TryLater("Busy.", cause=Cause.TRANSIENT, after_s=0), turn=first.turn)
    assert lane(stage).holder_id == stage.delivery_id, "the second one still sends"
    with scope.workspace(stage.workspace_id):
        assert Delivery.objects.get().state == State.SENDING, "it would be sent for the third time"
    settle(second.delivery, second.attempt_id, publish.act(second), turn=second.turn)
    assert stage.read().state == State.PUBLISHED
    assert len(stage.pins()) == 1


def test_a_look_that_comes_to_its_end_after_its_turn_was_taken_over_counts_for_nothing(stage: Stage) -> None:
    stage.simulator.fault("apply_then_drop", path="/v5/pins", method="POST", times=1)
    assert stage.turn().state == State.UNCONFIRMED
    look = begin(take(stage))
    recover(Turn(stage.workspace_id, stage.delivery_id))
    settle(look.delivery, look.attempt_id, Absent(), turn=look.turn)
    assert stage.read().looks == 0


def test_a_turn_that_was_taken_over_is_not_used_by_the_one_who_lost_it(stage: Stage) -> None:
    lost = take(stage)
    assert recover(lost, is_crash=False)
    again = later(take(stage))
    assert publish.begin(workspace_id=lost.workspace_id, delivery_id=lost.delivery_id, taken_at=lost.taken_at) is None
    assert not recover(lost), "two sweepers saw the same lost turn; the second one comes late"
    assert lane(stage).held_at == again.taken_at
    assert begin(again).step is publish.Step.SEND


@pytest.mark.parametrize("how", ["begin", "recover", "settle"])
def test_a_delivery_deleted_in_its_turn_does_not_block_its_account(how: str, stage: Stage) -> None:
    turn = take(stage)
    work = begin(turn) if how == "settle" else None
    with scope.workspace(stage.workspace_id):
        Attempt.objects.all().delete()
        Delivery.objects.filter(pk=stage.delivery_id).delete()
    if work is not None:
        settle(work.delivery, work.attempt_id, publish.act(work), turn=work.turn)
    elif how == "begin":
        publish.publish_delivery(workspace_id=turn.workspace_id, delivery_id=turn.delivery_id, taken_at=turn.taken_at)
    else:
        assert recover(turn)
    assert lane(stage).holder_id is None


def test_after_a_crash_the_account_waits_for_its_gap_as_after_any_write(stage: Stage, settings: Settings) -> None:
    settings.WRITE_GAP_S = "12"
    turn = take(stage)
    begin(turn)
    assert recover(turn)
    assert lane(stage).ready_at > clock.now() + timedelta(seconds=11)


def test_a_person_who_moves_it_while_its_turn_begins_has_the_last_word(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = take(stage)
    original = publish._begin

    def moved_meanwhile(delivery: Delivery, at: datetime) -> publish.Work | None:
        moved = Delivery.objects.get(pk=delivery.pk)
        moved.plan_no += 1
        moved.next_at = clock.now() + timedelta(days=1)
        moved.save()
        return original(delivery, at)

    monkeypatch.setattr(publish, "_begin", moved_meanwhile)
    publish.publish_delivery(workspace_id=turn.workspace_id, delivery_id=turn.delivery_id, taken_at=turn.taken_at)
    assert stage.pins() == []
    assert stage.read().crashes == 0


def test_a_machine_whose_clock_is_behind_does_not_hand_back_what_is_due_by_the_databases_clock(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = take(stage)
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() - timedelta(minutes=10))
    assert begin(turn).step is publish.Step.SEND


def test_how_long_there_is_nothing_to_do_is_said_by_the_databases_clock(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope.workspace(stage.workspace_id):
        Delivery.objects.update(next_at=clock.now() + timedelta(seconds=100))
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=10))
    due_s = finding.next_due_s()
    assert due_s is not None
    assert 90 < due_s < 110


def test_a_worker_that_comes_back_under_a_new_number_keeps_what_it_has_in_work(stage: Stage) -> None:
    turn = take(stage)
    assert finding.lost_turns(older_s=600) == [turn]
    here, number = presence.arrive()
    with here:
        finding.keep_turns(taker=number, turns=[turn, Turn(uuid4(), uuid4(), turn.taken_at)])
        assert finding.lost_turns(older_s=600) == []
        finding.keep_turns(taker=NOBODY, turns=[Turn(turn.workspace_id, turn.delivery_id, clock.now())])
        assert lane(stage).held_by == number, "another turn is not ours to keep"


def away(sqlstate: str | None = None) -> OperationalError:
    error = OperationalError("the connection is closed")
    error.__cause__ = psycopg.errors.lookup(sqlstate)() if sqlstate else psycopg.OperationalError("closed")
    return error


@pytest.mark.parametrize("sqlstate", [None, "08006", "53300", "57P01", "57P03", "40P01"])
def test_an_outage_is_nobodys_crash(sqlstate: str | None) -> None:
    assert outages.is_outage(away(sqlstate))


def test_a_bug_is_no_outage() -> None:
    assert not outages.is_outage(ValueError("bug"))
    assert not outages.is_outage(away("57014")), "a statement that takes too long takes too long again"
    broken = DatabaseError("no such column")
    broken.__cause__ = psycopg.errors.UndefinedColumn()
    assert not outages.is_outage(broken)


@pytest.mark.parametrize(("error", "is_crash"), [(away("53300"), False), (ValueError("a bug"), True)])
def test_three_outages_set_nothing_aside_and_three_bugs_do(
    error: Exception, is_crash: bool, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: object) -> None:
        raise error

    monkeypatch.setattr(hands, "publish_delivery", fails)
    monkeypatch.setattr(hands, "_OUTAGE_S", 0)
    pair = hands.Hands(2, when_few=lambda: None)
    ended: list[bool] = []

    def end(turn: Turn, was_crash: bool) -> None:
        ended.append(was_crash)
        recover(turn, is_crash=was_crash)

    for count in range(1, 4):
        turn = take(stage)
        pair.give([turn])
        give_up_at = clock.monotonic() + 10
        while len(ended) < count:
            assert turn in pair.turns, "it is ours until it is mended"
            assert clock.monotonic() < give_up_at
            pair.mend(end)
        assert pair.turns == []
    assert set(ended) == {is_crash}
    pair.put_down()
    pair.finish(most_s=5)
    delivery = stage.read()
    assert (delivery.state, delivery.crashes) == ((State.FAILED, 3) if is_crash else (State.PLANNED, 0))
    if is_crash:
        assert "Nothing was sent" in delivery.for_person


def test_an_answer_outlasts_a_connection_that_was_lost_while_it_was_awaited(
    real_people: People,
    simulator: Simulator,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.SIMULATOR_URL, settings.MEDIA_ROOT = simulator.base, tmp_path
    with scope.workspace(real_people.workspace.pk):
        account = furniture.connect(simulator.accounts(1)[0], network=NETWORK)
        post = furniture.ready_post(furniture.picture(), target=account.targets.all()[0])
        furniture.planned(post, account=account)
    original = publish.act

    def act(work: publish.Work) -> object:
        outcome = original(work)
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            number = cursor.fetchone()[0]
        with psycopg.connect(**notify.listening_parameters(), autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", [number])
        return outcome

    monkeypatch.setattr(publish, "act", act)
    (turn,) = finding.take_turns(most=5)
    publish.publish_delivery(workspace_id=turn.workspace_id, delivery_id=turn.delivery_id, taken_at=turn.taken_at)
    with scope.workspace(real_people.workspace.pk):
        assert Delivery.objects.get().state == State.PUBLISHED
        assert [a.outcome for a in Attempt.objects.all()] == ["sent"]
        assert Lane.objects.get().holder_id is None
    connections.close_all()
