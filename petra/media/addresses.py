"""Addresses under which networks may fetch a file: signed, expiring, and only where Petra is reachable over https."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing

_SALT = "petra.media.public"
_VALID_FOR = timedelta(days=2)  # a network fetches within minutes; a held delivery signs anew


def public_url(file: str) -> str | None:
    """Give the address of a stored file for networks, or None where only this machine reaches Petra."""
    if not settings.PUBLIC_URL.startswith("https://"):
        return None
    return f"{settings.PUBLIC_URL}/files/public/{signing.dumps(file, salt=_SALT)}"


def file_of(token: str) -> str | None:
    """Read the file's name out of a public address. None when the signature is wrong or too old."""
    try:
        name = signing.loads(token, salt=_SALT, max_age=_VALID_FOR)
    except signing.BadSignature:
        return None
    return str(name)
