"""A person asks for words of one post: they come as a proposal, and are used, dropped, stopped, taken back."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai.contract import Cause, Usage, Words, WriterFailed
from petra.lib.errors import ProductError
from petra.posts import composing
from petra.posts.models import AiMonth, Generation, GenerationKind, GenerationState, Post, WordsState, WriterSeat
from petra.posts.testing import SCRIPTED, ScriptedWriter, let_time_pass, post_of, work
from petra.posts.tests.samples import TEXT, article
from petra.posts.words import access_keys, budget, leases, metadata, writing
from petra.posts.words import job as writing_job
from petra.posts.words.versions import words_of
from petra.tenancy import scope
from petra.webhooks.models import Event

NEW = Words("New title", "New words.", "New alt text", ("soup",))


class Desk:
    """alice at one post of her workspace."""

    def __init__(self, people: People, post_id: UUID) -> None:
        self.workspace_id, self.alice_id, self.post_id = people.workspace.pk, people.alice.pk, post_id

    def __enter__(self) -> Post:
        self._scope = scope.workspace(self.workspace_id, actor_id=self.alice_id)
        self._scope.__enter__()
        return Post.objects.get(pk=self.post_id)

    def __exit__(self, *error: object) -> None:
        self._scope.__exit__(*error)  # type: ignore[arg-type]

    def start(self, **wishes: object) -> Generation:
        with self as post:
            return writing.start(post, actor_id=self.alice_id, **wishes)  # type: ignore[arg-type]

    def proposed(self, **wishes: object) -> Generation:
        """Ask and let a worker answer."""
        made = self.start(**wishes)
        work()
        with self:
            made.refresh_from_db()
        return made

    def month(self) -> AiMonth:
        with self:
            return AiMonth.objects.get()  # type: ignore[no-any-return]


@pytest.fixture
def desk(people: People) -> Desk:
    with scope.workspace(people.workspace.pk):
        return Desk(people, post_of(article()).pk)


def test_words_come_as_a_proposal_and_are_the_posts_only_when_used(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [NEW]
    made = desk.start()
    with desk as post:
        assert (post.words_state, made.state) == (WordsState.GENERATING, GenerationState.RUNNING)
    work()
    with desk as post:
        made.refresh_from_db()
        assert (made.state, words_of(made), made.writer) == (GenerationState.PROPOSED, NEW, "scripted")
        assert (post.title, post.words_state) == ("Old title", WordsState.DRAFT)
        assert writing.use(made, actor_id=desk.alice_id).title == "New title"
        post.refresh_from_db()
        assert words_of(post) == NEW
        assert [(v.number, v.kind, v.title) for v in writing.history(post)] == [
            (2, GenerationKind.WRITE, "New title"),
            (1, GenerationKind.HAND, "Old title"),
        ]
        assert writing.history(post)[0].cost_usd == Decimal("0.0013")
        with pytest.raises(writing.NoProposal):
            writing.use(made)
    assert scripted.asked[0].source.title == "Pumpkin soup"


def test_only_what_is_ticked_is_asked_for_and_changed(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [NEW]
    made = desk.proposed(fields={"alt_text"})
    assert scripted.asked[0].fields == {"alt_text"}
    assert scripted.asked[0].current.title == "Old title"
    with desk as post:
        writing.use(made)
        post.refresh_from_db()
        assert (post.title, post.alt_text, post.topics) == ("Old title", "New alt text", [])


def test_feedback_goes_on_with_the_conversation(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [NEW]
    desk.proposed()
    desk.proposed(feedback="Shorter.")
    desk.proposed(feedback="And funnier.")
    first, second, third = (request.turns for request in scripted.asked)
    assert first == ()
    assert [(turn.proposal.title, turn.feedback) for turn in second] == [("New title", "Shorter.")]
    assert [turn.feedback for turn in third] == ["Shorter.", "And funnier."]
    assert third[1].proposal.title == "Title 2"
    with desk as post:
        states = Generation.objects.filter(post=post).values_list("state", flat=True)
        assert list(states) == ["proposed"]  # of what became no version, the last one


def test_a_failure_does_not_end_the_conversation(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [NEW, WriterFailed(Cause.CONTENT_REFUSED), WriterFailed(Cause.CONTENT_REFUSED)]
    desk.proposed()
    for feedback in ("Shorter.", "Shorter, please.", "Short."):
        desk.proposed(feedback=feedback)
    assert [(turn.proposal.title, turn.feedback) for turn in scripted.asked[3].turns] == [("New title", "Short.")]
    stopped = desk.start(feedback="And funnier.")
    with desk:
        writing.stop(stopped)
    desk.proposed(feedback="Funnier.")
    said = [(turn.proposal.title, turn.feedback) for turn in scripted.asked[4].turns]
    assert said == [("New title", "Short."), ("Title 4", "Funnier.")]
    with desk as post:
        composing.edit_post(post, version=post.version, title="By hand")
        writing.drop(Generation.objects.get(state=GenerationState.PROPOSED))
    desk.proposed(feedback="Warmer.")
    assert [turn.proposal.title for turn in scripted.asked[5].turns] == ["By hand"]


def test_who_edits_after_a_failure_speaks_of_what_they_wrote(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [WriterFailed(Cause.CONTENT_REFUSED)]
    for title in ("By hand", "By hand, again"):
        with desk as post:
            composing.edit_post(post, version=post.version, title=title)
        desk.proposed(feedback="Shorter.")
    assert [turn.proposal.title for turn in scripted.asked[1].turns] == ["By hand, again"]


def test_what_a_person_wrote_meanwhile_is_not_written_over(desk: Desk, scripted: ScriptedWriter) -> None:
    def edit() -> None:
        with desk as post:
            composing.edit_post(post, version=post.version, title="By hand")

    scripted.meanwhile = edit
    made = desk.proposed()
    with desk as post:
        assert post.title == "By hand"
        with pytest.raises(composing.EditedMeanwhile):
            writing.use(made)
        with pytest.raises(composing.EditedMeanwhile):
            writing.use(made, version=1)
        assert writing.use(made, fields={"description"}).title == "By hand"
        post.refresh_from_db()
        assert (post.title, post.description) == ("By hand", "Description 1.")


def test_stop_brings_the_state_back_and_its_cost_is_counted(desk: Desk, scripted: ScriptedWriter) -> None:
    made: list[Generation] = []

    def stop() -> None:
        with desk:
            writing.stop(made[0])

    scripted.meanwhile = stop
    made.append(desk.start())
    work()
    with desk as post:
        made[0].refresh_from_db()
        assert (post.words_state, post.title) == (WordsState.DRAFT, "Old title")
        assert (made[0].state, made[0].cost_usd) == (GenerationState.STOPPED, Decimal("0.0013"))
        assert made[0].title == ""  # what came after Stop is not kept
    assert (desk.month().spent_tokens, desk.month().reserved_tokens) == (1000, 0)
    with desk:
        assert not WriterSeat.objects.exists()


def test_a_stop_before_a_worker_came_costs_nothing(desk: Desk, scripted: ScriptedWriter) -> None:
    made = desk.start()
    with desk:
        writing.stop(made)
    assert work() == 0
    assert scripted.asked == []


def test_again_asks_the_same_and_drop_puts_it_away(desk: Desk, scripted: ScriptedWriter) -> None:
    made = desk.proposed(fields={"title"}, feedback="Shorter.")
    with desk:
        other = writing.again(made)
    work()
    with desk as post:
        other.refresh_from_db()
        assert (other.fields, other.feedback, other.state) == (["title"], "Shorter.", GenerationState.PROPOSED)
        assert scripted.asked[1].turns == scripted.asked[0].turns
        assert scripted.asked[1].variant == scripted.asked[0].variant + 1
        writing.drop(other)
        assert (post.title, post.words_state) == ("Old title", WordsState.DRAFT)
        assert Event.objects.filter(kind="post.words_dropped").count() == 1


def test_the_pins_of_one_article_asked_for_at_once_say_different_things(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        of_soup = article(text=TEXT + TEXT.replace("soup", "stew").replace("pumpkin", "carrot"))
        posts = [post_of(of_soup, title=f"Soup {number}") for number in range(5)]
        for number, post in enumerate(posts):
            metadata.write_words(post, variant=number)
        asked = [writing.start(post) for post in posts]
        assert len({generation.variant for generation in asked}) == 5  # for five workers at the same moment
    work()
    with scope.workspace(people.workspace.pk):
        said = Generation.objects.filter(state=GenerationState.PROPOSED).values_list("description", flat=True)
        assert len(said) == 5 and len(set(said)) == 5


def test_a_pin_without_an_article_is_written_from_what_it_says(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        made = writing.start(Post.objects.create(title="Bread from our oven", language="en"), fields={"alt_text"})
    work()
    with scope.workspace(people.workspace.pk):
        made.refresh_from_db()
        assert made.alt_text == "Bread from our oven"


def test_a_second_asking_is_refused_while_one_runs(desk: Desk, scripted: ScriptedWriter) -> None:
    desk.start()
    with pytest.raises(writing.Writing):
        desk.start()
    wishes: list[dict[str, object]] = [{"fields": set()}, {"fields": {"link"}}, {"feedback": "x" * 2_001}]
    for wrong in wishes:
        with pytest.raises(ProductError):
            desk.start(**wrong)
    assert len(scripted.asked) == 0


# ---- when no words come ----


def test_a_failure_keeps_the_words_and_says_why(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [WriterFailed(Cause.KEY_REFUSED, "no such key")]
    made = desk.proposed(feedback="Shorter.")
    with desk as post:
        assert (post.title, post.words_state, post.words_error) == ("Old title", WordsState.DRAFT, "key_refused")
        assert (made.state, made.error, made.error_detail, made.feedback) == (
            GenerationState.FAILED, "key_refused", "no such key", "Shorter.",
        )  # fmt: skip
        current = writing.current(post)
        assert current is not None and current.pk == made.pk
        writing.reset(post)
        assert (post.words_state, post.words_error) == (WordsState.DRAFT, "")
        assert Event.objects.get(kind="post.words_failed").data["cause"] == "key_refused"


def test_what_may_pass_is_tried_three_times_with_growing_waits(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [WriterFailed(cause) for cause in (Cause.TIME_OUT, Cause.PROVIDER_ERROR)] + [NEW]
    made = desk.start()
    assert work() == 1
    with desk as post:
        made.refresh_from_db()
        assert (made.state, made.error, post.words_state) == (GenerationState.RUNNING, "time_out", "generating")
        first = made.next_at
    let_time_pass(desk.workspace_id, 1)
    assert work() == 0  # not before its time
    let_time_pass(desk.workspace_id, 3)
    assert work() == 1
    with desk:
        made.refresh_from_db()
        assert made.next_at is not None and first is not None and made.next_at > first
    let_time_pass(desk.workspace_id, 12)
    assert work() == 1
    with desk:
        made.refresh_from_db()
        assert (made.state, made.tries, made.asked, made.error) == (GenerationState.PROPOSED, 3, 3, "")


def test_after_three_tries_it_fails(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [WriterFailed(Cause.TIME_OUT, usage=Usage(50, 0, Decimal("0.00005"))) for _ in range(5)]
    made = desk.start()
    for _ in range(5):
        work()
        let_time_pass(desk.workspace_id, 60)
    with desk:
        made.refresh_from_db()
        assert (made.state, made.error, len(scripted.asked)) == (GenerationState.FAILED, "time_out", 3)
        assert (made.input_tokens, made.cost_usd) == (150, Decimal("0.00015"))
    month = desk.month()
    assert (month.spent_usd, month.asked, month.lost) == (Decimal("0.00015"), 3, 3)
    assert month.reserved_tokens > 300  # answers that came too late may be paid for all the same


def test_a_failed_try_that_asked_twice_pays_for_two_requests(desk: Desk, scripted: ScriptedWriter) -> None:
    with desk:
        access_keys.save(None, replace(SCRIPTED, per_minute=1))
    scripted.answers = [WriterFailed(Cause.BAD_ANSWER, asked=2)]
    made = desk.start()
    assert work() == 1
    with desk:
        made.refresh_from_db()
        assert (made.asked, desk.month().asked) == (2, 2)
    let_time_pass(desk.workspace_id, 70)
    work()
    assert len(scripted.asked) == 1  # one in a minute: the second of them took the next minute's
    let_time_pass(desk.workspace_id, 60)
    work()
    assert len(scripted.asked) == 2


def test_too_many_requests_lets_the_key_rest_for_everybody(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [WriterFailed(Cause.RATE, retry_after_s=30)]
    made = desk.start()
    with desk as post:
        other = post_of(post.article, title="Another")
    work()
    with desk:
        second = writing.start(other)
    work()
    assert len(scripted.asked) == 1  # the other one waits as well
    let_time_pass(desk.workspace_id, 20)
    work()
    assert len(scripted.asked) == 1
    let_time_pass(desk.workspace_id, 11)
    work()
    with desk:
        made.refresh_from_db()
        second.refresh_from_db()
        assert {made.state, second.state} == {GenerationState.PROPOSED}
        assert (made.tries, made.rate_waits) == (1, 1)


def test_who_should_wait_for_hours_hears_it_at_once(desk: Desk, scripted: ScriptedWriter) -> None:
    scripted.answers = [WriterFailed(Cause.RATE, retry_after_s=7200)]
    assert desk.proposed().error == "rate"


# ---- workers that die ----


def die(desk: Desk, made: Generation) -> None:
    """Let a worker take a try, and never hear of it again."""
    with pytest.raises(KeyboardInterrupt):
        writing_job.write(workspace_id=desk.workspace_id, generation_id=made.pk)


def test_a_dead_worker_leaves_nothing_generating_and_its_reservation_charged(
    desk: Desk, scripted: ScriptedWriter, settings: Settings
) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    made = desk.start()
    scripted.meanwhile = killed
    die(desk, made)
    reserved = desk.month().reserved_usd
    assert reserved > 0
    assert work() == 0  # it may live
    let_time_pass(desk.workspace_id, settings.WORKER_GONE_S + 1)
    assert work() == 1
    month = desk.month()
    with desk:
        made.refresh_from_db()
        assert (made.state, made.crashes, made.is_estimated) == (GenerationState.PROPOSED, 1, True)
        assert made.cost_usd == month.spent_usd == reserved + Decimal("0.0013")
    assert (month.reserved_usd, month.reserved_tokens, month.lost, month.asked) == (Decimal(0), 0, 1, 2)


def test_a_question_that_kills_its_workers_is_given_up(
    desk: Desk, scripted: ScriptedWriter, settings: Settings
) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    made = desk.start()
    for _ in range(3):
        scripted.meanwhile = killed
        die(desk, made)
        let_time_pass(desk.workspace_id, settings.WORKER_GONE_S + 1)
    work()
    with desk as post:
        made.refresh_from_db()
        assert (made.state, made.error, post.words_state) == (GenerationState.FAILED, "interrupted", WordsState.DRAFT)
    assert (desk.month().reserved_tokens, desk.month().lost) == (0, 3)


def test_a_worker_taken_for_dead_changes_nothing_when_it_comes_back(
    desk: Desk, scripted: ScriptedWriter, settings: Settings
) -> None:
    made = desk.start()

    def overtaken() -> None:
        let_time_pass(desk.workspace_id, settings.WORKER_GONE_S + 1)
        work()

    scripted.answers = [Words("Late"), NEW]
    scripted.meanwhile = overtaken
    work()
    with desk:
        made.refresh_from_db()
        assert (made.title, made.state, made.crashes) == ("New title", GenerationState.PROPOSED, 1)
    month = desk.month()
    assert (month.asked, month.lost, month.reserved_tokens) == (2, 1, 0)


def test_leases_are_kept_while_a_model_thinks(real_people: People, settings: Settings) -> None:
    settings.WORKER_GONE_S = 0.6
    with scope.workspace(real_people.workspace.pk):
        made = writing.start(post_of(article()))
        Generation.objects.filter(pk=made.pk).update(holder_id=made.pk)
    with leases.held(real_people.workspace.pk, made.pk, made.pk):
        threading.Event().wait(0.8)
    with scope.workspace(real_people.workspace.pk):
        before, made = made.next_at, Generation.objects.get(pk=made.pk)
        assert before is not None and made.next_at is not None
        assert 0.5 < (made.next_at - before).total_seconds() < 1.5


def test_the_budget_is_said_before_anything_is_asked(desk: Desk, scripted: ScriptedWriter) -> None:
    with desk:
        AiMonth.objects.create(month=budget.this_month(), spent_usd=Decimal("9.9999"))
    made = desk.proposed()
    assert (made.error, scripted.asked) == ("budget", [])
    assert made.error_detail == "The budget of $10.00 for this month is used up."


def test_what_was_spent_on_a_post_that_is_deleted_meanwhile_is_counted(desk: Desk, scripted: ScriptedWriter) -> None:
    def delete() -> None:
        with desk as post:
            post.delete()

    desk.start()
    scripted.meanwhile = delete
    assert work() == 1
    with scope.workspace(desk.workspace_id):
        month = AiMonth.objects.get()
        assert (month.spent_tokens, month.reserved_tokens, month.asked) == (1000, 0, 1)
        assert not WriterSeat.objects.exists()


def test_words_of_a_post_that_was_removed_meanwhile_end_unasked(desk: Desk, scripted: ScriptedWriter) -> None:
    made = desk.start()
    with desk as post:
        composing.remove_post(post)
    assert work() == 1
    with desk as post:
        made.refresh_from_db()
        assert (made.state, made.next_at) == (GenerationState.STOPPED, None)
        assert (post.words_state, post.words_state_before) == (WordsState.DRAFT, "")
    assert scripted.asked == []


def test_words_of_a_removed_post_can_be_stopped_and_not_used(desk: Desk, scripted: ScriptedWriter) -> None:
    proposed = desk.proposed()
    with desk as post:
        composing.remove_post(post)
        for act in (writing.use, writing.again):
            with pytest.raises(ProductError, match="removed"):
                act(proposed)
        composing.restore_post(post)
    made = desk.start()
    with desk as post:
        composing.remove_post(post)
        assert writing.stop(made).state == GenerationState.STOPPED
        assert Post.objects.get(pk=post.pk).words_state != WordsState.GENERATING


def test_only_a_version_is_restored(desk: Desk, scripted: ScriptedWriter) -> None:
    made = desk.start()
    with desk as post:
        writing.stop(made)
        Generation.objects.filter(pk=made.pk).update(title="x" * 500)  # came in by halves, and nobody has checked it
        with pytest.raises(ProductError, match="isn't there"):
            writing.restore(Generation.objects.get(pk=made.pk))
        post.refresh_from_db()
        assert post.title == "Old title"


def test_a_failure_of_the_key_before_says_nothing_of_the_new_one(desk: Desk, scripted: ScriptedWriter) -> None:
    def change() -> None:
        with desk:
            access_keys.save(None, replace(SCRIPTED, key="sk-test-new-9876543210"))

    scripted.answers = [WriterFailed(Cause.KEY_REFUSED, "Wrong key"), WriterFailed(Cause.KEY_REFUSED, "Wrong key")]
    scripted.meanwhile = change
    assert desk.proposed().error == Cause.KEY_REFUSED
    with desk:
        assert access_keys.access_of(None).last_error == ""
    desk.proposed()
    with desk:
        assert access_keys.access_of(None).last_error == Cause.KEY_REFUSED
