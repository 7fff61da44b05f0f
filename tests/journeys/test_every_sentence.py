"""Each state and cause on its pin's page, and the pages where they are dealt with: accessible, and nothing sideways.

`make screens` runs this with PETRA_SCREENS set and finds a picture of each in artifacts/, named by state or cause.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

from petra.publishing.models import State
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.web.testing import Live
from petra.web.tests.page_rows import (
    bulk_run,
    failed_together,
    furnish,
    in_every_cause,
    in_every_state,
    late_after_a_stop,
)
from tests.journeys.conftest import Opener
from tests.journeys.test_every_page import WIDTHS, Theme, look

LOOKS: Final[list[tuple[int, Theme]]] = [(1440, "light"), (390, "dark")]
ALL_LOOKS: Final[list[tuple[int, Theme]]] = [*LOOKS, (1440, "dark"), (390, "light")]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def furnish_trouble(live: Live) -> dict[str, str]:
    """Fill alice's workspace with every kind of trouble and give the pages that show it."""
    with scope.workspace(live.people.workspace.pk):
        house = furnish(live.people.workspace)
        states = in_every_state(house)
        states[State.CANCELLED] = house.rows.stands(house.rows.at(1, "17:10"), State.CANCELLED)
        causes = in_every_cause(house)
        failed_together(house, 8, "The network refused the link.")
        late_after_a_stop(house)
        run = bulk_run(house)
    return {
        "trouble-overview": "/",
        "trouble-calendar": "/calendar",
        "trouble-needs-you": "/needs-you",
        "trouble-pins": "/pins",
        "trouble-activity": "/activity",
        "bulk-run": f"/pins/runs/{run.pk}",
        "trouble-bulk-runs": "/pins/runs",
        **{f"state-{state}": f"/pins/{delivery.post_id}" for state, delivery in states.items()},
        **{f"cause-{cause}": f"/pins/{delivery.post_id}" for cause, delivery in causes.items()},
    }


@pytest.mark.parametrize(("width", "theme"), ALL_LOOKS if os.environ.get("PETRA_SCREENS") else LOOKS)
def test_every_state_and_cause_has_an_accessible_page(
    live: Live, simulator: Simulator, open_page: Opener, width: int, theme: Theme
) -> None:
    page = open_page(width=width, height=WIDTHS[width], theme=theme, touch=width < 500, bypass_policy=True)
    found = []
    for name, address in furnish_trouble(live).items():
        found += look(page, name, address, width=width, themes=[theme])
    assert found == []
