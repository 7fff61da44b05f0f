"""Settings, brand voice: what a writer reads before it writes for a blog, 16 fields in 5 sections, and a sample."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from petra.articles import naming, rhythm
from petra.articles.models import Blog, Rhythm
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts import brand, writing
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import moments, words_brand_view
from petra.web.shell import show
from petra.web.words_brand_view import BrandForm


@require_safe
@member_page()
def settings_brand(request: MemberRequest) -> HttpResponse:
    """Show the first blog's brand, or that there is no blog yet."""
    first = Blog.objects.order_by("name").first()
    if first is not None:
        return redirect("settings_brand_of", first.pk)
    return show(request, "words/brand_empty.html", {}, here="settings", live="settings_brand")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page()
def settings_brand_of(request: MemberRequest, blog_id: UUID) -> HttpResponse:
    """Show one blog's brand with a sample; save what an editor changes."""
    blog = access.get(Blog, blog_id)
    may_change = request.actor.may(Role.EDITOR)
    form = BrandForm.of(blog)
    if request.method == "POST" and may_change:
        form = BrandForm(request.POST)
        if form.is_valid() and _saved(request, blog, form):
            return _answer_saved(request, blog)
    sample = words_brand_view.sample_pin(blog)
    context = {
        **words_brand_view.page(blog, form, sample, zone=request.actor.zone, now=clock.now()),
        "may_change": may_change,
    }
    return show(
        request,
        "words/brand.html",
        context,
        here="settings",
        live="brand",
        live_query={"pin": sample.pk} if sample else None,
        status=422 if form.is_bound else 200,
    )


@require_POST
@member_page(Role.EDITOR)
def settings_brand_sample(request: MemberRequest, blog_id: UUID) -> HttpResponse:
    """Write a suggestion for the newest pin of the blog, as its brand is now."""
    blog = access.get(Blog, blog_id)
    sample = words_brand_view.sample_pin(blog)
    try:
        if sample is None:
            raise ProductError("no-pin", _("Make a pin of this blog first."))
        writing.start(sample, actor_id=request.actor.user.pk)
    except ProductError as error:
        messages.error(request, error.for_person)
    return redirect("settings_brand_of", blog_id)


def _saved(request: MemberRequest, blog: Blog, form: BrandForm) -> bool:
    """Write what was entered; what is refused stands in the form."""
    facts = form.cleaned_data
    try:
        naming.change_blog(blog, name=facts["name"], language=facts["language"], actor_id=request.actor.user.pk)
        if facts["rhythm"] != blog.rhythm:
            rhythm.set_rhythm(blog, Rhythm(facts["rhythm"]), quiet_hour=blog.quiet_hour, actor_id=request.actor.user.pk)
        brand.save(
            blog,
            texts={name: facts[name] for name in brand.TEXTS},
            lists={name: words_brand_view.entries(facts[name]) for name in brand.LISTS},
            ai_disclosures=facts["disclosures"],
        )
    except ProductError as error:
        form.add_error(None, error.for_person)
        return False
    return True


def _answer_saved(request: MemberRequest, blog: Blog) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        when = moments.moment(clock.now(), zone=request.actor.zone, now=clock.now())
        return render(request, "words/brand.html#saved", {"saved": when, "is_now": True})
    messages.success(request, _("Saved."))
    return redirect("settings_brand_of", blog.pk)
