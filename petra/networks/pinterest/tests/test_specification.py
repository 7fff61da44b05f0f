"""What the adapter sends and what the simulator answers, against Pinterest's official OpenAPI file."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from petra.networks.contract import Draft, Media, MediaKind, Target
from petra.networks.pinterest.tests import specification
from petra.networks.pinterest.tests.specification import Exchange, Recorder, complaints
from petra.networks.registry import network
from petra.networks.staging import MARKER, jpeg

if TYPE_CHECKING:
    from petra.simulator.testing import SimulatedAccount, Simulator


@pytest.fixture(autouse=True)
def _official_file() -> None:
    if not specification.is_here():
        reason = f"Pinterest's OpenAPI file is not at hand: {specification.FILE.name}; PETRA_CONTRACTS names its folder"
        if os.environ.get("PETRA_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


def asked(method: str, path: str, body: object = None, *, status: int = 200, answer: object = None) -> Exchange:
    headers = {"authorization": "Bearer x", "content-type": "application/json"}
    raw = json.dumps(body).encode() if body is not None else b""
    return Exchange(method, f"https://api.example/v5{path}", headers, raw, status, json.dumps(answer).encode())


GOOD_PIN: dict[str, Any] = {
    "board_id": "549755885175",
    "media_source": {"source_type": "image_url", "url": "https://a.example/1.jpg"},
}
ITEM = {"url": "https://a.example/1.jpg"}


@pytest.mark.parametrize(
    "change",
    [
        {"board_id": "abc"},
        {"board_id": 549755885175},
        {"title": "t" * 101},
        {"surprise": 1},
        {"media_source": {"source_type": "image_url"}},
        {"media_source": {"source_type": "image_id", "id": "1"}},
        {"media_source": {"source_type": "image_base64", "content_type": "image/webp", "data": "AAAA"}},
        {"media_source": {"source_type": "image_base64", "content_type": "image/png", "data": "data:AAAA"}},
        {"media_source": {"source_type": "multiple_image_urls", "items": [ITEM]}},
        {"media_source": {"source_type": "multiple_image_urls", "items": [ITEM] * 6}},
    ],
)
def test_judge_refuses_a_wrong_request(change: dict[str, object]) -> None:
    assert complaints(asked("POST", "/pins", GOOD_PIN, answer={"id": "1"})) == []
    assert complaints(asked("POST", "/pins", {**GOOD_PIN, **change}, answer={"id": "1"}))


@pytest.mark.parametrize(
    "exchange",
    [
        asked("GET", "/boards?page_size=300", answer={"items": []}),
        asked("GET", "/boards?page_size=many", answer={"items": []}),
        asked("GET", "/boards?surprise=1", answer={"items": []}),
        asked("GET", "/boards", answer={"bookmark": None}),
        asked("GET", "/boards", answer={"items": [{"id": 7, "name": "b"}]}),
        asked("GET", "/boards/abc/pins/x", answer={}),
        asked("POST", "/pins", GOOD_PIN, status=201, answer={"title": "no id"}),
        asked("POST", "/pins", GOOD_PIN, status=403, answer={"message": "no code"}),
        asked("POST", "/pins", GOOD_PIN, status=201, answer={"id": "1", "board_id": "x"}),
        replace(asked("GET", "/boards", answer={"items": []}), request_headers={}),
    ],
)
def test_judge_refuses_wrong_traffic(exchange: Exchange) -> None:
    assert complaints(exchange)


def test_judge_takes_what_may_be_null() -> None:
    answer = {"items": [{"id": "7", "name": "b", "description": None}], "bookmark": None}
    assert complaints(asked("GET", "/boards?page_size=250", answer=answer)) == []


def picture(folder: Path, *, public_url: str | None = None) -> Media:
    path = folder / "picture.jpg"
    path.write_bytes(jpeg(1000, 1500))
    return Media(MediaKind.IMAGE, "image/jpeg", 1000, 1500, 60, str(path), public_url)


def test_every_shape_of_payload_fits(tmp_path: Path) -> None:
    adapter = network("pinterest")
    near, far = picture(tmp_path), picture(tmp_path, public_url="https://a.example/1.jpg")
    link = adapter.mark_link("https://blog.example/a", MARKER)
    whole = Draft("Title", "Words", "Alt", link, (near,), Target("1", "2", "3"), ("AI_MODIFIED",))
    shapes = {
        "image_base64": whole,
        "image_url": replace(whole, media=(far,)),
        "multiple_image_base64": replace(whole, media=(near, near)),
        "multiple_image_urls": replace(whole, media=(far,) * 5),
    }
    shapes |= {"mixed": replace(whole, media=(near, far)), "bare": Draft("", "", "", "", (near,), Target("1", "2"))}
    for name, draft in shapes.items():
        body = adapter.payload(draft).body
        assert complaints(asked("POST", "/pins", body, answer={"id": "1"})) == [], name
        source = body["media_source"]
        assert isinstance(source, dict)
        if name in ("mixed", "bare"):
            assert "base64" in source["source_type"]
        else:
            assert source["source_type"] == name


class Caller:
    """Calls the simulated API by hand, with the recorder listening."""

    def __init__(self, simulator: Simulator, account: SimulatedAccount, recorder: Recorder) -> None:
        self._base = simulator.api_base
        self._token = account.access_token
        self._recorder = recorder

    def __call__(self, method: str, path: str, body: object = None, *, token: str | None = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or self._token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = json.dumps(body).encode() if body is not None else None
        request = httpx2.Request(method, self._base + path, headers=headers, content=content)
        response = self._recorder.handle_request(request)
        return response.status_code, response.json() if response.content else None


@pytest.fixture
def account(simulator: Simulator) -> SimulatedAccount:
    return simulator.account("tour", boards=3, sections=2, is_unlimited=True)


@pytest.fixture
def call(simulator: Simulator, account: SimulatedAccount, recorder: Recorder) -> Caller:
    return Caller(simulator, account, recorder)


def test_every_answer_of_the_simulator_fits(call: Caller, account: SimulatedAccount) -> None:
    board = account.boards[0]
    pin = {**GOOD_PIN, "board_id": board.id, "title": "T", "link": "https://blog.example/a"}
    carousel = {"source_type": "multiple_image_urls", "items": [ITEM, ITEM]}
    status, made = call("POST", "/pins", pin)
    assert status == 201
    assert call("POST", "/pins", {**pin, "board_section_id": board.section_ids[0]})[0] == 201
    assert call("POST", "/pins", {**pin, "media_source": carousel})[0] == 201
    for path in (
        f"/pins/{made['id']}",
        "/pins",
        "/pins?page_size=1",
        f"/boards/{board.id}/pins",
        f"/boards/{board.id}/sections/{board.section_ids[0]}/pins",
        f"/boards/{board.id}/sections",
        f"/boards/{board.id}",
        "/boards",
        "/user_account",
        "/media",
    ):
        assert call("GET", path)[0] == 200, path
    assert call("POST", "/boards", {"name": "New board"})[0] == 201
    assert call("POST", f"/boards/{board.id}/sections", {"name": "New section"})[0] == 201
    status, upload = call("POST", "/media", {"media_type": "video"})
    assert status == 201
    assert call("GET", f"/media/{upload['media_id']}")[0] == 200
    assert call("DELETE", f"/pins/{made['id']}")[0] == 204
    assert call("GET", f"/pins/{made['id']}")[0] == 404


def test_every_refusal_of_the_simulator_fits(call: Caller, account: SimulatedAccount, simulator: Simulator) -> None:
    board = account.boards[0]
    pin = {**GOOD_PIN, "board_id": board.id}
    assert call("POST", "/pins", {**pin, "board_id": "1"})[1] == {"code": 40, "message": "Board not found."}
    assert call("POST", "/pins", {**pin, "board_section_id": "1"})[1]["code"] == 2031
    assert call("POST", "/pins", pin, token="nobody")[1]["code"] == 2
    assert call("GET", "/boards/1")[1]["code"] == 404
    assert call("GET", "/media/1")[1]["code"] == 404
    assert call("POST", "/boards", {"name": board.name})[1]["code"] == 400
    for kind in ("rate_limit", "spam_block"):
        simulator.fault(kind)
        assert call("POST", "/pins", pin)[0] == 429
