"""The brand page over HTTP: saved as it is typed and as a plain form, tried, copied, and what was learnt."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conftest import People
from petra.ai.contract import Tone, Words
from petra.articles.models import Blog
from petra.lib import clock
from petra.posts import composing
from petra.posts.models import AiMonth, Generation, GenerationState, Post, WordsExample
from petra.posts.testing import work
from petra.posts.words import access_keys, brand, budget, examples
from petra.tenancy import scope
from petra.tenancy.models import Role, User
from petra.web.live.viewer import Viewer
from petra.web.tests import words_rows
from petra.web.tests.page_rows import House
from petra.web.words import brand_live as words_brand_live
from petra.webhooks.models import Event

HTMX = {"HX-Request": "true"}
GOOD = {"name": "Table", "language": "", "rhythm": "manual", "is_learning": "on"}


def says(answer: Any) -> str:  # the test client's answers have a type of their own in the stubs
    return str(answer.content.decode())


@pytest.fixture
def pin(people: People, house: House) -> Post:
    with scope.workspace(people.workspace.pk):
        return words_rows.written_pin(house)


@pytest.fixture
def address(house: House) -> str:
    return reverse("settings_brand_of", args=[house.blog.pk])


def another_blog(people: People, name: str = "Little Acre") -> Blog:
    with scope.workspace(people.workspace.pk):
        made: Blog = Blog.objects.create(name=name, address=f"https://{name.replace(' ', '-').lower()}.example/")
        return made


def voice_of(people: People, blog: Blog) -> Any:
    with scope.workspace(people.workspace.pk):
        return brand.profile_of(blog)


def test_the_page_has_16_fields_and_beside_them_tone_emoji_and_learning(browser: Client, address: str) -> None:
    assert sum(len(names) for names in brand.SECTIONS.values()) == 16
    assert browser.get(reverse("settings_brand")).headers["Location"] == address
    page = says(browser.get(address))
    names = [name for section in brand.SECTIONS.values() for name in section]
    for name in (*names, *brand.TONES, "emoji", "is_learning"):
        assert f'name="{name}"' in page, name
    assert page.count('type="range"') == 3 and page.count('min="-2"') == page.count('max="2"') == 3
    for word in ("Plain", "Playful", "Brief", "Detailed", "Neutral", "Warm", "Learn from pins you edited"):
        assert word in page


def test_what_is_typed_is_saved_and_said(people: People, browser: Client, house: House, address: str) -> None:
    told = {**GOOD, "voice": "Calm.", "playful": "-1", "warm": "2", "emoji": "few", "keywords": "soup, one pan\nstew"}
    saved = browser.post(address, told, headers=HTMX)
    assert saved.status_code == 200 and 'id="brand-saved"' in says(saved) and "Saved " in says(saved)
    profile = voice_of(people, house.blog)
    assert (profile.voice, profile.playful, profile.detailed, profile.warm) == ("Calm.", -1, 0, 2)
    assert (profile.has_emoji, profile.is_learning, profile.keywords) == (True, True, ["soup", "one pan", "stew"])
    assert browser.post(address, {**GOOD, "voice": "Dry."}).headers["Location"] == address
    page = says(browser.get(address))
    assert "Dry." in page and "Saved " in page
    profile = voice_of(people, house.blog)
    assert (profile.playful, profile.has_emoji) == (0, False)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"playful": "3"}, "Plain or playful: "),
        ({"warm": "hot"}, "Neutral or warm: "),
        ({"emoji": "many"}, "Emoji and hashtags: "),
        ({"name": ""}, "Name: "),
        ({"keywords": "x" * 81}, "is too long"),
    ],
)
def test_bad_values_are_refused_with_their_reason_and_nothing_is_saved(
    people: People, browser: Client, house: House, address: str, wrong: dict[str, str], why: str
) -> None:
    told = {**GOOD, "voice": "Calm.", **wrong}
    for headers in (HTMX, {}):
        for where in (address, reverse("settings_brand_sample", args=[house.blog.pk])):
            answer = browser.post(where, told, headers=headers)
            assert answer.status_code == 422 and why in says(answer), headers
    assert voice_of(people, house.blog).voice == ""
    with scope.workspace(people.workspace.pk):
        assert Blog.objects.get(pk=house.blog.pk).name == house.blog.name
        assert not Generation.objects.filter(state=GenerationState.RUNNING).exists()


def test_a_text_of_several_lines_may_fill_its_field(
    people: People, browser: Client, house: House, address: str
) -> None:
    typed = "Short.\n" * 250 + "y" * 250  # as a browser counts; it sends another character for each line's end
    assert browser.post(address, {**GOOD, "voice": typed.replace("\n", "\r\n")}).status_code == 302
    assert voice_of(people, house.blog).voice == typed


def test_a_sample_is_saved_first_and_written_stopped_used_and_dropped(
    people: People, browser: Client, house: House, pin: Post, address: str
) -> None:
    again = reverse("settings_brand_sample", args=[house.blog.pk])
    assert "Write again" in says(browser.get(address))
    assert browser.post(again, {**GOOD, "voice": "Calm."}).headers["Location"] == address
    assert voice_of(people, house.blog).voice == "Calm."
    page = says(browser.get(address))
    assert "Waiting for the first words" in page and "Stop" in page
    assert "already" in says(browser.post(again, GOOD, headers=HTMX))

    def act(what: str, **kind: Any) -> str:
        with scope.workspace(people.workspace.pk):
            row = Generation.objects.filter(post=pin).order_by("-created_at", "-pk")[0]
        return says(browser.post(reverse("settings_brand_sample_act", args=[house.blog.pk, row.pk, what]), **kind))

    assert "Stopped. Nothing was changed." in act("stop", headers=HTMX)
    variants = set()
    for last, title in (("drop", words_rows.OLD.title), ("use", "")):
        browser.post(again, GOOD)
        work()
        browser.post(again, GOOD)  # the same question once more: other words
        work()
        with scope.workspace(people.workspace.pk):
            variants.add(Generation.objects.filter(post=pin).order_by("-created_at", "-pk")[0].variant)
        page = says(browser.get(address))
        assert "not saved yet" in page and "Use this" in page
        act(last)
        assert "not saved yet" not in says(browser.get(address))
        with scope.workspace(people.workspace.pk):
            assert (Post.objects.get(pk=pin.pk).title == words_rows.OLD.title) == bool(title)
    assert len(variants) == 2
    assert "there any more" in act("use", headers=HTMX)
    with scope.workspace(people.workspace.pk):
        row = Generation.objects.filter(post=pin)[0]
    wrong = (
        reverse("settings_brand_sample_act", args=[house.blog.pk, row.pk, "burn"]),
        reverse("settings_brand_sample_act", args=[another_blog(people).pk, row.pk, "use"]),
    )
    assert [browser.post(one).status_code for one in wrong] == [404, 404]


def test_without_a_pin_a_sample_says_what_is_missing(browser: Client, house: House, people: People) -> None:
    bare = another_blog(people)
    assert "then a sample is written here" in says(browser.get(reverse("settings_brand_of", args=[bare.pk])))
    told = browser.post(reverse("settings_brand_sample", args=[bare.pk]), GOOD, headers=HTMX)
    assert "Make a pin of an article of this blog first." in says(told)


def test_edits_are_counted_with_their_pictures_until_it_is_switched_off(
    people: People, browser: Client, house: House, pin: Post, address: str
) -> None:
    assert "example" not in says(browser.get(address)).split('id="brand-count"')[1][:60]
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        words_rows.keep(pin, words_rows.NEW)
        pin.refresh_from_db()
        composing.edit_post(pin, version=pin.version, title="Miso salmon from one pan")
        assert examples.of_blog(house.blog).count() == 1
    page = says(browser.get(address))
    assert "1 example" in page and page.split('id="brand-pictures"')[1].split("</span>")[0].count("<img") == 1
    off = browser.post(address, {name: value for name, value in GOOD.items() if name != "is_learning"}, headers=HTMX)
    assert "1 example" not in says(off)
    with scope.workspace(people.workspace.pk):
        assert not WordsExample.objects.exists()


def test_a_voice_is_copied_to_another_blog_of_the_workspace_only(
    people: People, browser: Client, browser_of: Callable[[User], Client], house: House, address: str
) -> None:
    assert "Copy to another blog" not in says(browser.get(address))
    other = another_blog(people)
    with scope.workspace(people.elsewhere.pk):
        foreign = Blog.objects.create(name="Foreign", address="https://foreign.example/")
    with scope.workspace(people.workspace.pk):
        brand.save(house.blog, texts={"voice": "Calm."}, tone=Tone(warm=1))
    page = says(browser.get(address))
    assert "Copy to another blog" in page and "Little Acre" in page and "Foreign" not in page
    copy = reverse("settings_brand_copy", args=[house.blog.pk])
    for wrong in ("", "x", str(foreign.pk), str(house.blog.pk)):
        assert browser.post(copy, {"to": wrong}).headers["Location"] == address
    assert "Choose the blog to copy to." in says(browser.get(address))
    there = browser.post(copy, {"to": str(other.pk)}).headers["Location"]
    assert there == reverse("settings_brand_of", args=[other.pk])
    assert "Copied from" in says(browser.get(there)) and voice_of(people, other).warm == 1
    with scope.workspace(people.elsewhere.pk):
        assert brand.profile_of(foreign).voice == ""


def test_many_blogs_are_a_list_and_few_stand_beside_each_other(browser: Client, house: House, people: People) -> None:
    others = [another_blog(people, f"Blog {n}") for n in range(5)]
    page = says(browser.get(reverse("settings_brand_of", args=[house.blog.pk])))
    assert 'id="brand-blogs"' in page
    chosen = browser.get(reverse("settings_brand"), {"blog": str(others[3].pk)}).headers["Location"]
    assert chosen == reverse("settings_brand_of", args=[others[3].pk])
    assert browser.get(reverse("settings_brand"), {"blog": "x"}).status_code == 302


def test_the_card_says_who_writes_and_what_it_took(people: People, browser: Client, house: House, address: str) -> None:
    page = says(browser.get(address))
    assert "No key needed" in page and "Offline writer" in page and "<progress" not in page
    with scope.workspace(people.workspace.pk):
        access_keys.save(None, access_keys.Wish("openai", key="sk-kanarienvogel-0123456789", monthly_usd=Decimal(10)))
        spent = {
            "spent_usd": Decimal("3.18"),
            "spent_tokens": 90_000,
            "asked": 800,
            "written": 795,
            "took_ms": 1_669_500,
        }
        AiMonth.objects.create(month=budget.this_month(), **spent)
    page = says(browser.get(address))
    assert "Your own key, answering" in page and "<b>$3.18</b> of $10.00 limit" in page and "$0.0040, 2.1 s" in page
    assert 'value="3.180000" max="10.000000"' in page and "kanarienvogel" not in page
    with scope.workspace(people.workspace.pk):
        access_keys.save(
            house.blog, access_keys.Wish("mistral", key="sk-kanarienvogel-0123456789", monthly_tokens=1000)
        )
    page = says(browser.get(address))
    assert "Your own key, not tried yet" in page and "<b>0</b> of 1,000 tokens" in page
    assert reverse("settings_writing_of", args=[house.blog.pk]) in page


def test_an_open_page_is_told_the_sample_as_it_comes(people: People, house: House, pin: Post) -> None:
    with scope.workspace(people.workspace.pk):
        words_rows.propose(pin, Words("Half a"), GenerationState.RUNNING)
        event = Event(kind="post.words_started", subject_kind="post", subject_id=pin.pk)
        query = {"blog": str(house.blog.pk), "pin": str(pin.pk)}
        viewer = Viewer(
            people.alice.pk, people.workspace.pk, Role.EDITOR, people.workspace.zone, "brand", query, clock.now()
        )
        sample, writer = words_brand_live.changes(viewer, [event])  # type: ignore[misc]  # pieces, not RELOAD
        assert sample.target == "#brand-sample" and "Half a" in sample.html and "Stop" in sample.html
        assert writer.target == "#brand-writer"
        assert words_brand_live.changes(viewer, [Event(kind="import.progress")]) == []
        query["seen"] = brand.save(house.blog, texts={"voice": "Drawn"}).updated_at.isoformat()
        drawn = Event.objects.get(kind="blog.brand_changed")
        brand.save(house.blog, texts={"voice": "Bob's"})
        changed = Event.objects.filter(kind="blog.brand_changed").latest("id")
        changed.actor_id = people.alice.pk
        assert words_brand_live.changes(viewer, [changed]) == []  # her own
        drawn.actor_id = changed.actor_id = people.bob.pk
        assert words_brand_live.changes(viewer, [drawn]) == []  # told late: she has seen it, whatever came since
        [news] = words_brand_live.changes(viewer, [changed])  # type: ignore[misc]
        assert news.target == "#brand-news" and "Somebody else" in news.html
