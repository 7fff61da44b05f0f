"""STOP 2, learning: what a person made of a model's words, kept so that the next words are more like theirs.

A pair is kept when a person edits a version that a model wrote, and goes when they go back to it. It outlives the
versions, and is told to a model that writes for other articles of the same blog, unless the blog has that switched off:
then none is kept. Called by `versions`, `brand` and `asking`, inside a scope.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from django.db.models import QuerySet

from petra.ai.contract import FIELDS, Example, Words
from petra.articles.models import Blog
from petra.lib import clock
from petra.posts.models import BrandProfile, Post, WordsExample

KEPT: Final = 50  # of a blog
SENT: Final = 3  # to a model, with one question
_MOST: Final = 1_000  # characters of one text: what is longer is no example of anything


def note(post: Post, proposed: Words, made: Words) -> None:
    """Keep what a person made of a model's words for a post; where both say the same, there is no example of it."""
    if post.blog_id is None or not _is_learning(post):
        return
    fields = [name for name in FIELDS if _differs(proposed.of(name), made.of(name))]
    if not fields:
        WordsExample.objects.filter(post=post).delete()
        return
    WordsExample.objects.update_or_create(
        post=post,
        defaults={
            "blog_id": post.blog_id,
            "proposed": {name: proposed.of(name) for name in fields},
            "made": {name: made.of(name) for name in fields},
            "noted_at": clock.now(),
        },
    )
    newest = WordsExample.objects.filter(blog_id=post.blog_id).order_by("-noted_at", "-pk").values_list("pk", flat=True)
    WordsExample.objects.filter(pk__in=list(newest[KEPT:])).delete()


def take_back(post: Post, words: Words) -> None:
    """Forget the example of a post that says again what was proposed: the person thought better of it."""
    for example in WordsExample.objects.filter(post=post):
        if all(text.split() == words.of(name).split() for name, text in example.proposed.items()):
            example.delete()


def of_blog(blog: Blog) -> QuerySet[WordsExample]:
    """List what is kept of a blog, the newest first."""
    found: QuerySet[WordsExample] = WordsExample.objects.filter(blog=blog, post__removed_at=None)
    return found.order_by("-noted_at", "-pk")


def forget(blog: Blog) -> None:
    """Delete what is kept of a blog."""
    WordsExample.objects.filter(blog=blog).delete()


def for_post(post: Post) -> tuple[Example, ...]:
    """Give the newest examples for whoever writes for a post: of its blog and language, and of other articles."""
    if post.blog is None or BrandProfile.objects.filter(blog=post.blog, is_learning=False).exists():
        return ()
    others = of_blog(post.blog).exclude(post=post).select_related("post")
    if post.article_id is not None:
        others = others.exclude(
            post__article_id=post.article_id
        )  # a model hears of those otherwise: to say another thing
    fitting = (one for one in others if _is_same_language(one.post.language, post.language))
    return tuple(Example(Words(**one.proposed), Words(**one.made)) for one in islice(fitting, SENT))


def _is_learning(post: Post) -> bool:
    """Say whether examples are kept; who switches that off meanwhile waits for us, and deletes this one as well."""
    profile = BrandProfile.objects.select_for_update(no_key=True).filter(blog_id=post.blog_id).first()
    return profile is None or profile.is_learning


def _differs(proposed: str, made: str) -> bool:
    """Say whether a text was changed for real: not emptied, not filled, and not in its white space only."""
    if not proposed or not made or max(len(proposed), len(made)) > _MOST:
        return False
    return proposed.split() != made.split()


def _is_same_language(one: str, other: str) -> bool:
    return not one or not other or one.lower().partition("-")[0] == other.lower().partition("-")[0]
