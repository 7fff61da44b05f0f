"""Accounts: connect, health, boards, posting slots, disconnect. Which networks there are, the registry says."""

from __future__ import annotations

import contextlib
from datetime import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from petra.accounts import connecting, developer_apps, health, targets
from petra.accounts.models import Account, AccountState, Target
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.networks.contract import NetworkError
from petra.networks.registry import NETWORKS
from petra.publishing import pausing, scheduling
from petra.publishing.models import Delivery, PauseKind, Slot, State
from petra.publishing.slots import WeeklyTime
from petra.tenancy import access, scope
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import pauses
from petra.web.accounts import detail as account_view
from petra.web.accounts import limits as account_limits
from petra.web.forms import QuietHoursForm
from petra.web.shell import show


@require_safe
@member_page()
def accounts(request: MemberRequest) -> HttpResponse:
    """Show the accounts, with the first one open."""
    first = Account.objects.exclude(state=AccountState.DISCONNECTED).order_by("connected_at").first()
    return _page(request, first, is_list=True)


@require_safe
@member_page()
def account(request: MemberRequest, account_id: UUID) -> HttpResponse:
    """Show one account beside the list."""
    return _page(request, access.get(Account, account_id))


@require_POST
@member_page(Role.ADMIN, in_scope=False)
def account_connect(request: MemberRequest, network_key: str) -> HttpResponse:
    """Begin to connect: lead the person to the network's consent page.

    The page's policy lets no form lead to another host, so htmx is told where to go and a plain form gets a link.
    """
    if network_key not in NETWORKS:
        raise Http404
    try:
        address = connecting.start(
            network_key,
            actor=request.actor,
            session_key=_session_key(request),
            redirect_uri=_callback_address(request, network_key),
            return_to=request.POST.get("return_to", ""),
            account=_known(request),
        )
    except ProductError as error:
        messages.error(request, error.for_person)
        address = reverse("accounts")
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return render(request, "connect.html", {"address": address, "network": NETWORKS[network_key]})


@require_safe
@member_page(Role.ADMIN, in_scope=False)
def account_callback(request: MemberRequest, network_key: str) -> HttpResponse:
    """Take the person back from the consent page, and let go what waited for this account."""
    if network_key not in NETWORKS:
        raise Http404
    try:
        connection = connecting.finish(
            network_key, params=request.GET.dict(), actor=request.actor, session_key=_session_key(request)
        )
    except ProductError as error:
        messages.error(request, error.for_person)
        return redirect("accounts")
    with contextlib.suppress(NetworkError):  # the next page wants the boards; the job tries again
        targets.sync_targets(request.actor.workspace.pk, connection.account.pk)
    with scope.workspace(request.actor.workspace.pk, actor_id=request.actor.user.pk):
        resumed = scheduling.resume_account(connection.account)
    words = _("%(name)s is connected.") % {"name": connection.account.username}
    if resumed:
        words += " " + ngettext("%(n)d post goes out now.", "%(n)d posts go out now.", resumed) % {"n": resumed}
    messages.success(request, words)
    return redirect(connection.return_to or reverse("account", args=[connection.account.pk]))


@require_POST
@member_page(Role.ADMIN, in_scope=False)
def account_disconnect(request: MemberRequest, account_id: UUID) -> HttpResponse:
    """Forget the account's tokens; what was planned on it is held, not lost."""
    with scope.workspace(request.actor.workspace.pk, actor_id=request.actor.user.pk):
        found = access.get(Account, account_id)
        held = scheduling.hold_account(found, sentence=_("%(name)s is disconnected.") % {"name": found.username})
    connecting.disconnect(found, actor=request.actor)
    words = _("%(name)s is disconnected.") % {"name": found.username}
    if held:
        words += " " + ngettext("%(n)d post waits.", "%(n)d posts wait.", held) % {"n": held}
    messages.success(request, words)
    return redirect("accounts")


@require_POST
@member_page(Role.EDITOR, in_scope=False)
def account_sync(request: MemberRequest, account_id: UUID) -> HttpResponse:
    """Read the boards of an account from its network now."""
    with scope.workspace(request.actor.workspace.pk):
        found = access.get(Account, account_id)
    try:
        synced = targets.sync_targets(request.actor.workspace.pk, found.pk)
    except NetworkError as error:
        messages.error(request, error.for_person)
    else:
        messages.success(request, _("Synced, %(n)d in all.") % {"n": synced.total})
    return redirect("account", account_id)


