"""The pages everybody sees: profiles, boards, Pins. "View on Pinterest" leads here while it is simulated."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Final

from petra.simulator.http11 import Response
from petra.simulator.pages import fill, page, safe
from petra.simulator.pinterest.pins import picture_url
from petra.simulator.pinterest.state import Account, Board, Pin, State

_NEWEST: Final = 48


class PublicPages:
    def __init__(self, state: State) -> None:
        self._state = state

    def answer(self, path: str, base: str) -> Response:
        if path == "/":
            return self._home(base)
        match = re.fullmatch(r"/pin/(\d+)/?", path)
        if match:
            pin = self._state.pins.get(match.group(1))
            return self._pin(pin, base) if pin else _missing("This Pin is not here.")
        match = re.fullmatch(r"/([^/_][^/]*)/(?:(\d+)/)?", path)
        account = self._state.accounts.get(match.group(1)) if match else None
        if match and account and match.group(2):
            board = self._state.boards.get(match.group(2))
            if board and board.owner == account.username and board.privacy != "SECRET":
                return self._board(board, base)
        elif account:
            return self._profile(account, base)
        return _missing("There is no such page on simulated Pinterest.")

    def _home(self, base: str) -> Response:
        profiles = [self._profile_card(account) for account in islice(self._state.accounts.values(), 60)]
        body = fill(
            "home.html", profiles=safe("".join(profiles)), pins=self._grid(self._newest(self._state.pins), base)
        )
        return page(200, "Simulated Pinterest", body)

    def _profile_card(self, account: Account) -> str:
        boards = [self._board_link(account, board) for board in self._open_boards(account)]
        return fill(
            "profile_card.html", username=account.username, name=account.display_name, boards=safe("".join(boards))
        )

    def _board_link(self, account: Account, board: Board) -> str:
        return fill(
            "board_link.html",
            username=account.username,
            board_id=board.id,
            name=board.name,
            count=_pins(len(board.pin_ids)),
        )

    def _open_boards(self, account: Account) -> list[Board]:
        boards = [self._state.boards[board_id] for board_id in account.board_ids]
        return [board for board in boards if board.privacy != "SECRET"]

    def _profile(self, account: Account, base: str) -> Response:
        boards = self._open_boards(account)
        ids = sorted((pin_id for board in boards for pin_id in board.pin_ids), key=int)
        links = [self._board_link(account, board) for board in boards]
        body = fill(
            "profile.html",
            username=account.username,
            boards=safe("".join(links)),
            pins=self._grid(self._newest(ids), base),
        )
        return page(200, account.display_name, body)

    def _board(self, board: Board, base: str) -> Response:
        sections = [fill("list_item.html", text=section.name) for section in board.sections]
        body = fill(
            "board.html",
            username=board.owner,
            sections=safe(f"<ul>{''.join(sections)}</ul>" if sections else ""),
            pins=self._grid(self._newest(board.pin_ids), base),
        )
        return page(200, board.name, body)

    def _pin(self, pin: Pin, base: str) -> Response:
        board = self._state.boards[pin.board_id]
        section = board.section(pin.board_section_id or "")
        pictures = [
            fill("pin_picture.html", url=picture_url(image, base), alt=pin.alt_text or "") for image in pin.images
        ]
        body = fill(
            "pin.html",
            pictures=safe("".join(pictures)),
            description=pin.description or "",
            link=pin.link or "",
            link_row=fill("pin_link.html", link=pin.link) if pin.link else safe(""),
            alt=pin.alt_text or "None",
            board=board.name + (f" / {section.name}" if section else ""),
            board_id=board.id,
            username=board.owner,
            created=_day_and_time(pin.created_at),
        )
        return page(200, pin.title or "Untitled Pin", body)

    def _newest(self, ids: Iterable[str]) -> list[Pin]:
        return [self._state.pins[pin_id] for pin_id in list(ids)[: -_NEWEST - 1 : -1]]

    def _grid(self, pins: list[Pin], base: str) -> str:
        if not pins:
            return fill("empty.html", text="No Pins yet. Publish one and reload this page.")
        cards = [
            fill(
                "pin_card.html",
                id=pin.id,
                title=pin.title or "Untitled Pin",
                url=picture_url(pin.images[0], base),
                board=self._state.boards[pin.board_id].name,
                created=_day_and_time(pin.created_at),
            )
            for pin in pins
        ]
        return fill("grid.html", cards=safe("".join(cards)))


def _pins(count: int) -> str:
    return f"{count} Pin" if count == 1 else f"{count} Pins"


def _day_and_time(at: str) -> str:
    return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M UTC")


def _missing(text: str) -> Response:
    return page(404, "Not found", fill("message.html", text=text))
