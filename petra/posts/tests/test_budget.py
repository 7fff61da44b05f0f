"""A month's limit and a key's pace hold however many ask at once, over all workers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connections
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai.contract import Cause, Usage, WriterFailed
from petra.lib import ids
from petra.posts.models import AiMonth, Generation
from petra.posts.testing import post_of
from petra.posts.tests.samples import article
from petra.posts.words import budget, pace
from petra.posts.words.access_keys import Standing
from petra.tenancy import scope
from petra.tenancy.models import Workspace

MOST = Usage(1000, 500, Decimal("0.30"))
ONE_DOLLAR = Standing(source="workspace", provider="openai", monthly_usd=Decimal(1))


def at_once(work: Callable[[], object], *, times: int) -> list[object]:
    """Do the same in so many threads at the same moment."""
    found: list[object] = []
    gate = threading.Barrier(times)

    def run() -> None:
        try:
            gate.wait(10)
            found.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def test_five_at_once_cannot_pass_the_limit_together(real_people: People) -> None:
    def reserve() -> bool:
        with scope.workspace(real_people.workspace.pk):
            try:
                budget.reserve(Generation(), ONE_DOLLAR, MOST)
            except WriterFailed as refusal:
                assert refusal.cause is Cause.BUDGET
                return False
            return True

    assert sorted(map(bool, at_once(reserve, times=8))) == [False] * 5 + [True] * 3
    with scope.workspace(real_people.workspace.pk):
        assert AiMonth.objects.get().reserved_usd == Decimal("0.90")
        assert budget.left(None).left_usd is None  # no access was chosen, so there is no limit to show


def test_a_reservation_gives_way_to_what_it_took(in_workspace: Workspace) -> None:
    generation = Generation(post=post_of(article()))
    budget.reserve(generation, ONE_DOLLAR, MOST)
    budget.settle(generation, Usage(800, 100, Decimal("0.02")), asked=2, took_ms=2_100)
    month = AiMonth.objects.get()
    assert (month.written, month.took_ms) == (1, 2_100)
    assert (month.spent_usd, month.reserved_usd, month.spent_tokens, month.reserved_tokens, month.asked) == (
        Decimal("0.02"), 0, 900, 0, 2,
    )  # fmt: skip
    assert (generation.cost_usd, generation.asked) == (Decimal("0.02"), 2)


def test_a_lost_try_is_charged_what_a_try_took_and_the_limit_holds_whatever_it_took(in_workspace: Workspace) -> None:
    generation = Generation(post=post_of(article()))
    budget.reserve(generation, ONE_DOLLAR, MOST)
    budget.settle_lost(generation)
    month = AiMonth.objects.get()
    assert (month.spent_usd, month.spent_tokens, month.lost) == (Decimal("0.30"), 1500, 1)  # nothing else is known
    for tokens, usd in ((800, "0.02"), (1000, "0.04")):
        budget.reserve(generation, ONE_DOLLAR, MOST)
        budget.settle(generation, Usage(tokens, 100, Decimal(usd)), asked=1, took_ms=2_100)
    lost = Generation(post=generation.post)
    budget.reserve(lost, ONE_DOLLAR, MOST)
    budget.settle_lost(lost)
    assert (lost.cost_usd, lost.input_tokens, lost.is_estimated) == (Decimal("0.03"), 1000, True)
    month.refresh_from_db()
    assert (month.spent_usd, month.spent_tokens) == (Decimal("0.39"), 4500)
    assert (month.lost, month.lost_usd, month.lost_tokens) == (2, Decimal("0.33"), 2500)
    assert (month.written, month.took_ms) == (2, 4_200)  # what is lost brought no words
    assert (month.reserved_usd, month.reserved_tokens) == (Decimal("0.27"), 500)  # it may have taken so much more
    budget.reserve(generation, ONE_DOLLAR, MOST)
    with pytest.raises(WriterFailed, match="budget"):
        budget.reserve(Generation(), ONE_DOLLAR, MOST)


def test_an_answer_that_comes_too_late_may_be_paid_for_and_the_limit_holds(in_workspace: Workspace) -> None:
    generation = Generation(post=post_of(article()))
    for _ in range(3):
        budget.reserve(generation, ONE_DOLLAR, MOST)
        budget.settle(generation, Usage(200, 0, Decimal("0.01"), is_estimated=True), asked=1, is_lost=True)
    month = AiMonth.objects.get()
    assert (month.spent_usd, month.lost_usd, month.lost) == (Decimal("0.03"), Decimal("0.03"), 3)
    assert month.spent_usd + month.reserved_usd == Decimal("0.90")
    assert month.spent_tokens + month.reserved_tokens == 4_500
    with pytest.raises(WriterFailed, match="budget"):
        budget.reserve(Generation(), ONE_DOLLAR, MOST)


def test_a_lost_try_costs_no_more_than_it_had_reserved(in_workspace: Workspace) -> None:
    generation = Generation(post=post_of(article()))
    budget.reserve(generation, ONE_DOLLAR, MOST)
    budget.settle(generation, Usage(800, 100, Decimal("0.20")), asked=1, took_ms=2_100)
    budget.reserve(generation, ONE_DOLLAR, Usage(100, 50, Decimal("0.10")))
    budget.settle_lost(generation)
    month = AiMonth.objects.get()
    assert (month.lost_usd, month.lost_tokens, month.reserved_usd) == (Decimal("0.10"), 150, 0)


def test_tokens_are_limited_where_the_price_is_unknown_and_money_is_not_guessed(in_workspace: Workspace) -> None:
    unknown = Usage(1000, 500, None)
    by_tokens = Standing(provider="compatible", monthly_tokens=2_000)
    generation = Generation(post=post_of(article()))
    budget.reserve(generation, by_tokens, unknown)
    with pytest.raises(WriterFailed, match="budget") as refusal:
        budget.reserve(Generation(), by_tokens, unknown)
    assert refusal.value.detail == "The 2,000 tokens of this month are used up."
    budget.settle(generation, Usage(700, 100, None), asked=1)
    assert (AiMonth.objects.get().unpriced_tokens, generation.cost_usd) == (800, None)
    with pytest.raises(WriterFailed) as refusal:
        budget.reserve(Generation(), ONE_DOLLAR, unknown)
    assert refusal.value.detail == budget.NO_PRICE
    own = Standing(provider="compatible", monthly_usd=Decimal(1), input_usd=Decimal(2), output_usd=Decimal(8))
    priced = budget.priced(unknown, own)
    assert priced.cost_usd == Decimal("0.006")
    budget.reserve(Generation(), own, priced)


def test_the_first_question_of_a_month_is_limited_too(in_workspace: Workspace) -> None:
    with pytest.raises(WriterFailed) as refusal:
        budget.reserve(Generation(), Standing(provider="openai", monthly_usd=Decimal("0.10")), MOST)
    assert refusal.value.detail == "The budget of $0.10 for this month is used up."
    assert not AiMonth.objects.exists()


def test_a_month_begins_at_midnight_of_the_workspace(in_workspace: Workspace) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    with time_machine.travel(datetime(2026, 12, 31, 23, 59, tzinfo=berlin), tick=False):
        assert str(budget.this_month()) == "2026-12-01"
    with time_machine.travel(datetime(2027, 1, 1, 0, 0, tzinfo=berlin), tick=False):
        assert str(budget.this_month()) == "2027-01-01"


def test_no_more_are_asked_at_once_than_a_key_allows(real_people: People, settings: Settings) -> None:
    settings.WORKER_GONE_S = 15

    def sit() -> bool:
        with scope.workspace(real_people.workspace.pk):
            return pace.take("key", ids.new_id(), at_once=3, per_minute=1000) == 0

    assert sorted(map(bool, at_once(sit, times=8))) == [False] * 5 + [True] * 3


def test_a_seat_is_free_again_when_it_is_given_back_or_its_worker_is_silent(
    in_workspace: Workspace, settings: Settings
) -> None:
    settings.WORKER_GONE_S = 0.2
    first, second = ids.new_id(), ids.new_id()
    assert pace.take("key", first, at_once=1, per_minute=1000) == 0
    assert pace.take("key", second, at_once=1, per_minute=1000) > 0
    pace.leave(first)
    assert pace.take("key", second, at_once=1, per_minute=1000) == 0
    threading.Event().wait(0.3)
    assert pace.take("key", first, at_once=1, per_minute=1000) == 0


def test_no_minute_sees_more_than_allowed_and_a_rest_is_kept(in_workspace: Workspace) -> None:
    taken = 0
    for _ in range(60):
        taken += pace.take("key", ids.new_id(), at_once=100, per_minute=60) == 0
    assert 1 <= taken < 20  # what may come at once; the rest comes evenly
    assert pace.take("other", ids.new_id(), at_once=100, per_minute=60) == 0
    pace.block("other", for_s=30)
    assert 29 < pace.take("other", ids.new_id(), at_once=100, per_minute=60) <= 30
