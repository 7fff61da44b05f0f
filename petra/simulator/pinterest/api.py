"""The API v5: who calls, may they, are they too fast, and the answer. One function per operation."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from petra.simulator.http11 import Request, Response, json_response
from petra.simulator.pinterest import refusals, uploads
from petra.simulator.pinterest.pins import make_pin, own_board, pin_json
from petra.simulator.pinterest.refusals import Refusal
from petra.simulator.pinterest.state import Account, Board, Pin, Section, State, Upload

_WINDOW_S: Final = 60


@dataclass(frozen=True)
class Call:
    """One authenticated call: what an operation gets."""

    state: State
    account: Account
    scopes: tuple[str, ...]
    request: Request
    ids: tuple[str, ...]
    base: str
    lag_s: float


@dataclass(frozen=True)
class Operation:
    method: str
    path: re.Pattern[str]
    scopes: tuple[str, ...]
    run: Callable[[Call], Response]

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


class Api:
    """Answers calls under /v5 but the token endpoint."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._windows: dict[tuple[str, bool], tuple[int, int]] = {}  # (account, is write) → (window, calls in it)

    def clear(self) -> None:
        self._windows.clear()

    def account_of(self, request: Request) -> Account | None:
        token = self._state.access.get(_bearer(request))
        return self._state.accounts.get(token.account) if token else None

    def answer(self, request: Request, base: str, lag_s: float) -> Response:
        """Answer one call. Raises Refusal."""
        operation, ids = _find(request)
        token = self._state.access.get(_bearer(request))
        if token is None or token.is_dead or self._state.is_past(token.expires_at):
            raise refusals.unauthenticated()
        account = self._state.accounts[token.account]
        missing = [scope for scope in operation.scopes if scope not in token.scopes]
        if missing:
            raise refusals.missing_scopes(missing)
        headers = self._count(account, is_write=operation.is_write)
        call = Call(self._state, account, tuple(token.scopes), request, ids, base, lag_s)
        response = operation.run(call)
        if operation.is_write:
            self._state.world.is_changed = True
        response.headers += headers
        return response

    def _count(self, account: Account, *, is_write: bool) -> list[tuple[str, str]]:
        """Count the call in its minute and return the rate headers. Raises Refusal."""
        settings = self._state.world.settings
        own = account.writes_per_min if is_write else account.reads_per_min
        limit = own if own is not None else settings.writes_per_min if is_write else settings.reads_per_min
        if account.is_unlimited or limit is None:
            return []
        now = self._state.now().timestamp()
        window, used = self._windows.get((account.username, is_write), (0, 0))
        if window != int(now // _WINDOW_S):
            window, used = int(now // _WINDOW_S), 0
        left_s = (window + 1) * _WINDOW_S - now
        if used >= limit:
            raise refusals.rate_limited(left_s if settings.has_rate_headers else None, limit)
        self._windows[(account.username, is_write)] = (window, used + 1)
        if not settings.has_rate_headers:
            return []
        return [
            ("X-RateLimit-Limit", str(limit)),
            ("X-RateLimit-Remaining", str(limit - used - 1)),
            ("X-RateLimit-Reset", str(max(1, round(left_s)))),
        ]


def _bearer(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _find(request: Request) -> tuple[Operation, tuple[str, ...]]:
    is_known = False
    for operation in OPERATIONS:
        match = operation.path.fullmatch(request.path)
        if match and operation.method == request.method:
            return operation, match.groups()
        is_known = is_known or match is not None
    raise refusals.wrong_method() if is_known else refusals.no_route()


def _body(call: Call) -> dict[str, object]:
    body = call.request.json_object()
    if body is None:
        raise refusals.content("Invalid JSON body.")
    return body


def _page(call: Call, ids: Sequence[str], write: Callable[[str], dict[str, object]]) -> Response:
    """Answer one page of `ids`; the bookmark names the last id given."""
    params = call.request.params()
    size = params.get("page_size", "25")
    if not size.isdigit() or not 1 <= int(size) <= 250:
        raise refusals.content(f"{size} is not a valid page_size, constraint: maximum=250")
    start = 0
    if "bookmark" in params:
        try:
            start = ids.index(urlsafe_b64decode(params["bookmark"]).decode("ascii")) + 1
        except ValueError:
            raise refusals.content("Invalid bookmark.") from None
    chosen = ids[start : start + int(size)]
    is_last = start + len(chosen) >= len(ids)
    bookmark = None if is_last else urlsafe_b64encode(chosen[-1].encode("ascii")).decode("ascii")
    return json_response(200, {"items": [write(one) for one in chosen], "bookmark": bookmark})


def _visible(call: Call, pins: Sequence[Pin]) -> list[str]:
    """Return the ids of `pins` (oldest first) as lists show them now: lag and order of the settings."""
    if call.lag_s > 0:
        newest = call.state.now() - timedelta(seconds=call.lag_s)
        pins = [pin for pin in pins if datetime.fromisoformat(pin.created_at) <= newest]
    ids = [pin.id for pin in pins]
    match call.state.world.settings.list_order:
        case "oldest":
            return ids
        case "mixed":
            return sorted(ids, key=lambda one: one[::-1])
        case _:
            return ids[::-1]


def _account(call: Call) -> Response:
    state, account = call.state, call.account
    return json_response(
        200,
        {
            "account_type": "BUSINESS",
            "id": account.id,
            "username": account.username,
            "business_name": account.display_name,
            "profile_image": "",
            "website_url": "",
            "about": account.about,
            "board_count": len(account.board_ids),
            "pin_count": sum(len(state.boards[board_id].pin_ids) for board_id in account.board_ids),
            "follower_count": 0,
            "following_count": 0,
            "monthly_views": 0,
        },
    )


def _boards(call: Call) -> Response:
    sees_secret = "boards:read_secret" in call.scopes
    ids = [
        board_id
        for board_id in call.account.board_ids
        if sees_secret or call.state.boards[board_id].privacy != "SECRET"
    ]
    return _page(call, ids, lambda board_id: _board_json(call.state.boards[board_id]))


def _board_json(board: Board) -> dict[str, object]:
    return {
        "id": board.id,
        "name": board.name,
        "description": board.description,
        "privacy": board.privacy,
        "owner": {"username": board.owner},
        "media": {"image_cover_url": None, "pin_thumbnail_urls": []},
        "pin_count": len(board.pin_ids),
        "follower_count": 0,
        "collaborator_count": 0,
        "created_at": board.created_at[:19],
        "board_pins_modified_at": board.created_at[:19],
        "is_ads_only": False,
    }


def _make_board(call: Call) -> Response:
    body = _body(call)
    name, privacy = body.get("name"), body.get("privacy", "PUBLIC")
    if not isinstance(name, str) or not name.strip() or privacy not in ("PUBLIC", "PROTECTED", "SECRET"):
        raise Refusal(400, 400, "Invalid board parameters.")
    if any(call.state.boards[one].name.lower() == name.lower() for one in call.account.board_ids):
        raise Refusal(400, 400, "The board name is invalid or duplicated.")
    board = call.state.add_board(call.account, name, privacy=str(privacy))
    board.description = str(body.get("description") or "")
    return json_response(201, _board_json(board))


def _board_in_path(call: Call) -> Board:
    try:
        return own_board(call.state, call.account, call.ids[0])
    except Refusal:
        raise refusals.no_board_by_path() from None


def _board(call: Call) -> Response:
    return json_response(200, _board_json(_board_in_path(call)))


def _section_in_path(call: Call) -> tuple[Board, Section]:
    board = _board_in_path(call)
    section = board.section(call.ids[1])
    if section is None:
        raise refusals.no_section_by_path()
    return board, section


def _sections(call: Call) -> Response:
    by_id = {section.id: section for section in _board_in_path(call).sections}
    return _page(call, list(by_id), lambda one: {"id": one, "name": by_id[one].name})


def _make_section(call: Call) -> Response:
    name = _body(call).get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 180:
        raise Refusal(400, 400, "Invalid board section parameters.")
    section = Section(call.state.world.new_id(), name)
    _board_in_path(call).sections.append(section)
    return json_response(201, {"id": section.id, "name": section.name})


def _pins_page(call: Call, pins: Sequence[Pin]) -> Response:
    return _page(call, _visible(call, pins), lambda one: pin_json(call.state, call.state.pins[one], call.base))


def _board_pins(call: Call) -> Response:
    return _pins_page(call, [call.state.pins[one] for one in _board_in_path(call).pin_ids])


def _section_pins(call: Call) -> Response:
    board, section = _section_in_path(call)
    pins = [call.state.pins[one] for one in board.pin_ids]
    return _pins_page(call, [pin for pin in pins if pin.board_section_id == section.id])


def _pins(call: Call) -> Response:
    return _pins_page(call, [pin for pin in call.state.pins.values() if pin.account == call.account.username])


def _make_pin(call: Call) -> Response:
    if call.account.is_trial:
        raise refusals.trial()
    body = _body(call)
    pin = make_pin(call.state, call.account, body)
    _hold_board(call, pin.board_id)
    source = body.get("media_source")
    if pin.media_type == "video" and isinstance(source, dict):
        uploads.require_ready(call.state, str(source.get("media_id")))
    call.state.add_pin(pin)
    return json_response(201, pin_json(call.state, pin, call.base))


def _hold_board(call: Call, board_id: str) -> None:
    """Note that the board is being written to until the answer is out. Raises Refusal if the settings say so."""
    state, settings, now = call.state, call.state.world.settings, monotonic()
    if now < state.busy_until.get(board_id, 0.0):
        state.world.journal.counts["parallel writes to a board"] += 1
        if settings.refuses_parallel_writes:
            raise refusals.rate_limited(5 if settings.has_rate_headers else None)
    if settings.latency_ms > 0:
        state.busy_until[board_id] = now + settings.latency_ms / 1000


def _own_pin(call: Call) -> Pin:
    pin = call.state.pins.get(call.ids[0])
    if pin is None or pin.account != call.account.username:
        raise refusals.no_pin()
    return pin


def _pin(call: Call) -> Response:
    return json_response(200, pin_json(call.state, _own_pin(call), call.base))


def _delete_pin(call: Call) -> Response:
    call.state.remove_pin(_own_pin(call))
    return Response(204)


def _make_upload(call: Call) -> Response:
    if _body(call).get("media_type") != "video":
        raise refusals.content("'media_type' is not one of ['video']")
    upload = Upload(call.state.world.new_id(), call.account.username)
    call.state.uploads[upload.id] = upload
    return json_response(201, uploads.registration(upload, call.base))


def _upload(call: Call) -> Response:
    upload = call.state.uploads.get(call.ids[0])
    if upload is None or upload.account != call.account.username:
        raise refusals.no_upload()
    return json_response(200, uploads.upload_json(call.state, upload))


def _uploads(call: Call) -> Response:
    own = {one.id: one for one in call.state.uploads.values() if one.account == call.account.username}
    return _page(call, list(own)[::-1], lambda one: uploads.upload_json(call.state, own[one]))


_READ_BOARDS = ("boards:read",)
_WRITE_BOARDS = ("boards:read", "boards:write")
_READ_PINS = ("boards:read", "pins:read")
_ALL_FOUR = ("boards:read", "boards:write", "pins:read", "pins:write")
_READ_MEDIA = ("pins:read",)
_WRITE_MEDIA = ("pins:read", "pins:write")
_READ_USER = ("user_accounts:read",)


def _at(path: str) -> re.Pattern[str]:
    return re.compile("/v5" + path.replace("#", r"(\d+)"))


OPERATIONS: Final = (
    Operation("POST", _at("/pins"), _ALL_FOUR, _make_pin),
    Operation("GET", _at("/boards/#/pins"), _READ_PINS, _board_pins),
    Operation("GET", _at("/boards/#/sections/#/pins"), _READ_PINS, _section_pins),
    Operation("GET", _at("/pins"), _READ_PINS, _pins),
    Operation("GET", _at("/pins/#"), _READ_PINS, _pin),
    Operation("DELETE", _at("/pins/#"), _ALL_FOUR, _delete_pin),
    Operation("GET", _at("/boards"), _READ_BOARDS, _boards),
    Operation("POST", _at("/boards"), _WRITE_BOARDS, _make_board),
    Operation("GET", _at("/boards/#"), _READ_BOARDS, _board),
    Operation("GET", _at("/boards/#/sections"), _READ_BOARDS, _sections),
    Operation("POST", _at("/boards/#/sections"), _WRITE_BOARDS, _make_section),
    Operation("GET", _at("/user_account"), _READ_USER, _account),
    Operation("POST", _at("/media"), _WRITE_MEDIA, _make_upload),
    Operation("GET", _at("/media"), _READ_MEDIA, _uploads),
    Operation("GET", _at("/media/#"), _READ_MEDIA, _upload),
)
