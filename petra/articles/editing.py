"""What a person does to an article: edit, take the page's words back, archive, restore. Call inside a scope."""

from __future__ import annotations

from uuid import UUID

from petra.articles.models import Article
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.webhooks import events

MAX_TITLE = 1_000
MAX_TEXT = 1_000_000  # far over any article, far under what hurts


class BadWords(ProductError):
    """The words are no article's."""

    def __init__(self, for_person: str) -> None:
        super().__init__("bad-words", for_person)


class EditedMeanwhile(ProductError):
    """Somebody else edited the article after this person saw it."""

    def __init__(self) -> None:
        words = "Someone edited this article meanwhile: it says what they wrote. Save again to put yours in its place."
        super().__init__("edited-meanwhile", words, http_status=409)


class ChangedMeanwhile(ProductError):
    """An import changed the article after this person saw it: what they saw of the page may not be what it says now."""

    def __init__(self) -> None:
        words = "The blog changed this article meanwhile: it says what is there now. Save again to keep your words."
        super().__init__("changed-meanwhile", words, http_status=409)


def mark_of(article: Article) -> str:
    """Name the edit and the page's words a person sees, to hand back with theirs."""
    edited, changed = (at.isoformat() if at else "" for at in (article.edited_at, article.changed_at))
    return f"{edited}|{changed}" if changed else edited


def edit_article(
    article: Article,
    *,
    title: str | None = None,
    excerpt: str | None = None,
    text: str | None = None,
    seen: str | None = None,
    actor_id: UUID | None = None,
) -> Article:
    """Set what a person wants said instead of the page's words. None: as it is.

    Nothing, or the page's own words, goes back to the page's: then imports change it again. With `seen`, the mark of
    what the person saw, raises EditedMeanwhile or ChangedMeanwhile where there is something later. Raises BadWords.
    """
    if len(title or "") > MAX_TITLE or max(len(text or ""), len(excerpt or "")) > MAX_TEXT:
        raise BadWords(f"A title can have {MAX_TITLE:,} characters, a text {MAX_TEXT:,}.")
    if seen is not None:
        now = mark_of(Article.objects.select_for_update().get(pk=article.pk))
        if seen.partition("|")[0] != now.partition("|")[0]:
            raise EditedMeanwhile
        if seen != now:
            raise ChangedMeanwhile
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
