"""Articles: the import line, the list, and what a person does to one. The first stop of the road, in a browser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from petra.articles import editing, importing
from petra.articles.models import Article, ArticleImage, Blog, ImportPage, ImportRun
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Post, PostMedia
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import import_lines, moments, pin_rows
from petra.web.paging import page_links
from petra.web.shell import show
from petra.web.statuses import Status, StatusKey, status

PAGE_SIZE = 50
SORTS = {
    "newest": ("-published_at", "-imported_at", "pk"),
    "oldest": ("published_at", "imported_at", "pk"),
    "title": ("title", "pk"),
    "pins": ("-pin_count", "-published_at", "pk"),
}


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    id: UUID
    url: str
    title: str
    address: str
    picture: str
    published: str
    words: int
    images: int
    status: Status
    pin_count: int
    pin_pictures: list[str]
    is_archived: bool


@require_safe
@member_page()
def articles(request: MemberRequest) -> HttpResponse:
    """List the articles, with one import line per running import."""
    shown = request.GET.get("show", "")
    found = _filtered(request, shown)
    page = Paginator(_complete(found), PAGE_SIZE).get_page(request.GET.get("page"))
    zone, now = request.actor.zone, clock.now()
    context = {
        "rows": _rows(page, zone, now),
        "page": page,
        "links": page_links(request, page),
        "tabs": _tabs(request, shown),
        "imports": import_lines.lines(now=now),
        "blogs": list(Blog.objects.order_by("name")),
        "blog_id": request.GET.get("blog", ""),
        "q": request.GET.get("q", ""),
        "show": shown,
        "sort": request.GET.get("sort", "newest"),
        "is_filtered": bool(request.GET.get("q") or request.GET.get("blog") or shown),
        "may_change": request.actor.may(Role.EDITOR),
    }
    return show(request, "articles.html", context, here="articles")


@require_safe
@member_page()
def article(request: MemberRequest, article_id: UUID) -> HttpResponse:
    """Show what was imported of one article."""
    found = access.get(Article, article_id)
    zone, now = request.actor.zone, clock.now()
    posts = pin_rows.complete(Post.objects.filter(article=found, removed_at=None)).order_by("created_at")
    context = {
        "article": found,
        "title": found.shown_title,
        "text": found.shown_text,
        "images": list(found.images.order_by("position")[:12]),
        "pins": pin_rows.rows(posts, zone=zone, now=now),
        "imported": moments.moment(found.imported_at, zone=zone, now=now),
        "published": moments.day_words(found.published_at, zone=zone, now=now) if found.published_at else "",
        "may_change": request.actor.may(Role.EDITOR),
    }
    return show(request, "article.html", context, here="articles")


@require_POST
@member_page(Role.EDITOR)
def article_edit(request: MemberRequest, article_id: UUID) -> HttpResponse:
    """Set what a person wants said instead of the page's words."""
    found = access.get(Article, article_id)
    editing.edit_article(
        found,
        title=request.POST.get("title"),
        text=request.POST.get("text"),
        actor_id=request.actor.user.pk,
    )
    messages.success(request, _("Saved. Imports do not overwrite it."))
    return redirect("article", article_id)


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
def import_url(request: MemberRequest) -> HttpResponse:
    """Import one page by hand, into the blog it is given for."""
    try:
        address = request.POST.get("address", "")
        blog = (
            access.get(Blog, request.POST["blog"])
            if request.POST.get("blog")
            else importing.add_blog(_home_of(address))
        )
        importing.start_import(blog, kind="url", url=address, actor_id=request.actor.user.pk)
    except ProductError as error:
        messages.error(request, error.for_person)
    return redirect("articles")


@require_POST
@member_page(Role.EDITOR)
def import_change(request: MemberRequest, run_id: UUID, act: str) -> HttpResponse:
    """Pause, resume or stop an import."""
    verbs = {"pause": importing.pause_import, "resume": importing.resume_import, "stop": importing.stop_import}
    if act not in verbs:
        raise Http404
    verbs[act](access.get(ImportRun, run_id))
    return redirect("articles")


