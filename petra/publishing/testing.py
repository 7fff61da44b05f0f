"""Furniture for tests and benchmarks of publishing: accounts that are connected already, posts that are ready."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Protocol
from uuid import UUID

from django.db import connection
from PIL import Image

from petra.accounts import testing, tokens
from petra.accounts.models import Account, AccountState, Target
from petra.lib import clock
from petra.media import renditions, storing
from petra.media.models import Asset
from petra.posts.models import Post, PostMedia, WordsState
from petra.publishing import lanes, scheduling
from petra.publishing.models import Delivery
from petra.publishing.publish import publish_delivery
from petra.tenancy import scope


class Board(Protocol):
    """What is needed of a simulated board."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


class Profile(testing.Profile, Protocol):
    """What is needed of a simulated account."""

    @property
    def boards(self) -> Sequence[Board]: ...


def connect(profile: Profile, *, network: str) -> Account:
    """Write down an account as if it had been connected through the consent page. Call inside a scope."""
    account = Account(network=network, remote_id=profile.id, username=profile.username, display_name=profile.username)
    tokens.store(account, testing.granted_to(profile))
    account.save(force_insert=True)
    Target.objects.bulk_create(
        Target(account=account, remote_id=board.id, kind="board", name=board.name) for board in profile.boards
    )
    lanes.ensure_lane(account)
    return account


def sign_in_again(account: Account, profile: Profile) -> None:
    """Give an account fresh tokens, as reconnecting does. Call inside a scope."""
    tokens.store(account, testing.granted_to(profile))
    account.state, account.state_reason = AccountState.CONNECTED, ""
    account.save()


def picture(*, colour: str = "#7a8f5a", width_px: int = 1000, height_px: int = 1500) -> Asset:
    """Store one plain picture, prepared for networks. Call inside a scope."""
    file = BytesIO()
    Image.new("RGB", (width_px, height_px), colour).save(file, "JPEG", quality=60)
    asset = storing.store_image(file.getvalue(), original_name="picture.jpg")
    renditions.rendition(asset, "2x3")
    return asset


def ready_post(asset: Asset, *, target: Target, title: str = "Ten summer salads") -> Post:
    """Write a post that passes every limit. Call inside a scope."""
    post: Post = Post.objects.create(
        title=title,
        description="Quick, cold and green.",
        alt_text="A bowl of green salad on a wooden table",
        link="https://blog.example/salads/",
        target=target,
        words_state=WordsState.READY,
    )
    PostMedia.objects.create(post=post, asset=asset)
    return post


def planned(post: Post, *, account: Account, due_at: datetime | None = None) -> Delivery:
    """Plan a post, due now by default. Call inside a scope."""
    return scheduling.plan_delivery(post, account=account, target=post.target, due_at=due_at or clock.now())


def take_turn(delivery_id: UUID, *, workspace_id: UUID) -> None:
    """Take the turn for a delivery whatever the lane's spacing, and publish: one pass of the worker, without a
    worker.
    """
    with scope.workspace(workspace_id), connection.cursor() as cursor:
        cursor.execute(
            "update publishing_lane l set holder_id = d.id, held_at = now() from publishing_delivery d"
            " where d.id = %s and l.account_id = d.account_id",
            [delivery_id],
        )
    publish_delivery(workspace_id=workspace_id, delivery_id=delivery_id)


# Every instant that publishing acts on, by table.
_INSTANTS = {
    "publishing_delivery": ("due_at", "next_at", "moved_at"),
    "publishing_lane": ("ready_at", "held_at"),
    "publishing_attempt": ("started_at",),
    "accounts_budget": ("theoretical_at", "blocked_until"),
    "accounts_account": ("cools_down_until", "refresh_leased_until"),
}


def let_time_pass(seconds: float) -> None:
    """Make everything in the open workspace as much older: to the engine, as if it had waited or been stopped."""
    with connection.cursor() as cursor:
        for table, names in _INSTANTS.items():
            older = ", ".join(f"{name} = {name} - make_interval(secs => %(s)s)" for name in names)
            cursor.execute(
                f"update {table} set {older} where workspace_id = %(w)s",
                {"s": seconds, "w": scope.current_workspace_id()},
            )
