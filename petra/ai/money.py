"""What asking a model costs, from the prices that come with genai-prices: no network. None where nobody knows.

Tokens are counted here only where a provider does not tell them, and before asking; counts of texts are rough.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from petra.ai import prompts
from petra.ai.contract import Request, Usage

if TYPE_CHECKING:
    from genai_prices.types import AbstractUsage

# Providers count a picture of 1,024 pixels as 260 to 2,500 tokens, by model (their docs on vision, 2026-11).
_PICTURE, _PICTURE_AT_MOST = 1100, 3000
# But for these: 2,833 and 5,667 for each of four tiles; 1,601 for each of four tiles; one for 16 by 16 pixels
# (community.openai.com's measurements, docs.together.ai, Mistral's paper on Pixtral, 2026-11).
_DEAR_PICTURES = (("gpt-4o-mini", 25_600), ("llama", 6_500), ("pixtral", 4_200))
_FORM = 300  # tokens of what stands around messages, and of the schema
_FAULTS = 1500  # what is said of an answer's faults
_ASKED_AT_MOST = 2


def tokens_of(text: str) -> int:
    """Estimate the tokens of a text: four Latin characters make one, most others nearly one each."""
    return _tokens(text, 0.25, 0.8)


def tokens_of_prompt(prompt: prompts.Prompt) -> int:
    """Estimate the tokens of a prompt, its pictures included."""
    return _FORM + sum(map(tokens_of, _texts(prompt))) + _PICTURE * _pictures(prompt)


def _most_tokens_of_prompt(prompt: prompts.Prompt, model: str) -> int:
    """Say what no tokenizer of today passes: some have few words of small languages."""
    texts = sum(_tokens(text, 0.4, 1.8) for text in _texts(prompt))
    picture = next((most for name, most in _DEAR_PICTURES if name in model.lower()), _PICTURE_AT_MOST)
    return 2 * _FORM + texts + picture * _pictures(prompt)


def _tokens(text: str, ascii_share: float, other_share: float) -> int:
    plain = len(text.encode("ascii", errors="ignore"))
    return math.ceil(plain * ascii_share + (len(text) - plain) * other_share)


def _texts(prompt: prompts.Prompt) -> list[str]:
    return [prompt.system, *(said.text for said in prompt.said)]


def _pictures(prompt: prompts.Prompt) -> int:
    return sum(len(said.pictures) for said in prompt.said)


def most_output_tokens(request: Request) -> int:
    """Say after how many tokens a model is stopped: what the limits hold in any script, and room for thoughts."""
    limits = request.limits
    return 1500 + 2 * (limits.max_title + limits.max_description + limits.max_alt_text)


def few_output_tokens(request: Request) -> int:
    """Say the same for a model whose memory holds a few thousand tokens for all: enough for Latin script."""
    limits = request.limits
    return 300 + (limits.max_title + limits.max_description + limits.max_alt_text) // 2


def most_it_can_cost(request: Request, model: str, *, provider: str = "", base_url: str = "") -> Usage:
    """Give an upper estimate of tokens and dollars for one request, mending included: to reserve before asking.

    `provider` and `base_url` are the access's; without both a price is known for no model.
    """
    first, output = _most_tokens_of_prompt(prompts.built(request), model), most_output_tokens(request)
    input_tokens = _ASKED_AT_MOST * first + output + _FAULTS  # the second time with the answer and its faults
    output_tokens = _ASKED_AT_MOST * output
    cost = price(model, input_tokens, output_tokens, provider=provider, base_url=base_url)
    return Usage(input_tokens, output_tokens, cost, is_estimated=True)


def price(
    model: str, input_tokens: int, output_tokens: int, *, provider: str = "", base_url: str = ""
) -> Decimal | None:
    """Say the price in dollars by the list that was shipped; None for a model it does not have."""
    from genai_prices import Usage as Used

    used = Used(input_tokens=input_tokens, output_tokens=output_tokens)
    return price_of(used, model, provider, base_url)


def price_of(used: AbstractUsage, model: str, provider: str, base_url: str) -> Decimal | None:
    """Say the price of what a provider told in detail, such as tokens it had kept from before; None where unknown."""
    from genai_prices import calc_price  # only where a price is asked: it takes a while to load

    try:
        if provider and provider != "compatible":
            return calc_price(used, model, provider_id=provider).total_price
        if base_url:
            return calc_price(used, model, provider_api_url=base_url).total_price
    except LookupError:
        return None
    return None


def sum_of(one: Usage, other: Usage) -> Usage:
    """Add two up. The price is known only where both are."""
    cost = None if one.cost_usd is None or other.cost_usd is None else one.cost_usd + other.cost_usd
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        cost,
        one.is_estimated or other.is_estimated,
    )
