"""Answers are looked at before anybody sees them: faults are named, and whatever came fits in the end."""

from __future__ import annotations

import time
import unicodedata

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from petra.ai import sentences
from petra.ai.answers import MAX_TOPIC, MAX_TOPICS, fitted, problems
from petra.ai.contract import ALL_FIELDS, Brand, Request, Source, Turn, WordLimits, Words

SOUP = Source(title="Pumpkin soup", language="en")
GOOD = Words(
    "Pumpkin soup with smoked paprika",
    "Roast the pumpkin in its skin and let smoked paprika do the rest. Dinner is on the table in forty minutes.",
    "A bowl of orange soup on a wooden table",
)
ASKED = Request(SOUP)


def test_a_good_answer_has_no_fault_and_stays_as_it_is() -> None:
    assert problems(GOOD, ASKED) == []
    assert fitted(GOOD, ASKED) == GOOD


def test_every_fault_is_named_in_a_sentence() -> None:
    brand = Brand(banned_words=("cheap", "Yummy  treat"), alt_text_opening="Picture of")
    asked = Request(SOUP, WordLimits(20, 100, 50), brand, siblings=(Words(description="Soup for cold evenings."),))
    answer = Words("Cheap soup, really cheap: a YUMMY treat", "Soup for cold evenings.", "See https://spam.example/a")
    assert problems(answer, asked) == [
        "The title has 39 characters. At most 20 are allowed.",
        "The title holds “Cheap”, which the brand never uses. Say it without.",
        "The title holds “cheap”, which the brand never uses. Say it without.",
        "The title holds “YUMMY treat”, which the brand never uses. Say it without.",
        "The description is nearly that of another pin of this article: “Soup for cold evenings.”. Say something else.",
        "The alt text holds the address https://spam.example/a. Leave out every address and link.",
        "The alt text does not begin with “Picture of”. Begin with exactly that.",
    ]


def test_only_wanted_fields_are_judged_and_changed() -> None:
    asked = Request(SOUP, fields=frozenset({"title"}), current=Words("Old", "Old description " * 99, "Old alt"))
    assert problems(Words("New"), asked) == []
    assert problems(Words(), asked) == ["The title is empty. Write one."]
    assert fitted(Words("New", "x", "y"), asked) == Words("New", "Old description " * 99, "Old alt")


GERMAN = "Röste den Kürbis in der Schale und überlass den Rest dem geräucherten Paprika. Das Essen steht bald da."
FRENCH = "Faites rôtir le potiron dans sa peau et laissez le paprika fumé faire le reste. Le dîner sera prêt bientôt."


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        ("en", GERMAN, "German"),
        ("de-AT", FRENCH, "French"),
        ("de", GERMAN, ""),
        ("fr", GOOD.description, "English"),
        ("", GERMAN, ""),
        ("tlh", GERMAN, ""),
        ("de", "Spaghetti alla Carbonara", ""),  # too short to be sure
        ("zh", GOOD.description, "English"),
        ("en", "把南瓜带皮烤熟，加入烟熏红椒粉，四十分钟后晚餐就准备好了，非常简单。", "Chinese"),
        ("no", "Bag græskarret i skallen og lad den røgede paprika gøre resten af arbejdet, så er maden klar.", ""),
    ],
)
def test_another_language_is_named_only_where_it_is_certain(language: str, text: str, wrong: str) -> None:
    asked = Request(Source(language=language), fields=frozenset({"description"}))
    found = problems(Words(description=text), asked)
    assert [fault.split(".")[0] for fault in found] == ([f"The words are in {wrong}"] if wrong else [])


def test_a_person_who_asks_for_another_language_gets_it() -> None:
    asked = Request(SOUP, turns=(Turn(GOOD, "Bitte auf Deutsch"),), fields=frozenset({"description"}))
    assert problems(Words(description=GERMAN), asked) == []


@pytest.mark.parametrize(
    ("text", "held", "left"),
    [
        ("Good soup. More at https://x.example/z?a=1.", "https://x.example/z?a=1.", "Good soup."),
        ("Visit foo.com/soup for more", "foo.com/soup", "Visit for more"),
        ("[The soup](https://a.example/c) is good.", "https://a.example/c)", "The soup is good."),
        ("Good soup (www.foo.de) for all", "www.foo.de)", "Good soup for all"),
        ("Write to me@foo.example!", "me@foo.example", "Write to!"),
        ("javascript://x now", "javascript://x", "now"),
    ],
)
def test_an_address_is_a_fault_and_is_taken_out(text: str, held: str, left: str) -> None:
    asked = Request(SOUP, fields=frozenset({"description"}))
    words = Words(description=text)
    assert problems(words, asked) == [f"The description holds the address {held}. Leave out every address and link."]
    assert fitted(words, asked).description == left


