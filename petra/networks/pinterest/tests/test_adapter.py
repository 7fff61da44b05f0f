"""What the conformance suite can't reach over the simulator: answers Pinterest should not give, but might."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from petra.networks.client import Client
from petra.networks.contract import (
    Absent,
    App,
    Cause,
    Draft,
    Found,
    Media,
    MediaKind,
    NeedsReconnect,
    OutcomeUnknown,
    Payload,
    Processing,
    Target,
    Ticket,
    TryLater,
)
from petra.networks.pinterest import wire
from petra.networks.pinterest.adapter import Pinterest

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
BOARD = Target("7", "549755885175")
MARKER = "m-1"
adapter = Pinterest()
APP = App("id", "secret-of-app", "https://api.example/v5", "https://pins.example/oauth/", "https://pins.example")


def client(handler: Callable[[httpx2.Request], httpx2.Response]) -> Client:
    return Client.for_app(APP, now=lambda: NOW, access_token="canary-token", transport=httpx2.MockTransport(handler))


def answers(*bodies: object) -> tuple[Client, list[httpx2.Request]]:
    """Give one body after the other, the last one for ever."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        body = bodies[min(len(seen), len(bodies)) - 1]
        if isinstance(body, httpx2.Response):
            return httpx2.Response(body.status_code, content=body.content)
        return httpx2.Response(200, json=body)

    return client(answer), seen


def refusal(status: int, code: int, message: str = "") -> httpx2.Response:
    return httpx2.Response(status, content=json.dumps({"code": code, "message": message}).encode())


def item(number: int, *, at: datetime | None = NOW, marker: str = "other") -> dict[str, object]:
    link = f"https://blog.example/a?utm_content={marker}"
    made: dict[str, object] = {"created_at": at.replace(tzinfo=None).isoformat()} if at else {}
    return {"id": str(number), "link": link, **made}


def pages(*items: list[dict[str, object]], ends: bool = True) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = [{"items": one, "bookmark": f"b{number}"} for number, one in enumerate(items)]
    if ends:
        listed[-1] = {**listed[-1], "bookmark": None}
    return listed


# Sending

_BEFORE_TIME = "0001-01-01T00:00:00+14:00"


@pytest.mark.parametrize(
    "body", [{}, {"id": None}, {"id": ""}, {"id": "abc"}, {"id": True}, {"id": "1" * 41}, [], "x", None]
)
def test_success_without_a_proper_id_is_unknown(body: object) -> None:
    one, _ = answers(body)
    with pytest.raises(OutcomeUnknown):
        adapter.send(one, BOARD, Payload({"board_id": BOARD.remote_id}))


