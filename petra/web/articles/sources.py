"""Where articles come from: further doors beside a blog's address, and how often each blog is looked at."""

from __future__ import annotations

from typing import BinaryIO, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from petra.articles import importing, removing, rhythm, sources
from petra.articles.importing import ImportBusy
from petra.articles.lists import exports
from petra.articles.models import Blog, Rhythm
from petra.lib.errors import ProductError
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web.articles import table as article_list
from petra.web.articles.table import Mistake


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.EDITOR)
def import_url(request: MemberRequest) -> HttpResponse:
    """Import one page by hand, into the blog it is given for, else into that of its site."""
    if request.method != "POST":
        return redirect("articles")
    address = request.POST.get("address", "")
    try:
        blog = _chosen(request) or sources.blog_of(address)
        importing.start_import(blog, kind="url", url=address, actor_id=request.actor.user.pk)
    except ImportBusy as error:
        messages.error(request, error.for_person)
    except ProductError as error:
        chosen = request.POST.get("blog", "")
        return article_list.page(request, Mistake("add-url", error.for_person, address, chosen))
    return redirect("articles")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.EDITOR)
def import_list(request: MemberRequest) -> HttpResponse:
    """Import the pages of a list, one address a line."""
    if request.method != "POST":
        return redirect("articles")
    lines = request.POST.get("addresses", "")
    try:
        sources.import_addresses(lines, blog=_chosen(request), actor_id=request.actor.user.pk)
    except ImportBusy as error:
        messages.error(request, error.for_person)
    except ProductError as error:
        return article_list.page(request, Mistake("add-list", error.for_person, lines))
    return redirect("articles")


@require_POST
@member_page(Role.EDITOR)
def import_export(request: MemberRequest) -> HttpResponse:
    """Import the posts of a WordPress export file."""
    upload = request.FILES.get("export")
    if upload is None or isinstance(upload, list) or upload.file is None:
        messages.error(request, _("Choose an export file first."))
        return redirect("articles")
    try:
        if (upload.size or 0) > exports.MAX_BYTES:
            raise exports.NotAnExport(_("This file is larger than 100 MB. Export fewer posts at a time."))
        sources.import_export(cast("BinaryIO", upload.file), blog=_chosen(request), actor_id=request.actor.user.pk)
    except ProductError as error:
        messages.error(request, error.for_person)
    return redirect("articles")


@require_POST
@member_page(Role.EDITOR)
def blog_rhythm(request: MemberRequest, blog_id: UUID) -> HttpResponse:
    """Say how often a blog is looked at, and at which hour."""
    blog = access.get(Blog, blog_id)
    wanted, hour = request.POST.get("rhythm", ""), request.POST.get("hour", "")
    if wanted not in Rhythm.values:
        messages.error(request, _("Choose how often first."))
        return redirect("articles")
    quiet_hour = int(hour) % 24 if hour.isdecimal() and len(hour) <= 2 else blog.quiet_hour  # noqa: PLR2004 - HH
    rhythm.set_rhythm(blog, Rhythm(wanted), quiet_hour=quiet_hour, actor_id=request.actor.user.pk)
    messages.success(request, _("Saved."))
    return redirect("articles")


@require_POST
@member_page(Role.EDITOR)
def blog_remove(request: MemberRequest, blog_id: UUID) -> HttpResponse:
    """Take a blog away of which nothing was ever imported."""
    blog = access.get(Blog, blog_id)
    try:
        removing.remove_blog(blog)
    except ProductError as error:
        messages.error(request, error.for_person)
    else:
        messages.success(request, _("%(blog)s was removed.") % {"blog": blog.name})
    return redirect("articles")


def _chosen(request: MemberRequest) -> Blog | None:
    return access.get(Blog, request.POST["blog"]) if request.POST.get("blog") else None