@pytest.mark.parametrize(
    "text",
    ["Node.js rocks, e.g. z.B. 3.5kg at 5.30pm", "Booking.com or not?", "the end.Me too", "a/b testing", "U.S.A."],
)
def test_what_only_looks_like_an_address_stays(text: str) -> None:
    asked = Request(Source(title="Booking.com tested"), fields=frozenset({"description"}))
    assert problems(Words(description=text), asked) == []
    assert fitted(Words(description=text), asked).description == text


@pytest.mark.parametrize(
    ("banned", "text", "left"),
    [
        ("cheap", "The cheapest soup is cheap soup", "The cheapest soup is soup"),
        ("straße", "Die STRASSE und die Straßen", "Die und die Straßen"),
        ("été", "Un E\u0301TE\u0301 chaud, un étélé", "Un chaud, un étélé"),
        ("便宜", "很便宜的汤", "很的汤"),
        ("free gift", "A free\ngift and a freegift", "A and a freegift"),
        ("a.c", "abc a.c", "abc"),
        ("cheap", "Good soup. It is cheap.", "Good soup."),
    ],
)
def test_banned_words_are_whole_words_of_any_script(banned: str, text: str, left: str) -> None:
    asked = Request(SOUP, brand=Brand(banned_words=(banned, "", "  ")), fields=frozenset({"description"}))
    assert "never uses" in problems(Words(description=text), asked)[0]
    assert fitted(Words(description=text), asked).description == left


@pytest.mark.parametrize(
    ("opening", "text", "wanted"),
    [
        ("Picture of", "A bowl of soup", "Picture of a bowl of soup"),
        ("Picture of", "picture  of soup", "picture of soup"),
        ("Bild von", "Eine Schüssel Suppe", "Bild von: Eine Schüssel Suppe"),
        ("Bild:", "Eine Schüssel Suppe", "Bild: Eine Schüssel Suppe"),
        ("Photo of", "Soup", "Photo of Soup"),
        ("Photo of", "", ""),
    ],
)
def test_an_alt_text_begins_as_the_brand_wants_it(opening: str, text: str, wanted: str) -> None:
    asked = Request(SOUP, brand=Brand(alt_text_opening=opening))
    assert fitted(Words(alt_text=text), asked).alt_text == wanted


def test_markup_quotes_and_entities_are_taken_out() -> None:
    answer = Words(
        '"**Pumpkin** soup"',
        "## Dinner\n- `Roast` it &amp; <b>eat</b> it\u202e.\n\n#soup #autumn\x00",
        "<script>alert(1)</script>",
    )
    assert fitted(answer, ASKED) == Words("Pumpkin soup", "Dinner Roast it & eat it . #soup #autumn", "alert(1)")
    signs = Words("_*_Soup_*_ with *one* star, snake_case", "“\u0300Soup”", "«»")
    assert fitted(signs, ASKED) == Words("Soup with one star, snake_case", "Soup", "«»")


@pytest.mark.parametrize("unseen", ["\u00ad", "\u2060", "\u2063", "\u180e"])
def test_what_nobody_sees_hides_nothing_in_a_word(unseen: str) -> None:
    asked = Request(SOUP, brand=Brand(banned_words=("cheapest",)))
    said = f"The cheap{unseen}est soup. Look at evil{unseen}.com now. Pump{unseen}kin is enough."
    assert fitted(Words(said, said, said), asked).description == "Pumpkin is enough."
    assert fitted(Words(unseen * 3, f" {unseen} "), asked) == Words()


def test_topics_are_few_short_and_different() -> None:
    told = ("#Soup", "soup ", "autumn, cosy dinner", "", "https://x.example", "…", "word " * 40, *map(str, range(99)))
    found = fitted(Words("t", topics=told), ASKED).topics
    assert found[:3] == ("Soup", "autumn", "cosy dinner")
    assert found[3] == ("word " * 12).strip()
    assert len(found) == MAX_TOPICS


def test_a_title_that_is_too_long_ends_where_it_pauses() -> None:
    asked = Request(SOUP, WordLimits(40, 100, 100))
    assert fitted(Words("Pumpkin soup for cold evenings: slow, smooth and smoky"), asked).title == (
        "Pumpkin soup for cold evenings"
    )
    assert fitted(Words("汤" * 30 + "，" + "好" * 30), asked).title == "汤" * 30


# ---- whatever came, it fits ----

