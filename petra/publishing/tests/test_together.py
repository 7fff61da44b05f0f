"""One verb for many: failures grouped by cause, late ones, and publish now for many posts."""

from __future__ import annotations

from datetime import time, timedelta
from uuid import UUID

import pytest

from conftest import People
from petra.accounts.models import Account
from petra.lib import clock, queue
from petra.lib.errors import ProductError
from petra.lib.ids import new_id
from petra.posts.models import Post
from petra.publishing import bulk, scheduling, together
from petra.publishing import testing as furniture
from petra.publishing.models import Attempt, BulkRun, Delivery, State
from petra.publishing.slots import WeeklyTime
from petra.publishing.states import Lost, move
from petra.publishing.tests.stage import NETWORK, run_what_is_due
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.tenancy.models import Workspace
from petra.webhooks.models import Event

SOON = timedelta(hours=3)
REFUSED_LINK = "The network refused the link."


@pytest.fixture
def account(in_workspace: Workspace, simulator: Simulator, settings: object) -> Account:
    settings.SIMULATOR_URL = simulator.base  # type: ignore[attr-defined]
    return furniture.connect(simulator.accounts(1)[0], network=NETWORK)


def posts(account: Account, count: int) -> list[Post]:
    asset = furniture.picture()
    target = account.targets.order_by("id")[0]
    return [furniture.ready_post(asset, target=target, title=f"Pin {n}") for n in range(count)]


def failed(account: Account, count: int, *, cause: str, sentence: str) -> list[UUID]:
    made = [furniture.planned(p, account=account, due_at=clock.now() + SOON) for p in posts(account, count)]
    for delivery in made:
        move(delivery, State.FAILED, because="test", next_at=None, cause=cause, for_person=sentence)
    return [d.pk for d in made]


def late(account: Account, count: int) -> list[Delivery]:
    made = [furniture.planned(p, account=account, due_at=clock.now() + SOON) for p in posts(account, count)]
    for minutes, delivery in enumerate(made):
        move(delivery, State.HELD, because="late", next_at=None, cause="late", for_person="Late.")
        Delivery.objects.filter(pk=delivery.pk).update(due_at=clock.now() - SOON + timedelta(minutes=minutes))
    return made


def test_failures_are_grouped_by_cause_the_largest_first(account: Account, django_assert_num_queries: object) -> None:
    links = failed(account, 3, cause="content_invalid", sentence=REFUSED_LINK)
    failed(account, 1, cause="media_invalid", sentence="The picture is broken.")
    with django_assert_num_queries(1):  # type: ignore[operator]
        first, second = together.failures()
    assert (first.sentence, first.count, set(first.delivery_ids)) == (REFUSED_LINK, 3, set(links))
    assert (second.cause, second.count, second.network) == ("media_invalid", 1, NETWORK)


def test_a_group_is_retried_together_and_one_that_moved_on_is_named(account: Account) -> None:
    ids = failed(account, 3, cause="content_invalid", sentence=REFUSED_LINK)
    scheduling.retry_delivery(Delivery.objects.get(pk=ids[0]))
    result = together.retry(ids)
    assert set(result.done) == set(ids[1:])
    assert list(result.refused) == [ids[0]]
    assert together.failures() == []


def test_a_group_is_reset_together(account: Account) -> None:
    ids = failed(account, 2, cause="content_invalid", sentence=REFUSED_LINK)
    assert len(together.reset(ids).done) == 2
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.CANCELLED}


def test_an_id_that_is_not_here_refuses_all(account: Account) -> None:
    ids = failed(account, 2, cause="content_invalid", sentence=REFUSED_LINK)
    with pytest.raises(ProductError) as refused:
        together.retry([*ids, new_id()])
    assert refused.value.http_status == 404
    assert together.failures()[0].count == 2


def test_late_ones_go_to_the_next_free_slots_in_their_old_order(account: Account) -> None:
    made = late(account, 3)
    scheduling.set_slots(account, [WeeklyTime(day, time(8, 10)) for day in range(7)])
    assert [d.pk for d in together.held_late()] == [d.pk for d in made]
    assert together.reschedule_late().done == [d.pk for d in made]
    times = list(Delivery.objects.filter(state=State.PLANNED).order_by("id").values_list("due_at", flat=True))
    assert times == sorted(times) and len(set(times)) == 3
    assert times[0] > clock.now()


def test_without_slots_late_ones_stay_and_say_why(account: Account) -> None:
    made = late(account, 2)
    result = together.reschedule_late([d.pk for d in made])
    assert result.done == []
    assert all("no free slot" in sentence for sentence in result.refused.values())
    assert together.held_late().count() == 2


def test_late_ones_are_published_or_skipped_one_or_all(account: Account) -> None:
    made = late(account, 4)
    assert together.publish_late([made[0].pk]).done == [made[0].pk]
    assert together.skip_late([made[1].pk]).done == [made[1].pk]
    scheduling_undone = Delivery.objects.get(pk=made[1].pk)
    scheduling.undo_cancel(scheduling_undone)
    assert scheduling_undone.state == State.HELD
    assert len(together.publish_late().done) == 3
    assert together.held_late().count() == 0


def test_what_somebody_dealt_with_is_not_touched_as_late(account: Account) -> None:
    made = late(account, 2)
    scheduling.move_delivery(Delivery.objects.get(pk=made[0].pk), due_at=clock.now() + SOON)
    result = together.publish_late([d.pk for d in made])
    assert result.done == [made[1].pk]
    assert "somebody dealt with it" in result.refused[made[0].pk]
    assert Delivery.objects.get(pk=made[0].pk).due_at > clock.now()


