"""Faults: what goes wrong, for whom, on which call, how often. Set over HTTP, taken one by one by the server.

Letters (a) to (i) are the switches every simulated network has. Knows no network: what a rate limit or an expired
token looks like is said by the network's own file.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase


class Kind(StrEnum):
    APPLY_THEN_DROP = "apply_then_drop"  # (a) the write is made, the answer never comes
    DROP_BEFORE_APPLY = "drop_before_apply"  # (b) nothing is made, the answer never comes
    ERROR_AFTER_APPLY = "error_after_apply"  # (c) the write is made, the answer is `status` (503)
    DELAY_THEN_APPLY = "delay_then_apply"  # (d) the write is made `seconds` later, the answer comes then
    RATE_LIMIT = "rate_limit"  # (e) `has_headers`, `after_s`
    SPAM_BLOCK = "spam_block"
    EXPIRE_TOKEN = "expire_token"  # noqa: S105  (f) the access token dies at once; refreshing helps
    REVOKE_TOKEN = "revoke_token"  # noqa: S105  (f) refreshing does not help either
    READ_LAG = "read_lag"  # (g) lists do not show what is younger than `seconds`
    MEDIA_FAILS = "media_fails"  # (h) the media job is "processing" for `seconds`, then "failed"
    MALFORMED = "malformed"  # (i) an HTML page of a proxy (`is_html`) or half a JSON; `is_applied`
    ANSWER = "answer"  # any `status`, `code`, `message`; `is_applied`


@dataclass
class Fault:
    """One switch. None and "*" match all. `skip` calls pass first; then it strikes `times` (None: always)."""

    id: int
    kind: Kind
    network: str | None = None
    account: str | None = None
    method: str | None = None
    path: str = "*"
    skip: int = 0
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    status: int = 503
    code: int = 0
    message: str = ""
    seconds: float = 60.0
    after_s: float = 60.0
    has_headers: bool = True
    is_html: bool = True
    is_applied: bool = False
    note: str = ""  # who set it
    struck: int = 0
    _dice: random.Random = field(default_factory=random.Random, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(f"{self.seed}:{self.id}")  # noqa: S311  repeatable chance, not a secret

    def matches(self, network: str, account: str | None, method: str, path: str) -> bool:
        return (
            self.network in (None, network)
            and self.account in (None, account)
            and self.method in (None, method)
            and (self.path == "*" or fnmatchcase(path, self.path))
        )

    def strikes(self) -> bool:
        """Count one matching call and say whether the fault hits it."""
        if self.times is not None and self.struck >= self.times:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1.0 and self._dice.random() >= self.probability:
            return False
        self.struck += 1
        return True

    def as_json(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if not name.startswith("_")}


class WrongFault(ValueError):
    """The switch asked for does not exist or has a value of the wrong kind. The text says which."""


class Faults:
    """All switches in force, oldest first."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._next_id = 1

    def add(self, values: dict[str, object]) -> Fault:
        """Add a switch from its JSON. Raises WrongFault."""
        known = {one.name: one for one in fields(Fault) if one.init and not one.name.startswith("_")}
        for name, value in values.items():
            if name not in known or name == "id":
                raise WrongFault(f"unknown field {name!r}")
            _check(name, value, str(known[name].type))
        try:
            kind = Kind(str(values.get("kind")))
        except ValueError:
            raise WrongFault(f"unknown kind; known are: {', '.join(Kind)}") from None
        defaults: dict[str, object] = {"times": None} if kind is Kind.READ_LAG else {}
        fault = Fault(**{**defaults, **values, "id": self._next_id, "kind": kind})  # type: ignore[arg-type]
        self._faults[fault.id] = fault
        self._next_id += 1
        return fault

    def take(self, network: str, account: str | None, method: str, path: str) -> Fault | None:
        """Return the first switch that hits this call and count the hit."""
        for fault in self._faults.values():
            if fault.kind is not Kind.READ_LAG and fault.matches(network, account, method, path) and fault.strikes():
                return fault
        return None

    def lag_s(self, network: str, account: str | None, path: str) -> float:
        """Return how old a thing must be to be seen by this list call, in seconds."""
        lags = [
            fault.seconds
            for fault in self._faults.values()
            if fault.kind is Kind.READ_LAG and fault.matches(network, account, "GET", path) and fault.strikes()
        ]
        return max(lags, default=0.0)

    def remove(self, fault_id: int) -> bool:
        return self._faults.pop(fault_id, None) is not None

    def has_noted(self, note: str) -> bool:
        return any(fault.note == note for fault in self._faults.values())

    def clear(self) -> None:
        self._faults.clear()

    def as_json(self) -> list[dict[str, object]]:
        return [fault.as_json() for fault in self._faults.values()]

    def load(self, values: list[dict[str, object]]) -> None:
        self.clear()
        for value in values:
            fault = self.add({name: given for name, given in value.items() if name not in ("id", "struck")})
            fault.struck = int(str(value.get("struck", 0)))


def _check(name: str, value: object, wanted: str) -> None:
    """Compare a JSON value with the field's annotation, written as text."""
    if value is None and "None" in wanted:
        return
    kinds: tuple[type, ...] = (str,)
    if wanted.startswith("bool"):
        kinds = (bool,)
    elif wanted.startswith("int"):
        kinds = (int,)
    elif wanted.startswith("float"):
        kinds = (int, float)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise WrongFault(f"{name} must be {wanted}")
