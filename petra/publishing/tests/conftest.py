from __future__ import annotations

from collections.abc import Iterator

import pytest

from conftest import People
from petra.publishing import testing as furniture
from petra.publishing.tests.stage import NETWORK, Stage
from petra.simulator.testing import Simulator
from petra.tenancy import scope


@pytest.fixture
def stage(people: People, simulator: Simulator, settings: object) -> Iterator[Stage]:
    settings.SIMULATOR_URL = simulator.base  # type: ignore[attr-defined]
    profile = simulator.accounts(1)[0]
    with scope.workspace(people.workspace.pk):
        account = furniture.connect(profile, network=NETWORK)
        post = furniture.ready_post(furniture.picture(), target=account.targets.all()[0])
        delivery = furniture.planned(post, account=account)
    yield Stage(people.workspace.pk, profile, account.pk, delivery.pk, simulator)
