"""Which job is done by which function. The names are stable: jobs in the queue outlive a deploy."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from petra import demo
from petra.accounts import jobs as accounts
from petra.articles import importing, rhythm
from petra.notifications import telling, watching
from petra.posts import composing
from petra.posts.words import job as writing_job
from petra.posts.words import pruning as words_pruning
from petra.posts.words import runs as words_runs
from petra.posts.words import writing
from petra.publishing import bulk, pruning, ruled


def _import_blog(workspace_id: str, run_id: str) -> None:
    importing.run_import(workspace_id=UUID(workspace_id), run_id=UUID(run_id))
    ruled.enqueue_waiting()


def _draft_ruled(workspace_id: str, blog_id: str) -> None:
    ruled.draft_ruled(workspace_id=UUID(workspace_id), blog_id=UUID(blog_id))


def _fill_demo(workspace_id: str, is_all_quick: int = 0) -> None:
    demo.fill(workspace_id=UUID(workspace_id), is_all_quick=bool(is_all_quick))


def _draft_posts(
    workspace_id: str, article_ids: str, how_many: int, target_id: str, actor_id: str, request_id: str
) -> None:
    composing.draft_posts_job(
        workspace_id=UUID(workspace_id),
        article_ids=[UUID(one) for one in article_ids.split(",")],
        how_many=how_many,
        target_id=UUID(target_id) if target_id else None,
        actor_id=UUID(actor_id) if actor_id else None,
        request_id=UUID(request_id),
    )


def _write(workspace_id: str, generation_id: str) -> None:
    writing_job.write(workspace_id=UUID(workspace_id), generation_id=UUID(generation_id))


def _words_run(workspace_id: str, run_id: str) -> None:
    words_runs.go_forward(workspace_id=UUID(workspace_id), run_id=UUID(run_id))


def _run_bulk(workspace_id: str, run_id: str) -> None:
    bulk.run_bulk(workspace_id=UUID(workspace_id), run_id=UUID(run_id))


def _prune() -> None:
    pruning.prune()
    watching.prune()
    words_pruning.prune()


def _close_runs() -> None:
    bulk.close_finished_runs()


def _start_imports() -> None:
    rhythm.start_due()
    ruled.enqueue_waiting()


def _notify() -> None:
    watching.watch()
    telling.send_mails()


JOBS: dict[str, Callable[..., None]] = {
    bulk.JOB: _run_bulk,
    importing.JOB: _import_blog,
    composing.JOB: _draft_posts,
    writing.JOB: _write,
    words_runs.JOB: _words_run,
    ruled.JOB: _draft_ruled,
    demo.JOB: _fill_demo,
    accounts.RENEW: accounts.renew_tokens,
    accounts.SYNC_TARGETS: accounts.sync_targets,
}

# Times in UTC. Hourly though a day would do: a machine that runs for two hours a day gets its turn too.
PERIODIC: dict[str, tuple[str, Callable[[], None]]] = {
    "publishing.prune": ("43 * * * *", _prune),
    "publishing.close_runs": ("* * * * *", _close_runs),
    "articles.start_imports": ("* * * * *", _start_imports),
    "notifications.watch": ("* * * * *", _notify),
    accounts.SWEEP: ("17 * * * *", accounts.sweep_tokens),
}
