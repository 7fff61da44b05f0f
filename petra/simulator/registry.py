"""Every simulated network. Adding one is a folder beside this file and a line here; the first has the public pages."""

from __future__ import annotations

from petra.simulator.network import SimulatedNetwork
from petra.simulator.pinterest.network import SimulatedPinterest
from petra.simulator.world import World


def all_networks(world: World) -> dict[str, SimulatedNetwork]:
    return {"pinterest": SimulatedPinterest(world)}
