"""One pass over what is due, without a worker: takes turns and uses them here, then says what came of it.

Called by the cron door. Any number of passes may run beside each other and beside workers: a turn is taken once.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connections

from petra.lib import clock
from petra.publishing import finding
from petra.publishing.dispatching import TURN_S
from petra.publishing.finding import Turn
from petra.publishing.models import LIVE_STATES, Delivery, State
from petra.publishing.publish import publish_delivery
from petra.publishing.recovering import recover
from petra.tenancy import scope

log = logging.getLogger(__name__)

_AT_ONCE: Final = 8  # accounts served beside each other
_MOST_S: Final = 25.0  # a proxy in front gives up at 30 or 60 seconds; what is left waits for the next pass


@dataclass(frozen=True)
class Pass:
    """What came of one pass, counted in posts: `processed` is the sum of the others.

    `partial`: out on some of a post's accounts. `skipped`: not out, and nothing failed (held, waiting).
    """

    processed: int = 0
    succeeded: int = 0
    partial: int = 0
    failed: int = 0
    skipped: int = 0


def run_pass(*, limit: int) -> Pass:
    """Publish at most `limit` due deliveries, one of each account at a time. Call outside any transaction."""
    give_up_at = clock.monotonic() + _MOST_S
    for turn in finding.lost_turns(older_s=TURN_S, most=limit):
        recover(turn)
    used: list[Turn] = []
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pass") as threads:
        while len(used) < limit and clock.monotonic() < give_up_at:
            turns = finding.take_turns(most=min(_AT_ONCE, limit - len(used)))
            if not turns:
                break
            list(threads.map(_use, turns))
            used += turns
    return _counted(used)


def _use(turn: Turn) -> None:
    try:
        publish_delivery(workspace_id=turn.workspace_id, delivery_id=turn.delivery_id, taken_at=turn.taken_at)
    except Exception:  # noqa: BLE001  the outermost frame of this thread: one delivery must not end the pass
        log.exception("delivery %s: its turn was broken off; it is taken over later", turn.delivery_id)
    finally:
        connections.close_all()


def _counted(turns: Iterable[Turn]) -> Pass:
    by_workspace: dict[UUID, set[UUID]] = defaultdict(set)
    for turn in turns:
        by_workspace[turn.workspace_id].add(turn.delivery_id)
    words = [word for pair in by_workspace.items() for word in _words_of(*pair)]
    return Pass(
        processed=len(words),
        succeeded=words.count("succeeded"),
        partial=words.count("partial"),
        failed=words.count("failed"),
        skipped=words.count("skipped"),
    )


def _words_of(workspace_id: UUID, delivery_ids: set[UUID]) -> list[str]:
    states: dict[UUID, list[State]] = defaultdict(list)
    with scope.workspace(workspace_id):
        posts = Delivery.objects.filter(pk__in=delivery_ids).values("post_id")
        counted = Delivery.objects.filter(post_id__in=posts, state__in=[*LIVE_STATES, State.PUBLISHED])
        for post_id, state in counted.values_list("post_id", "state"):
            states[post_id].append(State(state))
    return [_word(of_post) for of_post in states.values()]


def _word(states: list[State]) -> str:
    if set(states) == {State.PUBLISHED}:
        return "succeeded"
    if State.PUBLISHED in states:
        return "partial"
    return "failed" if State.FAILED in states else "skipped"
