"""What kills its workers is set aside with a sentence, and old rows go."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from petra.lib import clock, ids, queue, workers
from petra.lib.ids import new_id
from petra.publishing import dispatching, lanes, pruning, publish, scheduling
from petra.publishing.models import Attempt, Delivery, State
from petra.publishing.tests.stage import Stage
from petra.tenancy import scope
from petra.webhooks.models import Event


def die_with_the_job(stage: Stage) -> None:
    """A worker takes the job and is never heard of again; then somebody sweeps."""
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing', worker_id = null where status = 'todo'")
    dispatching.sweep(gone_s=1)


def enqueue_turn(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        assert lanes.try_to_take(account_id=stage.account_id, delivery_id=stage.delivery_id)
    queue.enqueue(dispatching.JOB, workspace_id=str(stage.workspace_id), delivery_id=str(stage.delivery_id))


def test_a_delivery_that_kills_three_workers_before_it_is_sent_fails_and_says_so(stage: Stage) -> None:
    enqueue_turn(stage)
    for _ in range(2):
        die_with_the_job(stage)
        assert queue.is_waiting_or_running(dispatching.JOB, argument="delivery_id", value=str(stage.delivery_id))
    die_with_the_job(stage)
    delivery = stage.read()
    assert (delivery.state, delivery.cause) == (State.FAILED, "crashes")
    assert "Nothing was sent" in delivery.for_person
    assert queue.parked() == {dispatching.JOB: 1}
    assert workers.work().parked == {dispatching.JOB: 1} and not workers.work().is_well
    stage.verb(scheduling.retry_delivery)
    assert stage.turn().state == State.PUBLISHED
    assert len(stage.pins()) == 1


@pytest.mark.parametrize("is_sent", [False, True])
def test_one_that_kills_them_while_it_may_be_out_is_left_to_a_person(is_sent: bool, stage: Stage) -> None:
    enqueue_turn(stage)
    work = publish.begin(workspace_id=stage.workspace_id, delivery_id=stage.delivery_id)
    assert work is not None
    if is_sent:
        publish.act(work)
    for _ in range(3):
        die_with_the_job(stage)
    delivery = stage.read()
    assert (delivery.state, delivery.cause, delivery.next_at) == (State.UNCONFIRMED, "crashes", None)
    assert "say whether it is there" in delivery.for_person
    assert len(stage.pins()) == is_sent
    stage.verb(scheduling.look_again)
    assert stage.turn().state == (State.PUBLISHED if is_sent else State.UNCONFIRMED)


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
