"""Ready-made contents: the demo's profiles with their boards and faults, and accounts in bulk."""

from __future__ import annotations

from typing import Final

from petra.simulator.network import WrongSeed
from petra.simulator.pinterest.oauth import token_json
from petra.simulator.pinterest.state import ACCESS_S, KNOWN_SCOPES, SCOPES, Account, Image, Pin, State

HEALTHY: Final = "petra.kitchen"
TROUBLED: Final = "petra.garden"
_MOST: Final = 10_000

_DEFAULTS: Final[tuple[tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...]], ...]] = (
    (
        HEALTHY,
        "Petra's Kitchen",
        (("Weeknight dinners", ("Soups", "One-pot meals")), ("Baking", ("Bread", "Cakes")), ("Small kitchens", ())),
    ),
    (
        TROUBLED,
        "Petra's Garden",
        (("Balcony garden", ("Herbs", "Tomatoes")), ("Seasonal chores", ("Spring", "Autumn")), ("Cosy corners", ())),
    ),
)

# What goes wrong in the demo, and teaches something: a pause that Petra waits out, a picture only a person can
# mend, a sign-in that Petra renews by itself; later, now and then, another pause.
_DEMO_FAULTS: Final[tuple[dict[str, object], ...]] = (
    {"kind": "rate_limit", "method": "POST", "path": "/v5/pins", "skip": 1, "times": 1, "after_s": 2},
    {
        "kind": "answer",
        "method": "POST",
        "path": "/v5/pins",
        "skip": 2,
        "times": 1,
        "status": 403,
        "code": 235,
        "message": "Sorry, this image is broken. Please pick a different image.",
    },
    {"kind": "expire_token", "method": "POST", "path": "/v5/pins", "skip": 4, "times": 1},
    {
        "kind": "rate_limit",
        "method": "POST",
        "path": "/v5/pins",
        "skip": 12,
        "times": None,
        "probability": 0.08,
        "seed": 7,
        "after_s": 20,
    },
)


def set_profile(state: State, name: str) -> None:
    """Fill the simulator: "default" (profiles and boards only) or "demo" (with the demo's faults)."""
    if name not in ("default", "demo"):
        raise WrongSeed("name must be 'default' or 'demo'")
    for username, display_name, boards in _DEFAULTS:
        if username not in state.accounts:
            account = state.add_account(username, display_name)
            for board, sections in boards:
                state.add_board(account, board, sections=sections)
    if name == "demo" and not state.world.faults.has_noted("demo"):
        for fault in _DEMO_FAULTS:
            state.world.faults.add({**fault, "network": "pinterest", "account": TROUBLED, "note": "demo"})


def make_accounts(state: State, asked: dict[str, object]) -> list[dict[str, object]]:
    """Make (or find) accounts and give each new tokens. Raises WrongSeed.

    `usernames`, or `count` with `prefix`; `boards` (a count, or a list of {name, privacy, sections}), `sections`
    (a count for each board), `scopes`, `expires_s`, `is_trial`, `is_unlimited`, `reads_per_min`, `writes_per_min`.
    Boards are only made for accounts that have none.
    """
    scopes = asked.get("scopes", list(SCOPES))
    if not isinstance(scopes, list) or not set(scopes) <= KNOWN_SCOPES:
        raise WrongSeed("scopes must be a list of known scopes")
    made = []
    for username in _usernames(asked):
        account = state.add_account(username)
        _set_up(account, asked)
        if not account.board_ids:
            _add_boards(state, account, asked)
        access, refresh = state.grant(username, scopes, access_s=_number(asked, "expires_s", ACCESS_S))
        made.append({**account_json(state, account), **token_json(state, "authorization_code", access, refresh)})
    return made


def make_pins(state: State, asked: dict[str, object]) -> list[str]:
    """Put `count` old Pins on `board_id`, `age_s` old and a second apart. Raises WrongSeed."""
    board = state.boards.get(str(asked.get("board_id")))
    if board is None:
        raise WrongSeed("no such board")
    count, age_s = _number(asked, "count", 1), _number(asked, "age_s", 86400)
    section_id, link = asked.get("board_section_id"), asked.get("link")
    ids = []
    for number in range(count):
        pin = Pin(
            id=state.world.new_id(),
            account=board.owner,
            board_id=board.id,
            board_section_id=str(section_id) if section_id else None,
            created_at=state.at(number - age_s - count),
            title=f"Older Pin {number + 1}",
            description=None,
            alt_text=None,
            link=str(link) if link else f"https://blog.example/older/{number + 1}",
            media_type="image",
            images=[Image("https://blog.example/older.jpg", "", 1000, 1500)],
        )
        state.add_pin(pin)
        ids.append(pin.id)
    return ids


def pin_row(pin: Pin) -> dict[str, object]:
    """Write a Pin for tests: everything, and its marker."""
    return {
        "id": pin.id,
        "account": pin.account,
        "board_id": pin.board_id,
        "board_section_id": pin.board_section_id,
        "created_at": pin.created_at,
        "title": pin.title,
        "description": pin.description,
        "alt_text": pin.alt_text,
        "link": pin.link,
        "marker": pin.marker,
        "media_type": pin.media_type,
        "images": [image.digest or image.url for image in pin.images],
    }


def _usernames(asked: dict[str, object]) -> list[str]:
    names = asked.get("usernames")
    if names is None:
        prefix = asked.get("prefix", "account")
        return [f"{prefix}-{number + 1}" for number in range(_number(asked, "count", 1))]
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise WrongSeed("usernames must be a list of names")
    return names


def _set_up(account: Account, asked: dict[str, object]) -> None:
    for name in ("is_trial", "is_unlimited"):
        if name in asked:
            setattr(account, name, asked[name] is True)
    for name in ("reads_per_min", "writes_per_min"):
        if name in asked:
            setattr(account, name, _number(asked, name, 0))


def _add_boards(state: State, account: Account, asked: dict[str, object]) -> None:
    boards = asked.get("boards", 1)
    sections = [f"Section {number + 1}" for number in range(_number(asked, "sections", 0))]
    if isinstance(boards, list):
        for board in boards:
            if not isinstance(board, dict) or not board.get("name"):
                raise WrongSeed("each board needs a name")
            own = board.get("sections", sections)
            state.add_board(
                account, str(board["name"]), privacy=str(board.get("privacy", "PUBLIC")), sections=map(str, own)
            )
        return
    for number in range(_number(asked, "boards", 1)):
        state.add_board(account, f"Board {number + 1}", sections=sections)


def account_json(state: State, account: Account) -> dict[str, object]:
    boards = [state.boards[board_id] for board_id in account.board_ids]
    return {
        "username": account.username,
        "id": account.id,
        "boards": [
            {
                "id": board.id,
                "name": board.name,
                "sections": [{"id": section.id, "name": section.name} for section in board.sections],
            }
            for board in boards
        ],
    }


def _number(asked: dict[str, object], name: str, default: int) -> int:
    value = asked.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= max(_MOST, ACCESS_S * 24):
        raise WrongSeed(f"{name} must be a whole number that is not negative")
    return value
