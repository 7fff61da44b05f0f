"""What an open brand page is told: its sample's words as they come, what its writer took, and that others change it."""

from __future__ import annotations

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.urls import reverse

from petra.articles.models import Blog
from petra.lib import ids
from petra.posts.models import Post
from petra.tenancy.models import ROLE_RANK, Role
from petra.web.live.partials import Partial
from petra.web.live.viewer import Told, Viewer
from petra.web.words import brand_sample as words_brand_sample
from petra.web.words import brand_view as words_brand_view
from petra.webhooks.models import Event

_OF_WRITER = ("ai.", "post.words_", "words_run.")


def changes(viewer: Viewer, events: Sequence[Event]) -> Told:
    """Draw what changed beside the form; what one types stays."""
    blog_id, pin_id = (ids.read_id(viewer.query.get(name, "")) for name in ("blog", "pin"))
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
    if any(_is_news(viewer, blog, event) for event in events):
        url = reverse("settings_brand_of", args=[blog.pk])
        pieces.append(Partial("#brand-news", render_to_string("words/brand_news.html", {"url": url})))
    return pieces


def _is_news(viewer: Viewer, blog: Blog, event: Event) -> bool:
    """Say whether somebody else changed the voice after the page was drawn.

    What has just been drawn may be told once more, and late: when the viewer has changed the voice since. So it is the
    change that is compared, not the voice as it stands.
    """
    if event.kind != "blog.brand_changed" or event.subject_id != blog.pk or event.actor_id == viewer.user_id:
        return False
    return bool(event.data.get("changed_at", "") > viewer.query.get("seen", ""))
