"""Who looks at an open page, and what a page's renderer is: the words that live pages and their renderers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID
from zoneinfo import ZoneInfo

from petra.tenancy.models import Role
from petra.web.live.partials import Partial
from petra.webhooks.models import Event


class Answer(Enum):
    """What a renderer gives instead of partials: the page shall fetch itself again and morph its middle."""

    RELOAD = "reload"


@dataclass(frozen=True)
class Viewer:
    """One open page. `query` is its address's query; times are read in `zone`, at `now`."""

    user_id: UUID
    workspace_id: UUID
    role: Role
    zone: ZoneInfo
    page: str
    query: Mapping[str, str]
    now: datetime


Told = Sequence[Partial] | Answer
Renderer = Callable[[Viewer, Sequence[Event]], Told]


# Told again and again while words are being written; nothing but their own pages shows it.
UNDER_WAY = ("post.words_started", "post.words_proposed", "post.words_stopped", "post.words_dropped", "words_run.")


def reloads(*kinds: str) -> Renderer:
    """Make the renderer of a page that fetches itself again when an event's kind begins with one of `kinds`."""

    def render(_viewer: Viewer, events: Sequence[Event]) -> Told:
        told = [event.kind for event in events if not event.kind.startswith(UNDER_WAY)]
        return Answer.RELOAD if any(kind.startswith(kinds) for kind in told) else []

    return render
