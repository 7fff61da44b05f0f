"""What the steps of a blog's tone mean to a model, in plain words. The middle says nothing. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from petra.ai.contract import Tone

_PLAYFUL: Final = {
    -2: "plain, without jokes or wordplay",
    -1: "rather plain than playful",
    1: "a little playful",
    2: "playful, with a turn of phrase where the article allows it",
}
_DETAILED: Final = {
    -2: "brief, in as few words as do",
    -1: "rather brief than detailed",
    1: "a little more detailed than usual",
    2: "detailed, naming point by point what the article gives",
}
_WARM: Final = {
    -2: "neutral and matter-of-fact",
    -1: "rather neutral than warm",
    1: "a little warm",
    2: "warm, as one speaks to a friend",
}


class Length(NamedTuple):
    """How long a description is to be."""

    sentences: str
    characters: int


# By the steps from brief to detailed.
DESCRIPTIONS: Final = {
    -2: Length("one or two short", 140),
    -1: Length("one to three", 230),
    0: Length("two to four", 350),
    1: Length("three to five", 470),
    2: Length("four to six", 600),
}


def words(tone: Tone) -> str:
    """Say a tone, as far as it is not in the middle."""
    steps = (_PLAYFUL.get(tone.playful), _DETAILED.get(tone.detailed), _WARM.get(tone.warm))
    return "; ".join(filter(None, steps))
