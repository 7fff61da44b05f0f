"""Accounts: connected profiles, their sealed tokens, the targets on them and how much they may still do."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from petra.tenancy.models import TenantForeignKey, TenantModel

MAX_NAME = 200


def one_line(text: str) -> str:
    """Make a name of ours from one of a network's: no line breaks, nothing the database can't hold, cut to fit."""
    return " ".join(text.replace("\x00", "").split())[:MAX_NAME]


class AccountState(models.TextChoices):
    """Whether an account can publish."""

    CONNECTED = "connected", "Connected"
    NEEDS_RECONNECT = "needs_reconnect", "Signed out"
    DISCONNECTED = "disconnected", "Disconnected"


class Account(TenantModel):
    """One connected profile on a network. `network` is a key of `networks.registry`.

    A disconnected account keeps its row, slots and history; its tokens are gone.
    """

    network = models.CharField(max_length=20)
    remote_id = models.CharField(max_length=100)
    username = models.CharField(max_length=MAX_NAME)
    display_name = models.CharField(max_length=MAX_NAME, blank=True)
    page_url = models.TextField(blank=True)
    state = models.CharField(max_length=20, choices=AccountState.choices, default=AccountState.CONNECTED)
    state_reason = models.TextField(blank=True)  # one sentence for a person
    scopes = models.JSONField(default=list)
    tokens_sealed = models.BinaryField(null=True)  # opened only in accounts.tokens
    access_expires_at = models.DateTimeField(null=True)
    refresh_expires_at = models.DateTimeField(null=True)
    refresh_lease = models.UUIDField(null=True)  # who renews the tokens now: one at a time, over all processes
    refresh_leased_until = models.DateTimeField(null=True)  # by then a lost renewer is given up
    cools_down_until = models.DateTimeField(null=True)  # after a spam block
    asks_before_publish_now = models.BooleanField(default=True)
    targets_synced_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "network", "remote_id"], name="account_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["access_expires_at"],
                name="account_token_expiry",
                condition=models.Q(state="connected"),
            ),
        ]

    def __str__(self) -> str:
        return self.username


class Target(TenantModel):
    """Where on the account: a board, or a section of one (then `parent` is the board)."""

    account = TenantForeignKey(Account, models.CASCADE, related_name="targets")
    parent = TenantForeignKey("self", models.CASCADE, null=True, related_name="sections")
    remote_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=MAX_NAME)
    is_secret = models.BooleanField(default=False)
    gone_at = models.DateTimeField(null=True)  # no longer listed by the network

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "account", "kind", "remote_id"], name="target_once"),
        ]

    def __str__(self) -> str:
        return self.name


class OAuthState(TenantModel):
    """One started connection: valid for 10 minutes, once, in the browser session that started it."""

    network = models.CharField(max_length=20)
    state_digest = models.CharField(max_length=64)
    session_digest = models.CharField(max_length=64)
    verifier_sealed = models.BinaryField()
    redirect_uri = models.TextField()  # the exchange must repeat it letter for letter
    account = TenantForeignKey(Account, models.CASCADE, null=True, related_name="+")  # set when reconnecting
    return_to = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "state_digest"], name="oauth_state_once"),
        ]


class AppBudget(models.Model):
    """How much one developer app may still call for all its accounts, in whatever workspace they are.

    Belongs to no workspace and says nothing of any: a digest of the app, and instants as in Budget.
    """

    app_key = models.CharField(max_length=64)
    category = models.CharField(max_length=20)
    theoretical_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["app_key", "category"], name="app_budget_once"),
        ]


class Budget(TenantModel):
    """How much an account may still call, shared by every process (GCRA: one instant tells the whole bucket).

    `theoretical_at` is the arrival time of the next call were calls evenly spaced; `blocked_until` what the network
    asked for.
    """

    account = TenantForeignKey(Account, models.CASCADE, related_name="budgets")
    category = models.CharField(max_length=20, default="calls")
    theoretical_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "account", "category"], name="budget_once"),
        ]
