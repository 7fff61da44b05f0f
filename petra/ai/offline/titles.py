"""Titles without a model: the article's own, then what its sections are about, then what it says itself. Pure.

Called by `writer` with a source whose texts are plain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from petra.ai import sentences
from petra.ai.contract import Source
from petra.ai.lexicon import PAGE_TALK, PLAIN_HEADINGS, PLAIN_TAGS

_TITLE_BREAK = re.compile(r"\s*[:|]\s+|\s+[–—-]\s+")
_NUMBER = re.compile(r"\A(?:\d{1,2}\s*[.):/-]|[#№]\s*\d{1,2}\s*[.):-]?)\s*(?=\D)")
_OF_THE_WRITER = re.compile(
    r"(?:about|über|à propos|sobre|chi|over|hi|hallo|hello|welcome|willkommen|more (?:from|on|about)"
    r"|mehr (?:von|zu|aus))\b"
)


def candidates(
    article: Source, headings: Sequence[str], own_words: Sequence[str], *, most: int, is_first: bool
) -> list[str]:
    """List the titles a pin may have, the best first, each of at most `most` characters.

    `headings` are those of its section, `own_words` short sentences of the article. The first pin has the article's.
    """
    own = sentences.fit_title(article.title or any_words(article), most)
    telling = (_NUMBER.sub("", heading).strip(" :…") for heading in headings if _is_telling(heading, own))
    sections = [_joined(article.title, heading, most) for heading in telling]
    short = [sentence for sentence in own_words if len(sentence) <= most]
    wanted = [own, *sections, *short] if is_first else [*sections, own, *short]
    return [title for title in wanted if title]


def in_turn(headings: Sequence[str], number: int) -> list[str]:
    """List headings so that each pin, counted from 0, begins with another."""
    telling = [heading for heading in headings if _is_telling(heading, "")]
    turn = max(number - 1, 0) % len(telling) if telling else 0
    return telling[turn:] + telling[:turn]


def _is_telling(heading: str, title: str) -> bool:
    bare, own = _NUMBER.sub("", heading).strip().rstrip(":").casefold(), title.casefold()
    is_plain = bare in PLAIN_HEADINGS or bare in PLAIN_TAGS or PAGE_TALK.search(bare) or _OF_THE_WRITER.match(bare)
    is_repeated = (bool(own) and bare in own) or (len(own) > 3 and own in bare)
    return 8 <= len(heading) <= 70 and not is_plain and any(map(str.isalpha, bare)) and not is_repeated


def _joined(title: str, aside: str, most: int) -> str:
    """Put a section's heading behind the subject; alone where both are too long and it says enough."""
    if not title:
        return aside if len(aside) <= most else ""
    short = _TITLE_BREAK.split(title, maxsplit=1)[0]
    subject = (short if len(short) > 8 else title).rstrip(" .!…")
    joined = f"{subject} – {aside}" if ":" in subject + aside or subject.endswith("?") else f"{subject}: {aside}"
    if len(joined) <= most:
        return joined
    return aside if len(aside) <= most and len(aside.split()) >= 4 else ""


def any_words(article: Source) -> str:
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
