"""The writer that needs no key and no internet: it picks from the article's own words. Pure.

Called by `posts.metadata`. Invents nothing but the opening of an alt text where nobody described the picture. Whole
sentences that speak of the article's subject are chosen and put in the article's order; the pins of one article share
them out.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from petra.ai import sentences
from petra.ai.contract import OnPartial, Request, Source, Words, Written
from petra.ai.lexicon import ALT_OPENINGS, LEANS, PAGE_TALK, PLAIN_HEADINGS, STOP_WORDS

GOOD_DESCRIPTION = 420  # what readers take in; the limit of a network may be lower, then it counts
_READ_AT_MOST = 20_000  # characters of an article: what says what it is about stands before
_WORD = re.compile(r"\w{3,}")
_ADDRESS = re.compile(r"https?://|www\.|\S@\S")
_FILE_NAME = re.compile(
    r"[\w().\- ]+\.(?:jpe?g|png|webp|gif|avif|heic)|(?:img|dsc[fn]?|image|photo|bild|foto)?[\W\d_]*", re.I
)
_TITLE_BREAK = re.compile(r"\s*[:|]\s+|\s+[–—-]\s+")
_NUMBER = re.compile(r"\A\d{1,2}[.):]\s+")
_TITLE_PAUSE = re.compile(r"\s*[,;(]\s*")


@dataclass(frozen=True)
class _Sentence:
    text: str
    place: int  # in the article's order
    score: float = 0.0


class OfflineWriter:
    """See `contract.Writer`."""

    name = "offline"

    def write(self, request: Request, *, on_partial: OnPartial | None = None) -> Written:
        return Written(_words_of(request), self.name)


def _words_of(request: Request) -> Words:
    article, limits, variant = _read(request.source), request.limits, request.variant
    title = _title(article, limits.max_title, variant)
    written = Words(
        title,
        _description(article, limits.max_description, variant) or sentences.fit(title, limits.max_description),
        _alt_text(article, limits.max_alt_text),
    )
    return written.only(request.fields, request.current)


def _read(source: Source) -> Source:
    """Make plain text of everything and name the language where nobody did."""
    text = sentences.plain(source.text[: _READ_AT_MOST * 2])[:_READ_AT_MOST]
    plain = replace(
        source,
        title=sentences.one_line(source.title[:2000]),
        excerpt=sentences.one_line(source.excerpt[:5000]),
        text=text,
        headings=tuple(filter(None, (sentences.one_line(heading[:500]) for heading in source.headings))),
        tags=tuple(filter(None, (sentences.one_line(tag[:200]) for tag in source.tags))),
        picture_alt=sentences.one_line(source.picture_alt[:2000]),
        picture_caption=sentences.one_line(source.picture_caption[:2000]),
    )
    return replace(plain, language=source.language.lower().partition("-")[0] or _language_of(plain))


def _language_of(article: Source) -> str:
    """Tell German from English by their commonest words; empty where neither is likely."""
    words = Counter(f"{article.title} {article.excerpt} {article.text[:3000]}".lower().split())
    seen = {language: sum(words[word] for word in common) for language, common in STOP_WORDS.items()}
    best = max(seen, key=lambda language: seen[language])
    return best if seen[best] * 8 > sum(words.values()) else ""


def _title(article: Source, most: int, variant: int) -> str:
    title = article.title or _any_words(article)
    asides = [_NUMBER.sub("", heading) for heading in article.headings if _is_telling(heading, title)]
    if variant > 0 and asides and article.title:
        short = _TITLE_BREAK.split(title, maxsplit=1)[0]
        subject = short if len(short) > 8 else title
        aside = asides[(variant - 1) % len(asides)]
        longer = f"{subject} – {aside}" if ":" in subject + aside else f"{subject}: {aside}"
        if len(longer) <= most:
            return longer
    return _shortened_title(title, most)


def _is_telling(heading: str, title: str) -> bool:
    return (
        8 <= len(heading) <= 60
        and heading.lower().rstrip(":") not in PLAIN_HEADINGS
        and heading.lower() not in title.lower()
    )


def _any_words(article: Source) -> str:
    """Give the first words there are, for an article without a title."""
    first_line = article.text.partition("\n")[0]
    return next(
        filter(
            None,
            (
                *article.headings,
                sentences.split(article.excerpt)[0] if article.excerpt else "",
                sentences.split(first_line)[0] if first_line else "",
                ", ".join(article.tags),
                article.picture_alt,
                article.picture_caption,
            ),
        ),
        "",
    )


def _shortened_title(title: str, most: int) -> str:
    """Shorten a title where it pauses, if half of the room is filled then; else at a word."""
    if len(title) <= most:
        return title
    for kind in (_TITLE_BREAK, _TITLE_PAUSE):
        pauses = [match.start() for match in kind.finditer(title) if most // 2 <= match.start() <= most]
        if pauses:
            return title[: pauses[-1]]
    return sentences.at_word(title, most)


def _description(article: Source, most: int, variant: int) -> str:
    room = min(most, GOOD_DESCRIPTION)
    opening = [s for s in sentences.split(article.excerpt) if sentences.ends_well(s) and len(s) <= room]
    pool = [s for s in _ranked(article) if not any(_say_the_same(s.text, said) for said in opening)]
    chosen = _share(opening, pool, room, variant)
    if chosen:
        return " ".join(chosen)
    rest = article.excerpt or " ".join(article.text.splitlines()) or ", ".join(article.tags)
    return sentences.fit(rest, most)


def _share(opening: list[str], pool: list[_Sentence], room: int, variant: int) -> list[str]:
    """Deal the sentences out to the pins of one article and give the hand of one of them, in the article's order.

    The first hand begins with the excerpt. When all are dealt, dealing begins anew one sentence further on.
    """
    pool = [sentence for sentence in pool if len(sentence.text) <= room]
    hand: list[str] = []
    drawn: list[_Sentence] = []
    used = 0
    for number in range(variant + 1):
        hand, drawn = _first_fitting(opening, room) if number == 0 else [], []
        left = room - len(" ".join(hand))
        # A short article's sentences should do for three pins.
        in_a_hand = max(2, len(pool) // 3) if number == 0 or len(pool) > 3 else 1
        for _ in range(min(in_a_hand, len(pool))):
            sentence = pool[(used + used // len(pool)) % len(pool)]
            if len(sentence.text) + bool(hand or drawn) > left or sentence in drawn:
                break
            left -= len(sentence.text) + bool(hand or drawn)
            drawn.append(sentence)
            used += 1
    return hand + [sentence.text for sentence in sorted(drawn, key=lambda sentence: sentence.place)]


def _first_fitting(opening: list[str], room: int) -> list[str]:
    for count in range(len(opening), 0, -1):
        if len(" ".join(opening[:count])) <= room:
            return opening[:count]
    return []


def _ranked(article: Source) -> list[_Sentence]:
    """List the article's usable sentences, the most telling first."""
    found = list(_usable(article.text))
    good = [
        s for s in found if 40 <= len(s.text) <= 260 and s.text.split(" ", 1)[0].lower().strip("\"'„“”,") not in LEANS
    ]
    weights = _weights(article)
    scored = (replace(s, score=_score(s, weights)) for s in good or found)
    return sorted(scored, key=lambda sentence: (-sentence.score, sentence.place))


