"""Where articles come from: further doors beside a blog's address, and how often each blog is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from petra.articles import exports, importing, rhythm, sources
from petra.articles.models import Blog, Rhythm
from petra.lib.errors import ProductError
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import blog_rule, moments


@dataclass(frozen=True)
class Source:
    """One blog in the list of sources."""

    id: UUID
    name: str
    address: str
    rhythm: str
    hour: str
    next: str
    rule: str


def describe(blogs: Iterable[Blog], *, zone: ZoneInfo, now: datetime) -> list[Source]:
    """Describe each blog as a source."""
    return [
        Source(
            id=blog.pk,
            name=blog.name,
            address=blog.address.partition("://")[2].rstrip("/"),
            rhythm=blog.rhythm,
            hour=f"{blog.quiet_hour:02}",
            next=moments.inside(blog.next_import_at, zone=zone, now=now) if blog.next_import_at else "",
            rule=blog_rule.said(blog),
        )
        for blog in blogs
    ]


def rhythms() -> list[tuple[str, str]]:
    """Name the rhythms a blog can have."""
    words = {Rhythm.MANUAL: _("When I ask"), Rhythm.DAILY: _("Every day"), Rhythm.WEEKLY: _("Every week")}
    return [(kind.value, words[kind]) for kind in (Rhythm.MANUAL, Rhythm.DAILY, Rhythm.WEEKLY)]


def hours() -> list[str]:
    """Name the hours of a day."""
    return [f"{hour:02}" for hour in range(24)]


@require_POST
@member_page(Role.EDITOR)
def import_url(request: MemberRequest) -> HttpResponse:
    """Import one page by hand, into the blog it is given for."""
    try:
        address = request.POST.get("address", "")
        blog = _chosen(request) or importing.add_blog(_home_of(address))
        importing.start_import(blog, kind="url", url=address, actor_id=request.actor.user.pk)
    except ProductError as error:
        messages.error(request, error.for_person)
    return redirect("articles")


@require_POST
@member_page(Role.EDITOR)
def import_list(request: MemberRequest) -> HttpResponse:
    """Import the pages of a list, one address a line."""
    try:
        lines = request.POST.get("addresses", "")
        sources.import_addresses(lines, blog=_chosen(request), actor_id=request.actor.user.pk)
    except ProductError as error:
        messages.error(request, error.for_person)
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


def _chosen(request: MemberRequest) -> Blog | None:
    return access.get(Blog, request.POST["blog"]) if request.POST.get("blog") else None


def _home_of(address: str) -> str:
    text = address.strip()
    scheme, _sep, rest = text.partition("://") if "://" in text else ("https", "", text)
    return f"{scheme}://{rest.split('/')[0]}"
