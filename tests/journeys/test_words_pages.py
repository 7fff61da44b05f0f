"""Each state of a pin's words, the runs, and their settings: accessible in both themes, and nothing sideways.

`make screens` runs this with PETRA_SCREENS set and finds a picture of each in artifacts/.
"""

from __future__ import annotations

import os
import re
from typing import Final

import pytest
from playwright.sync_api import expect

from petra.ai.contract import Cause, Words
from petra.ai.testing import AiDouble, ai_double  # noqa: F401  a fixture
from petra.posts import composing
from petra.posts.models import GenerationState, Post, WordsRunState, WriterAccess
from petra.posts.testing import choose_double
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.web.testing import Live
from petra.web.tests import words_rows
from petra.web.tests.page_rows import furnish
from tests.journeys.conftest import Opener, axe_problems
from tests.journeys.test_every_page import SHOTS, WIDTHS, Theme, look

LOOKS: Final[list[tuple[int, Theme]]] = [(1440, "light"), (390, "dark")]
ALL_LOOKS: Final[list[tuple[int, Theme]]] = [*LOOKS, (1440, "dark"), (390, "light")]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def furnish_words(live: Live, double: AiDouble) -> dict[str, str]:
    """Fill alice's workspace with every state of words and give the pages that show it."""
    with scope.workspace(live.people.workspace.pk):
        house = furnish(live.people.workspace)
        choose_double(double)
        WriterAccess.objects.update(monthly_usd=10)
        words_rows.give_voice(house)
        pins = {
            name: words_rows.written_pin(house) for name in ("proposed", "running", "stopped", "versions", "no-board")
        }
        words_rows.propose(pins["proposed"])
        words_rows.propose(pins["running"], Words("Crispy Miso", "One-pan miso butter"), GenerationState.RUNNING)
        words_rows.propose(pins["stopped"], Words("Crispy"), GenerationState.STOPPED)
        Post.objects.filter(pk=pins["no-board"].pk).update(target=None)
        words_rows.keep(pins["versions"], words_rows.NEW, feedback="Less hype.")
        last = words_rows.keep(pins["versions"], Words("Salmon, Miso, Butter", "One pan.", "A pan.", ("Fish",)))
        first = last.post.generations.order_by("number")[0]
        for cause in Cause:
            pins[f"failed-{cause}"] = words_rows.written_pin(house)
            words_rows.fail(pins[f"failed-{cause}"], cause, "insufficient_quota: check your plan and billing details.")
        running = words_rows.words_run(house)
        done = words_rows.words_run(house, WordsRunState.DONE)
        paused = words_rows.words_run(house, WordsRunState.PAUSED, because=Cause.BUDGET)
    return {
        **{f"words-{name}": f"/pins/{pin.pk}" for name, pin in pins.items()},
        "words-compare": f"/pins/{pins['versions'].pk}/versions/{first.pk}",
        "words-pins": "/pins",
        "words-run-running": f"/pins/words/{running.pk}",
        "words-run-done": f"/pins/words/{done.pk}",
        "words-run-paused": f"/pins/words/{paused.pk}",
        "words-settings": "/settings/writing",
        "words-settings-blog": f"/settings/blogs/{house.blog.pk}/writing",
        "words-brand": f"/settings/blogs/{house.blog.pk}/brand",
        "words-article": f"/articles/{house.article.pk}",
        "words-activity": "/activity",
    }


