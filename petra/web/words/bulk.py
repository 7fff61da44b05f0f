"""Words for many pins: the dialog that says what will happen and what it may cost, the run's page, and its acts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from petra.ai.contract import FIELDS
from petra.lib import clock, ids
from petra.lib.errors import ProductError
from petra.posts.models import Post, WordsRun
from petra.posts.words import runs as words_runs
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import moments
from petra.web.pins import filters as pins_filter
from petra.web.pins import status as pin_status
from petra.web.shell import show
from petra.web.way_back import way_back
from petra.web.words import box as words_view
from petra.web.words import bulk_view as words_bulk_view


@require_POST
@member_page(Role.EDITOR)
def pins_words(request: MemberRequest) -> HttpResponse:
    """Show what writing words for the chosen pins would do: a dialog, or a page without script."""
    chosen = _chosen(request)
    if not chosen:
        messages.error(request, _("Choose pins first."))
        return _go(request, way_back(request, reverse("pins")))
    listed = _listed(request)
    context: dict[str, Any] = {
        "ask": words_bulk_view.ask(chosen),
        "every": words_bulk_view.ask(listed) if len(listed) > len(chosen) else None,
        "fields": [(name, words_view.LABELS[name]) for name in FIELDS],
        "back": way_back(request, reverse("pins")),
        "new_run_id": ids.new_id(),
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "words/bulk_ask.html#dialog", context)
    return show(request, "words/bulk_ask.html", context, here="pins", live="words_ask")


@require_POST
@member_page(Role.EDITOR)
def pins_words_start(request: MemberRequest) -> HttpResponse:
    """Begin to write words for the chosen pins, or for all of the list, and go back to the list.

    The form names the run, so that pressing twice begins one.
    """
    back = way_back(request, reverse("pins"))
    found = _listed(request) if request.POST.get("which") == "all" else _chosen(request)
    try:
        words_runs.start_run(
            [post.pk for post in found],
            actor_id=request.actor.user.pk,
            fields=[name for name in request.POST.getlist("fields") if name in FIELDS],
            overwrite_edited=request.POST.get("overwrite") == "on",
            brief=request.POST.get("brief", ""),
            run_id=ids.read_id(request.POST.get("run", "")),
        )
    except ProductError as error:
        messages.error(request, error.for_person)
    return redirect(back)


@require_safe
@member_page()
def words_run(request: MemberRequest, words_run_id: UUID) -> HttpResponse:
    """Show one run: how far it is, what it cost, and what became of each pin."""
    run = access.get(WordsRun, words_run_id)
    zone, now = request.actor.zone, clock.now()
    context = {
        "run": words_bulk_view.head(run, zone=zone, now=now),
        "rows": words_bulk_view.rows(run),
        "may_change": request.actor.may(Role.EDITOR),
        "zone_words": moments.zone_words(zone, now=now),
    }
    return show(request, "words/run.html", context, here="pins", live="words_run", live_query={"words_run": run.pk})


@require_POST
@member_page(Role.EDITOR)
def words_run_act(request: MemberRequest, words_run_id: UUID, act: str) -> HttpResponse:
    """Pause a run, let it go on, stop it, or write those again that failed."""
    run, me = access.get(WordsRun, words_run_id), request.actor.user.pk
    match act:
        case "pause":
            words_runs.pause(run, actor_id=me)
        case "resume":
            words_runs.go_on(run, actor_id=me)
        case "stop":
            words_runs.stop(run, actor_id=me)
        case "retry":
            return _retry(request, run)
        case _:
            raise Http404
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "words/run_pieces.html", words_bulk_view.pieces(run, request.actor.zone))
    return redirect(way_back(request, reverse("words_run", args=[run.pk])))


def _retry(request: MemberRequest, run: WordsRun) -> HttpResponse:
    failed = [task.post_id for task in words_runs.problems(run)]
    try:
        again = words_runs.start_run(
            failed,
            actor_id=request.actor.user.pk,
            fields=run.fields,
            overwrite_edited=run.is_overwriting_edited,
            brief=run.brief,
            run_id=uuid5(run.pk, "again"),
        )
    except ProductError as error:
        messages.error(request, error.for_person)
        return redirect("words_run", run.pk)
    return redirect("words_run", again.pk)


def _chosen(request: MemberRequest) -> list[Post]:
    ids = list(dict.fromkeys(request.POST.getlist("pin")))[: words_runs.MOST]
    return [access.get(Post, pin_id, removed_at=None) for pin_id in ids] if len(ids) <= 1 else _all_of(ids)


def _all_of(ids: list[str]) -> list[Post]:
    """Fetch many at once. Raises Http404 where one of them isn't here."""
    try:
        wanted = [UUID(each) for each in ids]
    except ValueError as error:
        raise Http404 from error
    found = Post.objects.kept().in_bulk(wanted)
    if len(found) != len(wanted):
        raise Http404
    return [found[each] for each in wanted]


def _listed(request: MemberRequest) -> list[Post]:
    """Fetch all pins of the list that was on the page, whatever page of it; never more than a run may have."""
    asked = urlsplit(way_back(request, "")).query
    if "%00" in asked:  # no page of ours had this address
        raise Http404
    query = QueryDict(asked)
    found = pins_filter.filtered(query)
    if query.get("state"):
        found = pin_status.with_look(found).filter(look=query["state"])
    return list(found.order_by("-created_at", "pk")[: words_runs.MOST])


def _go(request: MemberRequest, address: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
