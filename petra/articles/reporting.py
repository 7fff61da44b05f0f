"""What an import's report says of each page, and of all of them together. Called by `turn`, inside its scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db import connection
from django.db.models.functions import MD5, Left

from petra.articles import listing
from petra.articles.models import ImportPage, ImportRun
from petra.articles.recording import Outcome
from petra.articles.site.candidates import Trouble
from petra.articles.site.reading import Done
from petra.articles.site.sitewide import ONE_TEXT, has_one_text

_COMPARED_CHARS = 5_000
_COUNTERS = {"new": "new", "changed": "changed", "unchanged": "unchanged", "known": "unchanged", "gone": "failed",
             "failed": "failed", "maybe": "skipped", "skipped": "skipped", "archived": "skipped"}  # fmt: skip
_STATES = {"new": "article", "changed": "article", "known": "unchanged", "archived": "skipped"}
_NOTES = {"maybe": "Does not look like an article.", "archived": listing.ARCHIVED_NOTE, "known": "It is there already."}


def write_pages(done: Sequence[Done], outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Write what became of some pages, and count it by the run's counters."""
    rows = [
        (one.ticket.pk, _STATES.get(outcome.kind, outcome.kind), _note(one, outcome), outcome.article_id)
        for one, outcome in zip(done, outcomes, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "update articles_importpage p set state = x.state, note = x.note, article_id = x.article_id, item = null"
            " from unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[]) as x(id, state, note, article_id)"
            " where p.id = x.id",
            [list(column) for column in zip(*rows, strict=True)],
        )
    return Counter(_COUNTERS[outcome.kind] for outcome in outcomes)


def _note(done: Done, outcome: Outcome) -> str:
    return done.read.trouble.for_person if done.read.trouble else _NOTES.get(outcome.kind, "")


def one_text(run: ImportRun, address: str) -> list[Trouble]:
    """Say so where most of the pages that an import read hold one text: then they are hardly articles."""
    if not run.new and not run.changed:
        return []
    read = ImportPage.objects.filter(run=run, article__isnull=False, state__in=["article", "unchanged"])
    # No text, no digest: those are pages for members, or pictures alone.
    texts = read.exclude(article__text="").annotate(digest=MD5(Left("article__text", _COMPARED_CHARS)))
    is_one = has_one_text(texts.values_list("digest", flat=True).iterator())
    return [Trouble(address, "one-text", ONE_TEXT)] if is_one else []
