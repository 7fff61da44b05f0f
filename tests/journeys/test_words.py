"""Words, as a person asks for them: stop, again, use, feedback, compare, take one field back; and many at once.

A real worker asks a server on loopback that speaks as OpenAI does (`petra/ai/testing.py`).
"""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from petra.ai import scripted
from petra.ai.testing import KEY, AiDouble, ai_double  # noqa: F401  a fixture
from petra.posts.models import Post
from petra.posts.testing import choose_double
from petra.tenancy import scope
from petra.web.testing import Live
from petra.web.tests import words_rows
from petra.web.tests.page_rows import House, furnish
from tests.journeys.conftest import Opener

PATIENCE_MS = 30_000
FIRST = scripted.these(
    "Miso Salmon in One Pan", "One pan and 25 minutes make miso salmon.", "Salmon in a pan.", ("fish",)
)
SECOND = scripted.these("Salmon for a Weeknight", "Salt the fish, foam the butter, eat at seven.", "Fish on rice.")
THIRD = scripted.these("Salmon, 25 Minutes", "Done in 25 minutes, in one pan.", "Fish on rice.")

pytestmark = pytest.mark.browser


@pytest.fixture
def house(live: Live, ai_double: AiDouble) -> House:  # noqa: F811  the fixture
    with scope.workspace(live.people.workspace.pk):
        made = furnish(live.people.workspace)
        choose_double(ai_double)
        return made


def pin_of(live: Live, house: House) -> Post:
    with scope.workspace(live.people.workspace.pk):
        return words_rows.written_pin(house)


def said_by(live: Live, post: Post) -> Post:
    with scope.workspace(live.people.workspace.pk):
        found: Post = Post.objects.get(pk=post.pk)
        return found


def suggestion(page: Page, words: str) -> None:
    box = page.locator("#words-box")
    expect(box.get_by_role("heading", name="Suggestion")).to_be_visible(timeout=PATIENCE_MS)
    expect(box).to_contain_text(words)


