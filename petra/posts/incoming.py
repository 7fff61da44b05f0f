"""STOP 2: words as they come in. Keeps what is there so far and tells open pages. Called by `writing_job`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from django.db import DatabaseError, connections

from petra.ai.contract import Words
from petra.lib import clock
from petra.posts import versions
from petra.posts.access_keys import Opened
from petra.posts.models import Generation, GenerationState
from petra.posts.plain import one_line, plain
from petra.tenancy import scope
from petra.webhooks.announcing import announce_again

log = logging.getLogger(__name__)

_EVERY_S: Final = 0.35


@dataclass(frozen=True)
class Try:
    """One try under way."""

    workspace_id: UUID
    generation_id: UUID
    holder_id: UUID
    opened: Opened
    event_id: int | None
    fields: frozenset[str]
    before: Words


class Incoming:
    """Keeps what has come so far and tells open pages, three times a second at most. False once it is stopped."""

    def __init__(self, taken: Try) -> None:
        self._taken = taken
        self._said_at = -_EVERY_S

    def __call__(self, words: Words) -> bool:
        now = clock.monotonic()
        if now - self._said_at < _EVERY_S:
            return True
        self._said_at = now
        try:
            return self._keep(words)
        except (DatabaseError, psycopg.Error) as error:  # the words may still come whole
            log.warning("a part of the words was not shown: %s", type(error).__name__)
            connections.close_all()
            return True

    def _keep(self, words: Words) -> bool:
        taken = self._taken
        shown = versions.merged(clean(words), taken.before, taken.fields)
        with scope.workspace(taken.workspace_id, waits_for_disk=False):
            mine = Generation.objects.filter(
                pk=taken.generation_id, holder_id=taken.holder_id, state=GenerationState.RUNNING
            )
            is_mine = bool(mine.update(title=shown.title, description=shown.description, alt_text=shown.alt_text))
            if is_mine and taken.event_id is not None:
                announce_again(taken.workspace_id, taken.event_id)
        return is_mine


def clean(words: Words) -> Words:
    """Take out of a model's words what can't be kept: a part of them was checked by nobody."""
    topics = tuple(one_line(topic) for topic in words.topics)
    return Words(plain(words.title), plain(words.description), plain(words.alt_text), topics)
