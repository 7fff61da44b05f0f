"""The live stream opens whatever the network does to a page's scripts and first requests."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, Route, expect

from petra.articles import editing
from petra.articles.models import Article
from petra.lib import clock
from petra.tenancy import scope, workspaces
from petra.web.testing import Live
from petra.web.tests.page_rows import furnish
from tests.journeys.conftest import Opener

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def house(live: Live) -> None:
    with scope.workspace(live.people.workspace.pk):
        workspaces.set_onboarding_step(live.people.workspace, "done")


def test_a_script_that_comes_late_does_not_cost_the_stream(page: Page) -> None:
    def late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.route("**/hx-sse*.js", late)
    with page.expect_response("**/events?*"):
        page.goto("/calendar")


def test_a_stream_refused_at_first_is_asked_for_again(open_page: Opener) -> None:
    page = open_page(expects=("503",))
    refused: list[str] = []

    def refuse_twice(route: Route) -> None:
        if len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(status=503, body="not now")
        else:
            route.continue_()

    page.route("**/events?*", refuse_twice)
    with page.expect_response(lambda answer: "/events?" in answer.url and answer.ok, timeout=15_000):
        page.goto("/calendar")
    assert len(refused) == 2
    expect(page.locator("#toasts petra-toast")).to_have_count(0)


def test_an_edit_one_has_open_is_not_touched_by_news(live: Live, open_page: Opener) -> None:
    with scope.workspace(live.people.workspace.pk):
        article = furnish(live.people.workspace).article
    page = open_page(expects=("409",))
    address = f"/articles/{article.pk}"
    with page.expect_response("**/events?*"):
        page.goto(address)
    page.locator("summary", has_text="Edit").click()
    page.get_by_label("Title").fill("My own title")
    with page.expect_response(f"**{address}"), scope.workspace(live.people.workspace.pk):
        editing.edit_article(article, title="What bob wrote", actor_id=live.people.bob.pk)
        Article.objects.filter(pk=article.pk).update(title="What the blog says now", changed_at=clock.now())
    expect(page.get_by_role("heading", name="The blog changed this article after you edited it")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("My own title")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Someone edited this article meanwhile")
    expect(page.get_by_label("Title")).to_have_value("My own title")
