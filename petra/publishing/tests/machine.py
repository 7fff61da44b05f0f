"""A model of the engine that knows nothing of how it works, and a machine that compares the two.

The machine plays people (plan, move, hold, cancel, undo, publish now, retry, reset, "it is there"), workers (one pass
at a time), time, faulty networks, and deaths of a worker at any point. What it checks after every step:

* no marker is on the network twice, and whatever is published is the very pin that is there;
* a pin that is there is never planned, held or failed: nothing could send it again;
* each verb and each pass led where the table below says, or was refused;
* and in the end, once everybody is well, every delivery comes to rest and can say why.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from petra.accounts.models import Account, AccountState, Budget
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.media.models import Asset
from petra.networks.contract import Sent
from petra.publishing import finding, pausing, publish, scheduling, settling
from petra.publishing import testing as furniture
from petra.publishing.models import Attempt, Delivery, Lane, State
from petra.publishing.recovering import recover
from petra.simulator.testing import SimulatedAccount, Simulator
from petra.tenancy import scope

NETWORK = "pinterest"
PINS = {"path": "/v5/pins", "method": "POST"}

# What a sending leads to while the fault is on: the state, and whether the pin is there.
AFTER_SENDING: dict[str, tuple[State, bool]] = {
    "none": (State.PUBLISHED, True),
    "apply_then_drop": (State.UNCONFIRMED, True),
    "error_after_apply": (State.UNCONFIRMED, True),
    "drop_before_apply": (State.UNCONFIRMED, False),
    "spam_block": (State.FAILED, False),
    "expire_token": (State.PUBLISHED, True),
    "revoke_token": (State.HELD, False),
    "rate_limit": (State.PLANNED, False),
    "answer": (State.FAILED, False),
}
REST = {State.PLANNED, State.HELD, State.FAILED}
# verb → state it may be used in → state it leads to; anything else is refused.
VERBS: dict[str, dict[State, State]] = {
    "move": dict.fromkeys(REST, State.PLANNED),
    "now": dict.fromkeys(REST, State.PLANNED),
    "hold": {State.PLANNED: State.HELD},
    "cancel": dict.fromkeys(REST | {State.UNCONFIRMED}, State.CANCELLED),
    "retry": dict.fromkeys((State.FAILED, State.HELD, State.UNCONFIRMED), State.PLANNED),
    "reset": {State.FAILED: State.CANCELLED},
    "look": {State.UNCONFIRMED: State.UNCONFIRMED},
    "there": {State.UNCONFIRMED: State.PUBLISHED},
}
FAULTS = [*sorted(AFTER_SENDING), *["none"] * 5]  # good weather is what most answers meet
DEATHS = ("none", "job_lost", "claimed", "sent", "unsettled", "stalled", "stalled")


class Died(BaseException):
    """The worker is gone at this very point."""


@dataclass
class Ground:
    """What outlives one run of the machine."""

    workspace_id: UUID
    simulator: Simulator
    asset: Asset
    runs: int = 0
    steps: int = 0
    seen: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        self.steps += 1
        self.note(what)

    def note(self, what: str) -> None:
        self.seen[what] = self.seen.get(what, 0) + 1


@dataclass
class Known:
    """What the model knows of one delivery."""

    state: State
    before_cancel: State = State.PLANNED
    is_written: bool = False
    waits_for_sweep: bool = False


class PublishingMachine(RuleBasedStateMachine):
    ground: Ground  # set by the test

    def __init__(self) -> None:
        super().__init__()
        self.profiles: list[SimulatedAccount] = []
        self.accounts: list[Account] = []
        self.known: dict[UUID, Known] = {}
        self.stalled: list[tuple[publish.Work, settling.Outcome]] = []

    # ------------------------------------------------------------------ furniture

    @initialize()
    def connect(self) -> None:
        self.ground.runs += 1
        self.profiles = self.ground.simulator.accounts(2, is_unlimited=True, prefix=f"run{self.ground.runs}-")
        with self.here():
            self.accounts = [furniture.connect(profile, network=NETWORK) for profile in self.profiles]
        for which in (0, 1, 1):
            self.put_on_the_calendar(which, in_s=0, is_manual=False)

    def here(self) -> AbstractContextManager[scope.Scope]:
        return scope.workspace(self.ground.workspace_id)

    def read(self) -> dict[UUID, Delivery]:
        with self.here():
            return {d.pk: d for d in Delivery.objects.select_related("account", "post", "target")}

    def pins(self) -> dict[str, int]:
        """Count the pins of each marker."""
        counts: dict[str, int] = {}
        for profile in self.profiles:
            for pin in self.ground.simulator.pins(account=profile.username):
                marker = str(pin["link"]).partition("utm_content=")[2]
                counts[marker] = counts.get(marker, 0) + 1
        return counts

    def chosen(self, number: int) -> Delivery | None:
        rows = sorted(self.read().values(), key=lambda d: d.pk)
        return rows[number % len(rows)] if rows else None

    # ------------------------------------------------------------------ people

    @rule(which=st.integers(0, 1), in_s=st.sampled_from([0, 0, 30, 600]), is_manual=st.booleans())
    def plan(self, which: int, in_s: int, is_manual: bool) -> None:
        self.ground.count("plan")
        self.put_on_the_calendar(which, in_s=in_s, is_manual=is_manual)

    def put_on_the_calendar(self, which: int, *, in_s: int, is_manual: bool) -> None:
        account = self.accounts[which]
        with self.here():
            account.refresh_from_db()
            post = furniture.ready_post(self.ground.asset, target=account.targets.order_by("id")[0])
            delivery = scheduling.plan_delivery(
                post,
                account=account,
                target=post.target,
                due_at=clock.now() + timedelta(seconds=in_s),
                is_manual=is_manual,
            )
        self.known[delivery.pk] = Known(State.PLANNED)

    @precondition(lambda self: self.known)
    @rule(verb=st.sampled_from(sorted(VERBS)), which=st.integers(0, 50))
    def use_verb(self, verb: str, which: int) -> None:
        """A person acts, and tells the truth: who retries what may be out has looked, and so has who says it is."""
        delivery = self.chosen(which)
        if delivery is None:
            return
        known = self.known[delivery.pk]
        if State(delivery.state) is State.UNCONFIRMED and verb in {"retry", "there"}:
            verb = "there" if known.is_written else "retry"
        self.ground.count(verb)
        expected = VERBS[verb].get(known.state)
        try:
            with self.here():
                self.verb(verb)(delivery)
        except ProductError as refusal:
            assert expected is None, (verb, known.state, refusal.for_person)
            return
        assert expected is not None, f"{verb} was possible while {known.state}"
        if expected is State.CANCELLED:
            known.before_cancel = known.state
        known.state = expected
        self.compare()

    @staticmethod
    def verb(name: str) -> Callable[[Delivery], object]:
        verbs: dict[str, Callable[[Delivery], object]] = {
            "move": lambda d: scheduling.move_delivery(d, due_at=clock.now() + timedelta(seconds=30)),
            "now": scheduling.publish_now,
            "hold": scheduling.hold_delivery,
            "cancel": scheduling.cancel_delivery,
            "retry": scheduling.retry_delivery,
            "reset": scheduling.reset_delivery,
            "look": scheduling.look_again,
            "there": scheduling.it_is_there,
        }
        return verbs[name]

    @precondition(lambda self: any(k.state is State.CANCELLED for k in self.known.values()))
    @rule(which=st.integers(0, 50))
    def undo(self, which: int) -> None:
        self.ground.count("undo")
        rows = [d for d in self.read().values() if d.state == State.CANCELLED]
        delivery = rows[which % len(rows)]
        known = self.known[delivery.pk]
        now = clock.now()
        is_over = now - delivery.moved_at > timedelta(minutes=10)
        is_past = known.before_cancel is State.PLANNED and now - delivery.due_at > timedelta(minutes=2)
        try:
            with self.here():
                scheduling.undo_cancel(delivery)
        except ProductError:
            assert is_over or is_past
        else:
            known.state = known.before_cancel
        self.compare()

    @rule(which=st.integers(0, 1))
    def reconnect(self, which: int) -> None:
        """The account is signed in again; what was held because of it goes on, unless it is late now."""
        account = self.accounts[which]
        with self.here():
            account.refresh_from_db()
        if account.state == AccountState.CONNECTED:
            return
        self.ground.count("reconnect")
        fresh = self.ground.simulator.account(self.profiles[which].username)
        with self.here():
            furniture.sign_in_again(account, fresh)
            scheduling.resume_account(account)
        for pk, delivery in self.read().items():
            known = self.known[pk]
            if known.state is State.HELD and delivery.account_id == account.pk and delivery.state == State.PLANNED:
                known.state = State.PLANNED
        self.compare()

    @rule(which=st.integers(0, 1))
    def pause_or_resume(self, which: int) -> None:
        """A pause moves nothing by itself; what it held goes on when it ends, unless it is late by then."""
        self.ground.count("pause")
        account = self.accounts[which]
        with self.here():
            if pausing.pause(account):
                return
            pausing.resume(account)
        for pk, delivery in self.read().items():
            if self.known[pk].state is State.HELD and delivery.state == State.PLANNED:
                assert delivery.account_id == account.pk
                self.known[pk].state = State.PLANNED
        self.compare()

    # ------------------------------------------------------------------ time, workers and their deaths

    @rule(seconds=st.sampled_from([5, 15, 40, 100, 700, 4000]))
    def wait(self, seconds: int) -> None:
        self.ground.count("wait")
        with self.here():
            furniture.let_time_pass(seconds)

    @rule(fault=st.sampled_from(FAULTS), death=st.sampled_from(DEATHS), which=st.integers(0, 1))
    def plan_and_work(self, fault: str, death: str, which: int) -> None:
        """Most of the time something is due: else most passes would find nothing to die with."""
        self.put_on_the_calendar(which, in_s=0, is_manual=False)
        with self.here():
            furniture.let_time_pass(15)  # longer than lies between two posts of one account
        self.work(fault, death)

    @rule(fault=st.sampled_from(FAULTS), death=st.sampled_from(DEATHS))
    def work(self, fault: str, death: str) -> None:
        """One pass of a worker: every turn that is due, under one fault, dying at one point of each."""
        self.ground.count("pass")
        if fault != "none":
            values: dict[str, object] = {"times": 1 if fault == "expire_token" else None, **PINS}
            if fault == "answer":
                values |= {"status": 403, "code": 233, "message": "Your image is too small."}
            self.ground.simulator.fault(fault, **values)
        before = self.read()
        for turn in self.take_turns():
            self.use_turn(turn.delivery_id, before, fault, death)
        self.ground.simulator.clear_faults()
        self.compare()

    def take_turns(self) -> list[finding.Turn]:
        return finding.take_turns(most=50)

    def use_turn(self, delivery_id: UUID, before: dict[UUID, Delivery], fault: str, death: str) -> None:
        known = self.known[delivery_id]
        was = State(before[delivery_id].state)
        self.ground.note(f"turn of {was}, {death if death != 'none' else fault}")
        if death == "job_lost":
            known.waits_for_sweep = True
            return
        sent_before, looked_before = self.sent(delivery_id), self.calls(delivery_id, "look")
        ended = self.do_turn(delivery_id, death)
        now = self.read()[delivery_id]
        was_sent = self.sent(delivery_id) > sent_before
        if was_sent and AFTER_SENDING[fault][1] and death != "claimed":
            known.is_written = True
        if not ended:
            known.waits_for_sweep = True
            known.state = State.SENDING if was is State.PLANNED and now.state == State.SENDING else known.state
            assert now.state in {was, known.state}
            return
        if was is State.PLANNED and was_sent:
            expected = AFTER_SENDING[fault][0]
            allowed = {expected, State.FAILED} if expected is State.PLANNED else {expected}
            assert now.state in allowed, (fault, now.state, now.for_person)
        elif was is State.PLANNED:  # it may wait for the budget, or be held
            assert now.state in {State.PLANNED, State.HELD}, now.state
        elif was is State.UNCONFIRMED and self.calls(delivery_id, "look") > looked_before:
            found = {State.PUBLISHED} if known.is_written else {State.UNCONFIRMED, State.PLANNED}
            assert now.state in found, (now.state, now.for_person)
        elif was is State.UNCONFIRMED:  # no look was made: signed out, or the account's budget is closed
            assert now.state == State.UNCONFIRMED, now.state
        self.learn()

    def sent(self, delivery_id: UUID) -> int:
        return self.calls(delivery_id, "send")

    def calls(self, delivery_id: UUID, kind: str) -> int:
        with self.here():
            return int(Attempt.objects.filter(delivery_id=delivery_id, kind=kind).count())

    def do_turn(self, delivery_id: UUID, death: str) -> bool:
        """Do a turn, up to the point of death. False where the worker died in it."""
        work = publish.begin(workspace_id=self.ground.workspace_id, delivery_id=delivery_id)
        if work is None:
            return True
        if death == "claimed":
            return False
        outcome = publish.act(work)
        if death == "sent":
            return False
        if death == "stalled":
            self.stalled.append((work, outcome))
            return False
        if death == "unsettled":
            return not self.dies_while_settling(work, outcome)
        settling.settle(work.delivery, work.attempt_id, outcome, turn=work.turn)
        return True

    @staticmethod
    def dies_while_settling(work: publish.Work, outcome: settling.Outcome) -> bool:
        """Everything is written, nothing is committed."""
        try:
            with transaction.atomic():
                settling.settle(work.delivery, work.attempt_id, outcome, turn=work.turn)
                raise Died
        except Died:
            return True

    @precondition(lambda self: any(k.waits_for_sweep for k in self.known.values()))
    @rule()
    def take_over(self) -> None:
        """Another worker notices that the first one is gone, and ends its turns."""
        self.ground.count("take over")
        for turn in finding.lost_turns(older_s=-1):
            sent_before = self.sent(turn.delivery_id)
            recover(turn)
            assert self.sent(turn.delivery_id) == sent_before
        for known in self.known.values():
            known.waits_for_sweep = False
        self.learn()
        self.compare()

    @precondition(lambda self: self.stalled)
    @rule(is_taken_over=st.booleans())
    def answer_arrives_late(self, is_taken_over: bool) -> None:
        """A worker that was given up for dead comes back with its answer, after another took over or just before."""
        if is_taken_over:
            self.take_over()
        self.ground.count("late answer")
        work, outcome = self.stalled.pop(0)
        settling.settle(work.delivery, work.attempt_id, outcome, turn=work.turn)
        now = self.read()[work.delivery.pk]
        if isinstance(outcome, Sent):
            assert now.state == State.PUBLISHED
        self.known[now.pk].waits_for_sweep = self.holds_turn(now.pk)
        self.learn()
        self.compare()

    def holds_turn(self, delivery_id: UUID) -> bool:
        with self.here():
            return bool(Lane.objects.filter(holder_id=delivery_id).exists())

    def learn(self) -> None:
        """Take over the states the engine moved to by itself; whether it might is checked where it happened."""
        for pk, delivery in self.read().items():
            self.known[pk].state = State(delivery.state)

    # ------------------------------------------------------------------ what must always hold

    def compare(self) -> None:
        pins = self.pins()
        for pk, delivery in self.read().items():
            known = self.known[pk]
            count = pins.get(delivery.marker, 0)
            assert count <= 1, f"{count} pins with one marker"
            assert bool(count) == known.is_written, (known, delivery.state, count)
            assert delivery.state == known.state, (known, delivery.state)
            if count:
                may_be = {State.PUBLISHED, State.SENDING, State.UNCONFIRMED, State.CANCELLED}
                assert delivery.state in may_be, f"a pin that is out is {delivery.state}"
            if delivery.state == State.PUBLISHED:
                assert count == 1
            self.check_rest(delivery, known)

    def check_rest(self, delivery: Delivery, known: Known) -> None:
        """Whoever must act next can: a person reads why, or the engine has an instant."""
        match State(delivery.state):
            case State.PLANNED | State.PROCESSING:
                assert delivery.next_at is not None
            case State.SENDING:
                assert known.waits_for_sweep
            case State.FAILED | State.HELD:
                assert delivery.for_person and delivery.cause and delivery.next_at is None
            case State.UNCONFIRMED:
                assert delivery.for_person
            case State.PUBLISHED | State.CANCELLED:
                assert delivery.next_at is None

    def teardown(self) -> None:
        try:
            if self.accounts:
                self.come_to_rest()
        finally:
            self.ground.simulator.clear_faults()
            with self.here(), connection.cursor() as cursor:
                for table in (
                    "publishing_attempt",
                    "publishing_delivery",
                    "publishing_lane",
                    "publishing_pause",
                    "posts_postmedia",
                ):
                    cursor.execute(f"delete from {table}")
                Budget.objects.all().delete()

    def come_to_rest(self) -> None:
        """Nothing is stuck: in good weather, everything that can goes out, and the rest waits for a person."""
        while self.stalled:
            self.answer_arrives_late(is_taken_over=True)
        for which in (0, 1):
            self.reconnect(which)
            with self.here():
                pausing.resume(self.accounts[which])
            self.learn()
        for _ in range(40):
            self.take_over()
            waiting = [d for d in self.read().values() if d.next_at is not None]
            if not waiting:
                break
            with self.here():
                furniture.let_time_pass(self.until_next(waiting))
            self.work("none", "none")
        else:
            raise AssertionError(f"stuck: {[(d.state, d.next_at) for d in waiting]}")
        assert finding.lost_turns(older_s=-1) == [], "a turn was never given back"
        self.compare()

    @staticmethod
    def until_next(waiting: list[Delivery]) -> float:
        first: datetime = min(d.next_at for d in waiting if d.next_at is not None)
        return max((first - clock.now()).total_seconds(), 0) + 15
