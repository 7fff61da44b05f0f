"""Settings, AI writing: which model writes, with whose key, how much a month; for the workspace or for one blog.

The key is entered here and never shown again. Everybody sees who writes and what was spent; admins change it.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from petra.ai.contract import WriterFailed
from petra.articles.models import Blog
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.words import access_keys
from petra.posts.words import said as words_said
from petra.tenancy import access, scope
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web.shell import show
from petra.web.words import settings_view as words_settings_view
from petra.web.words import writers as words_writers
from petra.web.words.settings_view import WriterForm

MOST_SAID = 60  # models in a sentence


@require_http_methods(["GET", "HEAD", "POST"])
@member_page()
def settings_writing(request: MemberRequest, blog_id: UUID | None = None) -> HttpResponse:
    """Show who writes and what it cost; save the choice of those who may."""
    blog = access.get(Blog, blog_id) if blog_id else None
    may_change = request.actor.may(Role.ADMIN)
    form = WriterForm.of(access_keys.own_access(blog) or access_keys.access_of(blog))
    if request.method == "POST" and may_change:
        form = WriterForm(request.POST)
        if form.is_valid():
            try:
                access_keys.save(blog, form.wish())
            except ProductError as error:
                form.add_error(None, error.for_person)
            else:
                messages.success(request, _("Saved."))
                return redirect(words_writers.settings_url(blog_id))
    form.hide_key()
    context = {
        **words_settings_view.page(blog, zone=request.actor.zone, now=clock.now()),
        "form": form,
        "may_change": may_change,
    }
    return show(
        request,
        "words/settings.html",
        context,
        here="settings",
        live="settings_writing",
        live_query={"blog": blog_id or ""},
        status=422 if form.is_bound else 200,
    )


@require_POST
@member_page(Role.ADMIN, in_scope=False)
def settings_writing_act(request: MemberRequest, act: str, blog_id: UUID | None = None) -> HttpResponse:
    """Try the key (test), list the provider's models (models), or delete the choice and its key (forget)."""
    acts = {"test": _test, "models": _models, "forget": _forget}
    if act not in acts:
        raise Http404
    workspace_id = request.actor.workspace.pk
    if blog_id is not None:
        with scope.workspace(workspace_id):
            access.get(Blog, blog_id)
    return acts[act](request, workspace_id, blog_id)


def _test(request: MemberRequest, workspace_id: UUID, blog_id: UUID | None) -> HttpResponse:
    found = access_keys.check(workspace_id, blog_id)
    if found.cause is None:
        messages.success(request, _("%(model)s answered.") % {"model": found.model})
    else:
        said = words_said.said(found.cause, found.detail)
        messages.error(request, " ".join(filter(None, (said.happened, said.detail, said.next_step))))
    return redirect(words_writers.settings_url(blog_id))


def _models(request: MemberRequest, workspace_id: UUID, blog_id: UUID | None) -> HttpResponse:
    try:
        names, trouble = access_keys.models(workspace_id, blog_id), ""
    except WriterFailed as failure:
        names, trouble = [], words_said.said(failure.cause, failure.detail).happened
    if not request.htmx:  # type: ignore[attr-defined]
        _say_models(request, names, trouble)
        return redirect(words_writers.settings_url(blog_id))
    context = {"models": names[:500], "trouble": trouble, "is_asked": True}
    return render(request, "words/settings.html#models", context)


def _say_models(request: MemberRequest, names: list[str], trouble: str) -> None:
    """Tell the list to a browser without scripts."""
    if names:
        messages.success(request, _("Models: %(names)s") % {"names": ", ".join(names[:MOST_SAID])})
    else:
        messages.error(request, trouble or _("The provider has no list. Type the model's name."))


def _forget(request: MemberRequest, workspace_id: UUID, blog_id: UUID | None) -> HttpResponse:
    with scope.workspace(workspace_id, actor_id=request.actor.user.pk):
        access_keys.forget(Blog.objects.get(pk=blog_id) if blog_id else None)
    messages.success(request, _("Deleted. The key is gone from Petra."))
    return redirect(words_writers.settings_url(blog_id))
