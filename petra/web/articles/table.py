"""The list of articles: what is filtered and ordered how, and what is drawn around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.http import HttpResponse
from django.utils.translation import gettext as _

from petra.articles import searching
from petra.articles.models import NEWEST, Article, ArticleImage, Blog
from petra.lib import clock
from petra.posts.models import Post
from petra.tenancy import access
from petra.tenancy.access import MemberRequest
from petra.tenancy.models import Role
from petra.web.articles import import_lines, source_rows
from petra.web.articles import rows as article_rows
from petra.web.paging import page_links
from petra.web.shell import show

PAGE_SIZE = 50
MOST_TAGS = 40
SORTS = {
    "newest": NEWEST,
    "oldest": ("published_at", "imported_at", "pk"),
    "read": ("-read_at", "pk"),
    "title": (Lower(Coalesce(NullIf("edited_title", Value("")), NullIf("title", Value("")), "url")), "pk"),  # as shown
    "pins": ("-pin_count", *NEWEST),
}


@dataclass(frozen=True)
class Mistake:
    """What could not be taken: in which form, why, and what was typed there, which stays."""

    form: str  # "add-blog", "add-url" or "add-list"
    words: str
    typed: str
    blog_id: str = ""


def page(request: MemberRequest, mistake: Mistake | None = None) -> HttpResponse:
    """Draw the list, with one import line per running import; with a mistake its form is open and says it."""
    shown = request.GET.get("show", "")
    found = _filtered(request, shown)
    page = Paginator(article_rows.complete(found), PAGE_SIZE).get_page(request.GET.get("page"))
    zone, now = request.actor.zone, clock.now()
    blogs = list(Blog.objects.order_by("name"))
    context = {
        "rows": article_rows.rows(page, zone=zone, now=now),
        "page": page,
        "links": page_links(request, page),
        "tabs": _tabs(request, shown),
        "imports": import_lines.lines(now=now),
        "blogs": blogs,
        "sources": source_rows.describe(blogs, zone=zone, now=now),
        "hours": source_rows.hours(),
        "rhythms": source_rows.rhythms(),
        "sorts": _sorts(),
        "tags": _tags(),
        "blog_id": request.GET.get("blog", ""),
        "tag": request.GET.get("tag", ""),
        "q": request.GET.get("q", ""),
        "show": shown,
        "sort": request.GET.get("sort", ""),
        "here_url": request.get_full_path(),
        "is_filtered": bool(request.GET.get("q") or request.GET.get("blog") or request.GET.get("tag") or shown),
        "mistake": mistake,
        "may_change": request.actor.may(Role.EDITOR),
    }
    return show(request, "articles.html", context, here="articles", status=422 if mistake else 200)


def _filtered(request: MemberRequest, shown: str) -> QuerySet[Article]:
    found = Article.objects.filter(archived_at__isnull=shown != "archived")
    if shown == "no-pins":
        found = found.filter(~Exists(Post.objects.filter(article=OuterRef("pk"), removed_at=None)))
    elif shown == "gone":
        found = found.filter(gone_at__isnull=False)
    elif shown == "changed":
        edited = Q(edited_title__gt="") | Q(edited_text__gt="") | Q(edited_excerpt__gt="")
        found = found.filter(edited, changed_at__gt=F("edited_at"))
    if blog := request.GET.get("blog"):
        found = found.filter(blog=access.get(Blog, blog))
    if tag := request.GET.get("tag"):
        found = found.filter(tags__contains=[tag])
    if q := request.GET.get("q", "").strip():
        words = Q(pk__in=searching.holding(q))
        found = found.filter(words | Q(url__icontains=q) if "/" in q or "." in q else words)
    counted = found.annotate(
        pin_count=_count(Post.objects.filter(article=OuterRef("pk"), removed_at=None)),
        image_count=_count(ArticleImage.objects.filter(article=OuterRef("pk"))),
    )
    ordered: QuerySet[Article] = counted.order_by(*SORTS.get(request.GET.get("sort", ""), SORTS["newest"]))
    return ordered


def _count(rows: QuerySet[Any]) -> Coalesce:
    """Count rows of an article apart: a join would count, for the whole list, what one page shows."""
    return Coalesce(Subquery(rows.order_by().values("article").annotate(n=Count("pk")).values("n")), 0)


def _tags() -> list[str]:
    """List the words the blogs file their articles under most often."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select tag from articles_article, jsonb_array_elements_text(tags) as tag"
            " where archived_at is null group by tag having count(*) > 1 order by count(*) desc, tag limit %s",
            [MOST_TAGS],
        )
        return sorted((str(row[0]) for row in cursor.fetchall()), key=str.casefold)


def _sorts() -> list[tuple[str, str]]:
    words = (_("Newest first"), _("Oldest first"), _("Looked at last"), _("By title"), _("Most pins first"))
    return list(zip(("", *list(SORTS)[1:]), words, strict=True))  # the first is what nobody chose


def _tabs(request: MemberRequest, shown: str) -> list[dict[str, Any]]:
    base = {k: v for k, v in request.GET.items() if k in {"blog", "q", "sort", "tag"} and v}
    names = [("", _("All")), ("no-pins", _("No pins yet")), ("changed", _("Changed on the blog")), ("gone", _("Gone"))]
    return [
        {"label": label, "is_here": shown == key, "url": f"?{urlencode({**base, 'show': key} if key else base)}"}
        for key, label in [*names, ("archived", _("Archived"))]
    ]
