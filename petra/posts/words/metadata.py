"""STOP 2, the words: gives a post its first words at once, keeps its versions, and says how far its words are.

Called by `posts.composing` and the doors, inside a scope. First words come from the offline writer, which needs no key
and answers at once; a model is asked only when a person wants it (`writing`, `runs`).
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from petra.ai.contract import Cause, WordLimits, Writer
from petra.ai.offline.writer import OfflineWriter
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.networks.contract import Problem
from petra.posts import drafting
from petra.posts.models import Generation, GenerationKind, GenerationState, Post, WordsState
from petra.posts.words import asking, versions
from petra.posts.words.asking import NO_NETWORK
from petra.posts.words.asking import limits_of as limits_of
from petra.webhooks import events

WRITER: Writer = OfflineWriter()


def write_words(post: Post, *, variant: int = 0, actor_id: UUID | None = None, writer: Writer = WRITER) -> Generation:
    """Write a post's words anew without a model, as its next version. Call inside a scope.

    `variant` counts the pins of one article: each gets other sentences.
    """
    words = writer.write(asking.question(post, variant=variant).request).words
    made = versions.put(post, words, kind=GenerationKind.WRITE, actor_id=actor_id, writer=writer.name)
    settle_state(post)
    events.record("post.words_written", subject=post, actor_id=actor_id, writer=writer.name)
    return made


def restore(
    generation: Generation,
    *,
    fields: Collection[str] | None = None,
    version: int | None = None,
    actor_id: UUID | None = None,
) -> Post:
    """Give a post the words of one of its versions again, or some of them, as a new version on top.

    `fields` are of `versions.ALL_WORDS`. Raises EditedMeanwhile where `version` is not the post's, and ProductError
    `no-version` for what is none: nobody has checked what came of a proposal that was stopped. Call inside a scope.
    """
    Post.objects.select_for_update(no_key=True).get(pk=generation.post_id)  # whoever edits another field waits
    post: Post = Post.objects.complete().get(pk=generation.post_id)
    if generation.state != GenerationState.KEPT:
        raise ProductError("no-version", "This version isn't there any more.", http_status=409)
    words = versions.merged(
        versions.words_of(generation), versions.words_of(post), versions.ALL_WORDS if fields is None else fields
    )
    if version in (None, post.version) and words == versions.words_of(post):  # pressed twice: no version goes for that
        return post
    versions.put(post, words, kind=GenerationKind.RESTORE, actor_id=actor_id, version=version, writer=generation.writer)
    settle_state(post)
    events.record("post.words_restored", subject=post, actor_id=actor_id, writer=generation.writer)
    return post


def reset(post: Post, *, actor_id: UUID | None = None) -> Post:
    """Bring a post back to the state before a generation that failed or runs; its words are what they were."""
    Post.objects.select_for_update(no_key=True).get(pk=post.pk)  # before the proposal's row, as everywhere
    Generation.objects.filter(post=post, state=GenerationState.RUNNING).update(
        state=GenerationState.STOPPED, finished_at=clock.now()
    )
    post.refresh_from_db()
    give_back_state(post)
    events.record("post.words_reset", subject=post, actor_id=actor_id)
    return post


def give_back_state(post: Post, *, error: Cause | None = None) -> None:
    """End a post's generating: draft or ready by what its words are now, with why none came."""
    Post.objects.filter(pk=post.pk).update(
        words_state=post.words_state_before or WordsState.DRAFT, words_state_before="", words_error=error or ""
    )
    post.refresh_from_db(fields=["words_state", "words_state_before", "words_error"])
    settle_state(post)


def settle_state(post: Post) -> None:
    """Set a post's words to ready or draft by what they are now. Leaves a running generation alone."""
    if post.words_state == WordsState.GENERATING:
        return
    state = WordsState.DRAFT if any(problem.is_blocking for problem in problems_of(post)) else WordsState.READY
    Post.objects.filter(pk=post.pk).exclude(words_state=WordsState.GENERATING).update(words_state=state)
    post.words_state = state


def problems_of(post: Post) -> list[Problem]:
    """Say what a person should mend: by the rules of the target's network, without a target by the common ones."""
    has_picture = any(True for _ in post.media.all())
    found = []
    if not post.title.strip():
        found.append(Problem("title", "Give it a title."))
    if post.target is not None:
        return found + drafting.problems_of(post, account=post.target.account, target=post.target)
    if not has_picture:
        found.append(Problem("media", "Add a picture."))
    if not post.link:
        found.append(Problem("link", "Add the address it leads to."))
    found += _too_long(post, NO_NETWORK)
    return found


def _too_long(post: Post, limits: WordLimits) -> list[Problem]:
    lengths = (
        ("title", "title", post.title, limits.max_title),
        ("description", "description", post.description, limits.max_description),
        ("alt_text", "alt text", post.alt_text, limits.max_alt_text),
    )
    return [
        Problem(name, f"The {label} has {len(text.strip())} characters. At most {most} fit.")
        for name, label, text, most in lengths
        if len(text.strip()) > most
    ]
