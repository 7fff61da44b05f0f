"""Guesses which language a text is written in. Pure, but for a table of 2 MB that is read once per process.

Called by `articles.pages.languages` and `ai.answers`. It never decides: those who ask know what was declared or wished.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

LANGUAGES = frozenset(
    [
        "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga", "gl", "he", "hi",
        "hr", "hu", "id", "is", "it", "ja", "ko", "la", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk",
        "sl", "sq", "sr", "sv", "th", "tr", "uk", "vi", "zh",
    ]
)  # fmt: skip


def guess(text: str) -> tuple[str, float]:
    """Say the likeliest of LANGUAGES and how sure that is, 0 to 1. Short texts sound surer than they are."""
    language, share = _identifier().classify(text)
    return str(language), float(share)


def ranked(text: str) -> list[tuple[str, float]]:
    """List LANGUAGES with how likely each is, the likeliest first."""
    return [(str(language), float(share)) for language, share in _identifier().rank(text)]


@lru_cache(maxsize=1)
def _identifier() -> Any:  # py3langid has no types
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted(LANGUAGES))
    identifier._full_model = None  # 27 MB of languages that are not asked for, py3langid 0.4
    return identifier
