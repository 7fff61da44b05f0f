"""The three things one does with a provider: make its writer, list its models, try whether it answers.

Called by `posts`. Whatever a workspace names as an address is asked through `ai.transport`, which refuses the
private network unless the operator allowed that very door.
"""

from __future__ import annotations

from petra.ai import catalogue, failing
from petra.ai.access import FACTS, Access
from petra.ai.contract import Cause, Writer, WriterFailed
from petra.ai.prompts import Prompt, Said, Voice
from petra.ai.writer import ModelWriter

_CHECK_TOKENS = 256  # some models think a little whatever they are asked


def writer_for(access: Access, *, address: str = "") -> Writer:
    """Make the writer that asks this model. Costs nothing yet; `write` raises WriterFailed where it can't be asked.

    `address` replaces a fixed provider's own one: for a stand-in of the provider, in tests.
    """
    forms = FACTS[access.provider].forms
    return ModelWriter(access, address=access.asked_address(address), model=access.asked_model, forms=forms)


def models(access: Access, *, address: str = "") -> list[str]:
    """List the models the provider offers for writing, sorted; empty where it has no list. Raises WriterFailed."""
    return catalogue.listed(
        FACTS[access.provider].listing,
        access.asked_address(address),
        key=access.key,
        timeout_s=access.timeout_s,
        may_be_private=access.may_be_private,
    )


def check(access: Access, *, address: str = "") -> str:
    """Ask one tiny thing and give the name of the model that answered. Raises WriterFailed with the true cause.

    Costs a few tokens; never call it inside a transaction.
    """
    from petra.ai import asking  # loads pydantic-ai: only where a model is asked

    if not access.asked_model:
        raise WriterFailed(Cause.NO_MODEL, "No model is chosen.")
    prompt = Prompt("", (Said(Voice.PERSON, "Say only: ready"),), {})
    question = asking.Question(access, access.asked_address(address), access.asked_model, prompt, None, _CHECK_TOKENS)
    heard = asking.hear(question)
    if heard.failure is not None:
        failure = heard.failure
        raise WriterFailed(failure.cause, failure.detail, retry_after_s=failure.retry_after_s, usage=heard.usage)
    return failing.cleaned(heard.model, access.key) or access.asked_model
