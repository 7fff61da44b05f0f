"""STOP 2 of the road: an article becomes posts, and people change them.

Called by the doors and by the job `posts.draft`. Drafting fetches pictures with no transaction open, then writes each
article's posts in one. Every edit names the version of the post it saw: the second of two loses nothing silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID, uuid5

from django.db.models import F, Max

from petra.accounts.models import Target
from petra.ai import answers
from petra.articles.models import NEWEST, Article, Blog
from petra.lib import clock, ids, queue
from petra.lib.errors import ProductError
from petra.media.models import Asset
from petra.posts import choosing
from petra.posts.models import Post, PostMedia
from petra.posts.plain import plain
from petra.posts.words import brand, metadata, versions
from petra.posts.words.versions import EditedMeanwhile as EditedMeanwhile
from petra.tenancy import scope
from petra.webhooks import events

JOB = "posts.draft"
MAX_PICTURES = 5
MAX_POSTS_AT_ONCE = 10
MAX_TOPICS = answers.MAX_TOPICS
MAX_TEXT = 10_000  # of any field: far over every network's limit, far under what hurts


class DoNotPin(ProductError):
    """The blog's owner marked the article: nothing of it is pinned."""

    def __init__(self) -> None:
        super().__init__("do-not-pin", "The blog's owner asked not to pin this article.")


class BadEdit(ProductError):
    """The edit makes no sense for any network."""

    def __init__(self, for_person: str) -> None:
        super().__init__("bad-edit", for_person)


# ---- article → posts ----


def request_drafts(articles: Sequence[Article], *, how_many: int = 1, target: Target | None = None) -> UUID:
    """Put the drafting of some articles into the queue and return the request's id. Call inside a scope."""
    request_id = ids.new_id()
    here = scope.current()
    if not articles:
        return request_id
    queue.enqueue(
        JOB,
        workspace_id=str(here.workspace_id),
        article_ids=",".join(str(article.pk) for article in articles),
        how_many=how_many,
        target_id=str(target.pk) if target else "",
        actor_id=str(here.actor_id or ""),
        request_id=str(request_id),
    )
    return request_id


def draft_posts_job(
    *,
    workspace_id: UUID,
    article_ids: Sequence[UUID],
    how_many: int = 1,
    target_id: UUID | None = None,
    actor_id: UUID | None = None,
    request_id: UUID | None = None,
) -> list[Post]:
    """Draft posts of some articles, each committed alone; one that can't be drafted stops no other.

    Safe to repeat with the same `request_id`. Ends with one event `drafts.finished`. Call outside a scope.
    """
    request_id = request_id or ids.new_id()
    with scope.workspace(workspace_id):
        articles = list(Article.objects.filter(pk__in=article_ids, archived_at=None).order_by(*NEWEST))
        target = Target.objects.filter(pk=target_id).first() if target_id else None
    drafted: list[Post] = []
    with choosing.polite_fetch() as fetch:
        for article in articles:
            try:
                drafted += draft_posts(
                    article,
                    how_many=how_many,
                    target=target,
                    actor_id=actor_id,
                    request_id=request_id,
                    fetch=fetch,
                )
            except ProductError as error:
                with scope.workspace(workspace_id, actor_id=actor_id):
                    events.record("article.not_drafted", subject=article, why=error.for_person, code=error.code)
    with scope.workspace(workspace_id, actor_id=actor_id):
        events.record("drafts.finished", request_id=str(request_id), articles=len(articles), drafted=len(drafted))
    return drafted


