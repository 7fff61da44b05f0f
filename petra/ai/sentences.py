"""Text into sentences and back under a limit: never a cut word, never a split character. Pure.

Seven languages are known well (abbreviations, ordinals); others are split at what plainly ends a sentence.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

import regex

from petra.ai.lexicon import ABBREVIATED_PAIRS, ABBREVIATIONS, AFTER_ORDINALS, BEFORE_NUMBERS, STARTERS

_TAG = regex.compile(r"<(?:/?[a-zA-Z][^<>]{0,2000}|!--.{0,2000}?--)>", regex.DOTALL)
_NOT_TEXT = regex.compile(r"[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u200b\ufeff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffc\ufffd]+")
_WITHIN_WORDS = regex.compile(r"[\u00ad\u180e\u2060-\u2064]+")  # where a word may or may not be divided: never seen
_ORPHAN_MARK = regex.compile(r"(?:(?<=\s)|\A)[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]+")
_CLOSERS = r"[\"'”’“»«›‹)\]}」』）】]"
# A stop, maybe closed by quotes, then white space and what may begin a sentence. Or a stop of a script without spaces.
# A run of stops is read once and whole ("++"): thousands of them would else be tried from each of them.
_END = regex.compile(
    rf"(?P<stop>(?<![.!?…])[.!?…]++{_CLOSERS}*+)(?=\s+(?P<next>[\"'“„«»‹›(\[¿¡]*(?:[\p{{Lu}}\p{{Lt}}\p{{Lo}}\p{{N}}]|\p{{Emoji_Presentation}})))"
    rf"|(?P<wide>[。！？｡]++{_CLOSERS}*+)(?![\p{{M}}\u200d])"
    r"|(?P<other>(?<![।॥۔؟])[।॥۔؟]++)(?=\s)"
)
_ENDS_WELL = regex.compile(rf"(?:[!?。！？｡।॥۔؟]|(?<!\.)\.){_CLOSERS}*\Z")
_NEXT_WORD = regex.compile(r"\s+\W*(\w+)")
_INITIALS = regex.compile(r"\p{L}(?:\.\p{L})+")
_GRAPHEME = regex.compile(r"\X")
_TITLE_BREAK = regex.compile(r"\s*[:|]\s+|\s+[–—-]\s+")
_TITLE_PAUSE = regex.compile(r"\s*[,;(]\s*|[，；：、（]")
_WIDE_PAUSE = regex.compile(r"[，、；：]")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{M}]")
_LOOSE_ENDS = " ,;:–—-(„“\"'，、；：（「『"


def plain(text: str) -> str:
    """Give readable plain text, line by line: no tags, no entities, no control characters, single spaces."""
    lines = (_line(line) for line in _TAG.sub(" ", html.unescape(_TAG.sub(" ", text))).splitlines())
    return "\n".join(line for line in lines if line)


def _line(text: str) -> str:
    if text.isascii() and text.isprintable():
        return " ".join(text.split())  # most lines, at once
    return str(_ORPHAN_MARK.sub("", " ".join(_NOT_TEXT.sub(" ", _WITHIN_WORDS.sub("", text)).split()))).strip()


def one_line(text: str) -> str:
    """Give readable plain text as one line."""
    return str(_ORPHAN_MARK.sub("", " ".join(plain(text).split()))).strip()


def split(line: str) -> list[str]:
    """Split one line of plain text into sentences. What stands behind the last stop comes last."""
    starts = [0, *_ends(line)]
    pieces = (line[start:end].strip() for start, end in zip(starts, [*starts[1:], len(line)], strict=True))
    return [piece for piece in pieces if piece]


def _ends(line: str) -> Iterator[int]:
    """Say behind which characters a sentence ends, but for the last one."""
    start = 0
    for match in _END.finditer(line):
        if match["stop"] is None or not _goes_on(line[start : match.start()], match):
            start = match.end()
            yield start


def _goes_on(before: str, match: regex.Match[str]) -> bool:
    """Say whether the stop belongs to an abbreviation, an initial, a number in a list, an ordinal or a pause."""
    stop = match["stop"].rstrip("\"'”’“»«›‹)]}")
    if "…" in stop or "..." in stop:
        return True
    if stop != "." or stop != match["stop"]:
        return False
    words = before[-40:].split()
    last = words[-1].lstrip("([\"'“„«‚‘").lower() if words else ""
    if last.isdigit():
        after = _NEXT_WORD.match(match.string, pos=match.end())
        is_ordinal = len(last) <= 2 and after is not None and after.group(1).lower() in AFTER_ORDINALS
        return is_ordinal or before.strip() == last
    if last in BEFORE_NUMBERS and match["next"][-1].isdigit():
        return True
    if last in ABBREVIATIONS:
        return True
    if _INITIALS.fullmatch(last):
        after = _NEXT_WORD.match(match.string, pos=match.end())
        word = after.group(1) if after is not None else ""
        return bool(word) and (word.lower() not in STARTERS or (len(word) > 1 and word.isupper()))  # "9 a.m. ET"
    if len(words) > 1 and (words[-2].lower().lstrip("("), last) in ABBREVIATED_PAIRS:
        return True
    return len(last) == 1 and last.isalpha() and last != "i"


def ends_well(sentence: str) -> bool:
    """Say whether a text ends like a sentence."""
    return _ENDS_WELL.search(sentence) is not None


def fit(text: str, most: int) -> str:
    """Shorten one line to at most `most` code points: at the end of a sentence, else at the end of a word with "…".

    A single word longer than that is cut between whole characters, the only cut that is left.
    """
    if len(text) <= most:
        return text
    ends = [end for end in _ends(text) if end <= most and ends_well(text[:end])]
    return text[: ends[-1]] if ends else at_word(text, most)


def fit_title(title: str, most: int) -> str:
    """Shorten a title where it pauses, if half of the room is filled then; else at a word with "…"."""
    if len(title) <= most:
        return title
    ends = [end for end in _ends(title) if most // 2 <= end <= most]
    if ends:
        return title[: ends[-1]]
    for kind in (_TITLE_BREAK, _TITLE_PAUSE):
        pauses = [match.start() for match in kind.finditer(title) if most // 2 <= match.start() <= most]
        if pauses:
            return title[: pauses[-1]].rstrip()
    return at_word(title, most)


def at_word(text: str, most: int, *, mark: str = "…") -> str:
    """Shorten one line to at most `most` code points at the end of a word, and say so with `mark`.

    Where words stand without spaces between them, at a pause of the script, else between two characters.
    """
    if len(text) <= most:
        return text
    room = most - len(mark)
    if room <= 0:
        return ""
    end = _end_of_word(text, room)
    head = text[:end].rstrip(_LOOSE_ENDS) or text[:end].rstrip()
    return head + mark if head else ""


def _end_of_word(text: str, room: int) -> int:
    last_any = last_word = 0
    for match in _GRAPHEME.finditer(text[: room + 64]):  # a little more, to see where the last character ends
        if match.end() > room:
            if match.group().isspace() and match.start() <= room:
                last_word = match.start()
            break
        if match.group().isspace():
            last_word = match.start()
        last_any = match.end()
    if last_word < room // 2 and _UNSPACED.match(text, last_any - 1 if last_any else 0):
        pauses = [match.start() for match in _WIDE_PAUSE.finditer(text, room // 2, last_any)]
        return pauses[-1] if pauses else last_any
    return last_word if text[:last_word].strip(_LOOSE_ENDS) else last_any
