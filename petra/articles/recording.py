"""Writes what was read into the rows of a blog's articles, a batch at a time. Called by `turn`, inside its scope.

Never touches what a person edited, never brings an archived article back, and lets an article be one however many
addresses lead to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from petra.articles.identity import address_key
from petra.articles.models import Article, ArticleImage, Blog
from petra.articles.pages import doubles
from petra.articles.pages.extracted import Extracted
from petra.articles.pages.moments import instant
from petra.articles.pages.pictures import Picture
from petra.articles.pages.srcset import picture_key
from petra.articles.site.reader import Read, traits_of
from petra.lib import clock, columns, ids
from petra.webhooks import events

MAX_IMAGES = 200
MAX_ADDRESSES = 20
_CHECKED = ["read_at", "list_mark", "etag", "last_modified", "missing_since", "gone_at", "also_at", "guid", "url",
            "address_key"]  # fmt: skip
_READ = [*_CHECKED, "title", "author", "published_at", "published_as_written", "modified_at", "language", "excerpt",
         "text", "html", "tags", "categories", "sources", "translations", "is_do_not_pin", "is_walled", "digest",
         "nearness", "changed_at"]  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of one page. `kind`: new, changed, unchanged, archived, or the read's own state."""

    kind: str
    article_id: UUID | None = None


class Recorder:
    """Knows which articles a blog has, by address and by what else makes them the same. One per turn, in its scope.

    What it knows is only right while its transactions commit: throw it away with the turn.
    """

    def __init__(self, blog: Blog, *, ruled: str) -> None:
        """`ruled` is what is noted of new articles, see `ruling`."""
        self._blog = blog
        self._ruled = ruled
        self._by_key: dict[str, UUID] = {}
        self._known = doubles.Known()
        names = ("pk", "address_key", "also_at", "title", "published_as_written", "guid", "language", "nearness")
        for pk, key, others, title, written, guid, language, near in (
            Article.objects.filter(blog=blog).order_by("imported_at").values_list(*names).iterator()
        ):
            for name in (key, *others):
                self._by_key.setdefault(name, pk)
            self._known.add(pk, doubles.Traits(title, written[:10], guid, language, near))

    def article_at(self, key: str) -> UUID | None:
        """Say which article has this address."""
        return self._by_key.get(key)

    def record(self, reads: Iterable[tuple[Read, str]]) -> list[Outcome]:
        """Write a batch of (what was read, the mark its lists gave it)."""
        batch = _Batch(self._blog, clock.now(), self._ruled)
        named = [(read, mark, self._find(read)) for read, mark in reads]
        batch.load([pk for _, _, pk in named if pk is not None])
        outcomes = [self._one(batch, read, mark, pk) for read, mark, pk in named]
        batch.write()
        return outcomes

    def _find(self, read: Read) -> UUID | None:
        key = read.candidate.key
        if read.article is None:
            return self._by_key.get(key)
        own = self._by_key.get(address_key(read.article.url)) or self._by_key.get(key)
        return own or cast("UUID | None", self._known.same_as(traits_of(read.article, read.candidate)))

    def _one(self, batch: _Batch, read: Read, mark: str, pk: UUID | None) -> Outcome:
        pk = pk or self._find(read)  # an article of the same batch may be it
        article = batch.articles.get(pk) if pk is not None else None
        if article is not None and article.archived_at is not None:
            return Outcome("archived", article.pk)
        match read.state:
            case "article" if read.article is not None:
                outcome = batch.read(article, read, read.article, mark)
                self._remember(read, outcome)
                return outcome
            case "unchanged" if article is not None:
                batch.unchanged(article, mark)
            case "gone" if article is not None and article.address_key == read.candidate.key:
                batch.missing(article)
        return Outcome(read.state, article.pk if article is not None else None)

    def _remember(self, read: Read, outcome: Outcome) -> None:
        if read.article is None or outcome.article_id is None:
            return
        for key in (address_key(read.article.url), read.candidate.key):
            self._by_key.setdefault(key, outcome.article_id)
        if outcome.kind in ("new", "changed"):
            self._known.add(outcome.article_id, traits_of(read.article, read.candidate))


