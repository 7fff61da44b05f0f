"""Incidents, who has seen them, who wants to hear of them how, and the mails that told them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from petra.tenancy.models import TenantForeignKey, TenantModel, User


class IncidentKind(models.TextChoices):
    """What needs a person."""

    RECONNECT = "reconnect", "Account signed out"
    FAILED = "failed", "Not published"
    LATE = "late", "Late"
    UNCONFIRMED = "unconfirmed", "May be out"
    IMPORT = "import", "Not imported"
    WORDS = "words", "Words wait"


class Wish(models.TextChoices):
    """How a member wants to hear of incidents by e-mail. In the application they are shown in any case."""

    OFF = "off", "Never"
    INSTANT = "instant", "At once"
    DAILY = "daily", "Once a day"


class Incident(TenantModel):
    """One thing that needs a person, from when it began until it is over. However much it grows, it is told once."""

    kind = models.CharField(max_length=12, choices=IncidentKind.choices)
    key = models.CharField(max_length=100)  # what it is about; one open incident of each
    facts = models.JSONField(default=dict)  # what its sentence is made of, in any language (notifications.wording)
    path = models.CharField(max_length=200)  # the page where it is mended
    count = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["workspace", "key"], condition=models.Q(resolved_at=None), name="incident_open_once"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["checked_at"], name="incident_to_check", condition=models.Q(resolved_at=None)),
            models.Index(fields=["workspace", "-opened_at"], name="incident_newest"),
        ]


class Choice(TenantModel):
    """What one member chose. No row: the default of their role (`telling.wish_of`)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    wish = models.CharField(max_length=8, choices=Wish.choices, blank=True)
    seen_at = models.DateTimeField(null=True)  # incidents opened later are new to them, but for those in Seen
    digest_on = models.DateField(null=True)  # the last day, in the workspace's zone, a digest went out

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "user"], name="notification_choice_once"),
        ]


class Seen(TenantModel):
    """One incident that one member has seen."""

    incident = TenantForeignKey(Incident, models.CASCADE, related_name="seen")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "incident", "user"], name="incident_seen_once"),
        ]


class Mail(TenantModel):
    """One mail to one member about one incident: one row, so never twice."""

    incident = TenantForeignKey(Incident, models.CASCADE, related_name="mails")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    is_for_digest = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)  # written before it leaves: a mail may be lost, not doubled

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "incident", "user"], name="mail_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace"], name="mail_waiting", condition=models.Q(sent_at=None)),
        ]
