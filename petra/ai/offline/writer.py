"""The writer that needs no key and no internet: it picks from the article's own words. Pure.

Called by `posts`. Invents nothing but the opening of an alt text where nobody described the picture. Whole sentences
that speak of the article's subject are chosen, in the article's order; the pins of one article share them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from petra.ai import sentences
from petra.ai.answers import fitted, readable, unmarked
from petra.ai.contract import OnPartial, Request, Source, Words, Written
from petra.ai.lexicon import SHORTER, STOP_WORDS
from petra.ai.offline import titles
from petra.ai.offline.alt_texts import alt_text_of
from petra.ai.offline.passages import Heard, Passage, Reader, clean, join, width
from petra.ai.offline.topics import topics_of
from petra.ai.unwanted import Unwanted, unwanted_by

SHORT_DESCRIPTION = 180  # for who asked for less
_READ_AT_MOST = 12_000  # characters of an article: what says what it is about stands before
_OF_THE_BEGINNING = 6  # passages
_DEALT_ANEW = 8  # passages
_MOST_VARIANTS = 50
_SHORT_SENTENCE = range(20, 71)  # characters: one that can be a title


@dataclass(frozen=True)
class _Size:
    """How long a description may be, in characters, and from when it says enough: below, up to `more` other passages
    are added.
    """

    room: int
    enough: int
    more: int = 1

    def at_most(self, room: int) -> _Size:
        return _Size(min(self.room, room), min(self.enough, room), self.more)


# By the steps from brief to detailed; the middle is what readers take in.
_SIZES = {-2: _Size(180, 80), -1: _Size(280, 120), 0: _Size(420, 160), 1: _Size(560, 280, 2), 2: _Size(700, 420, 3)}


@dataclass(frozen=True)
class _Hand:
    """What one pin of the article says, and the heading it stands under."""

    sentences: tuple[str, ...]
    heading: str = ""
    is_first: bool = False


@dataclass
class _Said:
    """What the article's other pins say already."""

    titles: set[str] = field(default_factory=set)
    descriptions: set[str] = field(default_factory=set)
    sentences: set[str] = field(default_factory=set)

    def add(self, words: Words) -> None:
        self.titles.add(words.title.casefold().strip())
        self.descriptions.add(words.description.casefold().strip())
        self.sentences.update(
            sentence.casefold() for sentence in sentences.split(sentences.one_line(words.description))
        )


class OfflineWriter:
    """See `contract.Writer`. Always gives the same words for the same request."""

    name = "offline"

    def write(self, request: Request, *, on_partial: OnPartial | None = None) -> Written:
        return Written(_words_of(request), self.name)


def _words_of(request: Request) -> Words:
    unwanted, limits, brand = unwanted_by(request), request.limits, request.brand
    article = _read(request.source, unwanted)
    wants_less = bool(request.turns and SHORTER.search(request.turns[-1].feedback.lower()))
    room = min(limits.max_description, SHORT_DESCRIPTION) if wants_less else limits.max_description
    size = _SIZES[brand.tone.detailed].at_most(room)
    reader = Reader(article, unwanted)
    title, description = _title_and_description(article, reader, request, size)
    subject = article.title or title
    opening = sentences.one_line(brand.alt_text_opening)
    written = Words(
        title=title,
        description=readable(description, unwanted)
        or sentences.fit(_any_text(article, unwanted), limits.max_description)
        or title,
        alt_text=alt_text_of(article, subject, most=limits.max_alt_text, opening=opening),
        topics=topics_of(article, brand),
    )
    made, now = fitted(written, request), request.current
    return replace(  # nothing found is no reason to take away what there is
        made,
        title=made.title or now.title,
        description=made.description or now.description,
        alt_text=made.alt_text or now.alt_text,
    )


