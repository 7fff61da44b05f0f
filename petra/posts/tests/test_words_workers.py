"""Real worker processes write words for many posts, and are killed while they do: each post once, every cent counted.

PETRA_WORDS_PINS says for how many; five hundred take about five minutes on two cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai import scripted
from petra.ai.testing import AiDouble
from petra.lib import clock
from petra.lib.testing import ended
from petra.posts.models import AiMonth, Generation, GenerationState, Post, WordsRun, WordsState, WordsTask
from petra.posts.testing import choose_double
from petra.posts.tests.samples import article
from petra.posts.words import runs as words_runs
from petra.posts.words import writing
from petra.tenancy import scope
from petra.webhooks.models import Event

Started = Callable[[], AbstractContextManager[subprocess.Popen[bytes]]]
ROOT = Path(__file__).resolve().parents[3]
PINS = int(os.environ.get("PETRA_WORDS_PINS", "40"))
AT_ONCE = 5
GONE_S = 2.0


@pytest.fixture
def worker(double: AiDouble, settings: Settings, tmp_path: Path) -> Started:
    environment = {
        **os.environ,
        "PETRA_KEYS": settings.PETRA_KEYS,
        "PETRA_HOME": str(tmp_path),
        "PETRA_ALLOW_PRIVATE": f"127.0.0.1:{double.port}",
        "PETRA_WORKER_GONE_S": str(GONE_S),
        "PETRA_WORKER_CONCURRENCY": "12",
        "PETRA_LOG_LEVEL": "WARNING",
        "PETRA_SIMULATOR": "off",
        "DATABASE_POOL": "24",
    }
    return lambda: ended(subprocess.Popen([sys.executable, "-m", "petra.worker"], cwd=ROOT, env=environment))


def wait_until(is_so: Callable[[], bool], *, most_s: float) -> None:
    give_up_at = clock.monotonic() + most_s
    while not is_so():
        assert clock.monotonic() < give_up_at
        time.sleep(0.1)


@pytest.mark.slow
def test_many_posts_are_written_once_each_though_workers_are_killed(
    real_people: People, double: AiDouble, worker: Started
) -> None:
    workspace_id = real_people.workspace.pk
    with scope.workspace(workspace_id):
        choose_double(double, at_once=AT_ONCE, monthly_usd=Decimal(1000))
        soups = [article(title=f"Soup number {n}") for n in range(PINS // 4)]
        posts = [Post.objects.create(article=soups[n % len(soups)], blog=soups[0].blog) for n in range(PINS)]
        run = words_runs.start_run([post.pk for post in posts], actor_id=None)
    double.latency_s = 0.4

    def written() -> int:
        with scope.workspace(workspace_id):
            return int(WordsTask.objects.filter(run=run, state="written").count())

    began_at = clock.monotonic()
    for share in (0.25, 0.6):
        with worker() as doomed:
            wait_until(lambda share=share: written() >= share * PINS, most_s=60 + PINS)  # type: ignore[misc]
            doomed.kill()
    with worker() as last:
        wait_until(lambda: is_over(run, real_people), most_s=60 + PINS * 2)
        last.terminate()
    took_s = clock.monotonic() - began_at

    with scope.workspace(workspace_id):
        found = words_runs.progress(run)
        assert (found.written, found.failed, found.skipped) == (PINS, 0, 0)
        assert not Post.objects.filter(words_state=WordsState.GENERATING).exists()
        assert not Generation.objects.exclude(state=GenerationState.KEPT).exists()
        assert not Generation.objects.filter(next_at__isnull=False).exists()
        versions = Counter(Generation.objects.values_list("post_id", flat=True))
        assert set(versions.values()) == {1} and len(versions) == PINS  # every pin once
        assert Event.objects.filter(kind="words_run.finished").count() == 1
        month = AiMonth.objects.get()
        lost = sum(Generation.objects.values_list("crashes", flat=True))
    assert double.most_at_once <= AT_ONCE * 2  # the double still answers those whose worker was killed
    assert month.lost == lost >= 1
    _every_cent_is_counted(double, month, found, lost)
    sys.stderr.write(
        f"\n{PINS} pins, {AT_ONCE} in flight, two kills: {took_s:.1f} s, {len(double.asked)} requests, {lost} tries"
        f" lost; the double's ${double.cost_usd}, Petra's ${month.spent_usd}\n"
    )


@pytest.mark.slow
def test_a_single_wish_is_asked_within_moments_and_another_try_comes_by_itself(
    real_people: People, double: AiDouble, worker: Started
) -> None:
    workspace_id = real_people.workspace.pk
    with scope.workspace(workspace_id):
        choose_double(double)
        post = Post.objects.create(article=article())
        first = writing.start(post)

    def state_of(generation: Generation) -> str:
        with scope.workspace(workspace_id):
            generation.refresh_from_db()
            return str(generation.state)

    with worker() as alive:
        wait_until(lambda: state_of(first) == "proposed", most_s=40)  # it has started now
        double.script(scripted.too_often(1))
        began_at, before = clock.monotonic(), len(double.asked)
        with scope.workspace(workspace_id):
            second = writing.start(post)
        wait_until(lambda: len(double.asked) > before, most_s=10)
        asked_s = clock.monotonic() - began_at
        wait_until(lambda: state_of(second) == "proposed", most_s=20)
        alive.terminate()
    assert asked_s < 3, asked_s
    assert second.rate_waits == 1
    sys.stderr.write(f"\nasked {asked_s:.2f} s after the wish\n")


def is_over(run: WordsRun, people: People) -> bool:
    with scope.workspace(people.workspace.pk):
        return bool(WordsRun.objects.filter(pk=run.pk, finished_at__isnull=False).exists())


def _every_cent_is_counted(double: AiDouble, month: AiMonth, found: words_runs.Progress, lost: int) -> None:
    """What is sure equals the double's own count; a try that died with its worker is charged what a try took."""
    assert (found.cost_usd, found.tokens) == (month.spent_usd, month.spent_tokens)
    answers = {json.loads(scripted.own_words(entry.body))["title"]: entry for entry in double.asked}
    with scope.workspace(month.own_workspace_id):
        rows = list(Generation.objects.all())
    sure = [row for row in rows if row.crashes == 0]
    assert len(sure) >= PINS - lost
    for row in sure:
        entry = answers[row.title]
        if row.asked == 1:  # else it was asked to mend its words, and the first answer's cost is in it, too
            assert (row.input_tokens, row.output_tokens) == (entry.input_tokens, entry.output_tokens)
            assert row.cost_usd == entry.cost_usd
    settled = sum(row.asked - row.crashes for row in rows)
    assert settled <= len(double.asked) <= settled + 2 * lost  # a try may die before it is sent, or while it is mended
    assert month.asked == settled + lost
    # Each lost try may have been asked not at all, once or twice; the most it can have taken was kept for it.
    told_usd, told_tokens = month.spent_usd - month.lost_usd, month.spent_tokens - month.lost_tokens
    assert told_usd <= double.cost_usd <= month.spent_usd + month.reserved_usd
    assert told_tokens <= double.tokens <= month.spent_tokens + month.reserved_tokens
    dearest = max(entry.cost_usd for entry in double.asked)
    assert abs(month.spent_usd - double.cost_usd) <= lost * dearest
