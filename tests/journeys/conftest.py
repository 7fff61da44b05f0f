"""A real installation for journeys: database, web process, worker, simulated networks and Debian's Chromium.

    def test_something(live, page):
        page.goto("/calendar")

`live` commits what it makes, so everything here builds on `real_people`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from conftest import needed
from petra.tenancy.models import User
from petra.web.testing import Live, collected, live  # noqa: F401  fixtures

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"

# How long something may take to appear, on a machine that runs everything at once.
expect.set_options(timeout=15_000)

# Playwright's sync API runs a loop of its own in this thread; Django must not take the tests for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, once for all journeys."""
    if not Path(CHROMIUM).exists():
        needed(f"{CHROMIUM} is missing: journeys in a browser were not run")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


Opener = Callable[..., Page]

# What a page must never do: break its own policy, or log an error.
_WATCH = """
window.petraViolations = [];
document.addEventListener("securitypolicyviolation", (e) => {
  petraViolations.push(`${e.violatedDirective}: ${e.blockedURI} ${e.sample}`);
});
"""


@pytest.fixture
def open_page(
    live: Live,  # noqa: F811
    chromium: Browser,
) -> Iterator[Opener]:
    """Open a page as a person: `open_page(user, width=390, theme="dark", touch=True)`.

    At the end of the test none of them may have broken the policy or logged an error; `page.expects_errors` lists what
    a test provokes ("409").
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    pages: list[Page] = []

    def opened(
        user: User | None = None,
        *,
        width: int = 1440,
        height: int = 900,
        theme: str = "light",
        touch: bool = False,
        bypass_policy: bool = False,
        expects: tuple[str, ...] = (),
        script: bool = True,
        zone: str = "UTC",
    ) -> Page:
        context = chromium.new_context(
            base_url=live.base,
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            has_touch=touch,
            is_mobile=touch,
            bypass_csp=bypass_policy,
            java_script_enabled=script,
            timezone_id=zone,
            locale="en-GB",
        )
        contexts.append(context)
        key = live.cookie_of(user or live.people.alice)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live.base}])
        page = context.new_page()
        page.set_default_timeout(8000)
        page.add_init_script(_WATCH)

        def complain(words: str) -> None:
            if not any(expected in words for expected in expects):
                complaints.append(words)

        page.on("console", lambda message: complain(f"{page.url}: {message.text}") if message.type == "error" else None)
        page.on("pageerror", lambda error: complain(str(error)))
        pages.append(page)
        return page

    yield opened
    for page in pages:
        if not page.is_closed() and page.url.startswith("http"):
            complaints += page.evaluate("window.petraViolations ?? []")
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: Opener) -> Page:
    """alice's browser, 1440 wide, light."""
    return open_page()


def axe_problems(page: Page, *, colours_only: bool = False) -> list[str]:
    """Run axe on a page that was opened with `bypass_policy=True`. Gives one line per violation.

    What still fades in has no contrast yet: animations that end are waited for. `colours_only` runs the rules that
    look at colours: for a page that was looked at whole in the other theme.
    """
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        """async (coloursOnly) => {
          const ends = (each) => Number.isFinite(each.effect?.getComputedTiming().endTime);
          const ended = document.getAnimations().filter(ends).map((each) => each.finished.catch(() => {}));
          await Promise.race([Promise.all(ended), new Promise((go) => setTimeout(go, 2000))]);
          const runOnly = coloursOnly
            ? ["color-contrast", "link-in-text-block"]
            : ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
          const { violations } = await axe.run(document, { runOnly });
          const say = (node) => `${node.target.join(" ")} ${node.failureSummary}`;
          return violations.map((each) => `${each.id}: ${each.nodes.map(say).join(" | ")}`);
        }""",
        colours_only,
    )
    return list(found)