def _read(source: Source, unwanted: Unwanted) -> Source:
    """Make plain text of everything and name the language where nobody did.

    What `fitted` would take out of the words goes here already, so that others are chosen instead of it. The excerpt
    and the body keep their unwanted words, as the reader drops their sentences.
    """
    plain = replace(
        source,
        title=readable(source.title[:2000], unwanted),
        excerpt=sentences.one_line(unmarked(sentences.plain(source.excerpt[:5000]))),
        text=unmarked(sentences.plain(source.text[: _READ_AT_MOST * 2]))[:_READ_AT_MOST].strip(),
        headings=tuple(filter(None, (readable(heading[:500], unwanted) for heading in source.headings[:50]))),
        tags=tuple(filter(None, (readable(tag[:200], unwanted) for tag in source.tags[:50]))),
        picture_alt=readable(source.picture_alt[:2000], unwanted),
        picture_caption=readable(source.picture_caption[:2000], unwanted),
    )
    return replace(plain, language=source.language.lower().partition("-")[0] or _language_of(plain))


def _language_of(article: Source) -> str:
    """Tell a language by its commonest words; empty where none is likely."""
    words = Counter(f"{article.title} {article.excerpt} {article.text[:3000]}".lower().split())
    seen = {language: sum(words[word] for word in common) for language, common in STOP_WORDS.items()}
    best = max(seen, key=lambda language: seen[language])
    return best if seen[best] * 8 > sum(words.values()) else ""


def _title_and_description(article: Source, reader: Reader, request: Request, size: _Size) -> tuple[str, str]:
    """Choose what no other pin of the article says; `variant` says the how manieth of what is left.

    Without siblings, the pins before this one are made up again.
    """
    room, passages = size.room, reader.passages(room=size.room, enough=size.enough)
    hands = _hands(article, reader, passages, size)
    said = _Said()
    for sibling in (*request.siblings, *(turn.proposal for turn in request.turns)):
        said.add(sibling)
    variant = min(request.variant, _MOST_VARIANTS)
    skipped, rounds = (variant, 1) if request.siblings else (0, variant + 1)
    title, description, most = "", "", request.limits.max_title
    for number in range(rounds):
        pool = passages if len(passages) > 1 else [*passages, *reader.others(room=room)]
        hand = _fresh(hands, said, skipped) or _dealt_anew(pool, said, room, number + skipped)
        own_words = _short_sentences(passages, reader, hand)
        headings = [*filter(None, [hand.heading]), *titles.in_turn(reader.loose_headings(), number + skipped)]
        wanted = titles.candidates(article, headings, own_words, most=most, is_first=hand.is_first)
        title = next((one for one in wanted if one.casefold() not in said.titles), wanted[0] if wanted else "")
        description = join(hand.sentences)
        said.add(Words(title, description))
    return title, description


# ---- description ----


def _hands(article: Source, reader: Reader, passages: Sequence[Passage], size: _Size) -> list[_Hand]:
    """Share the article's passages out: the first hand opens like the article, each of the others has the best left."""
    opening = _opening(article, reader, passages, size)
    hands = [_Hand(tuple(opening), is_first=True)] if opening else []
    used, heard = set(opening), Heard(opening)
    left = [passage for passage in passages if not heard.says(passage.sentences[0])]
    while left:
        passage, *left = left
        if used.intersection(passage.sentences):
            continue
        taken = [passage]
        used.update(passage.sentences)
        for _ in range(size.more):
            said = join(one.text for one in taken)
            if width(said) < size.enough * 4 // 5:
                taken += _beside(passage, left, used, size.room - len(said) - 1)
        ordered = sorted(taken, key=lambda one: one.place)
        hands.append(_Hand(tuple(s for one in ordered for s in one.sentences), passage.heading))
    return hands


def _beside(passage: Passage, left: Sequence[Passage], used: set[str], room: int) -> list[Passage]:
    """Find a second passage for a short one, best under the same heading, and note it as used."""
    fresh = [one for one in left if not used.intersection(one.sentences) and len(one.text) <= room]
    near = [one for one in fresh if one.heading == passage.heading] or fresh
    for one in near[:1]:
        used.update(one.sentences)
    return near[:1]


