"""What asking a model costs, from the prices that come with genai-prices: no network. None where nobody knows."""

from __future__ import annotations

from petra.ai.contract import Request, Usage


def most_it_can_cost(request: Request, model: str) -> Usage:
    """Give an upper estimate of tokens and dollars for one request, mending included: to reserve before asking."""
    raise NotImplementedError
