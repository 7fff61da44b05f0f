"""Find or jump to: screens, pins and articles by a few letters, in one short list."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from petra.articles import searching
from petra.articles.models import NEWEST, Article
from petra.posts.models import Post
from petra.tenancy.access import MemberRequest, member_page
from petra.web.pins import rows as pin_rows
from petra.web.shell import show

MOST_OF_A_KIND = 6


@dataclass(frozen=True)
class Hit:
    """One line of the list."""

    label: str
    note: str
    icon: str
    url: str
    picture: str = ""


@require_safe
@member_page()
def find(request: MemberRequest) -> HttpResponse:
    """List what fits the letters; without letters, the screens."""
    letters = request.GET.get("q", "").strip()[:100]
    hits = [*_screens(letters), *(_pins(letters) if letters else []), *(_articles(letters) if letters else [])]
    context = {"hits": hits, "letters": letters}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "find.html#hits", context)
    return show(request, "find.html", context, here="")


def _screens(letters: str) -> list[Hit]:
    screens = [
        Hit(_("Overview"), _("Screen"), "layout-dashboard", reverse("overview")),
        Hit(_("Needs you"), _("Screen"), "alert-circle-f", reverse("needs_you")),
        Hit(_("Calendar"), _("Screen"), "calendar-event", reverse("calendar")),
        Hit(_("Pins"), _("Screen"), "pinned", reverse("pins")),
        Hit(_("Bulk publishing"), _("Screen"), "send", reverse("bulk_runs")),
        Hit(_("New pin"), _("Action"), "plus", reverse("pin_new")),
        Hit(_("Articles"), _("Screen"), "article", reverse("articles")),
        Hit(_("Activity"), _("Screen"), "history", reverse("activity")),
        Hit(_("Accounts"), _("Screen"), "plug-connected", reverse("accounts")),
        Hit(_("Settings"), _("Screen"), "settings", reverse("settings")),
    ]
    return [hit for hit in screens if letters.lower() in hit.label.lower()]


def _pins(letters: str) -> list[Hit]:
    found = Post.objects.filter(Q(title__icontains=letters) | Q(article__title__icontains=letters), removed_at=None)
    hits = []
    for post in found.select_related("article").prefetch_related("media").order_by("-created_at")[:MOST_OF_A_KIND]:
        media = list(post.media.all())
        picture = pin_rows.picture_url(media[0].asset_id if media else None)
        hits.append(Hit(pin_rows.pin_title(post), _("Pin"), "pinned", reverse("pin", args=[post.pk]), picture))
    return hits


def _articles(letters: str) -> list[Hit]:
    titled = Q(title__icontains=letters) | Q(edited_title__icontains=letters)
    found = Article.objects.filter(titled | Q(pk__in=searching.search(letters, most=50)), archived_at=None)
    return [
        Hit(article.shown_title, _("Article"), "article", reverse("article", args=[article.pk]))
        for article in found.order_by(*NEWEST)[:MOST_OF_A_KIND]
    ]
