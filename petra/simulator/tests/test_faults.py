from __future__ import annotations

import pytest

from petra.simulator.faults import Faults, Kind, WrongFault

CALL = ("pinterest", "alice", "POST", "/v5/pins")


def hits(faults: Faults, count: int, call: tuple[str, str | None, str, str] = CALL) -> list[bool]:
    return [faults.take(*call) is not None for _ in range(count)]


def test_fault_strikes_once_unless_told_otherwise() -> None:
    faults = Faults()
    faults.add({"kind": "drop_before_apply"})
    assert hits(faults, 3) == [True, False, False]


def test_fault_lets_calls_pass_first() -> None:
    faults = Faults()
    faults.add({"kind": "rate_limit", "skip": 2, "times": 2})
    assert hits(faults, 6) == [False, False, True, True, False, False]


def test_fault_without_count_strikes_always() -> None:
    faults = Faults()
    faults.add({"kind": "spam_block", "times": None})
    assert all(hits(faults, 50))


@pytest.mark.parametrize(
    "narrow",
    [{"network": "other"}, {"account": "bob"}, {"method": "GET"}, {"path": "/v5/boards/*"}],
)
def test_fault_strikes_only_what_it_names(narrow: dict[str, object]) -> None:
    faults = Faults()
    faults.add({"kind": "rate_limit", **narrow})
    assert hits(faults, 1) == [False]
    assert hits(faults, 1, ("other", "bob", "GET", "/v5/boards/7")) == [True]


def test_fault_for_an_account_spares_strangers() -> None:
    faults = Faults()
    faults.add({"kind": "rate_limit", "account": "alice"})
    assert hits(faults, 1, ("pinterest", None, "POST", "/v5/pins")) == [False]


def test_chance_is_repeatable_by_its_seed() -> None:
    def pattern(seed: int) -> list[bool]:
        faults = Faults()
        faults.add({"kind": "rate_limit", "times": None, "probability": 0.3, "seed": seed})
        return hits(faults, 200)

    assert pattern(1) == pattern(1)
    assert pattern(1) != pattern(2)
    assert 30 < sum(pattern(1)) < 90


def test_first_fault_in_force_strikes_first() -> None:
    faults = Faults()
    faults.add({"kind": "rate_limit"})
    faults.add({"kind": "spam_block"})
    kinds = [fault.kind for fault in (faults.take(*CALL), faults.take(*CALL)) if fault]
    assert kinds == [Kind.RATE_LIMIT, Kind.SPAM_BLOCK]


def test_read_lag_is_the_longest_that_matches_and_stays() -> None:
    faults = Faults()
    faults.add({"kind": "read_lag", "seconds": 5})
    faults.add({"kind": "read_lag", "seconds": 30, "account": "alice"})
    assert faults.take(*CALL) is None
    assert [faults.lag_s("pinterest", "alice", "/v5/pins") for _ in range(3)] == [30, 30, 30]
    assert faults.lag_s("pinterest", "bob", "/v5/pins") == 5


def test_faults_can_be_removed_one_by_one_and_together() -> None:
    faults = Faults()
    first = faults.add({"kind": "rate_limit"})
    faults.add({"kind": "spam_block"})
    assert faults.remove(first.id)
    assert not faults.remove(first.id)
    assert len(faults.as_json()) == 1
    faults.clear()
    assert faults.as_json() == []


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "earthquake"},
        {"kind": "rate_limit", "surprise": 1},
        {"kind": "rate_limit", "id": 7},
        {"kind": "rate_limit", "times": "many"},
        {"kind": "rate_limit", "times": True},
        {"kind": "rate_limit", "is_applied": 1},
        {"kind": "rate_limit", "seconds": None},
        {"kind": "rate_limit", "account": 7},
        {"kind": "rate_limit", "_dice": 7},
    ],
)
def test_wrong_fault_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(WrongFault):
        Faults().add(values)


def test_spent_faults_stay_spent_over_a_restart() -> None:
    faults = Faults()
    faults.add({"kind": "rate_limit", "times": 2})
    faults.take(*CALL)
    again = Faults()
    again.load(faults.as_json())
    assert hits(again, 3) == [True, False, False]
