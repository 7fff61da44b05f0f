"""Words for many posts: each once, one's failure stops no other, and what stops all of them is said."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import time_machine

from conftest import People
from petra.ai.contract import Cause, Usage, Words, WriterFailed
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts import composing
from petra.posts.models import AiMonth, Generation, GenerationState, Post, WordsRun, WordsState, WriterPace
from petra.posts.testing import SCRIPTED, ScriptedWriter, let_time_pass, post_of, work
from petra.posts.tests.samples import article
from petra.posts.words import access_keys, writing
from petra.posts.words import job as writing_job
from petra.posts.words import pruning as words_pruning
from petra.posts.words import runs as words_runs
from petra.tenancy import scope
from petra.webhooks.models import Event


class Shop:
    """alice's workspace with some posts of different articles, all but the last written by AI."""

    def __init__(self, people: People, *, posts: int = 4) -> None:
        self.people, self.workspace_id = people, people.workspace.pk
        with self.open():
            self.ids = [Post.objects.create(article=article(title=f"Soup {n}"), link="https://x.example/").pk
                        for n in range(posts)]  # fmt: skip

    def open(self) -> AbstractContextManager[object]:
        return scope.workspace(self.workspace_id, actor_id=self.people.alice.pk)

    def start(self, **wishes: object) -> WordsRun:
        with self.open():
            return words_runs.start_run(self.ids, actor_id=self.people.alice.pk, **wishes)  # type: ignore[arg-type]

    def progress(self, run: WordsRun) -> words_runs.Progress:
        with self.open():
            run.refresh_from_db()
            return words_runs.progress(run)

    def post(self, number: int) -> Post:
        with self.open():
            return Post.objects.get(pk=self.ids[number])


@pytest.fixture
def shop(people: People) -> Shop:
    return Shop(people)


def test_every_post_is_written_at_once_as_a_new_version_with_one_summary(shop: Shop, scripted: ScriptedWriter) -> None:
    run = shop.start(brief="For winter.")
    assert shop.progress(run).waiting == 4
    work()
    found = shop.progress(run)
    assert (run.state, found.written, found.done, found.total) == ("done", 4, 4, 4)
    assert (found.tokens, found.cost_usd) == (4000, Decimal("0.0052"))
    assert {request.brand.instructions for request in scripted.asked} == {"For winter."}
    with scope.workspace(shop.workspace_id):
        post = Post.objects.get(pk=shop.ids[0])
        assert post.title.startswith("Title")
        [version] = writing.history(post)
        assert (version.actor_id, version.cost_usd) == (shop.people.alice.pk, Decimal("0.0013"))
        assert not Post.objects.filter(words_state=WordsState.GENERATING).exists()
        summary = Event.objects.get(kind="words_run.finished").data
        assert (summary["written"], summary["failed"], Decimal(summary["cost_usd"])) == (4, 0, Decimal("0.0052"))
        assert Event.objects.filter(kind="words_run.started").count() == 1
        assert Event.objects.filter(kind="post.words_written").count() == 4


def test_one_that_fails_stops_no_other(shop: Shop, scripted: ScriptedWriter) -> None:
    scripted.answers = [Words("One"), WriterFailed(Cause.CONTENT_REFUSED, "no", usage=Usage(10, 0, Decimal("0.1")))]
    run = shop.start()
    work()
    found = shop.progress(run)
    assert (run.state, found.written, found.failed, found.cost_usd) == ("done", 3, 1, Decimal("0.1039"))
    with scope.workspace(shop.workspace_id):
        [task] = words_runs.problems(run)
        assert (task.why, task.detail, task.post.words_error) == ("content_refused", "no", "content_refused")


def test_what_a_person_wrote_is_left_unless_ticked(shop: Shop, scripted: ScriptedWriter) -> None:
    with scope.workspace(shop.workspace_id):
        post = Post.objects.get(pk=shop.ids[0])
        composing.edit_post(post, version=post.version, title="By hand")
    run = shop.start()
    assert shop.progress(run).skipped == 1
    work()
    assert shop.post(0).title == "By hand"
    run = shop.start(overwrite_edited=True)
    work()
    assert shop.progress(run).written == 4
    with scope.workspace(shop.workspace_id):
        assert [v.title for v in writing.history(shop.post(0))][1] == "By hand"


def test_what_a_person_edits_meanwhile_stays_and_the_words_wait_as_a_proposal(
    shop: Shop, scripted: ScriptedWriter
) -> None:
    def edit() -> None:
        with scope.workspace(shop.workspace_id):
            post = Post.objects.get(words_state=WordsState.GENERATING)
            composing.edit_post(post, version=post.version, title="By hand")

    with scope.workspace(shop.workspace_id):
        access_keys.save(None, replace(SCRIPTED, at_once=1))
    scripted.meanwhile = edit
    run = shop.start()
    work()
    found = shop.progress(run)
    assert (found.written, found.skipped) == (3, 1)
    assert shop.post(0).title == "By hand"
    with scope.workspace(shop.workspace_id):
        current = writing.current(shop.post(0))
        assert current is None or current.state == GenerationState.PROPOSED
        assert Generation.objects.filter(post_id=shop.ids[0], state=GenerationState.PROPOSED).count() == 1


