"""STOP 1: blogs, what was imported from them, and how the import went."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from petra.tenancy.models import TenantForeignKey, TenantModel


class Rhythm(models.TextChoices):
    """How often a blog is looked at for new articles."""

    MANUAL = "manual", "Manual"
    DAILY = "daily", "Daily"
    WEEKLY = "weekly", "Weekly"


class RunState(models.TextChoices):
    """Where an import stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Blog(TenantModel):
    """A site articles come from."""

    name = models.CharField(max_length=120)
    address = models.TextField()  # as the person gave it, with scheme
    language = models.CharField(max_length=10, blank=True)
    rhythm = models.CharField(max_length=10, choices=Rhythm.choices, default=Rhythm.MANUAL)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "address"], name="blog_once"),
        ]


class Article(TenantModel):
    """One imported page. Unique by the key of its canonical address within its blog; archived, never silently deleted.

    `title`, `excerpt` and so on are what the page says; `edited_*` what a person made of it, never overwritten by an import.
    """

    blog = TenantForeignKey(Blog, models.CASCADE, related_name="articles")
    address_key = models.TextField()  # canonical address without what does not identify, see articles.identity
    url = models.TextField()
    title = models.TextField()
    edited_title = models.TextField(blank=True)
    author = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    modified_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=10, blank=True)
    excerpt = models.TextField(blank=True)
    text = models.TextField(blank=True)
    edited_text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    tags = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)  # sha256 over title, text and picture keys
    is_do_not_pin = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True)
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "blog", "address_key"], name="article_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "-published_at"], name="article_newest"),
        ]


class ArticleImage(TenantModel):
    """One picture of an article, in reading order. Only its address is kept until a post wants the bytes."""

    article = TenantForeignKey(Article, models.CASCADE, related_name="images")
    position = models.PositiveSmallIntegerField()
    url = models.TextField()
    alt = models.TextField(blank=True)
    caption = models.TextField(blank=True)
    width_px = models.PositiveIntegerField(null=True)
    height_px = models.PositiveIntegerField(null=True)
    is_lead = models.BooleanField(default=False)
    is_nopin = models.BooleanField(default=False)  # the owner asked not to pin it

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "article", "position"], name="article_image_place"),
        ]


class ImportRun(TenantModel):
    """One import: its progress, its problems by kind, and where it goes on after a stop."""

    blog = TenantForeignKey(Blog, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=10, default="blog")  # "blog" or "url"
    url = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    found = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)  # [{"url", "kind", "for_person"}], the first 200
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "blog", "-created_at"], name="import_run_newest"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["workspace", "blog"],
                condition=models.Q(state__in=["queued", "running", "paused"]),
                name="import_run_one_at_a_time",
            ),
        ]