@require_POST
@member_page(Role.EDITOR)
def account_slots(request: MemberRequest, account_id: UUID) -> HttpResponse:
    """Add a weekly slot, or take one off."""
    found = access.get(Account, account_id)
    times = {WeeklyTime(s.weekday, s.time_local) for s in Slot.objects.filter(account=found)}
    try:
        if "remove" in request.POST:
            times.discard(_weekly(request.POST["remove"]))
        else:
            at = time.fromisoformat(request.POST.get("time", ""))
            times |= {
                WeeklyTime(int(day), at.replace(tzinfo=None))
                for day in request.POST.getlist("weekday")
                if day in "0123456"
            }
        scheduling.set_slots(found, times)
    except ValueError:
        messages.error(request, _("That is not a time of day."))
    except ProductError as error:
        messages.error(request, error.for_person)
    return redirect(reverse("account", args=[account_id]) + "#slots")


@require_POST
@member_page(Role.EDITOR)
def account_quiet_hours(request: MemberRequest, account_id: UUID) -> HttpResponse:
    """Set the hours in which an account rests, or take them away."""
    found = access.get(Account, account_id)
    if "clear" in request.POST:
        pausing.clear_quiet_hours(found)
        messages.success(request, _("No quiet hours any more."))
        return redirect(reverse("account", args=[account_id]) + "#quiet")
    form = QuietHoursForm(request.POST)
    if form.is_valid():
        try:
            pausing.set_quiet_hours(found, **form.cleaned_data)
        except ProductError as error:
            form.add_error("until_local", error.for_person)
        else:
            messages.success(request, _("Quiet hours are set."))
            return redirect(reverse("account", args=[account_id]) + "#quiet")
    return _page(request, found, quiet_form=form)


def _page(
    request: MemberRequest, chosen: Account | None, *, is_list: bool = False, quiet_form: QuietHoursForm | None = None
) -> HttpResponse:
    now = clock.now()
    known = (
        Account.objects.prefetch_related("budgets")
        .order_by("network", "username")
        .annotate(board_count=Count("targets", filter=Q(targets__gone_at=None, targets__parent=None), distinct=True))
    )
    all_health = health.health_of(list(known), now=now)
    paused = {line.subject_id: line for line in pauses.lines(request)}
    context: dict[str, Any] = {
        "accounts": [account_view.line(h, is_paused=h.account.pk in paused) for h in all_health],
        "networks": [
            {"key": n.key, "label": n.label, "icon": f"brand-{n.key}", "is_configured": developer_apps.is_configured(n)}
            for n in NETWORKS.values()
        ],
        "is_list": is_list,
        "may_connect": request.actor.may(Role.ADMIN),
        "may_change": request.actor.may(Role.EDITOR),
        "connected": sum(1 for h in all_health if h.state == AccountState.CONNECTED),
        "chosen": None,
    }
    if chosen is not None:
        mine = next(h for h in all_health if h.account.pk == chosen.pk)
        pause = paused.get(chosen.pk)
        context["chosen"] = account_view.detail(mine, zone=request.actor.zone, now=now, is_paused=pause is not None)
        context["pauses"] = [line for line in (pause, paused.get(request.actor.workspace.pk)) if line]
        context["pause_url"] = "" if pause else pauses.address(PauseKind.ACCOUNT, chosen.pk, "pause")
        context["limits"] = account_limits.limits(mine.account, zone=request.actor.zone, now=now)
        quiet = pausing.quiet_hours(chosen)
        context["quiet"] = quiet
        known_hours = dict(zip(("from_local", "until_local"), quiet or (), strict=False))
        context["quiet_form"] = quiet_form or QuietHoursForm(initial=known_hours)
        context["waiting"] = Delivery.objects.filter(account=chosen, state=State.PLANNED).count()
        boards = Target.objects.filter(account=chosen, parent=None, gone_at=None).order_by("name")
        context["boards"] = boards.annotate(
            pins=Count("deliveries", filter=Q(deliveries__state=State.PUBLISHED), distinct=True),
            section_count=Count("sections", filter=Q(sections__gone_at=None), distinct=True),
        )
    status = 422 if quiet_form is not None else 200
    return show(request, "accounts.html", context, here="accounts", status=status)


def _known(request: MemberRequest) -> Account | None:
    """Give the account to reconnect, where the form names one."""
    if not request.POST.get("account"):
        return None
    with scope.workspace(request.actor.workspace.pk):
        return access.get(Account, request.POST["account"])


def _weekly(text: str) -> WeeklyTime:
    day, _sep, clock_time = text.partition("-")
    return WeeklyTime(int(day), time.fromisoformat(clock_time))


def _session_key(request: HttpRequest) -> str:
    return request.session.session_key or ""


def _callback_address(request: HttpRequest, network_key: str) -> str:
    path = reverse("account_callback", args=[network_key])
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
