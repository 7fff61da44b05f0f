"""The voice of a blog, as a person sets it: sliders by keyboard, chips, a sample that streams in, a copy, learning."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from petra.ai import scripted
from petra.ai.testing import KEY, AiDouble, ai_double  # noqa: F401  a fixture
from petra.articles.models import Blog
from petra.posts import composing
from petra.posts.models import BrandProfile, Post, WordsExample
from petra.posts.testing import choose_double
from petra.posts.words import brand
from petra.tenancy import scope
from petra.web.testing import Live
from petra.web.tests import words_rows
from petra.web.tests.page_rows import House, furnish
from tests.journeys.conftest import Opener, axe_problems
from tests.journeys.test_every_page import SHOTS, WIDTHS

PATIENCE_MS = 30_000
SAID = scripted.these("Soup From One Tray", "Everything roasts on one tray while you set the table.", "Soup in a bowl.")

pytestmark = pytest.mark.browser


@pytest.fixture
def house(live: Live, ai_double: AiDouble) -> House:  # noqa: F811  the fixture
    with scope.workspace(live.people.workspace.pk, actor_id=live.people.alice.pk):
        made = furnish(live.people.workspace)
        choose_double(ai_double, monthly_usd=10)  # type: ignore[arg-type]
        words_rows.give_voice(made)
        Blog.objects.create(name="Hollow & Hearth", address="https://hollow.example/")
        Blog.objects.create(name="Little Acre", address="https://acre.example/")
        for title in ("Miso salmon from one pan", "Salmon that waits for you"):
            pin = words_rows.written_pin(made)
            words_rows.keep(pin, words_rows.NEW)
            pin.refresh_from_db()
            composing.edit_post(pin, version=pin.version, title=title)
        return made


def voice_of(live: Live, blog: Blog) -> BrandProfile:
    with scope.workspace(live.people.workspace.pk):
        return brand.profile_of(blog)


def saved(page: Page) -> None:
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/brand")) as got:
        pass
    assert got.value.status == 200


def test_a_person_sets_the_voice_and_hears_it(
    live: Live,
    house: House,
    ai_double: AiDouble,  # noqa: F811
    open_page: Opener,
) -> None:
    live.start_worker()
    page = open_page(expects=("422",))
    page.goto(f"/settings/blogs/{house.blog.pk}/brand")
    page.evaluate("window.petraSameDocument = true")

    # Sliders go by keyboard and say their step in words.
    slider = page.get_by_role("slider", name="Neutral or warm")
    expect(slider).to_have_attribute("aria-valuetext", "in between")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "warm")
    page.get_by_role("slider", name="Brief or detailed").press("ArrowLeft")
    page.get_by_text("A few", exact=True).click()
    expect(page.locator("#brand-saved")).to_contain_text("Saved ")

    # Words are chips: Enter adds, a paste adds many, a click takes one away.
    words = page.get_by_label("Words we like")
    words.fill("weeknight")
    words.press("Enter")
    words.fill("quick pickles")
    words.press("Enter")
    expect(words).to_be_focused()
    expect(page.get_by_role("button", name="Remove quick pickles")).to_be_visible()
    page.get_by_role("button", name="Remove one pan").click()
    words.fill("save it for")
    words.press("Tab")
    expect(words).not_to_be_focused()

    # What can't be saved is said, and what was typed stays.
    name = page.get_by_label("Name", exact=True)
    name.fill("")
    name.blur()
    expect(page.locator("#brand-trouble")).to_contain_text("Name: This field is required.")
    name.fill("The Slow Table")
    name.blur()
    expect(page.locator("#brand-trouble")).to_be_empty()

    # The sample is written by what is entered now, as one looks.
    ai_double.piece_s = 0.4
    ai_double.script(SAID, SAID)
    page.get_by_label("Who reads it").fill("People who come home at seven")
    page.get_by_role("button", name="Write again").click()
    sample = page.locator("#brand-sample")
    expect(sample.get_by_role("button", name="Stop")).to_be_focused()
    expect(sample).to_contain_text("Soup From", timeout=PATIENCE_MS)
    expect(sample).to_contain_text("not saved yet", timeout=PATIENCE_MS)
    sent = ai_double.asked[-1].text
    for told in ("warm, as one speaks to a friend", "rather brief than detailed", "quick pickles", "one to three hash"):
        assert told in sent, told
    assert "People who come home at seven" in sent and "<examples-" not in sent  # only of other articles
    expect(page.locator("#brand-writer")).to_contain_text("Average per pin")
    expect(page.locator("#brand-writer")).to_contain_text("of $10.00 limit")
    ai_double.piece_s = 1.0
    sample.get_by_role("button", name="Write again").click()
    sample.get_by_role("button", name="Stop").click()
    expect(sample).to_contain_text("Stopped. Nothing was changed.")
    here = voice_of(live, house.blog)
    assert (here.warm, here.detailed, here.has_emoji, here.audience) == (2, -1, True, "People who come home at seven")
    assert here.keywords == ["weeknight", "quick pickles", "save it for"]
    assert KEY not in page.content()

    # Switched off, what was learnt is gone at once.
    expect(page.locator("#brand-count")).to_have_text("2 examples")
    page.get_by_role("switch", name="Learn from pins you edited").click()
    expect(page.locator("#brand-count")).to_be_empty()
    assert page.evaluate("window.petraSameDocument") is True
    with scope.workspace(live.people.workspace.pk):
        assert not WordsExample.objects.exists()

    # The voice goes to another blog after a question.
    page.get_by_role("button", name="Copy to another blog").click()
    dialog = page.get_by_role("dialog", name="Copy to another blog")
    dialog.get_by_label("Copy to").select_option("Little Acre")
    dialog.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("link", name="Little Acre")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("slider", name="Neutral or warm")).to_have_attribute("aria-valuetext", "warm")
    expect(page.locator("#toasts")).to_contain_text("Copied from The Slow Table.")


def test_who_looks_at_a_voice_is_told_that_somebody_else_changes_it(
    live: Live, house: House, open_page: Opener
) -> None:
    alice, bob = open_page(), open_page(live.people.bob)
    for page in (alice, bob):
        page.goto(f"/settings/blogs/{house.blog.pk}/brand")
    bob.get_by_label("Who reads it").fill("Bob's readers")
    bob.get_by_label("Who reads it").blur()
    expect(alice.locator("#brand-news")).to_contain_text("Somebody else has just changed this voice.")
    expect(bob.locator("#brand-news")).to_be_empty()
    alice.get_by_role("link", name="Show theirs").click()
    expect(alice.get_by_label("Who reads it")).to_have_value("Bob's readers")


def test_without_script_the_form_is_plain(live: Live, house: House, open_page: Opener) -> None:
    page = open_page(script=False)
    page.goto(f"/settings/blogs/{house.blog.pk}/brand")
    page.get_by_label("Words we like").fill("one\ntwo, three")
    page.get_by_role("slider", name="Plain or playful").press("ArrowRight")
    page.get_by_role("button", name="Save", exact=True).click()
    assert voice_of(live, house.blog).keywords == ["one", "two", "three"]
    assert voice_of(live, house.blog).playful == 1
    page.get_by_role("button", name="Write again").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), [(w, t) for w in WIDTHS for t in ("light", "dark")])
def test_the_page_is_accessible_in_all_its_states(
    live: Live, house: House, open_page: Opener, width: int, theme: str
) -> None:
    page = open_page(
        width=width, height=WIDTHS[width], theme=theme, touch=width < 500, bypass_policy=True, expects=("422",)
    )
    address = f"/settings/blogs/{house.blog.pk}/brand"
    with scope.workspace(live.people.workspace.pk):
        pin = Post.objects.filter(blog=house.blog, article__isnull=False).order_by("-created_at", "-pk")[0]
    found = []
    for state in ("", "proposed", "refused", "copy"):
        if state == "proposed":
            with scope.workspace(live.people.workspace.pk):
                words_rows.propose(pin)
        page.goto(address)
        if state == "refused":
            page.get_by_label("Name", exact=True).fill("")
            page.get_by_label("Name", exact=True).blur()
            expect(page.locator("#brand-trouble")).to_contain_text("Not saved.")
        if state == "copy":
            page.get_by_role("button", name="Copy to another blog").click()
        page.wait_for_timeout(350)
        if os.environ.get("PETRA_SCREENS"):
            SHOTS.mkdir(exist_ok=True)
            page.screenshot(path=SHOTS / f"brand-{state}-{theme}-{width}.png", full_page=True)
        found += [f"{state}: {problem}" for problem in axe_problems(page)]
        if page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
            found.append(f"{state}: scrolls sideways")
    assert found == []