@pytest.mark.parametrize(
    "body",
    [
        {"id": "813"},
        {"id": 813},
        {"id": "813", "created_at": "soon"},
        {"id": "813", "created_at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_success_with_an_id_is_sent(body: object) -> None:
    one, _ = answers(body)
    sent = adapter.send(one, BOARD, Payload({"board_id": BOARD.remote_id}))
    assert not isinstance(sent, Processing)
    assert sent.remote_id == "813"
    assert sent.url == "https://pins.example/pin/813/"
    assert sent.created_at is None


def test_payload_for_another_board_never_leaves() -> None:
    one, seen = answers({"id": "1"})
    with pytest.raises(ValueError, match="another board"):
        adapter.send(one, BOARD, Payload({"board_id": "1"}))
    assert seen == []


def test_ticket_from_nowhere_is_looked_for() -> None:
    one, seen = answers({})
    with pytest.raises(OutcomeUnknown):
        adapter.check(one, BOARD, Ticket("upload", "x"))
    assert seen == []


# Looking


def test_look_stops_at_a_page_older_than_the_sending() -> None:
    old = NOW - timedelta(minutes=11)
    one, seen = answers(*pages([item(1)], [item(2, at=old)], [item(3, marker=MARKER)]))
    assert adapter.find(one, BOARD, MARKER, NOW) == Absent()
    assert len(seen) == 2


@pytest.mark.parametrize("second", [item(2, at=NOW - timedelta(minutes=9)), item(2, at=None), {"id": "2", "link": 7}])
def test_look_goes_on_past_a_page_that_is_not_wholly_older(second: dict[str, object]) -> None:
    old = item(1, at=NOW - timedelta(hours=1))
    one, seen = answers(*pages([old, second], [item(3, marker=MARKER)]))
    assert isinstance(adapter.find(one, BOARD, MARKER, NOW), Found)
    assert len(seen) == 2
    assert parse_qs(seen[1].url.query.decode())["bookmark"] == ["b0"]


def test_empty_page_is_not_the_end() -> None:
    one, _ = answers(*pages([], [item(3, marker=MARKER)]))
    assert isinstance(adapter.find(one, BOARD, MARKER, NOW), Found)


def test_section_has_its_own_list() -> None:
    one, seen = answers(*pages([]))
    adapter.find(one, replace(BOARD, section_id="99"), MARKER, NOW)
    assert seen[0].url.path == f"/v5/boards/{BOARD.remote_id}/sections/99/pins"


def test_list_that_never_ends_is_not_absence() -> None:
    one, seen = answers({"items": [item(1)], "bookmark": "same"})
    with pytest.raises(TryLater):
        adapter.find(one, BOARD, MARKER, NOW)
    assert len(seen) == 2


def test_list_longer_than_anybodys_is_not_absence() -> None:
    count = iter(range(10_000))

    def endless(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"items": [item(1)], "bookmark": f"b{next(count)}"})

    with pytest.raises(TryLater):
        adapter.find(client(endless), BOARD, MARKER, NOW)
    assert next(count) <= 50


def test_stale_bookmark_is_not_absence() -> None:
    one, _ = answers({"items": [], "bookmark": "b"}, refusal(400, 1, "Invalid bookmark"))
    with pytest.raises(TryLater):
        adapter.find(one, BOARD, MARKER, NOW)


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": ["x"]}, {"items": {}}, [], "x", None])
def test_list_of_the_wrong_shape_is_not_absence(body: object) -> None:
    one, _ = answers(body)
    with pytest.raises(TryLater):
        adapter.find(one, BOARD, MARKER, NOW)
    with pytest.raises(TryLater):
        list(adapter.targets(one))


def test_found_pin_without_a_proper_id_is_not_absence() -> None:
    one, _ = answers({"items": [{**item(1, marker=MARKER), "id": "abc"}]})
    with pytest.raises(TryLater):
        adapter.find(one, BOARD, MARKER, NOW)


@pytest.mark.parametrize("error", [refusal(404, 40), refusal(403, 403), refusal(400, 1), refusal(500, 500)])
def test_refused_look_is_not_absence(error: httpx2.Response) -> None:
    one, _ = answers(error)
    with pytest.raises(TryLater):
        adapter.find(one, BOARD, MARKER, NOW)


def test_missing_scope_ends_the_look_as_such() -> None:
    one, _ = answers(refusal(401, 3, "Missing: ['pins:read']"))
    with pytest.raises(NeedsReconnect) as raised:
        adapter.find(one, BOARD, MARKER, NOW)
    assert raised.value.cause is Cause.PERMISSION


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://blog.example/a?utm_content=m-1", ["m-1"]),
        ("HTTPS://BLOG.example/a/?x=1&utm_content=m-1#top", ["m-1"]),
        ("https://blog.example/a?x=1&amp;utm_content=m-1", ["m-1"]),
        ("https://blog.example/a?utm_content=m%2D1", ["m-1"]),
        ("https://blog.example/a?utm_content=", [""]),
        ("https://blog.example/a#utm_content=m-1", []),
        ("https://[broken", []),
        ("", []),
    ],
)
def test_marker_is_read_however_the_link_comes_back(link: str, found: list[str]) -> None:
    assert list(wire.markers(link)) == found


def test_source_is_named_only_where_there_is_room_and_no_other() -> None:
    assert adapter.mark_link("https://a.example/", MARKER) == "https://a.example/?utm_source=pinterest&utm_content=m-1"
    kept = adapter.mark_link("https://a.example/?utm_source=mail", MARKER)
    assert kept == "https://a.example/?utm_source=mail&utm_content=m-1"
    tight = "https://a.example/" + "x" * (2048 - len("https://a.example/?utm_content=m-1"))
    assert adapter.mark_link(tight, MARKER) == f"{tight}?utm_content=m-1"
    too_long = adapter.mark_link(tight + "x", MARKER)
    assert len(too_long) == 2049, "problems() says so; the marker is never left out"


# Targets and profile


def test_boards_and_sections_come_as_targets() -> None:
    boards = {"items": [{"id": "1", "name": "Open"}, {"id": "2", "name": "Hidden", "privacy": "SECRET"}]}
    sections = {"items": [{"id": "9", "name": "Part"}]}
    one, _ = answers(boards, {"items": []}, sections)
    found = [(target.kind, target.remote_id, target.parent_id, target.is_secret) for target in adapter.targets(one)]
    assert found == [("board", "1", None, False), ("board", "2", None, True), ("section", "9", "2", True)]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"id": "7", "username": "anna", "business_name": "Anna's"}, "Anna's"),
        ({"id": "7", "username": "anna", "business_name": None}, "anna"),
    ],
)
def test_profile_has_a_name_to_show(body: object, name: str) -> None:
    one, _ = answers(body)
    profile = adapter.profile(one)
    assert (profile.display_name, profile.page_url) == (name, "https://pins.example/anna/")


def test_names_can_be_stored_whatever_they_hold() -> None:
    body = b'{"id": "7", "username": "an\\u0000na", "business_name": "half \\ud83d"}'
    one, _ = answers(httpx2.Response(200, content=body))
    profile = adapter.profile(one)
    assert profile.username == "anna"
    assert profile.display_name.encode("utf-8")


def test_profile_without_an_id_is_tried_later() -> None:
    one, _ = answers({"username": "anna"})
    with pytest.raises(TryLater):
        adapter.profile(one)


def test_profile_without_a_name_has_no_page() -> None:
    one, _ = answers({"id": "7"})
    assert adapter.profile(one).page_url == ""


