"""What the settings of AI writing show: the form, how the key does, what this month took, which blog has its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from petra.ai.access import Provider
from petra.ai.contract import Cause
from petra.articles.models import Blog
from petra.lib import ids
from petra.posts.words import access_keys, budget
from petra.posts.words import said as words_said
from petra.posts.words.access_keys import Standing
from petra.posts.words.access_wishes import OFFLINE, Wish
from petra.posts.words.said import Said
from petra.tenancy.models import ROLE_RANK, Role
from petra.web import moments
from petra.web.live.partials import Partial
from petra.web.live.viewer import Told, Viewer
from petra.web.words import box as words_view
from petra.web.words import writers as words_writers
from petra.webhooks.models import Event

_WARN_FROM = 0.8
_TOLD = ("ai.", "post.words_", "words_run.")


def _providers() -> list[tuple[str, str]]:
    named = [(str(each), words_writers.provider_words(each)) for each in Provider]
    return [(OFFLINE, _("Offline writer, no key needed")), *named]


class WriterForm(forms.Form):
    """Who writes and how much. The key is write-only: left empty, the stored one stays."""

    provider = forms.ChoiceField(label=lazy("Provider"), choices=_providers)
    key = forms.CharField(label=lazy("Key"), required=False, max_length=600, strip=True)
    base_url = forms.CharField(label=lazy("Address"), required=False, max_length=500)
    model = forms.CharField(label=lazy("Model"), required=False, max_length=120)
    monthly_usd = forms.DecimalField(
        label=lazy("Dollars a month"), required=False, min_value=0, max_digits=8, decimal_places=2
    )
    monthly_tokens = forms.IntegerField(label=lazy("Tokens a month"), required=False, min_value=0)
    input_usd = forms.DecimalField(
        label=lazy("Dollars per million tokens in"), required=False, min_value=0, max_digits=10, decimal_places=4
    )
    output_usd = forms.DecimalField(
        label=lazy("Dollars per million tokens out"), required=False, min_value=0, max_digits=10, decimal_places=4
    )
    per_minute = forms.IntegerField(label=lazy("Requests a minute"), min_value=1, max_value=10_000, initial=60)
    at_once = forms.IntegerField(label=lazy("At the same time"), min_value=1, max_value=50, initial=5)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hidden = {"autocomplete": "off", "spellcheck": "false"}
        self.fields["key"].widget = forms.PasswordInput(attrs=hidden, render_value=False)
        self.fields["model"].widget = forms.TextInput(attrs={**hidden, "list": "ai-models"})
        self.fields["base_url"].widget = forms.URLInput(attrs={**hidden, "placeholder": "http://localhost:11434/v1"})

    @classmethod
    def of(cls, standing: Standing) -> WriterForm:
        """Fill the form with what is chosen; never with the key."""
        names = [name for name in cls.base_fields if name != "key"]
        return cls(initial={name: getattr(standing, name) for name in names})

    def wish(self) -> Wish:
        """Give what was entered."""
        return Wish(**{**self.cleaned_data, "key": self.cleaned_data["key"] or None})

    def hide_key(self) -> None:
        """Forget what was typed as the key, so that no page repeats it."""
        if self.is_bound:
            self.data = {name: value for name, value in self.data.items() if name != "key"}


@dataclass(frozen=True)
class Meter:
    """What was used of one limit. `most` is 0 where there is none."""

    used: float
    most: float
    words: str
    tone: str


@dataclass(frozen=True)
class Card:
    """How the chosen writer does."""

    name: str
    provider: str
    whose: str
    is_offline: bool
    dot: str
    state: str
    said: Said | None
    failed_at: str
    key: str
    meters: list[Meter]
    average: str


def page(blog: Blog | None, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Read what the page shows beside its form. Call inside the workspace's scope."""
    own = access_keys.own_access(blog)
    return {
        "blog": blog,
        "own": own,
        "card": card(blog, zone=zone, now=now),
        "blogs": [_blog_line(one) for one in Blog.objects.order_by("name")],
        "workspace_url": words_writers.settings_url(None),
        "models": [],
        "acts": {act: _act_url(blog, act) for act in ("test", "models", "forget")},
    }


def _act_url(blog: Blog | None, act: str) -> str:
    if blog is None:
        return reverse("settings_writing_act", args=[act])
    return reverse("settings_writing_of_act", args=[blog.pk, act])


