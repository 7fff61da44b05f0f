"""The one door for randomness: ids, secrets, jitter."""

import random
import secrets
from datetime import datetime
from uuid import UUID

from petra.lib import clock

_jitter = random.SystemRandom()


def new_id() -> UUID:
    """Make a UUID version 7: ordered by creation time (RFC 9562), so that indexes grow at one end."""
    milliseconds = int(clock.now().timestamp() * 1000) & ((1 << 48) - 1)
    value = (milliseconds << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def read_id(text: str) -> UUID | None:
    """Read an id that came from outside; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def first_at(instant: datetime) -> UUID:
    """Give the lowest id that can have been made at `instant` or later: to look for rows by age in the index of ids."""
    milliseconds = int(instant.timestamp() * 1000) & ((1 << 48) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)


def new_secret(size_bytes: int = 32) -> str:
    """Make an unguessable text safe in addresses."""
    return secrets.token_urlsafe(size_bytes)


def jitter(share: float) -> float:
    """Give a factor between 1 - share and 1 + share, to spread what would otherwise happen all at once."""
    return _jitter.uniform(1 - share, 1 + share)


def new_number() -> int:
    """Give a positive number of 31 bits by chance."""
    return secrets.randbelow(2**31 - 1) + 1
