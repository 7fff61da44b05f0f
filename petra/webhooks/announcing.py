"""The channel on which new events are announced, for live pages."""

from __future__ import annotations

from uuid import UUID

from petra.lib import notify

# The payload is `<workspace id>:<event id>`: ids only, so a listener learns nothing it may not read.
CHANNEL = "petra_events"


def announce_again(workspace_id: UUID, event_id: int) -> None:
    """Announce an event of the past once more, after this transaction: what it is about goes on.

    For progress. Pages draw what it is about as it is now; nothing is added to the history.
    """
    notify.after_commit(CHANNEL, f"{workspace_id}:{event_id}")