def test_a_person_writes_stops_asks_again_uses_and_goes_back(
    live: Live,
    house: House,
    ai_double: AiDouble,  # noqa: F811
    open_page: Opener,
) -> None:
    post = pin_of(live, house)
    live.start_worker()
    page = open_page()
    page.goto(f"/pins/{post.pk}")
    page.evaluate("window.petraSameDocument = true")

    # It comes slowly; Stop is there from the first moment, and nothing is changed.
    ai_double.piece_s = 0.6
    ai_double.script(FIRST)
    page.get_by_role("button", name=re.compile("^Rewrite")).click()
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    expect(page.locator("#words-box .words-text").first).to_contain_text("Miso", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#words-box")).to_contain_text("Stopped. Nothing was changed.")
    assert said_by(live, post).title == words_rows.OLD.title

    # Feedback is kept while it is written, and heard; ⌘↵ asks.
    ai_double.piece_s = 0.0
    ai_double.script(FIRST, SECOND)
    page.get_by_label("What should be different?").fill("Less hype, say it is one pan.")
    page.get_by_label("What should be different?").press("Control+Enter")
    suggestion(page, "in One Pan")
    expect(page.locator("#words-box .tag")).to_have_text("not saved yet")
    expect(page.locator("#words-box del").first).to_be_visible()
    expect(page.get_by_label("What should be different?")).to_have_value("Less hype, say it is one pan.")
    assert "Less hype, say it is one pan." in ai_double.asked[-1].text
    page.get_by_role("button", name="Again", exact=True).click()
    suggestion(page, "for a Weeknight")

    # What was used is what the fields say; the words before are a version.
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Salmon for a Weeknight")
    expect(page.locator("#pin-versions li")).to_have_count(2)
    assert said_by(live, post).title == "Salmon for a Weeknight"

    # One field by its sparkle: only it is asked for.
    ai_double.script(THIRD)
    page.get_by_role("button", name="Write only: Title").click()
    suggestion(page, "25 Minutes")
    expect(page.locator("#words-box .words-field")).to_have_count(1)
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Salmon, 25 Minutes")
    assert said_by(live, post).description == "Salt the fish, foam the butter, eat at seven."

    # Compare with what was there first, and take one field back.
    page.get_by_role("link", name="Compare version 1").click()
    dialog = page.get_by_role("dialog", name="Compare versions")
    expect(dialog).to_contain_text("Version 1 will be dropped.")
    for way, shown, hidden in (("Inline", "inline", "both"), ("Side by side", "both", "inline")):
        dialog.get_by_text(way, exact=True).click()
        expect(dialog.locator(f".words-{shown}").first).to_be_visible()
        expect(dialog.locator(f".words-{hidden}").first).to_be_hidden()
    dialog.get_by_role("button", name="Copy from 1 Description").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Description", exact=True).first).to_have_value(words_rows.OLD.description)
    here = said_by(live, post)
    assert (here.title, here.description) == ("Salmon, 25 Minutes", words_rows.OLD.description)
    assert page.evaluate("window.petraSameDocument") is True
    assert KEY not in page.content()


def test_a_failure_says_what_happened_and_what_was_typed_stays(
    live: Live,
    house: House,
    ai_double: AiDouble,  # noqa: F811
    open_page: Opener,
) -> None:
    post = pin_of(live, house)
    live.start_worker()
    page = open_page()
    page.goto(f"/pins/{post.pk}")
    ai_double.script(scripted.key_refused(KEY))
    page.get_by_label("What should be different?").fill("Warmer, please.")
    page.get_by_role("button", name=re.compile("^Rewrite")).click()
    alert = page.locator("#words-box [role=alert]")
    expect(alert).to_contain_text("The key was refused. Set another key.", timeout=PATIENCE_MS)
    expect(page.get_by_label("What should be different?")).to_have_value("Warmer, please.")
    assert KEY not in page.content()
    alert.get_by_role("link", name="AI settings").click()
    expect(page.get_by_role("heading", name="AI writing")).to_be_visible()
    expect(page.locator("#ai-card-body")).to_contain_text("The key was refused.")
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#toasts")).to_contain_text("double-small answered.")
    expect(page.locator("#ai-card-body")).to_contain_text("Answered today")
    page.get_by_role("button", name="Ask for its list").click()
    expect(page.locator("#ai-models-place")).to_contain_text("2 models")
    assert KEY not in page.content()


def test_many_are_written_while_one_watches_and_one_fails(
    live: Live,
    house: House,
    ai_double: AiDouble,  # noqa: F811
    open_page: Opener,
) -> None:
    with scope.workspace(live.people.workspace.pk):
        posts = [house.rows.post(title=f"Pin number {n}") for n in range(8)]
    ai_double.script_for("Pin number 3", scripted.content_filter())
    ai_double.latency_s = 0.8
    live.start_worker()
    page = open_page()
    page.goto("/pins")
    page.evaluate("window.petraSameDocument = true")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Write words").click()
    dialog = page.get_by_role("dialog", name="Write words for 8 pins")
    expect(dialog).to_contain_text("double-small writes, in the background.")
    expect(dialog).to_contain_text("At most about $")
    dialog.get_by_label("Also those that a person edited").check()
    dialog.get_by_label("A wish for all of them").fill("Say how long it takes.")
    dialog.get_by_role("button", name="Write words").click()

    line = page.locator(".words-run")
    expect(line).to_contain_text("Writing words for 8 pins")
    expect(page.locator(".words-state.st-publishing").first).to_be_visible(timeout=PATIENCE_MS)
    page.evaluate("window.petraSameDocument = true")
    line.get_by_role("button", name="Pause").click()
    expect(line).to_contain_text("Writing words is paused")
    line.get_by_role("button", name="Go on").click()
    expect(line).to_contain_text("Words written for 7 of 8 pins", timeout=PATIENCE_MS)
    expect(line).to_contain_text("1 failed")
    expect(page.locator(".words-state.st-failed")).to_contain_text("The model won't write about this.")
    expect(page.locator(".words-state", has_text="by AI")).to_have_count(7)
    assert page.evaluate("window.petraSameDocument") is True
    assert "Say how long it takes." in ai_double.asked[-1].text

    line.get_by_role("link", name="Details").click()
    expect(page.locator(".bulk-row").first).to_contain_text("Pin number 3")
    expect(page.locator(".bulk-row").first).to_contain_text("Failed")
    with scope.workspace(live.people.workspace.pk):
        assert sum(Post.objects.get(pk=post.pk).title.startswith("Pin number") for post in posts) == 1


def test_two_people_in_one_pin_lose_nothing(live: Live, house: House, open_page: Opener) -> None:
    post = pin_of(live, house)
    alice, bob = open_page(expects=("409",)), open_page(live.people.bob)
    for page in (alice, bob):
        page.goto(f"/pins/{post.pk}")
    title = alice.get_by_label("Title", exact=True).first
    title.focus()
    bob.get_by_label("Title", exact=True).first.fill("Bob's salmon")
    bob.get_by_label("Description", exact=True).first.fill("Bob's words.")
    bob.get_by_label("Link").focus()
    expect(alice.locator("#pin-versions")).to_contain_text("Edited by bob")  # his change is seen, and hers goes on
    title.fill("Alice's salmon")
    dialog = alice.get_by_role("dialog", name="Somebody changed this while you wrote")
    expect(dialog).to_contain_text("Bob's")
    expect(dialog.get_by_role("checkbox")).to_have_count(1)  # what she did not touch is not hers to keep
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(title).to_have_value("Alice's salmon")
    expect(alice.get_by_label("Description", exact=True).first).to_have_value("Bob's words.")
    bob.get_by_label("What should be different?").focus()  # he types there no more
    title.fill("Alice's salmon in a pan")
    alice.get_by_label("Link").focus()
    expect(bob.get_by_label("Title", exact=True).first).to_have_value("Alice's salmon in a pan")
    here = said_by(live, post)
    assert (here.title, here.description) == ("Alice's salmon in a pan", "Bob's words.")


def test_who_was_signed_out_is_told_and_keeps_what_they_typed(live: Live, house: House, open_page: Opener) -> None:
    page = open_page(expects=("401", "403"))
    page.goto(f"/pins/{pin_of(live, house).pk}")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    title = page.get_by_label("Title", exact=True).first
    for words in ("Typed when signed out", "And typed on"):
        title.fill(words)
        page.get_by_label("Link").focus()
        toast = page.locator("#toasts petra-toast").filter(has_text="You are signed out")
        expect(toast).to_have_count(1)
    page.context.clear_cookies()  # what guards forms is gone, too, as where one signed in anew elsewhere
    title.fill("And on")
    expect(page.locator("#toasts")).to_contain_text("this page was open for too long")
    expect(title).to_have_value("And on")
    toast.get_by_role("link", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/signin/login/\?next=/pins/"))


def test_the_heading_follows_the_words(live: Live, house: House, open_page: Opener) -> None:
    page, other = open_page(), open_page(live.people.bob)
    post = pin_of(live, house)
    for each in (page, other):
        each.goto(f"/pins/{post.pk}")
    page.get_by_label("Title", exact=True).first.fill("Salmon, said anew")
    page.get_by_label("Link").focus()
    for each in (page, other):
        expect(each.get_by_role("heading", level=1)).to_have_text("Salmon, said anew")
        expect(each.locator("#pin-caption")).to_have_text("Salmon, said anew")
