"""Topics of an article without a model: its tags, the brand's keywords it speaks of, and what it names often. Pure.

Called by `writer` with a source whose texts are plain.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from petra.ai.contract import Brand, Source
from petra.ai.lexicon import PAGE_TALK, PLAIN_HEADINGS, PLAIN_TAGS, STOP_WORDS

ENOUGH = 8
_ENOUGH_TAGS = 4  # of the blog's own words; then nothing is guessed
_WORD = re.compile(r"[^\W\d_]\w*(?:['’\-]\w+)*|[^\s\w]+|\d+")
_LONGEST_TAG = 40
_TOO_RARE = 3  # a word that stands there more seldom is chance, if the title doesn't name it


def topics_of(source: Source, brand: Brand) -> tuple[str, ...]:
    """List up to ENOUGH topics, the surest first: tags, then keywords, then frequent terms."""
    kept: list[str] = []
    text = f"{source.title}\n{source.excerpt}\n{source.text}".casefold()
    keywords = (word for word in brand.keywords if word.strip() and word.casefold() in text)
    own = [*_tags(source), *keywords]
    for topic in own if len(own) >= _ENOUGH_TAGS else (*own, *_terms(source)):
        if len(kept) == ENOUGH:
            break
        if not any(_is_part(topic, other) for other in kept):
            kept.append(topic)
    return tuple(kept)


def _tags(source: Source) -> Iterator[str]:
    for tag in source.tags:
        topic = tag.strip(" #.,;:")
        is_name = "_" not in topic and 2 < len(topic) <= _LONGEST_TAG and len(topic.split()) <= 4
        is_plain = topic.casefold() in PLAIN_TAGS or topic.casefold() in PLAIN_HEADINGS
        if is_name and not is_plain and topic.casefold() not in _stop(source) and not topic.isdigit():
            yield topic


def _terms(source: Source) -> list[str]:
    """List words and pairs of words the article uses often, as it writes them most; those of its title before."""
    stop = _stop(source)
    if not stop:
        return []  # nobody knows which of its words are only its grammar
    written: Counter[str] = Counter()  # as it stands inside of lines, where a capital letter means something
    counts: Counter[str] = Counter()
    for line in source.text.splitlines():
        words = [_term(word, stop) for word in _WORD.findall(line.replace("’", "'"))]
        terms = [word for word in words if word] + [f"{one} {other}" for one, other in pairwise(words) if one and other]
        written.update(terms)
        if words:
            written[words[0]] -= 1
    forms: dict[str, str] = {}
    for form, count in written.most_common():
        forms.setdefault(form.casefold(), form)
        counts[form.casefold()] += max(count, 0)
    title = f"{source.title} {' '.join(source.headings)}".casefold()

    def worth(term: str) -> float:
        return counts[term] * (1.7 if " " in term else 1.0) * (2.0 if term in title else 1.0)

    often = [term for term, count in counts.items() if count >= (2 if term in title else _TOO_RARE)]
    best = sorted(often, key=lambda term: (-worth(term), term))[:30]
    shown = (forms[term] for term in best if not PAGE_TALK.search(term))
    return [term for term in shown if _is_subject(term, title, source.language)]


def _term(word: str, stop: frozenset[str]) -> str:
    is_term = len(word) > 3 and word[0].isalpha() and "'" not in word
    return word if is_term and word.casefold() not in stop else ""


def _is_subject(term: str, title: str, language: str) -> bool:
    """Say whether a term may be one: in German a noun, elsewhere a name or what the title speaks of, or two words."""
    if language == "de":
        return all(word[0].isupper() for word in term.split())
    return term[0].isupper() or " " in term or term.casefold() in title


def _is_part(topic: str, other: str) -> bool:
    """Say whether two topics are one: the same word in another form, or one within the other."""
    one, two = topic.casefold(), other.casefold()
    if one in two.split() or two in one.split() or one == two:
        return True
    shorter, longer = sorted((one, two), key=len)
    alike = len(shorter) >= 4 and longer.startswith(shorter[: max(4, len(shorter) - 2)])
    return alike and len(longer) - len(shorter) <= 3


def _stop(source: Source) -> frozenset[str]:
    return STOP_WORDS.get(source.language, frozenset())
