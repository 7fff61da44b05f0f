"""A pin's words in the editor: ask for them, stop, take them, go back to what was; topics, and what is said of AI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from petra.ai.contract import FIELDS
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts import composing
from petra.posts.models import Generation, Post
from petra.posts.words import versions, writing
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web.pins import editor_page as pin_page
from petra.web.pins import rows as pin_rows
from petra.web.shell import show
from petra.web.words import box as words_view
from petra.web.words import compare as words_compare
from petra.web.words import editor as words_editor


@require_POST
@member_page(Role.EDITOR)
def pin_words(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Ask for words: for the ticked fields, or for one by its sparkle. What comes is a suggestion."""
    post = _get(pin_id)
    only = request.POST.get("only", "")
    fields = [only] if only in FIELDS else [name for name in request.POST.getlist("fields") if name in FIELDS]
    if not fields:
        return _trouble(request, post, ProductError("no_fields", _("Tick what should be written.")))
    return _done(
        request,
        post,
        lambda: writing.start(post, fields=frozenset(fields), feedback=_feedback(request), actor_id=_me(request)),
    )


@require_POST
@member_page(Role.EDITOR)
def pin_words_act(request: MemberRequest, pin_id: UUID, version_id: UUID, act: str) -> HttpResponse:
    """Stop what is being written, use or drop a suggestion, ask again, or restore a version, all of it or one field."""
    post = _get(pin_id)
    proposal = access.get(Generation, version_id, post_id=pin_id)
    chosen = [name for name in request.POST.getlist("fields") if name in versions.ALL_WORDS]
    verbs: dict[str, Callable[[], object]] = {
        "stop": lambda: writing.stop(proposal, actor_id=_me(request)),
        "use": lambda: _use(proposal, request),
        "drop": lambda: writing.drop(proposal, actor_id=_me(request)),
        "again": lambda: writing.again(proposal, actor_id=_me(request)),
        "restore": lambda: writing.restore(proposal, fields=chosen or versions.ALL_WORDS, actor_id=_me(request)),
    }
    if act not in verbs:
        raise Http404
    return _done(request, post, verbs[act], said=_("Restored.") if act == "restore" else "")


@require_safe
@member_page()
def pin_version(request: MemberRequest, pin_id: UUID, version_id: UUID) -> HttpResponse:
    """Show a version beside what the pin says now: a page, or a dialog over the editor."""
    post = _get(pin_id)
    compared = words_compare.compared(
        post, version_id, zone=request.actor.zone, now=clock.now(), me=request.actor.user.pk
    )
    context: dict[str, Any] = {
        "post": post,
        "pin_title": pin_rows.pin_title(post),
        "compared": compared,
        "may_change": request.actor.may(Role.EDITOR),
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "words/compare_page.html#dialog", context)
    return show(request, "words/compare_page.html", context, here="pins", live="pin_version")


@require_POST
@member_page(Role.EDITOR)
def pin_topics(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Add a topic or take one away. Several may be added at once, divided by commas; those of others stay."""
    post = _get(pin_id)
    removed = request.POST.get("remove")
    kept = [topic for topic in post.topics if topic != removed]
    added = request.POST.get("add", "").split(",") if removed is None else []
    return _done(request, post, lambda: composing.edit_post(post, version=post.version, topics=[*kept, *added]))


@require_POST
@member_page(Role.EDITOR)
def pin_disclosures(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Say what of the pin was made with AI."""
    post = _get(pin_id)
    known = [value for value, _label in words_editor.disclosures_of(post)]
    chosen = [value for value in known if value in request.POST.getlist("disclosure")]
    return _done(request, post, lambda: composing.edit_post(post, version=post.version, ai_disclosures=chosen))


def _get(pin_id: UUID) -> Post:
    access.get(Post, pin_id, removed_at=None)
    post: Post = Post.objects.complete().get(pk=pin_id)
    return post


def _me(request: MemberRequest) -> UUID:
    return request.actor.user.pk


def _use(proposal: Generation, request: MemberRequest) -> None:
    """Use a suggestion, unless somebody wrote there meanwhile: the answer shows their words, and asks."""
    try:
        writing.use(proposal, version=_seen(request), actor_id=_me(request))
    except versions.EditedMeanwhile as error:
        words = _("Someone changed this meanwhile: their words are shown now. Press “Use this” again to replace them.")
        raise ProductError(error.code, words, http_status=error.http_status) from error


def _seen(request: MemberRequest) -> int | None:
    """Read which version of the pin the suggestion was shown beside."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - fits the column


def _feedback(request: MemberRequest) -> str:
    """Join what was typed and the chip that was pressed."""
    quick = {value: str(sentence) for value, _label, sentence in words_view.QUICK}
    said = [request.POST.get("feedback", "").strip(), quick.get(request.POST.get("quick", ""), "")]
    return " ".join(filter(None, said))


def _done(request: MemberRequest, post: Post, act: Callable[[], object], *, said: str = "") -> HttpResponse:
    """Do something, then answer an htmx request with all parts of the editor that may differ, a plain one with the
    page."""
    try:
        act()
    except ProductError as error:
        return _trouble(request, post, error)
    if not request.htmx:  # type: ignore[attr-defined]
        if said:
            messages.success(request, said)
        return redirect("pin", post.pk)
    context = {**pin_page.page(request, _get(post.pk)), "is_htmx": True, "said": said}
    return render(request, "pin.html#words", context)


def _trouble(request: MemberRequest, post: Post, error: ProductError) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        context = {**pin_page.page(request, _get(post.pk)), "words": error.for_person}
        said = render_to_string("pin.html#trouble", context, request)
        return HttpResponse(said + render_to_string("pin.html#live", context, request), status=error.http_status)
    messages.error(request, error.for_person)
    return redirect("pin", post.pk)