class _Batch:
    """The rows of one transaction."""

    def __init__(self, blog: Blog, now: datetime, ruled: str) -> None:
        self._blog = blog
        self._now = now
        self._ruled = ruled
        self.articles: dict[UUID, Article] = {}
        self._fresh: dict[UUID, Article] = {}
        self._changed: list[Article] = []
        self._checked: dict[UUID, Article] = {}
        self._images: dict[UUID, list[dict[str, Any]]] = {}  # of each article, in the form of `columns`
        self._told: list[tuple[str, Article]] = []

    def load(self, pks: list[UUID]) -> None:
        """Read the articles to write, and hold them: a person may edit meanwhile."""
        if pks:
            rows = Article.objects.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True)
            self.articles = {row.pk: row for row in rows.defer("html", "text")}

    def read(self, article: Article | None, read: Read, found: Extracted, mark: str) -> Outcome:
        """Write what was read of a page into its article, or a new one."""
        digest, is_new = found.digest, article is None
        if article is None:
            article = Article(
                blog=self._blog, address_key=address_key(found.url), imported_at=self._now, url=found.url,
                ruled=self._ruled,
            )  # fmt: skip
            self._fresh[article.pk] = article
            self.articles[article.pk] = article
        self._settle_addresses(article, address_key(found.url), found.url, read.candidate.key)
        self._check(article, mark)
        article.etag, article.last_modified = read.etag, read.last_modified
        if read.candidate.item is not None:
            article.guid = read.candidate.item.guid[:500] or article.guid
        if not is_new and article.digest == digest:
            return Outcome("unchanged", article.pk)
        _fill(article, found)
        article.digest, article.nearness = digest, found.nearness
        self._images[article.pk] = _images(article, found)
        if article.pk in self._fresh and not is_new:
            return Outcome("unchanged", article.pk)  # two addresses of one batch: the later words count
        if not is_new:
            article.changed_at = self._now
            self._changed.append(article)
        self._told.append(("article.imported" if is_new else "article.changed", article))
        return Outcome("new" if is_new else "changed", article.pk)

    def unchanged(self, article: Article, mark: str) -> None:
        """Note that the site says the page is as before."""
        self._check(article, mark)

    def missing(self, article: Article) -> None:
        """Note a 404 or 410. The second import in a row that finds one marks the article as gone; it is never deleted:
        it is the person's record.
        """
        if article.missing_since is None:
            article.missing_since = self._now
        elif article.gone_at is None:
            article.gone_at = self._now
            self._told.append(("article.gone", article))
        article.read_at = self._now
        self._checked[article.pk] = article

    def write(self) -> None:
        """Write everything in a few statements."""
        columns.insert_all(list(self._fresh.values()))
        changed = {row.pk for row in self._changed}
        for article in self._changed:
            article.save(update_fields=_READ)
        if changed:
            ArticleImage.objects.filter(article_id__in=changed).delete()
        columns.insert_rows(ArticleImage, [image for images in self._images.values() for image in images])
        only_checked = [row for pk, row in self._checked.items() if pk not in self._fresh.keys() | changed]
        if only_checked:
            Article.objects.bulk_update(only_checked, _CHECKED)
        for kind in dict.fromkeys(kind for kind, _ in self._told):
            told = [(article, {"title": article.shown_title[:300]}) for name, article in self._told if name == kind]
            events.record_all(kind, told)

    def _check(self, article: Article, mark: str) -> None:
        article.read_at, article.missing_since, article.gone_at = self._now, None, None
        article.list_mark = mark[:120] or article.list_mark
        self._checked[article.pk] = article

    def _settle_addresses(self, article: Article, own_key: str, own_url: str, read_key: str) -> None:
        """Let the article move to the address its page names, where the old one leads there or is missing."""
        former = article.address_key
        if own_key != former and (read_key == former or article.missing_since is not None):
            article.address_key, article.url = own_key, own_url
        keys = dict.fromkeys([*article.also_at, former, own_key, read_key])
        article.also_at = [key for key in keys if key != article.address_key][-MAX_ADDRESSES:]


def _fill(article: Article, found: Extracted) -> None:
    article.title = found.title
    article.author = ", ".join(found.authors)
    article.published_at = instant(found.published)
    article.published_as_written = found.published
    article.modified_at = instant(found.modified)
    article.language = found.language[:10]
    article.excerpt = found.excerpt
    article.text = found.text
    article.html = found.html
    article.tags, article.categories = found.tags, found.categories
    article.sources = found.sources
    article.translations = found.translations
    article.is_do_not_pin = found.is_do_not_pin
    article.is_walled = found.is_walled


def _images(article: Article, found: Extracted) -> list[dict[str, Any]]:
    """Give the rows of an article's pictures; the lead in the place of its smaller self, or first."""
    shown, place = list(found.pictures), -1
    if found.lead is not None:
        key = picture_key(found.lead.url)
        place = next((at for at, picture in enumerate(shown) if picture_key(picture.url) == key), -1)
        if place < 0:
            place = 0
            shown.insert(0, found.lead)
        shown[place] = found.lead
    return [_image(article, at, picture, is_lead=at == place) for at, picture in enumerate(shown[:MAX_IMAGES])]


def _image(article: Article, position: int, picture: Picture, *, is_lead: bool) -> dict[str, Any]:
    return {
        "id": ids.new_id(),
        "workspace_id": article.workspace_id,
        "article_id": article.pk,
        "position": position,
        "url": picture.url,
        "alt": picture.alt,
        "caption": picture.caption,
        "title": picture.title,
        "pin_title": picture.pin_title,
        "pin_description": picture.pin_description,
        "pin_url": picture.pin_url,
        "pin_id": picture.pin_id,
        "width_px": picture.width_px or None,
        "height_px": picture.height_px or None,
        "is_lead": is_lead,
        "is_nopin": picture.is_nopin,
    }
