"""Words over HTTP: asked for, used, compared, taken back; many at once; and the settings of who writes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from conftest import People
from petra.ai.contract import Cause, Words
from petra.ai.testing import KEY, AiDouble, ai_double  # noqa: F401  a fixture
from petra.lib import clock
from petra.networks.registry import NETWORKS
from petra.posts import composing
from petra.posts.models import (
    AiMonth,
    Generation,
    GenerationState,
    Post,
    WordsRun,
    WordsRunState,
    WordsTask,
    WriterAccess,
)
from petra.posts.testing import work
from petra.posts.words import access_keys, brand, budget
from petra.posts.words import said as words_said
from petra.tenancy import scope, workspaces
from petra.tenancy.models import Role, User
from petra.web import languages
from petra.web.tests import words_rows
from petra.web.tests.page_rows import House

HTMX = {"HX-Request": "true"}
SECRET_KEY = "sk-kanarienvogel-0123456789"


def says(answer: Any) -> str:  # the test client's answers have a type of their own in the stubs
    return str(answer.content.decode())


@pytest.fixture
def pin(people: People, house: House) -> Post:
    with scope.workspace(people.workspace.pk):
        return words_rows.written_pin(house)


def here(people: People, post: Post) -> Post:
    with scope.workspace(people.workspace.pk):
        found: Post = Post.objects.get(pk=post.pk)
        return found


def newest(people: People, post: Post) -> Generation:
    with scope.workspace(people.workspace.pk):
        found: Generation = Generation.objects.filter(post=post).order_by("-created_at", "-pk")[0]
        return found


def act(browser: Client, row: Generation, what: str, **fields: Any) -> Any:
    return browser.post(reverse("pin_words_act", args=[row.post_id, row.pk, what]), fields, headers=HTMX)


def test_words_are_suggested_used_and_taken_back_without_script(people: People, browser: Client, pin: Post) -> None:
    page = says(browser.get(reverse("pin", args=[pin.pk])))
    assert "Offline writer" in page and "Rewrite" in page
    asked = browser.post(reverse("pin_words", args=[pin.pk]), {"fields": ["title", "description"]})
    assert asked.headers["Location"] == reverse("pin", args=[pin.pk])
    assert "Offline writer is writing" in says(browser.get(asked.headers["Location"]))
    work()
    page = says(browser.get(reverse("pin", args=[pin.pk])))
    assert "not saved yet" in page and "Use this" in page
    row = newest(people, pin)
    assert row.fields == ["title", "description"]
    browser.post(reverse("pin_words_act", args=[pin.pk, row.pk, "use"]))
    assert here(people, pin).title == row.title
    assert here(people, pin).alt_text == words_rows.OLD.alt_text

    with scope.workspace(people.workspace.pk):
        first = Generation.objects.get(post=pin, number=1)
    compared = says(browser.get(reverse("pin_version", args=[pin.pk, first.pk])))
    assert "Compare versions" in compared and "<del>" in compared and "<ins>" in compared
    browser.post(reverse("pin_words_act", args=[pin.pk, first.pk, "restore"]), {"fields": "title"})
    now = here(people, pin)
    assert (now.title, now.description) == (words_rows.OLD.title, row.description)


def test_a_chip_adds_its_sentence_and_nothing_ticked_is_refused(people: People, browser: Client, pin: Post) -> None:
    address = reverse("pin_words", args=[pin.pk])
    nothing = browser.post(address, {"feedback": "Hm"}, headers=HTMX)
    assert "Tick what should be written." in says(nothing)
    long = browser.post(address, {"fields": "title", "feedback": "Hm " * 700}, headers=HTMX)
    with scope.workspace(people.workspace.pk):
        assert (long.status_code, Generation.objects.filter(post=pin).count()) == (422, 0)
    assert "At most 2,000 characters, please." in says(long) and 'id="words-feedback"' not in says(long)  # it stays
    browser.post(address, {"fields": "title", "feedback": "No hype.", "quick": "shorter"}, headers=HTMX)
    assert newest(people, pin).feedback == "No hype. Make it shorter."
    assert "already" in says(browser.post(address, {"fields": "title"}, headers=HTMX))
    stopped = says(act(browser, newest(people, pin), "stop"))
    assert "Stopped. Nothing was changed." in stopped and "hx-partial" in stopped
    assert act(browser, newest(people, pin), "burn").status_code == 404


def test_a_suggestion_that_is_dropped_or_old_changes_nothing(people: People, browser: Client, pin: Post) -> None:
    with scope.workspace(people.workspace.pk):
        row = words_rows.propose(pin)
    assert "$0.0021, 1,692 tokens" in says(browser.get(reverse("pin", args=[pin.pk])))
    act(browser, row, "drop")
    assert "isn&#x27;t there any more" in says(act(browser, row, "use"))
    assert here(people, pin).title == words_rows.OLD.title


def test_a_suggestion_is_used_over_what_a_person_saw_but_not_over_what_they_did_not(
    people: People, browser: Client, pin: Post
) -> None:
    with scope.workspace(people.workspace.pk):
        row = words_rows.propose(pin)
    saved = browser.post(reverse("pin_save", args=[pin.pk]), {"title": "Mine", "version": pin.version}, headers=HTMX)
    version = here(people, pin).version
    assert 'id="words-box"' in says(saved) and f'name="version" value="{version}"' in says(saved)
    old = act(browser, row, "use", version=pin.version)
    assert old.status_code == 409 and "Someone changed this" in says(old) and 'id="words-box"' in says(old)
    assert act(browser, row, "use", version=version).status_code == 200
    assert here(people, pin).title == words_rows.NEW.title


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_sentence_and_a_step_and_keeps_the_feedback(
    people: People, browser: Client, pin: Post, cause: Cause
) -> None:
    with scope.workspace(people.workspace.pk):
        words_rows.fail(pin, cause)
    said = words_said.said(cause)
    page = says(browser.get(reverse("pin", args=[pin.pk])))
    with translation.override("en"):
        assert said.happened in page.replace("&#x27;", "'") and said.next_step in page
    assert "Less hype. Say it is one pan" in page
    assert ("AI settings</a><span" in page) == (said.helps == words_said.Next.SETTINGS)
    assert said.happened in says(browser.get(reverse("pins"))).replace("&#x27;", "'")


def test_a_budget_that_is_used_up_is_named() -> None:
    used_up = words_said.said(Cause.BUDGET, "The budget of $10 for this month is used up.")
    assert (used_up.happened, used_up.detail) == ("The budget of $10 for this month is used up.", "")
    assert words_said.said(Cause.BUDGET, budget.NO_PRICE).next_step == ""
    assert words_said.said(Cause.QUOTA, "insufficient_quota").detail == "insufficient_quota"


def test_whoever_saves_second_sees_both_texts_and_chooses(people: People, browser: Client, pin: Post) -> None:
    address, texts = reverse("pin_save", args=[pin.pk]), {"title": "Hers", "description": "Her words."}
    browser.post(address, {**texts, "version": pin.version}, headers=HTMX)
    mine = {"title": "Mine", "description": "Her words.", "alt_text": "Mine as well", "version": pin.version}
    both = browser.post(address, mine, headers=HTMX)
    assert both.status_code == 409 and "Somebody changed this while you wrote" in says(both)
    assert 'name="title" value="Mine"' in says(both) and 'name="description"' not in says(both)
    assert here(people, pin).title == "Hers"
    assert "Both texts" in says(browser.post(address, mine))
    touched = says(browser.post(address, {**mine, "touched": "alt_text"}, headers=HTMX))
    assert 'name="alt_text"' in touched and 'name="title"' not in touched
    kept = {"alt_text": "Mine as well", "merged": "1", "version": here(people, pin).version}
    assert 'id="pin-words"' in says(browser.post(address, kept, headers=HTMX))
    assert (here(people, pin).title, here(people, pin).alt_text) == ("Hers", "Mine as well")


def test_a_cause_nobody_knows_is_told_as_well() -> None:
    assert words_said.said("sunspots").happened
    assert words_said.skipped("sunspots")


def test_topics_are_added_and_taken_away(people: People, browser: Client, pin: Post) -> None:
    address = reverse("pin_topics", args=[pin.pk])
    topics = list(pin.topics)
    browser.post(address, {"add": "One pan, Weeknight"})
    assert here(people, pin).topics == [*topics, "One pan", "Weeknight"]
    answer = browser.post(address, {"remove": "Miso", "add": "x"}, headers=HTMX)
    assert here(people, pin).topics == ["Salmon recipes", "One pan", "Weeknight"]
    assert 'hx-target="#pin-topics"' in says(answer)
    too_many = browser.post(address, {"topic": [f"t{n}" for n in range(40)], "add": ""}, headers=HTMX)
    assert too_many.status_code < 500


def test_topics_of_somebody_else_stay_and_each_keeps_its_place(people: People, browser: Client, pin: Post) -> None:
    address = reverse("pin_topics", args=[pin.pk])
    browser.post(address, {"topic": pin.topics, "add": "One pan"})
    browser.post(address, {"topic": pin.topics, "add": "Fish"})  # as from a page that was open before
    assert here(people, pin).topics == [*pin.topics, "One pan", "Fish"]
    browser.post(address, {"add": "miso, Rice, rice"})
    assert here(people, pin).topics == [*pin.topics, "One pan", "Fish", "Rice"]
    browser.post(address)
    browser.post(address, {"remove": "Nobody's"})
    assert here(people, pin).topics == [*pin.topics, "One pan", "Fish", "Rice"]


def test_what_is_made_with_ai_is_said_on_the_pin_and_has_the_blogs_default(
    people: People, browser: Client, pin: Post, house: House
) -> None:
    value, label = next(each for network in NETWORKS.values() for each in network.powers.disclosures)
    assert label in says(browser.get(reverse("pin", args=[pin.pk])))
    browser.post(reverse("pin_disclosures", args=[pin.pk]), {"disclosure": [value, "NONSENSE"]})
    assert here(people, pin).ai_disclosures == [value]
    form = {"name": "The Slow Table", "language": "en", "rhythm": "weekly", "disclosures": [value]}
    lists = {"keywords": "one pan\nweeknight, fish", "about": "Calm cooking."}
    browser.post(reverse("settings_brand_of", args=[house.blog.pk]), {**form, **lists})
    with scope.workspace(people.workspace.pk):
        profile = brand.profile_of(house.blog)
        house.blog.refresh_from_db()
    assert (profile.keywords, profile.about) == (["one pan", "weeknight", "fish"], "Calm cooking.")
    assert profile.ai_disclosures == [value]
    assert (house.blog.language, house.blog.rhythm) == ("en", "weekly")


def test_a_board_is_suggested_and_taken_with_a_click(people: People, browser: Client, pin: Post, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        board = house.rows.boards[0]
        Post.objects.filter(pk=pin.pk).update(target=None, title="Weeknight dinners with salmon", topics=["weeknight"])
    page = says(browser.get(reverse("pin", args=[pin.pk])))
    assert "Suggested: Weeknight Dinners" in page
    browser.post(reverse("pin_target", args=[pin.pk]), {"board": str(board.pk), "section": ""})
    assert here(people, pin).target_id == board.pk
    assert "Suggested:" not in says(browser.get(reverse("pin", args=[pin.pk])))


def test_many_are_asked_for_with_their_number_and_cost(
    people: People, browser: Client, house: House, pin: Post
) -> None:
    with scope.workspace(people.workspace.pk):
        others = [house.rows.post() for _ in range(3)]
        words_rows.keep(pin, words_rows.NEW)
    chosen = {"pin": [str(pin.pk), str(others[0].pk)], "back": "/pins?sort=title"}
    dialog = says(browser.post(reverse("pins_words"), chosen, headers=HTMX))
    assert "Write words for 2 pins" in dialog and "All 4 of this list" in dialog
    assert "1 was edited by a person" in dialog and "Costs nothing" in dialog
    page = says(browser.post(reverse("pins_words"), chosen))
    assert "Write words for 2 pins" in page and "<main" in page
    start = {**chosen, "fields": ["title"], "brief": "Short.", "overwrite": "on"}
    assert browser.post(reverse("pins_words_start"), start).headers["Location"] == "/pins?sort=title"
    with scope.workspace(people.workspace.pk):
        run = WordsRun.objects.get()
        assert WordsTask.objects.filter(run=run).count() == 2
    assert "Writing words for 2 pins" in says(browser.get(reverse("pins")))
    work()
    page = says(browser.get(reverse("words_run", args=[run.pk])))
    assert "Words written for 2 pins" in page
    browser.post(reverse("pins_words_start"), {**start, "which": "all"})
    with scope.workspace(people.workspace.pk):
        assert WordsTask.objects.exclude(run=run).count() == 4


def test_what_a_list_was_is_read_from_an_address_of_ours_only(browser: Client, pin: Post) -> None:
    for back, status in [("//[x", 302), ("http://[::1", 302), ("/pins?q=%00", 404), ("/pins?q=a%00b&state=x", 404)]:
        start = {"which": "all", "fields": ["title"], "back": back}
        assert browser.post(reverse("pins_words_start"), start).status_code == status
        asked = browser.post(reverse("pins_words"), {"pin": [str(pin.pk)], "back": back})
        assert asked.status_code == {302: 200}.get(status, status)


def test_a_wish_for_all_may_fill_its_field(people: People, browser: Client, pin: Post) -> None:
    typed = "x" * 499 + "\n" + "y" * 500  # as a browser counts; it sends another character for each line's end
    start = {"pin": [str(pin.pk)], "fields": ["title"], "brief": typed.replace("\n", "\r\n")}
    browser.post(reverse("pins_words_start"), start)
    with scope.workspace(people.workspace.pk):
        assert WordsRun.objects.get().brief == typed


def test_a_first_run_is_told_what_a_model_of_known_price_costs(people: People, browser: Client, pin: Post) -> None:
    with scope.workspace(people.workspace.pk):
        access_keys.save(None, access_keys.Wish("openai", key=SECRET_KEY))
    dialog = says(browser.post(reverse("pins_words"), {"pin": [str(pin.pk)]}, headers=HTMX))
    assert "At most about $0." in dialog and "no price for this model" not in dialog


def test_a_run_is_paused_resumed_stopped_and_says_why_it_waits(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        run = words_rows.words_run(house)
        paused = words_rows.words_run(house, WordsRunState.PAUSED, because=Cause.BUDGET)
    assert "The monthly limit of this workspace is reached." in says(browser.get(reverse("pins")))

    def run_act(what: str) -> str:
        return says(browser.post(reverse("words_run_act", args=[run.pk, what]), headers=HTMX))

    assert "Writing words is paused" in run_act("pause")
    assert "Writing words for 6 pins" in run_act("resume")
    assert "is being stopped" in run_act("stop")
    assert browser.post(reverse("words_run_act", args=[run.pk, "explode"])).status_code == 404
    page = says(browser.get(reverse("words_run", args=[paused.pk])))
    assert "Left as it is: a person edited it." in page and "won&#x27;t write about this" in page


def test_what_failed_is_written_again_though_one_of_them_was_removed(
    people: People, browser: Client, house: House
) -> None:
    with scope.workspace(people.workspace.pk):
        run = words_rows.words_run(house)
        first, *others = WordsTask.objects.filter(run=run)
        kept = others[0].post_id
        WordsTask.objects.filter(pk__in=[first.pk, others[0].pk]).update(state="failed")
        WordsTask.objects.filter(run=run).exclude(pk__in=[first.pk, others[0].pk]).update(state="written")
        composing.remove_post(first.post)
        WordsRun.objects.filter(pk=run.pk).update(state="done", finished_at=clock.now())
    assert "Write the one that failed again" in says(browser.get(reverse("words_run", args=[run.pk])))
    browser.post(reverse("words_run_act", args=[run.pk, "retry"]))
    with scope.workspace(people.workspace.pk):
        assert list(WordsTask.objects.exclude(run=run).values_list("post_id", flat=True)) == [kept]


def test_pressing_twice_begins_one_run(people: People, browser: Client, house: House, pin: Post) -> None:
    dialog = says(browser.post(reverse("pins_words"), {"pin": [str(pin.pk)]}, headers=HTMX))
    named = dialog.partition('name="run" value="')[2].partition('"')[0]
    start = {"pin": [str(pin.pk)], "fields": ["title"], "run": named}
    for _ in range(2):
        assert browser.post(reverse("pins_words_start"), start).status_code == 302
    with scope.workspace(people.workspace.pk):
        run, other = WordsRun.objects.get(), house.rows.post()
    browser.post(reverse("pins_words_start"), {**start, "pin": [str(other.pk)]})  # an old page, of other pins
    browser.post(reverse("pins_words_start"), {**start, "run": "x"})
    browser.post(reverse("pins_words_start"), {**start, "fields": ["alt_text"]})
    with scope.workspace(people.workspace.pk):
        assert WordsRun.objects.count() == 4
        WordsTask.objects.filter(run=run).update(state="failed")
    for _ in range(2):
        browser.post(reverse("words_run_act", args=[run.pk, "retry"]))
    with scope.workspace(people.workspace.pk):
        assert WordsRun.objects.count() == 5


def test_the_key_is_stored_tried_and_never_shown_again(
    people: People,
    browser: Client,
    ai_double: AiDouble,  # noqa: F811  the fixture
    settings: Any,
) -> None:
    settings.ALLOW_PRIVATE = [f"127.0.0.1:{ai_double.port}"]
    address = reverse("settings_writing")
    form = {
        "provider": "compatible",
        "base_url": ai_double.url,
        "model": "double-small",
        "per_minute": 60,
        "at_once": 5,
    }
    limits = {"monthly_usd": "10", "input_usd": "1", "output_usd": "4"}
    wrong = browser.post(address, {**form, "key": "two words", **limits})
    assert wrong.status_code == 422 and "does not look like a key" in says(wrong)
    assert "two words" not in says(wrong)
    browser.post(address, {**form, "key": KEY, **limits})
    page = says(browser.get(address))
    assert KEY not in page and f"…{KEY[-4:]}" in page and "$0.00 of $10.00 this month" in page
    browser.post(reverse("settings_writing_act", args=["test"]))
    page = says(browser.get(address))
    assert "double-small answered." in page and "Answered today" in page
    assert "2 models" in says(browser.post(reverse("settings_writing_act", args=["models"]), headers=HTMX))
    ai_double.key = "another-key-than-that-0000"
    browser.post(reverse("settings_writing_act", args=["test"]))
    page = says(browser.get(address))
    assert "The key was refused." in page and KEY not in page
    assert "The key was refused." in says(browser.post(reverse("settings_writing_act", args=["models"]), headers=HTMX))
    browser.post(reverse("settings_writing_act", args=["forget"]))
    with scope.workspace(people.workspace.pk):
        assert not WriterAccess.objects.exists()


def test_a_blog_may_have_its_own_writer(people: People, browser: Client, house: House) -> None:
    address = reverse("settings_writing_of", args=[house.blog.pk])
    assert "uses the workspace's writer" in says(browser.get(address))
    form = {"provider": "mistral", "key": SECRET_KEY, "per_minute": 30, "at_once": 2, "monthly_tokens": "100000"}
    browser.post(address, form)
    page = says(browser.get(address))
    assert "has its own writer" in page and "0 of 100,000 tokens this month" in page and SECRET_KEY not in page
    assert "Its own: mistral-small-latest" in says(browser.get(reverse("settings_writing")))
    with scope.workspace(people.workspace.pk):
        assert access_keys.access_of(None).is_offline
    browser.post(reverse("settings_writing_of_act", args=[house.blog.pk, "forget"]))
    assert "uses the workspace's writer" in says(browser.get(address))


def test_who_writes_is_an_admins_choice_and_words_an_editors(
    people: People, browser_of: Callable[[User], Client], house: House, pin: Post
) -> None:
    bob = browser_of(people.bob)
    form = {"provider": "offline", "per_minute": 60, "at_once": 5}
    assert "An owner or admin can change these." in says(bob.get(reverse("settings_writing")))
    bob.post(reverse("settings_writing"), form)
    assert bob.post(reverse("settings_writing_act", args=["test"])).status_code == 403
    with scope.workspace(people.workspace.pk):
        assert not WriterAccess.objects.exists()
    bob.post(reverse("pin_words", args=[pin.pk]), {"fields": "title"})
    assert newest(people, pin).state == GenerationState.RUNNING
    viewer = User.objects.create_user(email="vera@example.org", password="correct horse battery")
    workspaces.add_member(workspace_id=people.workspace.pk, user=viewer, role=Role.VIEWER)
    vera = browser_of(viewer)
    assert vera.post(reverse("pin_words", args=[pin.pk]), {"fields": "title"}).status_code == 403
    assert "Your role may look, not change." in says(vera.get(reverse("settings_brand_of", args=[house.blog.pk])))
    assert 'id="words-form"' not in says(vera.get(reverse("pin", args=[pin.pk])))


def test_an_article_says_its_language_by_name(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        house.article.language = "de-AT"
        house.article.save(update_fields=["language"])
    assert "<dd>German</dd>" in says(browser.get(reverse("article", args=[house.article.pk])))
    assert languages.language_name("xx-klingon") == "xx-klingon"
    assert languages.language_name("pt-br") == "Brazilian Portuguese"


def test_what_was_spent_is_shown_with_its_meter(people: People, browser: Client, house: House, pin: Post) -> None:
    with scope.workspace(people.workspace.pk):
        access_keys.save(None, access_keys.Wish("openai", key=SECRET_KEY, monthly_usd=Decimal(2)))
        spent = {"spent_usd": Decimal("1.70"), "spent_tokens": 12_345, "asked": 10}
        AiMonth.objects.create(month=budget.this_month(), **spent)
    page = says(browser.get(reverse("settings_writing")))
    assert "$1.70 of $2.00 this month" in page and "12,345 tokens this month, no limit" in page
    assert "About $0.17 for each request" in page and 'class="warn"' in page
    assert SECRET_KEY not in page and "held back" not in page
    with scope.workspace(people.workspace.pk):
        AiMonth.objects.update(reserved_usd=Decimal("0.30"), reserved_tokens=2_000)
    page = says(browser.get(reverse("settings_writing")))
    assert "$1.70 of $2.00 this month · $0.30 held back" in page and 'class="bad"' in page
    assert "12,345 tokens this month, no limit" in page  # nothing is held back where there is no limit


def test_the_offline_writer_is_named_as_such(people: People, browser: Client, pin: Post) -> None:
    with scope.workspace(people.workspace.pk):
        words_rows.keep(pin, Words("By rule", "Made of its sentences.", ""), by="offline")
    page = says(browser.get(reverse("pin", args=[pin.pk])))
    assert "By Offline writer" in page and reverse("settings_writing") in page
    assert "v2, offline" in says(browser.get(reverse("pins")))
