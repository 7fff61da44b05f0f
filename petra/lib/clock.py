"""The one door through which time comes in. Tests and the simulator hold it; nothing else reads the system clock."""

from datetime import UTC, datetime
from time import monotonic as _monotonic
from time import sleep as _sleep


def now() -> datetime:
    """Say the present instant, aware and in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Say seconds from an arbitrary start that never go back: for durations, never for instants."""
    return _monotonic()


def sleep(seconds: float) -> None:
    """Wait. For manners towards other people's sites; never inside a transaction, never until a due instant."""
    _sleep(seconds)
