"""STOP 3, the tables: slots, deliveries, their attempts, and one lane per account.

A Delivery carries the state; `publishing.states.move` is the only writer of it. Rules that must never break are
constraints here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from petra.accounts.models import Account, Target
from petra.posts.models import Post
from petra.tenancy.models import TenantForeignKey, TenantModel


class State(models.TextChoices):
    """The states of a delivery. See publishing.states for the moves."""

    PLANNED = "planned", "Scheduled"
    SENDING = "sending", "Publishing"
    PROCESSING = "processing", "Publishing"
    PUBLISHED = "published", "Published"
    FAILED = "failed", "Failed"
    HELD = "held", "Needs you"
    UNCONFIRMED = "unconfirmed", "Needs you"
    CANCELLED = "cancelled", "Cancelled"


LIVE_STATES = [State.PLANNED, State.SENDING, State.PROCESSING, State.FAILED, State.HELD, State.UNCONFIRMED]


class PauseKind(models.TextChoices):
    """What a pause stops."""

    ACCOUNT = "account", "Account"
    BLOG = "blog", "Blog"
    WORKSPACE = "workspace", "Workspace"


@dataclass(frozen=True)
class Standing:
    """What a turn must know beside the delivery: the pause in force, the account's quiet hours, the files.

    `turn`: since when it is this delivery's turn, which names the turn; None where it is not.
    `is_due`: by the database's clock, as what is taken.
    """

    turn: datetime | None
    is_due: bool
    paused: PauseKind | None
    quiet_hours: tuple[time, time] | None
    zone: ZoneInfo
    files: Sequence[tuple[Any, ...]]  # of the post, for reading.media_of


class Slot(TenantModel):
    """A weekly wall-clock time on an account, in the workspace's zone."""

    account = TenantForeignKey(Account, models.CASCADE, related_name="slots")
    weekday = models.PositiveSmallIntegerField()  # 0 is Monday
    time_local = models.TimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "account", "weekday", "time_local"], name="slot_once"),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="slot_weekday"),
        ]


class Delivery(TenantModel):
    """One post to one account and target at one instant."""

    post = TenantForeignKey(Post, models.CASCADE, related_name="deliveries")
    account = TenantForeignKey(Account, models.PROTECT, related_name="deliveries")
    target = TenantForeignKey(Target, models.PROTECT, null=True, related_name="deliveries")
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    state_before = models.CharField(max_length=12, blank=True)  # what `failed` and `held` came from
    due_at = models.DateTimeField()  # the instant a person or a slot chose
    next_at = models.DateTimeField(null=True)  # when the engine acts next: due, retry, look; null where a person must
    plan_no = models.PositiveIntegerField(default=1)  # raised by every plan, move and retry; an older job stops
    marker = models.CharField(max_length=40)  # in the link; the same in all tries
    is_grace_waived = models.BooleanField(default=False)  # a person said: send it though it is late
    is_manual = models.BooleanField(default=False)  # "publish now": only what was not written is tried again
    tries = models.PositiveSmallIntegerField(default=0)  # sendings of this plan that were not written
    looks = models.PositiveSmallIntegerField(default=0)  # complete looks that did not find it
    resends = models.PositiveSmallIntegerField(default=0)  # sendings again after certain absence: at most one
    crashes = models.PositiveSmallIntegerField(default=0)  # workers of this plan that died in its turn
    cause = models.CharField(max_length=20, blank=True)  # contract.Cause, or our own: late, paused, account
    for_person = models.TextField(blank=True)
    remote_id = models.CharField(max_length=200, blank=True)
    remote_url = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(default=timezone.now)

    standing: Standing | None = None  # read by publishing.reading for a turn, no column

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["workspace", "post", "account"],
                condition=models.Q(state__in=["planned", "sending", "processing", "failed", "held", "unconfirmed"]),
                name="delivery_one_live_plan",
            ),
            models.UniqueConstraint(fields=["workspace", "marker"], name="delivery_marker"),
            models.CheckConstraint(
                condition=~models.Q(state="published") | ~models.Q(remote_id="") | models.Q(cause="seen"),
                name="delivery_published_has_id",  # but for those a person saw there
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_at"], name="delivery_next", condition=models.Q(next_at__isnull=False)),
            models.Index(fields=["workspace", "due_at"], name="delivery_calendar"),
            models.Index(
                fields=["moved_at"],
                name="delivery_needs_person",
                condition=models.Q(state__in=["failed", "held", "unconfirmed"]),
            ),
            models.Index(fields=["workspace", "account", "state"], name="delivery_of_account"),
        ]


class Attempt(TenantModel):
    """One call that creates something, written down before it leaves: the ledger. No outcome yet = it may be live."""

    delivery = TenantForeignKey(Delivery, models.CASCADE, related_name="attempts")
    plan_no = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, default="send")  # send, look, check
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=12, blank=True
    )  # sent, processing, rejected, later, reconnect, unknown, found, absent
    cause = models.CharField(max_length=20, blank=True)
    for_person = models.TextField(blank=True)
    detail = models.TextField(
        blank=True
    )  # what the network said, redacted, 2,000 characters at most; never on a page raw
    ticket_step = models.CharField(max_length=20, blank=True)
    ticket_value = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "delivery", "started_at"], name="attempt_of_delivery"),
        ]


class Lane(TenantModel):
    """One account's turn: at most one delivery of an account is in work at any time, over all processes.

    `holder_id` is the delivery whose turn it is; `ready_at` the earliest instant of the next write. `held_by` is the
    number of the worker that uses the turn (lib.presence); null where a pass without a worker does.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="lane")
    holder_id = models.UUIDField(null=True)
    held_at = models.DateTimeField(null=True)
    held_by = models.IntegerField(null=True)
    ready_at = models.DateTimeField(default=timezone.now)
    quiet_from_local = models.TimeField(null=True)  # in the workspace's zone; both or none
    quiet_until_local = models.TimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(quiet_from_local=None, quiet_until_local=None)
                | models.Q(quiet_from_local__isnull=False, quiet_until_local__isnull=False),
                name="lane_quiet_hours",
            ),
        ]


class Pause(TenantModel):
    """A person stopped publishing: of an account, of a blog, or (then `subject_id` is the workspace) of everything."""

    kind = models.CharField(max_length=10, choices=PauseKind.choices)
    subject_id = models.UUIDField()
    actor_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "subject_id"], name="pause_once"),
        ]


class BulkRun(TenantModel):
    """Many posts that a person had published at once."""

    actor_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], name="bulk_open", condition=models.Q(finished_at=None)),
        ]


class BulkItem(TenantModel):
    """One post of a bulk run: its delivery, or why there is none."""

    run = TenantForeignKey(BulkRun, models.CASCADE, related_name="items")
    post = TenantForeignKey(Post, models.CASCADE, related_name="+")
    delivery = TenantForeignKey(Delivery, models.SET_NULL, null=True, related_name="+")
    position = models.PositiveIntegerField()
    error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "run", "post"], name="bulk_item_once"),
        ]
