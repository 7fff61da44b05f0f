"""What a person enters to choose who writes, checked: no rows, nothing asked. Called by `access_keys`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from petra.ai.access import Provider
from petra.lib.errors import ProductError

OFFLINE: Final = "offline"  # as a provider: no model is asked
_MAX_KEY: Final = 500


class BadAccess(ProductError):
    """What was entered can't be used to ask a model; the sentence says what is missing."""

    def __init__(self, for_person: str) -> None:
        super().__init__("bad-access", for_person)


@dataclass(frozen=True)
class Wish:
    """What a person enters. `key` None keeps the stored one. Limits that are None are none."""

    provider: str
    key: str | None = None
    base_url: str = ""
    model: str = ""
    monthly_usd: Decimal | None = None
    monthly_tokens: int | None = None
    input_usd: Decimal | None = None
    output_usd: Decimal | None = None
    per_minute: int = 60
    at_once: int = 5

    def __repr__(self) -> str:
        return f"Wish({self.provider}, {self.model})"


def checked_address(wish: Wish) -> str:
    """Give the address to ask, empty where the provider has its own. Raises BadAccess."""
    if wish.provider not in (OFFLINE, *Provider):
        raise BadAccess("Choose a provider from the list.")
    if wish.provider == OFFLINE or not Provider(wish.provider).needs_address:
        return ""
    address = wish.base_url.strip().rstrip("/")
    is_plain = address.isprintable() and " " not in address and len(address) <= 500
    if not is_plain or door_of(address) is None or urlsplit(address).username is not None:
        raise BadAccess("Give the address of the server, such as https://models.example/v1, without name and password.")
    if not wish.model.strip():
        raise BadAccess("Give the name of the model this server has.")
    return address


def door_of(address: str) -> tuple[str, int] | None:
    """Give host and port of an http address; None where it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.scheme in ("http", "https") and parts.hostname else None


def check_key(key: str) -> None:
    """Refuse what can't be a key. Raises BadAccess."""
    if len(key) > _MAX_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise BadAccess("This does not look like a key: copy it again, without spaces and line breaks.")


def check_numbers(wish: Wish) -> None:
    """Refuse limits and prices that make no sense. Raises BadAccess."""
    limits = (wish.monthly_usd, wish.monthly_tokens, wish.input_usd, wish.output_usd)
    if any(one is not None and not 0 <= one < 10**6 for one in (*limits[:1], *limits[2:])):
        raise BadAccess("An amount of money must be between 0 and 999,999.")
    if wish.monthly_tokens is not None and not 0 <= wish.monthly_tokens <= 10**12:
        raise BadAccess("The monthly limit of tokens must be between 0 and 1,000,000,000,000.")
    if (wish.input_usd is None) != (wish.output_usd is None):
        raise BadAccess("Give both prices, for a million tokens in and out, or none.")
    if not 1 <= wish.per_minute <= 10_000 or not 1 <= wish.at_once <= 50:
        raise BadAccess("Between 1 and 10,000 requests a minute, and between 1 and 50 at once.")
