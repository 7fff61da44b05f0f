"""An article shortened for a model: every section keeps its heading and its first sentences, nothing is cut. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from petra.ai import sentences

_MORE = " […]"
_OPENING_SENTENCES = 3  # what stands first says what the rest is about


@dataclass
class _Section:
    heading: str
    left: list[tuple[int, str]] = field(default_factory=list)  # line number and sentence, still to be taken
    taken: list[tuple[int, str]] = field(default_factory=list)

    def text(self) -> str:
        """Give heading and what was taken, with a mark where something was left out."""
        lines: dict[int, list[str]] = {}
        for line, sentence in self.taken:
            lines.setdefault(line, []).append(sentence)
        body = "\n".join(" ".join(told) for told in lines.values())
        if self.left and body:
            body += _MORE
        return "\n".join(part for part in (f"## {self.heading}" if self.heading else "", body) if part)

    def take(self, room: int) -> int:
        """Take the next sentence if there is room for it, and say how much it took; what is too long ends it."""
        if not self.left:
            return 0
        size = len(self.left[0][1]) + 1
        if size > room:
            return 0
        self.taken.append(self.left.pop(0))
        return size


def shortened(text: str, headings: Iterable[str], room: int) -> str:
    """Give an article in at most about `room` characters: whole where it fits, else the beginning of every section.

    `text` holds a paragraph, heading or list entry per line. Sections share the room out sentence by sentence.
    """
    sections = _told(_sections(text, {" ".join(heading.split()) for heading in headings}), room // 2)
    room -= sum(_size(section) for section in sections)
    for _ in range(_OPENING_SENTENCES):
        room -= sections[0].take(room)
    while room > 0:
        taken = 0
        for section in sections:
            size = section.take(room)
            room, taken = room - size, taken + size
        if not taken:
            break
    if not any(section.taken for section in sections) and room > 0 and sections[0].left:
        line, sentence = sections[0].left[0]  # one endless sentence: better its beginning than nothing
        sections[0].taken.append((line, sentences.at_word(sentence, room)))
        sections[0].left.clear()
    return "\n\n".join(part for part in (section.text() for section in sections) if part)


def _told(sections: list[_Section], room: int) -> list[_Section]:
    """Keep the headings there is room for; what stands under another one follows on what is before it."""
    kept = sections[:1]
    for section in sections[1:]:
        if _size(section) <= room:
            room -= _size(section)
            kept.append(section)
        else:
            kept[-1].left += section.left
    return kept


def _size(section: _Section) -> int:
    return len(section.heading) + len(_MORE) + 5


def _sections(text: str, headings: set[str]) -> list[_Section]:
    sections = [_Section("")]
    for number, told in enumerate(sentences.plain(text).splitlines()):
        line = " ".join(told.split())
        if line in headings:
            sections.append(_Section(line))
        else:
            sections[-1].left += [(number, sentence) for sentence in sentences.split(line)]
    return sections
