"""Promise: never twice, never lost, whatever people, networks and dying workers do, in any order.

`PETRA_THOROUGH=2000` runs so many sequences instead of the few that fit into a minute, and says what it did.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from conftest import People
from petra.publishing import testing as furniture
from petra.publishing.models import State
from petra.publishing.tests.machine import DEATHS, Ground, PublishingMachine
from petra.simulator.testing import Simulator
from petra.tenancy import scope

THOROUGH = int(os.environ.get("PETRA_THOROUGH", "0"))


@pytest.mark.slow
def test_nothing_is_ever_published_twice_or_stuck(
    real_people: People, simulator: Simulator, settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SIMULATOR_URL = simulator.base  # type: ignore[attr-defined]
    with scope.workspace(real_people.workspace.pk):
        ground = Ground(real_people.workspace.pk, simulator, furniture.picture())

    class Machine(PublishingMachine):
        pass

    Machine.ground = ground
    for is_first in (True, False, False):
        run_state_machine_as_test(Machine, settings=_profile(derandomize=is_first and not THOROUGH))
        if not _unmet(ground):
            break
    with capsys.disabled():
        if THOROUGH:
            print(f"\n{ground.steps} steps: {dict(sorted(ground.seen.items()))}")  # noqa: T201
    assert _unmet(ground) == []  # else the machine would prove nothing


def _unmet(ground: Ground) -> list[str]:
    """List what chance left out so far: whether a turn came to where it was to die is up to the threads too."""
    met = " ".join(ground.seen)
    turns = [f"turn of {State.PLANNED}, {point}".removesuffix(", none") for point in DEATHS]
    return [step for step in (*turns, "late answer") if step not in met]


def _profile(*, derandomize: bool) -> settings:
    return settings(
        max_examples=THOROUGH or 30,
        stateful_step_count=40 if THOROUGH else 25,
        deadline=None,
        phases=[Phase.generate],  # a failure prints its steps as they were; making them fewer takes many minutes
        report_multiple_bugs=False,
        derandomize=derandomize,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