@pytest.mark.parametrize(("width", "theme"), ALL_LOOKS if os.environ.get("PETRA_SCREENS") else LOOKS)
def test_every_state_of_words_has_an_accessible_page(
    live: Live,
    simulator: Simulator,
    ai_double: AiDouble,  # noqa: F811  the fixture
    open_page: Opener,
    width: int,
    theme: Theme,
) -> None:
    page = open_page(width=width, height=WIDTHS[width], theme=theme, touch=width < 500, bypass_policy=True)
    found = []
    for name, address in furnish_words(live, ai_double).items():
        found += look(page, name, address, width=width, themes=[theme])
    assert found == []


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_dialogs_of_words_are_accessible(
    live: Live,
    simulator: Simulator,
    ai_double: AiDouble,  # noqa: F811  the fixture
    open_page: Opener,
    width: int,
    theme: Theme,
) -> None:
    page = open_page(width=width, height=WIDTHS[width], theme=theme, touch=width < 500, bypass_policy=True)
    pages = furnish_words(live, ai_double)
    opened = {
        "words-compare-dialog": (pages["words-versions"], "link", "Compare version 1", "Compare versions"),
        "words-bulk-dialog": ("/pins", "button", "Write words", "Write words for 2 pins"),
    }
    found = []
    for name, (address, role, label, dialog) in opened.items():
        page.goto(address)
        if role == "button":
            for box in page.locator("[data-pick]").all()[-2:]:
                box.check()
        page.get_by_role(role, name=label).click()  # type: ignore[arg-type]
        expect(page.get_by_role("dialog", name=dialog)).to_be_visible()
        page.wait_for_timeout(300)
        if os.environ.get("PETRA_SCREENS"):
            page.screenshot(path=SHOTS / f"{name}-{theme}-{width}.png")
        found += [f"{name}, {theme}, {width}: {problem}" for problem in axe_problems(page)]
    assert found == []


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_both_texts_of_two_people_are_accessible(
    live: Live,
    simulator: Simulator,
    ai_double: AiDouble,  # noqa: F811  the fixture
    open_page: Opener,
    width: int,
    theme: Theme,
) -> None:
    looks = {"width": width, "height": WIDTHS[width], "theme": theme, "touch": width < 500, "bypass_policy": True}
    with scope.workspace(live.people.workspace.pk):
        pin = words_rows.written_pin(furnish(live.people.workspace))
    dialog, plain = open_page(expects=("409",), **looks), open_page(expects=("409",), script=False, **looks)
    for page in (dialog, plain):
        page.goto(f"/pins/{pin.pk}")
    dialog.get_by_label("Title", exact=True).first.focus()  # whoever types there keeps what they see
    with scope.workspace(live.people.workspace.pk, actor_id=live.people.bob.pk):
        composing.edit_post(pin, version=pin.version, title="Bob's salmon", description="Bob's words.")
    found = []
    for page, name in ((dialog, "words-conflict-dialog"), (plain, "words-conflict-page")):
        page.get_by_label("Description", exact=True).first.fill("Alice's words, and more of them. " * 12)
        if page is plain:
            page.get_by_label("Title", exact=True).first.fill("Alice's salmon")
            page.locator("#pin-words").get_by_role("button", name="Save", exact=True).click()
        else:
            page.get_by_label("Link").focus()
        expect(page.get_by_role("heading", name="Somebody changed this while you wrote")).to_be_visible()
        expect(page.get_by_role("checkbox", name="Keep yours")).to_have_count(2 if page is plain else 1)
        page.wait_for_timeout(300)
        if os.environ.get("PETRA_SCREENS"):
            page.screenshot(path=SHOTS / f"{name}-{theme}-{width}.png")
        if page is dialog:  # and once as a page, which a form without htmx would bring
            found += [f"{name}, {theme}, {width}: {problem}" for problem in axe_problems(page)]
            page.locator("form#pin-words").evaluate("(form) => HTMLFormElement.prototype.submit.call(form)")
            expect(page.get_by_role("link", name="Back to the pin")).to_be_visible()
            found += [f"words-conflict-page, {theme}, {width}: {problem}" for problem in axe_problems(page)]
    plain.get_by_role("checkbox", name="Keep yours Title").uncheck()
    plain.get_by_role("button", name="Save", exact=True).click()
    expect(plain.get_by_label("Title", exact=True).first).to_have_value("Bob's salmon")
    expect(plain.get_by_label("Description", exact=True).first).to_have_value(re.compile("Alice's words"))
    assert found == []
