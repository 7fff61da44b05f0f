"""Writes what was read of an article into its rows. Called by `importing`, inside the scope and transaction of one
page.

Never touches what a person edited, never brings an archived article back.
"""

from __future__ import annotations

from petra.articles.extract import Extracted
from petra.articles.identity import address_key
from petra.articles.models import Article, ArticleImage, Blog
from petra.articles.moments import instant
from petra.articles.pictures import Picture
from petra.articles.srcset import picture_key
from petra.lib import clock
from petra.webhooks import events

MAX_IMAGES = 200


def find_article(blog: Blog, *urls: str) -> Article | None:
    """Find the article of a blog that has one of these addresses."""
    keys = [address_key(url) for url in urls]
    return Article.objects.filter(blog=blog, address_key__in=keys).order_by("imported_at").first()


def record_article(blog: Blog, found: Extracted, *, read_at: str, etag: str, last_modified: str) -> str:
    """Write one article. Says what came of it: new, changed, unchanged or archived."""
    article = find_article(blog, found.url, read_at)
    if article is not None and article.archived_at is not None:
        return "archived"
    digest = found.digest
    if article is not None and article.digest == digest:
        Article.objects.filter(pk=article.pk).update(etag=etag, last_modified=last_modified, gone_at=None)
        return "unchanged"
    is_new = article is None
    article = article or Article(blog=blog, address_key=address_key(found.url))
    _fill(article, found)
    article.digest, article.etag, article.last_modified, article.gone_at = digest, etag, last_modified, None
    article.changed_at = None if is_new else clock.now()
    article.save()
    _write_images(article, found)
    events.record("article.imported" if is_new else "article.changed", subject=article, title=article.shown_title[:300])
    return "new" if is_new else "changed"


def mark_gone(blog: Blog, url: str) -> None:
    """Note that the site has no such page any more. The article stays: it is the person's record."""
    article = find_article(blog, url)
    if article is not None and article.gone_at is None:
        Article.objects.filter(pk=article.pk).update(gone_at=clock.now())
        events.record("article.gone", subject=article, title=article.shown_title[:300])


def _fill(article: Article, found: Extracted) -> None:
    article.url = found.url
    article.title = found.title
    article.author = ", ".join(found.authors)
    article.published_at = instant(found.published)
    article.published_as_written = found.published
    article.modified_at = instant(found.modified)
    article.language = found.language[:10]
    article.excerpt = found.excerpt
    article.text = found.text
    article.html = found.html
    article.tags = found.tags
    article.sources = found.sources
    article.translations = found.translations
    article.is_do_not_pin = found.is_do_not_pin
    article.is_walled = found.is_walled


def _write_images(article: Article, found: Extracted) -> None:
    lead_key = picture_key(found.lead.url) if found.lead else None
    shown = list(found.pictures)
    if found.lead is not None and lead_key not in {picture_key(picture.url) for picture in shown}:
        shown.insert(0, found.lead)
    ArticleImage.objects.filter(article=article).delete()
    rows = []
    for position, picture in enumerate(shown[:MAX_IMAGES]):
        is_lead = lead_key is not None and picture_key(picture.url) == lead_key
        rows.append(_image(article, position, found.lead if is_lead and found.lead else picture, is_lead=is_lead))
        lead_key = None if is_lead else lead_key
    ArticleImage.objects.bulk_create(rows)


def _image(article: Article, position: int, picture: Picture, *, is_lead: bool) -> ArticleImage:
    return ArticleImage(
        article=article,
        position=position,
        url=picture.url,
        alt=picture.alt,
        caption=picture.caption,
        width_px=picture.width_px or None,
        height_px=picture.height_px or None,
        is_lead=is_lead,
        is_nopin=picture.is_nopin,
    )
