"""A real installation for journeys: database, web process, worker, simulated networks and Debian's Chromium.

    def test_something(live, page):
        page.goto("/calendar")

`live` commits what it makes, so everything here builds on `real_people`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from conftest import People, needed
from petra.lib import seal
from petra.simulator.testing import Simulator
from petra.tenancy.models import User

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"
_READY_S = 60.0

# Playwright's sync API runs a loop of its own in this thread; Django must not take the tests for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@dataclass
class Live:
    """A running installation. `sign_in` gives the cookie of a person."""

    base: str
    people: People
    home: Path
    environment: dict[str, str]
    web: subprocess.Popen[bytes]
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def cookie_of(self, user: User) -> str:
        """Sign a person in and give the session's key."""
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker; it ends with the installation."""
        worker = subprocess.Popen([sys.executable, "-m", "petra.worker"], env=self.environment)
        self.others.append(worker)
        return worker


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(there: Callable[[], bool], *, within_s: float = 10.0, what: str = "it") -> None:
    """Wait until something is so. Fails when it is not in time."""
    until = time.monotonic() + within_s
    while not there():
        if time.monotonic() > until:
            pytest.fail(f"waited {within_s:g} s for {what}")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def stop(process: subprocess.Popen[bytes], *, within_s: float = 15.0) -> float:
    """Ask a process to end and wait for it. Gives how long it took; kills it, and fails, where it does not."""
    began = time.monotonic()
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        pytest.fail("a process did not end when it was asked to")
    return time.monotonic() - began


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the static files collected once for all journeys."""
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "PETRA_HOME": str(home), "DATABASE_POOL": "0"}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0", "--skip-checks"], env=environment, check=True
    )
    return home


@pytest.fixture
def live(
    real_people: People, collected: Path, settings: object, request: pytest.FixtureRequest
) -> Iterator[Live]:
    """The installation: a web process on a free port, with the simulator if the test asks for `simulator` as well."""
    (collected / "files").mkdir(exist_ok=True)
    settings.MEDIA_ROOT = collected / "files"  # type: ignore[attr-defined]
    keys = seal.new_key()
    settings.PETRA_KEYS = keys  # type: ignore[attr-defined]
    environment = {
        **os.environ,
        "PETRA_HOME": str(collected),
        "PETRA_KEYS": keys,
        "SECRET_KEY": settings.SECRET_KEY,  # type: ignore[attr-defined]
        "PETRA_LOG_LEVEL": "WARNING",
        "DATABASE_POOL": "8",
    }
    if "simulator" in request.fixturenames:
        simulator: Simulator = request.getfixturevalue("simulator")
        environment["SIMULATOR_URL"] = simulator.base
        settings.SIMULATOR_URL = simulator.base  # type: ignore[attr-defined]
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "petra.asgi:application", "--port", str(port), "--log-level", "warning"]
    web = subprocess.Popen([*command, "--lifespan", "off", "--no-access-log"], env=environment)
    running = Live(f"http://127.0.0.1:{port}", real_people, collected, environment, web)
    try:
        wait_for(lambda: _answers(f"{running.base}/healthz"), within_s=_READY_S, what="the web process")
        yield running
    finally:
        for process in [*running.others, web]:
            if process.poll() is None:
                stop(process)
        shutil.rmtree(collected / "files", ignore_errors=True)


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
def open_page(live: Live, chromium: Browser) -> Iterator[Opener]:
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

        page.on("console", lambda message: complain(message.text) if message.type == "error" else None)
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


def axe_problems(page: Page) -> list[str]:
    """Run axe on a page that was opened with `bypass_policy=True`. Gives one line per violation."""
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        """async () => {
          const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
          const { violations } = await axe.run(document, { runOnly });
          const say = (node) => `${node.target.join(" ")} ${node.failureSummary}`;
          return violations.map((each) => `${each.id}: ${each.nodes.map(say).join(" | ")}`);
        }"""
    )
    return list(found)
