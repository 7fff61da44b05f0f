"""Articles: the door of the road, where a blog's address comes in, and the list of what was imported."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from petra.articles import editing, importing, sources
from petra.articles.importing import BlogRemoved, ImportBusy
from petra.articles.models import Article, Blog
from petra.lib.errors import ProductError
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web.articles import table as article_list
from petra.web.articles.table import Mistake


@require_safe
@member_page()
def articles(request: MemberRequest) -> HttpResponse:
    """List the articles, with one import line per running import."""
    return article_list.page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.EDITOR)
def import_blog(request: MemberRequest) -> HttpResponse:
    """Add a blog by its address and import it, or import a known one again."""
    if request.method != "POST":  # whoever signed in on the way, or loads the page of a mistake again
        return redirect("articles")
    try:
        if request.POST.get("blog"):
            blog = access.get(Blog, request.POST["blog"])
        else:
            blog = importing.add_blog(request.POST.get("address", ""))
        importing.start_import(blog, actor_id=request.actor.user.pk)
    except (ImportBusy, BlogRemoved) as error:
        messages.error(request, error.for_person)
    except ProductError as error:
        return article_list.page(request, Mistake("add-blog", error.for_person, request.POST.get("address", "")))
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
    for blog_id, urls in by_blog.items():
        blog = access.get(Blog, blog_id)
        try:
            sources.import_addresses("\n".join(urls), blog=blog, actor_id=actor_id)
        except ProductError as error:  # the other blogs' go on
            messages.error(request, f"{blog.name}: {error.for_person}")
