"""Two texts beside each other, with the words marked that differ. Pure; loses no character of either.

A word is what a reader takes for one: scripts that write no spaces are compared sign by sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_MOST = 8_000  # pieces of one text, words and the space between them; beyond, the two stand whole
_LONG = 400  # pieces; from here on no anchor is a piece that comes often, or a refrain would cost minutes
_LEAST = 200  # of the new text, for that (docs.python.org/3/library/difflib, `autojunk`, 2026-11)
_ONE_SIGN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and han
_POINTS = "!-/:-@\\[-`{-~\u00ab\u00bb\u2010-\u2027\u2039\u203a\u3000-\u301c\uff01-\uff0f"
_PIECES = re.compile(rf"\s+|[{_ONE_SIGN}]|[{_POINTS}]|(?:(?![{_ONE_SIGN}{_POINTS}])\S)+")
_WORD = re.compile(r"\w")
SAME, GONE, NEW = "same", "gone", "new"
Marks = list[tuple[str, str]]


@dataclass(frozen=True)
class _Stretch:
    """A part of both texts: equal, or instead of `old` stands `new`."""

    is_same: bool
    old: str
    new: str


def marks(before: str, after: str) -> Marks:
    """Give both in one line: (same | gone | new, text)."""
    found: Marks = []
    for stretch in _stretches(before, after):
        if stretch.is_same:
            found.append((SAME, stretch.new))
            continue
        found += _marked(GONE, stretch.old)
        if stretch.old.strip() and stretch.new.strip() and not stretch.old[-1:].isspace():
            found.append((SAME, " "))  # else the crossed out word touches the new one
        found += _marked(NEW, stretch.new)
    return found


def sides(before: str, after: str) -> tuple[Marks, Marks]:
    """Give each by itself: what is gone marked in the first, what is new in the second."""
    left: Marks = []
    right: Marks = []
    for stretch in _stretches(before, after):
        if stretch.is_same:
            left.append((SAME, stretch.old))
            right.append((SAME, stretch.new))
        else:
            left += _marked(GONE, stretch.old)
            right += _marked(NEW, stretch.new)
    return left, right


def _marked(kind: str, text: str) -> Marks:
    """Mark the words and leave the white space around them."""
    words = text.strip()
    if not words:
        return [(SAME, text)] if text else []
    at = text.index(words)
    around = [(SAME, text[:at]), (kind, words), (SAME, text[at + len(words) :])]
    return [(k, t) for k, t in around if t]


def _stretches(before: str, after: str) -> list[_Stretch]:
    """Cut both into stretches; a lone space or point between two changes belongs to them."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    if before == after:
        return [_Stretch(True, before, after)] if after else []
    longest = max(len(old), len(new))
    is_long = longest > _LONG
    if longest > _MOST or (is_long and len(new) < _LEAST):
        return [_Stretch(False, before, after)]
    found: list[_Stretch] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=is_long).get_opcodes():
        found.append(_Stretch(kind == "equal", "".join(old[a:b]), "".join(new[c:d])))
    return _joined(found)


def _joined(stretches: list[_Stretch]) -> list[_Stretch]:
    """Join changes with what little is the same between them: single words would only make it hard to read."""
    kept: list[_Stretch] = []
    for at, stretch in enumerate(stretches):
        is_between = stretch.is_same and 0 < at < len(stretches) - 1
        is_little = is_between and _is_little(stretch.new, kept[-1], stretches[at + 1])
        here = _Stretch(False, stretch.old, stretch.new) if is_little else stretch
        if kept and not here.is_same and not kept[-1].is_same:
            here = _Stretch(False, kept[-1].old + here.old, kept.pop().new + here.new)
        kept.append(here)
    return kept


def _is_little(text: str, before: _Stretch, after: _Stretch) -> bool:
    """Say whether the same text between two changes is a space or a point, or short beside both."""
    if not _WORD.search(text):
        return True
    around = min(max(len(one.old), len(one.new)) for one in (before, after))
    return len(text) <= around / 2
