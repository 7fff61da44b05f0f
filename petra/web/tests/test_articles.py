"""The articles' pages: found, filtered and ordered; edited and compared; imports explained page by page."""

from __future__ import annotations

import csv
from datetime import timedelta
from html import unescape
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conftest import People
from petra.accounts.models import Target
from petra.articles import ruling
from petra.articles.models import Article, Blog, ImportPage, ImportRun, Rhythm, RunState
from petra.articles.tests.test_sources import export, post
from petra.lib import clock
from petra.tenancy import scope
from petra.web.articles import imports
from petra.web.tests.page_rows import House, furnish


@pytest.fixture
def house(people: People) -> House:
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        return furnish(people.workspace)


@pytest.fixture
def browser(people: People, browser_of: Any) -> Client:
    found: Client = browser_of(people.alice)
    return found


def says(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    words: str = unescape(answer.content.decode())
    return words


def change(people: People, article: Article, **fields: object) -> Article:
    with scope.workspace(people.workspace.pk):
        Article.objects.filter(pk=article.pk).update(**fields)
        found: Article = Article.objects.get(pk=article.pk)
        return found


def listed(browser: Client, people: People, **query: str) -> list[str]:
    page = says(browser.get(reverse("articles"), query))
    with scope.workspace(people.workspace.pk):
        return [one.title for one in Article.objects.order_by("pk") if f'id="article-{one.pk}"' in page]


def test_words_are_found_in_german_and_english(people: People, browser: Client, house: House) -> None:
    change(people, house.article, language="de", text="Wir backen Kuchen in den Häusern der Nachbarn.")
    assert listed(browser, people, q="Kuchen backen") == [house.article.title]
    assert listed(browser, people, q="Haus") == [house.article.title], "in its stem"
    assert listed(browser, people, q="herring") == [] and listed(browser, people, q="mis") == [house.article.title]
    assert listed(browser, people, q="foam") == ["A note on salt"], "foams, in English"
    assert listed(browser, people, q="table.example/2") == ["A note on salt"]
    for odd in ("'", "a & | !", '"', ":*", "-", "\\", "<->", "x" * 500):
        listed(browser, people, q=odd)


def test_the_list_is_filtered_and_ordered(people: People, browser: Client, house: House) -> None:
    change(people, house.article, tags=["Fish", "Dinner"], gone_at=clock.now())
    assert listed(browser, people, tag="Fish") == [house.article.title]
    assert listed(browser, people, show="gone") == [house.article.title]
    assert listed(browser, people, show="changed") == [] and len(listed(browser, people, show="no-pins")) >= 1
    for sort in ("newest", "oldest", "title", "pins", "read", "nonsense"):
        assert len(listed(browser, people, sort=sort)) == 2
    assert "Page is gone" in says(browser.get(reverse("articles")))


def test_a_search_within_one_blog_finds_what_another_would_crowd_out(
    people: People, browser: Client, house: House
) -> None:
    with scope.workspace(people.workspace.pk):
        other = Blog.objects.create(address="https://loaf.example", name="Loaf")
        Article.objects.bulk_create(
            Article(blog=other, address_key=f"loaf.example/{n}", url=f"https://loaf.example/{n}", title=f"Salt {n}",
                    language="en", published_at=clock.now())
            for n in range(2_100)
        )  # fmt: skip
    assert listed(browser, people, q="salt", blog=str(house.blog.pk)) == [house.article.title, "A note on salt"]
    assert "of 2102" in says(browser.get(reverse("articles"), {"q": "salt"}))


def test_titles_are_ordered_as_they_are_shown(people: People, browser: Client, house: House) -> None:
    change(people, house.article, title="Zwieback", edited_title="a bread of two bakings")
    page = says(browser.get(reverse("articles"), {"sort": "title"}))
    assert page.index("A note on salt") > page.index("a bread of two bakings")


@pytest.mark.parametrize("sort", ["newest", "oldest", "pins"])
def test_articles_whose_day_nobody_knows_come_last(people: People, browser: Client, house: House, sort: str) -> None:
    change(people, house.article, title="Of no day", published_at=None)
    page = says(browser.get(reverse("articles"), {"sort": sort}))
    assert page.index("A note on salt") < page.index("Of no day")


def test_several_are_archived_and_restored_at_once(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        ids = [str(pk) for pk in Article.objects.values_list("pk", flat=True)]
    browser.post(reverse("articles_bulk"), {"act": "archive", "article": ids, "back": "/articles?show=gone"})
    assert listed(browser, people) == [] and len(listed(browser, people, show="archived")) == 2
    browser.post(reverse("articles_bulk"), {"act": "restore", "article": ids[:1], "back": "https://evil.example/"})
    assert len(listed(browser, people)) == 1
    assert browser.post(reverse("articles_bulk"), {"act": "burn", "article": ids}).status_code == 404
    with scope.workspace(people.workspace.pk):
        ImportRun.objects.update(state=RunState.DONE)
    browser.post(reverse("articles_bulk"), {"act": "again", "article": ids})
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.order_by("-created_at").first()
        assert run is not None and run.kind == "list" and (run.found, run.skipped) == (2, 1)


def test_what_the_blog_changed_after_an_edit_is_shown_beside_it(people: People, browser: Client, house: House) -> None:
    address = reverse("article", args=[house.article.pk])
    browser.post(reverse("article_edit", args=[house.article.pk]), {"title": "Mine", "text": house.article.text})
    edited = change(people, house.article, title="Theirs now", changed_at=clock.now() + timedelta(seconds=5))
    assert edited.edited_title == "Mine" and edited.edited_text == "", "the page's own words are no edit"
    page = says(browser.get(address))
    assert "Take the new text" in page and "Theirs now" in page and "Mine" in page
    assert listed(browser, people, show="changed") == ["Theirs now"]
    change(people, house.article, edited_at=clock.now() + timedelta(seconds=9))
    assert "Take the new text" not in says(browser.get(address)), "the person kept their own"
    change(people, house.article, edited_at=clock.now() - timedelta(seconds=9))
    browser.post(reverse("article_change", args=[house.article.pk, "take"]))
    assert "Theirs now" in says(browser.get(address)) and "Mine" not in says(browser.get(address))


def test_an_edit_can_be_looked_at_before_it_is_saved(people: People, browser: Client, house: House) -> None:
    address = reverse("article_edit", args=[house.article.pk])
    text = "One line.\n\n<script>alert(1)</script>"
    answer = browser.post(address, {"act": "preview", "title": "Soon", "text": text})
    assert "<p>One line.</p>" in answer.content.decode() and "<script>" not in answer.content.decode()
    assert change(people, house.article).edited_title == ""


def test_a_report_tells_every_page_and_is_harmless(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.get()
        Article.objects.filter(pk=house.article.pk).update(title='=HYPERLINK("http://evil.example")')
        for number, (state, article) in enumerate([("article", house.article), ("gone", None), ("maybe", None)]):
            ImportPage.objects.create(
                run=run, position=number, address_key=f"k{number}", url=f"https://table.example/{number}",
                state=state, note="" if article else "The site answered 404 for this page.", article=article,
            )  # fmt: skip
    answer = browser.get(reverse("import_report", args=[run.pk]))
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[1] for row in rows] == ["Outcome", "Imported", "Page is gone", "No article"]
    assert rows[1][2].startswith("'=HYPERLINK") and "404" in rows[2][3]
    assert imports.harmless("-1") == "'-1" and imports.harmless("plain") == "plain"
    details = says(browser.get(reverse("import_details", args=[run.pk])))
    assert "1 ×" in details and "404" in details and "Page is gone" in details
    assert "HYPERLINK" in says(browser.get(reverse("import_details", args=[run.pk]), {"state": "article"}))


def test_a_list_and_an_export_start_imports(people: People, browser: Client) -> None:
    browser.post(reverse("import_list"), {"addresses": "https://loaf.example/a\nhttps://loaf.example/b\n"})
    file = export(post(1))
    file.name = "export.xml"
    browser.post(reverse("import_export"), {"export": file})
    with scope.workspace(people.workspace.pk):
        runs = {run.kind: (run.found, run.blog.address) for run in ImportRun.objects.select_related("blog")}
    assert runs == {"list": (2, "https://loaf.example/"), "export": (1, "https://bread.example/")}
    nonsense = BytesIO(b"\x89PNG")
    nonsense.name = "x.png"
    browser.post(reverse("import_export"), {"export": nonsense})
    assert "no WordPress export" in says(browser.get(reverse("articles")))
    browser.post(reverse("import_export"))
    assert "Give at least one address" in browser.post(reverse("import_list"), {"addresses": ""}).content.decode()


def test_a_blogs_rhythm_is_set_on_the_page(people: People, browser: Client, house: House) -> None:
    address = reverse("blog_rhythm", args=[house.blog.pk])
    browser.post(address, {"rhythm": "daily", "hour": "05"})
    with scope.workspace(people.workspace.pk):
        blog = Blog.objects.get()
    assert (blog.rhythm, blog.quiet_hour) == (Rhythm.DAILY, 5) and blog.next_import_at is not None
    assert "Next look" in says(browser.get(reverse("articles")))
    for odd in ({"rhythm": "hourly"}, {}, {"rhythm": "weekly", "hour": "x" * 50}):
        browser.post(address, odd)
    with scope.workspace(people.workspace.pk):
        assert Blog.objects.get().quiet_hour == 5


def test_one_article_is_imported_again(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        ImportRun.objects.update(state=RunState.DONE)
    browser.post(reverse("article_change", args=[house.article.pk, "again"]))
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.order_by("-created_at").first()
        assert run is not None and (run.kind, run.url) == ("url", house.article.url)
    browser.post(reverse("article_change", args=[house.article.pk, "again"]))
    assert "running already" in says(browser.get(reverse("articles")))


def test_what_becomes_of_new_articles_is_set_on_a_page_of_its_own(
    people: People, browser: Client, house: House
) -> None:
    address = reverse("blog_rule", args=[house.blog.pk])
    page = says(browser.get(address))
    assert "Pins to approve" in page and 'name="target"' in page
    with scope.workspace(people.workspace.pk):
        target = Target.objects.filter(gone_at=None).order_by("name")[0]
    browser.post(address, {"way": "plan", "pins": "2", "target": [str(target.pk)], "first": "on"})
    with scope.workspace(people.workspace.pk):
        rule = ruling.rule_of(Blog.objects.get(pk=house.blog.pk))
    assert rule == ruling.Rule(2, [target.pk], is_planned=True, has_first=True)
    assert "makes 2 pins in the next free slots" in says(browser.get(reverse("articles")))
    for odd in ({"way": "plan"}, {"way": "all"}, {}, {"way": "draft", "pins": "999"}, {"way": "draft", "pins": "x"}):
        browser.post(address, odd)
    with scope.workspace(people.workspace.pk):
        assert ruling.rule_of(Blog.objects.get(pk=house.blog.pk)) == rule
    assert browser.post(address, {"way": "draft", "target": str(house.blog.pk)}).status_code == 404
    browser.post(address, {"way": "off"})
    assert "no pins by themselves" in says(browser.get(reverse("articles")))


def test_two_people_edit_one_article_and_neither_loses_words(people: People, browser: Client, house: House) -> None:
    address = reverse("article_edit", args=[house.article.pk])
    mine = {"title": "Mine", "text": "My words.", "seen": ""}
    assert browser.post(address, {"title": "Theirs", "text": "Their words.", "seen": ""}).status_code == 302
    late = browser.post(address, mine)
    page = unescape(late.content.decode())
    assert late.status_code == 409 and "Someone edited this article meanwhile" in page
    assert 'value="Mine"' in page and "My words.</textarea>" in page and "Their words.</p>" in page
    again = page.partition('name="seen" value="')[2].partition('"')[0]
    assert browser.post(address, {**mine, "seen": again}).status_code == 302
    assert change(people, house.article).shown_title == "Mine"
    assert browser.get(address).status_code == 302


def test_words_that_are_no_articles_are_not_kept(people: People, browser: Client, house: House) -> None:
    address = reverse("article_edit", args=[house.article.pk])
    for typed in ({"title": "t" * 1_001, "text": "Short."}, {"title": "Short", "text": "x" * 1_000_001}):
        answer = browser.post(address, typed)
        assert answer.status_code == 422 and "A title can have 1,000 characters" in answer.content.decode()
    assert not change(people, house.article).is_edited


def test_an_edit_does_not_hide_what_an_import_brought_meanwhile(people: People, browser: Client, house: House) -> None:
    address = reverse("article", args=[house.article.pk])
    seen = says(browser.get(address)).partition('name="seen" value="')[2].partition('"')[0]
    change(people, house.article, text="The blog corrected itself.", changed_at=clock.now())
    typed = {"title": "Mine", "text": house.article.text, "seen": seen}
    answer = browser.post(reverse("article_edit", args=[house.article.pk]), typed)
    page = unescape(answer.content.decode())
    assert answer.status_code == 409 and "The blog changed this article meanwhile" in page
    assert 'value="Mine"' in page and "The blog corrected itself.</p>" in page
    again = page.partition('name="seen" value="')[2].partition('"')[0]
    mine = {"title": "Mine", "text": "The blog corrected itself.", "seen": again}
    assert browser.post(reverse("article_edit", args=[house.article.pk]), mine).status_code == 302
    assert change(people, house.article).edited_text == ""
