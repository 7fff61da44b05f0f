"""A filled calendar for tests: one account with boards and slots, pins with pictures, deliveries in every state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import cycle, islice

from petra.accounts.models import Account, Target
from petra.lib import clock
from petra.lib.ids import new_id
from petra.media.models import Asset
from petra.networks.registry import NETWORKS
from petra.posts.models import Post
from petra.publishing import lanes, scheduling, slots
from petra.publishing.models import Delivery, State
from petra.publishing.testing import picture, ready_post
from petra.tenancy.models import Workspace

NETWORK = next(iter(NETWORKS))
SLOT_TIMES = ("07:45", "10:05", "11:45", "13:20", "17:10", "20:15")
TITLES = (
    "Crispy Miso Butter Salmon in 25 Minutes",
    "The Calm Bedroom Checklist",
    "Save a Dying Monstera in Five Checks",
    "Roasted Pumpkin Soup from One Tray",
    "How to Style Open Shelves",
    "No-Knead Sourdough, Start Tonight",
    "Balcony Herbs for Beginners",
    "Citrus Salad, 3 Ways",
    "A Reading Nook for Under €200",
    "Freezer Soups to Make in November",
)
COLOURS = ("#7a8f5a", "#b98a4e", "#8f4f3d", "#3f5f6a", "#c9b79c", "#5b4b6a")


@dataclass
class Rows:
    """What was made. `at` gives the instant of a wall-clock time in the workspace's zone."""

    workspace: Workspace
    account: Account
    boards: list[Target]
    assets: list[Asset] = field(default_factory=list)
    made: int = 0

    def post(self, *, title: str | None = None, board: Target | None = None) -> Post:
        """Write one more ready pin."""
        n = self.made
        self.made += 1
        if n < len(COLOURS):
            self.assets.append(picture(colour=COLOURS[n]))
        return ready_post(
            self.assets[n % len(self.assets)],
            target=board or self.boards[n % len(self.boards)],
            title=TITLES[n % len(TITLES)] if title is None else title,
        )

    def draft(self, **values: object) -> Post:
        """Write one more pin that has no board."""
        post = self.post()
        Post.objects.filter(pk=post.pk).update(target=None, **values)
        post.refresh_from_db()
        return post

    def at(self, days: int, clock_time: str) -> datetime:
        """Give the instant so many days from today at a wall-clock time."""
        day = clock.now().astimezone(self.workspace.zone).date() + timedelta(days=days)
        return slots.instant(day, time.fromisoformat(clock_time), self.workspace.zone)

    def day(self, days: int) -> str:
        """Give the day so many days from today as an address's query names it."""
        return self.at(days, "12:00").astimezone(self.workspace.zone).date().isoformat()

    def planned(self, at: datetime, *, title: str | None = None) -> Delivery:
        """Plan one more pin."""
        post = self.post(title=title)
        return scheduling.plan_delivery(post, account=self.account, target=post.target, due_at=at)

    def stands(self, at: datetime, state: State, **values: object) -> Delivery:
        """Write a delivery in any state at any instant, as if it had come there."""
        post = self.post()
        delivery_id = new_id()
        done: dict[str, object] = {}
        if state == State.PUBLISHED:
            done = {"remote_id": "1", "remote_url": "http://127.0.0.1/pin/1", "published_at": at}
        delivery: Delivery = Delivery.objects.create(
            id=delivery_id,
            post=post,
            account=self.account,
            target=post.target,
            due_at=at,
            state=state,
            marker=f"p{delivery_id.hex}",
            **{**done, **values},
        )
        return delivery


def make_rows(workspace: Workspace, *, username: str = "oakandember", slot_times: tuple[str, ...] = SLOT_TIMES) -> Rows:
    """Make an account with two boards and daily slots. Call inside a scope."""
    account: Account = Account.objects.create(network=NETWORK, remote_id=f"r-{username}", username=username)
    boards = [
        Target.objects.create(account=account, remote_id=f"{len(username)}00000000000{n}", kind="board", name=name)
        for n, name in enumerate(("Weeknight Dinners", "Small Space Ideas"))
    ]
    lanes.ensure_lane(account)
    times = [slots.WeeklyTime(day, time.fromisoformat(at)) for day in range(7) for at in slot_times]
    scheduling.set_slots(account, times)
    return Rows(workspace, account, boards)


def fill(rows: Rows, *, ready: int = 14, drafts: int = 4) -> None:
    """Fill four weeks around today, and the tray."""
    now = clock.now()
    taken = cycle((5, 4, 6, 3, 5, 2, 4))
    for day in range(-14, 14):
        for clock_time in islice(SLOT_TIMES, next(taken)):
            at = rows.at(day, clock_time)
            if at < now:
                rows.stands(at, State.PUBLISHED)
            elif day < 9 or clock_time < "12":  # noqa: PLR2004
                rows.stands(at, State.PLANNED, next_at=at)
    too_small = "The picture is too small for this network."
    rows.stands(rows.at(-1, "18:30"), State.FAILED, cause="media", for_person=too_small)
    rows.stands(rows.at(2, "12:30"), State.HELD, cause="account", for_person="Reconnect oakandember first.")
    rows.stands(now, State.SENDING)
    for _ in range(ready):
        rows.post()
    for _ in range(drafts):
        rows.draft()
