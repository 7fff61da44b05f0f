"""Every row Pinterest is known to refuse with (official examples 5.0.2 to 5.23, and answers seen in 2026), as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from petra.networks.answers import Answer, Redactor, parse_body
from petra.networks.contract import Cause, NeedsReconnect, NetworkError, OutcomeUnknown, Rejected, TryLater
from petra.networks.pinterest.errors import TABLE, Next, failure

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

RATE = (
    "This request exceeded a rate limit. This can happen if the client exceeds one of the published rate limits or "
    "if multiple write operations are applied to an object within a short time window."
)
TRIAL = (
    "Apps with Trial access may not create Pins in production https://api.pinterest.com - use API Sandbox "
    "https://api-sandbox.pinterest.com instead."
)
SCOPES = "Please ensure your token is authorized with the correct set of scopes. Missing: ['boards:write']"
CONTENT, MEDIA, TARGET = Cause.CONTENT_INVALID, Cause.MEDIA_INVALID, Cause.TARGET_MISSING

# (status, code, message, failure on create, cause)
ROWS: list[tuple[int, int, str, type[NetworkError], Cause]] = [
    (400, 1, "Whoops! It looks like you entered an invalid URL. Try creating a Pin again.", Rejected, CONTENT),
    (400, 1, "Invalid request: [...], constraint: maxItems=5", Rejected, CONTENT),
    (400, 1, "'abc' does not match '^\\\\d+$'", Rejected, CONTENT),
    (400, 1, "Unable to reach the URL", Rejected, MEDIA),
    (400, 400, "The board name is invalid or duplicated.", Rejected, CONTENT),
    (400, 400, "Invalid board parameters.", Rejected, CONTENT),
    (400, 400, "Invalid board section parameters.", Rejected, CONTENT),
    (400, 400, "Invalid pin filter value", Rejected, CONTENT),
    (400, 400, "Invalid pins analytics parameters.", Rejected, CONTENT),
    (400, 400, "Invalid user accounts analytics parameters.", Rejected, CONTENT),
    (400, 2786, "Sorry! Something went wrong on our end.", OutcomeUnknown, Cause.AMBIGUOUS),
    (400, 2787, "Sorry! Something went wrong on our end.", OutcomeUnknown, Cause.AMBIGUOUS),
    (401, 2, "Authentication failed.", NeedsReconnect, Cause.AUTH_EXPIRED),
    (401, 3, SCOPES, NeedsReconnect, Cause.PERMISSION),
    (
        401,
        3,
        "Your application does not have access to this restricted feature: pin_edit",
        NeedsReconnect,
        Cause.PERMISSION,
    ),
    (401, 7, "Not authorized to access board or Pin.", Rejected, Cause.PERMISSION),
    (403, 29, "You are not permitted to access that resource.", NeedsReconnect, Cause.PERMISSION),
    (403, 29, "Not authorized to update Pin.", Rejected, Cause.PERMISSION),
    (403, 29, TRIAL, NeedsReconnect, Cause.PERMISSION),
    (403, 403, "Not authorized to access board or Pin.", Rejected, Cause.PERMISSION),
    (403, 403, "Not authorized to delete the board.", Rejected, Cause.PERMISSION),
    (403, 403, "Not authorized to update the board.", Rejected, Cause.PERMISSION),
    (403, 403, "Not authorized to create board sections.", Rejected, Cause.PERMISSION),
    (403, 403, "Not authorized to access the user account.", NeedsReconnect, Cause.PERMISSION),
    (403, 233, "Your image is too small. Please choose a larger image and try again.", Rejected, MEDIA),
    (403, 235, "Sorry, this image is broken. Please pick a different image.", Rejected, MEDIA),
    (403, 2625, "Account disapproved", NeedsReconnect, Cause.PERMISSION),
    (403, 2626, "Account under review", NeedsReconnect, Cause.PERMISSION),
    (404, 30, "User not found.", Rejected, TARGET),
    (404, 40, "Board not found.", Rejected, TARGET),
    (404, 404, "Board not found.", Rejected, TARGET),
    (404, 50, "Pin not found.", Rejected, TARGET),
    (404, 404, "Pin not found.", Rejected, TARGET),
    (404, 404, "Media upload not found", Rejected, TARGET),
    (404, 404, "Board or section not found.", Rejected, TARGET),
    (404, 404, "Board section not found.", Rejected, TARGET),
    (404, 2031, "Sorry! We couldn't find this board section.", Rejected, TARGET),
    (405, 5, "Method not allowed", Rejected, CONTENT),
    (409, 409, "Could not get exclusive access to the board to create a new section.", TryLater, Cause.TRANSIENT),
    (409, 409, "Board section conflict.", TryLater, Cause.TRANSIENT),
    (409, 409, "Could not get exclusive access to delete the board.", TryLater, Cause.TRANSIENT),
    (429, 8, RATE, TryLater, Cause.RATE_LIMITED),
    (429, 9, "Sorry! You've hit a block (Pins) we have in place to combat spam.", Rejected, Cause.SPAM_BLOCK),
    (429, 9, "Sorry! We blocked this link because it may lead to spam.", Rejected, Cause.SPAM_BLOCK),
    (500, 500, "Could not create a new board section.", OutcomeUnknown, Cause.AMBIGUOUS),
    (500, 1, "Internal error", OutcomeUnknown, Cause.AMBIGUOUS),
    (502, 0, "", OutcomeUnknown, Cause.AMBIGUOUS),
    (503, 12, "Busy", OutcomeUnknown, Cause.AMBIGUOUS),
    # Rows nobody has seen yet.
    (400, 77777, "A new refusal", Rejected, CONTENT),
    (401, 77777, "A new refusal", NeedsReconnect, Cause.AUTH_EXPIRED),
    (403, 77777, "A new refusal", Rejected, Cause.PERMISSION),
    (404, 77777, "A new refusal", Rejected, TARGET),
    (408, 77777, "Too slow", OutcomeUnknown, Cause.AMBIGUOUS),
    (413, 77777, "Too large", Rejected, MEDIA),
    (418, 77777, "Teapot", Rejected, CONTENT),
    (429, 77777, "Slow down", TryLater, Cause.RATE_LIMITED),
    (429, 77777, "You were blocked", Rejected, Cause.SPAM_BLOCK),
    (429, 77777, "This looks like spam", Rejected, Cause.SPAM_BLOCK),
    (599, 77777, "?", OutcomeUnknown, Cause.AMBIGUOUS),
    (302, 77777, "?", OutcomeUnknown, Cause.AMBIGUOUS),
]


def answer(status: int, body: object, headers: dict[str, str] | None = None) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers or {}, parse_body(raw), raw, Redactor(()))


@pytest.mark.parametrize(("status", "code", "message", "kind", "cause"), ROWS)
def test_refusal_means(status: int, code: int, message: str, kind: type[NetworkError], cause: Cause) -> None:
    error = failure(answer(status, {"code": code, "message": message}), creates=True, now=NOW)
    assert type(error) is kind
    assert error.cause is cause
    assert error.status == status
    assert_is_for_a_person(error.for_person)
    assert not message or message not in error.for_person
    assert error.detail.startswith("{")


@pytest.mark.parametrize(("status", "code", "message", "kind", "cause"), ROWS)
def test_read_never_leaves_the_outcome_open(
    status: int, code: int, message: str, kind: type[NetworkError], cause: Cause
) -> None:
    error = failure(answer(status, {"code": code, "message": message}), creates=False, now=NOW)
    assert type(error) is (TryLater if kind is OutcomeUnknown else kind)


def assert_is_for_a_person(sentence: str) -> None:
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "http" not in sentence
    assert not any(character in sentence for character in "{}[]<>\\")


def test_every_row_of_the_table_is_reached() -> None:
    reached = set()
    for status, code, message, _, _ in ROWS:
        text = message.lower()
        for row in TABLE:
            if row.status == status and row.code in (None, code) and row.text in text:
                reached.add(row)
                break
    assert [row for row in TABLE if row not in reached] == []


def test_no_row_is_a_creating_one_by_default() -> None:
    assert {row.cause for row in TABLE if row.next is Next.LOOK} == {Cause.AMBIGUOUS}


@pytest.mark.parametrize("headers", [{"x-ratelimit-reset": "40"}, {"retry-after": "40"}])
def test_rate_limit_says_when(headers: dict[str, str]) -> None:
    error = failure(answer(429, {"code": 8, "message": RATE}, headers), creates=True, now=NOW)
    assert isinstance(error, TryLater)
    assert error.after_s == 40


def test_rate_limit_without_headers_leaves_the_wait_to_the_caller() -> None:
    error = failure(answer(429, {"code": 8, "message": RATE}), creates=True, now=NOW)
    assert isinstance(error, TryLater)
    assert error.after_s is None


def test_pinterests_own_lock_is_gone_after_seconds() -> None:
    error = failure(answer(409, {"code": 409, "message": "conflict"}), creates=False, now=NOW)
    assert isinstance(error, TryLater)
    assert error.after_s == 5


def test_spam_block_cools_the_account_for_a_day() -> None:
    error = failure(answer(429, {"code": 9, "message": "spam"}), creates=True, now=NOW)
    assert isinstance(error, Rejected)
    assert error.cool_down_s == 86400


def test_spam_is_found_in_the_detail_too() -> None:
    body = {"code": 8888, "message": "No.", "message_detail": "We put a BLOCK on this"}
    assert failure(answer(429, body), creates=True, now=NOW).cause is Cause.SPAM_BLOCK


def test_missing_scope_is_named_and_nothing_else_of_theirs() -> None:
    error = failure(answer(401, {"code": 3, "message": SCOPES + " <script>'pins:write'"}), creates=True, now=NOW)
    assert "(boards:write, pins:write)" in error.for_person
    assert "script" not in error.for_person


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 451])
@pytest.mark.parametrize("body", [b"<html>Forbidden</html>", b"", b"[]", b'"no"', b'{"error": "x"}', b'{"code": "8"}'])
def test_page_of_a_proxy_never_disconnects_an_account(status: int, body: bytes) -> None:
    error = failure(answer(status, body), creates=True, now=NOW)
    assert type(error) is TryLater
    assert error.cause is Cause.TRANSIENT


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520])
def test_page_of_a_proxy_after_a_creating_request_is_unknown(status: int) -> None:
    assert type(failure(answer(status, b"<html>"), creates=True, now=NOW)) is OutcomeUnknown
    assert type(failure(answer(status, b"<html>"), creates=False, now=NOW)) is TryLater


def test_tracing_id_is_kept_for_support() -> None:
    error = failure(answer(500, b"{}", {"x-pinterest-rid": "123456"}), creates=False, now=NOW)
    assert "[x-pinterest-rid 123456]" in error.detail
