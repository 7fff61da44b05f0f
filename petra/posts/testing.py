"""Furniture for tests and benchmarks of words: a writer without a server, an access to the double, workers' passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.db import connection

from petra.ai.contract import OnPartial, Request, Stopped, Usage, Words, WriterFailed, Written
from petra.ai.testing import INPUT_USD, OUTPUT_USD, AiDouble
from petra.articles.models import Article, Blog
from petra.media.models import Asset
from petra.posts.models import Post, PostMedia, WordsState
from petra.posts.words import access_keys
from petra.posts.words import finding as words_finding
from petra.posts.words import job as writing_job
from petra.posts.words import runs as words_runs
from petra.posts.words.access_keys import Standing, Wish
from petra.tenancy import scope

MILLION = Decimal(1_000_000)
USED = Usage(900, 100, Decimal("0.001300"))


SCRIPTED = Wish(
    "openai", key="sk-test-0123456789abcdef", model="scripted", monthly_usd=Decimal(10), input_usd=Decimal(1),
    output_usd=Decimal(4), per_minute=10_000,
)  # fmt: skip


class ScriptedWriter:
    """Says what it was told to say next, else numbered words; keeps what it was asked. In the test's own process."""

    name = "scripted"

    def __init__(self, *answers: Words | WriterFailed, usage: Usage = USED) -> None:
        self.answers = list(answers)
        self.usage = usage
        self.asked: list[Request] = []
        self.meanwhile: Callable[[], None] | None = None  # done while it "thinks"

    def write(self, request: Request, *, on_partial: OnPartial | None = None) -> Written:
        """Answer at once."""
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else _numbered(len(self.asked))
        if self.meanwhile is not None:
            work, self.meanwhile = self.meanwhile, None
            work()
        if isinstance(answer, WriterFailed):
            raise answer
        half = replace(answer, description=answer.description[: len(answer.description) // 2])
        if on_partial is not None and not on_partial(half):
            raise Stopped(self.usage)
        return Written(answer, self.name, self.usage)


def _numbered(number: int) -> Words:
    return Words(f"Title {number}", f"Description {number}.", f"Alt text {number}", (f"topic {number}",))


def choose_double(
    double: AiDouble, *, blog: Blog | None = None, model: str = "double-small", at_once: int = 5,
    per_minute: int = 10_000, monthly_usd: Decimal | None = None, monthly_tokens: int | None = None,
) -> Standing:  # fmt: skip
    """Let the double write for the open workspace, at its own prices. The operator must allow its door."""
    return access_keys.save(
        blog,
        Wish(
            "compatible", key=double.key, base_url=double.url, model=model, at_once=at_once, per_minute=per_minute,
            monthly_usd=monthly_usd, monthly_tokens=monthly_tokens, input_usd=INPUT_USD * MILLION,
            output_usd=OUTPUT_USD * MILLION,
        ),
    )  # fmt: skip


def post_of(article: Article, *, title: str = "Old title", asset: Asset | None = None) -> Post:
    """Write a post of an article with words nobody's version has yet. Call inside a scope."""
    post: Post = Post.objects.create(
        blog_id=article.blog_id, article=article, title=title, description="Old words.", alt_text="Old alt text",
        link=article.url, language=article.language, words_state=WordsState.READY,
    )  # fmt: skip
    if asset is not None:
        PostMedia.objects.create(post=post, asset=asset)
    return post


def work(*, most: int = 1000) -> int:
    """Do what is due as workers would, one pass after the other, until nothing is. Gives how many tries were made."""
    for number in range(most):
        for workspace_id, run_id in words_finding.open_runs():
            words_runs.go_forward(workspace_id=workspace_id, run_id=run_id)
        due = words_finding.due_generations(most=1)
        if not due:
            return number
        writing_job.write(workspace_id=due[0][0], generation_id=due[0][1])
    return most


def let_time_pass(workspace_id: UUID, seconds: float) -> None:
    """Make what waits in a workspace, and the pace of every key, as much older."""
    with scope.workspace(workspace_id), connection.cursor() as cursor:
        cursor.execute(
            "update posts_generation set next_at = next_at - make_interval(secs => %s) where workspace_id = %s",
            [seconds, workspace_id],
        )
        cursor.execute(
            "update posts_writerpace set theoretical_at = theoretical_at - make_interval(secs => %(s)s),"
            " blocked_until = blocked_until - make_interval(secs => %(s)s)",
            {"s": seconds},
        )
        cursor.execute("update posts_writerseat set until = until - make_interval(secs => %s)", [seconds])