def _usable(text: str) -> Iterator[_Sentence]:
    seen: set[str] = set()
    place = 0
    for entry in text.splitlines():
        line = entry.lstrip("-•*–· ")
        if not sentences.ends_well(line):
            continue  # a heading or an entry of a list
        for sentence in sentences.split(line):
            key = sentence.casefold()
            place += 1
            if key in seen or not sentences.ends_well(sentence) or _ADDRESS.search(key):
                continue
            if any(phrase in key for phrase in PAGE_TALK) or sentence.isupper():
                continue
            seen.add(key)
            yield _Sentence(sentence, place)


def _say_the_same(one: str, other: str) -> bool:
    """Say whether most words of one sentence stand in the other."""
    words, others = set(one.casefold().split()), set(other.casefold().split())
    return len(words & others) > 0.6 * min(len(words), len(others))


def _weights(article: Source) -> dict[str, float]:
    """Weigh words by how often the article uses them; those of its title and tags count more."""
    stop = STOP_WORDS.get(article.language, frozenset())
    counts = Counter(word for word in _WORD.findall(article.text.lower()) if word not in stop)
    weights = {word: math.log1p(count) for word, count in counts.items()}
    for word in _WORD.findall(f"{article.title} {' '.join(article.tags)}".lower()):
        if word not in stop:
            weights[word] = weights.get(word, 0.5) + 1.5
    return weights


def _score(sentence: _Sentence, weights: dict[str, float]) -> float:
    words = _WORD.findall(sentence.text.lower())
    subject = sum(weights.get(word, 0.0) for word in set(words)) / (len(words) + 4)
    early = 1 / (1 + sentence.place / 10)
    asks = 0.3 if "?" in sentence.text else 0.0
    counts = 0.1 * sum(
        character.isdigit() for character in sentence.text
    )  # amounts and temperatures: steps, not reasons
    return subject + 0.4 * early - asks - min(counts, 0.4)


def _alt_text(article: Source, most: int) -> str:
    for words in (article.picture_alt, article.picture_caption):
        if len(words) > 3 and not _FILE_NAME.fullmatch(words):
            return sentences.fit(words, most)
    title = article.title or _any_words(article)
    opening = ALT_OPENINGS.get(article.language, "{}")
    room = most - len(opening) + 2
    if not title or room < 20:
        return sentences.fit(title, most)
    return opening.format(sentences.at_word(title, room))
