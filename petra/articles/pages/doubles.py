"""Which articles are the same under two addresses: equal guid, equal title on one day, or nearly equal text. Pure.

Addresses with equal keys are one article already (`identity`). What is found here needs two signs each time, because
a blog may well write two posts of one title, and broken feeds give every item the same guid.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import blake2b

LEAST_CHARS = 400  # shorter texts are near each other by chance
NEAR = 3  # bits of 64
ALIKE = 12  # with another sign beside it; two texts that have nothing in common differ in 32 on average
_BITS = 64
_LANE = 16  # bits per counter in one large number: room for 65,535 shingles
_MOST_WORDS = 4_000
_SPREAD = [sum(((byte >> bit) & 1) << (_LANE * bit) for bit in range(8)) for byte in range(256)]


@dataclass(frozen=True)
class Traits:
    """What makes an article comparable. `nearness` is None where the text is too short to say anything."""

    title: str = ""
    day: str = ""  # as written, the first ten characters
    guid: str = ""
    language: str = ""
    nearness: int | None = None


def nearness(text: str) -> int | None:
    """Give the SimHash of a text's word triples, as a signed 64-bit number; near texts differ in few bits."""
    if len(text) < LEAST_CHARS:
        return None
    words = text.lower().split(None, _MOST_WORDS)[:_MOST_WORDS]
    shingles = {" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))}
    sums = [0] * 8
    for shingle in shingles:
        for place, byte in enumerate(blake2b(shingle.encode("utf-8", "replace"), digest_size=8).digest()):
            sums[place] += _SPREAD[byte]
    half, lane = len(shingles) / 2, (1 << _LANE) - 1
    found = 0
    for place, total in enumerate(sums):
        for bit in range(8):
            if (total >> (_LANE * bit)) & lane > half:
                found |= 1 << (8 * place + bit)
    return found - (1 << _BITS) if found >> (_BITS - 1) else found


def distance(one: int, other: int) -> int:
    """Count the bits in which two differ."""
    return ((one ^ other) & ((1 << _BITS) - 1)).bit_count()


class Known:
    """The articles of one blog, by what makes them the same."""

    def __init__(self) -> None:
        self._traits: dict[Hashable, Traits] = {}
        self._by_guid: dict[str, list[Hashable]] = {}
        self._by_title: dict[tuple[str, str], list[Hashable]] = {}
        self._by_band: dict[tuple[int, int], list[Hashable]] = {}

    def add(self, name: Hashable, traits: Traits) -> None:
        """Remember an article; a second call replaces what was known of it."""
        self._traits[name] = traits
        if traits.guid:
            self._by_guid.setdefault(traits.guid, []).append(name)
        if traits.title and traits.day:
            self._by_title.setdefault((_fold(traits.title), traits.day), []).append(name)
        for band in _bands(traits.nearness):
            self._by_band.setdefault(band, []).append(name)

    def same_as(self, traits: Traits) -> Hashable | None:
        """Name the article that this one is, or None."""
        for name in self._near(traits):
            known = self._traits[name]
            is_language = not (known.language and traits.language) or known.language == traits.language
            if is_language and _is_same(known, traits):
                return name
        return None

    def _near(self, traits: Traits) -> list[Hashable]:
        """List those that share a sign; each list is short, or its sign says nothing."""
        found: dict[Hashable, None] = {}
        lists = [self._by_guid.get(traits.guid, []) if traits.guid else []]
        if traits.title and traits.day:
            lists.append(self._by_title.get((_fold(traits.title), traits.day), []))
        lists += [self._by_band.get(band, []) for band in _bands(traits.nearness)]
        for names in lists:
            if len(names) <= 50:  # noqa: PLR2004 - a guid, title or band of fifty articles tells nothing
                found.update(dict.fromkeys(names))
        return list(found)


def _is_same(known: Traits, new: Traits) -> bool:
    is_title = bool(new.title) and _fold(known.title) == _fold(new.title)
    is_day = bool(new.day) and known.day == new.day
    if known.nearness is None or new.nearness is None:
        is_short = known.nearness is None and new.nearness is None
        return is_short and is_title and is_day and bool(new.guid) and known.guid == new.guid
    apart = distance(known.nearness, new.nearness)
    if apart <= NEAR and (is_title or (is_day and _holds(known.title, new.title))):
        return True
    return apart <= ALIKE and ((is_title and is_day) or (bool(new.guid) and known.guid == new.guid))


def _holds(one: str, other: str) -> bool:
    """Say whether one title is the other with something around it ("Print: Rye bread")."""
    shorter, longer = sorted((_fold(one), _fold(other)), key=len)
    return len(shorter) >= 5 and shorter in longer  # noqa: PLR2004 - "Day" is in too many titles


def _fold(title: str) -> str:
    return " ".join(title.casefold().split())


def _bands(value: int | None) -> list[tuple[int, int]]:
    """Cut it into four: two numbers that differ in at most three bits share at least one."""
    if value is None:
        return []
    return [(place, (value >> (16 * place)) & 0xFFFF) for place in range(4)]
