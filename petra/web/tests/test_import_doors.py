"""Imports as a stranger meets them: wrong addresses, lines that tell what came, pages in doubt, blogs by mistake."""

from __future__ import annotations

import random
import string
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conftest import People
from petra.articles import importing, removing, turn
from petra.articles.importing import BlogRemoved
from petra.articles.models import Article, Blog, ImportPage, ImportRun, RunState
from petra.lib import clock
from petra.tenancy import scope
from petra.web.articles import import_lines
from petra.web.tests.page_rows import House, furnish


@pytest.fixture
def house(people: People) -> House:
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        return furnish(people.workspace)


@pytest.fixture
def browser(people: People, browser_of: Any) -> Client:
    found: Client = browser_of(people.alice)
    return found


def words(answer: Any) -> str:
    text: str = unescape(answer.content.decode())
    return text


@pytest.mark.parametrize(
    ("door", "field", "form"),
    [
        ("import_blog", "address", "add-blog"),
        ("import_url", "address", "add-url"),
        ("import_list", "addresses", "add-list"),
    ],
)
def test_what_was_typed_stays_beside_the_reason(browser: Client, door: str, field: str, form: str) -> None:
    for typed in ('ftp://table.example/x?a=1&b="2"<i>', "file:///etc/passwd", "🍞", "  "):
        answer = browser.post(reverse(door), {field: typed})
        assert answer.status_code == 422
        page = words(answer)
        assert f'id="{form}" popover data-opened' in page and page.count("data-opened") == 1
        assert page.count('class="field-error"') == 1 and 'aria-invalid="true"' in page
        assert (typed in page or typed.isspace()) and "<i>" not in answer.content.decode()
    assert browser.get(reverse(door)).headers["Location"] == reverse("articles"), "after signing in on the way, say"


