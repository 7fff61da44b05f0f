"""The pin editor: words, board, picture, schedule, publish. Each write is one verb of a stage and one answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from petra.accounts import health
from petra.accounts.models import Target
from petra.lib import clock, ids
from petra.lib.errors import ProductError
from petra.posts import composing
from petra.posts.models import Post
from petra.publishing import bulk, scheduling, slots
from petra.publishing.models import LIVE_STATES, Delivery, State
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import moments
from petra.web.pins import editor_page as pin_page
from petra.web.pins import publish as pin_publish
from petra.web.pins.views import remove_post
from petra.web.shell import show
from petra.web.way_back import way_back
from petra.web.words import conflict as words_conflict


@require_safe
@member_page()
def pin(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Show one pin."""
    return _answer(request, _get(pin_id))


@require_safe
@member_page()
def pin_live(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Answer what changes by itself: the status, the button and the deliveries. The fields stay the person's."""
    return render(request, "pin.html#live", pin_page.page(request, _get(pin_id)))


@require_POST
@member_page(Role.EDITOR)
def pin_save(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Save the words. Sent on blur and after a rest; names the version it saw, so nobody's words are lost silently."""
    post = _get(pin_id)
    texts = {name: request.POST[name] for name in pin_page.FIELDS if name in request.POST}
    try:
        composing.edit_post(post, version=_version(request), **texts)
    except composing.EditedMeanwhile as error:
        now = _get(pin_id)
        touched = request.POST.getlist("touched") or list(texts)
        differing = words_conflict.both(now, {name: text for name, text in texts.items() if name in touched})
        return words_conflict.answer(request, now, differing) if differing else _trouble(request, post, error)
    except ProductError as error:
        return _trouble(request, post, error)
    return _saved(request, post, part="words" if request.POST.get("merged") else "saved")


@require_POST
@member_page(Role.EDITOR)
def pin_target(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Choose the board, and a section of it."""
    post = _get(pin_id)
    chosen = access.get(Target, request.POST["board"]) if request.POST.get("board") else None
    if chosen is not None and request.POST.get("section"):
        section = Target.objects.filter(parent=chosen, pk=ids.read_id(request.POST["section"])).first()
        chosen = section or chosen
    try:
        composing.choose_target(post, chosen)
    except ProductError as error:
        return _trouble(request, post, error)
    return _saved(request, post)


@require_POST
@member_page(Role.EDITOR)
def pin_schedule(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Plan the pin for an instant, or move what is planned there."""
    post = _get(pin_id)
    try:
        due_at = _chosen_instant(request)
        if post.target is None:
            raise ProductError("no_target", _("Choose a board first."))
        known = scheduling.delivery_of(post.pk, account_id=post.target.account_id)
        if known is not None:
            scheduling.move_delivery(known, due_at=due_at, target=post.target)
        else:
            known = scheduling.plan_delivery(post, account=post.target.account, target=post.target, due_at=due_at)
    except ProductError as error:
        messages.error(request, error.for_person)
        return _back(request, pin_id)
    when = moments.moment(known.due_at, zone=request.actor.zone, now=clock.now())
    messages.success(
        request,
        _("Scheduled for %(when)s") % {"when": when},
        extra_tags=reverse("delivery_act", args=[known.pk, "cancel"]),
    )
    return _back(request, pin_id)


@require_POST
@member_page(Role.EDITOR)
def pin_publish_now(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Let the pin go out now. Pressing twice, or on an old page, sends nothing a second time."""
    post = _get(pin_id)
    try:
        if post.target is None:
            raise ProductError("no_target", _("Choose a board first."))
        deliveries = list(Delivery.objects.filter(post=post).select_for_update())
        if request.POST.get("seen", "") != pin_publish.seen(post, deliveries):
            raise ProductError("seen", _("This changed a moment ago. Look at it again first."), http_status=409)
        bulk.publish_post(post)
        if request.POST.get("stop_asking") == "on":
            health.stop_asking(post.target.account)
    except ProductError as error:
        messages.error(request, error.for_person)
    return _back(request, pin_id)


@require_POST
@member_page(Role.EDITOR)
def delivery_act(request: MemberRequest, delivery_id: UUID, act: str) -> HttpResponse:
    """Do one thing to one delivery: retry, reset, cancel, undo, hold, look, there (with its address, where known)."""
    verbs: dict[str, Callable[[Delivery], None]] = {
        "retry": scheduling.retry_delivery,
        "reset": scheduling.reset_delivery,
        "cancel": scheduling.cancel_delivery,
        "undo": scheduling.undo_cancel,
        "hold": scheduling.hold_delivery,
        "look": scheduling.look_again,
        "there": lambda delivery: scheduling.it_is_there(delivery, url=request.POST.get("url", "").strip()[:2048]),
    }
    if act not in verbs:
        raise Http404
    delivery = access.get(Delivery, delivery_id)
    try:
        verbs[act](delivery)
    except ProductError as error:
        messages.error(request, error.for_person)
    else:
        if act == "cancel":
            undo = reverse("delivery_act", args=[delivery_id, "undo"])
            messages.success(request, _("Taken off the calendar"), extra_tags=undo)
        elif act in ("reset", "hold", "undo", "there"):
            messages.success(request, _("Done"))
    if request.POST.get("back"):
        return redirect(way_back(request, reverse("pin", args=[delivery.post_id])))
    return _back(request, delivery.post_id)


@require_POST
@member_page(Role.EDITOR)
def pin_remove(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Put the pin away; it can be brought back."""
    post = _get(pin_id)
    try:
        remove_post(post)
    except ProductError as error:
        messages.error(request, error.for_person)
        return _back(request, pin_id)
    messages.success(request, _("Removed"), extra_tags=reverse("pin_bring_back", args=[pin_id]))
    return redirect("pins")


@require_POST
@member_page(Role.EDITOR)
def pin_bring_back(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Bring a removed pin back."""
    composing.restore_post(access.get(Post, pin_id))
    messages.success(request, _("It is back"))
    return redirect("pin", pin_id)


@require_POST
@member_page(Role.EDITOR)
def pin_duplicate(request: MemberRequest, pin_id: UUID) -> HttpResponse:
    """Make a second pin with the same words and pictures."""
    twin = composing.duplicate_post(_get(pin_id))
    messages.success(request, _("This is the copy"))
    return redirect("pin", twin.pk)


def _get(pin_id: UUID) -> Post:
    access.get(Post, pin_id, removed_at=None)
    post: Post = Post.objects.complete().get(pk=pin_id)
    return post


def _answer(request: MemberRequest, post: Post, *, status: int = 200) -> HttpResponse:
    context = pin_page.page(request, post)
    deliveries = list(Delivery.objects.filter(post=post))
    context["seen"] = pin_publish.seen(post, deliveries)
    context["goes_to"] = pin_publish.network_words(post)
    context["asks"] = post.target is not None and post.target.account.asks_before_publish_now
    context["is_live"] = any(d.state in LIVE_STATES for d in deliveries)
    context["was_published"] = any(d.state == State.PUBLISHED for d in deliveries)
    return show(request, "pin.html", context, here="pins", live="pin", live_query={"pin": post.pk}, status=status)


def _saved(request: MemberRequest, post: Post, *, part: str = "saved") -> HttpResponse:
    """Answer an htmx save with the parts that changed (`words`: the fields as well), a plain one with the page."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("pin", post.pk)
    fresh = _get(post.pk)
    context = {**pin_page.page(request, fresh), "is_htmx": True}
    return render(request, f"pin.html#{part}", context)


def _trouble(request: MemberRequest, post: Post, error: ProductError) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "pin.html#trouble", {"words": error.for_person}, status=error.http_status)
    messages.error(request, error.for_person)
    return redirect("pin", post.pk)


def _chosen_instant(request: MemberRequest) -> datetime:
    """Read an instant (`at`), or a local date and time in the workspace's zone (`local`)."""
    try:
        if at := request.POST.get("at"):
            chosen = datetime.fromisoformat(at)
            if chosen.tzinfo is not None:
                return chosen
        local = datetime.fromisoformat(request.POST.get("local", ""))
    except ValueError as error:
        raise ProductError("bad_time", _("Choose a day and a time.")) from error
    return slots.instant(local.date(), local.time(), request.actor.zone)


def _back(request: HttpRequest, pin_id: UUID) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("pin", args=[pin_id])})
    return redirect("pin", pin_id)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdigit() else 0
