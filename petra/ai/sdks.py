"""The clients of the five providers, put together so that nothing but our own door, key and patience counts.

Imported only by `ai.asking`. Each SDK is loaded when its provider is asked: they are large. Their own retries are off:
attempts are the caller's business, and a 429 must come through with its `Retry-After`.
"""

from __future__ import annotations

import logging
from typing import Any, assert_never

from pydantic_ai.models import Model
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.profiles.openai import OpenAIModelProfile

from petra.ai.access import Access, Provider
from petra.ai.ladder import Form
from petra.ai.transport import Door

_NO_KEY = "none"  # SDKs want one; the door takes it off


def model_of(access: Access, model: str, door: Door, form: Form | None) -> Model[Any]:
    """Give the provider's model, asked through this door; `form` says which ways to demand JSON it shall admit to."""
    key, address = access.key or _NO_KEY, str(door.url).rstrip("/")
    match access.provider:
        case Provider.OPENAI:
            return _openai(key, address, model, door, form, is_openai=True)
        case Provider.COMPATIBLE:
            return _openai(key, address, model, door, form, is_openai=False)
        case Provider.ANTHROPIC:
            return _anthropic(key, address, model, door, form)
        case Provider.GOOGLE:
            return _google(key, address, model, door, form)
        case Provider.MISTRAL:
            return _mistral(key, address, model, door)
        case _:
            assert_never(access.provider)


def _profile(form: Form | None) -> ModelProfile:
    """Say that the model takes this form: what it really takes, the ladder finds out."""
    return ModelProfile(
        supports_json_schema_output=form is Form.JSON_SCHEMA,
        supports_json_object_output=form in (Form.JSON_OBJECT, Form.JSON_OBJECT_WITH_SCHEMA),
    )


def _openai(key: str, address: str, model: str, door: Door, form: Form | None, *, is_openai: bool) -> Model[Any]:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    client = AsyncOpenAI(api_key=key, base_url=address, http_client=door.client, max_retries=0)
    if is_openai:
        return OpenAIChatModel(model, provider=OpenAIProvider(openai_client=client), profile=_profile(form))
    # Most servers know `max_tokens` only (llama.cpp, older vLLM and Ollama, 2026-11).
    own = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
    own.update(_profile(form))  # type: ignore[typeddict-item]  # the wider one's keys are in the narrower one
    provider = OpenAICompatibleProvider("compatible", openai_client=client)
    return OpenAIChatModel(model, provider=provider, profile=own)


def _anthropic(key: str, address: str, model: str, door: Door, form: Form | None) -> Model[Any]:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(api_key=key, base_url=address, http_client=door.client, max_retries=0)
    return AnthropicModel(model, provider=AnthropicProvider(anthropic_client=client), profile=_profile(form))


def _google(key: str, address: str, model: str, door: Door, form: Form | None) -> Model[Any]:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    logging.getLogger("google_genai.models").setLevel(logging.WARNING)  # it tells of every call
    provider = GoogleProvider(api_key=key, http_client=door.client, base_url=address)
    return GoogleModel(model, provider=provider, profile=_profile(form))


def _mistral(key: str, address: str, model: str, door: Door) -> Model[Any]:
    from mistralai.client import Mistral
    from pydantic_ai.models.mistral import MistralModel
    from pydantic_ai.providers.mistral import MistralProvider

    client = Mistral(api_key=key, async_client=door.client, server_url=address)
    return MistralModel(model, provider=MistralProvider(mistral_client=client))
