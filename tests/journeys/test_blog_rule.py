"""A blog's rule, as a person sets it: from the sources to the page and back, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from petra.articles import importing, ruling
from petra.articles.models import Blog
from petra.publishing import testing as furniture
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.web.testing import Live
from tests.journeys.conftest import Opener

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_what_becomes_of_new_articles_is_chosen_on_a_page(
    live: Live, open_page: Opener, simulator: Simulator, width: int, theme: str
) -> None:
    with scope.workspace(live.people.workspace.pk):
        importing.add_blog("https://oak.example/")
        furniture.connect(simulator.accounts(1, boards=3, is_unlimited=True)[0], network="pinterest")
    page = open_page(live.people.alice, width=width, theme=theme)
    page.goto("/articles")
    if width > 1000:
        page.get_by_role("button", name="Sources").click()
        expect(page.locator("#sources")).to_contain_text("New articles make no pins by themselves.")
        page.locator("#sources").get_by_role("link", name="Change").click()
    else:
        page.goto(page.locator("#sources a.link").get_attribute("href") or "")
    page.get_by_label("Pins on the calendar").focus()
    page.keyboard.press("Space")
    page.get_by_label("Of each article").select_option("2")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("body")).to_contain_text("Each new article makes 2 pins in the next free slots.")
    with scope.workspace(live.people.workspace.pk):
        rule = ruling.rule_of(Blog.objects.get())
    assert rule is not None and (rule.pins, rule.is_planned, len(rule.target_ids)) == (2, True, 1)
