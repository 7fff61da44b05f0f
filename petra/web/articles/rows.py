"""Lines of the list of articles: what each shows, and in which state it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from petra.articles.models import Article, ArticleImage
from petra.lib import addresses
from petra.posts.models import Post, PostMedia
from petra.web import moments
from petra.web.pins import rows as pin_rows
from petra.web.statuses import Status, StatusKey, status


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    id: UUID
    url: str
    title: str
    address: str
    picture: str
    published: str
    words: str
    images: int
    status: Status
    pin_count: int
    pin_pictures: list[str]
    is_archived: bool
    tag: str


def complete(found: QuerySet[Article]) -> QuerySet[Article]:
    """Read what lines need along with the articles."""
    return found.defer("html").prefetch_related(
        Prefetch("images", queryset=ArticleImage.objects.order_by("-is_lead", "position")),
        Prefetch(
            "posts",
            queryset=Post.objects.filter(removed_at=None).prefetch_related(
                Prefetch("media", queryset=PostMedia.objects.order_by("position"))
            ),
        ),
    )


def rows(page: Iterable[Article], *, zone: ZoneInfo, now: datetime) -> list[Row]:
    """Describe articles."""
    return [_row(article, zone, now) for article in page]


def _row(article: Any, zone: ZoneInfo, now: datetime) -> Row:
    pictures = [pin_rows.picture_url(m.asset_id) for post in article.posts.all() for m in post.media.all()[:1]]
    return Row(
        id=article.pk,
        url=reverse("article", args=[article.pk]),
        title=article.shown_title,
        address=addresses.readable(article.url) or article.url,
        picture=pictures[0] if pictures else "",
        published=moments.day_words(article.published_at, zone=zone, now=now) if article.published_at else "–",
        words=formats.number_format(len(article.shown_text.split()), force_grouping=True),
        images=article.image_count,
        status=state_of(article),
        pin_count=article.pin_count,
        pin_pictures=pictures[:3],
        is_archived=article.archived_at is not None,
        tag=str(article.tags[0]) if article.tags else "–",
    )


def state_of(article: Any) -> Status:
    """Say in which state an article is: the worst thing first."""
    if article.archived_at is not None:
        return status(StatusKey.PAUSED, _("Archived"))
    if article.gone_at is not None:
        return status(StatusKey.FAILED, _("Page is gone"))
    if article.has_newer_words:
        return status(StatusKey.ATTENTION, _("Changed on the blog"))
    if article.is_do_not_pin:
        return status(StatusKey.ATTENTION, _("Not to be pinned"))
    if not getattr(article, "image_count", 1):
        return status(StatusKey.ATTENTION, _("No image"))
    return status(StatusKey.PUBLISHED, _("Read"))
