"""The brand page's sample: one pin of the blog, written as its voice is now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from petra.ai.contract import FIELDS
from petra.articles.models import Blog
from petra.posts.models import Post
from petra.web.pins import rows as pin_rows
from petra.web.words import box as words_view
from petra.web.words import writers as words_writers
from petra.web.words.box import LABELS, Box


@dataclass(frozen=True)
class Sample:
    """A pin and its words: those that come or are proposed, else its own. `lines` are (label, text)."""

    post: Post
    title: str
    picture: str
    box: Box
    lines: list[tuple[str, str]]
    settings_url: str

    @property
    def acts(self) -> list[tuple[str, str, str]]:
        """Give what can be done to proposed words: (act, label, look)."""
        return [("drop", _("Drop it"), "quiet"), ("use", _("Use this"), "primary")]


def pin_of(blog: Blog) -> Post | None:
    """Choose the pin on which the voice is tried: the newest of an article that is not planned yet, else the newest."""
    found = Post.objects.complete().filter(blog=blog, article__isnull=False).order_by("-created_at", "-pk")
    pin: Post | None = found.filter(deliveries__isnull=True).first() or found.first()
    return pin


def sample(blog: Blog, *, zone: ZoneInfo, now: datetime, pin: Post | None = None) -> Sample | None:
    """Describe the sample of a blog; None where it has no pin of an article."""
    post = pin or pin_of(blog)
    if post is None:
        return None
    box = words_view.box(post, zone=zone, now=now)
    media = next(iter(post.media.all()), None)
    coming = [(field.label, field.text) for field in box.fields if field.name in FIELDS and field.text]
    own = [(str(LABELS[name]), getattr(post, name)) for name in FIELDS if getattr(post, name).strip()]
    return Sample(
        post=post,
        title=pin_rows.pin_title(post),
        picture=pin_rows.picture_url(media.asset_id if media else None),
        box=box,
        lines=coming if box.state in words_view.OPEN else own,
        settings_url=words_writers.settings_url(None),
    )