def test_a_free_slot_is_given_back_and_the_delivery_is_late_as_before(account: Account) -> None:
    (made,) = late(account, 1)
    before = Delivery.objects.get(pk=made.pk).due_at
    scheduling.set_slots(account, [WeeklyTime(day, time(8, 10)) for day in range(7)])
    together.reschedule_late()
    moved = Delivery.objects.get(pk=made.pk)
    together.undo_reschedule(moved, due_at=before, plan_no=moved.plan_no)
    assert (moved.state, moved.cause, moved.due_at, moved.next_at) == (State.HELD, "late", before, None)
    with pytest.raises(Lost):
        together.undo_reschedule(moved, due_at=before, plan_no=moved.plan_no)


def test_a_stop_is_known_from_what_it_made_late(account: Account) -> None:
    assert together.last_stop() is None
    made = late(account, 3)
    stop = together.last_stop()
    assert stop is not None
    assert stop.from_at == Delivery.objects.get(pk=made[0].pk).due_at
    assert abs(stop.until_at - clock.now()) < timedelta(minutes=1)
    Attempt.objects.create(delivery=made[0], plan_no=1, started_at=clock.now() - timedelta(minutes=1))
    assert together.last_stop() is not None, "sent by the same start"
    Attempt.objects.create(delivery=made[0], plan_no=1, started_at=clock.now() - timedelta(hours=1))
    assert together.last_stop() is None, "something was sent in that time"


def test_a_group_keeps_its_name(account: Account) -> None:
    failed(account, 2, cause="content_invalid", sentence=REFUSED_LINK)
    first = together.failures()[0]
    failed(account, 1, cause="content_invalid", sentence=REFUSED_LINK)
    failed(account, 1, cause="media_invalid", sentence=REFUSED_LINK)
    second, other = together.failures()
    assert first.key == second.key != other.key


def test_a_bulk_run_ends_with_total_published_failed_and_each_result(account: Account) -> None:
    made = posts(account, 3)
    made[1].title = "x" * 101
    made[1].save()
    known = furniture.planned(made[2], account=account, due_at=clock.now() + SOON)
    run = bulk.start([p.pk for p in made])
    assert queue.is_waiting_or_running(bulk.JOB, argument="run_id", value=str(run.pk))
    assert bulk.summary(run).under_way == 3
    for _ in range(2):  # the job, repeated
        bulk.run_bulk(workspace_id=run.own_workspace_id, run_id=run.pk)
    assert Delivery.objects.count() == 2
    for _ in range(3):
        furniture.let_time_pass(15)
        run_what_is_due()
    found = bulk.summary(run)
    assert (found.total, found.published, found.failed, found.is_over) == (3, 2, 1, True)
    assert [r.post_id for r in found.results] == [p.pk for p in made]
    assert "100" in found.results[1].sentence
    assert found.results[2].delivery_id == known.pk
    assert found.results[0].remote_url.startswith("http")


def test_a_run_asked_for_twice_begins_once(account: Account) -> None:
    made, run_id = posts(account, 2), new_id()
    ids = [p.pk for p in made]
    assert bulk.start(ids, run_id=run_id).pk == bulk.start(list(reversed(ids)), run_id=run_id).pk == run_id
    assert bulk.start(ids[:1], run_id=run_id).pk != run_id
    assert BulkRun.objects.count() == 2


def test_what_is_out_or_on_its_way_is_not_sent_again(account: Account) -> None:
    out, going = posts(account, 2)
    for post, state in ((out, State.PUBLISHED), (going, State.SENDING)):
        delivery = furniture.planned(post, account=account, due_at=clock.now() + SOON)
        Delivery.objects.filter(pk=delivery.pk).update(state=state, remote_id="1", next_at=None)
    with pytest.raises(ProductError, match="out already"):
        bulk.publish_post(out)
    assert bulk.publish_post(going).state == State.SENDING
    assert Delivery.objects.count() == 2


def test_recent_runs_are_counted(account: Account, django_assert_num_queries: object) -> None:
    made = posts(account, 3)
    made[0].title = "x" * 101
    made[0].save()
    first = bulk.start([p.pk for p in made])
    second = bulk.start([made[1].pk])
    bulk.run_bulk(workspace_id=first.own_workspace_id, run_id=first.pk)
    with django_assert_num_queries(2):  # type: ignore[operator]
        newest, oldest = bulk.recent()
    assert (newest.run.pk, oldest.run.pk) == (second.pk, first.pk)
    assert (oldest.total, oldest.published, oldest.under_way, oldest.failed) == (3, 0, 2, 1)


def test_a_run_is_closed_once_with_an_event(account: Account) -> None:
    made = posts(account, 1)
    made[0].title = "x" * 101
    made[0].save()
    run = bulk.start([made[0].pk])
    assert bulk.close_finished_runs() == 0
    bulk.run_bulk(workspace_id=run.own_workspace_id, run_id=run.pk)
    assert bulk.close_finished_runs() == 1
    assert bulk.close_finished_runs() == 0
    event = Event.objects.get(kind="bulk.finished")
    assert event.data == {"total": 1, "published": 0, "failed": 1}


def test_a_run_with_a_strangers_post_does_nothing(people: People, account: Account) -> None:
    mine = posts(account, 1)[0].pk
    with pytest.raises(ProductError) as refused:
        bulk.start([mine, new_id()])
    assert refused.value.http_status == 404
    with pytest.raises(ProductError):
        bulk.start([])
    assert BulkRun.objects.count() == 0
    assert scope.current_workspace_id() == people.workspace.pk
