"""Every page, in both themes and two widths, empty and furnished: no accessibility violation, no error, no policy
broken.

`make screens` runs this with PETRA_SCREENS set and finds a picture of each in artifacts/.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.sync_api import Page

from petra.articles.models import ImportRun
from petra.publishing.models import Delivery, State
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.tenancy.models import User
from petra.web.testing import Live
from petra.web.tests.calendar_rows import fill
from petra.web.tests.page_rows import furnish, in_every_state
from tests.journeys.conftest import Opener, axe_problems

SHOTS = Path(__file__).resolve().parents[2] / "artifacts"
WIDTHS = {1440: 900, 390: 844}
Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")

FOR_EVERYBODY = {
    "sign-in": "/signin/login/",
    "sign-up": "/signin/signup/",
    "reset": "/signin/password/reset/",
    "components": "/components",
}
OF_A_MEMBER = {
    "overview": "/",
    "calendar-week": "/calendar",
    "calendar-month": "/calendar?view=month",
    "calendar-titles": "/calendar?view=month&show=titles",
    "calendar-list": "/calendar?view=list",
    "needs-you": "/needs-you",
    "pins": "/pins",
    "bulk-runs": "/pins/runs",
    "pin-new": "/pins/new",
    "articles": "/articles",
    "accounts": "/accounts",
    "activity": "/activity",
    "notifications": "/notifications",
    "queue": "/queue",
    "settings": "/settings",
    "settings-writing": "/settings/writing",
    "settings-brand": "/settings/brand",
    "workspace-new": "/workspaces/new",
    "welcome-address": "/welcome/address",
    "welcome-articles": "/welcome/articles",
    "welcome-connect": "/welcome/connect",
    "welcome-plan": "/welcome/plan",
    "not-found": "/nothing-here",
}

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def furnish_all(live: Live) -> dict[str, str]:
    """Fill alice's workspace and give the addresses of single rows."""
    with scope.workspace(live.people.workspace.pk):
        house = furnish(live.people.workspace)
        states = in_every_state(house)
        fill(house.rows)
        run = ImportRun.objects.order_by("created_at")[0]
        later = Delivery.objects.filter(state=State.PLANNED)[0]
    pins = {f"pin-{state}": f"/pins/{delivery.post_id}" for state, delivery in states.items()}
    return {
        **pins,
        "article": f"/articles/{house.article.pk}",
        "import": f"/articles/imports/{run.pk}",
        "blog-rule": f"/articles/blogs/{house.blog.pk}/rule",
        "account": f"/accounts/{house.account.pk}",
        "calendar-move": f"/calendar/move/{later.pk}",
    }


def look(page: Page, name: str, address: str, *, width: int, themes: Sequence[Theme]) -> list[str]:
    """Open a page, see it in each theme, and give what is wrong with it. Another theme has other colours, no more."""
    page.goto(address)
    page.wait_for_timeout(350)  # what comes in by itself is there
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = [f"{name}, {width}: scrolls {sideways} px sideways"] if sideways > 0 else []
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        if os.environ.get("PETRA_SCREENS"):
            SHOTS.mkdir(exist_ok=True)
            page.screenshot(path=SHOTS / f"{name}-{theme}-{width}.png")
        problems = axe_problems(page, colours_only=theme != themes[0])
        found += [f"{name}, {theme}, {width}: {problem}" for problem in problems]
    return found


@pytest.mark.parametrize(("width", "is_furnished"), [(1440, False), (1440, True), (390, True)])
def test_every_page_is_accessible_and_keeps_its_policy(
    live: Live, simulator: Simulator, open_page: Opener, width: int, is_furnished: bool
) -> None:
    pages = {**OF_A_MEMBER, **(furnish_all(live) if is_furnished else {})}
    page = open_page(width=width, height=WIDTHS[width], touch=width < 500, bypass_policy=True, expects=("404",))
    found = []
    for name, address in pages.items():
        found += look(page, name if is_furnished else f"{name}-empty", address, width=width, themes=THEMES)
    if not is_furnished:
        page.context.clear_cookies()
        for name, address in FOR_EVERYBODY.items():
            found += look(page, name, address, width=width, themes=THEMES)
    assert found == []


def test_no_page_breaks_its_own_policy_or_logs_an_error(live: Live, simulator: Simulator, open_page: Opener) -> None:
    """The same without the run of axe, which needs the policy out of its way."""
    page = open_page(expects=("404",))
    broken = []
    for name, address in {**OF_A_MEMBER, **furnish_all(live), **FOR_EVERYBODY}.items():
        page.emulate_media(color_scheme="light")
        answer = page.goto(address)
        assert answer is not None
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(150)
        policy = answer.headers.get("content-security-policy", "")
        if "default-src 'none'" not in policy:
            broken.append(f"{name}: no policy")
        broken += [f"{name}: {line}" for line in page.evaluate("window.petraViolations")]
    assert broken == []


def test_charlie_sees_empty_pages_of_his_own(live: Live, open_page: Opener) -> None:
    furnish_all(live)
    charlie: User = live.people.charlie
    page = open_page(charlie)
    page.goto("/pins")
    assert page.get_by_role("heading", name="No pins yet").is_visible()
