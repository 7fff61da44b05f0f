"""What all simulated networks share: the clock, chance, faults, the journal, pictures, and settings."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from petra.simulator.clock import SettableClock
from petra.simulator.faults import Faults
from petra.simulator.journal import Journal
from petra.simulator.pictures import PictureStore


@dataclass
class Settings:
    """Switches for the whole simulator. None in a limit means no limit."""

    latency_ms: float = 0.0
    has_rate_headers: bool = True
    reads_per_min: int | None = 1000
    writes_per_min: int | None = 100
    list_order: str = "newest"  # newest, oldest, mixed: no network promises one
    does_refresh_end_old: bool = False  # whether a used refresh token dies
    refuses_parallel_writes: bool = False  # two writes to one board at a time: 429


class WrongSetting(ValueError):
    """The setting does not exist or has a value of the wrong kind. The text says which."""


class World:
    """The shared part of the simulator's state."""

    def __init__(self, *, seed: int | None = None, latency_ms: float = 0.0, pictures: Path | None = None) -> None:
        self._seed = seed
        self._latency_ms = latency_ms
        self.clock = SettableClock()
        self.faults = Faults()
        self.journal = Journal()
        self.pictures = PictureStore(pictures)
        self.settings = Settings(latency_ms=latency_ms)
        self.chance = random.Random(seed)  # noqa: S311  repeatable chance, nothing here is a secret
        self._last_id = 0
        self.is_changed = False

    def new_id(self) -> str:
        """Return a long id of digits, rising."""
        self._last_id += self.chance.randrange(1, 1_000_000)
        return str(813_744_226_420_000_000 + self._last_id)

    def new_secret(self, prefix: str) -> str:
        return f"{prefix}{self.chance.getrandbits(256):064x}"

    def change_settings(self, values: dict[str, object]) -> None:
        """Set some settings. Raises WrongSetting."""
        wanted = {one.name: str(one.type) for one in fields(Settings)}
        for name, value in values.items():
            if name not in wanted:
                raise WrongSetting(f"unknown setting {name!r}; known are: {', '.join(wanted)}")
            if not _fits(value, wanted[name]):
                raise WrongSetting(f"{name} must be {wanted[name]}")
            setattr(self.settings, name, value)

    def reset(self) -> None:
        self.clock.reset()
        self.faults.clear()
        self.journal.clear()
        self.pictures.clear()
        self.settings = Settings(latency_ms=self._latency_ms)
        self.chance.seed(self._seed)
        self._last_id = 0

    def as_json(self) -> dict[str, object]:
        return {
            "ahead_s": self.clock.ahead_s,
            "last_id": self._last_id,
            "settings": asdict(self.settings),
            "faults": self.faults.as_json(),
        }

    def load(self, ahead_s: float, last_id: int, settings: dict[str, object], faults: list[dict[str, object]]) -> None:
        self.clock.reset()
        self.clock.advance(ahead_s)
        self._last_id = last_id
        self.change_settings(settings)
        self.faults.load(faults)


def _fits(value: object, wanted: str) -> bool:
    if value is None:
        return "None" in wanted
    if wanted == "bool" or isinstance(value, bool):
        return wanted == "bool" and isinstance(value, bool)
    if wanted.startswith("int"):
        return isinstance(value, int) and value >= 0
    if wanted.startswith("float"):
        return isinstance(value, int | float) and value >= 0
    return isinstance(value, str)
