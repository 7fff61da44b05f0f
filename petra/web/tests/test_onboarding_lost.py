"""The first steps of a stranger whose address was wrong: the page says so and leads back, and trying again tries."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from conftest import People
from petra.articles.models import Article, Blog, ImportRun, RunState
from petra.lib import clock
from petra.tenancy import scope


def test_a_wrong_address_leads_back_and_the_same_one_is_tried_again(people: People, browser_of: Any) -> None:
    browser: Client = browser_of(people.alice)
    address, articles = (reverse("onboarding_step", args=[step]) for step in ("address", "articles"))

    def page() -> str:
        return unescape(browser.get(articles).content.decode())

    assert "No blog was added yet." in page() and "Draft the pins" not in page()
    browser.post(address, {"address": "blog.example"})
    assert "Draft the pins" in page() and "No article came" not in page(), "it is being looked for"
    browser.post(address, {"address": "blog.example"})
    assert _runs(people) == 1, "one at a time"
    with scope.workspace(people.workspace.pk):
        ImportRun.objects.update(state=RunState.FAILED, error="Could not be reached.", finished_at=clock.now())
    assert "No article came" in page() and "Try another address" in page() and "Draft the pins" not in page()
    browser.post(address, {"address": "blog.example"})
    assert _runs(people) == 2
    with scope.workspace(people.workspace.pk):
        ImportRun.objects.update(state=RunState.DONE)
        Article.objects.create(
            blog=Blog.objects.get(), address_key="blog.example/a", url="https://blog.example/a", title="A", text="One."
        )
    assert "Draft the pins" in page() and "1 words, 0 images" in page()
    browser.post(address, {"address": "blog.example"})
    assert _runs(people) == 2, "what came is enough to go on with"


def test_a_number_that_is_none_is_taken_for_the_least(people: People, browser_of: Any) -> None:
    browser: Client = browser_of(people.alice)
    for odd in ("²", "9" * 5_000, "٣٣", "-3", ""):
        assert browser.post(reverse("onboarding_step", args=["articles"]), {"how_many": odd}).status_code == 422


def _runs(people: People) -> int:
    with scope.workspace(people.workspace.pk):
        return int(ImportRun.objects.count())
