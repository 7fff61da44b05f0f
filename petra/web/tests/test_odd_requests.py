"""Odd requests: of who was signed out meanwhile, to the address of a button, with a NUL. Nothing is lost silently."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from django.urls import reverse

from conftest import People

SAVE = reverse("pin_save", args=[uuid.UUID(int=1)])


def next_of(answer: object) -> str:
    return parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]  # type: ignore[attr-defined]


def test_a_page_asked_for_is_the_page_one_comes_back_to(db: None) -> None:
    assert next_of(Client().get("/articles?q=bread&page=2")) == "/articles?q=bread&page=2"


def test_a_form_leads_back_to_the_page_it_stood_on_and_nowhere_else(db: None) -> None:
    browser = Client()
    for referer, back in [
        ("http://testserver/pins/1?from=list", "/pins/1?from=list"),
        ("https://evil.example/pins", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ]:
        assert next_of(browser.post(SAVE, headers={"Referer": referer})) == back


def test_a_part_of_a_page_is_told_and_the_page_stays(db: None) -> None:
    answer = Client().post(SAVE, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_the_address_of_a_button_is_explained(people: People, browser_of: object) -> None:
    browser: Client = browser_of(people.alice)  # type: ignore[operator]
    answer = browser.get(reverse("pins_words"))
    assert answer.status_code == 405 and "belongs to a button" in answer.content.decode()
    assert answer["Allow"] == "POST"


def test_a_nul_in_an_address_breaks_nothing(people: People, browser_of: object) -> None:
    browser: Client = browser_of(people.alice)  # type: ignore[operator]
    for path in ("/articles?tag=%00", "/pins?q=%00", "/find?q=a%00b", "/articles?q=%00&page=2"):
        assert browser.get(path).status_code == 404
