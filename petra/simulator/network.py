"""What the server needs from a simulated network."""

from __future__ import annotations

from typing import Any, Protocol

from petra.simulator.faults import Fault
from petra.simulator.http11 import Request, Response


class WrongSeed(ValueError):
    """The contents asked for make no sense. The text says why."""


class SimulatedNetwork(Protocol):
    """One network: its API, its contents, its public pages. `registry.py` lists them."""

    key: str

    def owns(self, path: str) -> bool:
        """Say whether `path` is this network's."""
        ...

    def is_api(self, path: str) -> bool:
        """Say whether `path` is called by programs: those calls are slowed, broken and written down."""
        ...

    def account_of(self, request: Request) -> str | None:
        """Return the profile whose token the request carries."""
        ...

    def answer(self, request: Request, *, base: str, lag_s: float) -> Response:
        """Answer. `base` is the server's own address; lists leave out what is younger than `lag_s`."""
        ...

    def refusal(self, fault: Fault) -> Response:
        """Return the answer `fault` asks for, in this network's words."""
        ...

    def strike(self, fault: Fault, request: Request) -> None:
        """Let `fault` change the state (tokens, uploads)."""
        ...

    def set_profile(self, name: str) -> None:
        """Fill in ready contents: "default" or "demo". Raises WrongSeed."""
        ...

    def make_accounts(self, asked: dict[str, object]) -> list[dict[str, object]]:
        """Make accounts with targets and tokens. Raises WrongSeed."""
        ...

    def accounts(self) -> list[dict[str, object]]:
        """List the accounts, without tokens."""
        ...

    def make_posts(self, asked: dict[str, object]) -> list[str]:
        """Make old posts; return their ids. Raises WrongSeed."""
        ...

    def posts(self, *, account: str | None, marker: str | None) -> list[dict[str, object]]:
        """List the posts, oldest first, each with its `marker`."""
        ...

    def page(self, path: str, base: str) -> Response:
        """Answer a page everybody may see."""
        ...

    def as_json(self) -> dict[str, object]: ...

    # Any: the network's own JSON, read back.
    def load(self, saved: dict[str, Any]) -> None: ...

    def clear(self) -> None: ...
