"""Trying a provider's key: the page says what is really wrong, and what helps."""

from __future__ import annotations

import json
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai import scripted
from petra.ai.testing import KEY, AiDouble


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://10.1.2.3/v1", "must start with https:// because a key is sent to it."),
        ("https://models.example:22/v1", "No model is asked at this port."),
        ("https://127.0.0.1:44399/v1", "The provider could not be reached."),
    ],
)
def test_an_address_that_can_t_be_asked_is_called_so(
    people: People, browser_of: object, address: str, said: str
) -> None:
    browser: Client = browser_of(people.alice)  # type: ignore[operator]
    entered = {"provider": "compatible", "key": "sk-0123456789abcdef", "base_url": address, "model": "small"}
    saved = browser.post(reverse("settings_writing"), {**entered, "per_minute": 60, "at_once": 5})
    assert saved.status_code == 302
    tried = browser.post(reverse("settings_writing_act", args=["test"]), follow=True)
    page = unescape(tried.content.decode())
    assert page.count(said) == 2, "in the toast, and where the key stands"
    assert "Choose another model" not in page and ("Mend the address." in page) == ("reached" not in said)


def test_a_limit_that_is_too_long_says_what_is_taken(people: People, browser_of: object) -> None:
    browser: Client = browser_of(people.alice)  # type: ignore[operator]
    entered = {"provider": "openai", "key": "sk-0123456789abcdef", "monthly_tokens": "9" * 20}
    answer = browser.post(reverse("settings_writing"), {**entered, "per_minute": 60, "at_once": 5})
    assert answer.status_code == 422
    assert "between 0 and 1,000,000,000,000" in answer.content.decode()


def test_a_limit_in_money_without_a_price_is_told_before_anybody_asks(people: People, browser_of: object) -> None:
    browser: Client = browser_of(people.alice)  # type: ignore[operator]
    words = "The price of this model isn't known."
    own = {"provider": "compatible", "key": "sk-0123456789abcdef", "base_url": "https://models.example/v1"}
    known = {"provider": "openai", "key": "sk-0123456789abcdef", "model": "gpt-4o-mini"}
    for form, is_told in [
        ({**own, "model": "mine", "monthly_usd": "5"}, True),
        ({**own, "model": "mine", "monthly_usd": "5", "input_usd": "1", "output_usd": "4"}, False),
        ({**own, "model": "mine", "monthly_tokens": "9000"}, False),
        ({**known, "monthly_usd": "5"}, False),
    ]:
        browser.post(reverse("settings_writing"), {**form, "per_minute": 60, "at_once": 5})
        page = unescape(browser.get(reverse("settings_writing")).content.decode())
        assert (words in page) == is_told, form


def test_names_no_page_can_show_are_no_names_of_models(
    people: People, browser_of: object, ai_double: AiDouble, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE = [f"127.0.0.1:{ai_double.port}"]
    browser: Client = browser_of(people.alice)  # type: ignore[operator]
    entered = {"provider": "compatible", "key": KEY, "base_url": ai_double.url, "model": "small"}
    browser.post(reverse("settings_writing"), {**entered, "per_minute": 60, "at_once": 5})
    done = scripted.completion(f"a\ud800b\u202ec {KEY}", "ready", "stop", None)
    ai_double.script(scripted.Answer("odd name", raw=json.dumps(done).encode()))
    page = browser.post(reverse("settings_writing_act", args=["test"]), follow=True).content.decode()
    assert "a b c … answered." in page and KEY not in page

    ai_double.knows = ("a\ud800b", "x\u202eevil", "n\0ul", "line\nbreak", "m" * 121, "<b>", "small")
    for headers in ({}, {"HX-Request": "true"}):
        answer = browser.post(reverse("settings_writing_act", args=["models"]), follow=True, headers=headers)
        page = answer.content.decode()
        assert "small" in page and "&lt;b&gt;" in page and "m" * 121 not in page
        assert not any(odd in page for odd in ("evil", "\0ul", "line\nbreak"))
    assert browser.get(reverse("settings_writing")).status_code == 200
