"""STOP 2, the words: asks a writer for a post's title, description and alt text, checks them, keeps the last proposals.

Called by `posts.composing` and the doors, inside a scope. Today's writer is the offline one, which answers at once; the
post's state, its last proposals and the way back are the same for any writer.
"""

from __future__ import annotations

from uuid import UUID

import lxml.html
from lxml.etree import ParserError

from petra.ai.contract import Request, Source, WordLimits, Writer
from petra.ai.offline import OfflineWriter
from petra.articles.models import Article, ArticleImage
from petra.lib import clock
from petra.media.models import Asset
from petra.networks.contract import Problem
from petra.posts import drafting
from petra.posts.models import Generation, Post, WordsState
from petra.webhooks import events

KEPT_GENERATIONS = 3
WRITER: Writer = OfflineWriter()
_NO_NETWORK = WordLimits()  # the narrowest of what the networks take, until one is chosen


def write_words(post: Post, *, variant: int = 0, actor_id: UUID | None = None, writer: Writer = WRITER) -> Generation:
    """Write a post's words anew, keep the proposal, and settle the post's state. Call inside a scope.

    `variant` counts the pins of one article: each gets other sentences.
    """
    words = writer.write(Request(source_of(post), limits_of(post), variant=variant)).words
    generation: Generation = Generation.objects.create(
        post=post, writer=writer.name, title=words.title, description=words.description, alt_text=words.alt_text
    )
    _forget_old(post)
    _put(post, generation)
    events.record("post.words_written", subject=post, actor_id=actor_id, writer=writer.name)
    return generation


def restore(generation: Generation, *, actor_id: UUID | None = None) -> Post:
    """Give a post the words of one of its kept proposals. Call inside a scope."""
    post: Post = generation.post
    _put(post, generation)
    events.record("post.words_restored", subject=post, actor_id=actor_id, writer=generation.writer)
    return post


def reset(post: Post, *, actor_id: UUID | None = None) -> Post:
    """Bring a post back to the state before a generation that failed or hangs; its words are what they were."""
    before = post.words_state_before or WordsState.DRAFT
    Post.objects.filter(pk=post.pk).update(words_state=before, words_state_before="", words_error="")
    post.refresh_from_db()
    settle_state(post)
    events.record("post.words_reset", subject=post, actor_id=actor_id)
    return post


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
    found += _too_long(post, _NO_NETWORK)
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


def limits_of(post: Post) -> WordLimits:
    """Say how long the words may be: what the chosen target's network takes, else the common limits."""
    if post.target is None:
        return _NO_NETWORK
    limits = drafting.network_of(post.target.account).limits
    return WordLimits(limits.max_title, limits.max_description, limits.max_alt_text)


def source_of(post: Post) -> Source:
    """Collect what there is to write from: the article as its person wants it said, and the cover's own words."""
    cover = next((use.asset for use in post.media.all()), None)
    article: Article | None = post.article
    if article is None:
        return Source(
            title=post.title,
            text=post.description,
            language=post.language,
            picture_alt=cover.alt_text if cover else "",
        )
    image = _image_of(article, cover)
    return Source(
        title=article.edited_title or article.title,
        excerpt=article.shown_excerpt,
        text=article.shown_text,
        headings=_headings(article.html),
        tags=tuple(str(tag) for tag in article.tags),
        language=article.language,
        picture_alt=(image.alt if image else "") or (cover.alt_text if cover else ""),
        picture_caption=image.caption if image else "",
    )


def _image_of(article: Article, cover: Asset | None) -> ArticleImage | None:
    if cover is None or not cover.source_url:
        return None
    return ArticleImage.objects.filter(article=article, url=cover.source_url).first()


def _headings(html: str) -> tuple[str, ...]:
    """List the section headings of an article."""
    if not html.strip():
        return ()
    try:
        tree = lxml.html.fromstring(html)
    except (ParserError, ValueError):  # nothing but comments, or control characters
        return ()
    found = (" ".join("".join(map(str, heading.itertext())).split()) for heading in tree.iter("h2", "h3"))
    return tuple(heading for heading in found if heading)[:20]


def _put(post: Post, generation: Generation) -> None:
    post.title, post.description, post.alt_text = generation.title, generation.description, generation.alt_text
    post.words_state, post.words_error = WordsState.DRAFT, ""
    post.version += 1
    post.updated_at = clock.now()
    post.save(update_fields=["title", "description", "alt_text", "words_state", "words_error", "version", "updated_at"])
    settle_state(post)


def _forget_old(post: Post) -> None:
    kept = Generation.objects.filter(post=post).order_by("-created_at", "-pk").values_list("pk", flat=True)
    Generation.objects.filter(post=post).exclude(pk__in=list(kept[:KEPT_GENERATIONS])).delete()
