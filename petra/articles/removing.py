"""Takes a blog away that was added by mistake: one of which no article was ever imported."""

from __future__ import annotations

from petra.articles.importing import ACTIVE, lock_blog
from petra.articles.models import Article, Blog, ImportRun
from petra.lib.errors import ProductError
from petra.webhooks import events


class NotRemoved(ProductError):
    """The blog holds what a person may want to keep, or is at work."""

    def __init__(self, for_person: str) -> None:
        super().__init__("blog-not-removed", for_person, http_status=409)


def remove_blog(blog: Blog) -> None:
    """Delete a blog without articles, with its imports and settings. Call inside a scope.

    Raises NotRemoved, and BlogRemoved where somebody was quicker.
    """
    lock_blog(blog)  # an import that starts now waits for us, or we see it
    if Article.objects.filter(blog=blog).exists():
        raise NotRemoved("This blog has articles, so it stays. Archive what you no longer need.")
    if ImportRun.objects.filter(blog=blog, state__in=ACTIVE).exists():
        raise NotRemoved("An import of this blog is under way. Stop it first.")
    events.record("blog.removed", subject=blog, called=blog.name)
    Blog.objects.get(pk=blog.pk).delete()
