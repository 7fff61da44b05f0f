"""Seals secrets at rest: AES-256-GCM under a key ring. Opened only in `accounts.tokens` and where an AI key is used.

A sealed text is `1 byte version | 4 bytes key id | 12 bytes nonce | ciphertext and tag`. The key id is the first four
bytes of sha256 of the key, so keys need no names. The first key of the ring seals; all keys open. To rotate, put a
new key in front and run `petra keys rotate`; then take the old one away.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from petra.lib.errors import ProductError

_VERSION = b"\x01"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealError(ProductError):
    """A key is malformed, or a sealed text can't be opened. The operator must bring back the key it was sealed with."""

    def __init__(self, for_person: str) -> None:
        super().__init__("seal", for_person, http_status=500)


@dataclass(frozen=True)
class KeyRing:
    """Keys in order: the first seals, every one opens."""

    keys: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(key_id(k).hex() for k in self.keys)})"

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read keys in base64 (32 bytes each), separated by commas or white space."""
        keys = []
        for part in text.replace(",", " ").split():
            try:
                key = base64.urlsafe_b64decode(part)
            except (binascii.Error, ValueError):
                key = b""
            if len(key) != _KEY_BYTES:
                raise SealError("A key in PETRA_KEYS is not 32 bytes in base64. Make one with `petra keys new`.")
            keys.append(key)
        if not keys:
            raise SealError("There is no key to seal with. Set PETRA_KEYS or let Petra make one at first start.")
        return cls(tuple(keys))

    def seal(self, text: str, *, bound_to: str) -> bytes:
        """Seal `text`. `bound_to` (such as the row's id) must be given again to open, so that rows can't be swapped."""
        nonce = os.urandom(_NONCE_BYTES)
        key = self.keys[0]
        sealed = AESGCM(key).encrypt(nonce, text.encode(), bound_to.encode())
        return _VERSION + key_id(key) + nonce + sealed

    def open(self, sealed: bytes, *, bound_to: str) -> str:
        """Open what `seal` made. Raises SealError when no key of the ring fits or the text was altered."""
        sealed = bytes(sealed)
        head, nonce, body = sealed[1:5], sealed[5:17], sealed[17:]
        for key in self.keys:
            if sealed[:1] == _VERSION and key_id(key) == head:
                try:
                    return AESGCM(key).decrypt(nonce, body, bound_to.encode()).decode()
                except InvalidTag as error:
                    raise SealError("A sealed secret was altered or belongs to another row.") from error
        raise SealError("A secret was sealed with a key that is not in PETRA_KEYS any more. Put that key back.")

    def needs_resealing(self, sealed: bytes) -> bool:
        """Say whether `sealed` was made with another key than the first."""
        return bytes(sealed)[1:5] != key_id(self.keys[0])


def key_id(key: bytes) -> bytes:
    """Name a key by four bytes that tell nothing about it."""
    return hashlib.sha256(b"petra key id" + key).digest()[:4]


def new_key() -> str:
    """Make a key for the ring, in base64."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()
