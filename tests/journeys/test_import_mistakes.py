"""Imports that go wrong at the door: the form stays open with what was typed, and what came of it can be removed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from petra.articles.models import Article, Blog, ImportRun, RunState
from petra.tenancy import scope
from petra.web.testing import Live
from petra.web.tests import words_rows
from petra.web.tests.page_rows import furnish
from tests.journeys.conftest import Opener, axe_problems

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_a_wrong_address_stays_in_its_form_and_its_blog_can_go(
    live: Live, open_page: Opener, width: int, theme: str
) -> None:
    with scope.workspace(live.people.workspace.pk):
        furnish(live.people.workspace)
        wrong = Blog.objects.create(address="https://tabel.example", name="A very long name of a blog, " * 4)
        ImportRun.objects.create(blog=wrong, state=RunState.FAILED, error="This address could not be reached.")
    page = open_page(width=width, theme=theme, touch=width < 500, bypass_policy=True, expects=("422",))
    page.goto("/articles")
    page.get_by_role("button", name="Import", exact=True).click()
    field = page.get_by_label("Address", exact=True)
    field.fill("ftp://table.example/x")
    page.get_by_role("button", name="Import articles").click()
    expect(field).to_be_visible()
    expect(field).to_have_value("ftp://table.example/x")
    expect(field).to_be_focused()
    expect(page.get_by_text("Only addresses that start with http:// or https:// can be read.")).to_be_visible()
    assert axe_problems(page) == []

    page.get_by_role("button", name="Known blogs").click()
    sources = page.locator("#sources")
    expect(sources.get_by_role("button", name="Remove")).to_have_count(1)
    assert sources.evaluate("(box) => box.scrollWidth <= box.clientWidth && box.offsetWidth <= innerWidth")
    assert axe_problems(page) == []
    sources.get_by_role("button", name="Remove").click()
    expect(page.locator("#toasts")).to_contain_text("was removed")
    expect(page.locator("#sources li")).to_have_count(1)


def test_without_scripts_several_articles_are_archived(live: Live, open_page: Opener) -> None:
    with scope.workspace(live.people.workspace.pk):
        words_rows.written_pin(furnish(live.people.workspace))
    page = open_page(script=False)
    page.goto("/articles")
    for box in page.locator("[data-pick]").all():
        box.check()
    page.locator("#articles-bulk").get_by_role("button", name="Archive").click()
    expect(page.locator("#toasts")).to_contain_text("2 articles archived")
    with scope.workspace(live.people.workspace.pk):
        assert not Article.objects.filter(archived_at=None).exists()
    page.goto("/pins")
    expect(page.locator("#pins-bulk").get_by_role("button", name="Write words")).to_be_visible()
    expect(page.locator("#pins-bulk").get_by_text("selected")).to_be_hidden()


def test_with_scripts_the_bar_comes_with_the_first_choice(live: Live, open_page: Opener) -> None:
    with scope.workspace(live.people.workspace.pk):
        furnish(live.people.workspace)
    page = open_page()
    page.goto("/articles")
    expect(page.locator("#articles-bulk")).to_be_hidden()
    page.locator("[data-pick]").first.check()
    expect(page.locator("#articles-bulk")).to_be_visible()
    page.locator("#articles-bulk [data-clear]").click()
    expect(page.locator("#articles-bulk")).to_be_hidden()