@require_safe
@member_page()
def import_details(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Show how an import went, page by page, its problems first."""
    run = access.get(ImportRun, run_id)
    pages = ImportPage.objects.filter(run=run)
    context = {
        "line": import_lines.line(run, now=clock.now()),
        "run": run,
        "problems": run.problems,
        "pages": list(pages.exclude(note="").order_by("position")[:200]),
    }
    return show(request, "import.html", context, here="articles")


@require_POST
@member_page(Role.EDITOR)
def article_change(request: MemberRequest, article_id: UUID, act: str) -> HttpResponse:
    """Archive an article or take it out again."""
    found = access.get(Article, article_id)
    if act not in ("archive", "restore"):
        raise Http404
    if act == "archive":
        editing.archive_article(found, actor_id=request.actor.user.pk)
        messages.success(request, _("Archived."), extra_tags=reverse("article_change", args=[article_id, "restore"]))
    else:
        editing.restore_article(found, actor_id=request.actor.user.pk)
        messages.success(request, _("Restored."))
    return redirect("articles")


def _home_of(address: str) -> str:
    text = address.strip()
    scheme, _sep, rest = text.partition("://") if "://" in text else ("https", "", text)
    return f"{scheme}://{rest.split('/')[0]}"


def _filtered(request: MemberRequest, shown: str) -> QuerySet[Article]:
    found = Article.objects.filter(archived_at__isnull=shown != "archived")
    if shown == "no-pins":
        found = found.filter(~Exists(Post.objects.filter(article=OuterRef("pk"), removed_at=None)))
    if blog := request.GET.get("blog"):
        found = found.filter(blog=access.get(Blog, blog))
    if q := request.GET.get("q", "").strip():
        found = found.filter(Q(title__icontains=q) | Q(edited_title__icontains=q) | Q(url__icontains=q))
    counted = found.annotate(
        pin_count=Count("posts", filter=Q(posts__removed_at=None), distinct=True),
        image_count=Count("images", distinct=True),
    )
    ordered: QuerySet[Article] = counted.order_by(*SORTS.get(request.GET.get("sort", ""), SORTS["newest"]))
    return ordered


def _complete(found: QuerySet[Article]) -> QuerySet[Article]:
    return found.defer("html").prefetch_related(
        Prefetch("images", queryset=ArticleImage.objects.order_by("-is_lead", "position")),
        Prefetch(
            "posts",
            queryset=Post.objects.filter(removed_at=None).prefetch_related(
                Prefetch("media", queryset=PostMedia.objects.order_by("position"))
            ),
        ),
    )


def _rows(page: Page[Article], zone: ZoneInfo, now: datetime) -> list[Row]:
    return [_row(article, zone, now) for article in page]


def _row(article: Any, zone: ZoneInfo, now: datetime) -> Row:
    pictures = [pin_rows.picture_url(m.asset_id) for post in article.posts.all() for m in post.media.all()[:1]]
    return Row(
        id=article.pk,
        url=reverse("article", args=[article.pk]),
        title=article.shown_title,
        address=article.url.partition("://")[2] or article.url,
        picture=pictures[0] if pictures else "",
        published=moments.day_words(article.published_at, zone=zone, now=now) if article.published_at else "–",
        words=len((article.shown_text).split()),
        images=article.image_count,
        status=_status(article),
        pin_count=article.pin_count,
        pin_pictures=pictures[:3],
        is_archived=article.archived_at is not None,
    )


def _status(article: Any) -> Status:
    if article.archived_at is not None:
        return status(StatusKey.PAUSED, _("Archived"))
    if article.is_do_not_pin:
        return status(StatusKey.ATTENTION, _("Not to be pinned"))
    if not article.image_count:
        return status(StatusKey.ATTENTION, _("No image"))
    return status(StatusKey.PUBLISHED, _("Read"))


def _tabs(request: MemberRequest, shown: str) -> list[dict[str, object]]:
    base = {k: v for k, v in request.GET.items() if k in {"blog", "q", "sort"} and v}
    names = [("", _("All")), ("no-pins", _("No pins yet")), ("archived", _("Archived"))]
    return [
        {"label": label, "is_here": shown == key, "url": f"?{urlencode({**base, 'show': key} if key else base)}"}
        for key, label in names
    ]
