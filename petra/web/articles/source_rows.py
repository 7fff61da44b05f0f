"""The blogs articles come from, as the list of sources shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from petra.articles.models import Article, Blog, Rhythm
from petra.lib import addresses
from petra.web import moments
from petra.web.articles import rule as blog_rule


@dataclass(frozen=True)
class Source:
    """One blog in the list of sources."""

    id: UUID
    name: str
    address: str
    rhythm: str
    hour: str
    next: str
    rule: str
    can_be_removed: bool  # nothing was ever imported from it: a wrong address, say


def describe(blogs: Iterable[Blog], *, zone: ZoneInfo, now: datetime) -> list[Source]:
    """Describe each blog as a source."""
    with_articles = set(Article.objects.order_by().values_list("blog_id", flat=True).distinct())
    return [
        Source(
            id=blog.pk,
            name=blog.name,
            address=addresses.readable(blog.address).rstrip("/"),
            rhythm=blog.rhythm,
            hour=f"{blog.quiet_hour:02}",
            next=moments.inside(blog.next_import_at, zone=zone, now=now) if blog.next_import_at else "",
            rule=blog_rule.said(blog),
            can_be_removed=blog.pk not in with_articles,
        )
        for blog in blogs
    ]


def rhythms() -> list[tuple[str, str]]:
    """Name the rhythms a blog can have."""
    words = {Rhythm.MANUAL: _("When I ask"), Rhythm.DAILY: _("Every day"), Rhythm.WEEKLY: _("Every week")}
    return [(kind.value, words[kind]) for kind in (Rhythm.MANUAL, Rhythm.DAILY, Rhythm.WEEKLY)]


def hours() -> list[str]:
    """Name the hours of a day."""
    return [f"{hour:02}" for hour in range(24)]
