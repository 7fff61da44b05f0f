"""What the pin editor shows of its words: the box where they are asked for, what is proposed, and the versions kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from petra.ai.contract import FIELDS
from petra.posts.models import Generation, GenerationKind, GenerationState, Post
from petra.posts.words import said as words_said
from petra.posts.words import versions, writing
from petra.posts.words.said import Said
from petra.tenancy.models import User
from petra.web import moments, text_marks
from petra.web.text_marks import Marks
from petra.web.words import writers as words_writers

OFFLINE = "offline"
LABELS: dict[str, str | Promise] = {
    "title": lazy("Title"),
    "description": lazy("Description"),
    "alt_text": lazy("Alt text"),
    "topics": lazy("Topics"),
}
# What one press on a chip asks for: (value, label, the sentence the writer gets).
QUICK: tuple[tuple[str, str | Promise, str | Promise], ...] = (
    ("shorter", lazy("Shorter"), lazy("Make it shorter.")),
    ("warmer", lazy("Warmer"), lazy("Make it warmer.")),
    ("keywords", lazy("More keywords"), lazy("Use more of the words people search for.")),
    ("plainer", lazy("Plainer"), lazy("Less hype. Use plain words.")),
)
OPEN = (GenerationState.RUNNING, GenerationState.PROPOSED)
UNDONE = (GenerationState.FAILED, GenerationState.STOPPED)


@dataclass(frozen=True)
class FieldShown:
    """One field of a proposal: the text so far, and how it differs from what the pin says."""

    name: str
    label: str
    text: str
    marks: Marks
    is_same: bool
    words: str  # "39 characters, before 51"


@dataclass(frozen=True)
class Box:
    """Where words are asked for. `state` is "", or that of the newest proposal that is not a version."""

    state: str = ""
    id: UUID | None = None
    fields: list[FieldShown] = field(default_factory=list)
    ticked: tuple[str, ...] = FIELDS
    feedback: str = ""
    writer: str = ""
    waits: str = ""
    cost: str = ""
    said: Said | None = None
    has_words: bool = False

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Give what can be ticked: (name, label, whether it is)."""
        return [(name, str(LABELS[name]), name in self.ticked) for name in FIELDS]

    @property
    def acts(self) -> list[tuple[str, str, str, str]]:
        """Give what can be done to a suggestion: (act, label, look, icon)."""
        return [
            ("drop", _("Drop it"), "quiet", "x"),
            ("again", _("Again"), "", "rotate"),
            ("use", _("Use this"), "primary", "check"),
        ]


@dataclass(frozen=True)
class Version:
    """One kept version. `drops` is the number of the one that a restore pushes out, 0 for none."""

    id: UUID
    number: int
    is_used: bool
    name: str
    note: str
    when: str
    cost: str
    url: str


def box(post: Post, *, zone: ZoneInfo, now: datetime) -> Box:
    """Describe the box of a pin."""
    has_words = any(getattr(post, name).strip() for name in FIELDS)
    # Whoever edits the pin meanwhile makes a version; what is open stays open.
    found = Generation.objects.filter(post=post, state__in=OPEN).first() or writing.current(post)
    if found is None or found.state not in (*OPEN, *UNDONE):
        return Box(has_words=has_words)
    return Box(
        state=found.state,
        id=found.pk,
        fields=[_field(found, post, name) for name in shown_fields(found)] if found.state in OPEN else [],
        ticked=tuple(name for name in FIELDS if name in found.fields) or FIELDS,
        feedback=found.feedback if found.state != GenerationState.PROPOSED else "",
        writer=writer_words(found.writer or words_writers.model_of(post.blog)),
        waits=_waits(found, zone, now) if found.state == GenerationState.RUNNING else "",
        cost=cost_words(found),
        said=words_said.said(found.error, found.error_detail) if found.state == GenerationState.FAILED else None,
        has_words=has_words,
    )


def shown_fields(generation: Generation) -> list[str]:
    """Name what using it would change, in the page's order. Topics come with a whole proposal."""
    fields = writing.proposed_fields(generation)
    return [name for name in versions.ALL_WORDS if name in fields]


