"""Which language a text is written in: as declared, unless the text clearly says otherwise. Pure."""

from __future__ import annotations

import re

from petra.lib import spoken

_LEAST_LETTERS = 120
_TOLD_CHARS = 1_200  # of a text; more tells no more of its language
_LETTER = re.compile(r"[^\W\d_]")
_FOREIGN_LETTER = re.compile(r"[^\W\d_\x00-\u024f]")  # of another script than the Latin one
_TELLS_MORE = 5  # one of them tells as much as so many others


def language_of(text: str, declared: str) -> str:
    """Say the text's language: as declared, unless 120 letters (24 of another script) clearly say otherwise."""
    text = text[:_TOLD_CHARS]
    letters = len(_LETTER.findall(text)) + _TELLS_MORE * len(_FOREIGN_LETTER.findall(text))
    if letters < _LEAST_LETTERS and declared:
        return declared
    if letters < 20:
        return declared
    likeliest, share = spoken.guess(text)
    if declared[:2].lower() == likeliest or likeliest == "la":
        return declared
    return likeliest if (share > 0.999 or not declared) else declared
