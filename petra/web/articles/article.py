"""One article: what was read of it, what a person made of it, and both beside each other when the blog changed it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from petra.articles import editing, importing
from petra.articles.models import Article
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Post
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import languages, moments, text_marks
from petra.web.articles import rows as article_rows
from petra.web.pins import rows as pin_rows
from petra.web.shell import show
from petra.web.text_marks import Marks


@require_safe
@member_page()
def article(request: MemberRequest, article_id: UUID) -> HttpResponse:
    """Show what was imported of one article."""
    return _page(request, access.get(Article, article_id))


def _page(request: MemberRequest, found: Article, trouble: ProductError | None = None) -> HttpResponse:
    """Draw an article; where an edit could not be saved, with what was typed and why."""
    zone, now = request.actor.zone, clock.now()
    posts = pin_rows.complete(Post.objects.filter(article=found, removed_at=None)).order_by("created_at")
    context = {
        "article": found,
        "title": found.shown_title,
        "text": found.shown_text,
        "paragraphs": paragraphs(found.shown_text),
        "differences": _differences(found) if found.has_newer_words else [],
        "state": article_rows.state_of(found),
        "images": list(found.images.order_by("position")[:12]),
        "image_count": found.images.count(),
        "keywords": [word for word in found.tags if word not in found.categories],
        "pins": pin_rows.rows(posts, zone=zone, now=now),
        "imported": moments.moment(found.imported_at, zone=zone, now=now),
        "read": moments.moment(found.read_at, zone=zone, now=now),
        "published": moments.day_words(found.published_at, zone=zone, now=now) if found.published_at else "",
        "language_name": languages.language_name(found.language) if found.language else "",
        "seen": editing.mark_of(found),
        "trouble": trouble.for_person if trouble else "",
        "typed_title": request.POST.get("title", "") if trouble else found.shown_title,
        "typed_text": request.POST.get("text", "") if trouble else found.shown_text,
        "may_change": request.actor.may(Role.EDITOR),
    }
    return show(request, "article.html", context, here="articles", status=trouble.http_status if trouble else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.EDITOR)
def article_edit(request: MemberRequest, article_id: UUID) -> HttpResponse:
    """Set what a person wants said instead of the page's words; with `act=preview` only show how it reads."""
    found = access.get(Article, article_id)
    if request.method != "POST":
        return redirect("article", article_id)
    if request.POST.get("act") == "preview":
        text = request.POST.get("text", "")
        context = {"title": request.POST.get("title", ""), "paragraphs": paragraphs(text), "words": len(text.split())}
        return render(request, "article.html#preview", context)
    words = {name: request.POST.get(name) for name in ("title", "text", "seen")}
    try:
        editing.edit_article(found, **words, actor_id=request.actor.user.pk)
    except ProductError as error:
        return _page(request, access.get(Article, article_id), error)
    messages.success(request, _("Saved. Imports do not overwrite it."))
    return redirect("article", article_id)


@require_POST
@member_page(Role.EDITOR)
def article_change(request: MemberRequest, article_id: UUID, act: str) -> HttpResponse:
    """Archive an article or take it out again, read its page again, take the page's new words or keep one's own."""
    found, actor_id = access.get(Article, article_id), request.actor.user.pk
    match act:
        case "archive":
            editing.archive_article(found, actor_id=actor_id)
            restore = reverse("article_change", args=[article_id, "restore"])
            messages.success(request, _("Archived."), extra_tags=restore)
        case "restore":
            editing.restore_article(found, actor_id=actor_id)
            messages.success(request, _("Restored."))
        case "again":
            _import_again(request, found, actor_id)
        case "take":
            editing.take_new_words(found, actor_id=actor_id)
            messages.success(request, _("This is what the blog says now."))
            return redirect("article", article_id)
        case "keep":
            editing.keep_own_words(found, actor_id=actor_id)
            messages.success(request, _("Your words stay."))
            return redirect("article", article_id)
        case _:
            raise Http404
    return redirect("articles")


def _import_again(request: MemberRequest, found: Article, actor_id: UUID) -> None:
    try:
        importing.start_import(found.blog, kind="url", url=found.url, actor_id=actor_id)
    except ProductError as error:
        messages.error(request, error.for_person)


def paragraphs(text: str) -> list[str]:
    """Cut a text where its lines end."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _differences(found: Article) -> list[tuple[str, Marks]]:
    """Compare what a person wrote with what the page says now, field by field."""
    pairs = [
        (_("Title"), found.edited_title, found.title),
        (_("Excerpt"), found.edited_excerpt, found.excerpt),
        (_("Text"), found.edited_text, found.text),
    ]
    return [(label, text_marks.marks(mine, theirs)) for label, mine, theirs in pairs if mine and mine != theirs]