SCRIPTS = st.sampled_from(
    [
        "ab .!?",
        "äßéñ ç.,;",
        "e\u0301a\u0308o\u0302\u0323 .",
        "👨\u200d👩\u200d👧🏽🇩🇪🇫🇷❤\ufe0f1\ufe0f\u20e3 .",
        "ก่ำปั้นเก้า ",
        "今日は晴れ。、「」，",
        "مرحبا بكم في العالم ؟۔،\u200f",
        "שלום עולם .\u05b8\u200e",
        "नमस्तेक्षि ।",
        "각한글 .",
        "<b>&amp;*_`#[](x)\n\t\x00\u202e\ufeff",
        "https://www.a.com @x.de/ cheap ",
    ]
)
TEXTS = st.text(max_size=300) | st.lists(
    SCRIPTS.flatmap(lambda letters: st.text(letters, max_size=200)), max_size=4
).map("".join)
LIMITS = st.builds(WordLimits, *[st.sampled_from([2, 5, 20, 60, 100, 280, 800])] * 3)
BRANDS = st.builds(
    Brand,
    banned_words=st.lists(st.sampled_from(["cheap", "ab", "晴れ", "ä", "a b"]) | st.text(max_size=4), max_size=3).map(
        tuple
    ),
    alt_text_opening=st.sampled_from(["", "", "Bild von", "Picture of:"]),
)


def whole_characters(text: str) -> list[str]:
    return [str(one) for one in regex.findall(r"\X", text)]


@settings(deadline=None, max_examples=400)
@given(st.builds(Words, TEXTS, TEXTS, TEXTS, st.lists(TEXTS, max_size=4).map(tuple)), LIMITS, BRANDS)
@example(Words("a" * 5000, "👨\u200d👩\u200d👧" * 400, "ก่" * 3000), WordLimits(), Brand())
@example(Words("a b a b ", "a " * 300 + "b " * 300), WordLimits(), Brand(banned_words=("a b",)))
@example(Words("x", "hhttps://x.dettps://y.de " * 40), WordLimits(), Brand())
def test_whatever_came_fits_and_holds_nothing_unwanted(answer: Words, limits: WordLimits, brand: Brand) -> None:
    asked = Request(SOUP, limits, brand)
    words = fitted(answer, asked)
    most = {"title": limits.max_title, "description": limits.max_description, "alt_text": limits.max_alt_text}
    for name, room in most.items():
        text = getattr(words, name)
        assert len(text) <= room
        assert text == text.strip() and text == " ".join(text.split())
        assert not regex.search(r"[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]|\*\*", text)
    faults = [fault for fault in problems(words, asked) if "holds" in fault or "characters" in fault]
    assert faults == []
    assert len(words.topics) <= MAX_TOPICS
    assert all(0 < len(topic) <= MAX_TOPIC for topic in words.topics)
    assert len({topic.casefold() for topic in words.topics}) == len(words.topics)


@settings(deadline=None, max_examples=400)
@given(TEXTS, st.integers(10, 120))
def test_what_is_shortened_ends_at_a_sentence_or_a_word_and_keeps_characters_whole(raw: str, most: int) -> None:
    asked = Request(SOUP, WordLimits(10**6, 10**6, 10**6), fields=ALL_FIELDS)
    whole = fitted(Words(description=raw, alt_text=raw), asked).description
    short = fitted(Words(description=raw), Request(SOUP, WordLimits(most, most, most))).description
    if len(whole) <= most:
        assert short == whole
        return
    kept = short.removesuffix("…")
    assert whole.startswith(kept)
    assert whole_characters(whole)[: len(whole_characters(kept))] == whole_characters(kept)
    behind = whole[len(kept) :]
    is_word_end = regex.match(r"[\s\W]", behind) is not None or not regex.search(r"\w\Z", kept)
    is_unspaced = regex.search(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{M}…]\Z", kept) is not None
    is_one_long_word = " " not in kept
    assert sentences.ends_well(short) or is_word_end or is_unspaced or is_one_long_word
    assert unicodedata.is_normalized("NFC", short)


@pytest.mark.parametrize(
    "evil", ["!", "…", "a.", "[a](", "**", "http://", "a@", "<a ", "a-", '"', "\u0301", ". A", "汤"]
)
def test_an_answer_of_200_000_characters_takes_no_time(evil: str) -> None:
    text = evil * (200_000 // len(evil))
    started = time.process_time()
    fitted(Words(text, text, text, (text,)), ASKED)
    problems(Words(text, text, text, (text,)), ASKED)
    assert time.process_time() - started < 3  # 0.2 s on an idle machine, minutes where a pattern tries all ends
