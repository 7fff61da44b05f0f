"""What a person does to an article: edit, take the page's words back, archive, restore. Call inside a scope."""

from __future__ import annotations

from uuid import UUID

from petra.articles.models import Article
from petra.lib import clock
from petra.webhooks import events


def edit_article(
    article: Article,
    *,
    title: str | None = None,
    excerpt: str | None = None,
    text: str | None = None,
    actor_id: UUID | None = None,
) -> Article:
    """Set what a person wants said instead of the page's words. None: as it is.

    Nothing, or the page's own words, goes back to the page's: then imports change it again.
    """
    wanted = {"title": title, "excerpt": excerpt, "text": text}
    changes: dict[str, object] = {}
    for name, value in wanted.items():
        if value is not None:
            plain = value.replace("\r\n", "\n").replace("\x00", "").strip()
            changes[f"edited_{name}"] = "" if plain == getattr(article, name).strip() else plain
    Article.objects.filter(pk=article.pk).update(**changes, edited_at=clock.now())
    article.refresh_from_db()
    events.record("article.edited", subject=article, actor_id=actor_id, fields=sorted(changes))
    return article


def take_new_words(article: Article, *, actor_id: UUID | None = None) -> Article:
    """Drop what a person wrote, for what the page says now."""
    return edit_article(article, title="", excerpt="", text="", actor_id=actor_id)


def keep_own_words(article: Article, *, actor_id: UUID | None = None) -> Article:
    """Note that a person saw what the page says now, and stays with their own words."""
    Article.objects.filter(pk=article.pk).update(edited_at=clock.now())
    article.refresh_from_db()
    events.record("article.edited", subject=article, actor_id=actor_id, fields=[])
    return article


def archive_article(article: Article, *, actor_id: UUID | None = None) -> Article:
    """Put an article away. Imports don't bring it back."""
    if Article.objects.filter(pk=article.pk, archived_at=None).update(archived_at=clock.now()):
        events.record("article.archived", subject=article, actor_id=actor_id)
    article.refresh_from_db()
    return article


def restore_article(article: Article, *, actor_id: UUID | None = None) -> Article:
    """Take an article out of the archive."""
    if Article.objects.filter(pk=article.pk, archived_at__isnull=False).update(archived_at=None):
        events.record("article.restored", subject=article, actor_id=actor_id)
    article.refresh_from_db()
    return article
