"""Articles: the door of the road, where a blog's address comes in, and the list of what was imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from petra.articles import editing, importing, searching, sources
from petra.articles.models import Article, ArticleImage, Blog
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Post
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import article_rows, import_lines, import_sources
from petra.web.paging import page_links
from petra.web.shell import show

PAGE_SIZE = 50
MOST_TAGS = 40
SORTS = {
    "newest": ("-published_at", "-imported_at", "pk"),
    "oldest": ("published_at", "imported_at", "pk"),
    "read": ("-read_at", "pk"),
    "title": ("title", "pk"),
    "pins": ("-pin_count", "-published_at", "pk"),
}


@require_safe
@member_page()
def articles(request: MemberRequest) -> HttpResponse:
    """List the articles, with one import line per running import."""
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
        "sources": import_sources.describe(blogs, zone=zone, now=now),
        "hours": import_sources.hours(),
        "rhythms": import_sources.rhythms(),
        "sorts": _sorts(),
        "tags": _tags(),
        "blog_id": request.GET.get("blog", ""),
        "tag": request.GET.get("tag", ""),
        "q": request.GET.get("q", ""),
        "show": shown,
        "sort": request.GET.get("sort", ""),
        "here_url": request.get_full_path(),
        "is_filtered": bool(request.GET.get("q") or request.GET.get("blog") or request.GET.get("tag") or shown),
        "may_change": request.actor.may(Role.EDITOR),
    }
    return show(request, "articles.html", context, here="articles")


@require_POST
@member_page(Role.EDITOR)
def import_blog(request: MemberRequest) -> HttpResponse:
    """Add a blog by its address and import it, or import a known one again."""
    try:
        if request.POST.get("blog"):
            blog = access.get(Blog, request.POST["blog"])
        else:
            blog = importing.add_blog(request.POST.get("address", ""))
        importing.start_import(blog, actor_id=request.actor.user.pk)
    except ProductError as error:
        messages.error(request, error.for_person)
    return redirect("articles")


@require_POST
@member_page(Role.EDITOR)
def articles_bulk(request: MemberRequest) -> HttpResponse:
    """Archive, restore or import again the chosen articles. All must belong to the workspace."""
    chosen = [access.get(Article, one) for one in dict.fromkeys(request.POST.getlist("article"))]
    act, actor_id = request.POST.get("act", ""), request.actor.user.pk
    if act not in ("archive", "restore", "again"):
        raise Http404
    if not chosen:
        messages.error(request, _("Choose articles first."))
    elif act == "again":
        _again(request, chosen, actor_id)
    else:
        for one in chosen:
            (editing.archive_article if act == "archive" else editing.restore_article)(one, actor_id=actor_id)
        words = (
            ngettext("%(n)d article archived", "%(n)d articles archived", len(chosen))
            if act == "archive"
            else ngettext("%(n)d article restored", "%(n)d articles restored", len(chosen))
        )
        messages.success(request, words % {"n": len(chosen)})
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if is_ours else reverse("articles"))


def _again(request: MemberRequest, chosen: Sequence[Article], actor_id: UUID) -> None:
    by_blog: dict[UUID, list[str]] = {}
    for one in chosen:
        by_blog.setdefault(one.blog_id, []).append(one.url)
    try:
        for blog_id, urls in by_blog.items():
            sources.import_addresses("\n".join(urls), blog=access.get(Blog, blog_id), actor_id=actor_id)
    except ProductError as error:
        messages.error(request, error.for_person)


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
        words = Q(pk__in=searching.search(q))
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
