from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from petra.networks.answers import MALFORMED, Answer, Rate, Redactor, parse_body, rate, wait_s

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TOKEN = "canary/token+with=signs"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "40"}, 40.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "999999999"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 10:01:00 GMT"}, 60.0),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 10:01:00 -0000"}, None),
        ({"x-ratelimit-reset": "67150"}, 67150.0),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 90)}, 90.0),
        ({"x-ratelimit-reset": "2026-11-22T10:05:00.000000Z"}, 300.0),
        ({"x-ratelimit-reset": "2026-11-22T10:05:00"}, None),
        ({"x-ratelimit-reset": ""}, None),
        ({"retry-after": "7", "x-ratelimit-reset": "90"}, 7.0),
        ({"retry-after": "soon", "x-ratelimit-reset": "90"}, 90.0),
    ],
)
def test_wait_is_read_from_headers(headers: dict[str, str], wait: float | None) -> None:
    assert wait_s(headers, NOW) == wait


def test_rate_headers_are_read_where_they_make_sense() -> None:
    headers = {"x-ratelimit-limit": "100, 100;w=60", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "12"}
    assert rate(headers, NOW) == Rate(limit=100, remaining=7, reset_s=12.0)
    assert rate({"x-ratelimit-remaining": "many"}, NOW) == Rate(None, None, None)


@pytest.mark.parametrize(
    "form",
    [TOKEN, quote(TOKEN, safe=""), b64encode(TOKEN.encode()).decode(), TOKEN.replace("/", "\\/")],
)
def test_known_secret_is_taken_out_in_every_form(form: str) -> None:
    cleaned = Redactor((TOKEN,)).clean(f'before "{form}" after')
    assert TOKEN not in cleaned
    assert form not in cleaned
    assert cleaned.startswith("before")
    assert cleaned.endswith("after")


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer pina_0123456789",
        "authorization: basic cGluYV8wMTIzNDU2Nzg5",
        '{"access_token": "pina_0123456789"}',
        '{"refresh_token":"pinr.0123456789","code":8}',
        "client_secret=pina_0123456789&x=1",
        "code_verifier=pina_0123456789",
    ],
)
def test_unknown_secret_is_taken_out_by_its_shape(text: str) -> None:
    cleaned = Redactor(()).clean(text)
    assert "0123456789" not in cleaned
    assert "cGluYV8" not in cleaned
    assert "***" in cleaned


def test_ordinary_words_stay() -> None:
    text = '{"code": 8, "message": "This request exceeded a rate limit."}'
    assert Redactor(("abc",)).clean(text) == text


def test_body_that_is_not_json_is_marked() -> None:
    assert parse_body(b'{"a":1}') == {"a": 1}
    assert parse_body(b" \n") is None
    for raw in (b"<html>", b'{"a":', b"\xff\xfe\x00", b"[" * 100_000, b'{"a": NaN}'):
        assert parse_body(raw) is MALFORMED
    assert not MALFORMED
    assert repr(MALFORMED) == "MALFORMED"


def test_detail_is_redacted_before_it_is_cut() -> None:
    raw = b"x" * 1990 + TOKEN.encode() + b"\x00 end"
    answer = Answer(400, {}, MALFORMED, raw, Redactor((TOKEN,)))
    assert len(answer.detail) <= 2000
    assert "canary" not in answer.detail
    assert "\x00" not in answer.detail
    assert TOKEN not in repr(answer)
    assert "canary" not in repr(answer)
    assert answer.field("code") is None