# Connecting


def test_consent_address_carries_all_that_is_needed() -> None:
    url = adapter.consent_url(APP, redirect_uri="https://petra.example/back?x=1", state="s t", code_challenge="c-1")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith("https://pins.example/oauth/?")
    assert asked == {
        "client_id": "id",
        "redirect_uri": "https://petra.example/back?x=1",
        "response_type": "code",
        "scope": "boards:read,boards:write,pins:read,pins:write,user_accounts:read",
        "state": "s t",
        "code_challenge": "c-1",
        "code_challenge_method": "S256",
    }


@pytest.mark.parametrize("scope", ["boards:read,pins:read", "boards:read pins:read", "boards:read, pins:read"])
def test_scopes_come_with_commas_or_spaces(scope: str) -> None:
    one, _ = answers({"access_token": "a", "scope": scope, "expires_in": 60})
    tokens = adapter.refresh(one, APP, refresh_token="r", now=NOW)
    assert tokens.scopes == ("boards:read", "pins:read")
    assert tokens.access_expires_at == NOW + timedelta(seconds=60)
    assert tokens.refresh is None
    assert tokens.refresh_expires_at is None


@pytest.mark.parametrize("expires_in", [None, "60", True, {}])
def test_life_that_is_no_number_is_unknown(expires_in: object) -> None:
    one, _ = answers({"access_token": "a", "refresh_token": "", "expires_in": expires_in})
    tokens = adapter.refresh(one, APP, refresh_token="r", now=NOW)
    assert tokens.access_expires_at is None
    assert tokens.refresh is None


@pytest.mark.parametrize("expires_in", [1e300, -1e300, 10**400])
def test_life_beyond_all_bounds_does_not_break(expires_in: float) -> None:
    one, _ = answers(httpx2.Response(200, content=json.dumps({"access_token": "a", "expires_in": expires_in}).encode()))
    assert adapter.refresh(one, APP, refresh_token="r", now=NOW).access == "a"


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": 7}, [], None])
def test_token_answer_without_a_token_is_tried_later_and_not_kept(body: object) -> None:
    one, _ = answers(body)
    with pytest.raises(TryLater) as raised:
        adapter.refresh(one, APP, refresh_token="r", now=NOW)
    assert raised.value.detail == ""


def test_exchange_sends_the_verifier_and_asks_for_lasting_refresh() -> None:
    one, seen = answers({"access_token": "a"})
    adapter.exchange(one, APP, code="c", redirect_uri="https://petra.example/back", verifier="v", now=NOW)
    form = {name: values[0] for name, values in parse_qs(seen[0].content.decode()).items()}
    assert form == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://petra.example/back",
        "code_verifier": "v",
        "continuous_refresh": "true",
    }
    assert seen[0].headers["authorization"].startswith("Basic ")


# Payload and problems


@pytest.fixture
def picture(tmp_path: Path) -> Media:
    path = tmp_path / "p.jpg"
    path.write_bytes(b"BYTES")
    return Media(MediaKind.IMAGE, "image/jpeg", 1000, 1500, 5, str(path))


def draft(*media: Media) -> Draft:
    return Draft("T", "D", "A", "https://blog.example/a", media, BOARD)


@pytest.mark.parametrize("url", [None, "", "http://cdn.example/1.jpg", "/media/1.jpg"])
def test_picture_that_pinterest_can_not_fetch_is_sent_itself(picture: Media, url: str | None) -> None:
    source = adapter.payload(draft(replace(picture, public_url=url))).body["media_source"]
    assert source == {"source_type": "image_base64", "content_type": "image/jpeg", "data": "QllURVM="}


def test_video_is_refused_before_it_is_sent(picture: Media) -> None:
    video = replace(picture, kind=MediaKind.VIDEO, content_type="video/mp4")
    assert [problem.field for problem in adapter.problems(draft(video)) if problem.is_blocking] == ["media"]


def test_pictures_of_different_shape_are_refused(picture: Media) -> None:
    found = adapter.problems(draft(picture, replace(picture, height_px=1400)))
    assert [problem.for_person for problem in found if problem.is_blocking] == [
        "All pictures of a Pin must have the same width and height."
    ]


def test_other_shape_and_missing_link_are_only_advice(picture: Media) -> None:
    found = adapter.problems(replace(draft(replace(picture, height_px=1000)), link=""))
    assert [(problem.field, problem.is_blocking) for problem in found] == [("link", False), ("media", False)]


@pytest.mark.parametrize("target", [Target("7", ""), Target("7", "abc"), Target("7", "1", "x"), Target("7", "١٢")])
def test_target_that_is_no_board_is_refused(picture: Media, target: Target) -> None:
    assert [problem.field for problem in adapter.problems(replace(draft(picture), target=target))] == ["target"]


def test_payload_without_board_or_picture_is_our_bug(picture: Media) -> None:
    with pytest.raises(ValueError, match="problems"):
        adapter.payload(draft())
    with pytest.raises(ValueError, match="problems"):
        adapter.payload(replace(draft(picture), target=None))
