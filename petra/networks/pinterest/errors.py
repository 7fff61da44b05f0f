"""What each of Pinterest's refusals means: one table, read from the top by (HTTP status, code, text).

`code` in the body is not the HTTP status; its numbers mix business codes and repeated statuses, so the status
comes first. Sources, all read 2026-11: examples of the official OpenAPI releases 5.0.2 to 5.15 and 5.23
(https://github.com/pinterest/api-description), and answers recorded by public integrations (marked "seen").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final, assert_never

from petra.networks.answers import Answer, wait_s
from petra.networks.contract import (
    Cause,
    NeedsReconnect,
    NetworkError,
    OutcomeUnknown,
    Rejected,
    TryLater,
)

COOL_DOWN_S: Final = 24 * 3600  # after a spam block; what integrations use for Pinterest, 2026-11
_LOCK_WAIT_S: Final = 5.0  # 409: Pinterest's own lock on a board, gone after seconds


class Next(Enum):
    """What the caller does next; becomes one of the four failures."""

    REJECT = auto()
    RECONNECT = auto()
    LATER = auto()
    LOOK = auto()  # on a creating request; on any other it is LATER


@dataclass(frozen=True)
class Row:
    status: int
    code: int | None  # None: any
    text: str  # lower-case part of the message; "": any
    next: Next
    cause: Cause
    for_person: str


_PIN_LINK = "Pinterest did not accept the Pin's link. Check the address and try again."
_FETCH = "Pinterest could not fetch the picture from its address. Publish again to send the file itself."
_FIELDS = "Pinterest did not accept one of the Pin's fields. Check title, description, link and pictures."
_OWN_END = "Pinterest stumbled while making the Pin. It may be live; Petra is looking."
_SIGN_IN = "Pinterest no longer accepts this sign-in."
_SCOPES = "Petra is missing a permission on this Pinterest account. Connect it again and allow everything asked."
_FEATURE = "Pinterest has not opened this feature for your app."
_BOARD_RIGHTS = "This account may not use that board or Pin. Choose another board."
_TRIAL = "Your Pinterest app has Trial access, which may not publish Pins. Ask Pinterest for Standard access."
_NOT_PERMITTED = (
    "Pinterest does not permit this for the account or the app. Check the app's access, then connect again."
)
_EDIT_RIGHTS = "This account may not change that Pin."
_ACCOUNT_RIGHTS = "Petra may not read this Pinterest account. Connect it again and allow everything asked."
_SMALL = "Pinterest says the picture is too small. Choose a larger one."
_BROKEN = "Pinterest could not read the picture. Choose a different one."
_DISAPPROVED = "Pinterest has disapproved this account. Look at its messages on Pinterest."
_IN_REVIEW = "Pinterest is reviewing this account. Connect it again when the review is over."
_NO_USER = "Pinterest does not know this profile any more."
_NO_BOARD = "The board is no longer on Pinterest. Choose another one."
_NO_SECTION = "The board section is no longer on Pinterest. Choose another one."
_NO_PIN = "The Pin is no longer on Pinterest."
_NO_UPLOAD = "Pinterest has dropped the uploaded file. Publish again to upload it anew."
_OUR_BUG = "Petra asked Pinterest in a way it does not know. Please report this."
_BUSY_BOARD = "Pinterest was busy with that board. Petra tries again in a moment."
_RATE = "Pinterest asked Petra to slow down. It tries again as soon as it may."
_SPAM = "Pinterest blocked this as possible spam. The account rests for a day."
_SPAM_LINK = "Pinterest blocked the link's website as possible spam. The account rests for a day."
_BOARD_NAME = "Pinterest did not accept the board's name: it is not valid or already there."
_TOO_BIG = "The picture is too big for Pinterest. Choose a smaller file."
_DOWN = "Pinterest is out of order at the moment. Petra tries again later."
_LOST_CREATE = "Pinterest failed while making the Pin. It may be live; Petra is looking."

_R = Row
TABLE: Final[tuple[Row, ...]] = (
    # 400. Code 1 "Unable to reach the URL" and the schema texts: seen.
    _R(400, 1, "unable to reach the url", Next.REJECT, Cause.MEDIA_INVALID, _FETCH),
    _R(400, 1, "invalid url", Next.REJECT, Cause.CONTENT_INVALID, _PIN_LINK),
    _R(400, 1, "", Next.REJECT, Cause.CONTENT_INVALID, _FIELDS),
    _R(400, 400, "board name", Next.REJECT, Cause.CONTENT_INVALID, _BOARD_NAME),
    _R(400, 400, "", Next.REJECT, Cause.CONTENT_INVALID, _FIELDS),
    # "Sorry! Something went wrong on our end.": seen with and without the Pin having been made.
    _R(400, 2786, "", Next.LOOK, Cause.AMBIGUOUS, _OWN_END),
    _R(400, 2787, "", Next.LOOK, Cause.AMBIGUOUS, _OWN_END),
    _R(400, None, "", Next.REJECT, Cause.CONTENT_INVALID, _FIELDS),
    # 401. Code 3 is not an expired token: refreshing changes nothing.
    _R(401, 2, "", Next.RECONNECT, Cause.AUTH_EXPIRED, _SIGN_IN),
    _R(401, 3, "restricted feature", Next.RECONNECT, Cause.PERMISSION, _FEATURE),
    _R(401, 3, "", Next.RECONNECT, Cause.PERMISSION, _SCOPES),
    _R(401, 7, "", Next.REJECT, Cause.PERMISSION, _BOARD_RIGHTS),
    _R(401, None, "", Next.RECONNECT, Cause.AUTH_EXPIRED, _SIGN_IN),
    # 403. Rights on one board or Pin fail that Pin; rights of the app or account hold the account.
    _R(403, 29, "trial access", Next.RECONNECT, Cause.PERMISSION, _TRIAL),
    _R(403, 29, "not authorized to update pin", Next.REJECT, Cause.PERMISSION, _EDIT_RIGHTS),
    _R(403, 29, "", Next.RECONNECT, Cause.PERMISSION, _NOT_PERMITTED),
    _R(403, 403, "access the user account", Next.RECONNECT, Cause.PERMISSION, _ACCOUNT_RIGHTS),
    _R(403, 403, "", Next.REJECT, Cause.PERMISSION, _BOARD_RIGHTS),
    _R(403, 233, "", Next.REJECT, Cause.MEDIA_INVALID, _SMALL),
    _R(403, 235, "", Next.REJECT, Cause.MEDIA_INVALID, _BROKEN),
    _R(403, 2625, "", Next.RECONNECT, Cause.PERMISSION, _DISAPPROVED),
    _R(403, 2626, "", Next.RECONNECT, Cause.PERMISSION, _IN_REVIEW),
    _R(403, None, "", Next.REJECT, Cause.PERMISSION, _BOARD_RIGHTS),
    # 404.
    _R(404, 30, "", Next.REJECT, Cause.TARGET_MISSING, _NO_USER),
    _R(404, 40, "", Next.REJECT, Cause.TARGET_MISSING, _NO_BOARD),
    _R(404, 50, "", Next.REJECT, Cause.TARGET_MISSING, _NO_PIN),
    _R(404, 2031, "", Next.REJECT, Cause.TARGET_MISSING, _NO_SECTION),
    _R(404, 404, "media upload", Next.REJECT, Cause.TARGET_MISSING, _NO_UPLOAD),
    _R(404, 404, "pin not found", Next.REJECT, Cause.TARGET_MISSING, _NO_PIN),
    _R(404, 404, "section", Next.REJECT, Cause.TARGET_MISSING, _NO_SECTION),
    _R(404, None, "", Next.REJECT, Cause.TARGET_MISSING, _NO_BOARD),
    # The rest.
    _R(405, None, "", Next.REJECT, Cause.CONTENT_INVALID, _OUR_BUG),
    _R(409, None, "", Next.LATER, Cause.TRANSIENT, _BUSY_BOARD),
    _R(413, None, "", Next.REJECT, Cause.MEDIA_INVALID, _TOO_BIG),
    _R(429, 8, "", Next.LATER, Cause.RATE_LIMITED, _RATE),
    _R(429, 9, "blocked this link", Next.REJECT, Cause.SPAM_BLOCK, _SPAM_LINK),
    _R(429, 9, "", Next.REJECT, Cause.SPAM_BLOCK, _SPAM),
    # Pinterest's own quickstart tells spam from throttling by these words where the code does not, 2026-11.
    _R(429, None, "spam", Next.REJECT, Cause.SPAM_BLOCK, _SPAM),
    _R(429, None, "block", Next.REJECT, Cause.SPAM_BLOCK, _SPAM),
    _R(429, None, "", Next.LATER, Cause.RATE_LIMITED, _RATE),
)

# Answers without a row: by the status alone.
_UNKNOWN_REFUSAL: Final = Row(0, None, "", Next.REJECT, Cause.CONTENT_INVALID, _FIELDS)
_UNKNOWN_FAILURE: Final = Row(0, None, "", Next.LOOK, Cause.AMBIGUOUS, _LOST_CREATE)
_NOT_PINTEREST: Final = Row(0, None, "", Next.LATER, Cause.TRANSIENT, _DOWN)

# The only words of Pinterest's that reach a page: scopes we know ourselves.
_SCOPE = re.compile(r"'((?:boards|pins|user_accounts):(?:read|write)(?:_secret)?)'")


def failure(answer: Answer, *, creates: bool, now: datetime) -> NetworkError:
    """Say what an answer that is not a success means. `creates`: the request was to make something."""
    row = _row(answer)
    status, detail = answer.status, _detail(answer)
    match row.next:
        case Next.REJECT:
            cool_down_s = COOL_DOWN_S if row.cause is Cause.SPAM_BLOCK else 0
            return Rejected(row.for_person, cause=row.cause, detail=detail, status=status, cool_down_s=cool_down_s)
        case Next.RECONNECT:
            return NeedsReconnect(_sentence(row, answer), cause=row.cause, detail=detail, status=status)
        case Next.LOOK if creates:
            return OutcomeUnknown(row.for_person, detail=detail, status=status)
        case Next.LOOK:
            return TryLater(
                _DOWN,
                cause=Cause.TRANSIENT,
                after_s=wait_s(answer.headers, now),
                detail=detail,
                status=status,
            )
        case Next.LATER:
            after_s = wait_s(answer.headers, now)
            if after_s is None and status == 409:
                after_s = _LOCK_WAIT_S
            return TryLater(row.for_person, cause=row.cause, after_s=after_s, detail=detail, status=status)
        case _:
            assert_never(row.next)


def _row(answer: Answer) -> Row:
    status = answer.status
    code = answer.field("code")
    if not isinstance(code, int) and 400 <= status < 500 and status not in (408, 429):
        # No Pinterest body: something in between refused and passed nothing on. An HTML 401 or 403 of a
        # proxy must not disconnect an account.
        return _NOT_PINTEREST
    text = " ".join(str(answer.field(name) or "") for name in ("message", "message_detail")).lower()
    for row in TABLE:
        if row.status == status and row.code in (None, code) and row.text in text:
            return row
    if 400 <= status < 500 and status != 408:
        return _UNKNOWN_REFUSAL
    return _UNKNOWN_FAILURE


def _sentence(row: Row, answer: Answer) -> str:
    if row.for_person is not _SCOPES:
        return row.for_person
    missing = _SCOPE.findall(str(answer.field("message")))
    if not missing:
        return _SCOPES
    named = ", ".join(dict.fromkeys(missing))
    return f"Petra is missing a permission on this Pinterest account ({named}). Connect it again and allow it."


def _detail(answer: Answer) -> str:
    # Pinterest's support asks for this id.
    rid = answer.headers.get("x-pinterest-rid", "")
    return answer.detail + (f" [x-pinterest-rid {rid[:80]}]" if rid else "")