def test_a_refused_key_pauses_the_run_and_it_goes_on_where_it_stood(shop: Shop, scripted: ScriptedWriter) -> None:
    with scope.workspace(shop.workspace_id):
        access_keys.save(None, replace(SCRIPTED, at_once=1))
    scripted.answers = [Words("One"), WriterFailed(Cause.KEY_REFUSED)]
    run = shop.start()
    work()
    found = shop.progress(run)
    assert (run.state, run.because, found.written, found.waiting, found.failed) == ("paused", "key_refused", 1, 3, 0)
    assert shop.post(1).words_state == WordsState.DRAFT
    assert len(scripted.asked) == 2
    with scope.workspace(shop.workspace_id):
        words_runs.go_on(run)
    work()
    assert (shop.progress(run).written, run.state, run.because) == (4, "done", "")


def test_the_budget_pauses_the_run_and_nothing_is_asked_beyond_it(shop: Shop, scripted: ScriptedWriter) -> None:
    with scope.workspace(shop.workspace_id):
        access_keys.save(None, replace(SCRIPTED, at_once=1, monthly_tokens=2_000))
    run = shop.start()
    work()
    found = shop.progress(run)
    assert (run.state, run.because, found.written, found.tokens) == ("paused", "budget", 0, 0)
    assert scripted.asked == []


def test_pause_and_stop_leave_what_waits(shop: Shop, scripted: ScriptedWriter) -> None:
    with scope.workspace(shop.workspace_id):
        access_keys.save(None, replace(SCRIPTED, at_once=1))
    run = shop.start()

    def pause() -> None:
        with scope.workspace(shop.workspace_id):
            words_runs.pause(run)

    scripted.meanwhile = pause
    work()
    assert (shop.progress(run).written, shop.progress(run).waiting, run.state) == (1, 3, "paused")
    with scope.workspace(shop.workspace_id):
        words_runs.stop(run)
        assert words_runs.go_on(run).state == "stopped"
    work()
    found = shop.progress(run)
    assert (found.written, found.skipped, run.state, run.finished_at is not None) == (1, 3, "stopped", True)
    with scope.workspace(shop.workspace_id):
        assert Event.objects.filter(kind="words_run.finished").count() == 1


def test_a_post_stopped_or_removed_or_busy_is_left(shop: Shop, scripted: ScriptedWriter) -> None:
    with scope.workspace(shop.workspace_id):
        access_keys.save(None, replace(SCRIPTED, at_once=2))
        writing.start(Post.objects.get(pk=shop.ids[3]))
    run = shop.start()

    def meddle() -> None:
        with scope.workspace(shop.workspace_id):
            writing.stop(Generation.objects.get(post_id=shop.ids[0], state=GenerationState.RUNNING))
            composing.remove_post(Post.objects.get(pk=shop.ids[1]))

    with scope.workspace(shop.workspace_id):
        Generation.objects.filter(post_id=shop.ids[3]).update(next_at="2099-01-01T00:00:00Z")
    scripted.meanwhile = meddle
    work()
    assert (shop.progress(run).written, shop.progress(run).skipped, run.state) == (1, 3, "done")
    with scope.workspace(shop.workspace_id):
        assert list(run.tasks.order_by("position").values_list("why", flat=True)) == ["stopped", "removed", "", "busy"]


def test_what_was_stopped_while_it_was_asked_is_in_the_runs_cost(shop: Shop, scripted: ScriptedWriter) -> None:
    run = shop.start()

    def stop() -> None:
        with scope.workspace(shop.workspace_id):
            writing.stop(Generation.objects.get(post_id=shop.ids[0], state=GenerationState.RUNNING))
        words_runs.go_forward(workspace_id=shop.workspace_id, run_id=run.pk)

    scripted.meanwhile = stop
    work()
    found = shop.progress(run)
    with scope.workspace(shop.workspace_id):
        month = AiMonth.objects.get()
        [told] = Event.objects.filter(kind="words_run.finished")
    assert (found.written, found.skipped) == (3, 1)
    assert (found.tokens, found.cost_usd) == (month.spent_tokens, month.spent_usd)
    assert told.data["tokens"] == month.spent_tokens


