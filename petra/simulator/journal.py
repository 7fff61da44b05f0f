"""What the simulator remembers of its traffic: recent calls and counters. Never a token, a query or a body."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from datetime import datetime

from petra.simulator.http11 import Request

_KEPT = 50_000


class Journal:
    """The last calls to simulated networks, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[tuple[datetime, str, str | None, str, str, int | None, str, str | None]] = deque(
            maxlen=_KEPT
        )
        self.counts: Counter[str] = Counter()

    def note(
        self, at: datetime, network: str, account: str | None, request: Request, status: int | None, fault: str | None
    ) -> None:
        """Write one call down. `status` is None where no answer was given."""
        digest = hashlib.sha256(request.body).hexdigest() if request.body else ""
        self._calls.append((at, network, account, request.method, request.path, status, digest, fault))
        self.counts[f"{request.method} {status or 'dropped'}"] += 1

    def calls(
        self, *, account: str | None = None, method: str | None = None, path: str | None = None, limit: int = 1000
    ) -> list[dict[str, object]]:
        """Return the newest `limit` matching calls, oldest first."""
        names = ("at", "network", "account", "method", "path", "status", "body_sha256", "fault")
        found: list[dict[str, object]] = [
            {**dict(zip(names, call, strict=True)), "at": call[0].isoformat()}
            for call in self._calls
            if account in (None, call[2]) and method in (None, call[3]) and path in (None, call[4])
        ]
        return found[-limit:] if limit > 0 else []

    def clear(self) -> None:
        self._calls.clear()
        self.counts.clear()