def _field(generation: Generation, post: Post, name: str) -> FieldShown:
    now, after = as_text(getattr(post, name)), as_text(getattr(generation, name))
    return FieldShown(
        name=name,
        label=str(LABELS[name]),
        text=after,
        marks=text_marks.marks(now, after) if generation.state == GenerationState.PROPOSED else [],
        is_same=now == after,
        words=lengths(now, after),
    )


def as_text(value: str | list[str]) -> str:
    """Give a field as one text; topics stand beside each other."""
    return value if isinstance(value, str) else ", ".join(str(each) for each in value)


def lengths(before: str, after: str) -> str:
    """Say how long a text was and is."""
    return _("%(before)d → %(after)d") % {"before": len(before), "after": len(after)}


def _waits(generation: Generation, zone: ZoneInfo, now: datetime) -> str:
    """Say why nothing comes yet, where that is known."""
    if generation.holder_id is None and generation.next_at and generation.next_at > now and generation.tries:
        when = moments.inside(generation.next_at, zone=zone, now=now)
        return _("The provider did not answer. Try %(n)d at %(when)s.") % {"n": generation.tries + 1, "when": when}
    has_come = generation.title or generation.description or generation.alt_text
    return "" if has_come else _("Waiting for the first words…")


def writer_words(name: str) -> str:
    """Name who wrote."""
    return _("Offline writer") if name == OFFLINE else name


def money(amount: Decimal) -> str:
    """Say an amount of dollars: "$3.18"; below a cent with the two figures that count, "$0.0042"."""
    if amount == 0 or amount >= Decimal("0.01"):
        return f"${amount:,.2f}"
    places = 1 - amount.adjusted()
    return f"${amount:.{places}f}"


def number(count: int) -> str:
    """Say a count, its thousands apart: "12,345"."""
    return str(formats.number_format(count, force_grouping=True))


def cost_words(generation: Generation) -> str:
    """Say what a proposal took; empty where a person or the offline writer made it."""
    tokens = generation.input_tokens + generation.output_tokens
    if not tokens:
        return ""
    said = ngettext("%(n)s token", "%(n)s tokens", tokens) % {"n": f"{tokens:,}"}
    if generation.cost_usd is None:
        return _("%(tokens)s, price not known") % {"tokens": said}
    about = _("about %(money)s") if generation.is_estimated else "%(money)s"
    return _("%(cost)s, %(tokens)s") % {"cost": about % {"money": money(generation.cost_usd)}, "tokens": said}


def kept(post: Post, *, zone: ZoneInfo, now: datetime, me: UUID | None = None) -> list[Version]:
    """Describe the versions of a pin, the newest first."""
    found = versions.history(post)
    people = {user.pk: user for user in User.objects.filter(pk__in={g.actor_id for g in found if g.actor_id})}
    return [_version(g, at == 0, people, me, zone, now) for at, g in enumerate(found)]


def _version(
    generation: Generation,
    is_used: bool,
    people: dict[UUID, User],
    me: UUID | None,
    zone: ZoneInfo,
    now: datetime,
) -> Version:
    person = people.get(generation.actor_id) if generation.actor_id else None
    who = _("you") if person and person.pk == me else (person.get_full_name() or person.email) if person else ""
    return Version(
        id=generation.pk,
        number=generation.number or 0,
        is_used=is_used,
        name=_name(generation, who),
        note=_note(generation),
        when=moments.short(generation.finished_at or generation.created_at, zone=zone, now=now),
        cost=cost_words(generation),
        url=reverse("pin_version", args=[generation.post_id, generation.pk]),
    )


def _name(generation: Generation, who: str) -> str:
    match generation.kind:
        case GenerationKind.HAND:
            return _("Edited by %(who)s") % {"who": who} if who else _("Edited by hand")
        case GenerationKind.RESTORE:
            return _("Restored by %(who)s") % {"who": who} if who else _("Restored")
        case _:
            return _("By %(writer)s") % {"writer": writer_words(generation.writer)}


def _note(generation: Generation) -> str:
    """Say what was asked, or which fields it changed."""
    if generation.feedback:
        return _("“%(words)s”") % {"words": generation.feedback}
    if generation.kind == GenerationKind.WRITE:
        return _("From the article")
    labels = [str(LABELS[name]) for name in versions.ALL_WORDS if name in generation.fields]
    return ", ".join(labels)
