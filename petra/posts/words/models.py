"""STOP 2, the words: who writes them, how a blog wants to sound, what was proposed, and what it cost.

Part of `posts.models`, which names all of it; apart from it because a file should be read in one go.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from petra.articles.models import Blog
from petra.tenancy.models import TenantForeignKey, TenantModel


class GenerationKind(models.TextChoices):
    """How a version of the words came to be."""

    WRITE = "write", "Written"
    REWRITE = "rewrite", "Rewritten"
    HAND = "hand", "Edited"
    RESTORE = "restore", "Restored"


class GenerationState(models.TextChoices):
    """Where a proposal stands. Kept means: it is, or was, what the post says."""

    RUNNING = "running", "Writing"
    PROPOSED = "proposed", "Proposed"
    KEPT = "kept", "Kept"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"
    DROPPED = "dropped", "Dropped"


class Generation(TenantModel):
    """One proposal for a post's words, who made it and what it cost. The last three kept ones are the post's versions.

    While it runs, `title`, `description` and `alt_text` hold what has come so far; `next_at` is when a worker should
    look at it: its turn, its next try, or the instant by which a silent worker is taken for dead (`holder_id` is set).
    """

    post = TenantForeignKey("posts.Post", models.CASCADE, related_name="generations")
    kind = models.CharField(max_length=10, choices=GenerationKind.choices, default=GenerationKind.WRITE)
    state = models.CharField(max_length=10, choices=GenerationState.choices, default=GenerationState.KEPT)
    number = models.PositiveIntegerField(null=True)  # of the version; null while it is none
    fields = models.JSONField(default=list)  # what was asked for, or what the version changed
    feedback = models.TextField(blank=True)
    turns = models.JSONField(default=list)  # the conversation before: [{"title", …, "topics", "feedback"}]
    before = models.JSONField(default=dict)  # the post's words when it was asked for
    variant = models.PositiveIntegerField(default=0)
    title = models.TextField(blank=True)
    description = models.TextField(blank=True)
    alt_text = models.TextField(blank=True)
    topics = models.JSONField(default=list)
    writer = models.CharField(max_length=120)  # "offline", or the model's name
    provider = models.CharField(max_length=20, blank=True)  # empty: offline, or a person
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True, default=Decimal(0))  # null: not known
    is_estimated = models.BooleanField(default=False)  # some of it counted by Petra: the provider did not say
    asked = models.PositiveSmallIntegerField(default=0)  # how often the model was asked
    tries = models.PositiveSmallIntegerField(default=0)
    rate_waits = models.PositiveSmallIntegerField(default=0)  # times the provider said "too many requests"
    crashes = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=20, blank=True)  # an ai.contract.Cause
    error_detail = models.TextField(blank=True)  # the provider's own sentence, cleaned of keys
    actor_id = models.UUIDField(null=True)
    event_id = models.BigIntegerField(null=True)  # of post.words_started, told again as the text grows
    holder_id = models.UUIDField(null=True)  # the try that is on it
    month = TenantForeignKey("posts.AiMonth", models.SET_NULL, null=True, related_name="+")  # where that try is charged
    reserved_usd = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    reserved_tokens = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["workspace", "post"], condition=Q(state="running"), name="generation_one_runs"
            ),
            models.UniqueConstraint(
                fields=["workspace", "post"], condition=Q(state="proposed"), name="generation_one_proposed"
            ),
            models.UniqueConstraint(fields=["workspace", "post", "number"], name="generation_number_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "post", "-created_at"], name="generation_newest"),
            models.Index(fields=["next_at"], name="generation_due", condition=Q(next_at__isnull=False)),
        ]


class BrandProfile(TenantModel):
    """How a blog wants to sound: 16 fields in 5 sections (`brand.SECTIONS`), four of which the Blog itself has.

    Basics: name, address, language (Blog). Import: rhythm (Blog; feeds and sitemaps are found by Petra itself). Brand
    and content: about, audience, voice, keywords, banned words. Visual style: look, colours. AI instructions: title
    rules, description rules, alt text opening, call to action, further instructions. Beside them stand its tone,
    whether descriptions hold emoji and hashtags, whether a person's edits are kept as examples, and what the blog's
    pins disclose of AI unless a pin says otherwise.
    """

    blog = TenantForeignKey(Blog, models.CASCADE, related_name="brand_profiles")
    about = models.TextField(blank=True)
    audience = models.TextField(blank=True)
    voice = models.TextField(blank=True)
    keywords = models.JSONField(default=list)
    banned_words = models.JSONField(default=list)
    look = models.TextField(blank=True)
    colours = models.TextField(blank=True)
    title_rules = models.TextField(blank=True)
    description_rules = models.TextField(blank=True)
    alt_text_opening = models.TextField(blank=True)
    call_to_action = models.TextField(blank=True)
    instructions = models.TextField(blank=True)
    playful = models.SmallIntegerField(default=0)  # the tone, see ai.contract.Tone
    detailed = models.SmallIntegerField(default=0)
    warm = models.SmallIntegerField(default=0)
    has_emoji = models.BooleanField(default=False)
    is_learning = models.BooleanField(default=True)
    ai_disclosures = models.JSONField(default=list)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "blog"], name="brand_profile_once"),
            models.CheckConstraint(
                condition=Q(playful__range=(-2, 2), detailed__range=(-2, 2), warm__range=(-2, 2)),
                name="brand_profile_tone",
            ),
        ]


class WordsExample(TenantModel):
    """What a person made of the words a model wrote for a post. Outlives the versions; one for each post, the newest 50
    of a blog. Both hold the fields that were changed, as `{"title": …}`.
    """

    blog = TenantForeignKey(Blog, models.CASCADE, related_name="words_examples")
    post = TenantForeignKey("posts.Post", models.CASCADE, related_name="+")
    proposed = models.JSONField(default=dict)
    made = models.JSONField(default=dict)
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "post"], name="words_example_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "blog", "-noted_at"], name="words_example_newest"),
        ]


class WriterAccess(TenantModel):
    """Which model writes, with whose key and how much: the workspace's, or a blog's own. No row: the operator's key
    from the environment, else the offline writer.

    The key leaves `access_keys` for the provider only. Limits that are null are none.
    """

    blog = TenantForeignKey(Blog, models.CASCADE, null=True, related_name="writer_access")  # null: the workspace's
    provider = models.CharField(max_length=20)
    base_url = models.TextField(blank=True)
    model = models.CharField(max_length=120, blank=True)  # empty: the provider's usual one
    key_sealed = models.BinaryField(null=True)  # opened only in posts.access_keys
    key_hint = models.CharField(max_length=4, blank=True)  # its last four characters
    key_set_at = models.DateTimeField(null=True)
    monthly_usd = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    monthly_tokens = models.PositiveBigIntegerField(null=True)
    input_usd = models.DecimalField(max_digits=10, decimal_places=4, null=True)  # for a million tokens, where the
    output_usd = models.DecimalField(max_digits=10, decimal_places=4, null=True)  # price of the model isn't known
    per_minute = models.PositiveIntegerField(default=60)
    at_once = models.PositiveSmallIntegerField(default=5)
    last_error = models.CharField(max_length=20, blank=True)  # an ai.contract.Cause
    last_error_detail = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)  # when it last answered
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "blog"], nulls_distinct=False, name="writer_access_once"),
        ]


class AiMonth(TenantModel):
    """What was spent on words in one month of the workspace's zone, under one access (blog null: the workspace's).

    `reserved_*` is the most that what is being asked now can cost. A lost try (`lost_*`: its worker died, or its answer
    didn't come in time) is charged by estimate, and keeps the rest of its reservation.
    """

    blog = TenantForeignKey(Blog, models.CASCADE, null=True, related_name="+")
    month = models.DateField()  # its first day
    spent_usd = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    reserved_usd = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    spent_tokens = models.PositiveBigIntegerField(default=0)
    reserved_tokens = models.PositiveBigIntegerField(default=0)
    unpriced_tokens = models.PositiveBigIntegerField(default=0)  # among the spent ones: their price isn't known
    asked = models.PositiveIntegerField(default=0)  # how often a model was asked
    lost = models.PositiveIntegerField(default=0)  # tries of which nobody knows what they took
    lost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))  # of the spent ones, theirs
    lost_tokens = models.PositiveBigIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)  # tries that brought words
    took_ms = models.PositiveBigIntegerField(default=0)  # how long those took

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "blog", "month"], nulls_distinct=False, name="ai_month_once"),
        ]


class WriterPace(models.Model):
    """How fast one key may be used, over all workers and whatever workspaces share it.

    Belongs to no workspace and says nothing of any: a digest of the key, and instants (GCRA, as accounts.Budget).
    """

    key_digest = models.CharField(max_length=64, unique=True)
    theoretical_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True)  # the provider said "too many requests"


class WriterSeat(models.Model):
    """One question that is being asked with a key now. Free again when it ends, or its worker is silent."""

    key_digest = models.CharField(max_length=64)
    holder_id = models.UUIDField(unique=True)
    until = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["key_digest"], name="writer_seat_of_key")]


class WordsRunState(models.TextChoices):
    """Where the writing for many posts stands."""

    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"


class WordsTaskState(models.TextChoices):
    """What became of one post of a run."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Writing"
    WRITTEN = "written", "Written"
    SKIPPED = "skipped", "Left as it is"
    FAILED = "failed", "Failed"


class WordsRun(TenantModel):
    """Words for many posts, written in the background. What it says is counted from its tasks."""

    state = models.CharField(max_length=10, choices=WordsRunState.choices, default=WordsRunState.RUNNING)
    fields = models.JSONField(default=list)
    brief = models.TextField(blank=True)  # a wish for all of them
    is_overwriting_edited = models.BooleanField(default=False)
    because = models.TextField(blank=True)  # why Petra paused it itself: an ai.contract.Cause
    actor_id = models.UUIDField(null=True)
    event_id = models.BigIntegerField(null=True)  # of words_run.started, told again as it goes on
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "-created_at"], name="words_run_newest"),
            models.Index(fields=["state"], name="words_run_open", condition=Q(finished_at=None)),
        ]


class WordsTask(TenantModel):
    """One post of a run: its proposal while it is written, what it cost, or why there is none."""

    run = TenantForeignKey(WordsRun, models.CASCADE, related_name="tasks")
    post = TenantForeignKey("posts.Post", models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=WordsTaskState.choices, default=WordsTaskState.WAITING)
    generation = TenantForeignKey(Generation, models.SET_NULL, null=True, related_name="tasks")
    why = models.CharField(max_length=20, blank=True)  # a Cause; for skipped ones "edited", "removed", "changed"
    detail = models.TextField(blank=True)
    tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True, default=Decimal(0))
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "run", "post"], name="words_task_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "run", "state", "position"], name="words_task_next"),
        ]
