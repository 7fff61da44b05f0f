"""Two versions of a pin's words beside each other, and what taking the old one back would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils.translation import gettext as _

from petra.posts.models import Generation, Post
from petra.posts.words import versions
from petra.web import text_marks
from petra.web.text_marks import Marks
from petra.web.words import box as words_view
from petra.web.words.box import Version


@dataclass(frozen=True)
class Pair:
    """One field of both. `text` where they are the same."""

    name: str
    label: str
    is_same: bool
    text: str
    left: Marks
    right: Marks
    inline: Marks
    words: str


@dataclass(frozen=True)
class Compared:
    """The old version, the one in use, and what restoring says it will do."""

    old: Version
    new: Version
    fields: list[Pair]
    says: str


def compared(post: Post, version_id: UUID, *, zone: ZoneInfo, now: datetime, me: UUID) -> Compared:
    """Compare a kept version with what the pin says. Raises Http404 for one that is no longer kept."""
    shown = words_view.kept(post, zone=zone, now=now, me=me)
    old = next((one for one in shown if one.id == version_id), None)
    if old is None:
        raise Http404
    row = Generation.objects.get(pk=version_id)
    return Compared(
        old=old,
        new=shown[0],
        fields=[_pair(row, post, name) for name in versions.ALL_WORDS if getattr(row, name) or getattr(post, name)],
        says=_says(old, shown),
    )


def _pair(row: Generation, post: Post, name: str) -> Pair:
    before, after = words_view.as_text(getattr(row, name)), words_view.as_text(getattr(post, name))
    left, right = text_marks.sides(before, after)
    return Pair(
        name=name,
        label=str(words_view.LABELS[name]),
        is_same=before == after,
        text=after,
        left=left,
        right=right,
        inline=text_marks.marks(before, after),
        words=words_view.lengths(before, after),
    )


def _says(old: Version, shown: list[Version]) -> str:
    facts = {"old": old.number, "new": shown[0].number + 1, "dropped": shown[-1].number}
    if len(shown) < versions.KEPT_VERSIONS:
        return _("Restoring copies version %(old)d into a new version %(new)d.") % facts
    return (
        _("Restoring copies version %(old)d into a new version %(new)d. Version %(dropped)d will be dropped.") % facts
    )
