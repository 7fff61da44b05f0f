"""Prices come from the shipped list; what can be spent is known before anything is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import pytest

from petra.ai import money, scripted
from petra.ai.access import Provider
from petra.ai.contract import Brand, Picture, Request, Source, Usage, WordLimits
from petra.ai.providers import writer_for
from petra.ai.testing import AiDouble

SENTENCE = "Diese Suppe wärmt an kalten Abenden die ganze Familie und ist in vierzig Minuten fertig. "
BIG = Request(
    Source("Suppe", text=SENTENCE * 300, language="de", pictures=(Picture("image/png", b"1"),) * 4),
    brand=Brand(instructions=SENTENCE * 20),
)


def test_prices_are_known_for_the_models_offered_and_for_no_others() -> None:
    for provider in Provider:
        if provider.default_model:
            cost = money.price(provider.default_model, 1_000_000, 1_000_000, provider=provider)
            assert cost is not None
            assert Decimal("0.1") < cost < 20
    assert money.price("no-such-model", 1, 1, provider="openai") is None
    assert money.price("gpt-6-luna", 1, 1, provider="compatible", base_url="http://localhost:11434/v1") is None
    assert money.price("gpt-6-luna", 1, 1) is None
    groq = money.price(
        "llama-3.1-8b-instant", 10**6, 10**6, provider="compatible", base_url="https://api.groq.com/openai/v1"
    )
    assert groq is not None


def test_nothing_costs_more_than_was_reserved(ai_double: AiDouble) -> None:
    ai_double.script(scripted.over_long(3000), scripted.over_long(3000))
    most = money.most_it_can_cost(BIG, "gpt-6-luna", provider="openai")
    assert most.is_estimated
    assert most.cost_usd
    written = writer_for(ai_double.access()).write(BIG)
    assert written.asked == 2
    assert ai_double.tokens < most.input_tokens + most.output_tokens
    assert written.usage.input_tokens < most.input_tokens
    assert written.usage.output_tokens < most.output_tokens
    assert all(asked.body["max_tokens"] * 2 <= most.output_tokens for asked in ai_double.asked)
    assert money.most_it_can_cost(BIG, "unheard-of", provider="openai").cost_usd is None


def test_bigger_requests_reserve_more() -> None:
    small = Request(Source("Soup", text="Soup."))
    assert money.most_it_can_cost(small, "m").input_tokens < money.most_it_can_cost(BIG, "m").input_tokens
    wide = replace(small, limits=WordLimits(100, 5000, 1000))
    assert money.most_it_can_cost(small, "m").output_tokens < money.most_it_can_cost(wide, "m").output_tokens


@pytest.mark.parametrize(
    ("model", "tokens"),  # of a picture of 1,024 by 1,024 pixels, as its provider counts
    [("gpt-4o-mini-2024-07-18", 25_501), ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 6_404), ("pixtral-12b", 4_160)],
)
def test_pictures_are_reserved_as_the_model_counts_them(model: str, tokens: int) -> None:
    blind = replace(BIG, source=replace(BIG.source, pictures=()))
    room = money.most_it_can_cost(BIG, model).input_tokens - money.most_it_can_cost(blind, model).input_tokens
    assert room >= 2 * tokens * len(BIG.source.pictures)  # it is asked twice, if need be


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("word " * 100, 125), ("漢字" * 50, 80), ("ж" * 100, 80)])
def test_tokens_are_counted_roughly(text: str, tokens: int) -> None:
    assert money.tokens_of(text) == tokens


def test_sums_know_a_price_only_where_both_do() -> None:
    known, unknown = Usage(10, 5, Decimal("0.1")), Usage(1, 1, None, is_estimated=True)
    assert money.sum_of(known, known) == Usage(20, 10, Decimal("0.2"))
    assert money.sum_of(known, unknown) == Usage(11, 6, None, is_estimated=True)


@pytest.mark.filterwarnings("ignore:Failed to extract usage")  # pydantic-ai's own remark
def test_a_gateway_that_tells_nonsense_is_not_believed(ai_double: AiDouble) -> None:
    for usage in (
        {"prompt_tokens": 10**12, "completion_tokens": 1, "total_tokens": 10**12},
        {"prompt_tokens": -5, "completion_tokens": 1, "total_tokens": -4},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20, "logfire_ai_gateway": {"cost": "1e30"}},
        {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20, "logfire_ai_gateway": {"cost": "-1"}},
    ):
        done = scripted.completion("m", scripted.own_words({"messages": []}), "stop", usage)
        ai_double.script(scripted.Answer("nonsense", raw=json.dumps(done).encode()))
        written = writer_for(ai_double.access()).write(Request(Source("Soup", text="Soup is good.")))
        assert 0 <= written.usage.input_tokens < 100_000
        assert written.usage.cost_usd is None


def test_asking_is_loaded_only_where_a_model_is_asked() -> None:
    code = (
        "import sys; import petra.ai.providers, petra.ai.money, petra.ai.writer, petra.ai.prompts, petra.ai.catalogue;"
        "print([n for n in sys.modules if n.split('.')[0] in"
        " ('pydantic_ai', 'openai', 'anthropic', 'google', 'mistralai', 'genai_prices', 'pydantic')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
