"""Pausing and resuming over HTTP, quiet hours, and what an account's page says of its limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from conftest import People
from petra.accounts import budgets
from petra.accounts.budgets import Category
from petra.accounts.models import Account
from petra.articles.models import Blog
from petra.lib import clock
from petra.networks import registry
from petra.publishing import pausing
from petra.publishing.models import Delivery, PauseKind, State
from petra.tenancy import scope, workspaces
from petra.tenancy.models import Role, User
from petra.web.tests.needs_you_furniture import marked
from petra.web.tests.page_rows import House

BrowserOf = Callable[[User], Client]


def address(house: House, people: People, kind: PauseKind, act: str) -> str:
    match kind:
        case PauseKind.ACCOUNT:
            return reverse("account_publishing", args=[house.account.pk, act])
        case PauseKind.BLOG:
            return reverse("blog_publishing", args=[house.blog.pk, act])
        case PauseKind.WORKSPACE:
            return reverse("workspace_publishing", args=[act])


def paused(people: People) -> set[object]:
    with scope.workspace(people.workspace.pk):
        return set(pausing.paused_ids())


@pytest.mark.parametrize("kind", PauseKind)
def test_what_is_paused_says_who_stopped_it_and_goes_on_from_the_overview(
    people: People, house: House, bobs: Client, kind: PauseKind
) -> None:
    subject = {
        PauseKind.ACCOUNT: house.account.pk,
        PauseKind.BLOG: house.blog.pk,
        PauseKind.WORKSPACE: people.workspace.pk,
    }[kind]
    assert bobs.post(address(house, people, kind, "pause")).status_code == 302
    assert paused(people) == {subject}
    for name in ("overview", "calendar"):
        page = marked(bobs.get(reverse(name)))
        assert "paused" in page and "bob ·" in page
        assert address(house, people, kind, "resume") in page
    answer = bobs.post(address(house, people, kind, "resume"), {"back": reverse("calendar")})
    assert answer.headers["Location"] == reverse("calendar")
    assert paused(people) == set()
    assert "pause-lines" not in marked(bobs.get(reverse("overview")))


def test_a_pause_says_how_many_posts_it_holds_and_resuming_plans_them(
    people: People, house: House, bobs: Client
) -> None:
    bobs.post(address(house, people, PauseKind.ACCOUNT, "pause"))
    with scope.workspace(people.workspace.pk):
        cause = pausing.cause_of(PauseKind.ACCOUNT)
        held = house.rows.stands(clock.now(), State.HELD, for_person=pausing.sentence_of(PauseKind.ACCOUNT))
        Delivery.objects.filter(pk=held.pk).update(cause=cause)
    assert "1 post waits." in marked(bobs.get(reverse("account", args=[house.account.pk])))
    listed = marked(bobs.get(reverse("calendar"), {"view": "list"}))
    assert "This account is paused." in listed
    page = marked(bobs.get(reverse("pin", args=[held.post_id])))
    assert "This account is paused." in page
    answer = bobs.post(address(house, people, PauseKind.ACCOUNT, "resume"), follow=True)
    assert "1 post is planned again." in marked(answer)
    with scope.workspace(people.workspace.pk):
        assert Delivery.objects.get(pk=held.pk).state == State.PLANNED


def test_a_paused_account_reads_so_in_its_list_and_on_its_page(people: People, house: House, bobs: Client) -> None:
    page = marked(bobs.get(reverse("account", args=[house.account.pk])))
    assert address(house, people, PauseKind.ACCOUNT, "pause") in page
    bobs.post(address(house, people, PauseKind.ACCOUNT, "pause"))
    page = marked(bobs.get(reverse("account", args=[house.account.pk])))
    assert page.count('<span class="dot off"></span>Paused') == 2
    assert address(house, people, PauseKind.ACCOUNT, "pause") not in page


def test_the_settings_pause_the_workspace_and_each_blog(people: People, house: House, bobs: Client) -> None:
    page = marked(bobs.get(reverse("settings")))
    for kind in (PauseKind.WORKSPACE, PauseKind.BLOG):
        assert address(house, people, kind, "pause") in page
        bobs.post(address(house, people, kind, "pause"))
    page = marked(bobs.get(reverse("settings")))
    assert page.count("Paused · bob ·") == 2
    activity = marked(bobs.get(reverse("activity")))
    assert "The Slow Table was paused" in activity and "Oak &amp; Ember was paused" in activity


def test_pausing_twice_is_pausing_once_and_leads_nowhere_else(people: People, house: House, bobs: Client) -> None:
    there = address(house, people, PauseKind.BLOG, "pause")
    bobs.post(there)
    answer = bobs.post(there, {"back": "https://elsewhere.example/"})
    assert answer.headers["Location"].startswith(reverse("settings"))
    assert len(paused(people)) == 1
    assert bobs.post(there.replace("/pause", "/explode")).status_code == 404


def test_a_pause_of_what_is_gone_is_not_told(people: People, house: House, bobs: Client) -> None:
    with scope.workspace(people.workspace.pk):
        blog = Blog.objects.create(address="https://gone.example", name="Gone")
        pausing.pause(blog)
        blog.delete()
    for name in ("overview", "calendar", "settings", "accounts"):
        answer = bobs.get(reverse(name))
        assert answer.status_code == 200
        assert "notice st-paused" not in marked(answer)


def test_a_viewer_sees_a_pause_and_can_not_end_it(people: People, house: House, browser_of: BrowserOf) -> None:
    browser_of(people.bob).post(address(house, people, PauseKind.WORKSPACE, "pause"))
    workspaces.add_member(workspace_id=people.workspace.pk, user=people.bob, role=Role.VIEWER)
    viewer = browser_of(people.bob)
    page = marked(viewer.get(reverse("overview")))
    assert "Publishing is paused for the whole workspace." in page and "Resume" not in page
    assert viewer.post(address(house, people, PauseKind.WORKSPACE, "resume")).status_code == 403
    assert paused(people) == {people.workspace.pk}


def test_another_workspace_neither_sees_nor_ends_it(people: People, house: House, browser_of: BrowserOf) -> None:
    browser_of(people.bob).post(address(house, people, PauseKind.ACCOUNT, "pause"))
    stranger = browser_of(people.charlie)
    assert stranger.post(address(house, people, PauseKind.ACCOUNT, "resume")).status_code == 404
    assert stranger.post(address(house, people, PauseKind.BLOG, "pause")).status_code == 404
    stranger.post(address(house, people, PauseKind.WORKSPACE, "pause"))
    assert paused(people) == {house.account.pk}
    with scope.workspace(people.elsewhere.pk):
        assert pausing.paused_ids() == {people.elsewhere.pk}


# Quiet hours.


def test_a_form_that_is_refused_is_not_fetched_again_by_the_address_of_its_button(house: House, bobs: Client) -> None:
    there = reverse("account_quiet_hours", args=[house.account.pk])
    refused = set_quiet(bobs, house, from_local="22:00", until_local="22:00")
    assert refused.status_code == 422
    assert f'hx-get="{there}"' not in refused.content.decode()
    page = bobs.get(reverse("account", args=[house.account.pk])).content.decode()
    assert f'hx-get="{reverse("account", args=[house.account.pk])}"' in page


def set_quiet(bobs: Client, house: House, **fields: str) -> Any:
    return bobs.post(reverse("account_quiet_hours", args=[house.account.pk]), fields)


def test_quiet_hours_are_set_shown_and_taken_away(people: People, house: House, bobs: Client) -> None:
    answer = set_quiet(bobs, house, from_local="22:00", until_local="07:30")
    assert answer.status_code == 302
    page = marked(bobs.get(reverse("account", args=[house.account.pk])))
    assert "22:00 to 07:30, Berlin, GMT+1" in page
    assert 'value="22:00"' in page and 'value="07:30"' in page
    with scope.workspace(people.workspace.pk):
        assert pausing.quiet_hours(house.account) == (time(22), time(7, 30))
    set_quiet(bobs, house, clear="on")
    with scope.workspace(people.workspace.pk):
        assert pausing.quiet_hours(house.account) is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"from_local": "22:00", "until_local": "22:00"}, "Quiet hours must begin and end at different times."),
        ({"from_local": "22:00", "until_local": ""}, "Say when they end."),
        ({"from_local": "", "until_local": "07:00"}, "Say when they begin."),
        ({"from_local": "25:00", "until_local": "07:00"}, "That is not a time of day."),
    ],
)
def test_hours_that_make_no_sense_are_told_beside_their_field(
    people: People, house: House, bobs: Client, fields: dict[str, str], sentence: str
) -> None:
    answer = set_quiet(bobs, house, **fields)
    assert answer.status_code == 422
    page = marked(answer)
    assert sentence in page and 'aria-invalid="true"' in page
    with scope.workspace(people.workspace.pk):
        assert pausing.quiet_hours(house.account) is None


def test_a_stranger_and_a_viewer_set_no_quiet_hours(people: People, house: House, browser_of: BrowserOf) -> None:
    fields = {"from_local": "22:00", "until_local": "07:00"}
    assert set_quiet(browser_of(people.charlie), house, **fields).status_code == 404
    workspaces.add_member(workspace_id=people.workspace.pk, user=people.bob, role=Role.VIEWER)
    assert set_quiet(browser_of(people.bob), house, **fields).status_code == 403


# Limits.


def account_page(bobs: Client, house: House) -> str:
    return marked(bobs.get(reverse("account", args=[house.account.pk])))


def test_the_page_says_what_is_left_and_when_it_is_full_again(people: People, house: House, bobs: Client) -> None:
    allowance = budgets.allowance(registry.network(house.account.network))
    assert f"{allowance.burst_calls} of {allowance.burst_calls} left now" in account_page(bobs, house)
    with scope.workspace(people.workspace.pk):
        budgets.charge(house.account.pk, cost_s=10 * allowance.cost_s)
    page = account_page(bobs, house)
    assert f"{allowance.burst_calls - 10} of {allowance.burst_calls} left now" in page
    assert "Full again at" in page


def test_the_page_names_each_kind_that_has_a_limit_and_what_the_app_shares(
    people: People, house: House, bobs: Client, settings: Settings
) -> None:
    settings.ACCOUNT_LIMITS = {"publish": (40, 3600.0)}
    settings.APP_LIMITS = {"calls": (1000, 3600.0)}
    page = account_page(bobs, house)
    assert "Publishing" in page and "10 of 10 left now, 40 an hour" in page
    assert "All calls, all accounts of the app" in page and "250 of 250 left now, 1000 an hour" in page


def test_what_the_network_closed_says_until_when(people: People, house: House, bobs: Client) -> None:
    with scope.workspace(people.workspace.pk):
        budgets.charge(house.account.pk, closed_s=3600, category=Category.PUBLISH)
        Account.objects.filter(pk=house.account.pk).update(cools_down_until=clock.now() + timedelta(hours=24))
    page = account_page(bobs, house)
    assert "Closed until" in page and "No limit of its own" in page
    assert "took a post for spam" in page and "It rests until tomorrow," in page
