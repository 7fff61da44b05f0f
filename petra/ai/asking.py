"""One exchange with a model, through pydantic-ai: what is sent, what comes in piece by piece, how it ends.

Imported only where a model is asked: pydantic-ai takes most of a second to load. Everything async lives here, in a
thread of its own, because the SDKs demand it; callers wait and are told what has come so far.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx2
from pydantic_ai import exceptions as failures
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    BinaryContent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolCallPart,
    ToolCallPartDelta,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from petra.ai import causes, failing, money, proposals, sdks
from petra.ai.access import Access, Provider
from petra.ai.contract import Cause, Usage
from petra.ai.failing import Failure
from petra.ai.ladder import Form
from petra.ai.prompts import Prompt, Voice
from petra.ai.transport import Door
from petra.lib.addresses import BadAddress

LISTEN_EVERY_S = 0.25
_MOST_TOKENS, _MOST_USD = 10_000_000, 1000  # for one exchange; what is told beyond is no count
_KNOWN = (failures.ModelAPIError, failures.UnexpectedModelBehavior, httpx2.HTTPError, OSError, TimeoutError)
# SDKs stumble with these over answers that are JSON but not in the provider's form.
_STUMBLES = (TypeError, AttributeError, KeyError, IndexError, ValueError, AssertionError, RecursionError)

Listen = Callable[[str], bool]  # told all of the text so far; False ends it


@dataclass(frozen=True)
class Question:
    """What is asked, of whom, and in which form. `most_tokens` ends the answer; `streams` lets it come in pieces."""

    access: Access
    address: str
    model: str
    prompt: Prompt
    form: Form | None  # None: any text will do
    most_tokens: int
    streams: bool = False


@dataclass(frozen=True)
class Heard:
    """What came of an exchange: text, or a failure with what came before it. `was_left`: nobody listened any more."""

    text: str = ""
    model: str = ""
    usage: Usage = Usage()
    failure: Failure | None = None
    was_left: bool = False
    is_cut_off: bool = False  # the model was stopped at its last token
    is_mute: bool = False  # it was to stream, and nothing came that could be read: it may answer whole


class _Hearing:
    """What the two threads share: the text so far, and how to leave."""

    def __init__(self) -> None:
        self.text = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def begin(self) -> None:
        """Note the task that can be left; called in it."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()

    def leave(self) -> None:
        """End the exchange where it stands. Any thread; may be repeated."""
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._task.cancel)


def hear(question: Question, listen: Listen | None = None) -> Heard:
    """Ask, and wait for the answer; never raises for what a provider does.

    `listen` is called in this thread, a few times a second, also while nothing comes.
    """
    hearing = _Hearing()
    was_left = False
    with ThreadPoolExecutor(1, thread_name_prefix="asking") as pool:
        future = pool.submit(lambda: asyncio.run(_left_or_heard(question, hearing)))
        try:
            while not wait([future], LISTEN_EVERY_S).done:
                if was_left or (listen is not None and not listen(hearing.text)):
                    was_left = True
                    hearing.leave()
        except BaseException:
            hearing.leave()
            raise
        heard = future.result()
    return replace(heard, was_left=was_left)


async def _left_or_heard(question: Question, hearing: _Hearing) -> Heard:
    hearing.begin()
    try:
        return await _heard(question, hearing)
    except asyncio.CancelledError:  # by `leave`: nobody else knows this task
        return Heard(hearing.text, question.model, _guessed(question, hearing.text), was_left=True)


async def _heard(question: Question, hearing: _Hearing) -> Heard:
    access = question.access
    if unusable := failing.of_key(access.key):
        return Heard(failure=unusable)
    try:
        door = Door(
            question.address,
            has_key=bool(access.key),
            timeout_s=access.timeout_s,
            may_be_private=access.may_be_private,
        )
    except BadAddress as error:
        return Heard(failure=Failure(Cause.BAD_ADDRESS, error.for_person))
    try:
        response = await (_streamed if question.streams else _whole)(question, door, hearing)
        return _of(response, question)
    except (*_KNOWN, *_STUMBLES) as error:
        told = door.trouble
        failure = Failure(told.cause, told.detail) if told else causes.failure_of(error, question.access)
        spent = _guessed(question, hearing.text) if hearing.text or door.may_be_paid else Usage()
        is_mute = (
            question.streams
            and not hearing.text
            and told is None
            and (failure.cause is Cause.BAD_ANSWER or failure.is_about_streams)
        )
        return Heard(hearing.text, question.model, spent, failure, is_mute=is_mute)
    finally:
        await door.client.aclose()


async def _whole(question: Question, door: Door, hearing: _Hearing) -> ModelResponse:
    model = sdks.model_of(question.access, question.model, door, question.form)
    return await model_request(
        model, _messages(question), model_settings=_settings(question), model_request_parameters=_parameters(question)
    )


