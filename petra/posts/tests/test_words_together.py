"""People and workers at the same posts at the same moment: nobody waits for each other for ever, nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai import providers
from petra.ai.contract import Usage
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts import composing
from petra.posts.models import AiMonth, Generation, GenerationState, Post, WordsRun, WordsState, WriterSeat
from petra.posts.testing import SCRIPTED, ScriptedWriter, post_of
from petra.posts.tests.samples import article
from petra.posts.words import access_keys, writing
from petra.posts.words import finding as words_finding
from petra.posts.words import job as writing_job
from petra.posts.words import runs as words_runs
from petra.tenancy import scope

SECONDS = 5.0
MOST_SECONDS = 40.0
ENOUGH = 11  # questions to the writer, until then it goes on
POSTS = 4


class Crowd:
    """Threads that do things until the time is over and enough was asked; what went wrong is in `wrong`."""

    def __init__(self, workspace_id: UUID, post_ids: list[UUID], writer: ScriptedWriter) -> None:
        self.workspace_id, self.post_ids, self.writer = workspace_id, post_ids, writer
        self.began_at = clock.monotonic()
        self.wrong: list[BaseException] = []

    def run(self, *acts: Callable[[Random], None]) -> None:
        threads = [threading.Thread(target=self._do, args=(act, Random(n))) for n, act in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(MOST_SECONDS + 30)
            assert not thread.is_alive()

    def _do(self, act: Callable[[Random], None], chance: Random) -> None:
        try:
            while not self._is_over():
                act(chance)
        except BaseException as error:  # noqa: BLE001  told by the test
            self.wrong.append(error)
        finally:
            connections.close_all()

    def _is_over(self) -> bool:
        lasted = clock.monotonic() - self.began_at
        return lasted > (SECONDS if len(self.writer.asked) >= ENOUGH else MOST_SECONDS)

    def person(self, chance: Random) -> None:
        try:
            with scope.workspace(self.workspace_id):
                self._act(chance, Post.objects.get(pk=chance.choice(self.post_ids)))
        except ProductError:
            pass  # somebody else was quicker

    def _act(self, chance: Random, post: Post) -> None:
        newest = Generation.objects.filter(post=post).order_by("-created_at").first()
        match chance.randrange(9):
            case 0 | 1:
                writing.start(post, feedback=chance.choice(["", "Shorter."]))
            case 2:
                composing.edit_post(post, version=post.version, title=f"By hand {chance.random()}")
            case 3 if newest is not None:
                writing.use(newest, version=post.version)
            case 4 if newest is not None:
                writing.stop(newest)
            case 5 if newest is not None:
                writing.again(newest)
            case 6 if kept := writing.history(post):
                writing.restore(chance.choice(kept))
            case 7:
                words_runs.start_run(self.post_ids, actor_id=None, overwrite_edited=True)
            case 8:
                for run in words_runs.active_runs():
                    chance.choice((words_runs.pause, words_runs.go_on, words_runs.stop))(run)
            case _:
                writing.reset(post)

    def worker(self, _chance: Random) -> None:
        for workspace_id, run_id in words_finding.open_runs():
            words_runs.go_forward(workspace_id=workspace_id, run_id=run_id)
        for workspace_id, generation_id in words_finding.due_generations():
            writing_job.write(workspace_id=workspace_id, generation_id=generation_id)


@pytest.mark.slow
def test_a_crowd_at_the_same_posts_comes_to_rest(
    real_people: People, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WORKER_GONE_S = 60
    writer = ScriptedWriter(usage=Usage(900, 100, Decimal("0.001")))
    monkeypatch.setattr(providers, "writer_for", lambda _access: writer)
    workspace_id = real_people.workspace.pk
    with scope.workspace(workspace_id):
        access_keys.save(None, SCRIPTED)
        soup = article()
        crowd = Crowd(workspace_id, [post_of(soup, title=f"Post {n}").pk for n in range(POSTS)], writer)
    crowd.run(crowd.person, crowd.person, crowd.worker, crowd.worker, crowd.worker)
    assert crowd.wrong == [], [str(w) for w in crowd.wrong]
    with scope.workspace(workspace_id):
        for run in words_runs.active_runs():
            words_runs.stop(run)
    give_up_at = clock.monotonic() + 30
    while words_finding.open_runs() or words_finding.due_generations() or is_any_running(workspace_id):
        assert clock.monotonic() < give_up_at
        crowd.worker(Random(0))
    with scope.workspace(workspace_id):
        assert not Post.objects.filter(words_state=WordsState.GENERATING).exists()
        assert not WordsRun.objects.filter(finished_at=None).exists()
        month = AiMonth.objects.get()
        assert (month.reserved_tokens, month.asked, month.spent_tokens) == (
            0, len(writer.asked), 1000 * len(writer.asked),
        )  # fmt: skip
        assert not WriterSeat.objects.exists()
        for post in Post.objects.all():
            newest = next(iter(writing.history(post)), None)
            assert newest is None or newest.title == post.title
    assert len(writer.asked) >= ENOUGH


def is_any_running(workspace_id: UUID) -> bool:
    with scope.workspace(workspace_id):
        return bool(Generation.objects.filter(state=GenerationState.RUNNING).exists())
