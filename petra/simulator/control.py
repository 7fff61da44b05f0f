"""The simulator's own switches under /_sim/: for tests, the demo and benchmarks. JSON in, JSON out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Final

from petra.simulator.faults import WrongFault
from petra.simulator.http11 import Request, Response, json_response
from petra.simulator.network import SimulatedNetwork, WrongSeed
from petra.simulator.world import World, WrongSetting


class WrongRequest(ValueError):
    """The control request cannot be understood. The text says why."""


class Control:
    """One function per switch, found by method and name."""

    def __init__(self, world: World, networks: dict[str, SimulatedNetwork]) -> None:
        self._world = world
        self._networks = networks
        self._acts: Final[dict[str, Callable[[Request], object]]] = {
            "GET health": self._health,
            "GET faults": lambda request: {"faults": world.faults.as_json()},
            "POST faults": self._add_fault,
            "DELETE faults": self._remove_faults,
            "GET log": self._log,
            "GET counters": lambda request: {"counters": dict(world.journal.counts)},
            "GET clock": lambda request: {"now": world.clock.now().isoformat()},
            "POST clock": self._set_clock,
            "GET settings": lambda request: vars(world.settings),
            "POST settings": self._change_settings,
            "GET accounts": self._accounts,
            "POST accounts": self._make_accounts,
            "GET pins": self._pins,
            "POST pins": self._make_pins,
            "POST profile": self._profile,
            "POST reset": self._reset,
        }

    def answer(self, request: Request) -> Response:
        name = request.path.removeprefix("/_sim/").split("/")[0]
        act = self._acts.get(f"{request.method} {name}")
        if act is None:
            return json_response(404, {"error": f"no such switch; there are: {', '.join(sorted(self._acts))}"})
        try:
            result = act(request)
        except (WrongRequest, WrongFault, WrongSetting, WrongSeed) as error:
            return json_response(422, {"error": str(error)})
        if request.method != "GET":
            self._world.is_changed = True
        return json_response(200, result)

    def _health(self, request: Request) -> object:
        return {
            "ok": True,
            "networks": list(self._networks),
            "now": self._world.clock.now().isoformat(),
        }

    def _add_fault(self, request: Request) -> object:
        return self._world.faults.add(_json(request)).as_json()

    def _remove_faults(self, request: Request) -> object:
        _, _, fault_id = request.path.removeprefix("/_sim/").partition("/")
        if not fault_id:
            self._world.faults.clear()
        elif not fault_id.isdigit() or not self._world.faults.remove(int(fault_id)):
            raise WrongRequest("no such fault")
        return {"faults": self._world.faults.as_json()}

    def _log(self, request: Request) -> object:
        params = request.params()
        limit = params.get("limit", "1000")
        if not limit.isdigit():
            raise WrongRequest("limit must be a number")
        calls = self._world.journal.calls(
            account=params.get("account"),
            method=params.get("method"),
            path=params.get("path"),
            limit=int(limit),
        )
        return {"calls": calls}

    def _set_clock(self, request: Request) -> object:
        values, clock = _json(request), self._world.clock
        if "now" in values:
            clock.set(_instant(values["now"]), stop=values.get("stop") is True)
        if "advance_s" in values:
            seconds = values["advance_s"]
            if not isinstance(seconds, int | float):
                raise WrongRequest("advance_s must be a number")
            clock.advance(seconds)
        if values.get("reset") is True:
            clock.reset()
        return {"now": clock.now().isoformat()}

    def _change_settings(self, request: Request) -> object:
        self._world.change_settings(_json(request))
        return vars(self._world.settings)

    def _network(self, key: object) -> SimulatedNetwork:
        """Return the network asked for; the first one where none is named."""
        network = self._networks.get(str(key)) if key else next(iter(self._networks.values()))
        if network is None:
            raise WrongRequest(f"no such network; there are: {', '.join(self._networks)}")
        return network

    def _accounts(self, request: Request) -> object:
        return {"accounts": self._network(request.params().get("network")).accounts()}

    def _make_accounts(self, request: Request) -> object:
        asked = _json(request)
        return {"accounts": self._network(asked.get("network")).make_accounts(asked)}

    def _pins(self, request: Request) -> object:
        params = request.params()
        network = self._network(params.get("network"))
        rows = network.posts(account=params.get("account"), marker=params.get("marker"))
        seen = Counter(row["marker"] for row in rows if row["marker"])
        return {"pins": rows, "duplicates": {str(marker): count for marker, count in seen.items() if count > 1}}

    def _make_pins(self, request: Request) -> object:
        asked = _json(request)
        return {"ids": self._network(asked.get("network")).make_posts(asked)}

    def _profile(self, request: Request) -> object:
        name = str(_json(request).get("name"))
        for network in self._networks.values():
            network.set_profile(name)
        return {"profile": name, "faults": self._world.faults.as_json()}

    def _reset(self, request: Request) -> object:
        """Forget everything; the demo's profiles are made anew."""
        for network in self._networks.values():
            network.clear()
        self._world.reset()
        for network in self._networks.values():
            network.set_profile("default")
        return {"ok": True}


def _json(request: Request) -> dict[str, object]:
    values = request.json_object() if request.body.strip() else {}
    if values is None:
        raise WrongRequest("the body must be a JSON object")
    return values


def _instant(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise WrongRequest("now must be an instant such as 2026-11-22T10:00:00+00:00") from None
    if at.tzinfo is None:
        raise WrongRequest("now must name its zone")
    return at
