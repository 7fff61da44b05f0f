"""Every state and every cause reads as a sentence: on the pin, in the list, and where it is dealt with."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from conftest import People
from petra.publishing.models import Delivery, State
from petra.publishing.sentences import CAUSES, STATES
from petra.tenancy import scope
from petra.tenancy.models import User
from petra.web.tests.page_rows import House, with_cause

NEED = {State.FAILED, State.HELD, State.UNCONFIRMED}


@pytest.fixture
def read(people: People, browser_of: Callable[[User], Client]) -> Callable[..., str]:
    browser = browser_of(people.alice)

    def page(name: str, *arguments: object) -> str:
        answer = browser.get(reverse(name, args=arguments))
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    return page


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_sentence_on_the_page(
    people: People, house: House, read: Callable[..., str], state: State
) -> None:
    with scope.workspace(people.workspace.pk):
        delivery = house.rows.stands(house.rows.at(1, "17:10"), state)
    pin = read("pin", delivery.post_id)
    assert STATES[state].happened in pin
    assert STATES[state].next_step in pin
    in_list = read("pins")
    calm = state in {State.PLANNED, State.PUBLISHED, State.CANCELLED}  # there the word alone says it
    assert (STATES[state].happened in in_list) is not calm
    if state in NEED:
        needs = read("needs_you")
        assert STATES[state].happened in needs
        assert STATES[state].next_step in needs


@pytest.mark.parametrize("cause", [str(cause) for cause in CAUSES])
def test_every_cause_has_its_sentence_on_the_page(
    people: People, house: House, read: Callable[..., str], cause: str
) -> None:
    with scope.workspace(people.workspace.pk):
        delivery = with_cause(house, cause)
    said = CAUSES[cause]
    pin = read("pin", delivery.post_id)
    assert said.happened in pin
    if delivery.next_at is None:
        assert said.next_step in pin
    assert said.happened in read("pins")
    if delivery.state in NEED and cause != "late":  # what is late has one sentence for all
        needs = read("needs_you")
        assert said.happened in needs
        assert said.next_step in needs


def test_what_petra_looks_for_says_when_it_looks(people: People, house: House, read: Callable[..., str]) -> None:
    at = house.rows.at(1, "06:12")
    with scope.workspace(people.workspace.pk):
        delivery: Delivery = house.rows.stands(at, State.UNCONFIRMED, cause="ambiguous", next_at=at)
    for page in (read("pin", delivery.post_id), read("needs_you")):
        assert "Petra looks again tomorrow, 06:12." in page