def draft_posts(
    article: Article,
    *,
    how_many: int = 1,
    target: Target | None = None,
    actor_id: UUID | None = None,
    request_id: UUID | None = None,
    fetch: choosing.Fetch | None = None,
) -> list[Post]:
    """Make posts of an article: its best pictures, its link, words from its own sentences. Call outside a scope.

    With `request_id` it may be repeated: what was drafted is returned. Raises DoNotPin, NoPicture.
    """
    if scope.is_open():
        raise RuntimeError("draft_posts asks the blog for pictures: call it outside a scope")
    workspace_id = cast("UUID", article.workspace_id)
    how_many = max(1, min(how_many, MAX_POSTS_AT_ONCE))
    request_id = request_id or ids.new_id()
    post_ids = [uuid5(request_id, f"{article.pk} {number}") for number in range(how_many)]
    if article.is_do_not_pin:
        raise DoNotPin
    with scope.workspace(workspace_id):
        made = list(Post.objects.filter(pk__in=post_ids).order_by("created_at"))
        if made:
            return made
        images = list(article.images.order_by("position"))
        shown = set(PostMedia.objects.filter(post__article=article).values_list("asset__source_url", flat=True))
    if fetch is None:
        with choosing.polite_fetch() as polite:
            assets = choosing.fetch_best(images, wanted=how_many, workspace_id=workspace_id, shown=shown, fetch=polite)
    else:
        assets = choosing.fetch_best(images, wanted=how_many, workspace_id=workspace_id, shown=shown, fetch=fetch)
    with scope.workspace(workspace_id, actor_id=actor_id):
        Article.objects.select_for_update().get(pk=article.pk)  # two drafts at once: the second counts the first's
        before = Post.objects.filter(article=article).count()
        return [
            _draft(article, assets[number % len(assets)], post_id=post_id, target=target, variant=before + number)
            for number, post_id in enumerate(post_ids)
        ]


def _draft(article: Article, asset: Asset, *, post_id: UUID, target: Target | None, variant: int) -> Post:
    post: Post = Post.objects.create(
        id=post_id,
        blog_id=article.blog_id,
        article=article,
        target=target,
        link=article.url,
        language=article.language or article.blog.language,
        ai_disclosures=brand.default_disclosures(article.blog),
    )
    PostMedia.objects.create(post=post, asset=asset)
    metadata.write_words(post, variant=variant)
    events.record("post.drafted", subject=post, article_id=str(article.pk))
    return post


def new_post_from_upload(
    asset: Asset,
    *,
    title: str = "",
    description: str = "",
    link: str = "",
    target: Target | None = None,
    blog: Blog | None = None,
) -> Post:
    """Make a post of an uploaded picture. Call inside a scope. Raises TooSmall, BadEdit."""
    choosing.prepare(asset)
    _check_target(target)
    post: Post = Post.objects.create(
        blog=blog,
        target=target,
        title=_words(title),
        description=_words(description),
        alt_text=asset.alt_text,
        link=_link(link),
        language=blog.language if blog else "",
        ai_disclosures=brand.default_disclosures(blog),
    )
    PostMedia.objects.create(post=post, asset=asset)
    metadata.settle_state(post)
    events.record("post.drafted", subject=post, article_id=None)
    return post


# ---- edits: inside a scope, one compare-and-set each ----


def edit_post(
    post: Post,
    *,
    version: int,
    title: str | None = None,
    description: str | None = None,
    alt_text: str | None = None,
    link: str | None = None,
    topics: Sequence[str] | None = None,
    ai_disclosures: Sequence[str] | None = None,
) -> Post:
    """Change what a post says; None leaves a field as it is. Words over a network's limit are kept: they are warned of.

    `metadata.problems_of` says what to warn of. Raises EditedMeanwhile when `version` is not the post's, and BadEdit.
    """
    changes: dict[str, object] = {
        name: _words(text)
        for name, text in (("title", title), ("description", description), ("alt_text", alt_text))
        if text is not None
    }
    if link is not None:
        changes["link"] = _link(link)
    if topics is not None:
        changes["topics"] = _topics(topics)
    if ai_disclosures is not None:
        changes["ai_disclosures"] = [_words(kind)[:60] for kind in ai_disclosures][:10]
    changed = _change(post, version, "post.edited", **changes)
    if changes.keys() & set(versions.ALL_WORDS):
        versions.note_edit(changed, actor_id=scope.current().actor_id)
    return changed


def choose_target(post: Post, target: Target | None, *, version: int | None = None) -> Post:
    """Choose the board or section a post goes to, or none. Raises EditedMeanwhile, BadEdit."""
    _check_target(target)
    return _change(post, version, "post.edited", target=target)


def replace_picture(post: Post, asset: Asset, *, position: int = 0, version: int | None = None) -> Post:
    """Show another picture at a place; the first is the cover. Raises EditedMeanwhile, TooSmall, BadEdit."""
    choosing.prepare(asset)
    _claim(post, version)
    if not PostMedia.objects.filter(post=post, position=position).update(asset=asset):
        raise BadEdit("There is no picture at this place.")
    return _changed_pictures(post)