async def _streamed(question: Question, door: Door, hearing: _Hearing) -> ModelResponse:
    model = sdks.model_of(question.access, question.model, door, question.form)
    async with model_request_stream(
        model, _messages(question), model_settings=_settings(question), model_request_parameters=_parameters(question)
    ) as stream:
        async for event in stream:
            match event:
                case (
                    PartStartEvent(part=TextPart(content=text))
                    | PartDeltaEvent(delta=TextPartDelta(content_delta=text))
                ):
                    hearing.text += text
                case (
                    PartStartEvent(part=ToolCallPart(args=args))
                    | PartDeltaEvent(delta=ToolCallPartDelta(args_delta=args))
                ):
                    hearing.text += args if isinstance(args, str) else json.dumps(args) if args else ""
                case _:
                    pass
        return stream.get()


def _messages(question: Question) -> list[ModelMessage]:
    messages: list[ModelMessage] = []
    for said in question.prompt.said:
        if said.voice is Voice.MODEL:
            messages.append(ModelResponse(parts=[TextPart(said.text)]))
        else:
            content: list[str | BinaryContent] = [
                BinaryContent(data=picture.data, media_type=picture.content_type) for picture in said.pictures
            ]
            part = UserPromptPart([*content, said.text] if content else said.text)
            messages.append(ModelRequest(parts=[part], instructions=question.prompt.system or None))
    return messages


def _settings(question: Question) -> ModelSettings:
    access = question.access
    settings = ModelSettings(
        max_tokens=question.most_tokens,
        timeout=access.timeout_s,
        request_timeout=access.timeout_s,
        max_retries=0,
    )
    if access.provider is not Provider.COMPATIBLE:
        settings["thinking"] = False  # words for a pin need none; they cost and take time
    if question.form is Form.JSON_OBJECT_WITH_SCHEMA:
        wanted = {"type": "json_object", "schema": question.prompt.schema}
        settings["extra_body"] = {"response_format": wanted}
    return settings


def _parameters(question: Question) -> ModelRequestParameters:
    schema = question.prompt.schema
    match question.form:
        case None:
            return ModelRequestParameters()
        case Form.TOOL:
            tool = ToolDefinition(name="words", description="The words.", parameters_json_schema=schema, kind="output")
            return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)
        case Form.JSON_SCHEMA:
            wanted = OutputObjectDefinition(json_schema=schema, name="words", strict=True)
            return ModelRequestParameters(output_mode="native", output_object=wanted)
        case _:
            wanted = OutputObjectDefinition(json_schema=schema, name="words")
            return ModelRequestParameters(output_mode="prompted", output_object=wanted)


def _of(response: ModelResponse, question: Question) -> Heard:
    text = "".join(
        part.content if isinstance(part, TextPart) else part.args_as_json_str()
        for part in response.parts
        if isinstance(part, TextPart | ToolCallPart)
    )
    heard = Heard(text, response.model_name or question.model, _usage(response, text, question))
    if response.finish_reason == "content_filter":
        said = failing.cleaned(str((response.provider_details or {}).get("refusal", "")), question.access.key)
        return replace(heard, failure=Failure(Cause.CONTENT_REFUSED, said))
    if response.finish_reason == "length":
        return replace(heard, is_cut_off=True)
    if response.finish_reason == "error":
        return replace(heard, failure=Failure(Cause.PROVIDER_ERROR))
    if question.streams and proposals.read(text) is None and not _has_ended(response, question):
        failure = Failure(Cause.UNREACHABLE, "The answer broke off in its middle.")
        return replace(heard, usage=_guessed(question, text), failure=failure, is_mute=not text)
    return heard


def _has_ended(response: ModelResponse, question: Question) -> bool:
    """Say whether the provider said that this was all. Some servers never do."""
    if question.access.provider in (Provider.OPENAI, Provider.COMPATIBLE):
        return bool((response.provider_details or {}).get("finish_reason"))
    return response.finish_reason is not None


def _usage(response: ModelResponse, text: str, question: Question) -> Usage:
    told = response.usage
    if told.unmeasured_requests or not 0 < told.total_tokens < _MOST_TOKENS:
        return _guessed(question, text)
    return Usage(told.input_tokens, told.output_tokens, _price(question, told))


def _price(question: Question, told: RequestUsage) -> Decimal | None:
    if told.cost is not None and told.cost < _MOST_USD:  # some gateways say it
        return told.cost
    return money.price_of(told, question.model, question.access.provider, question.address)


def _guessed(question: Question, text: str) -> Usage:
    """Count what was sent and what came, where nobody told."""
    told = RequestUsage(input_tokens=money.tokens_of_prompt(question.prompt), output_tokens=money.tokens_of(text))
    return Usage(told.input_tokens, told.output_tokens, _price(question, told), is_estimated=True)
