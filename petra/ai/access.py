"""Who can be asked for words, and with which key: five providers, and what each needs. The only place with their names.

Values only: loads nothing of pydantic-ai or the SDKs. `ai.providers` asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from petra.ai import catalogue
from petra.ai.catalogue import Listing
from petra.ai.ladder import Form
from petra.lib.outbound import AllowPrivate

TIMEOUT_S: Final = 60.0


class Provider(StrEnum):
    """Where a model is asked."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GOOGLE = "google"
    MISTRAL = "mistral"
    COMPATIBLE = "compatible"  # whatever speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, a gateway

    @property
    def label(self) -> str:
        """The name people know it by. COMPATIBLE has no name of its own: pages say it in their language."""
        return FACTS[self].label

    @property
    def needs_key(self) -> bool:
        """Whether it answers nobody without a key."""
        return self is not Provider.COMPATIBLE

    @property
    def needs_address(self) -> bool:
        """Whether somebody must say where it is: then `Access.base_url` is asked, else it is ignored."""
        return self is Provider.COMPATIBLE

    @property
    def default_model(self) -> str:
        """A cheap model that sees pictures; empty where only the server's owner knows what it serves."""
        return FACTS[self].default_model


@dataclass(frozen=True)
class Facts:
    """What is fixed about a provider: its address, the forms of answer it can be held to (surest first), its list."""

    label: str
    address: str
    default_model: str
    forms: tuple[Form, ...]
    listing: Listing


# Names and prices of 2026-11: each provider's small model for much work that reads pictures.
FACTS: Final = {
    Provider.OPENAI: Facts(
        "OpenAI",
        "https://api.openai.com/v1",
        "gpt-6-luna",
        (Form.JSON_SCHEMA, Form.JSON_OBJECT, Form.PROMPT),
        catalogue.OPENAI,
    ),
    Provider.ANTHROPIC: Facts(
        "Anthropic",
        "https://api.anthropic.com",
        "claude-haiku-5-5",
        (Form.JSON_SCHEMA, Form.TOOL, Form.PROMPT),
        catalogue.ANTHROPIC,
    ),
    Provider.GOOGLE: Facts(
        "Google",
        "https://generativelanguage.googleapis.com",
        "gemini-3.5-flash-lite",
        (Form.JSON_SCHEMA, Form.JSON_OBJECT, Form.PROMPT),
        catalogue.GOOGLE,
    ),
    Provider.MISTRAL: Facts(
        "Mistral",
        "https://api.mistral.ai",
        "mistral-small-latest",
        (Form.TOOL, Form.PROMPT),
        catalogue.MISTRAL,
    ),
    Provider.COMPATIBLE: Facts(
        "OpenAI-compatible",
        "",
        "",
        (Form.JSON_SCHEMA, Form.JSON_OBJECT_WITH_SCHEMA, Form.JSON_OBJECT, Form.PROMPT),
        catalogue.OPENAI,
    ),
}


@dataclass(frozen=True)
class Access:
    """How a workspace reaches a model. An empty `model` means the provider's default.

    `base_url` counts only where the provider needs an address; it ends before `/chat/completions`, as in
    `http://localhost:11434/v1`. `timeout_s` bounds one exchange with the provider. `may_be_private` lists doors
    (host, port) on the private network that the operator opened; never a user's own choice.
    """

    provider: Provider
    key: str = field(default="", repr=False)
    base_url: str = ""
    model: str = ""
    timeout_s: float = TIMEOUT_S
    may_be_private: AllowPrivate = frozenset()

    @property
    def asked_model(self) -> str:
        """The model that is asked for: the one chosen, else the provider's default; empty where there is neither."""
        return self.model.strip() or self.provider.default_model

    def asked_address(self, replaced: str = "") -> str:
        """Say where the provider is asked. `replaced` goes before a fixed address: a stand-in, in tests."""
        own = self.base_url.strip() if self.provider.needs_address else FACTS[self.provider].address
        return (replaced or own).rstrip("/").removesuffix("/chat/completions")
