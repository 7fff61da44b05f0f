"""The main job, as a person does it: from a blog's address to a pin that is seen on the network."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from petra.publishing.models import Delivery
from petra.simulator.testing import Simulator
from petra.tenancy import scope, workspaces
from petra.tenancy.models import User
from petra.web.testing import Live
from tests.journeys.conftest import Opener

PATIENCE_MS = 30_000
EMAIL = "maren@oak.example"
FIRST, THIRD = "Roasted Pumpkin Soup", "A Weekend Sourdough"

pytestmark = pytest.mark.browser


def sign_up(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/signin/signup/")
    page.get_by_label("Email").fill(EMAIL)
    page.locator("[name=password1]").fill("correct horse battery")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Add your blog")).to_be_visible()


def import_the_blog(page: Page, simulator: Simulator) -> None:
    page.get_by_label("Address of your blog").fill(f"{simulator.base}/blog/")
    page.get_by_role("button", name="Find my articles").click()
    expect(page.get_by_role("heading", name="Your articles")).to_be_visible()
    # They arrive while one watches: nothing is reloaded.
    page.evaluate("window.petraSameDocument = true")
    expect(page.get_by_text("Tulip Bulbs: Plant Them Now")).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("window.petraSameDocument") is True
    page.get_by_role("button", name="Draft the pins").click()


def connect(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Connect ")).click()
    expect(page.get_by_role("heading", name="Connect your profile")).to_be_visible()
    page.get_by_label("Petra's Kitchen").check()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Your first pins")).to_be_visible()


def plan_the_first_pins(page: Page) -> None:
    page.get_by_label("Board").select_option(label="Weeknight dinners")
    for title in (FIRST, THIRD):
        expect(page.get_by_role("link", name=re.compile(title))).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_text("1 a day").click()
    page.get_by_role("button", name="Plan them").click()
    page.wait_for_url(lambda url: "/welcome/" not in url)


def the_pin(title: str) -> Delivery:
    user = User.objects.get(email=EMAIL)
    with scope.workspace(workspaces.memberships(user.pk)[0].workspace_id):
        found: Delivery = Delivery.objects.get(post__title__startswith=title)
        return found


def move_by_mouse(page: Page) -> None:
    """Drag the third pin to the evening of its day."""
    before = the_pin(THIRD)
    page.goto(f"/calendar?day={before.due_at.date().isoformat()}")
    card = page.locator(f"#card-{before.pk}")
    evening = page.locator(f".wk-cell[data-day='{before.due_at.date().isoformat()}']").last
    card.scroll_into_view_if_needed()
    start, end = card.bounding_box(), evening.bounding_box()
    assert start is not None and end is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] - 8, steps=12)
    page.mouse.up()
    expect(page.get_by_text(re.compile("^Moved to"))).to_be_visible()
    assert the_pin(THIRD).due_at > before.due_at


def move_by_keyboard(page: Page) -> None:
    """Lift the same pin with M, choose another place with the arrows, put it down with Enter."""
    before = the_pin(THIRD)
    page.goto(f"/calendar?day={before.due_at.date().isoformat()}")
    page.locator(f"#card-{before.pk}").focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^Moved to"))).to_be_visible()
    assert the_pin(THIRD).due_at < before.due_at


def publish_now(page: Page) -> None:
    page.goto(f"/pins/{the_pin(FIRST).post_id}")
    page.wait_for_timeout(1000)  # what the move before announced has arrived
    page.locator(".publish .menu-opener").click()
    page.locator(".menu").get_by_role("button", name="Publish now").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish now").click()


def test_from_a_blogs_address_to_a_published_pin(live: Live, simulator: Simulator, open_page: Opener) -> None:
    live.start_worker()
    page = open_page()
    sign_up(page)
    import_the_blog(page, simulator)
    connect(page)
    plan_the_first_pins(page)
    move_by_mouse(page)
    move_by_keyboard(page)

    publish_now(page)
    page.evaluate("window.petraSameDocument = true")
    seen = page.locator(".publish").get_by_role("link", name=re.compile("^View on "))
    expect(seen).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("window.petraSameDocument") is True, "it turned published without reloading"

    there = seen.get_attribute("href")
    assert there is not None and there.startswith(f"{simulator.base}/pin/")
    page.goto(there)
    expect(page.get_by_role("heading", name=re.compile(FIRST)).first).to_be_visible()
    assert len(simulator.pins()) == 1
