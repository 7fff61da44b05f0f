"""One import: pausing and ending it, and how it went, page by page, to read and to download."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from petra.articles import importing, sources
from petra.articles.models import ImportPage, ImportRun
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web.articles import import_lines
from petra.web.shell import show

MOST_SHOWN = 300
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets run (owasp.org/www-community/attacks/CSV_Injection)


@require_POST
@member_page(Role.EDITOR)
def import_change(request: MemberRequest, run_id: UUID, act: str) -> HttpResponse:
    """Pause, resume or stop an import, dismiss one that ended, or take pages as articles that did not look like any."""
    verbs: dict[str, Callable[[ImportRun], object]] = {
        "pause": importing.pause_import,
        "resume": importing.resume_import,
        "stop": importing.stop_import,
        "dismiss": importing.dismiss_import,
        "take": lambda run: _take(run, request.POST.get("page", ""), actor_id=request.actor.user.pk),
    }
    if act not in verbs:
        raise Http404
    try:
        verbs[act](access.get(ImportRun, run_id))
    except ProductError as error:
        messages.error(request, error.for_person)
        return redirect("import_details", run_id)
    return redirect("articles")


@require_safe
@member_page()
def import_details(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Show how an import went, page by page, its problems first."""
    run = access.get(ImportRun, run_id)
    state = request.GET.get("state", "")
    pages = ImportPage.objects.filter(run=run)
    shown = pages.filter(state=state) if state else pages.exclude(note="")
    counted = list(pages.values("state").annotate(n=Count("pk")).order_by("state"))
    words = state_words()
    context = {
        "line": import_lines.line(run, now=clock.now()),
        "run": run,
        "kinds": import_lines.problem_kinds(run),
        "problems": run.problems,
        "states": [
            {"key": row["state"], "word": words.get(row["state"], row["state"]), "n": row["n"]} for row in counted
        ],
        "state": state,
        "doubtful": pages.filter(state="maybe").count() if request.actor.may(Role.EDITOR) and not run.is_active else 0,
        "pages": [(page, words.get(page.state, page.state)) for page in _with_articles(shown)[:MOST_SHOWN]],
    }
    return show(request, "import.html", context, here="articles")


@require_safe
@member_page()
def import_report(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Give the whole report as a CSV file: one line a page."""
    run = access.get(ImportRun, run_id)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{run.created_at:%Y-%m-%d}.csv"'
    answer.write("\ufeff")  # so that spreadsheets read it as UTF-8
    writer = csv.writer(answer)
    writer.writerow([_("Address"), _("Outcome"), _("Title"), _("Why")])
    for row in _report_rows(run):
        writer.writerow([harmless(value) for value in row])
    return answer


def harmless(value: str) -> str:
    """Write a value so that no spreadsheet takes it for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def state_words() -> dict[str, str]:
    """Say what became of a page."""
    return {
        "waiting": _("Waiting"),
        "article": _("Imported"),
        "unchanged": _("As before"),
        "maybe": _("No article"),
        "skipped": _("Left out"),
        "gone": _("Page is gone"),
        "failed": _("Failed"),
    }


def _take(run: ImportRun, page_id: str, *, actor_id: UUID) -> None:
    """Import pages a person says are articles: one of them, or all that did not look like one."""
    pages = ImportPage.objects.filter(run=run, state="maybe").order_by("position")
    if page_id:
        pages = pages.filter(pk=access.get(ImportPage, page_id, run=run).pk)
    urls = pages.values_list("url", flat=True)
    sources.import_addresses("\n".join(urls), blog=run.blog, actor_id=actor_id)


def _with_articles(pages: QuerySet[Any]) -> QuerySet[Any]:
    return pages.select_related("article").defer("item", "article__text", "article__html").order_by("position")


def _report_rows(run: ImportRun) -> Iterator[tuple[str, str, str, str]]:
    words = state_words()
    for page in _with_articles(ImportPage.objects.filter(run=run)).iterator(chunk_size=500):
        title = page.article.shown_title if page.article is not None else ""
        yield page.url, words.get(page.state, page.state), title, page.note
    listed = {problem["url"] for problem in run.problems if problem["kind"] in ("list", "bad-address", "cut")}
    for problem in run.problems:
        if problem["url"] in listed:
            yield problem["url"], _("Problem"), "", problem["for_person"]
