"""Where sentences end, and that no cut goes through a word or a character."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from petra.ai import sentences

# "|" marks the ends of sentences that the splitter must find, and no others.
CASES = [
    "Bake it for an hour.| Then let it rest.",
    "Dr. Kim and Mrs. Lee cook.| They eat.",
    "Use a hard cheese, e.g. Parmesan.| Grate it.",
    "Take 1.5 kg of apples.| Peel them.",
    "Wait ... Then stir.| Serve.",
    "And then… Nothing.| Wait.",
    "Is it done?| Yes!| “Good.”| Eat.",
    "He said: “Stop it!”| Nobody did.",
    "1. Preheat the oven.| 2 cups of flour follow.",
    "See fig. 3 and no. 7.| The answer is no.| Good.",
    "J. R. Miller wrote it.| Vs. nothing.",
    "Nimm z. B. Milch oder z.B. Sahne.| Rühre um.",
    "Am 3. Mai geht es los.| Im 2. Stock auch.",
    "Etwa ca. 200 g, d. h. eine Tasse.| Fertig.",
    "Er ist 30.| Das reicht.",
    "Preis inkl. Versand bzw. Abholung.| Dr. Oetker lacht.",
    "„Fertig!“| Sie nickte.",
    "¿Listo?| ¡Sí!| Vamos.",
    "今日は晴れ。|明日は雨！|そうですか？",
    "यह पहला है।| यह दूसरा है।",
    "version 2.0 is e.g. better",
    "The U.S. Senate met in the U.S.| The vote was close.",
    "The call is at 9 a.m. ET today.| Bring tea.",
    "Il pèse env. 3 kg, p. ex. Le Creuset.| Il dure.",
    "Sr. Gómez, p. ej. Ana.| Listo.",
    "La sig.ra Rossi e il dott. Bianchi.| Ciao.",
    "Dhr. Jansen en mevr. De Vries.| Klaar.",
    "Mix, i.e. stir.| 2 eggs go in.",
]


@pytest.mark.parametrize("marked", CASES)
def test_sentences_end_where_they_end(marked: str) -> None:
    wanted = [piece.strip() for piece in marked.split("|")]
    assert sentences.split(marked.replace("|", "")) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("It is done.", True), ("“Done!”", True), ("Done…", False), ("Read on ...", False), ("Ingredients", False)],
)
def test_a_pause_is_no_end(text: str, wanted: bool) -> None:
    assert sentences.ends_well(text) is wanted


@pytest.mark.parametrize(
    ("text", "most", "wanted"),
    [
        ("First. Second one. Third.", 18, "First. Second one."),
        ("First, second and third", 15, "First, second…"),
        ("First, second and third", 14, "First, second…"),
        ("First, second and third", 13, "First…"),
        ("Donaudampfschifffahrt", 8, "Donauda…"),
        ("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 12, "👨‍👩‍👧👨‍👩‍👧…"),
        ("今日は晴れ。明日は雨。", 8, "今日は晴れ。"),
        ("short", 5, "short"),
        ("anything", 0, ""),
        ('" Donaudampfschifffahrt', 8, '" Donau…'),
        ("———— ————", 6, "————…"),
        ("000。\u0300000000", 8, "000。\u030000…"),
    ],
)
def test_texts_are_shortened_at_a_sentence_else_at_a_word(text: str, most: int, wanted: str) -> None:
    assert sentences.fit(text, most) == wanted


def test_markup_and_invisible_characters_are_taken_out() -> None:
    dirty = "<p onclick='x()'>Fish &amp; chips</p>\u202e <b>1 &lt; 2</b><script>\x00alert(1)</script>\n\n  \n\u0301next"
    assert sentences.plain(dirty) == "Fish & chips 1 < 2 alert(1)\nnext"
    assert sentences.plain("&lt;img src=x&gt;hello") == "hello"


@settings(deadline=None)
@given(st.text(max_size=400), st.integers(0, 120))
def test_a_shortened_text_fits_and_keeps_words_and_characters_whole(raw: str, most: int) -> None:
    text = sentences.one_line(raw)
    short = sentences.fit(text, most)
    assert len(short) <= most
    if short == text:
        return
    kept = short.removesuffix("…")
    assert text.startswith(kept)
    whole = regex.findall(r"\X", text)
    assert "".join(whole[: len(regex.findall(r"\X", kept))]) == kept


@settings(deadline=None)
@given(st.text(max_size=400))
def test_splitting_loses_nothing_but_white_space(raw: str) -> None:
    text = sentences.one_line(raw)
    assert "".join("".join(sentences.split(text)).split()) == "".join(text.split())
