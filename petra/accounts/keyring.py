"""The key ring of this installation, read from PETRA_KEYS once. Used by `tokens`, `connecting` and
`posts.words.access_keys` only."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from petra.lib.seal import KeyRing


def ring() -> KeyRing:
    """Return the keys in force. Raises SealError where there is none or one is malformed."""
    return _parsed(settings.PETRA_KEYS)


@lru_cache(maxsize=4)
def _parsed(keys: str) -> KeyRing:
    return KeyRing.parse(keys)
