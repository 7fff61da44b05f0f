"""The form of the brand page: 16 fields in 5 sections, and beside them tone, emoji, learning and the marks of AI."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from petra.ai.contract import Tone
from petra.articles.models import Blog, Rhythm
from petra.networks.registry import NETWORKS
from petra.posts.words import brand
from petra.web import languages

_LONG = {"rows": 2, "maxlength": brand.MAX_TEXT}
NO_EMOJI, SOME_EMOJI = "none", "few"
# Of each tone: its two ends, and what its five steps are called.
TONES: dict[str, tuple[tuple[str | Promise, str | Promise], tuple[str | Promise, ...]]] = {
    "playful": (
        (lazy("Plain"), lazy("Playful")),
        (lazy("plain"), lazy("rather plain"), lazy("in between"), lazy("a little playful"), lazy("playful")),
    ),
    "detailed": (
        (lazy("Brief"), lazy("Detailed")),
        (lazy("brief"), lazy("rather brief"), lazy("in between"), lazy("a little detailed"), lazy("detailed")),
    ),
    "warm": (
        (lazy("Neutral"), lazy("Warm")),
        (lazy("neutral"), lazy("rather neutral"), lazy("in between"), lazy("a little warm"), lazy("warm")),
    ),
}


class _Range(forms.NumberInput):
    """A slider. static/js/brand.js tells a screen reader the step in words."""

    input_type = "range"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        steps = "|".join(map(str, TONES[name][1]))
        return super().get_context(name, value, {**(attrs or {}), "data-steps": steps})


class _Words(forms.Textarea):
    """A word or phrase on each line. static/js/brand.js makes chips of them."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, {**(attrs or {}), "data-removes": _("Remove {word}")})


class _Text(forms.CharField):
    """A text of several lines, whose ends count as the one character a browser counts."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


def _text(label: Any, hint: Any = "") -> forms.CharField:  # lazy texts have a type of their own in the stubs
    widget = forms.Textarea(attrs=dict(_LONG))
    return _Text(label=label, help_text=hint, required=False, max_length=brand.MAX_TEXT, widget=widget)


def _list(label: Any, hint: Any) -> forms.CharField:
    most = brand.MAX_ENTRIES * (brand.MAX_ENTRY + 2)
    return forms.CharField(
        label=label, help_text=hint, required=False, max_length=most, widget=_Words(attrs={"rows": 2})
    )


def _step(label: Any) -> forms.IntegerField:
    first, last = brand.STEPS[0], brand.STEPS[-1]
    widget = _Range(attrs={"class": "range"})
    return forms.IntegerField(label=label, required=False, initial=0, min_value=first, max_value=last, widget=widget)


def _languages() -> list[tuple[str, str]]:
    return [("", _("As each article says")), *languages.choices()]


def disclosures() -> list[tuple[str, str]]:
    """List what networks let a post say of AI."""
    return [each for network in NETWORKS.values() for each in network.powers.disclosures]


class BrandForm(forms.Form):
    """All that is said of a blog's voice. A blog is known by its address: it is shown, not changed."""

    name = forms.CharField(label=lazy("Name"), max_length=120)
    address = forms.CharField(label=lazy("Address"), required=False, disabled=True)
    language = forms.ChoiceField(label=lazy("Language"), required=False, choices=_languages)
    rhythm = forms.ChoiceField(label=lazy("New articles"), choices=Rhythm.choices)
    about = _text(lazy("In one sentence"), lazy("What the blog is about."))
    audience = _text(lazy("Who reads it"))
    voice = _text(lazy("Voice"), lazy("How it speaks: you or we, short words, never breathless."))
    playful = _step(lazy("Plain or playful"))
    detailed = _step(lazy("Brief or detailed"))
    warm = _step(lazy("Neutral or warm"))
    keywords = _list(lazy("Words we like"), lazy("Enter or a comma ends each."))
    banned_words = _list(lazy("Never write"), lazy("Taken out of every answer."))
    emoji = forms.ChoiceField(
        label=lazy("Emoji and hashtags"),
        required=False,
        choices=[(NO_EMOJI, lazy("None")), (SOME_EMOJI, lazy("A few"))],
        widget=forms.RadioSelect,
    )
    is_learning = forms.BooleanField(
        label=lazy("Learn from pins you edited"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "switch", "role": "switch"}),
    )
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
        facts |= {name: getattr(profile, name) for name in (*brand.TEXTS, *brand.TONES, "is_learning")}
        facts |= {name: "\n".join(getattr(profile, name)) for name in brand.LISTS}
        facts |= {"emoji": SOME_EMOJI if profile.has_emoji else NO_EMOJI}
        return cls(initial={**facts, "disclosures": profile.ai_disclosures})

    def save(self, blog: Blog) -> None:
        """Write what was entered but what the Blog itself has. Raises BadProfile."""
        facts = self.cleaned_data
        brand.save(
            blog,
            texts={name: facts[name] for name in brand.TEXTS},
            lists={name: _entries(facts[name]) for name in brand.LISTS},
            tone=Tone(**{name: facts[name] or 0 for name in brand.TONES}),
            has_emoji=facts["emoji"] == SOME_EMOJI,
            is_learning=facts["is_learning"],
            ai_disclosures=facts["disclosures"],
        )

    @property
    def tones(self) -> list[dict[str, Any]]:
        """Give the sliders as the page draws them."""
        return [{"field": self[name], "low": low, "high": high} for name, ((low, high), _steps) in TONES.items()]

    @property
    def lists(self) -> list[forms.BoundField]:
        """Give the two lists of words."""
        return [self[name] for name in brand.LISTS]

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """Give what was refused: (field, why)."""
        named = [(str(self[name].label), errors) for name, errors in self.errors.items() if name in self.fields]
        return [(label, str(error)) for label, errors in [*named, ("", self.non_field_errors())] for error in errors]


def _entries(text: str) -> list[str]:
    """Read a list as people write it: a line or a comma ends an entry."""
    return [part.strip() for line in text.splitlines() for part in line.split(",") if part.strip()]
