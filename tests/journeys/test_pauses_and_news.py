"""Pausing and resuming, quiet hours, and notifications, as a person sees them: live, by mouse and by keys."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from petra.accounts import budgets
from petra.accounts.budgets import Category
from petra.accounts.models import Account
from petra.accounts.testing import NETWORK
from petra.lib import clock
from petra.notifications import telling, watching
from petra.publishing import pausing, scheduling
from petra.publishing import testing as furniture
from petra.publishing.models import Delivery, State
from petra.simulator.testing import Simulator
from petra.tenancy import scope, workspaces
from petra.web.testing import Live
from petra.web.tests.calendar_rows import fill
from petra.web.tests.page_rows import House, furnish
from tests.journeys.conftest import Opener, axe_problems
from tests.journeys.test_every_page import SHOTS, THEMES, WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STOPPED = "Publishing is paused for the whole workspace."


@pytest.fixture
def house(live: Live) -> House:
    with scope.workspace(live.people.workspace.pk):
        workspaces.set_onboarding_step(live.people.workspace, "done")
        return furnish(live.people.workspace)


def bring(live: Live, house: House, state: State, *, cause: str, sentence: str) -> Delivery:
    with scope.workspace(live.people.workspace.pk):
        return house.rows.stands(house.rows.at(1, "17:10"), state, cause=cause, for_person=sentence)


def look() -> None:
    """What the worker does every minute."""
    watching.watch()
    telling.send_mails()


def test_everything_is_paused_and_goes_on_before_the_eyes_of_all(live: Live, house: House, open_page: Opener) -> None:
    boss, helper = open_page(), open_page(live.people.bob)
    helper.goto("/calendar")
    helper.evaluate("window.petraSameDocument = true")
    boss.goto("/settings")
    boss.get_by_role("button", name=re.compile("^Pause.*Everything")).click()
    expect(boss.get_by_text("Publishing is paused. What falls due waits.")).to_be_visible()
    expect(helper.get_by_text(STOPPED)).to_be_visible()
    expect(helper.locator(".pause-lines")).to_contain_text("alice")
    helper.get_by_role("button", name=re.compile("^Resume")).click()
    helper.wait_for_url(re.compile("/calendar"))
    expect(helper.get_by_text(STOPPED)).to_have_count(0)
    boss.goto("/")
    expect(boss.locator(".pause-lines")).to_have_count(0)


def test_an_account_is_paused_on_its_page_by_keys_alone(live: Live, house: House, open_page: Opener) -> None:
    page = open_page()
    page.goto(f"/accounts/{house.account.pk}")
    page.get_by_role("button", name="Pause", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".pause-lines")).to_contain_text("oakandember is paused.")
    expect(page.locator(".acc-head")).to_contain_text("Paused")
    page.goto("/")
    expect(page.locator(".pause-lines")).to_contain_text("oakandember is paused.")
    page.get_by_role("button", name=re.compile("^Resume")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("oakandember goes on.")).to_be_visible()
    with scope.workspace(live.people.workspace.pk):
        assert pausing.paused_ids() == set()


def test_what_falls_due_in_a_pause_waits_in_sight_and_goes_out_after_it(
    live: Live, simulator: Simulator, open_page: Opener
) -> None:
    live.start_worker()
    with scope.workspace(live.people.workspace.pk, actor_id=live.people.bob.pk):
        account = furniture.connect(simulator.accounts(1, prefix="oak")[0], network=NETWORK)
        pausing.pause(account)
        post = furniture.ready_post(furniture.picture(), target=account.targets.order_by("id")[0])
        furniture.planned(post, account=account, due_at=clock.now() + timedelta(seconds=1))
    page = open_page()
    page.goto(f"/pins/{post.pk}")
    expect(page.locator(".notice:visible", has_text="This account is paused.")).to_be_visible()
    assert simulator.pins() == []
    page.goto(f"/accounts/{account.pk}")
    expect(page.locator(".pause-lines")).to_contain_text("1 post waits.")
    page.get_by_role("button", name=re.compile("^Resume")).click()
    expect(page.get_by_text("1 post is planned again.")).to_be_visible()
    page.goto(f"/pins/{post.pk}")
    expect(page.locator(".publish").get_by_role("link", name=re.compile("^View on "))).to_be_visible()
    assert len(simulator.pins()) == 1


def test_quiet_hours_are_set_mended_and_taken_away(live: Live, house: House, open_page: Opener) -> None:
    page = open_page(expects=("422",))
    page.goto(f"/accounts/{house.account.pk}")
    card = page.locator("#quiet")
    card.get_by_label("From").fill("22:00")
    card.get_by_label("Until").fill("22:00")
    card.get_by_role("button", name="Set quiet hours").click()
    expect(page.locator("#quiet").get_by_text("Quiet hours must begin and end at different times.")).to_be_visible()
    page.locator("#quiet").get_by_label("Until").fill("07:30")
    page.locator("#quiet").get_by_role("button", name="Set quiet hours").click()
    expect(page.locator("#quiet")).to_contain_text("22:00 to 07:30, Berlin")
    page.locator("#quiet").get_by_role("button", name="Take away").click()
    expect(page.locator("#quiet .card-head")).to_contain_text("none")


def test_the_bell_counts_what_is_new_and_leads_to_where_it_is_mended(
    live: Live, house: House, open_page: Opener
) -> None:
    page = open_page()
    page.goto("/calendar")
    count = page.locator(".bell .nav-count")
    expect(count).to_be_hidden()
    page.wait_for_timeout(800)  # the stream is open
    bring(live, house, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    bring(live, house, State.HELD, cause=scheduling.CAUSE_LATE, sentence="Late.")
    look()
    expect(count).to_have_text("2")
    page.locator(".bell").click()
    expect(page.get_by_role("heading", name="2 things need you")).to_be_visible()
    line = page.locator(".notes-line", has_text="The link was refused.")
    line.get_by_role("button", name="Look").click()
    page.wait_for_url(re.compile("/needs-you#failed"))
    expect(page.locator(".bell .nav-count")).to_have_text("1")
    page.goto("/notifications")
    page.evaluate("window.petraSameDocument = true")
    page.wait_for_timeout(800)
    bring(live, house, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    look()
    expect(page.get_by_text("2 posts not published on")).to_be_visible()
    assert page.evaluate("window.petraSameDocument") is True, "it grew without reloading"
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)
    expect(page.locator(".bell .nav-count")).to_be_hidden()


def test_how_one_hears_by_mail_is_kept_at_once(live: Live, house: House, open_page: Opener) -> None:
    page = open_page()
    page.goto("/settings")
    with page.expect_response(re.compile("/settings/notifications")) as answered:
        page.locator("#notifications").get_by_text("Once a day").click()
    assert answered.value.status == 204
    page.reload()
    expect(page.locator("#notifications").get_by_role("radio", name="Once a day")).to_be_checked()


def in_trouble(live: Live, house: House) -> dict[str, str]:
    """Everything of this file at once: pauses, quiet hours, a closed budget, incidents open and over, no worker."""
    people = live.people
    over = bring(live, house, State.FAILED, cause="media_invalid", sentence="The picture is too small.")
    look()
    with scope.workspace(people.workspace.pk, actor_id=people.bob.pk):
        scheduling.reset_delivery(Delivery.objects.get(pk=over.pk))
    look()
    for _ in range(3):
        bring(live, house, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    bring(live, house, State.HELD, cause=scheduling.CAUSE_LATE, sentence="Its time passed.")
    held = bring(live, house, State.HELD, cause="paused_account", sentence="This account is paused.")
    look()
    with scope.workspace(people.workspace.pk, actor_id=people.bob.pk):
        fill(house.rows)
        for subject in (people.workspace, house.account, house.blog):
            pausing.pause(subject)
        pausing.set_quiet_hours(
            house.account, from_local=clock.now().time(), until_local=(clock.now() + timedelta(hours=9)).time()
        )
        budgets.charge(house.account.pk, cost_s=300.0)
        budgets.charge(house.account.pk, closed_s=86_000, category=Category.PUBLISH)
        Account.objects.filter(pk=house.account.pk).update(cools_down_until=clock.now() + timedelta(hours=24))
    return {
        "notifications-full": "/notifications",
        "settings-paused": "/settings",
        "account-paused": f"/accounts/{house.account.pk}",
        "overview-paused": "/",
        "calendar-paused": "/calendar",
        "pin-paused": f"/pins/{held.post_id}",
    }


@pytest.mark.parametrize("theme", THEMES)
def test_pages_in_trouble_are_accessible_too(live: Live, house: House, open_page: Opener, theme: str) -> None:
    pages = in_trouble(live, house)
    found = []
    for width, height in WIDTHS.items():
        page = open_page(width=width, height=height, theme=theme, touch=width < 500, bypass_policy=True)
        for name, address in pages.items():
            found += seen(page, name, address, width=width, theme=theme)
    assert found == []


def seen(page: Page, name: str, address: str, *, width: int, theme: str) -> list[str]:
    page.goto(address)
    page.wait_for_timeout(300)
    if os.environ.get("PETRA_SCREENS"):
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}-{theme}-{width}.png", full_page=width < 500)
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    problems = [*axe_problems(page), *([f"scrolls {sideways} px sideways"] if sideways > 0 else [])]
    return [f"{name}, {theme}, {width}: {problem}" for problem in problems]
