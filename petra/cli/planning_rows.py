"""The rows behind `petra plan` and `petra publish`. Import it only after Django is set up; call inside a scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from petra.accounts.models import Account, Target
from petra.cli import acting
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Post, WordsState
from petra.publishing import scheduling, slots
from petra.publishing.models import LIVE_STATES, Delivery, State

_SETTLED = frozenset({State.PUBLISHED, State.FAILED, State.HELD, State.UNCONFIRMED, State.CANCELLED})


def read_time(text: str, *, zone: ZoneInfo) -> datetime:
    """Read a time in ISO form; without an offset it is wall-clock time in `zone`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ProductError("no_time", f"{text} is not a time: write it like 2026-12-24T09:30.") from None
    return moment if moment.tzinfo else slots.instant(moment.date(), moment.time(), zone)


def posts(ids: Sequence[str]) -> list[Post]:
    """Find posts by id, in the given order."""
    wanted = [acting.as_id(text, what="post") for text in ids]
    found = {post.pk: post for post in Post.objects.filter(pk__in=wanted, removed_at=None)}
    for post_id in wanted:
        if post_id not in found:
            raise ProductError("not_found", f"There is no post {post_id} here.", http_status=404)
    return [found[post_id] for post_id in wanted]


def ready_posts(account: Account) -> list[Post]:
    """List the ready posts that are neither planned nor published on the account, the oldest first."""
    there = Delivery.objects.filter(account=account, state__in=[*LIVE_STATES, State.PUBLISHED]).values("post_id")
    ready = Post.objects.filter(words_state=WordsState.READY, removed_at=None).exclude(pk__in=there)
    return list(ready.order_by("created_at", "id"))


def plan(rows: Iterable[Post], *, account: Account, board: str | None, due_at: datetime | None) -> list[Delivery]:
    """Plan all posts at one instant, or into the next free slots. All or none."""
    free = scheduling.free_slots(account) if due_at is None else None
    made = []
    for post in rows:
        at = due_at or (next(free, None) if free else None)
        if at is None:
            raise ProductError("no_slot", f"{account.username} has no free slot. Add posting times to the account.")
        made.append(scheduling.plan_delivery(post, account=account, target=_target(post, account, board), due_at=at))
    return made


def publish_now(post: Post, *, account: Account, board: str | None) -> UUID:
    """Let a post go out at once, planned before or not. Gives the delivery's id."""
    delivery = scheduling.delivery_of(post.pk, account_id=account.pk)
    if delivery is None:
        target = _target(post, account, board)
        delivery = scheduling.plan_delivery(post, account=account, target=target, due_at=clock.now(), is_manual=True)
    else:
        scheduling.publish_now(delivery)
    return delivery.pk


def again(delivery_id: UUID) -> Delivery:
    """Read a delivery as it is now."""
    found: Delivery = Delivery.objects.select_related("post", "target").get(pk=delivery_id)
    return found


def as_value(delivery: Delivery, *, zone: ZoneInfo) -> dict[str, Any]:
    """Give what the command says of a delivery."""
    state = State(delivery.state)
    local = delivery.due_at.astimezone(zone)
    return {
        "id": str(delivery.pk),
        "post": str(delivery.post_id),
        "title": delivery.post.title,
        "board": delivery.target.name if delivery.target else "",
        "due_at": delivery.due_at.isoformat(),
        "due_local": f"{local:%Y-%m-%d %H:%M} {local.tzname()}",
        "state": state.value,
        "label": str(state.label),
        "url": delivery.remote_url,
        "note": delivery.remote_url or delivery.for_person,
        "is_settled": state in _SETTLED,
    }


def _target(post: Post, account: Account, board: str | None) -> Target | None:
    if board is None:
        own: Target | None = post.target
        return own if own is not None and own.account_id == account.pk else None
    rows = list(Target.objects.filter(account=account, gone_at=None).order_by("name", "id"))
    names = [(str(row.pk), row.name) for row in rows]
    chosen: Target = acting.only(rows, board, names=names, what="board", option="--board")
    return chosen
