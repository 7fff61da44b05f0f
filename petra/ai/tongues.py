"""Which language words are in, and whether that is the one wished for. Pure.

Only what is certain counts: words that are right must never be sent back for their language.
"""

from __future__ import annotations

from collections.abc import Iterable

import regex

from petra.ai.contract import Request
from petra.lib import spoken

# What a model is told; a person reads django's names.
_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "ga": "Irish", "gl": "Galician", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "la": "Latin", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian",
    "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}
# Too near to each other to be told apart in a few sentences.
_KIN = (
    {"da", "no", "sv"},
    {"es", "gl", "pt"},
    {"es", "ca"},
    {"hr", "sr", "sl"},
    {"cs", "sk"},
    {"id", "ms"},
    {"ru", "uk", "bg", "sr"},
    {"ar", "fa"},
    {"zh", "ja"},
)
_LETTER = regex.compile(r"[^\W\d_]")
_LATIN = regex.compile(r"\p{Latin}")
_LEAST_LATIN = 80  # letters; a title with two foreign names in it is below
_LEAST_OTHER = 20  # a script of its own tells its language sooner
_SURE = 0.995
_OUT_OF_QUESTION = 0.001
# How people name languages in a wish, "auf Englisch", "en anglais"; the beginnings, for the endings differ.
_NAMED = regex.compile(
    r"\b(?:engl|ingl|angla|engels|german|deutsch|allemand|alem|tedesc|duits|niemiec|french|franz|fran[cç]|frans|spanish"
    r"|spanisch|espa[gñn]|spagnol|spaans|itali|portug|dutch|niederl|n[ée]erland|olandes|holand|nederl|swedish"
    r"|schwed|danish|d[äa]nisch|norweg|finnish|finnisch|polish|polnisch|polski|czech|tschech|russ|turk|t[üu]rk|arab"
    r"|hebrew|chine|chinois|japan|japon|korea|thai|hindi|greek|griech|hungar|ungar|roman[iï]|rum[äa]n|ukrain|language"
    r"|sprache|langue|idioma|lingua|taal|bilingu|transl|[üu]bersetz|tradu)",
    regex.IGNORECASE,
)


def name_of(language: str) -> str:
    """Give a language's English name, "de-AT" too; what isn't known names itself."""
    return _NAMES.get(_base(language), language)


def wrong_language(texts: Iterable[str], request: Request) -> str:
    """Say which language the texts are in where it surely isn't the source's; empty where it is or may be.

    Empty as well where a person speaks of languages: what they wish counts then.
    """
    wanted = _base(request.source.language)
    if wanted not in spoken.LANGUAGES or _speaks_of_languages(request):
        return ""
    texts = [text for text in texts if text]
    for text in (*texts, " ".join(texts)):
        found = _surely(text[:1200], wanted)
        if found:
            return found
    return ""


def _base(language: str) -> str:
    base = language.replace("_", "-").partition("-")[0].strip().lower()
    return _ALIASES.get(base, base)


def _surely(text: str, wanted: str) -> str:
    letters = len(_LETTER.findall(text))
    is_latin = len(_LATIN.findall(text)) * 2 > letters
    if letters < (_LEAST_LATIN if is_latin else _LEAST_OTHER):
        return ""
    found = dict(spoken.ranked(text))
    likeliest = max(found, key=lambda language: found[language])
    near = {likeliest}.union(*(kin for kin in _KIN if likeliest in kin))
    if wanted in near or likeliest == "la" or found.get(wanted, 0.0) > _OUT_OF_QUESTION:
        return ""
    return likeliest if sum(found.get(language, 0.0) for language in near) >= _SURE else ""


def _speaks_of_languages(request: Request) -> bool:
    brand = request.brand
    wishes = [turn.feedback for turn in request.turns]
    wishes += [brand.instructions, brand.title_rules, brand.description_rules]
    return any(_NAMED.search(wish) for wish in wishes)
