"""Which pages an import asks for: what its lists name, less what they say is unchanged, plus what wants another look.

A page whose list gives the same mark (lastmod, or the date REST tells) as when it was read costs no request. Marks can
lie, so each import also asks again for those it has not looked at for longest, and for known articles that no list
names any more: so changes without a new date and pages that are gone are found within a few imports.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from petra.articles.models import Article, ImportPage, ImportRun, RunState
from petra.articles.site.candidates import Candidate, Discovered
from petra.lib import clock

ASKED_AGAIN = 100  # pages per import whose mark says unchanged
UNLISTED = 100  # known articles per import that no list names
TRUSTED_FOR = timedelta(days=30)  # then a mark alone is not enough
KEPT_RUNS = 3  # of a kind, whose pages are kept for their reports
ARCHIVED_NOTE = "Archived, so it is not imported again."
_DAY_CHARS = 10


@dataclass
class Listed:
    """What the list of an import comes to."""

    found: int = 0
    unchanged: int = 0
    skipped: int = 0
    is_cut: bool = False

    @property
    def done(self) -> int:
        """Count what needs no request."""
        return self.unchanged + self.skipped


@dataclass(frozen=True)
class _Row:
    """What is known of one article."""

    key: str
    url: str
    mark: str
    read_at: datetime
    is_archived: bool
    is_gone: bool
    is_missing: bool


def store(run: ImportRun, found: Discovered, *, most: int) -> Listed:
    """Write the pages to read into rows, in place of what a former turn wrote. Call inside a scope."""
    known = _known(run)
    listed, seen = Listed(), set[str]()
    rows: list[ImportPage] = []
    calm: list[tuple[_Row, Candidate]] = []
    former_maybes = _former_maybes(run) if run.kind == "blog" else {}
    wanted = found.worth_reading()
    if len(wanted) > most:  # those that are not there yet come first, or no import would ever reach them
        wanted.sort(key=lambda candidate: candidate.key in known)
    for candidate in wanted:
        row = known.get(candidate.key)
        name = row.key if row is not None else candidate.key
        if name in seen:
            continue
        seen.add(name)
        if len(rows) >= most:
            listed.is_cut = True
            break
        if row is not None and row.is_archived:
            rows.append(_page(run, candidate, state="skipped", note=ARCHIVED_NOTE))
        elif former_maybes.get(candidate.key, "") == candidate.mark != "":
            rows.append(_page(run, candidate, state="maybe", note="Does not look like an article."))
        elif row is not None and run.kind == "blog" and _is_calm(row, candidate):
            calm.append((row, candidate))
        else:
            rows.append(_page(run, candidate))
    calm.sort(key=lambda pair: pair[0].read_at)
    rows += [_page(run, candidate) for _, candidate in calm[:ASKED_AGAIN]]
    if run.kind == "blog":
        rows += [_page(run, Candidate(row.url, {"hand"})) for row in _unlisted(known.values(), seen)]
    listed.unchanged = len(calm[ASKED_AGAIN:])
    listed.skipped = sum(page.state != "waiting" for page in rows)
    listed.found = len(rows) + listed.unchanged
    for position, page in enumerate(rows):
        page.position = position
    ImportPage.objects.filter(run=run).delete()
    ImportPage.objects.bulk_create(rows, batch_size=500)
    return listed


def store_given(run: ImportRun, found: Discovered) -> None:
    """Write a list that a person gave, and note on the run that it is listed. Call inside a scope."""
    listed = store(run, found, most=len(found.candidates))
    ImportRun.objects.filter(pk=run.pk).update(
        is_listed=True, found=listed.found, done=listed.done, skipped=listed.skipped, sources=found.sources,
        problems=[asdict(trouble) for trouble in found.troubles], url=found.site.address,
    )  # fmt: skip


def forget_old_pages(run: ImportRun) -> None:
    """Take the page rows of a blog's older imports away, those of the same kind. Call inside a scope."""
    runs = ImportRun.objects.filter(blog_id=run.blog_id, kind=run.kind).order_by("-created_at")
    ImportPage.objects.filter(run_id__in=runs.values("pk")[KEPT_RUNS:]).delete()


def _page(run: ImportRun, candidate: Candidate, *, state: str = "waiting", note: str = "") -> ImportPage:
    return ImportPage(
        run=run,
        address_key=candidate.key,
        url=candidate.url,
        evidence=sorted(candidate.evidence),
        item=asdict(candidate.item) if candidate.item and state == "waiting" else None,
        mark=candidate.mark,
        state=state,
        note=note,
    )


def _known(run: ImportRun) -> dict[str, _Row]:
    """Read what the blog has, by every address that leads to it."""
    names = ("address_key", "also_at", "url", "list_mark", "read_at", "archived_at", "gone_at", "missing_since")
    found: dict[str, _Row] = {}
    for key, others, url, mark, read_at, archived, gone, missing in (
        Article.objects.filter(blog_id=run.blog_id).values_list(*names).iterator()
    ):
        row = _Row(key, url, mark, read_at, archived is not None, gone is not None, missing is not None)
        found[key] = row
        for other in others:
            found.setdefault(other, row)
    return found


def _is_calm(row: _Row, candidate: Candidate) -> bool:
    """Say whether the lists alone show that a page is as it was read."""
    if not candidate.mark or candidate.mark[:120] != row.mark or row.is_missing or row.is_gone:
        return False
    if clock.now() - row.read_at > TRUSTED_FOR:
        return False
    is_day_only = len(candidate.mark) == _DAY_CHARS
    return not (is_day_only and candidate.mark >= (row.read_at - timedelta(days=1)).date().isoformat())


def _unlisted(known: Iterable[_Row], seen: set[str]) -> list[_Row]:
    rows = {row.key: row for row in known if row.key not in seen and not (row.is_archived or row.is_gone)}
    return sorted(rows.values(), key=lambda row: row.read_at)[:UNLISTED]


def _former_maybes(run: ImportRun) -> dict[str, str]:
    """Give the marks of pages that the last whole import read and found to be no articles."""
    last = (
        ImportRun.objects.filter(blog_id=run.blog_id, kind="blog", state=RunState.DONE).order_by("-created_at").first()
    )
    if last is None:
        return {}
    return dict(ImportPage.objects.filter(run=last, state="maybe").values_list("address_key", "mark"))
