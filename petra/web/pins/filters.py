"""Which pins a list's address asks for."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import QueryDict

from petra.accounts.models import Target
from petra.articles.models import Article, Blog
from petra.posts.models import Post
from petra.tenancy import access

ASKED = ("q", "state", "article", "board", "blog")


def filtered(query: QueryDict) -> QuerySet[Post]:
    """Give the pins of a list, whatever their state. Raises Http404 for rows that are not here."""
    found = Post.objects.filter(removed_at=None)
    if q := query.get("q", "").strip():
        found = found.filter(Q(title__icontains=q) | Q(description__icontains=q) | Q(article__title__icontains=q))
    if article := query.get("article"):
        found = found.filter(article=access.get(Article, article))
    if board := query.get("board"):
        target = access.get(Target, board)
        found = found.filter(Q(target=target) | Q(target__parent=target))
    if blog := query.get("blog"):
        found = found.filter(blog=access.get(Blog, blog))
    result: QuerySet[Post] = found
    return result
