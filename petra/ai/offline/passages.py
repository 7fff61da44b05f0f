"""Passages of an article that can stand alone: one to four whole sentences in a row that speak of its subject. Pure.

Called by `writer`. A passage never begins with a sentence that leans on the one before it, and never crosses a
heading or the end of a paragraph.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import regex

from petra.ai import sentences
from petra.ai.contract import Source
from petra.ai.lexicon import DEMONSTRATIVES, LEANS, PAGE_TALK, POINTS_BACK, STOP_WORDS
from petra.ai.unwanted import Unwanted

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")  # not `regex`: it takes three times as long here
_WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_FIRST_WIDE = "\u0e00"
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]{2,}")
_BAD_START = regex.compile(r"[\p{Ll}(\[*#;；,，、.。:)\]}|•·–—-]|\d+[.)]\s")
_NO_PROSE = regex.compile(
    r"(?<=\s)[:;8xX]['-]?[)(DPp](?=\s|\Z)|\s\|\s|\[[^\]]*\]|[•…]{2}|\s[•·]\s|(?<=\S)\s+[.,;:!?](?=\s|\Z)"
)
_DIGIT = re.compile(r"\d")
_HASH = regex.compile(r"(?<!\S)#(?=\p{L})")
_LABEL = regex.compile(r"[^\s:]+(?:\s[^\s:]+){0,2}\s?[:：]\s|[^\s:]+(?:\s\S+){0,2}\s[-–]\s")  # "What you need: …"
_NUMERAL = regex.compile(r"\d+[.)]\s+(?=\p{Lu})")
_PAIRS = (("(", ")"), ("[", "]"), ("«", "»"), ("{", "}"))
LONGEST = 4  # sentences


@dataclass(frozen=True)
class Passage:
    """Sentences in a row. `heading` is that of their section, or empty; `place` counts them through the article."""

    sentences: tuple[str, ...]
    heading: str
    place: int
    score: float

    @property
    def text(self) -> str:
        return join(self.sentences)


@dataclass(frozen=True)
class _Sentence:
    text: str
    place: int
    heading: str
    paragraph: int
    can_begin: bool
    score: float = 0.0


class Reader:
    """Reads one article: what its words weigh, and which of its sentences are usable."""

    def __init__(self, article: Source, unwanted: Unwanted) -> None:
        self._article = article
        self._unwanted = unwanted
        self.weights = _weights(article)
        self._title_words = set(terms(article.title, article.language))
        self._found_headings: set[str] = set()
        self._sentences = [replace(s, score=self._score(s)) for s in self._read()]

    def passages(self, *, room: int, enough: int) -> list[Passage]:
        """List the passages of at most `room` characters, the best first; they go on until `enough` is said."""
        found = [
            passage
            for start, sentence in enumerate(self._sentences)
            if sentence.can_begin and (passage := self._from(start, room, enough)) is not None
        ]
        return sorted(found, key=lambda passage: (-passage.score, passage.place))

    def usable(self, text: str) -> list[str]:
        """List the sentences of a text that may stand in a description, in their order."""
        return [sentence for sentence in map(clean, sentences.split(text)) if self._is_usable(sentence)]

    def after(self, sentence: str, *, room: int, enough: int) -> list[str]:
        """Go on where a sentence stands in the article: what follows it in its paragraph, until `enough` is said."""
        at = next((number for number, read in enumerate(self._sentences) if read.text == sentence), None)
        return [] if at is None else [read.text for read in self._run(at, room + len(sentence), enough)][1:]

    def leans(self, sentence: str, *, is_below_title: bool = False) -> bool:
        """Say whether a sentence needs the one before it. What stands below the title may point at it: "this soup"."""
        words = [word.casefold() for word in _WORD.findall(sentence[:80])][:6]
        if words and words[0] in DEMONSTRATIVES:
            return not is_below_title and self._title_words.isdisjoint(words[1:])
        leans = LEANS.get(self._article.language)
        if leans is not None and leans.match(sentence.lower()):
            return True
        return POINTS_BACK.search(" ".join(words)) is not None

    def loose_headings(self) -> list[str]:
        """List the headings that don't stand in the text but speak of what it speaks of."""
        loose = [h for h in self._article.headings if h.casefold().rstrip(" :") not in self._found_headings]
        return [h for h in loose if any(word in self.weights for word in terms(h, self._article.language))]

    def speaks_of_title(self, text: str) -> bool:
        """Say whether a text has a telling word in common with the title."""
        return not self._title_words.isdisjoint(terms(text, self._article.language))

    def others(self, *, room: int) -> list[Passage]:
        """List the usable sentences that begin no passage, in the article's order: better than none."""
        left = (sentence for sentence in self._sentences if not sentence.can_begin and len(sentence.text) <= room)
        return [Passage((one.text,), one.heading, one.place, one.score) for one in left]

    def _from(self, start: int, room: int, enough: int) -> Passage | None:
        run = self._run(start, room, enough)
        if not run:
            return None
        score = 0.6 * run[0].score + 0.4 * sum(s.score for s in run) / len(run)
        score += 0.25 * min(width(join(s.text for s in run)), enough) / max(enough, 1)
        return Passage(tuple(s.text for s in run), run[0].heading, run[0].place, score)

    def _run(self, start: int, room: int, enough: int) -> list[_Sentence]:
        """Take sentences in a row, none left out between them."""
        run: list[_Sentence] = []
        for sentence in self._sentences[start : start + LONGEST]:
            if run and (sentence.paragraph != run[0].paragraph or sentence.place != run[-1].place + 1):
                break
            if len(join([*(s.text for s in run), sentence.text])) > room:
                break
            run.append(sentence)
            if width(join(s.text for s in run)) >= enough:
                break
        while len(run) > 1 and run[-1].text.rstrip("\"'”’“»)").endswith("?"):
            run.pop()  # a question that nobody answers here
        return run

    def _read(self) -> Iterator[_Sentence]:
        headings = {heading.casefold().rstrip(" :") for heading in self._article.headings}
        heading, place, seen = "", 0, set()
        for paragraph, entry in enumerate(self._article.text.splitlines()):
            line = entry.lstrip("-•*–· ")
            if line.casefold().rstrip(" :") in headings:
                heading = line.rstrip(" :")
                self._found_headings.add(heading.casefold())
                continue
            place += 1  # two paragraphs are never in a row
            if not sentences.ends_well(line):
                continue  # a heading or an entry of a list
            for told in sentences.split(line):
                sentence, key = clean(told), told.casefold()
                place += 1
                if key in seen or not self._is_usable(sentence):
                    continue
                seen.add(key)
                can_begin = width(sentence) >= 30 and len(sentence) <= 280 and not self.leans(sentence)
                yield _Sentence(sentence, place, heading, paragraph, can_begin)

    def _is_usable(self, sentence: str) -> bool:
        if not sentences.ends_well(sentence) or _BAD_START.match(sentence) or sentence.isupper():
            return False
        if len(sentence) > 400 or width(sentence) < 12 or len(_DIGIT.findall(sentence)) * 8 > width(sentence):
            return False
        if any(sentence.count(one) != sentence.count(other) for one, other in _PAIRS) or not _is_quoted_whole(sentence):
            return False
        if _NO_PROSE.search(sentence) or PAGE_TALK.search(sentence.lower()) or self._unwanted.addresses(sentence):
            return False
        return not self._unwanted.banned_words(sentence)

    def _score(self, sentence: _Sentence) -> float:
        words = terms(sentence.text, self._article.language)
        subject = sum(self.weights.get(word, 0.0) for word in set(words)) / (len(words) + 4)
        early = 1 / (1 + sentence.place / 10)
        asks = 0.3 if "?" in sentence.text else 0.0
        quotes = 0.15 if any(mark in sentence.text for mark in '“„«"') else 0.0
        counts = 0.1 * len(_DIGIT.findall(sentence.text))  # amounts and temperatures: steps, not reasons
        far = 0.2 * (max(len(sentence.text) - 200, 0) / 100)  # long sentences tire
        return subject + 0.4 * early - asks - quotes - far - min(counts, 0.4)