def _opening(article: Source, reader: Reader, passages: Sequence[Passage], size: _Size) -> list[str]:
    """Begin with the excerpt's whole sentences and go on as the article does, else with its best passage."""
    title = Heard([article.title])
    usable = reader.usable(_without_title(article.excerpt, article.title))
    while usable and (reader.leans(usable[0], is_below_title=True) or title.says_all(usable[0])):
        usable.pop(0)
    taken: list[str] = []
    for sentence in usable:
        if len(join([*taken, sentence])) > size.room:
            break
        taken.append(sentence)
    if taken and width(join(taken)) < size.enough:
        left = size.room - len(join(taken)) - 1
        taken += reader.after(taken[-1], room=left, enough=size.enough) or _more(taken, _early(passages), left)
    elif not taken and passages:
        first, *others = _early(passages)
        taken = list(first.sentences)
        if width(join(taken)) < size.enough:
            taken += _more(taken, others, size.room - len(join(taken)) - 1)
    for _ in range(size.more - 1):
        if width(join(taken)) < size.enough:
            taken += _more(taken, _early(passages), size.room - len(join(taken)) - 1)
    return taken


def _early(passages: Sequence[Passage]) -> list[Passage]:
    """List passages, those that stand in the article's beginning before the others."""
    first = sorted(passages, key=lambda passage: passage.place)[:_OF_THE_BEGINNING]
    return [one for one in passages if one in first] + [one for one in passages if one not in first]


def _more(taken: Sequence[str], passages: Sequence[Passage], room: int) -> list[str]:
    heard = Heard(taken)
    fitting = (passage.sentences for passage in passages if len(passage.text) <= room)
    return next((list(told) for told in fitting if not any(map(heard.says, told))), [])


def _without_title(excerpt: str, title: str) -> str:
    if len(title) > 3 and excerpt.casefold().startswith(title.casefold()):
        return excerpt[len(title) :].lstrip(" :.–—-|!?")
    return excerpt


def _fresh(hands: Sequence[_Hand], said: _Said, skipped: int) -> _Hand | None:
    """Choose a hand that says nothing said before: the first, or the one so many further on."""
    fresh = [hand for hand in hands if not any(s.casefold() in said.sentences for s in hand.sentences)]
    return fresh[skipped % len(fresh)] if fresh else None


def _dealt_anew(passages: Sequence[Passage], said: _Said, room: int, number: int) -> _Hand:
    """Put two sentences beside each other that did not stand together before; one alone where there is no other."""
    best = passages[:_DEALT_ANEW]
    pairs = [_beside_each_other(pair) for pair in combinations(best, 2)] + [_beside_each_other([one]) for one in best]
    fitting = [hand for hand in pairs if len(join(hand.sentences)) <= room]
    new = [hand for hand in fitting if join(hand.sentences).casefold() not in said.descriptions] or fitting
    if not new:
        return _Hand(passages[0].sentences) if passages else _Hand(())
    least = min(_share_said(hand, said) for hand in new)
    new = [hand for hand in new if _share_said(hand, said) == least]
    return new[number % len(new)]


def _share_said(hand: _Hand, said: _Said) -> float:
    return sum(sentence.casefold() in said.sentences for sentence in hand.sentences) / len(hand.sentences)


def _beside_each_other(passages: Sequence[Passage]) -> _Hand:
    ordered = sorted(passages, key=lambda one: one.place)
    return _Hand(tuple(dict.fromkeys(one.sentences[0] for one in ordered)), ordered[0].heading)


def _any_text(article: Source, unwanted: Unwanted) -> str:
    whole = readable(clean(" ".join(article.text.splitlines())), unwanted)
    return readable(article.excerpt, unwanted) or whole or ", ".join(article.tags)


def _short_sentences(passages: Sequence[Passage], reader: Reader, hand: _Hand) -> list[str]:
    """List short sentences that can be titles: of the subject, not of the pin itself, and none that asks or counts."""
    firsts = (passage.sentences[0] for passage in passages)
    short = [s.rstrip(".。") for s in firsts if len(s) in _SHORT_SENTENCE and s not in hand.sentences]
    return [s for s in short if "?" not in s and not any(map(str.isdigit, s)) and reader.speaks_of_title(s)]
