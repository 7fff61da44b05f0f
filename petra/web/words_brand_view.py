"""What the brand page shows: the form in its sections, and the pin that is written as a sample."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from petra.articles.models import Blog, Rhythm
from petra.networks.registry import NETWORKS
from petra.posts import brand
from petra.posts.models import BrandProfile, Post
from petra.web import languages, moments, pin_rows, words_view, words_writers

_LONG = {"rows": 2, "maxlength": brand.MAX_TEXT}
SECTIONS: dict[str, tuple[str | Promise, str | Promise]] = {
    "basics": (lazy("Basics"), ""),
    "import": (lazy("Import"), lazy("Feeds and sitemaps are found by Petra itself.")),
    "content": (lazy("Brand and content"), lazy("What the AI reads before it writes.")),
    "look": (lazy("Visual style"), ""),
    "instructions": (lazy("AI instructions"), ""),
}


def _text(label: Any, hint: Any = "") -> forms.CharField:  # lazy texts have a type of their own in the stubs
    widget = forms.Textarea(attrs=dict(_LONG))
    return forms.CharField(label=label, help_text=hint, required=False, max_length=brand.MAX_TEXT, widget=widget)


def _languages() -> list[tuple[str, str]]:
    return [("", _("As each article says")), *languages.choices()]


def disclosures() -> list[tuple[str, str]]:
    """List what networks let a post say of AI."""
    return [each for network in NETWORKS.values() for each in network.powers.disclosures]


class BrandForm(forms.Form):
    """The 16 fields, and what new pins say of AI. A blog is known by its address: it is shown, not changed."""

    name = forms.CharField(label=lazy("Name"), max_length=120)
    address = forms.CharField(label=lazy("Address"), required=False, disabled=True)
    language = forms.ChoiceField(label=lazy("Language"), required=False, choices=_languages)
    rhythm = forms.ChoiceField(label=lazy("New articles"), choices=Rhythm.choices)
    about = _text(lazy("In one sentence"), lazy("What the blog is about."))
    audience = _text(lazy("Who reads it"))
    voice = _text(lazy("Voice"), lazy("Calm or excited, plain or playful, you or we."))
    keywords = _text(lazy("Words we like"), lazy("One on each line, or divided by commas."))
    banned_words = _text(lazy("Never write"), lazy("Taken out of every answer. One on each line."))
    look = _text(lazy("How pictures look"))
    colours = _text(lazy("Colours"))
    title_rules = _text(lazy("For titles"))
    description_rules = _text(lazy("For descriptions"))
    alt_text_opening = _text(lazy("Alt text begins with"), lazy("In the blog's language: “Picture of”."))
    call_to_action = _text(lazy("Call to action"), lazy("How a description may end."))
    instructions = _text(lazy("Anything else"))
    disclosures = forms.MultipleChoiceField(
        label=lazy("New pins say"),
        required=False,
        choices=disclosures,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "check"}),
    )

    @classmethod
    def of(cls, blog: Blog) -> BrandForm:
        """Fill the form with what is known of a blog."""
        profile = brand.profile_of(blog)
        facts: dict[str, Any] = {name: getattr(blog, name) for name in ("name", "address", "language", "rhythm")}
        facts |= {name: getattr(profile, name) for name in brand.TEXTS}
        facts |= {name: "\n".join(getattr(profile, name)) for name in brand.LISTS}
        return cls(initial={**facts, "disclosures": profile.ai_disclosures})


def entries(text: str) -> list[str]:
    """Read a list as people write it: a line or a comma ends an entry."""
    return [part.strip() for line in text.splitlines() for part in line.split(",") if part.strip()]


def page(blog: Blog, form: BrandForm, sample: Post | None, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Read what the page shows. Call inside the workspace's scope."""
    saved_at = BrandProfile.objects.filter(blog=blog).values_list("updated_at", flat=True).first()
    media = next(iter(sample.media.all()), None) if sample else None
    return {
        "blog": blog,
        "form": form,
        "sections": [
            {"key": key, "title": title, "note": note, "fields": [form[name] for name in brand.SECTIONS[key]]}
            for key, (title, note) in SECTIONS.items()
        ],
        "blogs": [
            {"name": one.name, "url": reverse("settings_brand_of", args=[one.pk]), "is_here": one.pk == blog.pk}
            for one in Blog.objects.order_by("name")
        ],
        "saved": moments.moment(saved_at, zone=zone, now=now) if saved_at else "",
        "post": sample,
        "sample_title": pin_rows.pin_title(sample) if sample else "",
        "sample_picture": pin_rows.picture_url(media.asset_id if media else None),
        "box": words_view.box(sample, zone=zone, now=now) if sample else None,
        "writer": words_writers.model_of(blog),
        "settings_url": words_writers.settings_url(None),
    }


def sample_pin(blog: Blog) -> Post | None:
    """Choose the pin on which the brand is tried: the newest of an article that is not planned yet, else the newest."""
    found = Post.objects.complete().filter(blog=blog, article__isnull=False).order_by("-created_at", "-pk")
    sample: Post | None = found.filter(deliveries__isnull=True).first() or found.first()
    return sample