def card(blog: Blog | None, *, zone: ZoneInfo, now: datetime) -> Card:
    """Describe who writes and what this month took."""
    standing, left = access_keys.access_of(blog), budget.left(blog)
    failed = words_said.said(standing.last_error, standing.last_error_detail) if standing.last_error else None
    if failed is None and budget.lacks_price(standing):
        failed = words_said.said(Cause.BUDGET, budget.NO_PRICE)  # told before anybody asks in vain
    state, dot = _state(standing, zone, now)
    key_set = moments.inside(standing.key_set_at, zone=zone, now=now) if standing.key_set_at else ""
    hint = _("ends in …%(hint)s, set %(when)s") if standing.key_hint else _("set %(when)s")
    return Card(
        name=words_writers.model_words(standing),
        provider="" if standing.is_offline else words_writers.provider_words(Provider(standing.provider)),
        whose=_whose(standing, blog),
        is_offline=standing.is_offline,
        dot=dot,
        state=state,
        said=failed,
        failed_at=moments.inside(standing.last_error_at, zone=zone, now=now) if standing.last_error_at else "",
        key=hint % {"hint": standing.key_hint, "when": key_set} if key_set else "",
        meters=[] if standing.is_offline else _meters(left),
        average=_("About %(money)s for each request") % {"money": words_view.money(left.spent_usd / left.asked)}
        if left.asked and left.spent_usd
        else "",
    )


def _whose(standing: Standing, blog: Blog | None) -> str:
    match standing.source:
        case access_keys.BY_BLOG:
            return _("This blog's own")
        case access_keys.BY_OPERATOR:
            return _("Set by who runs this installation")
        case access_keys.BY_WORKSPACE:
            return _("The workspace's") if blog else _("For all blogs without their own")
        case _:
            return _("Nothing was chosen yet")


def _state(standing: Standing, zone: ZoneInfo, now: datetime) -> tuple[str, str]:
    """Say how it does: (words, the dot's tone)."""
    if standing.is_offline:
        return _("Ready"), ""
    if standing.last_error:
        return _("Failed"), "bad"
    if standing.checked_at:
        return _("Answered %(when)s") % {"when": moments.inside(standing.checked_at, zone=zone, now=now)}, ""
    return _("Not tried yet"), "off"


def _meters(left: budget.Left) -> list[Meter]:
    """Show what was spent; the bars hold besides what is held back, since both count against the limit."""
    used_usd, used_tokens = left.spent_usd + left.reserved_usd, left.spent_tokens + left.reserved_tokens
    facts = {"money": words_view.money(left.spent_usd), "tokens": words_view.number(left.spent_tokens)}
    most_usd, most_tokens = left.monthly_usd, left.monthly_tokens
    said_usd = (
        _("%(money)s this month, no limit") % facts
        if most_usd is None
        else _("%(money)s of %(most)s this month") % {**facts, "most": words_view.money(most_usd)}
    )
    if most_usd is not None and left.reserved_usd:
        said_usd += " · " + _("%(n)s held back") % {"n": words_view.money(left.reserved_usd)}
    said_tokens = (
        _("%(tokens)s tokens this month, no limit") % facts
        if most_tokens is None
        else _("%(tokens)s of %(most)s tokens this month") % {**facts, "most": words_view.number(most_tokens)}
    )
    if most_tokens is not None and left.reserved_tokens:
        said_tokens += " · " + _("%(n)s held back") % {"n": words_view.number(left.reserved_tokens)}
    if left.unpriced_tokens:
        unpriced = {"n": words_view.number(left.unpriced_tokens)}
        said_tokens += " · " + _("the price of %(n)s of them is not known") % unpriced
    return [
        _meter(float(used_usd), float(most_usd) if most_usd is not None else None, said_usd),
        _meter(float(used_tokens), float(most_tokens) if most_tokens is not None else None, said_tokens),
    ]


def _meter(used: float, most: float | None, words: str) -> Meter:
    if most is None:
        return Meter(used, 0, words, "")
    tone = "bad" if used >= most else "warn" if used >= most * _WARN_FROM else ""
    return Meter(min(used, most) if most else 1, most or 1, words, tone)


def _blog_line(blog: Blog) -> dict[str, Any]:
    own = access_keys.own_access(blog)
    return {
        "name": blog.name,
        "url": words_writers.settings_url(blog.pk),
        "writer": words_writers.model_words(own) if own else "",
    }


def changes(viewer: Viewer, events: Sequence[Event]) -> Told:
    """Tell the open page what was spent and how the key does."""
    if not any(event.kind.startswith(_TOLD) for event in events):
        return []
    blog = Blog.objects.filter(pk=ids.read_id(viewer.query.get("blog", ""))).first()
    context = {
        "card": card(blog, zone=viewer.zone, now=viewer.now),
        "may_change": ROLE_RANK[viewer.role] >= ROLE_RANK[Role.ADMIN],
    }
    return [Partial("#ai-card-body", render_to_string("words/settings_card.html", context))]
