"""What simulated Pinterest knows: profiles, boards, Pins, uploads, codes and tokens. Plain data, saved as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from petra.simulator.world import World

CLIENT_ID: Final = "1500000"
CLIENT_SECRET: Final = "simulated-app-secret"  # noqa: S105  it opens nothing but this simulator
SCOPES: Final = ("boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read")
KNOWN_SCOPES: Final = frozenset(
    (
        *SCOPES,
        "boards:read_secret",
        "boards:write_secret",
        "pins:read_secret",
        "pins:write_secret",
        "user_accounts:write",
    )
)

# Lives as documented, 2026-11: access 30 days, refresh 60 days, a code 10 minutes.
ACCESS_S: Final = 2_592_000
REFRESH_S: Final = 5_184_000
CODE_S: Final = 600


@dataclass
class Account:
    username: str
    id: str
    display_name: str
    about: str = ""
    is_trial: bool = False  # Trial access: making Pins is refused
    reads_per_min: int | None = None  # None: the simulator's setting
    writes_per_min: int | None = None
    is_unlimited: bool = False
    board_ids: list[str] = field(default_factory=list)


@dataclass
class Section:
    id: str
    name: str


@dataclass
class Board:
    id: str
    owner: str
    name: str
    description: str = ""
    privacy: str = "PUBLIC"
    created_at: str = ""
    sections: list[Section] = field(default_factory=list)
    pin_ids: list[str] = field(default_factory=list)

    def section(self, section_id: str) -> Section | None:
        return next((one for one in self.sections if one.id == section_id), None)


@dataclass
class Image:
    """One picture of a Pin: ours by digest, or at an address we were given and never fetch."""

    url: str
    digest: str = ""
    width_px: int | None = None
    height_px: int | None = None


@dataclass
class Pin:
    id: str
    account: str
    board_id: str
    board_section_id: str | None
    created_at: str  # with zone here; without on the wire
    title: str | None
    description: str | None
    alt_text: str | None
    link: str | None
    media_type: str  # image, multiple_images, video
    images: list[Image]
    dominant_color: str | None = None

    @property
    def marker(self) -> str | None:
        return parse_qs(urlsplit(self.link or "").query).get("utm_content", [None])[0]


@dataclass
class Upload:
    id: str
    account: str
    uploaded_at: str | None = None
    ready_s: float = 3.0
    will_fail: bool = False


@dataclass
class Code:
    code: str
    account: str
    redirect_uri: str
    scopes: list[str]
    challenge: str
    expires_at: str
    is_used: bool = False


@dataclass
class Token:
    value: str
    account: str
    scopes: list[str]
    expires_at: str
    is_dead: bool = False


class State:
    """All of it, with the few acts that keep it whole."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.accounts: dict[str, Account] = {}
        self.boards: dict[str, Board] = {}
        self.pins: dict[str, Pin] = {}
        self.uploads: dict[str, Upload] = {}
        self.codes: dict[str, Code] = {}
        self.access: dict[str, Token] = {}
        self.refresh: dict[str, Token] = {}
        self.busy_until: dict[str, float] = {}  # board → monotonic instant at which its last write is answered

    def now(self) -> datetime:
        return self.world.clock.now()

    def at(self, seconds: float = 0.0) -> str:
        """Return the instant `seconds` from now as text."""
        return (self.now() + timedelta(seconds=seconds)).isoformat()

    def is_past(self, at: str) -> bool:
        return datetime.fromisoformat(at) <= self.now()

    def add_account(self, username: str, display_name: str = "") -> Account:
        """Return the account of that name, made where there is none."""
        account = self.accounts.get(username)
        if account is None:
            account = Account(username, self.world.new_id(), display_name or username)
            self.accounts[username] = account
        return account

    def add_board(self, account: Account, name: str, *, privacy: str = "PUBLIC", sections: Iterable[str] = ()) -> Board:
        board = Board(self.world.new_id(), account.username, name, privacy=privacy, created_at=self.at())
        board.sections = [Section(self.world.new_id(), section) for section in sections]
        self.boards[board.id] = board
        account.board_ids.append(board.id)
        return board

    def add_pin(self, pin: Pin) -> None:
        self.pins[pin.id] = pin
        self.boards[pin.board_id].pin_ids.append(pin.id)

    def remove_pin(self, pin: Pin) -> None:
        del self.pins[pin.id]
        self.boards[pin.board_id].pin_ids.remove(pin.id)

    def grant(self, username: str, scopes: Iterable[str], *, access_s: float = ACCESS_S) -> tuple[Token, Token]:
        """Make an access and a refresh token."""
        names = list(scopes)
        access = Token(self.world.new_secret("pina_"), username, names, self.at(access_s))
        refresh = Token(self.world.new_secret("pinr."), username, names, self.at(REFRESH_S))
        self.access[access.value] = access
        self.refresh[refresh.value] = refresh
        return access, refresh

    def clear(self) -> None:
        for table in (self.accounts, self.boards, self.pins, self.uploads, self.codes, self.access, self.refresh):
            table.clear()
        self.busy_until.clear()

    def as_json(self) -> dict[str, object]:
        return {name: [asdict(row) for row in getattr(self, name).values()] for name in _TABLES}

    # Any: this is our own file, written by as_json.
    def load(self, saved: dict[str, list[dict[str, Any]]]) -> None:
        self.clear()
        for name, (kind, key) in _TABLES.items():
            getattr(self, name).update({row[key]: _row(kind, row) for row in saved.get(name, [])})


_TABLES: Final[dict[str, tuple[type, str]]] = {
    "accounts": (Account, "username"),
    "boards": (Board, "id"),
    "pins": (Pin, "id"),
    "uploads": (Upload, "id"),
    "codes": (Code, "code"),
    "access": (Token, "value"),
    "refresh": (Token, "value"),
}


def _row(kind: type, row: dict[str, Any]) -> object:
    known = {one.name for one in fields(kind)}
    values = {name: value for name, value in row.items() if name in known}
    if kind is Board:
        values["sections"] = [Section(**one) for one in values["sections"]]
    if kind is Pin:
        values["images"] = [Image(**one) for one in values["images"]]
    return kind(**values)
