"""The verbs of the calendar: what they change, what they refuse, and what they leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice

import pytest

from conftest import People
from petra.accounts.models import Account, Target
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Post
from petra.publishing import scheduling
from petra.publishing import testing as furniture
from petra.publishing.models import Delivery, State
from petra.publishing.slots import WeeklyTime
from petra.publishing.states import MOVES, ForbiddenMove, Lost, move
from petra.simulator.testing import SimulatedAccount, SimulatedBoard
from petra.tenancy.models import Workspace
from petra.webhooks.models import Event

SOON = timedelta(hours=3)


@pytest.fixture
def account(in_workspace: Workspace) -> Account:
    boards = (SimulatedBoard("101", "Salads", ()), SimulatedBoard("102", "Soups", ()))
    profile = SimulatedAccount("kitchen", "9001", "pina_1", "pinr_1", ("boards:read",), boards)
    return furniture.connect(profile, network="pinterest")


@pytest.fixture
def target(account: Account) -> Target:
    found: Target = account.targets.get(name="Salads")
    return found


@pytest.fixture
def post(target: Target) -> Post:
    return furniture.ready_post(furniture.picture(), target=target)


@pytest.fixture
def delivery(post: Post, account: Account) -> Iterator[Delivery]:
    yield furniture.planned(post, account=account, due_at=clock.now() + SOON)


def test_a_post_is_planned_once_per_account(post: Post, account: Account, delivery: Delivery) -> None:
    with pytest.raises(ProductError) as refused:
        furniture.planned(post, account=account, due_at=clock.now() + SOON)
    assert (refused.value.code, refused.value.http_status) == ("planned_already", 409)
    assert Delivery.objects.count() == 1


def test_planning_names_every_problem_at_once(post: Post, account: Account, target: Target) -> None:
    post.title, post.description = "x" * 101, "y" * 801
    with pytest.raises(scheduling.NotReady) as refused:
        scheduling.plan_delivery(post, account=account, target=target, due_at=clock.now() + SOON)
    assert {p.field for p in refused.value.problems} == {"title", "description"}


def test_planning_needs_a_board(post: Post, account: Account) -> None:
    with pytest.raises(scheduling.NotReady, match="board"):
        scheduling.plan_delivery(post, account=account, target=None, due_at=clock.now() + SOON)


def test_a_time_that_is_over_is_refused(post: Post, account: Account, target: Target) -> None:
    with pytest.raises(scheduling.Past):
        scheduling.plan_delivery(post, account=account, target=target, due_at=clock.now() - timedelta(minutes=5))


def test_a_board_of_another_account_is_refused(post: Post, account: Account, target: Target) -> None:
    other = furniture.connect(
        SimulatedAccount("garden", "9002", "pina_2", "pinr_2", (), (SimulatedBoard("201", "Herbs", ()),)),
        network="pinterest",
    )
    with pytest.raises(ProductError, match="another account"):
        scheduling.plan_delivery(post, account=other, target=target, due_at=clock.now() + SOON)


def test_moving_changes_the_plan_and_an_older_view_of_it_is_refused(delivery: Delivery) -> None:
    seen = delivery.plan_no
    later = clock.now() + timedelta(days=2)
    scheduling.move_delivery(delivery, due_at=later, plan_no_seen=seen)
    assert (delivery.due_at, delivery.next_at, delivery.plan_no) == (later, later, seen + 1)
    with pytest.raises(Lost):
        scheduling.move_delivery(delivery, due_at=later + SOON, plan_no_seen=seen)


def test_two_people_moving_at_once_give_one_winner(delivery: Delivery) -> None:
    mine, theirs = Delivery.objects.get(pk=delivery.pk), Delivery.objects.get(pk=delivery.pk)
    scheduling.move_delivery(mine, due_at=clock.now() + timedelta(days=1))
    with pytest.raises(Lost):
        scheduling.move_delivery(theirs, due_at=clock.now() + timedelta(days=2))


def test_the_marker_stays_the_same_through_moves_and_retries(delivery: Delivery) -> None:
    marker = delivery.marker
    scheduling.move_delivery(delivery, due_at=clock.now() + timedelta(days=1))
    scheduling.hold_delivery(delivery)
    scheduling.retry_delivery(delivery)
    delivery.refresh_from_db()
    assert delivery.marker == marker


def test_cancelling_and_taking_it_back(delivery: Delivery, post: Post, account: Account) -> None:
    due_at = delivery.due_at
    scheduling.cancel_delivery(delivery)
    assert (delivery.state, delivery.next_at) == (State.CANCELLED, None)
    scheduling.undo_cancel(delivery)
    assert (delivery.state, delivery.due_at) == (State.PLANNED, due_at)


def test_a_cancelled_delivery_can_be_planned_anew_and_then_not_taken_back(
    delivery: Delivery, post: Post, account: Account
) -> None:
    scheduling.cancel_delivery(delivery)
    furniture.planned(post, account=account, due_at=clock.now() + SOON)
    with pytest.raises(ProductError):
        scheduling.undo_cancel(delivery)


def test_what_is_out_can_neither_be_moved_nor_cancelled(delivery: Delivery) -> None:
    move(delivery, State.SENDING, because="test", next_at=None)
    with pytest.raises(ForbiddenMove, match="Too late"):
        scheduling.cancel_delivery(delivery)
    move(delivery, State.PUBLISHED, because="test", remote_id="1", remote_url="https://x.example/")
    for verb in (scheduling.cancel_delivery, scheduling.retry_delivery, scheduling.reset_delivery):
        with pytest.raises(ForbiddenMove, match="Too late, it is out"):
            verb(delivery)


def test_resetting_a_failure_leads_back_to_the_tray(delivery: Delivery, post: Post, account: Account) -> None:
    move(delivery, State.FAILED, because="test", next_at=None, cause="media_invalid", for_person="Too small.")
    scheduling.reset_delivery(delivery)
    assert delivery.state == State.CANCELLED
    assert furniture.planned(post, account=account, due_at=clock.now() + SOON).state == State.PLANNED


def test_spreading_fills_the_next_free_slots_in_order(account: Account, target: Target, delivery: Delivery) -> None:
    scheduling.set_slots(account, [WeeklyTime(day, time(8, 10)) for day in range(7)])
    asset = furniture.picture(colour="#445566")
    posts = [furniture.ready_post(asset, target=target, title=f"Soup {n}") for n in range(3)]
    expected = list(islice(scheduling.free_slots(account), 3))
    assert [d.due_at for d in scheduling.spread(posts, account=account)] == expected
    assert next(scheduling.free_slots(account)) not in expected


def test_without_slots_nothing_is_spread_at_all(account: Account, post: Post) -> None:
    with pytest.raises(ProductError, match="no free slot"):
        scheduling.spread([post], account=account)
    assert Delivery.objects.count() == 0


def test_slots_are_read_in_the_workspaces_zone(account: Account) -> None:
    scheduling.set_slots(account, [WeeklyTime(6, time(2, 30))])
    after = datetime(2027, 3, 27, tzinfo=UTC)
    assert next(scheduling.free_slots(account, after=after)) == datetime(2027, 3, 28, 1, tzinfo=UTC)


def test_every_move_that_is_not_in_the_table_is_refused_and_changes_nothing(delivery: Delivery) -> None:
    tried = 0
    for state, allowed in MOVES.items():
        for to in set(State) - allowed:
            delivery.state = state
            with pytest.raises(ForbiddenMove):
                move(delivery, to, because="test")
            tried += 1
    assert tried == len(State) ** 2 - sum(len(m) for m in MOVES.values())
    delivery.refresh_from_db()
    assert delivery.state == State.PLANNED


def test_every_move_writes_its_event_with_who_did_it(delivery: Delivery, people: People) -> None:
    scheduling.cancel_delivery(delivery)
    event = Event.objects.filter(subject_id=delivery.pk).order_by("-id")[0]
    assert (event.kind, event.actor_id) == ("delivery.cancelled", people.alice.pk)
    assert event.data["because"] == "person"
