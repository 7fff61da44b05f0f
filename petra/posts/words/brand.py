"""STOP 2, the voice: how a blog wants to sound, as pages edit it and as a writer gets it. Called inside a scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from petra.ai.contract import Brand, Tone
from petra.articles.models import Blog
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import BrandProfile
from petra.posts.plain import one_line, plain
from petra.posts.words import examples
from petra.webhooks import events

# The 16 fields in their 5 sections. Those of BASICS and IMPORT are the Blog's own, changed with the blog.
SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "basics": ("name", "address", "language"),
    "import": ("rhythm",),
    "content": ("about", "audience", "voice", "keywords", "banned_words"),
    "look": ("look", "colours"),
    "instructions": ("title_rules", "description_rules", "alt_text_opening", "call_to_action", "instructions"),
}
TEXTS: Final = tuple(
    name for part in ("content", "look", "instructions") for name in SECTIONS[part]
    if name not in ("keywords", "banned_words")
)  # fmt: skip
LISTS: Final = ("keywords", "banned_words")
TONES: Final = ("playful", "detailed", "warm")
STEPS: Final = range(-2, 3)  # of a tone; the middle says nothing
MAX_TEXT: Final = 2_000
MAX_ENTRY: Final = 80
MAX_ENTRIES: Final = 100


class BadProfile(ProductError):
    """A field is too long to be of use to a writer."""

    def __init__(self, for_person: str) -> None:
        super().__init__("bad-profile", for_person)


def profile_of(blog: Blog) -> BrandProfile:
    """Give a blog's profile; an empty one, not saved, where nobody wrote one."""
    found: BrandProfile | None = BrandProfile.objects.filter(blog=blog).first()
    return found or BrandProfile(blog=blog)


def save(
    blog: Blog,
    *,
    texts: Mapping[str, str] | None = None,
    lists: Mapping[str, Sequence[str]] | None = None,
    tone: Tone | None = None,
    has_emoji: bool | None = None,
    is_learning: bool | None = None,
    ai_disclosures: Sequence[str] | None = None,
) -> BrandProfile:
    """Change what is named, leave the rest. `texts` are of TEXTS, `lists` of LISTS. Raises BadProfile.

    Without `is_learning`, what was kept of a person's edits is deleted.
    """
    values: dict[str, object] = {}
    for name, text in (texts or {}).items():
        if name not in TEXTS:
            raise ValueError(name)
        values[name] = _text(text)
    for name, entries in (lists or {}).items():
        if name not in LISTS:
            raise ValueError(name)
        values[name] = _entries(entries)
    if tone is not None:
        values |= _steps(tone)
    if ai_disclosures is not None:
        values["ai_disclosures"] = [one_line(kind)[:60] for kind in ai_disclosures][:10]
    values |= {"has_emoji": has_emoji} if has_emoji is not None else {}
    values |= {"is_learning": is_learning} if is_learning is not None else {}
    return _put(blog, values)


def copy(blog: Blog, to: Blog) -> BrandProfile:
    """Give another blog the same voice: all but what the Blog itself has, and whether it learns. Raises BadProfile."""
    if blog.pk == to.pk:
        raise BadProfile("Choose another blog.")
    here = profile_of(blog)
    names = (*TEXTS, *LISTS, *TONES, "has_emoji", "ai_disclosures")
    return _put(to, {name: getattr(here, name) for name in names})


def _put(blog: Blog, values: dict[str, object]) -> BrandProfile:
    """Write what differs, and tell of it; what is saved again as it was is no change."""
    here: BrandProfile | None = BrandProfile.objects.select_for_update().filter(blog=blog).first()
    before = here or BrandProfile(blog=blog)
    differs = {name: value for name, value in values.items() if getattr(before, name) != value}
    if differs:
        now = clock.now()
        here, _ = BrandProfile.objects.update_or_create(blog=blog, defaults={**differs, "updated_at": now})
        events.record("blog.brand_changed", subject=blog, fields=sorted(differs), changed_at=now.isoformat())
    if here is not None and not here.is_learning:
        examples.forget(blog)
    return here or before


def as_brand(blog: Blog | None, *, brief: str = "") -> Brand:
    """Give what a writer is told of a blog. `brief` is a wish for this once, beside the blog's own instructions."""
    if blog is None:
        return Brand(instructions=brief)
    profile = profile_of(blog)
    return Brand(
        name=blog.name,
        about=profile.about,
        audience=profile.audience,
        voice=profile.voice,
        keywords=tuple(profile.keywords),
        banned_words=tuple(profile.banned_words),
        look=profile.look,
        colours=profile.colours,
        title_rules=profile.title_rules,
        description_rules=profile.description_rules,
        alt_text_opening=profile.alt_text_opening,
        call_to_action=profile.call_to_action,
        instructions="\n".join(filter(None, (profile.instructions, brief))),
        tone=Tone(profile.playful, profile.detailed, profile.warm),
        has_emoji=profile.has_emoji,
    )


def default_disclosures(blog: Blog | None) -> list[str]:
    """Say what new pins of a blog disclose of AI."""
    return list(profile_of(blog).ai_disclosures) if blog is not None else []


def _text(text: str) -> str:
    kept = plain(text)
    if len(kept) > MAX_TEXT:
        raise BadProfile(f"This text has {len(kept):,} characters. At most {MAX_TEXT:,} are of use to a writer.")
    return kept


def _steps(tone: Tone) -> dict[str, int]:
    steps = {name: getattr(tone, name) for name in TONES}
    if not all(step in STEPS for step in steps.values()):
        raise BadProfile("A tone has five steps.")
    return steps


def _entries(entries: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(filter(None, (one_line(one) for one in entries))))
    if len(found) > MAX_ENTRIES:
        raise BadProfile(f"These are {len(found)} entries. At most {MAX_ENTRIES} are of use to a writer.")
    if too_long := [one for one in found if len(one) > MAX_ENTRY]:
        raise BadProfile(f"“{too_long[0][:30]}…” is too long: at most {MAX_ENTRY} characters.")
    return found
