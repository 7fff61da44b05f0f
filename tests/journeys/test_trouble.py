"""What a person does about trouble: late ones after a stop, failures of one cause, and many pins at once.

Everything is real: the worker, the pages and their streams; only the networks are simulated. One second lies between
two pins of an account here.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from petra.accounts.models import Account
from petra.lib import clock
from petra.posts.models import Post
from petra.publishing import scheduling, slots
from petra.publishing import testing as furniture
from petra.publishing.models import Delivery, State
from petra.simulator.testing import Simulator
from petra.tenancy import scope, workspaces
from petra.web.testing import Live
from tests.journeys.conftest import Opener, axe_problems

PATIENCE_MS = 45_000
NETWORK = "pinterest"
REFUSED = {"status": 400, "code": 1, "message": "Sorry! That link is blocked."}

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def accounts(live: Live, simulator: Simulator, count: int) -> list[Account]:
    workspaces.set_onboarding_step(live.people.workspace, "done")
    made = []
    for profile in simulator.accounts(count):
        account = furniture.connect(profile, network=NETWORK)
        daily = [slots.WeeklyTime(day, datetime.min.time().replace(hour=9)) for day in range(7)]
        scheduling.set_slots(account, daily)
        made.append(account)
    return made


def posts(account: Account, count: int, *, name: str = "Pin") -> list[Post]:
    asset = furniture.picture()
    target = account.targets.order_by("id")[0]
    return [furniture.ready_post(asset, target=target, title=f"{name} {n + 1}") for n in range(count)]


def stay(page: Page) -> None:
    page.evaluate("window.petraSameDocument = true")


def stayed(page: Page) -> bool:
    return bool(page.evaluate("window.petraSameDocument === true"))


def sendings(simulator: Simulator) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for call in simulator.log(path="/v5/pins", method="POST"):
        found.setdefault(call["account"], []).append(datetime.fromisoformat(call["at"]))
    return found


def test_after_a_stop_late_ones_are_held_and_published_together(
    live: Live, simulator: Simulator, open_page: Opener
) -> None:
    with scope.workspace(live.people.workspace.pk):
        now = clock.now()
        for account in accounts(live, simulator, 2):
            minutes = (2, 62, 122, 310, 320, 330, 340)  # the first three are late after six hours
            for post, after in zip(posts(account, len(minutes)), minutes, strict=True):
                furniture.planned(post, account=account, due_at=now + timedelta(minutes=after))
        furniture.let_time_pass(6 * 3600)

    page = open_page(bypass_policy=True)
    page.goto("/")
    expect(page.locator("#late-banner")).to_be_empty()
    stay(page)
    live.start_worker()
    banner = page.locator("#late-banner")
    expect(banner).to_contain_text("6 posts are late and wait for you.", timeout=PATIENCE_MS)
    expect(banner).to_contain_text(re.compile(r"Petra was stopped from (today|yesterday), \d\d:\d\d to "))
    assert stayed(page), "the banner came by itself"

    banner.get_by_role("link", name="Look and decide").click()
    expect(page.locator("#late tbody tr")).to_have_count(6)
    page.locator("#late tbody tr").first.get_by_role("button", name=re.compile("^Skip")).click()
    expect(page.get_by_text("1 post skipped, its pin is kept")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("1 post waits again")).to_be_visible()
    page.locator("#late tbody tr").first.get_by_role("button", name=re.compile("^Next free slot")).click()
    expect(page.get_by_text(re.compile("^1 post moved to"))).to_be_visible()
    expect(page.locator("#late tbody tr")).to_have_count(5)
    assert axe_problems(page) == []

    page.get_by_role("button", name="Publish all now").first.click()
    page.evaluate("document.body.dispatchEvent(new CustomEvent('petra:reload'))")
    page.wait_for_timeout(1000)  # what the page fetches meanwhile leaves the dialog open
    page.get_by_role("dialog").get_by_role("button", name="Publish all now").click()
    expect(page.get_by_text("5 posts go out now, one after another")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    page.goto("/pins?state=published")
    expect(page.locator("#pin-rows tr")).to_have_count(13, timeout=PATIENCE_MS)

    assert len(simulator.pins()) == 13
    assert simulator.duplicates() == {}
    for times in sendings(simulator).values():
        gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
        assert min(gaps) > timedelta(seconds=0.9), "nothing bursts"


def test_failures_of_one_cause_are_retried_together(live: Live, simulator: Simulator, open_page: Opener) -> None:
    simulator.fault("answer", path="/v5/pins", method="POST", times=3, **REFUSED)
    with scope.workspace(live.people.workspace.pk):
        (account,) = accounts(live, simulator, 1)
        for post in posts(account, 3):
            furniture.planned(post, account=account)
    page = open_page(bypass_policy=True)
    page.goto("/needs-you")
    stay(page)
    live.start_worker()
    group = page.locator("#failed article")
    expect(group).to_contain_text("3 pins", timeout=PATIENCE_MS)
    assert stayed(page), "the failures came by themselves"
    expect(group).to_have_count(1)
    expect(group.locator("li")).to_have_count(3)
    assert axe_problems(page) == []

    group.get_by_role("button", name=re.compile("^Retry 3 together")).click()
    expect(page.get_by_text("3 posts are tried again")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible(timeout=PATIENCE_MS)
    page.goto("/pins?state=published")
    expect(page.locator("#pin-rows tr")).to_have_count(3, timeout=PATIENCE_MS)
    assert simulator.duplicates() == {}


def test_many_pins_are_published_at_once_and_one_of_them_fails(
    live: Live, simulator: Simulator, open_page: Opener
) -> None:
    simulator.fault("answer", path="/v5/pins", method="POST", skip=2, times=1, **REFUSED)
    with scope.workspace(live.people.workspace.pk):
        (account,) = accounts(live, simulator, 1)
        posts(account, 5)
    live.start_worker()
    page = open_page(bypass_policy=True)
    page.goto("/pins")
    page.get_by_label("Select all on this page").check()
    page.locator("#pins-bulk").get_by_role("button", name="Publish now").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish now").click()
    expect(page.locator("#bulk-title")).to_have_text("Publishing 5 pins")
    stay(page)
    bar = page.locator("#bulk-head progress")
    expect(bar).to_have_attribute("value", "1", timeout=PATIENCE_MS)
    expect(page.locator("#bulk-title")).to_have_text("4 of 5 pins published", timeout=PATIENCE_MS)
    expect(bar).to_have_attribute("value", "5")
    assert stayed(page), "its progress came by itself"
    failed = page.locator(".bulk-row.st-failed")
    expect(failed).to_have_count(1)
    expect(failed.locator("b")).not_to_be_empty()  # what to do next
    expect(page.locator(".bulk-row").get_by_role("link", name=re.compile("^View on "))).to_have_count(4)
    assert axe_problems(page) == []

    page.reload()
    expect(page.locator("#bulk-title")).to_have_text("4 of 5 pins published")
    page.get_by_role("button", name="Retry the one that failed").click()
    expect(page.locator("#bulk-title")).to_have_text("5 pins are published", timeout=PATIENCE_MS)
    page.get_by_role("link", name="Back to bulk publishing").click()
    expect(page.get_by_role("link", name="5 pins are published")).to_be_visible()
    assert len(simulator.pins()) == 5
    assert simulator.duplicates() == {}
    with scope.workspace(live.people.workspace.pk):
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.PUBLISHED}
