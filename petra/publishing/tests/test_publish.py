"""One delivery against the simulated network: every outcome an adapter can report, and every crash."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import People
from petra.accounts.models import Account, AccountState
from petra.lib import clock
from petra.posts.models import Post
from petra.publishing import lanes, publish, reading, scheduling
from petra.publishing import testing as furniture
from petra.publishing.models import Delivery, State
from petra.publishing.settling import settle
from petra.publishing.tests.stage import NETWORK, Stage, run_what_is_due
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.webhooks.models import Event

MOST_QUESTIONS = 9  # round trips for one sending; the COMMITs of its two transactions are among them


def test_a_due_delivery_is_published_with_its_real_id_and_page(stage: Stage) -> None:
    delivery = stage.turn()
    assert delivery.state == State.PUBLISHED
    pin = stage.pins()[0]
    assert delivery.remote_id == pin["id"]
    assert delivery.remote_url == f"{stage.simulator.base}/pin/{pin['id']}/"
    assert delivery.marker in str(pin["link"])
    assert stage.attempts() == [("send", "sent")]
    with scope.workspace(stage.workspace_id):
        kinds = list(Event.objects.filter(subject_id=delivery.pk).order_by("id").values_list("kind", flat=True))
    assert kinds == ["delivery.planned", "delivery.sending", "delivery.published"]


@pytest.mark.parametrize("disclosed", [[], ["AI_MODIFIED"]])
def test_what_a_post_discloses_is_what_is_sent(stage: Stage, disclosed: list[str]) -> None:
    with scope.workspace(stage.workspace_id):
        Post.objects.filter(pk=stage.read().post_id).update(ai_disclosures=disclosed)
        delivery = reading.delivery(stage.delivery_id)
        assert delivery is not None
        assert publish._draft(delivery).ai_disclosures == tuple(disclosed)
        assert delivery.account.scopes == list(stage.profile.scopes)
    assert stage.turn().state == State.PUBLISHED


def test_a_turn_used_twice_sends_once(stage: Stage) -> None:
    stage.turn()
    stage.turn()
    assert len(stage.pins()) == 1


def test_without_its_turn_nothing_is_sent(stage: Stage) -> None:
    publish.publish_delivery(workspace_id=stage.workspace_id, delivery_id=stage.delivery_id)
    assert stage.pins() == []
    assert stage.read().state == State.PLANNED


def test_an_answer_lost_after_writing_is_found_and_published(stage: Stage) -> None:
    stage.simulator.fault("apply_then_drop", path="/v5/pins", method="POST", times=1)
    assert stage.turn().state == State.UNCONFIRMED
    delivery = stage.turn()
    assert delivery.state == State.PUBLISHED
    assert delivery.remote_id == stage.pins()[0]["id"]
    assert len(stage.pins()) == 1


def test_a_request_lost_before_writing_is_sent_again_once_after_three_looks(stage: Stage) -> None:
    stage.simulator.fault("drop_before_apply", path="/v5/pins", method="POST", times=1)
    assert stage.turn().state == State.UNCONFIRMED
    for _ in range(3):
        delivery = stage.turn()
    assert delivery.state == State.PLANNED
    assert stage.pins() == []
    assert stage.turn().state == State.PUBLISHED
    assert len(stage.pins()) == 1
    assert [kind for kind, _ in stage.attempts()] == ["send", "look", "look", "look", "send"]


def test_lost_twice_and_never_found_is_left_to_a_person(stage: Stage) -> None:
    stage.simulator.fault("drop_before_apply", path="/v5/pins", method="POST", times=2)
    for _ in range(8):
        delivery = stage.turn()
    assert delivery.state == State.UNCONFIRMED
    assert delivery.next_at is None
    assert "look" in delivery.for_person
    stage.simulator.clear_faults()
    stage.verb(scheduling.retry_delivery)
    assert stage.turn().state == State.PUBLISHED
    assert len(stage.pins()) == 1


def test_a_5xx_after_writing_is_not_sent_again(stage: Stage) -> None:
    stage.simulator.fault("error_after_apply", path="/v5/pins", method="POST", times=1)
    assert stage.turn().state == State.UNCONFIRMED
    assert stage.turn().state == State.PUBLISHED
    assert len(stage.pins()) == 1


def test_a_look_that_cannot_be_made_says_nothing_about_the_pin(stage: Stage) -> None:
    stage.simulator.fault("apply_then_drop", path="/v5/pins", method="POST", times=1)
    stage.turn()
    stage.simulator.fault("drop_before_apply", path="/v5/boards/*/pins", method="GET", times=3)
    for _ in range(3):
        assert stage.turn().state == State.UNCONFIRMED
    assert stage.turn().state == State.PUBLISHED
    assert len(stage.pins()) == 1


def test_a_rate_limit_waits_as_long_as_it_says_and_the_whole_account_with_it(stage: Stage) -> None:
    stage.simulator.fault("rate_limit", path="/v5/pins", method="POST", times=1, after_s=3600)
    delivery = stage.turn()
    assert delivery.state == State.PLANNED
    assert delivery.next_at is not None
    assert 3500 < (delivery.next_at - clock.now()).total_seconds() <= 3601
    assert stage.turn().state == State.PLANNED  # the account's budget is closed
    assert len(stage.simulator.log(method="POST", path="/v5/pins")) == 1


def test_one_throttled_account_makes_one_call_and_delays_no_other(
    people: People, simulator: Simulator, settings: object
) -> None:
    settings.SIMULATOR_URL = simulator.base  # type: ignore[attr-defined]
    profiles = simulator.accounts(4)
    throttled = profiles[0].username
    simulator.fault("rate_limit", account=throttled, path="/v5/pins", method="POST", times=None, after_s=3600)
    with scope.workspace(people.workspace.pk):
        asset = furniture.picture()
        for profile in profiles:
            account = furniture.connect(profile, network=NETWORK)
            for _ in range(3):
                furniture.planned(furniture.ready_post(asset, target=account.targets.all()[0]), account=account)
    for _ in range(30):  # until five minutes before the time
        run_what_is_due()
        with scope.workspace(people.workspace.pk):
            furniture.let_time_pass(110)
    calls = simulator.log(account=throttled)
    assert [(c["method"], c["path"]) for c in calls] == [("POST", "/v5/pins")]
    assert [len(simulator.pins(account=p.username)) for p in profiles] == [0, 3, 3, 3]
    simulator.clear_faults()
    with scope.workspace(people.workspace.pk):
        waiting = Delivery.objects.filter(account__username=throttled)
        assert {(d.state, d.cause) for d in waiting} <= {("planned", "rate_limited"), ("planned", "")}
    for _ in range(8):
        with scope.workspace(people.workspace.pk):
            furniture.let_time_pass(110)
        run_what_is_due()
    assert len(simulator.pins(account=throttled)) == 3, "late by the network's wish is not late"


def test_a_sending_costs_no_more_questions_than_it_did(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        furniture.let_time_pass(5)  # the database's clock stands still within a test's transaction
    with CaptureQueriesContext(connection) as counted:
        run_what_is_due()
    assert stage.read().state == State.PUBLISHED
    # Taking the turns is one question for all; closing a scope asks one only within a test's transaction.
    not_ours = ("petra_take_turns", "set_config('petra.workspace', ''", "SAVEPOINT")
    ours = [q["sql"] for q in counted.captured_queries if not any(word in q["sql"] for word in not_ours)]
    assert len(ours) + len(("COMMIT", "COMMIT")) <= MOST_QUESTIONS, "\n".join(ours)


def test_a_spam_block_fails_and_cools_the_account_down(stage: Stage) -> None:
    stage.simulator.fault("spam_block", path="/v5/pins", method="POST", times=1)
    delivery = stage.turn()
    assert (delivery.state, delivery.cause) == (State.FAILED, "spam_block")
    with scope.workspace(stage.workspace_id):
        until = Account.objects.get(pk=stage.account_id).cools_down_until
    assert until is not None and until > clock.now() + timedelta(hours=23)


def test_a_refused_picture_fails_with_its_cause_and_a_retry_leads_back(stage: Stage) -> None:
    stage.simulator.fault(
        "answer",
        path="/v5/pins",
        method="POST",
        times=1,
        status=403,
        code=235,
        message="Sorry, this image is broken. Please pick a different image.",
    )
    delivery = stage.turn()
    assert (delivery.state, delivery.cause) == (State.FAILED, "media_invalid")
    assert delivery.state_before == State.SENDING
    assert delivery.for_person
    stage.verb(scheduling.retry_delivery)
    assert stage.turn().state == State.PUBLISHED


def test_an_expired_token_is_renewed_once_and_the_pin_goes_out(stage: Stage) -> None:
    stage.simulator.fault("expire_token", account=stage.profile.username, times=1)
    assert stage.turn().state == State.PUBLISHED
    assert len(stage.pins()) == 1


def test_a_revoked_account_holds_its_deliveries_and_reconnecting_lets_them_go(stage: Stage) -> None:
    stage.simulator.fault("revoke_token", account=stage.profile.username, times=1)
    delivery = stage.turn()
    assert (delivery.state, delivery.cause) == (State.HELD, "account")
    assert delivery.account.state == AccountState.NEEDS_RECONNECT
    with scope.workspace(stage.workspace_id):
        Account.objects.filter(pk=stage.account_id).update(state=AccountState.CONNECTED)
        assert scheduling.resume_account(Account.objects.get(pk=stage.account_id)) == 1
    assert stage.read().state == State.PLANNED


def test_connecting_again_while_a_refusal_is_under_way_leaves_nothing_held(stage: Stage) -> None:
    stage.simulator.fault("revoke_token", account=stage.profile.username, times=1)
    with scope.workspace(stage.workspace_id):
        assert lanes.try_to_take(account_id=stage.account_id, delivery_id=stage.delivery_id)
    work = publish.begin(workspace_id=stage.workspace_id, delivery_id=stage.delivery_id)
    assert work is not None
    outcome = publish.act(work)  # the account is marked as signed out
    with scope.workspace(stage.workspace_id):
        account = Account.objects.get(pk=stage.account_id)
        assert account.state == AccountState.NEEDS_RECONNECT
        furniture.sign_in_again(account, stage.simulator.account(stage.profile.username))
        assert scheduling.resume_account(account) == 0  # nothing is held yet
    settle(work.delivery, work.attempt_id, outcome, turn=work.turn)
    assert stage.read().state == State.PLANNED
    assert stage.turn().state == State.PUBLISHED


def test_a_turn_that_read_the_account_as_signed_out_sees_that_it_is_back(stage: Stage) -> None:
    stage.simulator.fault("apply_then_drop", path="/v5/pins", method="POST", times=1)
    assert stage.turn().state == State.UNCONFIRMED
    for stale in (AccountState.NEEDS_RECONNECT, AccountState.DISCONNECTED):
        with scope.workspace(stage.workspace_id):
            Delivery.objects.filter(pk=stage.delivery_id).update(next_at=clock.now())
            delivery = reading.delivery(stage.delivery_id)
            assert delivery is not None
            delivery.account.state = stale  # read before the person connected it again
            assert publish._begin(delivery, clock.now()) is None
        assert stage.read().next_at is not None, "nobody would ever look"
    assert stage.turn().state == State.PUBLISHED


def test_a_late_delivery_is_held_not_sent(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        long_ago = clock.now() - timedelta(minutes=61)
        Delivery.objects.filter(pk=stage.delivery_id).update(due_at=long_ago, next_at=long_ago)
    delivery = stage.turn()
    assert (delivery.state, delivery.cause) == (State.HELD, "late")
    assert stage.pins() == []
    stage.verb(scheduling.publish_now)
    assert stage.turn().state == State.PUBLISHED


def test_words_over_the_limit_fail_before_anything_is_sent(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        post = stage.read().post
        post.title = "x" * 101
        post.save()
    delivery = stage.turn()
    assert delivery.state == State.FAILED
    assert "100" in delivery.for_person
    assert stage.simulator.log(path="/v5/pins") == []


def test_a_missing_picture_fails_and_sends_nothing(stage: Stage) -> None:
    from django.core.files.storage import default_storage

    with scope.workspace(stage.workspace_id):
        for rendition in stage.read().post.media.first().asset.renditions.all():
            default_storage.delete(rendition.file)
    delivery = stage.turn()
    assert (delivery.state, delivery.cause) == (State.FAILED, "media_invalid")


def test_a_crash_after_claiming_never_sends_blindly(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        assert lanes.try_to_take(account_id=stage.account_id, delivery_id=stage.delivery_id)
    assert publish.begin(workspace_id=stage.workspace_id, delivery_id=stage.delivery_id) is not None
    publish.publish_delivery(workspace_id=stage.workspace_id, delivery_id=stage.delivery_id)  # the job, repeated
    assert stage.read().state == State.UNCONFIRMED
    for _ in range(3):
        stage.turn()
    assert stage.turn().state == State.PUBLISHED
    assert len(stage.pins()) == 1


def test_a_crash_after_the_answer_finds_the_pin(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        assert lanes.try_to_take(account_id=stage.account_id, delivery_id=stage.delivery_id)
    work = publish.begin(workspace_id=stage.workspace_id, delivery_id=stage.delivery_id)
    assert work is not None
    publish.act(work)  # the process dies before settle
    publish.publish_delivery(workspace_id=stage.workspace_id, delivery_id=stage.delivery_id)
    assert stage.turn().state == State.PUBLISHED
    assert len(stage.pins()) == 1


def test_without_a_link_a_lost_pin_is_left_to_a_person_and_never_sent_again(stage: Stage) -> None:
    with scope.workspace(stage.workspace_id):
        Post.objects.filter(pk=stage.read().post_id).update(link="")
    stage.simulator.fault("apply_then_drop", path="/v5/pins", method="POST", times=1)
    delivery = stage.turn()
    assert (delivery.state, delivery.next_at) == (State.UNCONFIRMED, None)
    assert "say whether it is there" in delivery.for_person
    assert len(stage.pins()) == 1
    assert stage.verb(scheduling.it_is_there).state == State.PUBLISHED


def test_a_picture_the_network_cannot_fetch_is_sent_as_bytes(stage: Stage, settings: object) -> None:
    settings.PUBLIC_URL = "https://petra.invalid"  # type: ignore[attr-defined]
    assert stage.turn().state == State.PLANNED
    assert stage.pins() == []
    assert stage.turn().state == State.PUBLISHED
    sent = stage.simulator.log(method="POST", path="/v5/pins")
    assert len(sent) == 2


def test_a_moved_delivery_is_not_sent_at_its_old_time(stage: Stage) -> None:
    later = clock.now() + timedelta(hours=2)
    stage.verb(lambda d: scheduling.move_delivery(d, due_at=later))
    furniture.take_turn(stage.delivery_id, workspace_id=stage.workspace_id)
    delivery = stage.read()
    assert (delivery.state, delivery.due_at) == (State.PLANNED, later)
    assert stage.pins() == []
