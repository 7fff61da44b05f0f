"""People and workers at one post in any order: start, edit, stop, use, restore, reset, die, and time that passes.

A model that knows nothing of how it works says what the post must say; after every step nothing is lost, nothing is
charged twice, and in the end nothing is left generating.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import HealthCheck, event
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conftest import People
from petra.ai.contract import ALL_FIELDS, Cause, Usage, Words, WriterFailed
from petra.posts import composing
from petra.posts.models import AiMonth, Generation, GenerationState, Post, WordsState, WriterSeat
from petra.posts.testing import USED, ScriptedWriter, let_time_pass, post_of
from petra.posts.tests.samples import article
from petra.posts.words import finding as words_finding
from petra.posts.words import job as writing_job
from petra.posts.words import metadata, versions, writing
from petra.tenancy import scope

FAILURES = (Cause.TIME_OUT, Cause.RATE, Cause.KEY_REFUSED, Cause.CONTENT_REFUSED)


class Machine(RuleBasedStateMachine):
    """What a post says is known from outside: `said`. What was asked is counted: `asked`, `lost`."""

    people: People
    writer: ScriptedWriter
    is_running = is_proposed = False
    kept = 0

    @initialize()
    def begin(self) -> None:
        self._rollback = transaction.atomic()
        self._rollback.__enter__()
        self.writer.answers.clear()
        self.writer.asked.clear()
        self.writer.meanwhile = None
        self.workspace_id = self.people.workspace.pk
        with scope.workspace(self.workspace_id):
            self.post_id: UUID = post_of(article()).pk
            self.said = versions.words_of(Post.objects.get(pk=self.post_id))
        self.edits = 0

    def teardown(self) -> None:
        if not hasattr(self, "_rollback"):
            return
        try:
            self._come_to_rest()
        finally:
            transaction.set_rollback(True)
            self._rollback.__exit__(None, None, None)

    def _come_to_rest(self) -> None:
        for _ in range(12):
            let_time_pass(self.workspace_id, 600)
            self._work()
        with scope.workspace(self.workspace_id):
            assert not Generation.objects.filter(state=GenerationState.RUNNING).exists()
            assert not Generation.objects.filter(next_at__isnull=False).exists()
            assert Post.objects.get(pk=self.post_id).words_state != WordsState.GENERATING
            month = AiMonth.objects.first()
            assert (month.asked if month else 0) == len(self.writer.asked)  # each ask charged, and once
            if month is not None:
                assert month.lost or (month.reserved_usd, month.reserved_tokens) == (0, 0)
                answered, rest = divmod(month.spent_tokens - month.lost_tokens, USED.input_tokens + USED.output_tokens)
                assert rest == 0 and month.written <= answered <= month.asked - month.lost
                assert USED.cost_usd and month.spent_usd - month.lost_usd == answered * USED.cost_usd
            assert not WriterSeat.objects.exists()

    def _work(self) -> int:
        due = words_finding.due_generations()
        for workspace_id, generation_id in due:
            writing_job.write(workspace_id=workspace_id, generation_id=generation_id)
        return len(due)

    def _newest(self, state: GenerationState) -> Generation | None:
        found: Generation | None = Generation.objects.filter(state=state).first()
        return found

    # ---- people ----

    @rule(fields=st.sets(st.sampled_from(sorted(ALL_FIELDS)), min_size=1), feedback=st.sampled_from(["", "Shorter."]))
    def start(self, fields: set[str], feedback: str) -> None:
        with scope.workspace(self.workspace_id):
            is_running = self._newest(GenerationState.RUNNING) is not None
            try:
                writing.start(Post.objects.get(pk=self.post_id), fields=fields, feedback=feedback)
                assert not is_running
            except writing.Writing:
                assert is_running

    @precondition(lambda self: not self.is_running)
    @rule()
    def ask_in_peace(self) -> None:
        self.start({"title", "description", "alt_text"}, "")
        let_time_pass(self.workspace_id, 600)
        self._work()

    @rule(name=st.sampled_from(sorted(ALL_FIELDS)))
    def edit(self, name: str) -> None:
        self.edits += 1
        text = f"By hand {self.edits}"
        with scope.workspace(self.workspace_id):
            post = Post.objects.get(pk=self.post_id)
            composing.edit_post(post, version=post.version, **{name: text})
        self.said = versions.merged(Words(text, text, text), self.said, [name])

    @precondition(lambda self: self.is_running)
    @rule()
    def stop(self) -> None:
        with scope.workspace(self.workspace_id):
            if found := self._newest(GenerationState.RUNNING):
                assert writing.stop(found).state == GenerationState.STOPPED

    @precondition(lambda self: self.is_running)
    @rule()
    def reset(self) -> None:
        with scope.workspace(self.workspace_id):
            metadata.reset(Post.objects.get(pk=self.post_id))

    @precondition(lambda self: self.is_proposed)
    @rule()
    def drop(self) -> None:
        with scope.workspace(self.workspace_id):
            if found := self._newest(GenerationState.PROPOSED):
                writing.drop(found)

    @precondition(lambda self: self.is_proposed)
    @rule(is_sure=st.booleans())
    def use(self, is_sure: bool) -> None:
        with scope.workspace(self.workspace_id):
            found = self._newest(GenerationState.PROPOSED)
            if found is None:
                return
            post = Post.objects.get(pk=self.post_id)
            fields = writing.proposed_fields(found)
            edited = fields & set(versions.changed(self.said, versions.from_plain(found.before)))
            try:
                with transaction.atomic():
                    writing.use(found, version=post.version if is_sure else None)
            except composing.EditedMeanwhile:
                assert edited and not is_sure
                event("refused")
                return
            event("used")
            assert is_sure or not edited
            self.said = versions.merged(versions.words_of(found), self.said, fields)

    @precondition(lambda self: self.kept)
    @rule(place=st.integers(0, 2))
    def restore(self, place: int) -> None:
        with scope.workspace(self.workspace_id):
            kept = writing.history(Post.objects.get(pk=self.post_id))
            if place < len(kept):
                self.said = versions.words_of(kept[place])
                writing.restore(kept[place])
                event("restored")

    # ---- workers and time ----

    @precondition(lambda self: self.is_running)
    @rule()
    def work(self) -> None:
        self._work()

    @precondition(lambda self: self.is_running)
    @rule(cause=st.sampled_from(FAILURES))
    def work_badly(self, cause: Cause) -> None:
        self.writer.answers = [WriterFailed(cause, retry_after_s=30 if cause is Cause.RATE else None, usage=Usage())]
        self._work()
        self.writer.answers.clear()

    @precondition(lambda self: self.is_running)
    @rule(act=st.sampled_from(["edit", "stop", "reset", "die", "overtake"]))
    def meddle_while_it_thinks(self, act: str) -> None:
        acts: dict[str, Callable[[], None]] = {
            "edit": lambda: self.edit("title"), "stop": self.stop, "reset": self.reset, "die": _die,
            "overtake": self._overtake,
        }  # fmt: skip
        self.writer.meanwhile = acts[act]
        try:
            self._work()
        except _Death:
            event("died")
        self.writer.meanwhile = None

    def _overtake(self) -> None:
        let_time_pass(self.workspace_id, settings.WORKER_GONE_S + 1)
        self._work()

    @precondition(lambda self: self.is_running)
    @rule(seconds=st.sampled_from([1, 5, 20, 60]))
    def wait(self, seconds: int) -> None:
        let_time_pass(self.workspace_id, seconds)

    # ---- always ----

    @precondition(lambda self: hasattr(self, "post_id"))
    @invariant()
    def the_post_says_what_people_decided(self) -> None:
        with scope.workspace(self.workspace_id):
            post = Post.objects.get(pk=self.post_id)
            assert versions.words_of(post) == self.said
            kept = writing.history(post)
            self.kept = len(kept)
            assert len(kept) <= versions.KEPT_VERSIONS
            assert not kept or versions.words_of(kept[0]) == self.said
            numbers = [v.number or 0 for v in kept]
            assert numbers == sorted(set(numbers), reverse=True)

    @precondition(lambda self: hasattr(self, "post_id"))
    @invariant()
    def it_is_generating_exactly_while_a_proposal_runs(self) -> None:
        with scope.workspace(self.workspace_id):
            self.is_running = self._newest(GenerationState.RUNNING) is not None
            self.is_proposed = self._newest(GenerationState.PROPOSED) is not None
            assert (Post.objects.get(pk=self.post_id).words_state == WordsState.GENERATING) == self.is_running

    @precondition(lambda self: hasattr(self, "post_id"))
    @invariant()
    def what_was_asked_is_charged(self) -> None:
        with scope.workspace(self.workspace_id):
            month = AiMonth.objects.first()
            assert (month.asked if month else 0) <= len(self.writer.asked)
            assert month is None or month.reserved_usd >= 0


class _Death(BaseException):
    """A worker is killed."""


def _die() -> None:
    raise _Death


@pytest.mark.filterwarnings("ignore:.*differing_executors.*")
def test_whatever_people_and_workers_do_nothing_is_lost_and_nothing_hangs(
    people: People, scripted: ScriptedWriter
) -> None:
    Machine.people, Machine.writer = people, scripted
    steps = hypothesis_settings(
        max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Machine, settings=steps)
