from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from petra.simulator.testing import Simulator, SimulatorFailed
from petra.simulator.tests.calling import api, call, pin


def test_accounts_come_in_bulk_with_tokens_that_work(simulator: Simulator) -> None:
    accounts = simulator.accounts(200, prefix="bench", boards=2, sections=1, is_unlimited=True)
    assert len({account.access_token for account in accounts}) == 200
    assert len(accounts[7].boards) == 2
    assert len(accounts[7].boards[0].section_ids) == 1
    assert api(simulator, accounts[199], "GET", "/user_account").json["username"] == "bench-200"


def test_known_account_gets_new_tokens_and_keeps_its_boards(simulator: Simulator) -> None:
    first = simulator.account("petra.kitchen")
    second = simulator.account("petra.kitchen")
    assert first.boards == second.boards
    assert first.access_token != second.access_token
    assert api(simulator, first, "GET", "/boards").status == 200


def test_log_tells_calls_without_secrets(simulator: Simulator) -> None:
    account = simulator.accounts(1)[0]
    api(simulator, account, "GET", "/boards?page_size=7")
    api(simulator, account, "POST", "/pins", pin(account))
    calls = simulator.log(account=account.username)
    assert [(one["method"], one["path"], one["status"]) for one in calls] == [
        ("GET", "/v5/boards", 200),
        ("POST", "/v5/pins", 201),
    ]
    assert len(calls[1]["body_sha256"]) == 64
    everything = json.dumps([simulator.log(), simulator.counters(), simulator.call("GET", "accounts")])
    assert account.access_token not in everything
    assert account.refresh_token not in everything
    assert simulator.log(method="POST", limit="1")[0]["path"] == "/v5/pins"
    assert simulator.log(limit="0") == []


def test_clock_is_set_moved_stopped_and_reset(simulator: Simulator) -> None:
    at = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert abs(simulator.clock(now=at) - at) < timedelta(seconds=5)
    assert simulator.clock(now=at, stop=True) == at
    assert simulator.clock(advance_s=60) == at + timedelta(seconds=60)
    assert abs(simulator.clock(reset=True) - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("switch", "values"),
    [
        ("faults", {"kind": "earthquake"}),
        ("clock", {"now": "soon"}),
        ("clock", {"now": "2027-01-01T00:00:00"}),
        ("clock", {"advance_s": "long"}),
        ("settings", {"surprise": 1}),
        ("settings", {"latency_ms": "slow"}),
        ("settings", {"latency_ms": -1}),
        ("settings", {"has_rate_headers": 1}),
        ("accounts", {"count": -1}),
        ("accounts", {"count": True}),
        ("accounts", {"usernames": "alice"}),
        ("accounts", {"scopes": ["everything"]}),
        ("accounts", {"boards": [{}]}),
        ("accounts", {"network": "nowhere"}),
        ("pins", {"board_id": "1"}),
        ("profile", {"name": "unknown"}),
    ],
)
def test_wrong_switch_says_why(simulator: Simulator, switch: str, values: dict[str, object]) -> None:
    with pytest.raises(SimulatorFailed, match="error"):
        simulator.call("POST", switch, values)
    assert simulator.call("GET", "health")["ok"] is True


def test_unknown_switch_names_those_there_are(simulator: Simulator) -> None:
    reply = call("GET", f"{simulator.base}/_sim/nothing")
    assert reply.status == 404
    assert "POST faults" in reply.json["error"]
    assert call("DELETE", f"{simulator.base}/_sim/faults/99").status == 422
    assert call("GET", f"{simulator.base}/_sim/log?limit=all").status == 422
    assert call("POST", f"{simulator.base}/_sim/faults", content=b"[1]").status == 422


def test_reset_forgets_all_but_the_two_profiles(simulator: Simulator) -> None:
    account = simulator.accounts(1)[0]
    api(simulator, account, "POST", "/pins", pin(account))
    simulator.fault("rate_limit")
    simulator.settings(latency_ms=5)
    simulator.reset()
    assert simulator.pins() == []
    assert simulator.faults() == []
    assert simulator.log() == []
    assert simulator.settings()["latency_ms"] == 0
    names = [one["username"] for one in simulator.call("GET", "accounts")["accounts"]]
    assert names == ["petra.kitchen", "petra.garden"]
    assert api(simulator, account, "GET", "/boards").status == 401


def test_demo_garden_meets_its_three_lessons_and_the_kitchen_none(simulator: Simulator) -> None:
    simulator.profile("demo")
    kitchen, garden = simulator.account("petra.kitchen"), simulator.account("petra.garden")
    assert [api(simulator, kitchen, "POST", "/pins", pin(kitchen)).status for _ in range(8)] == [201] * 8
    statuses = [api(simulator, garden, "POST", "/pins", pin(garden)).status for _ in range(7)]
    assert statuses.count(429) == 1
    assert statuses.count(403) == 1
    assert 401 in statuses
    assert statuses[0] == 201


def test_setting_the_demo_twice_does_not_double_its_faults(simulator: Simulator) -> None:
    simulator.profile("demo")
    count = len(simulator.faults())
    simulator.profile("demo")
    assert len(simulator.faults()) == count


@pytest.mark.parametrize("order", ["newest", "oldest", "mixed"])
def test_lists_come_in_the_order_set(simulator: Simulator, order: str) -> None:
    account = simulator.accounts(1)[0]
    made = simulator.make_pins(account.boards[0].id, count=30)
    simulator.settings(list_order=order)
    ids = [item["id"] for item in api(simulator, account, "GET", "/pins?page_size=250").json["items"]]
    assert sorted(ids) == made
    assert (ids == made) is (order == "oldest")
    assert (ids == made[::-1]) is (order == "newest")
