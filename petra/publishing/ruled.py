"""Makes the pins that a blog's rule wants of its new articles (articles.ruling), and plans them where it says so.

One job a blog; the worker asks for them when an import is done, and every minute for what a killed worker left. Each
pin has the id that its article and number give, and an article is done with in the transaction that plans its pins:
repeated, nothing is twice.
"""

from __future__ import annotations

import logging
import threading
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from petra.accounts.models import AccountState, Target
from petra.articles import finding, ruling
from petra.articles.models import Article, Blog, Ruled
from petra.lib import queue
from petra.lib.errors import ProductError
from petra.posts import choosing, composing
from petra.posts.models import Post
from petra.publishing import scheduling
from petra.tenancy import scope
from petra.webhooks import events

log = logging.getLogger(__name__)

JOB = "publishing.draft_ruled"
_AT_ONCE = 20
_at_work: set[UUID] = set()  # blogs, in this process; two processes at one blog waste pictures, and harm nothing
_lock = threading.Lock()


def enqueue_waiting() -> int:
    """Enqueue the job of each blog with articles that wait for its rule. Gives how many; safe to call any time."""
    waiting = [one for one in finding.ruled_blogs() if one.blog_id not in _at_work]
    for one in waiting:
        queue.enqueue(
            JOB, only_once_as=f"{JOB}-{one.blog_id}", workspace_id=str(one.workspace_id), blog_id=str(one.blog_id)
        )
    return len(waiting)


def draft_ruled(*, workspace_id: UUID, blog_id: UUID) -> int:
    """Draft what waits for the rule of one blog, and give how many pins that made. Safe to repeat.

    Call outside a scope: the blog is asked for pictures.
    """
    with _lock:
        if blog_id in _at_work:
            return 0
        _at_work.add(blog_id)
    try:
        return _draft_all(workspace_id, blog_id)
    finally:
        _at_work.discard(blog_id)


def _draft_all(workspace_id: UUID, blog_id: UUID) -> int:
    drafted, seen = 0, set[UUID]()
    with choosing.polite_fetch() as fetch:
        while True:
            with scope.workspace(workspace_id):
                blog = Blog.objects.filter(pk=blog_id).first()
                rule = ruling.rule_of(blog) if blog is not None else None
                waiting = Article.objects.filter(blog_id=blog_id, ruled=Ruled.WAITING).exclude(pk__in=seen)
                articles = list(waiting.order_by("imported_at", "pk")[:_AT_ONCE])
            if not articles or rule is None:
                break
            for article in articles:
                seen.add(article.pk)
                drafted += _draft(article, rule, fetch)
    if drafted:
        with scope.workspace(workspace_id):
            events.record("drafts.finished", request_id="", articles=len(seen), drafted=drafted)
    return drafted


def _draft(article: Article, rule: ruling.Rule, fetch: choosing.Fetch) -> int:
    workspace_id = article.own_workspace_id
    with scope.workspace(workspace_id):
        asked = Article.objects.filter(pk=article.pk, ruled=Ruled.WAITING).first()
        targets = _targets(rule)
    if asked is None:
        return 0
    article = asked  # as it is now: those before it took their time
    posts: list[Post] = []
    try:
        if article.archived_at is None:
            for number in range(rule.pins):
                target = targets[number % len(targets)] if targets else None
                request_id = uuid5(article.pk, f"rule {number}")
                posts += composing.draft_posts(article, target=target, request_id=request_id, fetch=fetch)
    except IntegrityError:
        log.info("article %s: another worker makes its pins", article.pk)
        return 0
    except ProductError as error:
        with scope.workspace(workspace_id):
            events.record("article.not_drafted", subject=article, why=error.for_person, code=error.code)
    with scope.workspace(workspace_id):
        _finish(article, posts, rule)
    return len(posts)


def _targets(rule: ruling.Rule) -> list[Target]:
    """List the rule's boards that can still be used, in its order."""
    usable = Target.objects.filter(pk__in=rule.target_ids, gone_at=None).exclude(
        account__state=AccountState.DISCONNECTED
    )
    found = {target.pk: target for target in usable.select_related("account")}
    return [found[pk] for pk in rule.target_ids if pk in found]


def _finish(article: Article, posts: list[Post], rule: ruling.Rule) -> None:
    """Say that the article is done with, and plan its pins where the rule says so. Only once, whoever asks."""
    outcome = Ruled.DONE if posts else Ruled.LEFT
    if not Article.objects.filter(pk=article.pk, ruled=Ruled.WAITING).update(ruled=outcome) or not rule.is_planned:
        return
    for post in posts:
        if post.target is None or post.removed_at is not None:
            continue
        try:
            with transaction.atomic():
                scheduling.spread([post], account=post.target.account)
        except ProductError as error:  # it stays a draft, and a person decides
            events.record("post.not_planned", subject=post, why=error.for_person, code=error.code)
