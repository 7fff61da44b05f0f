"""What the brand page shows: the form in its sections, the blogs, what was learnt, and the blog's writer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from petra.articles.models import Blog
from petra.posts.models import BrandProfile
from petra.posts.words import access_keys, brand, budget, examples
from petra.posts.words import said as words_said
from petra.posts.words.access_keys import Standing
from petra.posts.words.budget import Left
from petra.web import moments
from petra.web.pins import rows as pin_rows
from petra.web.words import box as words_view
from petra.web.words import brand_sample as words_brand_sample
from petra.web.words import writers as words_writers
from petra.web.words.brand_form import BrandForm

SECTIONS: dict[str, str | Promise] = {
    "content": lazy("Brand and content"),
    "basics": lazy("Basics"),
    "import": lazy("Import"),
    "look": lazy("Visual style"),
    "instructions": lazy("AI instructions"),
}
MOST_BESIDE = 4  # blogs beside each other; more are a list
_SHOWN_EXAMPLES = 3
_WARN_FROM = Decimal("0.8")


@dataclass(frozen=True)
class WriterCard:
    """Who writes for the blog. `most` is 0 where there is no limit; `said` what keeps it from writing."""

    name: str
    state: str
    dot: str
    cost: str
    limit: str
    used: float
    most: float
    tone: str
    average: str
    said: str
    url: str


def page(blog: Blog, form: BrandForm, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Read what the page shows. Call inside the workspace's scope."""
    saved_at = BrandProfile.objects.filter(blog=blog).values_list("updated_at", flat=True).first()
    blogs = [
        {"id": one.pk, "name": one.name, "url": _url(one.pk), "is_here": one.pk == blog.pk}
        for one in Blog.objects.order_by("name", "pk")
    ]
    return {
        "blog": blog,
        "form": form,
        "sections": {
            key: {"title": title, "fields": {name: form[name] for name in brand.SECTIONS[key]}}
            for key, title in SECTIONS.items()
        },
        "blogs": blogs,
        "others": [one for one in blogs if not one["is_here"]],
        "is_list": len(blogs) > MOST_BESIDE,
        "saved": moments.short(saved_at, zone=zone, now=now) if saved_at else "",
        "learnt": learnt(blog),
        "sample": words_brand_sample.sample(blog, zone=zone, now=now),
        "card": card(blog),
    }


def learnt(blog: Blog) -> dict[str, Any]:
    """Say how many examples are kept, with the pictures of the newest."""
    found = examples.of_blog(blog)
    newest = found.prefetch_related("post__media")[:_SHOWN_EXAMPLES]
    covers = [next(iter(one.post.media.all()), None) for one in newest]
    return {"n": found.count(), "pictures": [pin_rows.picture_url(cover.asset_id) for cover in covers if cover]}


def card(blog: Blog) -> WriterCard:
    """Describe who writes for a blog, and what that took this month."""
    standing, left = access_keys.access_of(blog), budget.left(blog)
    state, dot = _state(standing, left)
    cost, limit, used, most = ("", "", 0.0, 0.0) if standing.is_offline else _spent(left)
    share = Decimal(used) / Decimal(most) if most else Decimal(0)
    return WriterCard(
        name=words_writers.model_words(standing),
        state=state,
        dot=dot,
        cost=cost,
        limit=limit,
        used=min(used, most),
        most=most,
        tone="bad" if share >= 1 else "warn" if share >= _WARN_FROM else "",
        average=_average(left),
        said=words_said.said(standing.last_error).next_step if standing.last_error else "",
        url=words_writers.settings_url(standing.charged_to),
    )


def _url(blog_id: UUID) -> str:
    return reverse("settings_brand_of", args=[blog_id])


def _state(standing: Standing, left: Left) -> tuple[str, str]:
    """Say whose key it is and how it does: (words, the dot's tone)."""
    if standing.is_offline:
        return _("No key needed"), ""
    if standing.last_error:
        return words_said.said(standing.last_error).happened, "bad"
    is_own = standing.source != access_keys.BY_OPERATOR
    facts = {"whose": _("Your own key") if is_own else _("This installation's key")}
    if is_own and standing.key_set_at is None:
        facts = {"whose": _("Your own server")}
    if standing.checked_at or left.written:
        return _("%(whose)s, answering") % facts, ""
    return _("%(whose)s, not tried yet") % facts, "off"


def _spent(left: Left) -> tuple[str, str, float, float]:
    """Give what was spent, its limit in words, and both as numbers; in tokens where those alone are limited.

    What is held back counts against the limit, too.
    """
    usd, tokens = left.spent_usd + left.reserved_usd, left.spent_tokens + left.reserved_tokens
    if left.monthly_usd is None and left.monthly_tokens is not None:
        limit = _("of %(most)s tokens") % {"most": words_view.number(left.monthly_tokens)}
        if left.reserved_tokens:
            limit += ", " + _("%(n)s held back") % {"n": words_view.number(left.reserved_tokens)}
        return words_view.number(left.spent_tokens), limit, float(tokens), float(left.monthly_tokens)
    if left.monthly_usd is None:
        return words_view.money(left.spent_usd), _("no limit"), float(usd), 0.0
    limit = _("of %(most)s limit") % {"most": words_view.money(left.monthly_usd)}
    if left.reserved_usd:
        limit += ", " + _("%(n)s held back") % {"n": words_view.money(left.reserved_usd)}
    return words_view.money(left.spent_usd), limit, float(usd), float(left.monthly_usd)


def _average(left: Left) -> str:
    """Say what a pin takes: "$0.0042, 2.1 s"; in tokens where the price isn't known."""
    if not left.written:
        return ""
    is_priced = left.spent_usd and not left.unpriced_tokens
    tokens = _("%(n)s tokens") % {"n": words_view.number(left.spent_tokens // left.written)}
    cost = words_view.money(left.spent_usd / left.written) if is_priced else tokens
    seconds = formats.number_format(left.took_ms / left.written / 1000, decimal_pos=1)
    return _("%(cost)s, %(seconds)s s") % {"cost": cost, "seconds": seconds}