def add_picture(post: Post, asset: Asset, *, version: int | None = None) -> Post:
    """Add a picture behind the others, five at most. Raises EditedMeanwhile, TooSmall, BadEdit."""
    choosing.prepare(asset)
    _claim(post, version)
    places = PostMedia.objects.filter(post=post)
    if places.count() >= MAX_PICTURES:
        raise BadEdit(f"At most {MAX_PICTURES} pictures fit.")
    last = places.aggregate(last=Max("position"))["last"]
    PostMedia.objects.create(post=post, asset=asset, position=0 if last is None else last + 1)
    return _changed_pictures(post)


def remove_picture(post: Post, *, position: int, version: int | None = None) -> Post:
    """Take a picture out; those behind it move up. Raises EditedMeanwhile."""
    _claim(post, version)
    PostMedia.objects.filter(post=post, position=position).delete()
    for place, use in enumerate(PostMedia.objects.filter(post=post).order_by("position")):
        if use.position != place:
            PostMedia.objects.filter(pk=use.pk).update(position=place)
    return _changed_pictures(post)


def remove_post(post: Post) -> Post:
    """Put a post away. What is planned of it must be cancelled by the caller (publishing.scheduling) first."""
    if Post.objects.filter(pk=post.pk, removed_at=None).update(removed_at=clock.now()):
        events.record("post.removed", subject=post)
    post.refresh_from_db()
    return post


def restore_post(post: Post) -> Post:
    """Bring a removed post back."""
    if Post.objects.filter(pk=post.pk, removed_at__isnull=False).update(removed_at=None):
        events.record("post.restored", subject=post)
    post.refresh_from_db()
    return post


def duplicate_post(post: Post) -> Post:
    """Make a second post with the same words and pictures. Nothing of it is planned."""
    twin: Post = Post.objects.create(
        blog_id=post.blog_id,
        article_id=post.article_id,
        target_id=post.target_id,
        title=post.title,
        description=post.description,
        alt_text=post.alt_text,
        link=post.link,
        language=post.language,
        topics=post.topics,
        ai_disclosures=post.ai_disclosures,
    )
    for use in post.media.all():
        PostMedia.objects.create(post=twin, asset_id=use.asset_id, position=use.position)
    metadata.settle_state(twin)
    events.record("post.drafted", subject=twin, copied_from=str(post.pk))
    return twin


def _change(post: Post, version: int | None, event: str, **changes: object) -> Post:
    _claim(post, version, **changes)
    metadata.settle_state(post)
    events.record(event, subject=post, fields=sorted(changes))
    return post


def _claim(post: Post, version: int | None, **changes: object) -> None:
    """Raise the post's version if it is still the one that was seen. Raises EditedMeanwhile."""
    seen = post.version if version is None else version
    rows = Post.objects.filter(pk=post.pk, version=seen)
    if not rows.update(version=F("version") + 1, updated_at=clock.now(), **changes):
        raise EditedMeanwhile
    post.refresh_from_db()


def _changed_pictures(post: Post) -> Post:
    post.refresh_from_db()
    metadata.settle_state(post)
    events.record("post.edited", subject=post, fields=["media"])
    return post


def _words(text: str) -> str:
    """Give a text as it is kept: no control characters but line breaks, no outer white space."""
    kept = plain(text)
    if len(kept) > MAX_TEXT:
        raise BadEdit(f"This text has {len(kept):,} characters. At most {MAX_TEXT:,} can be kept.")
    return kept


def _topics(topics: Sequence[str]) -> list[str]:
    """Give topics as they are kept: each once whatever its case, the first ones count."""
    found: dict[str, str] = {}
    for topic in (" ".join(_words(topic).split())[:80] for topic in topics):
        found.setdefault(topic.casefold(), topic)
    return [topic for topic in found.values() if topic][:MAX_TOPICS]


def _link(text: str) -> str:
    link = "".join(_words(text).split())
    if link and not link.lower().startswith(("https://", "http://")):
        raise BadEdit("The link must begin with https:// or http://.")
    return link


def _check_target(target: Target | None) -> None:
    if target is not None and target.gone_at is not None:
        raise BadEdit(f"“{target.name}” is no longer on the account. Choose another one.")
