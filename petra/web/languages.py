"""The names of languages, in the language of the page."""

from __future__ import annotations

from django.conf.locale import LANG_INFO
from django.utils.translation import get_language_info, gettext

_MORE = {"he": "Hebrew", "no": "Norwegian", "zh": "Chinese", "tl": "Tagalog", "la": "Latin"}


def language_name(tag: str) -> str:
    """Name the language of a tag: "German" for `de` and `de-AT`; a tag nobody knows is given as it is."""
    for code in (tag.lower().replace("_", "-"), tag.lower().replace("_", "-").partition("-")[0]):
        if code in LANG_INFO and "name" in LANG_INFO[code]:
            return str(get_language_info(code)["name_translated"])
        if code in _MORE:
            return gettext(_MORE[code])
    return tag


def choices() -> list[tuple[str, str]]:
    """List the languages a blog may be written in, by name."""
    codes = [code for code in LANG_INFO if "name" in LANG_INFO[code] and len(code) == 2]  # noqa: PLR2004 - de, not de-at
    return sorted(((code, language_name(code)) for code in codes), key=lambda each: each[1])