def test_a_page_goes_to_the_blog_of_its_site(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        ImportRun.objects.update(state=RunState.DONE)
        Blog.objects.create(address="https://another.example", name="A first in the list")
    browser.post(reverse("import_url"), {"address": "https://www.table.example/later", "blog": ""})
    browser.post(reverse("import_url"), {"address": "elsewhere.example/page", "blog": ""})
    with scope.workspace(people.workspace.pk):
        came = {run.url: run.blog.address for run in ImportRun.objects.filter(kind="url").select_related("blog")}
    assert came == {
        "https://www.table.example/later": "https://table.example",
        "https://elsewhere.example/page": "https://elsewhere.example/",
    }


def test_a_line_says_when_nothing_came(people: People, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        running, now = ImportRun.objects.get(), clock.now()
        ended: list[dict[str, Any]] = [
            {"state": RunState.FAILED, "error": "This address could not be reached."},
            {"state": RunState.DONE, "found": 3, "done": 3, "skipped": 2, "failed": 1},
            {"state": RunState.DONE, "kind": "url", "found": 1, "done": 1, "new": 1},
            {"state": RunState.PAUSED},
        ]
        for number, fields in enumerate(ended):
            blog = Blog.objects.create(address=f"https://n{number}.example", name=f"n{number}")
            ImportRun.objects.create(blog=blog, finished_at=now, **fields)
        lines = import_lines.lines(now=now)
    assert [line.can_pause or line.can_resume for line in lines] == [True, True, False, False, False], "those on top"
    said = {line.title: (line.progress, line.has_pages, line.status.key) for line in lines if line.id != running.pk}
    assert said == {
        "n0 was not imported": ("", False, "failed"),
        "No new article came from n1": ("", True, "attention"),
        "A page of n2 is imported": ("1 new, 0 changed", True, "published"),
        "n3, paused": ("", False, "paused"),
    }


def test_a_line_does_not_say_200_where_there_were_more(people: People, house: House) -> None:
    one = {"url": "https://table.example/x", "kind": "http-410", "for_person": "The site answered 410 for this page."}
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.get()
        run.failed, run.problems = 1_000, [one] * turn.MAX_PROBLEMS
        assert import_lines.line(run, now=clock.now()).problems == ["200+ × The site answered 410 for this page"]
        run.problems = [one] * 3
        assert import_lines.line(run, now=clock.now()).problems == ["3 × The site answered 410 for this page"]


def test_pages_in_doubt_are_imported_when_a_person_says_so(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.get()
        pages = [
            ImportPage.objects.create(
                run=run, position=n, address_key=f"table.example/p{n}", url=f"https://table.example/p{n}",
                state="maybe" if n else "skipped", note="Does not look like an article.",
            )
            for n in range(4)
        ]  # fmt: skip
    address, take = reverse("import_details", args=[run.pk]), reverse("import_change", args=[run.pk, "take"])
    assert "do not look like articles" not in words(browser.get(address)), "while it runs they are not settled"
    with scope.workspace(people.workspace.pk):
        ImportRun.objects.update(state=RunState.DONE)
    assert "Import all 3" in words(browser.get(address)) and words(browser.get(address)).count('name="page"') == 3
    browser.post(take, {"page": str(pages[1].pk)})
    assert _asked(people) == [["https://table.example/p1"]]
    assert "running already" in words(browser.post(take, follow=True)), "one import of a blog at a time"
    with scope.workspace(people.workspace.pk):
        ImportRun.objects.update(state=RunState.DONE)
    browser.post(take)
    assert _asked(people)[-1] == [f"https://table.example/p{n}" for n in (1, 2, 3)]
    assert browser.post(take, {"page": str(run.pk)}).status_code == 404


def _asked(people: People) -> list[list[str]]:
    with scope.workspace(people.workspace.pk):
        runs = ImportRun.objects.filter(kind="list").order_by("created_at")
        return [list(run.pages.order_by("position").values_list("url", flat=True)) for run in runs]


def test_a_blog_added_by_mistake_is_removed_and_one_with_articles_stays(
    people: People, browser: Client, house: House, browser_of: Any
) -> None:
    with scope.workspace(people.workspace.pk):
        wrong = importing.add_blog("tabel.example")
        run = importing.start_import(wrong)
    remove = reverse("blog_remove", args=[wrong.pk])
    page = words(browser.get(reverse("articles")))
    assert remove in page and reverse("blog_remove", args=[house.blog.pk]) not in page
    assert "under way" in words(browser.post(remove, follow=True))
    with scope.workspace(people.workspace.pk):
        importing.stop_import(run)
    assert "has articles" in words(browser.post(reverse("blog_remove", args=[house.blog.pk]), follow=True))
    assert browser_of(people.charlie).post(remove).status_code == 404
    assert "tabel.example was removed" in words(browser.post(remove, follow=True))
    assert "tabel.example was removed" in words(browser.get(reverse("activity")))
    with scope.workspace(people.workspace.pk):
        assert [blog.pk for blog in Blog.objects.all()] == [house.blog.pk]
    assert browser.post(remove).status_code == 404


def test_who_was_a_moment_too_late_for_a_blog_is_told_so(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        wrong = importing.add_blog("tabel.example")
        seen_by_another = Blog.objects.get(pk=wrong.pk)
        removing.remove_blog(wrong)
        with pytest.raises(BlogRemoved):
            importing.start_import(seen_by_another)
        with pytest.raises(BlogRemoved):
            removing.remove_blog(seen_by_another)
        assert importing.start_by_rhythm(seen_by_another) is None


def test_a_line_that_no_database_holds_is_told_without_it(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        ImportRun.objects.update(state=RunState.DONE)
    lines = "https://table.example/rye-bread-for-all/\nhttp://\x00x/"
    assert browser.post(reverse("import_list"), {"addresses": lines}).status_code == 302
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.get(kind="list")
        assert [one["url"] for one in run.problems] == ["http://x/"]


def test_an_address_too_long_to_be_a_blogs_is_refused_in_a_sentence(people: People, browser: Client) -> None:
    dice = random.Random(1)
    typed = "https://long.example/" + "".join(dice.choice(string.ascii_letters) for _ in range(3_500))
    answer = browser.post(reverse("import_blog"), {"address": typed})
    assert answer.status_code == 422 and "too long" in words(answer)
    assert browser.post(reverse("import_url"), {"address": typed}).status_code == 302, "one page may be"


def test_a_busy_blog_holds_up_no_other(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        other = Blog.objects.create(address="https://other.example/", name="The Other Table")
        fields = {"address_key": "other.example/x", "url": "https://other.example/x", "title": "X"}
        chosen = [house.article, Article.objects.create(blog=other, **fields)]
    answer = browser.post(reverse("articles_bulk"), {"act": "again", "article": [str(one.pk) for one in chosen]})
    assert answer.status_code == 302
    with scope.workspace(people.workspace.pk):
        assert ImportRun.objects.filter(blog=other, kind="list").exists()
    assert "The Slow Table: An import of this blog is running already" in words(browser.get(reverse("articles")))


def test_of_many_lines_that_are_no_addresses_none_is_lost(people: People, browser: Client) -> None:
    lines = ["https://bread.example/rye-bread/", *(f"ftp://bread.example/{number}" for number in range(1_000))]
    browser.post(reverse("import_list"), {"addresses": "\n".join(lines)})
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.get()
        assert run.found == 1 and len(run.problems) <= 200
    details = words(browser.get(reverse("import_details", args=[run.pk])))
    assert "ftp://bread.example/0" in details and "900 further lines" in details
    assert "900 further lines" in browser.get(reverse("import_report", args=[run.pk])).content.decode()
