"""What kills its workers is set aside with a sentence, and old rows go."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from petra.lib import clock, ids, presence
from petra.lib.ids import new_id
from petra.publishing import dispatching, finding, pruning, publish, scheduling
from petra.publishing import testing as furniture
from petra.publishing.models import Attempt, Delivery, State
from petra.publishing.recovering import recover
from petra.publishing.tests.stage import Stage
from petra.tenancy import scope
from petra.webhooks.models import Event

NOBODY = 1  # the number of no worker


def take_a_turn(stage: Stage) -> None:
    """A worker takes the turn whose lock is gone with it."""
    with scope.workspace(stage.workspace_id):
        furniture.let_time_pass(60)
    assert [t.delivery_id for t in finding.take_turns(most=5, taker=NOBODY)] == [stage.delivery_id]


def die_with_the_turn(stage: Stage) -> None:
    take_a_turn(stage)
    dispatching.sweep()


def test_a_delivery_that_kills_three_workers_before_it_is_sent_fails_and_says_so(stage: Stage) -> None:
    for _ in range(2):
        die_with_the_turn(stage)
        assert stage.read().state == State.PLANNED
    die_with_the_turn(stage)
    delivery = stage.read()
    assert (delivery.state, delivery.cause) == (State.FAILED, "crashes")
    assert "Nothing was sent" in delivery.for_person
    stage.verb(scheduling.retry_delivery)
    assert stage.turn().state == State.PUBLISHED
    assert len(stage.pins()) == 1


def test_after_two_deaths_a_delivery_goes_out_apart_from_those_it_died_with(stage: Stage) -> None:
    die_with_the_turn(stage)
    first = stage.read().next_at
    die_with_the_turn(stage)
    second = stage.read().next_at
    assert first is not None and first <= clock.now()
    assert second is not None and second <= clock.now() + timedelta(seconds=20)
    assert second > first + timedelta(seconds=1)
    assert stage.turn().state == State.PUBLISHED


@pytest.mark.parametrize("is_sent", [False, True])
def test_one_that_kills_them_while_it_may_be_out_is_left_to_a_person(is_sent: bool, stage: Stage) -> None:
    take_a_turn(stage)
    work = publish.begin(workspace_id=stage.workspace_id, delivery_id=stage.delivery_id)
    assert work is not None
    if is_sent:
        publish.act(work)
    dispatching.sweep()
    for _ in range(2):
        assert stage.read().state == State.UNCONFIRMED
        die_with_the_turn(stage)
    delivery = stage.read()
    assert (delivery.state, delivery.cause, delivery.next_at) == (State.UNCONFIRMED, "crashes", None)
    assert "say whether it is there" in delivery.for_person
    assert len(stage.pins()) == is_sent
    stage.verb(scheduling.look_again)
    assert stage.turn().state == (State.PUBLISHED if is_sent else State.UNCONFIRMED)


def test_the_turn_of_a_worker_that_lives_is_left_to_it(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        furniture.let_time_pass(5)
    here, number = presence.arrive()
    with here:
        assert number in presence.numbers()
        assert len(finding.take_turns(most=5, taker=number)) == 1
        dispatching.sweep()
        assert finding.lost_turns(older_s=60) == []
    give_up_at = clock.monotonic() + 10  # the server takes a moment to notice
    while number in presence.numbers():
        assert clock.monotonic() < give_up_at
        clock.sleep(0.01)
    assert [t.delivery_id for t in finding.lost_turns(older_s=60)] == [stage.delivery_id]


def test_a_turn_that_nobody_began_is_given_back_and_nobody_died_of_it(stage: Stage) -> None:
    take_a_turn(stage)
    assert recover(finding.Turn(stage.workspace_id, stage.delivery_id), is_crash=False)
    assert not recover(finding.Turn(stage.workspace_id, stage.delivery_id)), "it was ended already"
    assert stage.read().crashes == 0
    assert stage.turn().state == State.PUBLISHED


def old_rows(stage: Stage, *, days: int, count: int) -> None:
    at = clock.now() - timedelta(days=days)
    with scope.workspace(stage.workspace_id):
        Attempt.objects.bulk_create(
            Attempt(id=UUID(int=ids.first_at(at).int + n), delivery_id=stage.delivery_id, plan_no=1, started_at=at)
            for n in range(count)
        )
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(min(id), 1) from webhooks_event")
            first = cursor.fetchone()[0]
            cursor.execute(
                "insert into webhooks_event (id, workspace_id, kind, subject_kind, data, at)"
                " select %s - n, %s, 'test.old', '', '{}', %s from generate_series(1, %s) n",
                [first, stage.workspace_id, at, count],
            )


def test_old_events_and_attempts_of_what_is_over_go_in_batches(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 10)
    old_rows(stage, days=401, count=25)
    pruning.prune()
    with scope.workspace(stage.workspace_id):
        assert not Event.objects.filter(kind="test.old").exists()
        assert Event.objects.filter(kind="delivery.planned").exists()
        assert Attempt.objects.count() == 25, "it is still planned: its attempts are needed"
    stage.turn()
    pruning.prune()
    with scope.workspace(stage.workspace_id):
        assert Attempt.objects.count() == 1
        assert Delivery.objects.get().state == State.PUBLISHED


def test_younger_rows_stay(stage: Stage) -> None:
    stage.turn()
    old_rows(stage, days=399, count=3)
    pruning.prune()
    with scope.workspace(stage.workspace_id):
        assert Attempt.objects.count() == 4
        assert Event.objects.filter(kind="test.old").count() == 3


def test_the_lowest_id_of_an_instant_lies_below_all_made_later() -> None:
    before = clock.now()
    assert ids.first_at(before) <= new_id()
    assert ids.first_at(before + timedelta(seconds=1)) > new_id()
