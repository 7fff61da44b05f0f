"""Furniture of these tests: alice as an actor, and every network simulated."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from conftest import People
from petra.accounts.testing import actor_of
from petra.simulator.testing import Simulator
from petra.tenancy.access import Actor


@pytest.fixture
def network(simulator: Simulator, settings: Settings) -> Simulator:
    """The simulator, in place of every network."""
    settings.SIMULATOR_URL = simulator.base
    return simulator


@pytest.fixture
def alice(people: People) -> Actor:
    return actor_of(people.alice, people.workspace)


@pytest.fixture
def charlie(people: People) -> Actor:
    return actor_of(people.charlie, people.elsewhere)
