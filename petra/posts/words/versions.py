"""STOP 2, the history: what a post said before. Three versions are kept, the newest says what the post says now.

A version is made by AI, by restoring, and by the first edit after one of them; further edits change that one. Called
by `metadata`, `composing`, `writing` and `job`, inside a scope.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Max

from petra.ai.contract import FIELDS, Words
from petra.ai.offline.writer import OfflineWriter
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Generation, GenerationKind, GenerationState, Post
from petra.posts.words import examples

KEPT_VERSIONS = 3
ALL_WORDS = (*FIELDS, "topics")
_BY_PERSON = (GenerationKind.HAND, GenerationKind.RESTORE)
_BY_AI = (GenerationKind.WRITE, GenerationKind.REWRITE)


class EditedMeanwhile(ProductError):
    """Someone else changed the post after it was read. Read it again and decide."""

    def __init__(self) -> None:
        super().__init__(
            "edited-meanwhile", "Someone changed this in the meantime. Reload to see their version.", http_status=409
        )


def words_of(row: Post | Generation) -> Words:
    """Give the words a post says, or a generation holds."""
    return Words(row.title, row.description, row.alt_text, tuple(str(topic) for topic in row.topics))


def plain(words: Words) -> dict[str, Any]:
    """Give words as they are kept in JSON and in rows."""
    return {
        "title": words.title,
        "description": words.description,
        "alt_text": words.alt_text,
        "topics": list(words.topics),
    }


def from_plain(kept: dict[str, Any]) -> Words:
    """Read what `plain` made."""
    topics = tuple(str(topic) for topic in kept.get("topics", ()))
    return Words(kept.get("title", ""), kept.get("description", ""), kept.get("alt_text", ""), topics)


def merged(new: Words, old: Words, fields: Collection[str]) -> Words:
    """Take the named ones of ALL_WORDS from `new`, the rest from `old`."""
    taken = {name: getattr(new if name in fields else old, name) for name in ALL_WORDS}
    return Words(**taken)


def changed(one: Words, other: Words) -> list[str]:
    """Name what differs."""
    return [name for name in ALL_WORDS if getattr(one, name) != getattr(other, name)]


def post_of(row: Generation) -> Post:
    """Give the post of a version or proposal with all that is read of it; a removed one too."""
    post: Post = Post.objects.complete().filter(pk=row.post_id).first() or Post.objects.get(pk=row.post_id)
    return post


def history(post: Post) -> list[Generation]:
    """List a post's kept versions, the newest first: its words are the post's."""
    return list(Generation.objects.filter(post=post, state=GenerationState.KEPT).order_by("-number"))


def put(
    post: Post,
    words: Words,
    *,
    kind: GenerationKind,
    actor_id: UUID | None,
    version: int | None = None,
    generation: Generation | None = None,
    writer: str = "",
) -> Generation:
    """Make `words` the post's and keep them as its next version; what it said before stays among its versions.

    `generation` is the proposal they come from; it becomes the version. Settle the post's state afterwards. Raises
    EditedMeanwhile where `version` is not the post's.
    """
    here = Post.objects.select_for_update(no_key=True).get(pk=post.pk)
    if version is not None and here.version != version:
        raise EditedMeanwhile
    before = words_of(here)
    _remember(here, before)
    now = clock.now()
    Post.objects.filter(pk=here.pk).update(**plain(words), version=here.version + 1, updated_at=now, words_error="")
    row = generation or Generation(post=here, created_at=now, writer=writer)
    for name, value in plain(words).items():
        setattr(row, name, value)
    row.kind, row.state, row.number, row.actor_id = kind, GenerationState.KEPT, _next_number(here), actor_id
    row.fields, row.finished_at = changed(words, before), now
    row.save()
    _forget_old(here)
    if kind == GenerationKind.RESTORE:
        examples.take_back(here, words)
    post.refresh_from_db()
    return row


def note_edit(post: Post, *, actor_id: UUID | None) -> None:
    """Keep what a person just wrote: as the version they began, or as a new one after AI or a restore."""
    newest = _newest(post)
    words = words_of(post)
    if newest is not None and words_of(newest) == words:
        return
    if newest is not None and newest.kind == GenerationKind.HAND:
        fields = sorted({*newest.fields, *changed(words, words_of(newest))})
        Generation.objects.filter(pk=newest.pk).update(
            **plain(words), fields=fields, actor_id=actor_id, finished_at=clock.now()
        )
        _note_example(post, words, _before(newest))
        return
    _note_example(post, words, newest)
    _keep_by_hand(post, words, actor_id, fields=changed(words, words_of(newest)) if newest else list(ALL_WORDS))


def by_person(posts: Collection[Post]) -> set[UUID]:
    """Say which of these posts say what a person wrote or chose: not to be overwritten unasked. One question."""
    newest: dict[UUID, str] = {}
    kept = Generation.objects.filter(post__in=[post.pk for post in posts], state=GenerationState.KEPT)
    for post_id, kind in kept.order_by("number").values_list("post_id", "kind"):
        newest[post_id] = kind
    return {
        post.pk
        for post in posts
        if newest.get(post.pk) in _BY_PERSON or (post.pk not in newest and words_of(post) != Words())
    }


def _remember(post: Post, words: Words) -> None:
    """Keep what the post says, where no version does: it was uploaded with words, or copied."""
    newest = _newest(post)
    if words != Words() and (newest is None or words_of(newest) != words):
        _keep_by_hand(post, words, None, fields=list(ALL_WORDS))


def _keep_by_hand(post: Post, words: Words, actor_id: UUID | None, *, fields: list[str]) -> None:
    Generation.objects.create(
        post=post,
        kind=GenerationKind.HAND,
        number=_next_number(post),
        fields=fields,
        actor_id=actor_id,
        finished_at=clock.now(),
        **plain(words),
    )
    _forget_old(post)


def _note_example(post: Post, made: Words, before: Generation | None) -> None:
    """Keep what a person made of a model's words: of those fields that the model wrote."""
    if before is not None and before.kind in _BY_AI and before.writer != OfflineWriter.name:
        examples.note(post, merged(words_of(before), made, before.fields), made)


def _before(version: Generation) -> Generation | None:
    older = Generation.objects.filter(post_id=version.post_id, state=GenerationState.KEPT, number__lt=version.number)
    found: Generation | None = older.order_by("-number").first()
    return found


def _newest(post: Post) -> Generation | None:
    found: Generation | None = (
        Generation.objects.filter(post=post, state=GenerationState.KEPT).order_by("-number").first()
    )
    return found


def _next_number(post: Post) -> int:
    last = Generation.objects.filter(post=post).aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


def _forget_old(post: Post) -> None:
    kept = Generation.objects.filter(post=post, state=GenerationState.KEPT).order_by("-number").values_list("pk")
    old = [pk for (pk,) in kept[KEPT_VERSIONS:]]
    Generation.objects.filter(pk__in=old).delete()
