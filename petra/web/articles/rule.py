"""The rule of a blog: what becomes of its new articles by itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from petra.accounts.models import Target
from petra.articles import ruling
from petra.articles.models import Blog
from petra.lib.errors import ProductError
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import targets
from petra.web.shell import show

OFF, DRAFT, PLAN = "off", "draft", "plan"


@dataclass(frozen=True)
class Way:
    """One thing that may become of new articles."""

    key: str
    label: str
    hint: str
    is_on: bool


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.EDITOR)
def blog_rule(request: MemberRequest, blog_id: UUID) -> HttpResponse:
    """Show the rule of a blog, and change it."""
    blog = access.get(Blog, blog_id)
    if request.method != "POST":
        return _page(request, blog)
    try:
        rule = _asked(request)
        ruling.set_rule(blog, rule, actor_id=request.actor.user.pk)
    except ProductError as error:
        messages.error(request, error.for_person)
        return redirect("blog_rule", blog_id)
    messages.success(request, said(blog))
    return redirect("articles")


def said(blog: Blog) -> str:
    """Say a blog's rule in one sentence."""
    rule = ruling.rule_of(blog)
    if rule is None:
        return _("New articles make no pins by themselves.")
    words = ngettext(
        "Each new article makes %(n)d pin, which you approve.",
        "Each new article makes %(n)d pins, which you approve.",
        rule.pins,
    )
    if rule.is_planned:
        words = ngettext(
            "Each new article makes %(n)d pin in the next free slots.",
            "Each new article makes %(n)d pins in the next free slots.",
            rule.pins,
        )
    return words % {"n": rule.pins}


def _page(request: MemberRequest, blog: Blog) -> HttpResponse:
    rule = ruling.rule_of(blog)
    way = OFF if rule is None else PLAN if rule.is_planned else DRAFT
    shown = rule or ruling.Rule()
    context = {
        "blog": blog,
        "ways": [
            Way(OFF, _("Nothing"), _("You make pins of the articles you choose."), way == OFF),
            Way(DRAFT, _("Pins to approve"), _("They wait as drafts until you schedule them."), way == DRAFT),
            Way(PLAN, _("Pins on the calendar"), _("They take the next free slots by themselves."), way == PLAN),
        ],
        "counts": [(number, number == shown.pins) for number in range(1, ruling.MOST_PINS + 1)],
        "groups": targets.choices(),
        "chosen": list(shown.target_ids),
        "is_before_first": ruling.is_before_first(blog),
        "has_first": shown.has_first,
        "most": ruling.MOST_AT_ONCE,
    }
    return show(request, "blog_rule.html", context, here="articles")


def _asked(request: MemberRequest) -> ruling.Rule | None:
    way, pins = request.POST.get("way", ""), request.POST.get("pins", "1")
    if way not in (OFF, DRAFT, PLAN):
        raise ProductError("bad-rule", _("Choose what becomes of new articles."))
    if way == OFF:
        return None
    return ruling.Rule(
        pins=int(pins) if pins.isdecimal() and len(pins) <= 2 else 0,  # noqa: PLR2004 - no more digits than it may have
        target_ids=[access.get(Target, one).pk for one in dict.fromkeys(request.POST.getlist("target"))],
        is_planned=way == PLAN,
        has_first=request.POST.get("first") == "on",
    )
