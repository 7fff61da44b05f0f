"""STOP 1: blogs, what was imported from them, and how the import went."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from petra.articles.searching import SearchWords
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
    quiet_hour = models.PositiveSmallIntegerField(default=4)  # when its rhythm looks, in the workspace's zone
    next_import_at = models.DateTimeField(null=True, db_index=True)  # set by its rhythm; null: when a person asks
    engine = models.CharField(max_length=20, blank=True)  # what made the site, as far as Petra can tell
    site_pictures = models.JSONField(default=list)  # addresses of those that lead no article, see articles.settling
    # The rule by which new articles make pins, see articles.ruling.
    rule_since = models.DateTimeField(null=True)  # articles imported from then on fall under it; null: there is none
    rule_pins = models.PositiveSmallIntegerField(default=1)  # of each article
    rule_target_ids = models.JSONField(default=list)  # boards and sections, in turn; empty: chosen by hand later
    rule_is_planned = models.BooleanField(default=False)  # into free slots; else a person approves each pin first
    rule_has_first = models.BooleanField(default=False)  # the first import's articles count, too: somebody asked for it
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "address"], name="blog_once"),
        ]


class Ruled(models.TextChoices):
    """What the blog's rule made of an article. Without a word nobody has asked yet."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    LEFT = "left", "Left out"


# Articles whose day nobody knows come after the others: PostgreSQL would put them first.
NEWEST = (models.F("published_at").desc(nulls_last=True), "-imported_at", "pk")


class Article(TenantModel):
    """One imported page. Unique by the key of its canonical address within its blog; archived, never silently
    deleted.

    `title`, `excerpt` and so on are what the page says; `edited_*` what a person made of it, never overwritten by an
    import.
    """

    blog = TenantForeignKey(Blog, models.CASCADE, related_name="articles")
    address_key = models.TextField()  # canonical address without what does not identify, see articles.identity
    url = models.TextField()
    title = models.TextField()
    edited_title = models.TextField(blank=True)
    author = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    published_as_written = models.CharField(max_length=40, blank=True)  # with the site's offset, or only a day
    modified_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=10, blank=True)
    excerpt = models.TextField(blank=True)
    edited_excerpt = models.TextField(blank=True)
    text = models.TextField(blank=True)
    edited_text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    tags = models.JSONField(default=list)  # keywords, then categories
    categories = models.JSONField(default=list)  # those of them that are the blog's drawers
    digest = models.CharField(max_length=64, blank=True)  # sha256 over title, text and picture keys
    nearness = models.BigIntegerField(null=True)  # SimHash of the text, see articles.doubles
    guid = models.TextField(blank=True)  # the site's own id of it, from its feed or REST
    also_at = models.JSONField(default=list)  # keys of further addresses that lead to it
    sources = models.JSONField(default=dict)  # field → where its value came from
    translations = models.JSONField(default=dict)  # language → address of the same article in it
    etag = models.CharField(max_length=500, blank=True)  # validators of the body these fields were read from
    last_modified = models.CharField(max_length=100, blank=True)
    is_do_not_pin = models.BooleanField(default=False)
    is_walled = models.BooleanField(default=False)  # the site shows the text to members only
    list_mark = models.CharField(max_length=120, blank=True)  # what the site's lists said of it when it was read
    archived_at = models.DateTimeField(null=True)
    missing_since = models.DateTimeField(null=True)  # the last import found a 404 or 410
    gone_at = models.DateTimeField(null=True)  # two imports in a row found a 404 or 410
    imported_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(default=timezone.now)  # when the site last answered for this page
    changed_at = models.DateTimeField(null=True)  # the last import that brought other words or pictures
    edited_at = models.DateTimeField(null=True)  # when a person last edited it or took the page's words
    ruled = models.CharField(max_length=8, choices=Ruled.choices, blank=True)  # what the blog's rule made of it

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "blog", "address_key"], name="article_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("workspace", NEWEST[0], name="article_newest"),
            GinIndex(SearchWords(), name="article_search"),
            models.Index(fields=["workspace", "blog"], condition=models.Q(ruled="waiting"), name="article_ruled"),
        ]

    @property
    def shown_title(self) -> str:
        """What people see as its title: the edited one, else the page's, else its address."""
        return self.edited_title or self.title or self.url

    @property
    def shown_excerpt(self) -> str:
        """The edited excerpt, else the page's."""
        return self.edited_excerpt or self.excerpt

    @property
    def shown_text(self) -> str:
        """The edited text, else the page's."""
        return self.edited_text or self.text

    @property
    def is_edited(self) -> bool:
        """Say whether a person wrote something of it anew."""
        return bool(self.edited_title or self.edited_excerpt or self.edited_text)

    @property
    def has_newer_words(self) -> bool:
        """Say whether the site changed it after a person edited it."""
        return bool(self.is_edited and self.edited_at and self.changed_at and self.changed_at > self.edited_at)