def clean(sentence: str) -> str:
    """Take out what belongs to a page and not to a sentence: a list's numeral, the sign of a hashtag."""
    without = str(_NUMERAL.sub("", sentence, count=1) if _NUMERAL.match(sentence) else sentence)
    return (str(_HASH.sub("", without)) if "#" in without else without).strip()


def join(texts: Iterable[str]) -> str:
    """Put sentences behind each other, with a space where their script has one."""
    joined = ""
    for text in texts:
        joined += text if not joined or joined[-1] in "。！？｡」』" else f" {text}"
    return joined


def width(text: str) -> int:
    """Say how long a text is to a reader: a character that is a syllable or a word counts for more."""
    return len(text) if _is_spelt(text) else len(text) + 2 * len(_WIDE.findall(text))


def _is_spelt(text: str) -> bool:
    """Say whether a text holds no wide character at all, at a glance."""
    return text.isascii() or max(text) < _FIRST_WIDE


class Heard:
    """Sentences that were said, and whether another says the same."""

    def __init__(self, said: Iterable[str]) -> None:
        self._said = [_word_set(sentence) for sentence in said]

    def says(self, sentence: str) -> bool:
        """Say whether most words of a sentence stand in one that was said, or the other way round."""
        words = _word_set(sentence)
        return any(len(words & others) > 0.6 * max(min(len(words), len(others)), 1) for others in self._said)

    def says_all(self, sentence: str) -> bool:
        """Say whether a sentence adds next to nothing."""
        words = _word_set(sentence)
        return any(len(words & others) > 0.8 * len(words) for others in self._said)


def _word_set(text: str) -> frozenset[str]:
    return frozenset(_pieces(text.casefold()))


def terms(text: str, language: str) -> list[str]:
    """Give a text's telling words, lower case; of scripts without spaces, their pairs of characters."""
    stop = STOP_WORDS.get(language, frozenset())
    return [w for w in _pieces(text.casefold().replace("’", "'")) if w not in stop and (len(w) >= 3 or not w.isascii())]


def _pieces(text: str) -> list[str]:
    words = _WORD.findall(text)
    if _is_spelt(text) or not _UNSPACED.search(text):
        return words
    return [piece for word in words for piece in _pairs(word)]


def _pairs(word: str) -> list[str]:
    return [word[n : n + 2] for n in range(len(word) - 1)] if _UNSPACED.search(word) else [word]


def _is_quoted_whole(sentence: str) -> bool:
    """Say whether every quotation that begins here ends here. “ closes in German what it opens in English."""
    closing = sentence.count("”") + (sentence.count("“") if "„" in sentence else 0)
    opening = sentence.count("„") + (0 if "„" in sentence else sentence.count("“"))
    return opening == closing and sentence.count('"') % 2 == 0


def _weights(article: Source) -> dict[str, float]:
    """Weigh words by how often the article uses them; those of its title and tags count more."""
    counts = Counter(terms(article.text, article.language))
    weights = {word: math.log1p(count) for word, count in counts.items()}
    for word in terms(f"{article.title} {' '.join(article.tags)}", article.language):
        weights[word] = weights.get(word, 0.5) + 1.5
    return weights
