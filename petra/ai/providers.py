"""Who can be asked for words: five providers, and what each needs. The only place with their names.

Called by `posts`. Whatever a workspace names as an address is asked through `ai.transport`, which refuses the
private network unless the operator allowed that very door.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from petra.ai import catalogue, failing
from petra.ai.catalogue import Listing
from petra.ai.contract import Cause, Writer, WriterFailed
from petra.ai.ladder import Form
from petra.ai.prompts import Prompt, Said, Voice
from petra.ai.writer import ModelWriter
from petra.lib.outbound import AllowPrivate

TIMEOUT_S = 60.0
_CHECK_TOKENS = 256  # some models think a little whatever they are asked


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
        return _FACTS[self].label

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
        return _FACTS[self].default_model


@dataclass(frozen=True)
class _Facts:
    label: str
    address: str
    default_model: str
    forms: tuple[Form, ...]
    listing: Listing


# Names and prices of 2026-11: each provider's small model for much work that reads pictures.
_FACTS = {
    Provider.OPENAI: _Facts(
        "OpenAI",
        "https://api.openai.com/v1",
        "gpt-6-luna",
        (Form.JSON_SCHEMA, Form.JSON_OBJECT, Form.PROMPT),
        catalogue.OPENAI,
    ),
    Provider.ANTHROPIC: _Facts(
        "Anthropic",
        "https://api.anthropic.com",
        "claude-haiku-5-5",
        (Form.JSON_SCHEMA, Form.TOOL, Form.PROMPT),
        catalogue.ANTHROPIC,
    ),
    Provider.GOOGLE: _Facts(
        "Google",
        "https://generativelanguage.googleapis.com",
        "gemini-3.5-flash-lite",
        (Form.JSON_SCHEMA, Form.JSON_OBJECT, Form.PROMPT),
        catalogue.GOOGLE,
    ),
    Provider.MISTRAL: _Facts(
        "Mistral",
        "https://api.mistral.ai",
        "mistral-small-latest",
        (Form.TOOL, Form.PROMPT),
        catalogue.MISTRAL,
    ),
    Provider.COMPATIBLE: _Facts(
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


def writer_for(access: Access, *, address: str = "") -> Writer:
    """Make the writer that asks this model. Costs nothing yet; `write` raises WriterFailed where it can't be asked.

    `address` replaces a fixed provider's own one: for a stand-in of the provider, in tests.
    """
    forms = _FACTS[access.provider].forms
    return ModelWriter(access, address=_address(access, address), model=_model(access), forms=forms)


def models(access: Access, *, address: str = "") -> list[str]:
    """List the models the provider offers for writing, sorted; empty where it has no list. Raises WriterFailed."""
    return catalogue.listed(
        _FACTS[access.provider].listing,
        _address(access, address),
        key=access.key,
        timeout_s=access.timeout_s,
        may_be_private=access.may_be_private,
    )


def check(access: Access, *, address: str = "") -> str:
    """Ask one tiny thing and give the name of the model that answered. Raises WriterFailed with the true cause.

    Costs a few tokens; never call it inside a transaction.
    """
    from petra.ai import asking  # loads pydantic-ai: only where a model is asked

    if not _model(access):
        raise WriterFailed(Cause.NO_MODEL, "No model is chosen.")
    prompt = Prompt("", (Said(Voice.PERSON, "Say only: ready"),), {})
    question = asking.Question(access, _address(access, address), _model(access), prompt, None, _CHECK_TOKENS)
    heard = asking.hear(question)
    if heard.failure is not None:
        failure = heard.failure
        raise WriterFailed(failure.cause, failure.detail, retry_after_s=failure.retry_after_s, usage=heard.usage)
    return failing.cleaned(heard.model, access.key) or _model(access)


def _model(access: Access) -> str:
    return access.model.strip() or access.provider.default_model


def _address(access: Access, replaced: str) -> str:
    own = access.base_url.strip() if access.provider.needs_address else _FACTS[access.provider].address
    return (replaced or own).rstrip("/").removesuffix("/chat/completions")
