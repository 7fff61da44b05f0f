"""STOP 2: words as they come in. Keeps what is there so far and tells open pages. Called by `job`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from django.db import DatabaseError, connections

from petra.ai.contract import Words
from petra.lib import clock
from petra.posts.models import Generation, GenerationState
from petra.posts.plain import one_line, plain
from petra.posts.words import versions
from petra.posts.words.access_keys import Opened
from petra.tenancy import scope
from petra.webhooks.announcing import announce_again

log = logging.getLogger(__name__)

_EVERY_S: Final = 0.35


@dataclass(frozen=True)
class Try:
    """One try under way: the proposal as it was taken, with holder and reservation, and who is asked."""

    row: Generation
    opened: Opened

    @property
    def workspace_id(self) -> UUID:
        return self.row.own_workspace_id

    @property
    def holder_id(self) -> UUID:
        """Who is on it: this try, and no other one."""
        return self.row.holder_id or self.row.pk


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
        row, workspace_id = self._taken.row, self._taken.workspace_id
        shown = versions.merged(clean(words), versions.from_plain(row.before), row.fields)
        with scope.workspace(workspace_id, waits_for_disk=False):
            mine = Generation.objects.filter(pk=row.pk, holder_id=row.holder_id, state=GenerationState.RUNNING)
            is_mine = bool(mine.update(title=shown.title, description=shown.description, alt_text=shown.alt_text))
            if is_mine and row.event_id is not None:
                announce_again(workspace_id, row.event_id)
        return is_mine


def clean(words: Words) -> Words:
    """Take out of a model's words what can't be kept: a part of them was checked by nobody."""
    topics = tuple(one_line(topic) for topic in words.topics)
    return Words(plain(words.title), plain(words.description), plain(words.alt_text), topics)
