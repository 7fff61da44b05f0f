"""Pictures and videos, and what was made of them for the networks. The bytes lie in the file store."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from petra.tenancy.models import TenantForeignKey, TenantModel


class Asset(TenantModel):
    """One image or video as it came in: uploaded by a person or taken from an article. Unique by its bytes."""

    kind = models.CharField(max_length=10, default="image")
    digest = models.CharField(max_length=64)  # sha256 of the original bytes, hex
    file = models.CharField(max_length=200)  # name in the file store: <workspace>/<digest>.<suffix>
    content_type = models.CharField(max_length=40)
    size_bytes = models.PositiveBigIntegerField()
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    alt_text = models.CharField(max_length=500, blank=True)
    source_url = models.TextField(blank=True)  # where it was fetched from, empty for an upload
    original_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "digest"], name="asset_once"),
        ]


class Rendition(TenantModel):
    """One file made of an asset for a shape: `2x3` is 1000 by 1500, `thumb` 160 wide for pages."""

    asset = TenantForeignKey(Asset, models.CASCADE, related_name="renditions")
    shape = models.CharField(max_length=10)
    file = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    size_bytes = models.PositiveBigIntegerField()
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "asset", "shape"], name="rendition_once"),
        ]
