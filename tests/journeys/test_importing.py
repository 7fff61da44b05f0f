"""Importing, as a person sees it: live progress, pause and resume, a broken page explained, an edit not overwritten."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from petra.articles.models import Article, ImportRun
from petra.articles.tests.blog_server import WORDS, BlogServer, serving
from petra.articles.tests.blog_server import Page as BlogPage
from petra.tenancy import scope
from petra.web.testing import Live
from tests.journeys.conftest import Opener

PATIENCE_MS = 45_000
PATHS = [f"/2025/03/{day:02}/a-loaf-for-day-{day}/" for day in range(1, 15)]
BROKEN, EDITED = PATHS[3], PATHS[0]

pytestmark = pytest.mark.browser


@pytest.fixture
def blog() -> Iterator[BlogServer]:
    with serving() as server:
        for day, path in enumerate(PATHS, 1):
            server.add_article(
                path, f"Loaf of day {day}", text=f"On day {day} we baked. {WORDS}", day=f"2025-03-{day:02}"
            )
        server.pages[BROKEN] = BlogPage(b"<title>Not found</title>", status=404)
        server.list_articles(*PATHS)
        yield server


def start(page: Page, blog: BlogServer) -> None:
    page.goto("/articles")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_label("Address", exact=True).fill(blog.home)
    page.get_by_role("button", name="Import articles").click()
    page.evaluate("window.petraSameDocument = true")


def done(live: Live) -> int:
    with scope.workspace(live.people.workspace.pk):
        return int(ImportRun.objects.latest("created_at").done)


def pause_and_go_on(page: Page, live: Live) -> None:
    line = page.locator(".import-line")
    expect(line).to_contain_text(re.compile(r"\b[2-9] of 14"), timeout=PATIENCE_MS)
    line.get_by_role("button", name="Pause").click()
    expect(page.locator(".import-line")).to_contain_text("paused")
    page.wait_for_timeout(1500)
    before = done(live)
    page.wait_for_timeout(1500)
    assert done(live) == before < len(PATHS)
    page.locator(".import-line").get_by_role("button", name="Go on").click()
    page.evaluate("window.petraSameDocument = true")
    expect(page.locator(".import-line")).to_contain_text("is imported", timeout=PATIENCE_MS)
    assert page.evaluate("window.petraSameDocument") is True, "it ended while one watched"
    expect(page.locator("tbody tr")).to_have_count(len(PATHS) - 1)


def read_what_went_wrong(page: Page) -> None:
    expect(page.locator(".import-line")).to_contain_text("1 × The site answered 404 for this page")
    page.locator(".import-line").get_by_role("link", name="Details").click()
    expect(page.get_by_text("The site answered 404 for this page.").first).to_be_visible()
    expect(page.get_by_text(BROKEN).locator("visible=true").first).to_be_visible()
    with page.expect_download() as report:
        page.get_by_role("link", name="Report (CSV)").click()
    text = report.value.path().read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) == len(PATHS) + 1 and "Page is gone" in text


def edit(page: Page, live: Live) -> str:
    with scope.workspace(live.people.workspace.pk):
        article = Article.objects.get(title="Loaf of day 1")
    address = f"/articles/{article.pk}"
    page.goto(address)
    page.locator("summary", has_text="Edit").click()
    page.get_by_label("Title").fill("My own title")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#art-preview")).to_contain_text("My own title")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="My own title", level=1)).to_be_visible()
    return address


def import_again(page: Page) -> None:
    page.goto("/articles")
    page.get_by_role("button", name="Sources").click()
    page.locator("#sources").get_by_role("button", name="Import again").click()
    expect(page.locator(".import-line")).to_contain_text("0 new, 1 changed", timeout=PATIENCE_MS)


def test_an_import_is_watched_paused_explained_and_overwrites_no_edit(
    live: Live, open_page: Opener, blog: BlogServer
) -> None:
    live.environment["PETRA_IMPORT_GAP_S"] = "0.4"
    live.start_worker()
    page = open_page()
    start(page, blog)
    pause_and_go_on(page, live)
    read_what_went_wrong(page)
    address = edit(page, live)

    blog.add_article(EDITED, "The blog's new title", text=f"The blog says something else now. {WORDS}")
    import_again(page)
    page.goto(address)
    expect(page.get_by_role("heading", name="My own title", level=1)).to_be_visible()
    expect(page.get_by_text("The blog changed this article after you edited it")).to_be_visible()
    page.get_by_role("button", name="Take the new text").click()
    expect(page.get_by_role("heading", name="The blog's new title", level=1)).to_be_visible()
