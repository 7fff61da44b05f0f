"""Which language a text is written in: as declared, unless the text clearly says otherwise. Pure."""

from __future__ import annotations

import re

from petra.lib import spoken

_LEAST_LETTERS = 200
_TOLD_CHARS = 1_200  # of a text; more tells no more of its language
_LETTER = re.compile(r"[^\W\d_]")


def language_of(text: str, declared: str) -> str:
    """Say the text's language: the declared one unless 200 letters of text clearly say otherwise."""
    text = text[:_TOLD_CHARS]
    letters = len(_LETTER.findall(text))
    if letters < _LEAST_LETTERS and declared:
        return declared
    if letters < 20:
        return declared
    likeliest, share = spoken.guess(text)
    if declared[:2].lower() == likeliest or likeliest == "la":
        return declared
    return likeliest if (share > 0.999 or not declared) else declared
