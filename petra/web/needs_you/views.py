"""Needs you: everything that waits for a person, and the verbs for one, for the chosen and for all of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from petra.lib import clock
from petra.lib.errors import ProductError
from petra.lib.ids import new_secret
from petra.publishing import scheduling, together
from petra.publishing.models import Delivery
from petra.publishing.together import Together
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import moments
from petra.web.needs_you import page as needs_you_view
from petra.web.needs_you import waiting_rows
from petra.web.needs_you.late_banner import late_banner
from petra.web.paging import page_links
from petra.web.shell import show
from petra.web.way_back import way_back

PAGE_SIZE = 50
LEFT_OUT_KEY, LEFT_OUT_MOST = "needs_you_left_out", 50
UNDO_KEY, UNDO_KEPT = "needs_you_undo", 5  # so many acts back an older toast still works
UNDO_WITHIN = timedelta(minutes=10)
Ids = Collection[UUID] | None


@require_safe
@member_page()
def needs_you(request: MemberRequest) -> HttpResponse:
    """Show everything that waits for a person."""
    zone, now = request.actor.zone, clock.now()
    late = Paginator(waiting_rows.complete(together.held_late()), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "late": late_banner(zone=zone, now=now),
        "late_rows": waiting_rows.rows(late, zone=zone, now=now),
        "late_links": page_links(request, late),
        "groups": needs_you_view.failures(zone=zone, now=now),
        "unconfirmed_count": together.unconfirmed().count(),
        "unconfirmed": needs_you_view.unconfirmed(zone=zone, now=now),
        "waiting": needs_you_view.waiting(zone=zone, now=now),
        "left_out": _left_out(request),
        "may_change": request.actor.may(Role.EDITOR),
        "zone_words": moments.zone_words(zone, now=now),
    }
    return show(request, "needs_you.html", context, here="needs_you")


@require_POST
@member_page(Role.EDITOR)
def needs_you_late(request: MemberRequest) -> HttpResponse:
    """Publish late posts now, give them the next free slots, or skip them: one, the chosen, or all."""
    verb, ids = _asked(request)
    if ids is not None and not ids:
        messages.error(request, _("Choose posts first."))
        return redirect("needs_you")
    try:
        result = _LATE_VERBS[verb](request, ids)
    except ProductError as error:  # only that one is missing refuses all
        raise Http404 from error
    return _answer(request, result)


@require_POST
@member_page(Role.EDITOR)
def needs_you_failed(request: MemberRequest) -> HttpResponse:
    """Retry or reset the failures of one cause together."""
    key, act = request.POST.get("group", ""), request.POST.get("act", "")
    ids = next((group.delivery_ids for group in together.failures() if group.key == key), None)
    if act not in ("retry", "reset"):
        raise Http404
    if ids is None:
        messages.error(request, _("Nothing is left of this: somebody dealt with it."))
        return redirect("needs_you")
    if act == "retry":
        result = together.retry(ids)
        _tell(request, result, ngettext("%(n)d post is tried again", "%(n)d posts are tried again", len(result.done)))
    else:
        result = together.reset(ids)
        words = ngettext(
            "%(n)d post reset, its pin is kept", "%(n)d posts reset, their pins are kept", len(result.done)
        )
        _tell(request, result, words, undo=_undo_cancelled(result))
    return _answer(request, result)


@require_POST
@member_page(Role.EDITOR)
def needs_you_undo(request: MemberRequest, token: str) -> HttpResponse:
    """Take one act back, where it is not too late."""
    kept: dict[str, tuple[str, list[list[Any]]]] = request.session.get(UNDO_KEY, {})
    done_at, done = kept.pop(token, ("", []))
    request.session[UNDO_KEY] = kept
    if not done or clock.now() - datetime.fromisoformat(done_at) > UNDO_WITHIN:
        messages.error(request, _("There is nothing to undo any more."))
        return redirect("needs_you")
    rows = {UUID(row[0]): row for row in done}

    def take_back(delivery: Delivery) -> None:
        _id, plan_no, due_at = rows[delivery.pk]
        if due_at:
            together.undo_reschedule(delivery, due_at=datetime.fromisoformat(due_at), plan_no=plan_no)
        else:
            scheduling.undo_cancel(delivery)

    result = together.each(Delivery.objects.filter(pk__in=list(rows)).select_related("account"), take_back)
    _tell(request, result, ngettext("%(n)d post waits again", "%(n)d posts wait again", len(result.done)))
    return _answer(request, result)


def _publish(request: MemberRequest, ids: Ids) -> Together:
    result = together.publish_late(ids)
    words = ngettext("%(n)d post goes out now", "%(n)d posts go out now, one after another", len(result.done))
    _tell(request, result, words)
    return result


def _slot(request: MemberRequest, ids: Ids) -> Together:
    wanted = together.held_late() if ids is None else together.held_late().filter(pk__in=ids)
    before = dict(wanted.values_list("pk", "due_at"))
    result = together.reschedule_late(ids)
    after = list(Delivery.objects.filter(pk__in=result.done).order_by("due_at"))
    undo = [[str(d.pk), d.plan_no, before[d.pk].isoformat()] for d in after]
    last = moments.inside(after[-1].due_at, zone=request.actor.zone, now=clock.now()) if after else ""
    words = ngettext("%(n)d post moved to %(when)s", "%(n)d posts moved to free slots, the last %(when)s", len(after))
    _tell(request, result, words, undo=undo, when=last)
    return result


def _skip(request: MemberRequest, ids: Ids) -> Together:
    result = together.skip_late(ids)
    words = ngettext(
        "%(n)d post skipped, its pin is kept", "%(n)d posts skipped, their pins are kept", len(result.done)
    )
    _tell(request, result, words, undo=_undo_cancelled(result))
    return result


_LATE_VERBS: dict[str, Callable[[MemberRequest, Ids], Together]] = {"publish": _publish, "slot": _slot, "skip": _skip}


def _asked(request: MemberRequest) -> tuple[str, Ids]:
    """Read which verb was pressed for what: `one` ("skip:<id>"), `all`, or `act` for the boxes that are ticked."""
    verb, _sep, one = request.POST.get("one", "").partition(":")
    ids: list[str] | None = [one] if one else request.POST.getlist("id")
    if not one and request.POST.get("all"):
        verb, ids = request.POST["all"], None
    elif not one:
        verb = request.POST.get("act", "")
    if verb not in _LATE_VERBS:
        raise Http404
    try:
        return verb, None if ids is None else {UUID(pk) for pk in ids}
    except ValueError as error:
        raise Http404 from error


def _undo_cancelled(result: Together) -> list[list[Any]]:
    return [[str(pk), 0, ""] for pk in result.done]


def _tell(
    request: MemberRequest, result: Together, words: str, *, undo: list[list[Any]] | None = None, **names: str
) -> None:
    """Say in a toast what was done, with its undo where there is one."""
    if not result.done:
        return
    undo_url = ""
    if undo:
        token = new_secret(9)
        kept = list(request.session.get(UNDO_KEY, {}).items())[-(UNDO_KEPT - 1) :]
        request.session[UNDO_KEY] = {**dict(kept), token: (clock.now().isoformat(), undo)}
        undo_url = reverse("needs_you_undo", args=[token])
    messages.success(request, words % {"n": len(result.done), **names}, extra_tags=undo_url)


def _answer(request: MemberRequest, result: Together) -> HttpResponse:
    """Lead back to the list; what was refused is named there with its reason."""
    if not result.refused:
        return redirect(way_back(request, reverse("needs_you")))
    request.session[LEFT_OUT_KEY] = {
        "all": len(result.refused),
        "named": [[str(pk), why] for pk, why in list(result.refused.items())[:LEFT_OUT_MOST]],
    }
    return redirect(f"{reverse('needs_you')}?left_out=1")


def _left_out(request: MemberRequest) -> dict[str, Any] | None:
    kept = request.session.get(LEFT_OUT_KEY)
    if not kept or "left_out" not in request.GET:
        return None
    named = needs_you_view.left_out((UUID(pk), why) for pk, why in kept["named"])
    return {"named": named, "more": kept["all"] - len(named), "count": kept["all"]} if named else None
