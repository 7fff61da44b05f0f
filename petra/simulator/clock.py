"""The simulator's clock: real time until somebody sets, moves or stops it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SettableClock:
    """Tells the simulated time. Everything simulated (expiry, windows, lag) goes by it; network delays do not."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        return self._stopped_at or datetime.now(UTC) + self._ahead

    def set(self, at: datetime, *, stop: bool = False) -> None:
        """Set the time to `at` (aware); it runs on from there unless `stop`."""
        if at.tzinfo is None:
            raise ValueError("an instant needs a zone")
        self._ahead = at - datetime.now(UTC)
        self._stopped_at = at if stop else None

    def advance(self, seconds: float) -> None:
        """Move the time on by `seconds`; a stopped clock stays stopped at the new instant."""
        self.set(self.now() + timedelta(seconds=seconds), stop=self._stopped_at is not None)

    def reset(self) -> None:
        self._ahead, self._stopped_at = timedelta(0), None

    @property
    def ahead_s(self) -> float:
        return (self.now() - datetime.now(UTC)).total_seconds()
