"""What the editor needs for its words: the box, the versions, topics, disclosures, and a board that would fit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from petra.accounts.models import Target
from petra.posts import board_choice, composing
from petra.posts.models import Post
from petra.web.pins import publish as pin_publish
from petra.web.pins import rows as pin_rows
from petra.web.words import box as words_view
from petra.web.words import writers as words_writers


def words(
    post: Post, *, zone: ZoneInfo, now: datetime, me: UUID, may_change: bool, may_choose_writer: bool
) -> dict[str, Any]:
    """Read what the words' part of the editor shows. Call inside the workspace's scope."""
    writer = words_writers.writer_of(post.blog, may_change=may_choose_writer)
    return {
        "box": words_view.box(post, zone=zone, now=now),
        "versions": words_view.kept(post, zone=zone, now=now, me=me),
        "quick": words_view.QUICK[:1] if writer.is_offline else words_view.QUICK,
        "writer": writer,
        "settings_url": words_writers.settings_url(None),
        "topics": post.topics,
        "most_topics": composing.MAX_TOPICS,
        "disclosures": [(*each, each[0] in post.ai_disclosures) for each in disclosures_of(post)],
        "suggested": _suggested(post) if may_change and post.target_id is None else None,
    }


def disclosures_of(post: Post) -> Sequence[tuple[str, str]]:
    """List what a pin may say of AI on its network: (value, label)."""
    return pin_publish.powers(post).disclosures


def _suggested(post: Post) -> dict[str, Any] | None:
    """Name the board that fits the words best, where one does."""
    target: Target | None = board_choice.suggest(post)
    if target is None:
        return None
    board = target.parent or target
    return {"board": board.pk, "section": target.pk if target.parent else "", "name": pin_rows.target_words(target)}
