"""STOP 2, the question: everything a writer gets to know for one post. Nothing of another workspace can be in it.

`question` reads rows, inside a scope; `pictures` reads and shrinks the files, outside one.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import lxml.html
from lxml.etree import ParserError
from PIL import Image, ImageOps

from petra.ai.contract import FIELDS, Picture, Request, Source, Turn, WordLimits, Words
from petra.articles.models import Article, ArticleImage
from petra.media import storing
from petra.media.models import Asset, Rendition
from petra.media.pictures import DAMAGED
from petra.posts import drafting
from petra.posts.models import Generation, GenerationState, Post
from petra.posts.words import brand, examples
from petra.posts.words.versions import from_plain, words_of

MAX_SIDE_PX: Final = 1024
_QUALITY: Final = 80
_MOST_SIBLINGS: Final = 8
_MOST_PROPOSED: Final = 4  # of theirs
NO_NETWORK: Final = WordLimits()  # the narrowest of what the networks take, until one is chosen


@dataclass(frozen=True)
class Question:
    """A request, and the stored files whose pictures are still to be put to it."""

    request: Request
    files: tuple[str, ...] = ()


def question(post: Post, *, variant: int = 0, brief: str = "") -> Question:
    """Collect what there is to say about a post, for all fields and without a conversation."""
    cover = next((use.asset for use in post.media.all()), None)
    source = replace(source_of(post), is_video=cover is not None and cover.kind == "video")
    request = Request(
        source=source,
        limits=limits_of(post),
        brand=brand.as_brand(post.blog, brief=brief),
        current=words_of(post),
        siblings=_siblings(post),
        variant=variant,
    )
    return Question(request, _files(cover))


def question_of(generation: Generation, *, brief: str = "") -> Question:
    """Collect the question of one proposal: its fields, and the conversation it is part of."""
    post = Post.objects.complete().get(pk=generation.post_id)
    found = question(post, variant=generation.variant, brief=brief)
    request = replace(
        found.request,
        fields=frozenset(generation.fields) & frozenset(FIELDS),
        current=from_plain(generation.before),
        turns=turns_of(generation.turns),
        examples=examples.for_post(post),
    )
    return replace(found, request=request)


def turns_of(kept: Sequence[dict[str, object]]) -> tuple[Turn, ...]:
    """Read a conversation as it is kept."""
    return tuple(Turn(from_plain(turn), str(turn.get("feedback", ""))) for turn in kept)


def with_pictures(found: Question) -> Request:
    """Put the pictures to a request. Reads files: call outside a scope."""
    return replace(found.request, source=replace(found.request.source, pictures=pictures(found.files)))


def pictures(files: Collection[str]) -> tuple[Picture, ...]:
    """Read stored pictures and make them small: JPEG, at most 1024 pixels. One that can't be read is left out."""
    return tuple(picture for picture in map(_small, files) if picture is not None)


def _small(file: str) -> Picture | None:
    try:
        with storing.open_file(file) as stored, Image.open(stored, formats=("JPEG", "PNG")) as opened:
            opened.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))  # a large JPEG is decoded small
            image = ImageOps.exif_transpose(opened)
            image.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS)
            if image.has_transparency_data:
                image = image.convert("RGBA")
                ground = Image.new("RGBA", image.size, "white")
                image = Image.alpha_composite(ground, image)
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=_QUALITY)
    except (FileNotFoundError, *DAMAGED):
        return None
    return Picture("image/jpeg", out.getvalue())


def _files(cover: Asset | None) -> tuple[str, ...]:
    """Name the file to look at: what will be published. Of a video, the stored still; Petra can't open the film."""
    if cover is None:
        return ()
    made = {rendition.shape: rendition for rendition in cover.renditions.all()}
    file: Asset | Rendition | None = made.get(drafting.SHAPE) or made.get("thumb")
    if file is None and cover.kind == "image":
        file = cover
    return (file.file,) if file is not None else ()


def _siblings(post: Post) -> tuple[Words, ...]:
    """Give the words of the article's other pins, and those proposed for them: these shall differ from them."""
    if post.article_id is None:
        return ()
    others = Post.objects.kept().filter(article_id=post.article_id).exclude(pk=post.pk).order_by("-updated_at")
    proposed = Generation.objects.filter(post__in=others, state=GenerationState.PROPOSED).order_by("-finished_at")
    rows = [*others[:_MOST_SIBLINGS], *proposed[:_MOST_PROPOSED]]
    found = [words_of(row) for row in rows]
    return tuple(words for words in found if words != Words())


def place_of(post: Post) -> int:
    """Count the article's pins before this one: asked for at once, each is to speak of another side of it."""
    if post.article_id is None:
        return 0
    return int(Post.objects.kept().filter(article_id=post.article_id, created_at__lt=post.created_at).count())


def limits_of(post: Post) -> WordLimits:
    """Say how long the words may be: what the chosen target's network takes, else the common limits."""
    if post.target is None:
        return NO_NETWORK
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
            is_article=False,
        )
    image = _image_of(article, cover)
    return Source(
        title=article.edited_title or article.title,
        excerpt=article.shown_excerpt,
        text=article.shown_text,
        headings=_headings(article.html),
        tags=tuple(str(tag) for tag in article.tags),
        language=article.language or post.language,
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
