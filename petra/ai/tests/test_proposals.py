"""A model's answer is read in whatever it is wrapped; what is no answer is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petra.ai.contract import Words
from petra.ai.proposals import partial, read

WORDS = Words("Soup", "It warms.", "A bowl", ("soup", "autumn"))
PLAIN = '{"title": "Soup", "description": "It warms.", "alt_text": "A bowl", "topics": ["soup", "autumn"]}'


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"```json\n{PLAIN}\n```",
        f"Here {{you}} are: {PLAIN} Enjoy!",
        f"<think>A {{plan}} {PLAIN.replace('Soup', 'No')}</think>{PLAIN}",
        f'{{"words": {PLAIN}}}',
        f'{{"pins": [{PLAIN}]}}',
        '{"Title": "Soup", "Description": "It warms.", "altText": "A bowl", "keywords": "soup, #autumn; soup"}',
        '{"title": " Soup ", "description": ["It", "warms."], "alt-text": "A bowl", "tags": ["#soup", "autumn", null]}',
        PLAIN.replace("It warms.", "It warms.\\u0020") + "}",
    ],
)
def test_answers_in_every_wrapping_are_read(text: str) -> None:
    assert read(text) == WORDS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Soup!",
        "[1, 2]",
        '{"title": ',
        "{" * 500,
        "[" * 5000 + "{",
        '{"other": 1}',
        "null",
        '{"a":{"b":{"c":{"d":{}}}}}',
    ],
)
def test_what_is_no_answer_is_none(text: str) -> None:
    assert read(text) is None


def test_line_ends_and_odd_values_do_no_harm() -> None:
    assert read('{"title": "One\nTwo", "description": 3, "alt_text": null, "topics": {"a": 1}}') == Words(
        "One\nTwo", "3"
    )
    assert read('{"title": true, "description": {"text": "x"}}') == Words()


@pytest.mark.parametrize("depth", [150, 600, 900, 100_000])
def test_lists_in_lists_without_an_end_are_no_text(depth: int) -> None:
    nested = "[" * depth + '"x"' + "]" * depth
    for name in ("title", "topics"):
        text = f'{{"{name}": {nested}}}'
        assert (read(text) or Words()) == Words()
        assert partial(text) == Words()


def test_what_has_come_so_far_is_read() -> None:
    assert partial("") == Words()
    assert partial("Here it is: ```json\n{") == Words()
    assert partial('{"title": "So') == Words("So")
    assert partial('{"title": "Soup", "descr') == Words("Soup")
    assert partial('{"title": "Soup", "description": "It wa') == Words("Soup", "It wa")
    assert partial(f"<think>{PLAIN}") == Words()
    assert partial(f"```json\n{PLAIN}\n```") == WORDS
    assert partial(f"{PLAIN} Enjoy!") == WORDS


@settings(max_examples=100, deadline=None)
@given(st.text(), st.text(), st.text(), st.lists(st.text(), max_size=5), st.data())
def test_reading_never_fails_and_grows_to_the_whole(
    title: str, description: str, alt_text: str, topics: list[str], data: st.DataObject
) -> None:
    told = {"title": title, "description": description, "alt_text": alt_text, "topics": topics}
    text = json.dumps(told, ensure_ascii=data.draw(st.booleans()))
    end = data.draw(st.integers(0, len(text)))
    sofar = partial(text[:end])
    whole = read(text)
    assert whole is not None
    assert whole.title == title.strip()
    assert whole.description == description.strip()
    assert title.startswith(sofar.title) or title.strip().startswith(sofar.title)
    read(text[:end])


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('{}[]":,\\ntitle0<think>/`'), max_size=80))
def test_garbage_never_breaks_it(text: str) -> None:
    read(text)
    partial(text)
