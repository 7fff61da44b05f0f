"""Which workspace a person is in: switch, make another one. Signing in itself is allauth's, with our templates."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from petra.tenancy import access, workspaces
from petra.tenancy.models import User
from petra.web.forms import WorkspaceForm


@require_POST
@login_required
def workspace_switch(request: HttpRequest) -> HttpResponse:
    """Go to another of one's workspaces."""
    try:
        workspace_id = UUID(request.POST.get("workspace", ""))
    except ValueError as error:
        raise Http404 from error
    access.switch_workspace(request, workspace_id)
    return redirect("overview")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def workspace_new(request: HttpRequest) -> HttpResponse:
    """Make a workspace of one's own and go on to its blog."""
    form = WorkspaceForm(request.POST or None, initial={"name": "", "language": get_language()})
    if request.method == "POST" and form.is_valid():
        owner = cast("User", request.user)
        workspace = workspaces.create_workspace(owner=owner, **form.cleaned_data)
        access.switch_workspace(request, workspace.pk)
        return redirect("onboarding")
    status = 422 if form.is_bound else 200
    return render(request, "workspace_new.html", {"form": form, "heading": _("New workspace")}, status=status)
