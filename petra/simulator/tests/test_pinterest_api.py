"""Faithful to Pinterest, row by row."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest

from petra.simulator.testing import SimulatedAccount, Simulator
from petra.simulator.tests.calling import api, jpeg, pin

IMAGE = b64encode(jpeg(1000, 1500)).decode()


@pytest.fixture
def account(simulator: Simulator) -> SimulatedAccount:
    return simulator.accounts(1, sections=1)[0]


def picture(data: str = IMAGE, kind: str = "image/jpeg") -> dict[str, object]:
    return {"source_type": "image_base64", "content_type": kind, "data": data}


def test_pin_is_made_with_long_id_and_time_without_zone(simulator: Simulator, account: SimulatedAccount) -> None:
    reply = api(simulator, account, "POST", "/pins", pin(account, media_source=picture()))
    assert reply.status == 201
    assert re.fullmatch(r"\d{18}", reply.json["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", reply.json["created_at"])
    assert reply.json["media"]["images"]["originals"]["height"] == 1500
    assert reply.headers["x-pinterest-rid"].isdigit()


def test_same_pin_twice_is_two_pins(simulator: Simulator, account: SimulatedAccount) -> None:
    for _ in range(2):
        assert api(simulator, account, "POST", "/pins", pin(account)).status == 201
    assert simulator.duplicates() == {"m-1": 2}


@pytest.mark.parametrize("missing", ["boards:read", "boards:write", "pins:read", "pins:write"])
def test_making_a_pin_needs_all_four_scopes(simulator: Simulator, missing: str) -> None:
    four = ["boards:read", "boards:write", "pins:read", "pins:write"]
    account = simulator.account("narrow", scopes=[scope for scope in four if scope != missing])
    reply = api(simulator, account, "POST", "/pins", pin(account))
    assert (reply.status, reply.json["code"]) == (401, 3)
    assert f"Missing: ['{missing}']" in reply.json["message"]


def test_trial_access_may_read_but_not_make(simulator: Simulator) -> None:
    account = simulator.account("trial", is_trial=True)
    assert api(simulator, account, "GET", "/boards").status == 200
    reply = api(simulator, account, "POST", "/pins", pin(account))
    assert (reply.status, reply.json["code"]) == (403, 29)
    assert "Trial access" in reply.json["message"]


REFUSED: list[tuple[dict[str, object], int, int]] = [
    ({"title": "t" * 101}, 400, 1),
    ({"description": "d" * 801}, 400, 1),
    ({"alt_text": "a" * 501}, 400, 1),
    ({"link": "https://a.example/" + "x" * 2048}, 400, 1),
    ({"link": "not an address"}, 400, 1),
    ({"title": 7}, 400, 1),
    ({"board_id": "abc"}, 400, 1),
    ({"board_id": None}, 400, 1),
    ({"board_id": "1"}, 404, 40),
    ({"board_section_id": "1"}, 404, 2031),
    ({"media_source": None}, 400, 1),
    ({"media_source": {"source_type": "image_id"}}, 400, 1),
    ({"media_source": {"source_type": "image_url", "url": "x"}}, 400, 1),
    ({"media_source": {"source_type": "image_url", "url": "https://gone.invalid/1.jpg"}}, 400, 1),
    ({"media_source": picture(kind="image/webp")}, 400, 1),
    ({"media_source": picture(data="data:image/jpeg;base64," + IMAGE)}, 400, 1),
    ({"media_source": picture(data=IMAGE[:40] + "\n" + IMAGE[40:])}, 400, 1),
    ({"media_source": picture(data=IMAGE[:-1])}, 400, 1),
    ({"media_source": picture(data="")}, 400, 1),
    ({"media_source": picture(data=b64encode(b"no picture at all").decode())}, 403, 235),
    ({"media_source": picture(data=b64encode(b"\xff\xd8\xff\xe0\x00").decode())}, 403, 235),
    ({"media_source": picture(data=b64encode(jpeg(50, 1500)).decode())}, 403, 233),
    ({"media_source": {"source_type": "multiple_image_base64", "items": [picture()]}}, 400, 1),
    ({"media_source": {"source_type": "multiple_image_base64", "items": [picture()] * 6}}, 400, 1),
    (
        {
            "media_source": {
                "source_type": "multiple_image_base64",
                "items": [picture(), picture(data=b64encode(jpeg(900, 900)).decode())],
            }
        },
        400,
        1,
    ),
    ({"media_source": {"source_type": "video_id", "media_id": "1"}}, 404, 404),
]


@pytest.mark.parametrize(("change", "status", "code"), REFUSED)
def test_pin_is_refused(
    simulator: Simulator, account: SimulatedAccount, change: dict[str, object], status: int, code: int
) -> None:
    reply = api(simulator, account, "POST", "/pins", pin(account, **change))
    assert (reply.status, reply.json["code"]) == (status, code)
    assert simulator.pins(account=account.username) == []


@pytest.mark.parametrize("count", [2, 5])
def test_carousel_of_two_to_five_is_taken(simulator: Simulator, account: SimulatedAccount, count: int) -> None:
    source = {"source_type": "multiple_image_base64", "items": [picture()] * count}
    reply = api(simulator, account, "POST", "/pins", pin(account, media_source=source))
    assert reply.json["media"]["media_type"] == "multiple_images"
    assert len(reply.json["media"]["items"]) == count


def test_another_accounts_board_is_not_found(simulator: Simulator) -> None:
    alice, bob = simulator.accounts(2)
    assert api(simulator, alice, "POST", "/pins", pin(bob)).json["code"] == 40
    assert api(simulator, alice, "GET", f"/boards/{bob.boards[0].id}/pins").status == 404


def test_lists_come_in_pages_with_bookmarks(simulator: Simulator, account: SimulatedAccount) -> None:
    board_id = account.boards[0].id
    made = simulator.make_pins(board_id, count=7)
    seen: list[str] = []
    path = f"/boards/{board_id}/pins?page_size=3"
    bookmark = ""
    for _ in range(3):
        body = api(simulator, account, "GET", path + bookmark).json
        seen += [item["id"] for item in body["items"]]
        bookmark = f"&bookmark={body['bookmark']}"
    assert body["bookmark"] is None
    assert seen == made[::-1]
    assert api(simulator, account, "GET", path + "&bookmark=stale").status == 400
    assert api(simulator, account, "GET", f"/boards/{board_id}/pins?page_size=251").status == 400


def test_secret_boards_show_only_with_their_scope(simulator: Simulator) -> None:
    boards = [{"name": "Open"}, {"name": "Hidden", "privacy": "SECRET"}]
    account = simulator.account("secretive", boards=boards)
    names = [item["name"] for item in api(simulator, account, "GET", "/boards").json["items"]]
    assert names == ["Open"]
    wide = simulator.account("secretive", scopes=[*account.scopes, "boards:read_secret"])
    names = [item["name"] for item in api(simulator, wide, "GET", "/boards").json["items"]]
    assert names == ["Open", "Hidden"]


def test_rate_limits_count_per_account_and_minute(simulator: Simulator) -> None:
    account = simulator.account("hasty", writes_per_min=2)
    other = simulator.account("calm", writes_per_min=2)
    first = api(simulator, account, "POST", "/pins", pin(account))
    assert first.headers["x-ratelimit-limit"] == "2"
    assert first.headers["x-ratelimit-remaining"] == "1"
    assert 0 < int(first.headers["x-ratelimit-reset"]) <= 60
    api(simulator, account, "POST", "/pins", pin(account))
    refused = api(simulator, account, "POST", "/pins", pin(account))
    assert (refused.status, refused.json["code"]) == (429, 8)
    assert api(simulator, other, "POST", "/pins", pin(other)).status == 201
    simulator.clock(advance_s=61)
    assert api(simulator, account, "POST", "/pins", pin(account)).status == 201


def test_rate_headers_can_be_switched_off(simulator: Simulator) -> None:
    account = simulator.account("hasty", writes_per_min=0)
    simulator.settings(has_rate_headers=False)
    assert "x-ratelimit-limit" not in api(simulator, account, "GET", "/boards").headers
    refused = api(simulator, account, "POST", "/pins", pin(account))
    assert refused.status == 429
    assert "x-ratelimit-reset" not in refused.headers


def test_token_ends_with_the_clock(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.clock(advance_s=30 * 86400 + 1)
    assert api(simulator, account, "GET", "/boards").json == {"code": 2, "message": "Authentication failed."}


def test_wrong_method_and_unknown_path_are_told_apart(simulator: Simulator, account: SimulatedAccount) -> None:
    assert api(simulator, account, "PUT", "/pins").json["code"] == 5
    assert api(simulator, account, "GET", "/nothing").status == 404
    assert api(simulator, account, "POST", "/pins", ["no object"]).json["code"] == 1


def test_deleted_pin_is_gone(simulator: Simulator, account: SimulatedAccount) -> None:
    made = api(simulator, account, "POST", "/pins", pin(account)).json["id"]
    assert api(simulator, account, "DELETE", f"/pins/{made}").status == 204
    again = api(simulator, account, "DELETE", f"/pins/{made}")
    assert (again.status, again.json["code"]) == (404, 50)
