"""Who may do what: turns a request into an Actor, and fetches a row only through the workspace that is open.

Every page that shows tenant rows is decorated with `member_page`. Absent and forbidden look the same: 404.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from petra.tenancy import scope, workspaces
from petra.tenancy.models import ROLE_RANK, Member, Role, User, Workspace

ModelT = TypeVar("ModelT", bound=models.Model)
P = ParamSpec("P")
SESSION_KEY = "workspace_id"


@dataclass(frozen=True)
class Actor:
    """The person who acts, in the workspace they act in."""

    user: User
    workspace: Workspace
    role: Role

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this workspace reads times."""
        return self.workspace.zone

    def may(self, least: Role) -> bool:
        """Say whether the actor's role includes `least`."""
        return ROLE_RANK[self.role] >= ROLE_RANK[least]


class MemberRequest(HttpRequest):
    """A request of a signed-in member. Pages get it from `member_page`."""

    user: User
    actor: Actor


Page = Callable[Concatenate[MemberRequest, P], HttpResponseBase]


def member_page(
    least: Role = Role.VIEWER, *, in_scope: bool = True
) -> Callable[[Page[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Let members of at least role `least` in, others to the sign-in page.

    The view runs inside the workspace's scope, in one transaction that is rolled back when it raises. A view that calls
    another system (a network, a blog) takes `in_scope=False` and opens `scope.workspace(request.actor.workspace.pk)`
    itself.
    """

    def decorate(view: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @functools.wraps(view)
        def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            workspace_id = chosen_workspace(request)
            if workspace_id is None:
                return redirect("onboarding")
            with scope.workspace(workspace_id, actor_id=request.user.pk):
                actor = _actor(request)
                if not actor.may(least):
                    raise PermissionDenied
                request.actor = actor  # type: ignore[attr-defined]
                if in_scope:
                    return view(request, *args, **kwargs)  # type: ignore[arg-type]
            return view(request, *args, **kwargs)  # type: ignore[arg-type]

        page.least_role = least  # type: ignore[attr-defined]
        return page  # type: ignore[return-value]

    return decorate


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send to the sign-in page, and back here afterwards; from a form, to the page it stood on.

    A part of a page that asks by itself gets a 401: the page stays, with what was typed there, and says so.
    """
    if "HX-Request" in request.headers:
        return HttpResponse(status=401)
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()})
    parts = urlsplit(came_from if is_ours else "/")
    return redirect_to_login(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def chosen_workspace(request: HttpRequest) -> UUID | None:
    """Say which of their workspaces the person is in: the one they switched to, else their first."""
    mine = memberships_of(request)
    kept = request.session.get(SESSION_KEY)
    for membership in mine:
        if str(membership.workspace_id) == kept:
            return membership.workspace_id
    return mine[0].workspace_id if mine else None


def memberships_of(request: HttpRequest) -> list[workspaces.Membership]:
    """List the workspaces of the person who asks, read once per request."""
    kept: list[workspaces.Membership] | None = getattr(request, "_memberships", None)
    if kept is None:
        kept = workspaces.memberships(request.user.pk)  # type: ignore[arg-type]
        request._memberships = kept  # type: ignore[attr-defined]
    return kept


def switch_workspace(request: HttpRequest, workspace_id: UUID) -> None:
    """Remember another of the person's workspaces. Raises Http404 for one they do not belong to."""
    if workspace_id not in {m.workspace_id for m in workspaces.memberships(request.user.pk)}:  # type: ignore[arg-type]
        raise Http404
    request.session[SESSION_KEY] = str(workspace_id)


def get(model: type[ModelT], row_id: UUID | str, **conditions: object) -> ModelT:
    """Fetch one row of the open workspace. Raises Http404 when it is absent, another's, or `row_id` is not an id."""
    try:
        row: ModelT = model.objects.get(pk=row_id, **conditions)  # type: ignore[attr-defined]
    except (model.DoesNotExist, ValidationError, ValueError) as error:  # type: ignore[attr-defined]
        raise Http404 from error
    return row


def _actor(request: HttpRequest) -> Actor:
    member = Member.objects.select_related("workspace").get(user_id=request.user.pk)
    return Actor(user=request.user, workspace=member.workspace, role=Role(member.role))  # type: ignore[arg-type]
