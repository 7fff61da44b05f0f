"""What a writer answered, looked at before anybody sees it: its faults in sentences, and the words made to fit. Pure.

`problems` is what a model is told when it is asked again. `fitted` is the last thing done to any proposal: whatever
came, what it gives can be put on a pin.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher

import regex

from petra.ai import sentences
from petra.ai.contract import FIELDS, Request, Words
from petra.ai.lexicon import DETERMINERS
from petra.ai.tongues import name_of, wrong_language
from petra.ai.unwanted import Unwanted, unwanted_by

MAX_TOPICS = 10
MAX_TOPIC = 60  # characters
_READ_AT_MOST = 20_000  # characters of an answer's text; the longest limit of a network is far below
_LABELS = {"title": "title", "description": "description", "alt_text": "alt text"}
_SAME = 0.85  # of two texts: a word or two changed in a sentence
_MARKUP = regex.compile(
    r"(?m)^\s{0,3}(?:#{1,6}|>|[*+-])\s+|[*_`]{2,}|`|(?<![\p{L}\p{N}])\*(?=\S)|(?<=\S)\*(?![\p{L}\p{N}])"
)
_OUTER_QUOTES = regex.compile(r"\A(?:\"([^\"]*)\"|“([^“”]*)”|„([^„“”]*)[“”]|«([^«»]*)»|»([^«»]*)«)\Z")
_TOPIC_BREAK = regex.compile(r"[,;\n，、،؛]")


def problems(words: Words, request: Request) -> list[str]:
    """Name the faults of an answer, one plain sentence each, for the wanted fields only. Empty: it may be kept."""
    return list(_problems(words, request, unwanted_by(request)))


def _problems(words: Words, request: Request, unwanted: Unwanted) -> Iterator[str]:
    most = request.limits.of_fields
    for field in FIELDS:
        if field not in request.fields:
            continue
        text, label = words.of(field), _LABELS[field]
        if not text:
            yield f"The {label} is empty. Write one."
            continue
        if len(text) > most[field]:
            yield f"The {label} has {len(text)} characters. At most {most[field]} are allowed."
        for address in unwanted.addresses(text[:_READ_AT_MOST])[:3]:
            yield f"The {label} holds the address {address}. Leave out every address and link."
        for word in unwanted.banned_words(text[:_READ_AT_MOST])[:5]:
            yield f"The {label} holds “{word}”, which the brand never uses. Say it without."
        if field != "alt_text" and any(_is_same(text, sibling.of(field)) for sibling in request.siblings):
            yield f"The {label} is nearly that of another pin of this article: “{text}”. Say something else."
    opening = sentences.one_line(request.brand.alt_text_opening)
    if opening and "alt_text" in request.fields and words.alt_text and not _opens(words.alt_text, opening):
        yield f"The alt text does not begin with “{opening}”. Begin with exactly that."
    spoken = wrong_language([words.of(field) for field in FIELDS if field in request.fields], request)
    if spoken:
        yield f"The words are in {name_of(spoken)}. Write all of them in {name_of(request.source.language)}."


def fitted(words: Words, request: Request) -> Words:
    """Make any words fit for a pin: within the limits, whole, plain text, no address, no banned word.

    What is too long ends at a sentence, else at a word; only a single word that is longer than the room is cut, between
    whole characters. Fields that were not wanted are the request's current ones.
    """
    unwanted, limits = unwanted_by(request), request.limits
    alt_text = readable(words.alt_text, unwanted)
    opening = sentences.one_line(request.brand.alt_text_opening)
    if alt_text and opening:
        alt_text = opened(alt_text, opening)
    title = sentences.fit_title(_unquoted(readable(words.title, unwanted)), limits.max_title)
    description = sentences.fit(_unquoted(readable(words.description, unwanted)), limits.max_description)
    proposal = Words(  # a word cut to fit may have become another one: "cheapest" "cheap"
        title=unwanted.taken_out(title),
        description=unwanted.taken_out(description),
        alt_text=unwanted.taken_out(sentences.fit(alt_text, limits.max_alt_text)),
        topics=_topics(words.topics, unwanted),
    )
    return replace(proposal.only(request.fields, request.current), topics=proposal.topics or request.current.topics)


def opened(alt_text: str, opening: str) -> str:
    """Give an alt text that begins with a brand's opening: "Picture of" before "A bowl" makes "Picture of a bowl"."""
    if _opens(alt_text, opening):
        return alt_text
    first, _, rest = alt_text.partition(" ")
    if opening[-1] in ":–—-":
        return f"{opening} {alt_text}"
    if first in ("A", "An", "The") and rest:
        return f"{opening} {first.lower()} {rest}"
    if first.casefold() in DETERMINERS:  # what follows "Bild von" would need another ending
        return f"{opening}: {alt_text}"
    return f"{opening} {alt_text}"


def _opens(alt_text: str, opening: str) -> bool:
    return _bare(alt_text).startswith(_bare(opening))


def _bare(text: str) -> str:
    return unicodedata.normalize("NFKC", " ".join(text.split())).casefold()


def _is_same(one: str, other: str) -> bool:
    """Say whether two texts are the same but for a little."""
    ours, theirs = _bare(one)[:2000].split(), _bare(other)[:2000].split()
    if not ours or not theirs:
        return False
    if len(ours) < 3 or len(theirs) < 3:  # one word of two is half of it, and some scripts have no spaces
        return _bare(one) == _bare(other)
    return SequenceMatcher(None, ours, theirs, autojunk=False).ratio() >= _SAME


def readable(text: str, unwanted: Unwanted) -> str:
    """Give one line of plain text without Markdown and without what is not wanted."""
    plain = unmarked(sentences.plain(text[:_READ_AT_MOST]))
    return unwanted.taken_out(unicodedata.normalize("NFC", sentences.one_line(plain)))


def unmarked(plain: str) -> str:
    """Take out what Markdown marks headings, lists, quotes, emphasis and code with."""
    return str(_MARKUP.sub("", plain))


def _unquoted(text: str) -> str:
    found = _OUTER_QUOTES.match(text)
    inside = next(filter(None, found.groups()), "") if found else ""
    return sentences.one_line(inside) or text


def _topics(topics: tuple[str, ...], unwanted: Unwanted) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for told in topics[: MAX_TOPICS * 5]:
        for piece in _TOPIC_BREAK.split(told[:1000]):
            topic = sentences.one_line(readable(piece, unwanted).lstrip("#").strip(" .\"'"))
            topic = unwanted.taken_out(sentences.at_word(topic, MAX_TOPIC, mark=""))
            if topic and any(map(str.isalnum, topic)):
                kept.setdefault(_bare(topic), topic)
    return tuple(kept.values())[:MAX_TOPICS]
