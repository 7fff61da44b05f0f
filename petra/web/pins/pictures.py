"""Pictures of a pin: upload one's own, take another of the article; and new pins from uploads."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from petra.accounts.models import Target
from petra.articles.models import NEWEST, Article, ArticleImage
from petra.lib.errors import ProductError
from petra.media import storing
from petra.media.models import Asset
from petra.posts import choosing, composing
from petra.posts.models import Post
from petra.tenancy import access, scope
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import targets
from petra.web.shell import show

MOST_FILES = 20


@require_POST
@member_page(Role.EDITOR, in_scope=False)
def pin_picture(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Replace a picture of the pin, or add one behind it: uploaded, or one of the article's."""
    workspace_id = request.actor.workspace.pk
    try:
        asset = _uploaded(request, workspace_id) or _of_article(request, pin_id, workspace_id)
        with scope.workspace(workspace_id, actor_id=request.actor.user.pk):
            post = access.get(Post, pin_id, removed_at=None)
            if request.POST.get("how") == "add" or not post.media.exists():
                composing.add_picture(post, asset)
            else:
                composing.replace_picture(post, asset)
    except ProductError as error:
        messages.error(request, error.for_person)
    return redirect("pin", pin_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.EDITOR, in_scope=False)
def pin_new(request: MemberRequest) -> HttpResponse:
    """Make new pins: from uploaded pictures, several at once, or from an article."""
    workspace_id = request.actor.workspace.pk
    if request.method == "POST":
        return _make_of_uploads(request, workspace_id)
    with scope.workspace(workspace_id, actor_id=request.actor.user.pk):
        without = Article.objects.filter(
            ~Exists(Post.objects.filter(article=OuterRef("pk"), removed_at=None)), archived_at=None, is_do_not_pin=False
        )
        context: dict[str, Any] = {
            "articles": list(without.order_by(*NEWEST)[:12]),
            "boards": targets.choices(),
        }
        return show(request, "pin_new.html", context, here="pins")


@require_POST
@member_page(Role.EDITOR)
def article_make_pins(request: MemberRequest, article_id: UUID) -> HttpResponse:
    """Draft pins of one article, in the background."""
    article = access.get(Article, article_id)
    text = request.POST.get("how_many", "1")
    how_many = min(int(text), composing.MAX_POSTS_AT_ONCE) if text.isdigit() and int(text) else 1
    if article.is_do_not_pin:
        messages.error(request, composing.DoNotPin().for_person)
    else:
        composing.request_drafts([article], how_many=how_many)
        words = ngettext(
            "Drafting %(n)d pin. It appears here in a moment.",
            "Drafting %(n)d pins. They appear here in a moment.",
            how_many,
        )
        messages.success(request, words % {"n": how_many})
    return redirect("articles")


def _make_of_uploads(request: MemberRequest, workspace_id: UUID) -> HttpResponse:
    made: list[Post] = []
    files = request.FILES.getlist("pictures")
    for one in files[:MOST_FILES]:
        try:
            asset = _store(one, workspace_id)
            with scope.workspace(workspace_id, actor_id=request.actor.user.pk):
                chosen = request.POST.get("target")
                target = access.get(Target, chosen) if chosen else None
                made.append(composing.new_post_from_upload(asset, link=request.POST.get("link", ""), target=target))
        except ProductError as error:
            messages.error(request, f"{one.name}: {error.for_person}")
    if not files:
        messages.error(request, _("Choose at least one picture."))
    if not made:
        return redirect("pin_new")
    messages.success(request, ngettext("%(n)d pin drafted", "%(n)d pins drafted", len(made)) % {"n": len(made)})
    return redirect("pin", made[0].pk) if len(made) == 1 else redirect("pins")


def _uploaded(request: MemberRequest, workspace_id: UUID) -> Asset | None:
    one = request.FILES.get("picture")
    return _store(one, workspace_id) if isinstance(one, UploadedFile) else None


def _store(one: UploadedFile, workspace_id: UUID) -> Asset:
    if (one.size or 0) > settings.MAX_UPLOAD_BYTES:  # asked before the bytes are in memory
        raise ProductError(
            "too_big", _("The picture is bigger than %(n)d MB.") % {"n": settings.MAX_UPLOAD_BYTES // 1024 // 1024}
        )
    return storing.store_image(one.read(), original_name=one.name or "", workspace_id=workspace_id)


def _of_article(request: MemberRequest, pin_id: UUID, workspace_id: UUID) -> Asset:
    with scope.workspace(workspace_id):
        post = access.get(Post, pin_id, removed_at=None)
        if not request.POST.get("image"):
            raise ProductError("no_picture", _("Choose a picture."))
        image = access.get(ArticleImage, request.POST["image"], article_id=post.article_id)
    with choosing.polite_fetch() as fetch:
        return choosing.fetch_best([image], wanted=1, workspace_id=workspace_id, fetch=fetch)[0]
