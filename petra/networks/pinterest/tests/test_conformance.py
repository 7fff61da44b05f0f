"""Pinterest passes what every adapter passes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from petra.networks.conformance import Conformance, Stage
from petra.networks.contract import App, Target
from petra.networks.pinterest.tests.specification import Recorder
from petra.networks.registry import network

if TYPE_CHECKING:
    from petra.simulator.testing import Simulator


class TestPinterest(Conformance):
    @pytest.fixture
    def stage(self, simulator: Simulator, tmp_path: Path, recorder: Recorder) -> Stage:
        boards = [{"name": f"Board {number}", "sections": ["Salads"] if number == 0 else []} for number in range(260)]
        one = simulator.account("conformance", boards=boards, is_unlimited=True)
        board = one.boards[0]
        adapter = network("pinterest")
        narrow = simulator.account("conformance", scopes=["boards:read", "pins:read", "pins:write"])
        return Stage(
            network=adapter,
            simulator=simulator,
            app=App(
                simulator.client_id,
                simulator.client_secret,
                simulator.api_base,
                simulator.consent_base,
                simulator.page_base,
            ),
            username=one.username,
            access_token=one.access_token,
            refresh_token=one.refresh_token,
            target=Target(one.id, board.id),
            section=Target(one.id, board.id, board.section_ids[0]),
            create_path="/v5/pins",
            folder=tmp_path,
            narrow_token=narrow.access_token,
            transport=recorder,
        )
