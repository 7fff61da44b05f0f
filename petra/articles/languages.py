"""Which language a text is written in: as declared, unless the text clearly says otherwise. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_LANGUAGES = [
    "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga", "gl", "he", "hi", "hr",
    "hu", "id", "is", "it", "ja", "ko", "la", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq",
    "sr", "sv", "th", "tr", "uk", "vi", "zh",
]  # fmt: skip
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
    spoken, share = _identifier().classify(text)
    if declared[:2].lower() == spoken or spoken == "la":
        return declared
    return str(spoken) if (share > 0.999 or not declared) else declared


@lru_cache(maxsize=1)
def _identifier() -> Any:  # py3langid has no types
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES)
    identifier._full_model = None  # 27 MB of languages that are not asked for, py3langid 0.4
    return identifier
