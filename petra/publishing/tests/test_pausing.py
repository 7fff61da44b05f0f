"""Pauses, quiet hours, and a system that was down for hours: nothing is lost, nothing bursts, what is late asks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from conftest import People
from petra.accounts.models import Account
from petra.articles.models import Blog
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Post
from petra.publishing import pausing, scheduling, slots, together
from petra.publishing import testing as furniture
from petra.publishing.models import Delivery, State
from petra.publishing.tests.stage import NETWORK, Stage, run_what_is_due
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.tenancy.models import Workspace

BERLIN = ZoneInfo("Europe/Berlin")


def subject_of(stage: Stage, kind: str) -> pausing.Subject:
    delivery = Delivery.objects.select_related("post", "account").get(pk=stage.delivery_id)
    match kind:
        case "account":
            found: pausing.Subject = Account.objects.get(pk=stage.account_id)
        case "blog":
            found = Blog.objects.create(name="Blog", address="https://blog.example/")
            Post.objects.filter(pk=delivery.post_id).update(blog=found)
        case _:
            found = Workspace.objects.get(pk=stage.workspace_id)
    return found


@pytest.mark.parametrize("kind", ["account", "blog", "workspace"])
def test_what_falls_due_during_a_pause_is_held_and_goes_on_afterwards(kind: str, stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        subject = subject_of(stage, kind)
        assert pausing.pause(subject)
        assert not pausing.pause(subject)
        assert pausing.is_paused(subject) and pausing.paused_ids() == {subject.pk}
    delivery = stage.turn()
    assert (delivery.state, delivery.cause) == (State.HELD, f"paused_{kind}")
    assert "paused" in delivery.for_person
    assert stage.pins() == []
    with scope.workspace(stage.workspace_id):
        assert pausing.resume(subject) == 1
        assert pausing.resume(subject) == 0
    assert stage.turn().state == State.PUBLISHED


def test_a_pause_of_one_account_stops_no_other(people: People, stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        other = furniture.connect(stage.simulator.accounts(1, prefix="other-")[0], network=NETWORK)
        pausing.pause(other)
    assert stage.turn().state == State.PUBLISHED


def test_what_became_late_in_a_pause_asks_first(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        account = Account.objects.get(pk=stage.account_id)
        pausing.pause(account)
    stage.turn()
    with scope.workspace(stage.workspace_id):
        furniture.let_time_pass(3700)
        assert pausing.resume(account) == 0
    delivery = stage.read()
    assert (delivery.state, delivery.cause) == (State.HELD, "late")


def test_publish_now_waits_for_a_pause_too_and_is_still_by_hand_afterwards(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        account = Account.objects.get(pk=stage.account_id)
        pausing.pause(account)
    stage.verb(scheduling.publish_now)
    assert stage.turn().cause == "paused_account"
    with scope.workspace(stage.workspace_id):
        furniture.let_time_pass(3700)
        assert pausing.resume(account) == 1
    assert stage.read().is_manual
    assert stage.turn().state == State.PUBLISHED


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-22T21:59:00", None),
        ("2026-11-22T22:00:00", "2026-11-23T07:00:00"),
        ("2026-11-23T00:30:00", "2026-11-23T07:00:00"),
        ("2026-11-23T06:59:59", "2026-11-23T07:00:00"),
        ("2026-11-23T07:00:00", None),
        ("2027-03-27T23:00:00", "2027-03-28T07:00:00"),  # the clocks go forward in that night
    ],
)
def test_quiet_hours_over_midnight_end_by_the_wall_clock(now: str, until: str | None) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=BERLIN).astimezone(UTC)
    end = slots.end_of_quiet(at, from_local=time(22), until_local=time(7), zone=BERLIN)
    assert end == (datetime.fromisoformat(until).replace(tzinfo=BERLIN).astimezone(UTC) if until else None)


def test_quiet_hours_within_a_day_and_ends_in_a_gap() -> None:
    noon = datetime(2026, 11, 22, 12, 30, tzinfo=BERLIN)
    assert slots.end_of_quiet(noon, from_local=time(12), until_local=time(14), zone=BERLIN) == noon.replace(
        hour=14, minute=0
    )
    night = datetime(2027, 3, 28, 1, 30, tzinfo=BERLIN)  # 02:30 does not exist that day
    end = slots.end_of_quiet(night, from_local=time(1), until_local=time(2, 30), zone=BERLIN)
    assert end == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def around_now(zone: ZoneInfo) -> tuple[time, time]:
    local = clock.now().astimezone(zone)
    return (local - timedelta(hours=2)).time(), (local + timedelta(hours=2)).time()


def test_what_falls_into_quiet_hours_moves_to_their_end_and_is_not_late_then(people: People, stage: Stage) -> None:
    from_local, until_local = around_now(people.workspace.zone)
    with scope.workspace(stage.workspace_id):
        account = Account.objects.get(pk=stage.account_id)
        pausing.set_quiet_hours(account, from_local=from_local, until_local=until_local)
        assert pausing.quiet_hours(account) == (from_local, until_local)
    furniture.take_turn(stage.delivery_id, workspace_id=stage.workspace_id)
    delivery = stage.read()
    assert (delivery.state, delivery.cause) == (State.PLANNED, "quiet")
    ends_at = delivery.due_at.astimezone(people.workspace.zone)
    assert clock.now() < delivery.due_at < clock.now() + timedelta(hours=3, minutes=1)  # two of the clock on the wall
    assert (ends_at.hour, ends_at.minute) == (until_local.hour, until_local.minute)
    assert f"{until_local:%H:%M}" in delivery.for_person
    assert stage.pins() == []
    with scope.workspace(stage.workspace_id):
        pausing.clear_quiet_hours(account)
    delivery = stage.turn()
    assert (delivery.state, delivery.cause, delivery.for_person) == (State.PUBLISHED, "", "")


def test_publish_now_goes_out_in_quiet_hours(people: People, stage: Stage) -> None:
    from_local, until_local = around_now(people.workspace.zone)
    with scope.workspace(stage.workspace_id):
        account = Account.objects.get(pk=stage.account_id)
        pausing.set_quiet_hours(account, from_local=from_local, until_local=until_local)
    stage.verb(scheduling.publish_now)
    assert stage.turn().state == State.PUBLISHED


def test_quiet_hours_that_never_end_are_refused(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id), pytest.raises(ProductError, match="different times"):
        account = Account.objects.get(pk=stage.account_id)
        pausing.set_quiet_hours(account, from_local=time(7), until_local=time(7))


def test_a_board_that_is_gone_fails_before_anything_is_sent(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        target = stage.read().target
        assert target is not None
        target.gone_at = clock.now()
        target.save()
    delivery = stage.turn()
    assert (delivery.state, delivery.cause) == (State.FAILED, "target_missing")
    assert stage.simulator.log(path="/v5/pins") == []


# ---------------------------------------------------------------------- six hours down


def plan_a_day(people: People, simulator: Simulator) -> None:
    """Two accounts: each has pins due every hour of the last six, and ten in the last half hour."""
    now = clock.now()
    with scope.workspace(people.workspace.pk):
        asset = furniture.picture()
        for profile in simulator.accounts(2):
            account = furniture.connect(profile, network=NETWORK)
            for minutes in (350, 290, 230, 170, 110, *range(30, 0, -3)):
                post = furniture.ready_post(asset, target=account.targets.order_by("id")[0])
                delivery = furniture.planned(post, account=account, due_at=now + timedelta(minutes=5))
                due_at = now - timedelta(minutes=minutes)
                Delivery.objects.filter(pk=delivery.pk).update(due_at=due_at, next_at=due_at)


def test_after_six_hours_down_nothing_bursts_and_what_is_late_asks(
    people: People, simulator: Simulator, settings: object
) -> None:
    settings.SIMULATOR_URL = simulator.base  # type: ignore[attr-defined]
    plan_a_day(people, simulator)
    pins_after = []
    for _ in range(60):  # ten seconds apart
        run_what_is_due()
        pins_after.append(len(simulator.pins()))
        with scope.workspace(people.workspace.pk):
            furniture.let_time_pass(10)
    with scope.workspace(people.workspace.pk):
        found = Counter(Delivery.objects.values_list("state", "cause"))
    assert found == {("published", ""): 20, ("held", "late"): 10}
    in_steps = [later - earlier for earlier, later in zip([0, *pins_after], pins_after, strict=False)]
    assert max(in_steps) <= 2, "one for each account"
    # 12 seconds lie between two pins of one account: never more than 6 in a minute.
    assert all(sum(in_steps[n : n + 6]) <= 2 * 6 for n in range(len(in_steps)))
    with scope.workspace(people.workspace.pk):
        assert [d.account_id for d in together.held_late()] != []
        skipped = together.skip_late([together.held_late()[0].pk])
        assert len(skipped.done) == 1
        assert len(together.publish_late().done) == 9
    run_what_is_due()
    assert len(simulator.pins()) <= 22