def test_pins_of_one_article_are_written_one_after_the_other_and_see_each_other(
    people: People, scripted: ScriptedWriter
) -> None:
    with scope.workspace(people.workspace.pk):
        soup = article()
        posts = [Post.objects.create(article=soup) for _ in range(5)]
        words_runs.start_run([post.pk for post in posts], actor_id=None)
        assert work_one_pass(people.workspace.pk) == 1  # of five that might go at once
    work()
    siblings = [{words.title for words in request.siblings} for request in scripted.asked]
    assert [len(titles) for titles in siblings] == [0, 1, 2, 3, 4]
    assert siblings[4] == {"Title 1", "Title 2", "Title 3", "Title 4"}
    assert len({request.variant for request in scripted.asked}) == 5


def work_one_pass(workspace_id: UUID) -> int:
    run = WordsRun.objects.get()
    words_runs.go_forward(workspace_id=workspace_id, run_id=run.pk)
    return Generation.objects.filter(state=GenerationState.RUNNING).count()


def test_a_run_is_of_one_workspace_and_makes_sense(shop: Shop, people: People) -> None:
    with scope.workspace(people.elsewhere.pk):
        foreign = Post.objects.create(title="Charlie's")
    for wrong, code in (([foreign.pk], "not_here"), ([], "how_many"), ([shop.ids[0]] * 3, "")):
        with scope.workspace(shop.workspace_id):
            if not code:
                assert words_runs.progress(words_runs.start_run(wrong, actor_id=None)).total == 1
                continue
            with pytest.raises(ProductError) as refusal:
                words_runs.start_run(wrong, actor_id=None)
            assert refusal.value.code == code
    for wishes in ({"fields": ["link"]}, {"brief": "x" * 1001}):
        with pytest.raises(ProductError):
            shop.start(**wishes)


def test_a_wait_for_another_try_is_not_the_end(shop: Shop, scripted: ScriptedWriter) -> None:
    scripted.answers = [WriterFailed(Cause.TIME_OUT)]
    run = shop.start()
    work()
    assert (shop.progress(run).written, shop.progress(run).running, run.state) == (3, 1, "running")
    let_time_pass(shop.workspace_id, 10)
    work()
    assert (shop.progress(run).written, run.state) == (4, "done")


def test_runs_are_taken_away_by_age_and_what_they_cost_stays(shop: Shop, scripted: ScriptedWriter) -> None:
    run = shop.start()
    work()
    assert words_pruning.prune() == 0
    with time_machine.travel(clock.now() + timedelta(days=500), tick=False):
        assert words_pruning.prune() == 1
    with scope.workspace(shop.workspace_id):
        assert not WordsRun.objects.filter(pk=run.pk).exists()
        assert AiMonth.objects.get().spent_tokens == 4000
    assert not WriterPace.objects.exists()


def test_what_a_model_or_a_person_says_may_hold_anything(shop: Shop, scripted: ScriptedWriter) -> None:
    scripted.answers = [Words("Ti\x00tle", "De\ud800sc", "\x07"), WriterFailed(Cause.QUOTA, "no\x00\ud800 money")]
    with scope.workspace(shop.workspace_id):
        writing.start(Post.objects.get(pk=shop.ids[0]), feedback="Sh\x00orter\ud800.")
    work()
    with scope.workspace(shop.workspace_id):
        assert Generation.objects.get(state="proposed").title == "Title"
    run = shop.start(brief="For\x00 winter")
    work()
    with scope.workspace(shop.workspace_id):
        assert Generation.objects.get(error="quota").error_detail == "no money"
        run.refresh_from_db()
        assert (run.brief, run.state) == ("For winter", "paused")


def test_who_asks_for_one_post_comes_before_the_next_of_a_run(shop: Shop, scripted: ScriptedWriter) -> None:
    with scope.workspace(shop.workspace_id):
        access_keys.save(None, replace(SCRIPTED, at_once=1))
        alone = post_of(article(title="Alone"))

    def ask() -> None:
        with scope.workspace(shop.workspace_id):
            made = writing.start(alone)
        writing_job.write(workspace_id=shop.workspace_id, generation_id=made.pk)  # there is no seat: it waits

    scripted.meanwhile = ask
    run = shop.start()
    work()
    assert shop.progress(run).written == 4
    assert [request.source.title for request in scripted.asked][1] == "Alone"


def test_a_provider_that_wants_a_long_rest_pauses_the_run(shop: Shop, scripted: ScriptedWriter) -> None:
    with scope.workspace(shop.workspace_id):
        access_keys.save(None, replace(SCRIPTED, at_once=2))
    scripted.answers = [WriterFailed(Cause.RATE, retry_after_s=3000)]
    run = shop.start()
    work()
    found = shop.progress(run)
    assert (run.state, run.because, found.failed, found.waiting) == ("paused", "rate", 0, 4)
    assert len(scripted.asked) == 1
    let_time_pass(shop.workspace_id, 3000)
    with scope.workspace(shop.workspace_id):
        words_runs.go_on(run)
    work()
    assert shop.progress(run).written == 4
