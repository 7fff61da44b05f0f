"""Settings, brand voice: what a writer reads before it writes for a blog, and a sample that is written as one looks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from petra.articles import naming, rhythm
from petra.articles.models import Blog, Rhythm
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Generation
from petra.posts.words import brand, writing
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import moments
from petra.web.live import partials
from petra.web.shell import show
from petra.web.words import brand_sample as words_brand_sample
from petra.web.words import brand_view as words_brand_view
from petra.web.words.brand_form import BrandForm


@require_safe
@member_page()
def settings_brand(request: MemberRequest) -> HttpResponse:
    """Show the brand of the blog that was chosen, else of the first; or that there is no blog yet."""
    blogs = Blog.objects.order_by("name", "pk")
    wanted = request.GET.get("blog", "")
    chosen = next((one for one in blogs if str(one.pk) == wanted), None) or blogs.first()
    if chosen is not None:
        return redirect("settings_brand_of", chosen.pk)
    return show(request, "words/brand_empty.html", {}, here="settings", live="settings_brand")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page()
def settings_brand_of(request: MemberRequest, blog_id: UUID) -> HttpResponse:
    """Show one blog's brand with a sample; save what an editor changes."""
    blog = access.get(Blog, blog_id)
    form = BrandForm.of(blog)
    if request.method == "POST" and request.actor.may(Role.EDITOR):
        form = BrandForm(request.POST)
        if _is_saved(request, blog, form):
            return _answer_saved(request, blog)
    return _page(request, blog, form)


@require_POST
@member_page(Role.EDITOR)
def settings_brand_sample(request: MemberRequest, blog_id: UUID) -> HttpResponse:
    """Save what is entered, and have the sample written by it."""
    blog = access.get(Blog, blog_id)
    form = BrandForm(request.POST)
    if not _is_saved(request, blog, form):
        return _page(request, blog, form)
    trouble = ""
    try:
        pin = words_brand_sample.pin_of(blog)
        if pin is None:
            raise ProductError("no-pin", _("Make a pin of an article of this blog first."))
        last = writing.current(pin)  # another variant than that: else the same question gives the same words
        variant = last.variant + 1 if last is not None else None
        writing.start(pin, actor_id=request.actor.user.pk, variant=variant)
    except ProductError as error:
        trouble = error.for_person
    return _answer_sample(request, blog, trouble)


@require_POST
@member_page(Role.EDITOR)
def settings_brand_sample_act(request: MemberRequest, blog_id: UUID, version_id: UUID, act: str) -> HttpResponse:
    """Stop the sample that is being written, use what came, or drop it."""
    blog = access.get(Blog, blog_id)
    row = access.get(Generation, version_id, post__blog=blog)
    trouble, who = "", request.actor.user.pk
    try:
        match act:
            case "stop":
                writing.stop(row, actor_id=who)
            case "use":
                writing.use(row, actor_id=who)
            case "drop":
                writing.drop(row, actor_id=who)
            case _:
                raise Http404
    except ProductError as error:
        trouble = error.for_person
    return _answer_sample(request, blog, trouble)


@require_POST
@member_page(Role.EDITOR)
def settings_brand_copy(request: MemberRequest, blog_id: UUID) -> HttpResponse:
    """Give another blog of the workspace this one's voice, and go there."""
    blog = access.get(Blog, blog_id)
    wanted = request.POST.get("to", "")
    to = next((one for one in Blog.objects.exclude(pk=blog.pk) if str(one.pk) == wanted), None)
    if to is None:
        messages.error(request, _("Choose the blog to copy to."))
        return redirect("settings_brand_of", blog.pk)
    brand.copy(blog, to)
    messages.success(request, _("Copied from %(name)s.") % {"name": blog.name})
    return redirect("settings_brand_of", to.pk)


def _page(request: MemberRequest, blog: Blog, form: BrandForm) -> HttpResponse:
    """Answer the page, or where something was refused what an open page is told of that."""
    if form.is_bound and request.htmx:  # type: ignore[attr-defined]
        return render(request, "words/brand_parts.html#refused", {"form": form}, status=422)
    context = _context(request, words_brand_view.page(blog, form, zone=request.actor.zone, now=clock.now()))
    pin = context["sample"].post.pk if context["sample"] else ""
    return show(
        request,
        "words/brand.html",
        context,
        here="settings",
        live="brand",
        live_query={"blog": blog.pk, "pin": pin, "seen": brand.profile_of(blog).updated_at.isoformat()},
        status=422 if form.is_bound else 200,
    )


def _is_saved(request: MemberRequest, blog: Blog, form: BrandForm) -> bool:
    """Write what was entered, all of it or nothing; what is refused stands in the form."""
    if not form.is_valid():
        return False
    facts, who = form.cleaned_data, request.actor.user.pk
    try:
        with transaction.atomic():
            naming.change_blog(blog, name=facts["name"], language=facts["language"], actor_id=who)
            if facts["rhythm"] != blog.rhythm:
                rhythm.set_rhythm(blog, Rhythm(facts["rhythm"]), quiet_hour=blog.quiet_hour, actor_id=who)
            form.save(blog)
    except ProductError as error:
        form.add_error(None, error.for_person)
        return False
    return True


def _answer_saved(request: MemberRequest, blog: Blog) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "words/brand_parts.html#accepted", _parts(request, blog))
    messages.success(request, _("Saved."))
    return redirect("settings_brand_of", blog.pk)


def _answer_sample(request: MemberRequest, blog: Blog, trouble: str) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        if trouble:
            messages.error(request, trouble)
        return redirect("settings_brand_of", blog.pk)
    sample = words_brand_sample.sample(blog, zone=request.actor.zone, now=clock.now())
    context = {**_parts(request, blog), "blog": blog, "sample": sample}
    said = [partials.toast(request, trouble, is_bad=True)] if trouble else []
    return HttpResponse(render_to_string("words/brand_parts.html#sampled", context, request) + partials.draw(said))


def _parts(request: MemberRequest, blog: Blog) -> dict[str, Any]:
    saved = moments.short(clock.now(), zone=request.actor.zone, now=clock.now())
    return _context(request, {"saved": saved, "learnt": words_brand_view.learnt(blog)})


def _context(request: MemberRequest, more: dict[str, Any]) -> dict[str, Any]:
    return {"may_change": request.actor.may(Role.EDITOR), **more}
