"""Simulated Pinterest as the server sees it: which paths are its own, who calls, what it answers, what it breaks."""

from __future__ import annotations

from typing import Any, Final

from petra.simulator.faults import Fault, Kind
from petra.simulator.http11 import Request, Response
from petra.simulator.pinterest import oauth, refusals, seeding, uploads
from petra.simulator.pinterest.api import Api
from petra.simulator.pinterest.public import PublicPages
from petra.simulator.pinterest.refusals import Refusal
from petra.simulator.pinterest.state import State
from petra.simulator.world import World

_TOKEN_PATH: Final = "/v5/oauth/token"  # noqa: S105  a path


class SimulatedPinterest:
    """See `network.SimulatedNetwork`."""

    key = "pinterest"

    def __init__(self, world: World) -> None:
        self.state = State(world)
        self._api = Api(self.state)
        self._public = PublicPages(self.state)

    def owns(self, path: str) -> bool:
        return path.startswith(("/v5/", "/oauth/", uploads.UPLOAD_PATH))

    def is_api(self, path: str) -> bool:
        return not path.startswith("/oauth/")

    def account_of(self, request: Request) -> str | None:
        if request.path == _TOKEN_PATH:
            form = request.form()
            token = self.state.refresh.get(form.get("refresh_token", ""))
            code = self.state.codes.get(form.get("code", ""))
            return token.account if token else code.account if code else None
        account = self._api.account_of(request)
        return account.username if account else None

    def answer(self, request: Request, *, base: str, lag_s: float) -> Response:
        try:
            response = self._answer(request, base, lag_s)
        except Refusal as refusal:
            response = refusal.response()
        if request.path.startswith("/v5/"):
            response.headers.append(("x-pinterest-rid", str(self.state.world.chance.getrandbits(48))))
        return response

    def _answer(self, request: Request, base: str, lag_s: float) -> Response:
        if request.path.startswith("/oauth/"):
            return oauth.consent(self.state, request)
        if request.path.startswith(uploads.UPLOAD_PATH):
            return uploads.receive(self.state, request)
        if request.path == _TOKEN_PATH:
            if request.method != "POST":
                raise refusals.wrong_method()
            return oauth.token(self.state, request)
        return self._api.answer(request, base, lag_s)

    def refusal(self, fault: Fault) -> Response:
        """Return the answer a fault asks for instead of the true one."""
        match fault.kind:
            case Kind.RATE_LIMIT:
                return refusals.rate_limited(fault.after_s if fault.has_headers else None).response()
            case Kind.SPAM_BLOCK:
                return refusals.spam().response()
            case _:
                text = fault.message or "Sorry! Something went wrong on our end."
                return Refusal(fault.status, fault.code, text).response()

    def strike(self, fault: Fault, request: Request) -> None:
        """Let a fault change the state: tokens die, an upload is bound to fail."""
        if fault.kind in (Kind.EXPIRE_TOKEN, Kind.REVOKE_TOKEN):
            name = self.account_of(request)
            for token in self.state.access.values():
                token.is_dead = token.is_dead or token.account == name
            for token in self.state.refresh.values() if fault.kind is Kind.REVOKE_TOKEN else ():
                token.is_dead = token.is_dead or token.account == name
        if fault.kind is Kind.MEDIA_FAILS and self.state.uploads:
            newest = list(self.state.uploads.values())[-1]
            newest.will_fail, newest.ready_s = True, fault.seconds

    def set_profile(self, name: str) -> None:
        seeding.set_profile(self.state, name)

    def make_accounts(self, asked: dict[str, object]) -> list[dict[str, object]]:
        return seeding.make_accounts(self.state, asked)

    def accounts(self) -> list[dict[str, object]]:
        return [seeding.account_json(self.state, one) for one in self.state.accounts.values()]

    def make_posts(self, asked: dict[str, object]) -> list[str]:
        return seeding.make_pins(self.state, asked)

    def posts(self, *, account: str | None, marker: str | None) -> list[dict[str, object]]:
        return [
            seeding.pin_row(pin)
            for pin in self.state.pins.values()
            if account in (None, pin.account) and marker in (None, pin.marker)
        ]

    def page(self, path: str, base: str) -> Response:
        return self._public.answer(path, base)

    def as_json(self) -> dict[str, object]:
        return self.state.as_json()

    # Any: our own file, see State.load.
    def load(self, saved: dict[str, Any]) -> None:
        self.state.load(saved)

    def clear(self) -> None:
        self.state.clear()
        self._api.clear()
