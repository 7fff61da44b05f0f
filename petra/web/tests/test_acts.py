"""What people do on the pages: each form changes what it says, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from conftest import People
from petra.articles.models import Article, ImportRun, RunState
from petra.lib import clock
from petra.posts.models import Post
from petra.publishing.models import Delivery, Slot, State
from petra.tenancy import scope
from petra.tenancy.models import User, Workspace
from petra.web.tests.page_rows import House, furnish, in_every_state

HTMX = {"HX-Request": "true"}


@pytest.fixture
def house(people: People) -> House:
    with scope.workspace(people.workspace.pk):
        return furnish(people.workspace)


@pytest.fixture
def browser(people: People, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(people.alice)


@pytest.fixture
def pin(people: People, house: House) -> Post:
    with scope.workspace(people.workspace.pk):
        return house.rows.post()


def _says(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_words_are_saved_and_the_answer_carries_the_parts_that_changed(
    people: People, browser: Client, pin: Post
) -> None:
    answer = browser.post(reverse("pin_save", args=[pin.pk]), {"title": "Salmon", "version": pin.version}, headers=HTMX)
    assert answer.status_code == 200
    assert "#pin-version" in _says(answer)
    with scope.workspace(people.workspace.pk):
        assert Post.objects.get(pk=pin.pk).title == "Salmon"


def test_words_on_an_old_version_are_refused_and_nothing_is_lost(people: People, browser: Client, pin: Post) -> None:
    browser.post(reverse("pin_save", args=[pin.pk]), {"title": "First", "version": pin.version}, headers=HTMX)
    answer = browser.post(reverse("pin_save", args=[pin.pk]), {"title": "Second", "version": pin.version}, headers=HTMX)
    assert answer.status_code == 409
    with scope.workspace(people.workspace.pk):
        assert Post.objects.get(pk=pin.pk).title == "First"


def test_a_board_and_its_section_are_chosen(people: People, browser: Client, pin: Post, house: House) -> None:
    board = house.rows.boards[0]
    with scope.workspace(people.workspace.pk):
        section = board.sections.get()
    browser.post(reverse("pin_target", args=[pin.pk]), {"board": board.pk, "section": section.pk}, headers=HTMX)
    with scope.workspace(people.workspace.pk):
        assert Post.objects.get(pk=pin.pk).target_id == section.pk
    other = house.rows.boards[1]
    browser.post(reverse("pin_target", args=[pin.pk]), {"board": other.pk, "section": section.pk}, headers=HTMX)
    with scope.workspace(people.workspace.pk):
        assert Post.objects.get(pk=pin.pk).target_id == other.pk


def test_a_pin_is_scheduled_moved_and_taken_off(people: People, browser: Client, pin: Post, house: House) -> None:
    first, second = house.rows.at(1, "10:05"), house.rows.at(2, "11:45")
    browser.post(reverse("pin_schedule", args=[pin.pk]), {"at": first.isoformat()})
    browser.post(
        reverse("pin_schedule", args=[pin.pk]), {"local": f"{second.astimezone(people.workspace.zone):%Y-%m-%dT%H:%M}"}
    )
    with scope.workspace(people.workspace.pk):
        delivery = Delivery.objects.get(post=pin)
        assert (delivery.due_at, delivery.state) == (second, State.PLANNED)
    browser.post(reverse("delivery_act", args=[delivery.pk, "cancel"]))
    browser.post(reverse("delivery_act", args=[delivery.pk, "undo"]))
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.get(post=pin).state == State.PLANNED


def test_a_time_that_is_over_is_refused_with_a_sentence(browser: Client, pin: Post, house: House) -> None:
    answer = browser.post(
        reverse("pin_schedule", args=[pin.pk]), {"at": house.rows.at(-1, "10:05").isoformat()}, follow=True
    )
    assert "That time is over" in _says(answer)


@pytest.mark.parametrize("local", ["", "tomorrow", "2026-13-99T00:00"])
def test_a_time_that_is_none_is_refused_with_a_sentence(browser: Client, pin: Post, local: str) -> None:
    answer = browser.post(reverse("pin_schedule", args=[pin.pk]), {"local": local}, follow=True)
    assert "Choose a day and a time" in _says(answer)


def test_pressing_publish_now_twice_publishes_once(people: People, browser: Client, pin: Post) -> None:
    form = {"seen": ""}
    browser.post(reverse("pin_publish_now", args=[pin.pk]), form)
    answer = browser.post(reverse("pin_publish_now", args=[pin.pk]), form, follow=True)
    assert "changed a moment ago" in _says(answer)
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.filter(post=pin).count() == 1


def test_publish_now_on_a_page_from_before_it_was_published_sends_nothing(
    people: People, browser: Client, house: House
) -> None:
    with scope.workspace(people.workspace.pk):
        delivery = house.rows.stands(house.rows.at(-1, "10:05"), State.PUBLISHED)
    browser.post(reverse("pin_publish_now", args=[delivery.post_id]), {"seen": ""})
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.filter(post_id=delivery.post_id).count() == 1


def test_a_failed_delivery_is_retried_and_reset(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        one, two = (house.rows.stands(house.rows.at(-1, "10:05"), State.FAILED) for _ in range(2))
    browser.post(reverse("delivery_act", args=[one.pk, "retry"]))
    browser.post(reverse("delivery_act", args=[two.pk, "reset"]))
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.get(pk=one.pk).state == State.PLANNED
        assert Delivery.objects.get(pk=two.pk).state == State.CANCELLED
    assert browser.post(reverse("delivery_act", args=[one.pk, "explode"])).status_code == 404


def test_several_pins_are_spread_and_the_spreading_is_undone(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        pins = [house.rows.post() for _ in range(3)] + [house.rows.draft()]
    answer = browser.post(reverse("pins_bulk"), {"act": "schedule", "pin": [str(p.pk) for p in pins]}, follow=True)
    assert "3 pins scheduled" in _says(answer)
    assert "choose a board first" in _says(answer)
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.filter(state=State.PLANNED).count() == 3
    browser.post(reverse("pins_undo"))
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.filter(state=State.PLANNED).count() == 0


def test_pins_of_others_stop_the_whole_act(people: People, browser_of: Callable[[User], Client], pin: Post) -> None:
    answer = browser_of(people.charlie).post(reverse("pins_bulk"), {"act": "remove", "pin": [str(pin.pk)]})
    assert answer.status_code == 404


def test_pins_are_removed_and_brought_back(people: People, browser: Client, pin: Post) -> None:
    browser.post(reverse("pins_bulk"), {"act": "remove", "pin": [str(pin.pk)]})
    assert browser.get(reverse("pin", args=[pin.pk])).status_code == 404
    browser.post(reverse("pins_undo"))
    assert browser.get(reverse("pin", args=[pin.pk])).status_code == 200


def test_a_bulk_act_leads_back_only_to_pages_of_ours(browser: Client, pin: Post) -> None:
    form = {"act": "board", "pin": [str(pin.pk)], "target": str(pin.target_id), "back": "https://evil.example/"}
    assert browser.post(reverse("pins_bulk"), form).headers["Location"] == reverse("pins")


def test_an_own_picture_becomes_a_pin_and_a_bad_file_a_sentence(people: People, browser: Client, house: House) -> None:
    file = BytesIO()
    Image.new("RGB", (1000, 1500), "#446").save(file, "JPEG")
    good = SimpleUploadedFile("a.jpg", file.getvalue(), content_type="image/jpeg")
    bad = SimpleUploadedFile("b.jpg", b"not a picture", content_type="image/jpeg")
    answer = browser.post(reverse("pin_new"), {"pictures": [good, bad], "link": "https://table.example/1"}, follow=True)
    assert "b.jpg:" in _says(answer)
    with scope.workspace(people.workspace.pk):
        assert Post.objects.count() == 1


def test_a_picture_is_served_to_members_only(
    people: People, browser: Client, browser_of: Callable[[User], Client], pin: Post
) -> None:
    with scope.workspace(people.workspace.pk):
        use = pin.media.get()
    address = reverse("file", args=[use.asset_id, "thumb"])
    answer = browser.get(address)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert browser_of(people.charlie).get(address).status_code == 404
    assert browser.get(reverse("file", args=[use.asset_id, "poster"])).status_code == 404


def test_an_article_is_archived_and_restored(people: People, browser: Client, house: House) -> None:
    browser.post(reverse("article_change", args=[house.article.pk, "archive"]))
    assert house.article.title not in _says(browser.get(reverse("articles")))
    browser.post(reverse("article_change", args=[house.article.pk, "restore"]))
    assert house.article.title in _says(browser.get(reverse("articles")))


def test_an_import_is_paused_and_goes_on(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.get()
    browser.post(reverse("import_change", args=[run.pk, "pause"]))
    with scope.workspace(people.workspace.pk):
        assert ImportRun.objects.get().state == RunState.PAUSED
    assert "404" in _says(browser.get(reverse("import_details", args=[run.pk])))


def test_an_import_that_ended_is_dismissed_and_its_report_stays(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.get()
        before = run.created_at - timedelta(minutes=1)
        ImportRun.objects.create(blog=run.blog, state=RunState.DONE, created_at=before, finished_at=clock.now())
    dismiss, line = reverse("import_change", args=[run.pk, "dismiss"]), f'id="import-{run.pk}"'
    browser.post(dismiss)
    assert line in _says(browser.get(reverse("articles"))), "it is under way"
    with scope.workspace(people.workspace.pk):
        ImportRun.objects.filter(pk=run.pk).update(state=RunState.FAILED, finished_at=clock.now())
    page = _says(browser.get(reverse("articles")))
    assert line in page and dismiss in page
    browser.post(dismiss)
    assert 'class="import-line' not in _says(browser.get(reverse("articles"))), "nor is the one before it told again"
    assert browser.get(reverse("import_details", args=[run.pk])).status_code == 200


def test_one_page_is_added_by_hand(people: People, browser: Client) -> None:
    browser.post(reverse("import_url"), {"address": "https://new.example/a-recipe"})
    with scope.workspace(people.workspace.pk):
        assert ImportRun.objects.get().url == "https://new.example/a-recipe"


def test_an_articles_words_are_edited(people: People, browser: Client, house: House) -> None:
    browser.post(reverse("article_edit", args=[house.article.pk]), {"title": "Better", "text": "Shorter."})
    with scope.workspace(people.workspace.pk):
        assert Article.objects.get(pk=house.article.pk).shown_title == "Better"


def test_slots_are_added_for_several_days_and_taken_off(people: People, browser: Client, house: House) -> None:
    address = reverse("account_slots", args=[house.account.pk])
    with scope.workspace(people.workspace.pk):
        before = Slot.objects.count()
    browser.post(address, {"time": "06:30", "weekday": ["0", "2"]})
    with scope.workspace(people.workspace.pk):
        assert Slot.objects.count() == before + 2
    browser.post(address, {"remove": "0-06:30"})
    with scope.workspace(people.workspace.pk):
        assert Slot.objects.count() == before + 1
    assert "not a time of day" in _says(browser.post(address, {"time": "soon", "weekday": ["1"]}, follow=True))


def test_disconnecting_holds_what_is_planned(people: People, browser: Client, house: House, pin: Post) -> None:
    browser.post(reverse("pin_schedule", args=[pin.pk]), {"at": house.rows.at(1, "10:05").isoformat()})
    answer = browser.post(reverse("account_disconnect", args=[house.account.pk]), follow=True)
    assert "1 post waits" in _says(answer)
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.get(post=pin).state == State.HELD


def test_connecting_without_an_app_says_what_to_set(browser: Client, house: House) -> None:
    answer = browser.post(reverse("account_connect", args=[house.account.network]), headers=HTMX)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == reverse("accounts")


def test_settings_are_saved_by_owners_and_not_by_editors(
    people: People, browser: Client, browser_of: Callable[[User], Client]
) -> None:
    form = {"name": "New name", "time_zone": "Asia/Tokyo", "language": "de"}
    browser_of(people.bob).post(reverse("settings"), {**form, "name": "By bob"})
    browser.post(reverse("settings"), form)
    with scope.workspace(people.workspace.pk):
        workspace = Workspace.objects.get(pk=people.workspace.pk)
    assert (workspace.name, workspace.time_zone) == ("New name", "Asia/Tokyo")


def test_the_theme_is_one_persons_own(people: People, browser: Client) -> None:
    browser.post(reverse("settings_person"), {"theme": "dark"}, headers=HTMX)
    page = _says(browser.get(reverse("settings")))
    assert 'data-theme="dark"' in page
    assert 'data-letters="off"' in page


def test_a_person_makes_a_workspace_and_switches_back(people: People, browser: Client) -> None:
    browser.post(reverse("workspace_new"), {"name": "Second", "time_zone": "UTC", "language": "en"})
    assert "Second" in _says(browser.get(reverse("settings")))
    browser.post(reverse("workspace_switch"), {"workspace": str(people.workspace.pk)})
    assert "Oak &amp; Ember" in _says(browser.get(reverse("settings")))
    assert browser.post(reverse("workspace_switch"), {"workspace": str(people.elsewhere.pk)}).status_code == 404
    assert browser.post(reverse("workspace_switch"), {"workspace": "x"}).status_code == 404


def test_the_first_steps_end_with_planned_pins(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        for _ in range(2):
            house.rows.draft()
        board = house.rows.boards[0]
    answer = browser.post(reverse("onboarding_step", args=["plan"]), {"target": str(board.pk), "rhythm": "3"})
    assert answer.headers["Location"] == reverse("calendar")
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.filter(state=State.PLANNED).count() == 2


def test_what_a_person_paused_waits_quietly_and_can_be_planned_again(
    people: People, browser: Client, house: House
) -> None:
    with scope.workspace(people.workspace.pk):
        pin = house.rows.post()
    browser.post(reverse("pin_schedule", args=[pin.pk]), {"at": house.rows.at(1, "10:05").isoformat()})
    with scope.workspace(people.workspace.pk):
        delivery = Delivery.objects.get(post=pin)
    browser.post(reverse("delivery_act", args=[delivery.pk, "hold"]))
    page = _says(browser.get(reverse("pins") + "?state=paused"))
    assert pin.title in page
    assert pin.title not in _says(browser.get(reverse("pins") + "?state=attention"))
    browser.post(reverse("pin_schedule", args=[pin.pk]), {"at": house.rows.at(2, "10:05").isoformat()})
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.get(post=pin).state == State.PLANNED


def test_tabs_count_what_the_rows_show(people: People, browser: Client, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        every = in_every_state(house)
        house.rows.post()
        house.rows.draft()
    for state in ("draft", "ready", "scheduled", "published", "failed", "attention", "publishing"):
        page = _says(browser.get(reverse("pins") + f"?state={state}"))
        shown = page.count('id="row-')
        assert 'aria-current="page"' in page
        assert shown == page.count(f'<span class="chip st-{state}">'), state
    assert len(every) == 7