class ArticleImage(TenantModel):
    """One picture of an article, in reading order. Only its address is kept until a post wants the bytes."""

    article = TenantForeignKey(Article, models.CASCADE, related_name="images")
    position = models.PositiveSmallIntegerField()
    url = models.TextField()
    alt = models.TextField(blank=True)
    caption = models.TextField(blank=True)
    title = models.TextField(blank=True)
    # What the page's owner wants a pin of it to say and lead to.
    pin_title = models.TextField(blank=True)
    pin_description = models.TextField(blank=True)
    pin_url = models.TextField(blank=True)
    pin_id = models.CharField(max_length=64, blank=True)
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
    kind = models.CharField(max_length=10, default="blog")  # "blog", "url", "list" or "export"
    url = models.TextField(blank=True)  # of the one page; else, once it is listed, where its site lies
    is_by_rhythm = models.BooleanField(default=False)  # started by the blog's rhythm, not by a person
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    found = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)  # archived, no article, or asked not to be read
    failed = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    sources = models.JSONField(default=list)  # which lists named the articles: sitemap, feed, rest, links, hand
    is_listed = models.BooleanField(default=False)  # the pages to read stand in ImportPage
    holder_id = models.UUIDField(null=True)  # the worker's turn that is on it
    holder_number = models.BigIntegerField(null=True)  # under which it lives, see lib.presence
    turns = models.PositiveSmallIntegerField(default=0)  # taken since the last page that was settled
    beat_at = models.DateTimeField(null=True)  # when that turn was last heard of
    turn_at = models.DateTimeField(null=True)  # when that turn began to read, for the time left
    turn_done = models.PositiveIntegerField(default=0)  # what was done by then
    problems = models.JSONField(default=list)  # [{"url", "kind", "for_person"}], the first 200
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)  # a person has seen how it ended

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

    @property
    def is_active(self) -> bool:
        """Say whether it is still to do something."""
        return self.state in (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)

    @property
    def problems_by_kind(self) -> dict[str, int]:
        """Count the problems by kind."""
        return dict(Counter(problem["kind"] for problem in self.problems))


class BlogList(TenantModel):
    """A list of a blog, as a sitemap or feed, as it was last read: what is unchanged is not read again."""

    blog = TenantForeignKey(Blog, models.CASCADE, related_name="lists")
    url = models.TextField()
    etag = models.CharField(max_length=500, blank=True)  # validators of the body that was read
    last_modified = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64)  # sha256 of that body
    found = models.BinaryField()  # what was read, see articles.remembering

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "blog", "url"], name="blog_list_once"),
        ]


class ImportPage(TenantModel):
    """One page an import is to read, and what became of it: how an import goes on after a crash, and its report."""

    run = TenantForeignKey(ImportRun, models.CASCADE, related_name="pages")
    position = models.PositiveIntegerField()
    address_key = models.TextField()
    url = models.TextField()
    evidence = models.JSONField(default=list)
    item = models.JSONField(null=True)  # what a feed says of it; dropped once read
    mark = models.CharField(max_length=120, blank=True)  # becomes the article's list_mark
    state = models.CharField(
        max_length=10, default="waiting"
    )  # waiting, article, unchanged, maybe, skipped, gone, failed
    note = models.TextField(blank=True)  # why, for a person
    article = TenantForeignKey(Article, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "run", "address_key"], name="import_page_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "run", "state", "position"], name="import_page_next"),
        ]
