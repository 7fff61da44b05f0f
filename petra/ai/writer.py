"""The writer that asks a model: builds the prompt, climbs down the ladder of forms, has faults mended once.

Called by `posts` through `providers.writer_for`. Makes no attempts of its own after a failure: when to try again is
decided where budgets and rates are known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from petra.ai import answers, ladder, money, prompts, proposals, tongues
from petra.ai.contract import FIELDS, Cause, OnPartial, Request, Stopped, Usage, Words, WriterFailed, Written
from petra.ai.failing import Failure
from petra.ai.ladder import Form, Manner

if TYPE_CHECKING:
    from petra.ai.access import Access
    from petra.ai.asking import Heard, Listen

_NO_JSON = "It is not one JSON object with the fields that were asked for."
_TOO_LONG = "It was so long that it was cut off. Keep every text far below its limit."


class ModelWriter:
    """See `contract.Writer`. One for each access; may be used by several threads."""

    def __init__(self, access: Access, *, address: str, model: str, forms: tuple[Form, ...]) -> None:
        """`address` is where it is asked; `forms` are the ways to demand JSON that its provider may take."""
        self.name = model
        self._access = access
        self._address = address
        self._forms = forms

    def write(self, request: Request, *, on_partial: OnPartial | None = None) -> Written:
        return _Writing(self, request, on_partial).written()

    def hear(self, request: Request, prompt: prompts.Prompt, manner: Manner, listen: Listen | None) -> Heard:
        """Ask once."""
        from petra.ai import asking  # loads pydantic-ai: only where a model is asked

        if not self.name:
            return asking.Heard(failure=Failure(Cause.NO_MODEL, "No model is chosen."))
        most_tokens = (money.few_output_tokens if manner.is_small else money.most_output_tokens)(request)
        streams = manner.streams and listen is not None
        question = asking.Question(self._access, self._address, self.name, prompt, manner.form, most_tokens, streams)
        return asking.hear(question, listen)

    def manner(self) -> Manner:
        """Say how it is asked first."""
        return ladder.manner_for(self._address, self.name, self._forms)

    def remember(self, manner: Manner) -> None:
        """Keep what it took."""
        ladder.remember(self._address, self.name, manner)

    def below(self, manner: Manner, heard: Heard, failure: Failure, *, has_pictures: bool) -> Manner | None:
        """Say how to ask after a refusal; None where it had nothing to do with the manner, or nothing is left."""
        if failure.is_too_long:
            return None if manner.is_small else replace(manner, is_small=True)
        if manner.streams and heard.is_mute:
            return replace(manner, streams=False)
        may_be = self._access.provider.needs_address and failure.may_be_about_form
        if not (failure.is_about_form or failure.is_about_pictures or may_be):
            return None
        return manner.lower(self._forms, pictures=failure.is_about_pictures, has_pictures=has_pictures)


class _Writing:
    """One request under way: what was spent, and what the page shows."""

    def __init__(self, writer: ModelWriter, request: Request, on_partial: OnPartial | None) -> None:
        self._writer = writer
        self._request = request
        self._on_partial = on_partial
        self._usage = Usage()
        self._asked = 0
        self._shown: Words | None = None  # while an answer is mended, the one before it

    def written(self) -> Written:
        """Ask, have faults mended once, and make fit what is left."""
        request = self._request
        first = self._answer(None)
        words = proposals.read(first.text)
        faults = self._faults(words, first)
        if faults:
            words = self._mended(first, words, faults)
        if words is None:
            raise self._failed(Failure(Cause.BAD_ANSWER, "The model did not answer in the form that was asked for."))
        fitted = answers.fitted(self._wanted(words), request)
        spoken = tongues.wrong_language([fitted.of(field) for field in FIELDS if field in request.fields], request)
        if spoken:
            told = f"The model wrote in {tongues.name_of(spoken)} although it was told not to."
            raise self._failed(Failure(Cause.BAD_ANSWER, told))
        missing = [field for field in FIELDS if field in request.fields and not fitted.of(field)]
        if missing:
            told = f"The model left out: {', '.join(missing).replace('_', ' ')}."
            raise self._failed(Failure(Cause.BAD_ANSWER, told))
        return Written(fitted, self._writer.name, self._usage, self._asked)

    def _mended(self, first: Heard, words: Words | None, faults: list[str]) -> Words | None:
        """Ask again with the faults named. What was there before counts where nothing better comes."""
        self._shown = self._wanted(words) if words else None
        try:
            second = self._answer((first.text, faults))
        except WriterFailed:
            if words is None:
                raise
            return words
        again = proposals.read(second.text)
        if words is None or again is None:
            return again or words
        better = _together(again, words)
        return better if len(self._faults(better, second)) <= len(faults) else words

    def _faults(self, words: Words | None, heard: Heard) -> list[str]:
        if words is None:
            return [_TOO_LONG if heard.is_cut_off else _NO_JSON]
        return answers.problems(self._wanted(words), self._request)

    def _wanted(self, words: Words) -> Words:
        """Take the wanted fields only: nobody asked for the others, whatever came."""
        wanted = words.only(self._request.fields, self._request.current)
        if prompts.wants_topics(self._request):
            return wanted
        return replace(wanted, topics=self._request.current.topics)

    def _answer(self, mending: tuple[str, list[str]] | None) -> Heard:
        """Get one answer, in whatever manner the model takes. Raises WriterFailed and Stopped."""
        manner = self._writer.manner()
        has_pictures = bool(self._request.source.pictures)
        while True:
            room = prompts.SMALL_ROOM if manner.is_small else prompts.ARTICLE_ROOM
            prompt = prompts.built(self._request, sees=manner.sees, room=room)
            if mending:
                prompt = prompt.going_on(mending[0], faults=mending[1])
            heard = self._writer.hear(self._request, prompt, manner, self._listen())
            if heard.was_left:
                self._spend(heard)
                raise Stopped(self._usage, asked=self._asked)
            if heard.failure is None:
                self._spend(heard)
                self._writer.remember(manner)
                return heard
            lower = self._writer.below(manner, heard, heard.failure, has_pictures=has_pictures)
            if lower is None:
                self._spend(heard)
                raise self._failed(heard.failure)
            self._usage = money.sum_of(self._usage, heard.usage)
            manner = lower

    def _listen(self) -> Listen | None:
        if self._on_partial is None:
            return None
        on_partial, read = self._on_partial, ("", self._shown or self._wanted(Words()))

        def listen(text: str) -> bool:
            nonlocal read
            if text != read[0] and self._shown is None:
                read = (text, self._wanted(proposals.partial(text)))
            return on_partial(read[1])

        return listen

    def _spend(self, heard: Heard) -> None:
        self._usage = money.sum_of(self._usage, heard.usage)
        self._asked += 1

    def _failed(self, failure: Failure) -> WriterFailed:
        wait_s, usage = failure.retry_after_s, self._usage
        return WriterFailed(failure.cause, failure.detail, retry_after_s=wait_s, usage=usage, asked=self._asked)


def _together(again: Words, before: Words) -> Words:
    """Take the second answer; where it left a field out, the first."""
    return Words(
        again.title or before.title,
        again.description or before.description,
        again.alt_text or before.alt_text,
        again.topics or before.topics,
    )
