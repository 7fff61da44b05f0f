"""Settings: the workspace's name, zone and language; one person's theme and shortcuts."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from petra.tenancy import workspaces
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import notifications, pauses
from petra.web.forms import PersonForm, WorkspaceForm
from petra.web.shell import show


@require_http_methods(["GET", "HEAD", "POST"])
@member_page()
def preferences(request: MemberRequest) -> HttpResponse:
    """Show the settings; save the workspace's for those who may."""
    workspace = request.actor.workspace
    may_change = request.actor.may(Role.ADMIN)
    initial = {"name": workspace.name, "time_zone": workspace.time_zone, "language": workspace.language}
    is_post = request.method == "POST"
    form = WorkspaceForm(request.POST if is_post and may_change else None, initial=initial)
    if form.is_bound and form.is_valid():
        workspaces.change_workspace(workspace, **form.cleaned_data)
        with translation.override(form.cleaned_data["language"]):
            messages.success(request, _("Saved."))
        answer = redirect("settings")
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, form.cleaned_data["language"], samesite="Lax", max_age=31_536_000
        )
        return answer
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    context = {
        "form": form,
        "may_change": may_change,
        "person": request.actor.user,
        "wishes": notifications.choices(request.actor.user.pk),
        "publishing": pauses.switches(request),
        "may_pause": request.actor.may(Role.EDITOR),
    }
    return show(request, "settings.html", context, here="settings", status=422 if form.is_bound else 200)


@require_POST
@member_page()
def person(request: MemberRequest) -> HttpResponse:
    """Save what one person sees. Acts at once, so it answers with nothing to an htmx request."""
    form = PersonForm(request.POST)
    if form.is_valid():
        user = request.actor.user
        user.theme = form.cleaned_data["theme"]
        user.has_letter_shortcuts = form.cleaned_data["has_letter_shortcuts"]
        user.save(update_fields=["theme", "has_letter_shortcuts"])
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return redirect("settings")
