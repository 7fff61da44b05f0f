"""Marks lose nothing of either text, and are drawn as a person would."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petra.web.text_marks import GONE, NEW, SAME, Marks, marks, sides

TEXTS = st.text(st.characters(codec="utf-8"), max_size=60) | st.lists(
    st.sampled_from(["miso", "Miso,", "salmon", " ", "  ", "\n", "日", "本", "é", "👩‍🍳", "!", "(one)", "don’t"]),
    max_size=20,
).map(" ".join)


def whole(parts: Marks) -> str:
    return "".join(text for _, text in parts)


@given(TEXTS, TEXTS)
def test_both_sides_are_the_texts_to_the_last_sign(before: str, after: str) -> None:
    left, right = sides(before, after)
    assert (whole(left), whole(right)) == (before, after)
    assert {kind for kind, _ in left} <= {SAME, GONE}
    assert {kind for kind, _ in right} <= {SAME, NEW}


@given(TEXTS, TEXTS)
def test_in_one_line_every_word_of_both_is_there(before: str, after: str) -> None:
    shown = marks(before, after)
    assert "".join("".join(text for kind, text in shown if kind != NEW).split()) == "".join(before.split())
    assert "".join("".join(text for kind, text in shown if kind != GONE).split()) == "".join(after.split())
    if before == after:
        assert all(kind == SAME for kind, _ in shown)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "New", [(NEW, "New")]),
        ("Old", "", [(GONE, "Old")]),
        ("The BEST salmon", "The salmon", [(SAME, "The "), (GONE, "BEST"), (SAME, " "), (SAME, "salmon")]),
        ("so much", "so good", [(SAME, "so "), (GONE, "much"), (SAME, " "), (NEW, "good")]),
        ("今日は天気", "今日も天気", [(SAME, "今日"), (GONE, "は"), (SAME, " "), (NEW, "も"), (SAME, "天気")]),
    ],
)
def test_words_are_marked_as_a_reader_takes_them(before: str, after: str, expected: Marks) -> None:
    assert marks(before, after) == expected


def test_a_word_between_two_changed_passages_is_marked_with_them() -> None:
    shown = marks("Get ready for skin and rice that you love", "One pan, crisp skin and a bowl of nothing else at all")
    assert [kind for kind, _ in shown].count(GONE) <= 2


def test_texts_beyond_all_measure_stand_whole() -> None:
    long = "word " * 5000
    assert [kind for kind, _ in marks(long, "x " * 5000) if kind != SAME] == [GONE, NEW]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("la " * 900, "la di " * 450),
        ("la " * 3900, "la di " * 99),
        ("a b " * 99, "b a " * 99),
        ("ab " * 2000, "ba " * 3900),
    ],
)
def test_words_that_repeat_cost_no_more_to_compare_than_others(before: str, after: str) -> None:
    began = time.process_time()
    left, right = sides(before, after)
    assert time.process_time() - began < 1
    assert (whole(left), whole(right)) == (before, after)


def test_an_article_of_a_thousand_words_is_marked_where_it_differs() -> None:
    words = [f"word{number}" for number in range(1000)]
    before, after = " ".join(words), " ".join([*words[:500], "quite", "new", *words[501:]])
    assert [mark for mark in marks(before, after) if mark[0] != SAME] == [(GONE, "word500"), (NEW, "quite new")]
