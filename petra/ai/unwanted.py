"""What must not stand in a post's words: addresses, and words a brand has banned. Finds them and takes them out. Pure.

A sentence that holds one is dropped while others are left; in the last one only the word itself goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from petra.ai import sentences
from petra.ai.contract import Request

# Endings that people write for an address without its scheme, in small letters: "the end.Me too" lacks a space. With a
# path behind it, any ending tells one.
_ENDINGS = (
    "com|org|net|info|biz|io|co|app|dev|blog|shop|xyz|ly|tv|eu|de|at|ch|fr|es|it|nl|be|pt|br|uk|us|ca|au|jp|cn|ru|pl|se"
    "|dk|fi|cz|gr|mx"
)
_TEXT = r"[^\s<>\"“”„«»]"
ADDRESS = regex.compile(
    rf"(?:[a-z][a-z0-9+.\-]{{1,15}}://|\bwww\.){_TEXT}+"
    r"|[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63})+"
    r"|(?<![\w@.\-])(?:[\p{L}\p{N}][\p{L}\p{N}\-]{0,62}\.){1,6}"
    rf"(?:(?-i:{_ENDINGS})(?![\w\-])(?:/{_TEXT}*)?|\p{{L}}{{2,18}}/{_TEXT}*)",
    regex.IGNORECASE,
)
_MAY_HOLD_ONE = re.compile(r":(?=//)|@(?=\S)|\.(?=\w)")  # most texts don't, and this is quick to see
_TAIL = regex.compile(r"[.,;:!?)\]}'’…]+\Z")
_MARKDOWN_LINK = regex.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{1,2000}\)")
_LOOSE = regex.compile(r"\s+(?=[.,;:!?…)](?:\s|\Z))|(?<=[(\[„«“])\s+|[(\[„«“]\s*[)\]“»”]")
_PASSES = 20  # taking one thing out may put two halves of another beside each other
# Scripts whose words stand without spaces between them: a word of theirs is whole wherever it stands.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_EDGE = regex.compile(rf"[\w--[{_UNSPACED}]]", regex.V1)


@dataclass(frozen=True)
class Unwanted:
    """What a request doesn't want to read. `allowed` holds addresses that are names, lower case: “booking.com”."""

    banned: regex.Pattern[str] | None
    allowed: frozenset[str]

    def addresses(self, text: str) -> list[str]:
        """List the addresses of a text that may not stand there."""
        return [found.group() for found in self._addresses(text)]

    def banned_words(self, text: str) -> list[str]:
        """List the banned words of a text, as they stand there, each once."""
        if self.banned is None:
            return []
        return list(dict.fromkeys(found.group() for found in self.banned.finditer(unicodedata.normalize("NFC", text))))

    def is_in(self, text: str) -> bool:
        """Say whether a text holds anything that is not wanted."""
        return bool(self.addresses(text) or self.banned_words(text))

    def taken_out(self, text: str) -> str:
        """Give one line of text without what is not wanted."""
        text = _MARKDOWN_LINK.sub(r"\1", text)
        if not self.is_in(text):
            return text
        clean = [sentence for sentence in sentences.split(text) if not self.is_in(sentence)]
        if any(map(sentences.ends_well, clean)):
            text = " ".join(clean)
        for _ in range(_PASSES):
            spans = self._spans(text)
            if not spans:
                return text
            text = _without(text, spans)
        spans = self._spans(text)
        return text[: spans[0][0]].rstrip() if spans else text

    def _spans(self, text: str) -> list[tuple[int, int]]:
        found = self._addresses(text)
        if self.banned is not None:
            found += self.banned.finditer(text)
        return sorted(match.span() for match in found)

    def _addresses(self, text: str) -> list[regex.Match[str]]:
        if not _MAY_HOLD_ONE.search(text):
            return []
        return [found for found in ADDRESS.finditer(text) if _name(found.group()) not in self.allowed]


def unwanted_by(request: Request) -> Unwanted:
    """Say what a request doesn't want. Addresses a person wrote into the brand, or the article's title, are allowed."""
    brand = request.brand
    told = (
        *(brand.name, brand.call_to_action, brand.instructions, brand.title_rules, brand.description_rules),
        *(brand.alt_text_opening, request.source.title, *brand.keywords),
    )
    allowed = {_name(found.group()) for text in told for found in ADDRESS.finditer(text[:5000])}
    return Unwanted(_pattern(brand.banned_words), frozenset(allowed))


def _name(address: str) -> str:
    return str(_TAIL.sub("", address)).rstrip("/").casefold()


def _pattern(words: Iterable[str]) -> regex.Pattern[str] | None:
    plain = {unicodedata.normalize("NFC", " ".join(word.split())) for word in words}
    wanted = sorted((word for word in plain if word), key=lambda word: (-len(word), word))
    if not wanted:
        return None
    return regex.compile("|".join(map(_whole, wanted)), regex.V1 | regex.IGNORECASE | regex.FULLCASE)


def _whole(word: str) -> str:
    """Give the pattern of a word that stands alone. A combining mark behind it makes it another word."""
    before = r"(?<!\w)" if _EDGE.match(word[0]) else ""
    after = r"(?!\w)" if _EDGE.match(word[-1]) else r"(?!\p{M})"
    return before + r"\s+".join(regex.escape(part) for part in word.split()) + after


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    kept, end = [], 0
    for start, stop in spans:
        if start >= end:
            tail = _TAIL.search(text[start:stop]) if ADDRESS.match(text[start:stop]) else None
            kept.append(text[end:start])
            end = stop - len(tail.group()) if tail else stop
        else:
            end = max(end, stop)
    kept.append(text[end:])
    return sentences.one_line(_LOOSE.sub("", "".join(kept)))
