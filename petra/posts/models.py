"""STOP 2: what is said. A post holds words and pictures; where and when it goes out is a Delivery's business."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from petra.accounts.models import Target
from petra.articles.models import Article, Blog
from petra.media.models import Asset
from petra.posts.words.models import (
    AiMonth,
    BrandProfile,
    Generation,
    GenerationKind,
    GenerationState,
    WordsExample,
    WordsRun,
    WordsRunState,
    WordsTask,
    WordsTaskState,
    WriterAccess,
    WriterPace,
    WriterSeat,
)
from petra.tenancy.models import TenantForeignKey, TenantManager, TenantModel

__all__ = [
    "AiMonth",
    "BrandProfile",
    "Generation",
    "GenerationKind",
    "GenerationState",
    "Post",
    "PostManager",
    "PostMedia",
    "WordsExample",
    "WordsRun",
    "WordsRunState",
    "WordsState",
    "WordsTask",
    "WordsTaskState",
    "WriterAccess",
    "WriterPace",
    "WriterSeat",
]


class WordsState(models.TextChoices):
    """How far a post's words are. Ready means they pass the limits of the networks chosen."""

    DRAFT = "draft", "Draft"
    GENERATING = "generating", "Generating"
    READY = "ready", "Ready"


class PostManager(TenantManager["Post"]):
    """The reads of posts that more than one page needs."""

    def kept(self) -> models.QuerySet[Post]:
        """Posts that nobody removed."""
        return self.get_queryset().filter(removed_at=None)

    def complete(self) -> models.QuerySet[Post]:
        """Kept posts with all that `drafting` and `metadata` read of them, in a fixed number of questions."""
        return (
            self.kept()
            .select_related("article", "blog", "target__account", "target__parent")
            .prefetch_related("media__asset__renditions")
        )

    def words_counts(self) -> dict[WordsState, int]:
        """How many kept posts have their words in each state."""
        rows = self.kept().values_list("words_state").annotate(n=models.Count("pk"))
        return dict.fromkeys(WordsState, 0) | {WordsState(state): n for state, n in rows}


class Post(TenantModel):
    """Title, description, alt text, link and pictures of one thing to publish. A pin is a post on a pin network."""

    blog = TenantForeignKey(Blog, models.SET_NULL, null=True, related_name="posts")
    article = TenantForeignKey(Article, models.SET_NULL, null=True, related_name="posts")
    target = TenantForeignKey(Target, models.SET_NULL, null=True, related_name="posts")  # board or section chosen
    title = models.TextField(blank=True)
    description = models.TextField(blank=True)
    alt_text = models.TextField(blank=True)
    link = models.TextField(blank=True)  # without marker
    language = models.CharField(max_length=10, blank=True)
    topics = models.JSONField(default=list)  # keywords of a few words each, the most fitting first
    ai_disclosures = models.JSONField(default=list)
    words_state = models.CharField(max_length=12, choices=WordsState.choices, default=WordsState.DRAFT)
    words_state_before = models.CharField(max_length=12, blank=True)
    words_error = models.TextField(
        blank=True
    )  # an ai.contract.Cause: why the last writing failed; words stay as they were
    version = models.PositiveIntegerField(default=1)  # raised by every edit; an edit names the version it saw
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[PostManager] = PostManager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "-created_at"], name="post_newest"),
            models.Index(fields=["workspace", "article"], name="post_of_article"),
        ]


class PostMedia(TenantModel):
    """A picture of a post, in order; the first is the cover."""

    post = TenantForeignKey(Post, models.CASCADE, related_name="media")
    asset = TenantForeignKey(Asset, models.PROTECT, related_name="uses")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "post", "position"], name="post_media_place"),
        ]
