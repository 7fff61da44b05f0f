"""What a writer of words is: what it gets, what it gives, how it fails. Values only: no database, no network's name.

Called by `posts`. Behind it stand `ai.offline`, which needs no key and no internet, and `ai.writer`,
which asks a model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

FIELDS = ("title", "description", "alt_text")  # what can be written alone
ALL_FIELDS = frozenset(FIELDS)


@dataclass(frozen=True)
class Picture:
    """A picture to look at, already small: JPEG or PNG, at most 1024 pixels at its longer side."""

    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Source:
    """What there is to write from: the article's own words and what is known of the picture. All plain text.

    `text` holds a paragraph, heading or list entry per line. `language` is a tag such as `de` or `en-GB`, or empty.
    `pictures` holds the picture, or a few frames of a video in their order. Without an article, `title` and `text` are
    what the post itself says.
    """

    title: str = ""
    excerpt: str = ""
    text: str = ""
    headings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    picture_alt: str = ""
    picture_caption: str = ""
    pictures: tuple[Picture, ...] = ()
    is_video: bool = False
    is_article: bool = True


@dataclass(frozen=True)
class Tone:
    """How a blog sounds, in five steps each: -2 plain, brief, neutral; 2 playful, detailed, warm; 0 says nothing."""

    playful: int = 0
    detailed: int = 0
    warm: int = 0


@dataclass(frozen=True)
class Brand:
    """How a blog wants to sound. Every text may be empty: nothing was said about it."""

    name: str = ""
    about: str = ""
    audience: str = ""
    voice: str = ""
    keywords: tuple[str, ...] = ()
    banned_words: tuple[str, ...] = ()
    look: str = ""
    colours: str = ""
    title_rules: str = ""
    description_rules: str = ""
    alt_text_opening: str = ""  # "Picture of", in the blog's language
    call_to_action: str = ""
    instructions: str = ""
    tone: Tone = field(default_factory=Tone)
    has_emoji: bool = False  # a few of them, and of hashtags, in descriptions


@dataclass(frozen=True)
class WordLimits:
    """How long each text may be, in the network's unit: Unicode code points here."""

    max_title: int = 100
    max_description: int = 800
    max_alt_text: int = 500

    @property
    def of_fields(self) -> dict[str, int]:
        """Give each limit by the name of its field."""
        return {"title": self.max_title, "description": self.max_description, "alt_text": self.max_alt_text}


@dataclass(frozen=True)
class Words:
    """A proposal for a post's words. `topics` are keywords of a few words each, the most fitting first."""

    title: str = ""
    description: str = ""
    alt_text: str = ""
    topics: tuple[str, ...] = ()

    def of(self, field: str) -> str:
        """Give the text of one of FIELDS, without spaces around it."""
        return {"title": self.title, "description": self.description, "alt_text": self.alt_text}[field].strip()

    def only(self, fields: Collection[str], others: Words) -> Words:
        """Take the named fields from here and the rest from `others`."""
        return replace(
            others,
            title=self.title if "title" in fields else others.title,
            description=self.description if "description" in fields else others.description,
            alt_text=self.alt_text if "alt_text" in fields else others.alt_text,
            topics=self.topics or others.topics,
        )


@dataclass(frozen=True)
class Turn:
    """One round of the conversation: what was proposed, and the sentence a person said to it."""

    proposal: Words
    feedback: str


@dataclass(frozen=True)
class Example:
    """What a person made of words that were proposed for another pin. What they left as it was is empty in both."""

    proposed: Words
    made: Words


@dataclass(frozen=True)
class Request:
    """One wish for words.

    `fields` names what is to be written; what isn't named is in `current` and stays. `siblings` are the words of the
    article's other pins, which these shall differ from; `variant` counts the pins of one article from 0. `turns` is the
    conversation so far, the oldest first. `examples`, the newest first, are of the same blog.
    """

    source: Source
    limits: WordLimits = field(default_factory=WordLimits)
    brand: Brand = field(default_factory=Brand)
    fields: frozenset[str] = ALL_FIELDS
    current: Words = field(default_factory=Words)
    siblings: tuple[Words, ...] = ()
    turns: tuple[Turn, ...] = ()
    variant: int = 0
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Usage:
    """What a proposal took. `cost_usd` is None where the price isn't known; 0 for the offline writer.

    `is_estimated`: the provider did not say, so the tokens were counted from the texts.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = Decimal(0)
    is_estimated: bool = False


@dataclass(frozen=True)
class Written:
    """What came of a request: the words, all of them within the limits, who wrote them and what it took."""

    words: Words
    writer: str
    usage: Usage = field(default_factory=Usage)
    asked: int = 1  # how often the model was asked


class Cause(StrEnum):
    """Why a writer gave nothing. The pages have a sentence and a next step for each."""

    KEY_REFUSED = "key_refused"
    NO_MODEL = "no_model"  # the provider doesn't know this model, or not for this key
    RATE = "rate"  # asked too often: try again after `retry_after_s`
    QUOTA = "quota"  # the provider's own account is empty
    BUDGET = "budget"  # the workspace's own limit; raised by whoever keeps the budget
    TIME_OUT = "time_out"
    UNREACHABLE = "unreachable"
    PROVIDER_ERROR = "provider_error"  # 5xx
    CONTENT_REFUSED = "content_refused"  # the provider won't write about this
    BAD_ANSWER = "bad_answer"  # nothing usable, even after asking again
    BAD_ADDRESS = "bad_address"  # nothing can be asked at this address; `detail` is our own sentence
    BAD_REQUEST = "bad_request"  # the provider doesn't take what was sent
    INTERRUPTED = "interrupted"  # Petra was stopped again and again while it wrote; raised by whoever runs the writer


RETRIED = frozenset({Cause.RATE, Cause.TIME_OUT, Cause.UNREACHABLE, Cause.PROVIDER_ERROR, Cause.BAD_ANSWER})


class WriterFailed(Exception):
    """No words came. `detail` is the provider's own sentence, cleaned of keys, or empty; `usage` was spent anyway, and
    the model `asked` so often.

    May be tried again where `cause` is in RETRIED, not before `retry_after_s` (None: whenever).
    """

    def __init__(
        self,
        cause: Cause,
        detail: str = "",
        *,
        retry_after_s: float | None = None,
        usage: Usage | None = None,
        asked: int = 1,
    ) -> None:
        super().__init__(cause.value)
        self.cause = cause
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.usage = usage or Usage()
        self.asked = asked


class Stopped(Exception):
    """A person said Stop while the words came in. `usage` was spent anyway, and the model `asked` so often."""

    def __init__(self, usage: Usage, *, asked: int = 1) -> None:
        super().__init__("stopped")
        self.usage = usage
        self.asked = asked


OnPartial = Callable[[Words], bool]  # told what is there so far, a few times a second; False stops the writing


class Writer(Protocol):
    """Makes words from a request."""

    name: str  # kept with every Generation and shown beside it

    def write(self, request: Request, *, on_partial: OnPartial | None = None) -> Written:
        """Propose words within the limits. Raises WriterFailed, and Stopped where `on_partial` gave False.

        Takes up to the provider's time-out: never call it inside a transaction. May be repeated, for its price.
        """
        ...
