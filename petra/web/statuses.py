"""How each status looks and reads: one icon, one word, one colour, everywhere.

Colours are the `st-…` classes of tokens.css. Pure; pages map the stages' states to these.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class StatusKey(StrEnum):
    """The eight looks a pin or article can have."""

    DRAFT = "draft"
    READY = "ready"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"
    ATTENTION = "attention"
    PAUSED = "paused"


@dataclass(frozen=True)
class Status:
    """A look with its word. `icon` names a symbol of the sprite."""

    key: StatusKey
    word: str | Promise
    icon: str
    is_turning: bool = False


STATUSES: dict[StatusKey, Status] = {
    StatusKey.DRAFT: Status(StatusKey.DRAFT, _("Draft"), "circle-dashed"),
    StatusKey.READY: Status(StatusKey.READY, _("Ready"), "circle-dot"),
    StatusKey.SCHEDULED: Status(StatusKey.SCHEDULED, _("Scheduled"), "clock"),
    StatusKey.PUBLISHING: Status(StatusKey.PUBLISHING, _("Publishing"), "loader-2", is_turning=True),
    StatusKey.PUBLISHED: Status(StatusKey.PUBLISHED, _("Published"), "circle-check-f"),
    StatusKey.FAILED: Status(StatusKey.FAILED, _("Failed"), "alert-triangle-f"),
    StatusKey.ATTENTION: Status(StatusKey.ATTENTION, _("Needs you"), "alert-circle-f"),
    StatusKey.PAUSED: Status(StatusKey.PAUSED, _("Paused"), "player-pause-f"),
}


def status(key: StatusKey, word: str | Promise = "") -> Status:
    """Give the look of `key`, with another word if one is given ("Read", "2 of 3")."""
    found = STATUSES[key]
    return Status(found.key, word, found.icon, found.is_turning) if word else found
