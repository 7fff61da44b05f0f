"""What an open brand page is told: the words of its sample as they come, and what its writer took."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.template.loader import render_to_string

from petra.articles.models import Blog
from petra.posts.models import Post
from petra.tenancy.models import ROLE_RANK, Role
from petra.web import words_brand_sample, words_brand_view
from petra.web.live_viewer import Told, Viewer
from petra.web.partials import Partial
from petra.webhooks.models import Event

_OF_WRITER = ("ai.", "post.words_", "words_run.")


def changes(viewer: Viewer, events: Sequence[Event]) -> Told:
    """Tell the open page the words of its sample as they come, and what its writer took."""
    blog_id, pin_id = (_uuid(viewer.query.get(name, "")) for name in ("blog", "pin"))
    blog = Blog.objects.filter(pk=blog_id).first() if blog_id else None
    if blog is None:
        return []
    pieces = []
    context = {"blog": blog, "may_change": ROLE_RANK[viewer.role] >= ROLE_RANK[Role.EDITOR]}
    if pin_id and any(event.subject_kind == "post" and event.subject_id == pin_id for event in events):
        pin = Post.objects.complete().filter(pk=pin_id, blog=blog).first()
        shown = words_brand_sample.sample(blog, zone=viewer.zone, now=viewer.now, pin=pin)
        drawn = render_to_string("words/brand_sample.html", {**context, "sample": shown})
        pieces.append(Partial("#brand-sample", drawn))
    if any(event.kind.startswith(_OF_WRITER) for event in events):
        card = {**context, "card": words_brand_view.card(blog)}
        pieces.append(Partial("#brand-writer", render_to_string("words/brand_writer.html", card)))
    return pieces


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
