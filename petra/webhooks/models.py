"""Events: the append-only lines of what happened, for history, live pages and webhooks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from petra.tenancy import scope
from petra.tenancy.models import TenantManager, Workspace


class Event(models.Model):
    """One line of what happened. Its id grows with time and is what a live page says it has seen last."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, default=scope.current_workspace_id, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=20, blank=True)
    subject_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[TenantManager[Any]] = TenantManager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "id"], name="event_newest"),
            models.Index(fields=["workspace", "subject_id", "id"], name="event_of_subject"),
        ]
