"""Where a request goes: a network (with faults, latency and the journal), the control, the blog, or a page."""

from __future__ import annotations

import re
from functools import partial

from petra.simulator.blog_files import Blog
from petra.simulator.control import Control
from petra.simulator.faults import Fault, Kind
from petra.simulator.http11 import Drop, Later, Outcome, Request, Response
from petra.simulator.network import SimulatedNetwork
from petra.simulator.pages import STYLE, fill, page
from petra.simulator.registry import all_networks
from petra.simulator.world import World

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")
_PROXY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_HALF_JSON = b'{"id": "8137442264207958'


class App:
    """The whole simulator behind one `handle`. `base` is its own address, set once the port is known."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.base = ""
        self.networks = all_networks(world)
        self._control = Control(world, self.networks)
        self._public = next(iter(self.networks.values()))
        self._blog = Blog()

    def handle(self, request: Request) -> Outcome:
        path = request.path
        for network in self.networks.values():
            if network.owns(path):
                return self._call(network, request)
        if path.startswith("/_sim/"):
            return self._control.answer(request)
        if path == "/robots.txt" or path == "/blog" or path.startswith("/blog/"):
            return self._blog.answer(request, self._base_for(request))
        return self._page(request)

    def _page(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"", "text/plain", [("allow", "GET, HEAD")])
        if request.path == "/healthz":
            return Response(200, b"ok", "text/plain")
        if request.path == "/_static/style.css":
            return Response(200, STYLE, "text/css; charset=utf-8", [("cache-control", "max-age=60")])
        if request.path.startswith("/_pictures/"):
            return self._picture(request.path.removeprefix("/_pictures/"))
        return self._public.page(request.path, self._base_for(request))

    def _base_for(self, request: Request) -> str:
        """Return the address the caller knows this server by: behind 0.0.0.0 or a name it is not our own."""
        host = request.headers.get("host", "")
        return f"http://{host}" if _HOST.fullmatch(host) else self.base

    def _picture(self, digest: str) -> Response:
        found = self.world.pictures.read(digest)
        if found is None:
            return page(404, "No such picture", fill("message.html", text="This picture is not here."))
        content_type, content = found
        return Response(200, content, content_type, [("cache-control", "max-age=31536000, immutable")])

    def _call(self, network: SimulatedNetwork, request: Request) -> Outcome:
        if not network.is_api(request.path):
            return network.answer(request, base=self._base_for(request), lag_s=0.0)
        fault = self.world.faults.take(network.key, network.account_of(request), request.method, request.path)
        outcome = self._answer(network, request) if fault is None else self._broken(network, request, fault)
        return self._delayed(outcome)

    def _answer(self, network: SimulatedNetwork, request: Request, fault: Fault | None = None) -> Response:
        """Answer truly and write the call down."""
        account = network.account_of(request)
        lag_s = self.world.faults.lag_s(network.key, account, request.path) if request.method == "GET" else 0.0
        response = network.answer(request, base=self._base_for(request), lag_s=lag_s)
        self._note(network, request, response.status, fault, account)
        return response

    def _broken(self, network: SimulatedNetwork, request: Request, fault: Fault) -> Outcome:
        """Do what the fault says instead of answering truly."""
        match fault.kind:
            case Kind.DROP_BEFORE_APPLY:
                return self._instead(network, request, fault, Drop())
            case Kind.APPLY_THEN_DROP:
                network.answer(request, base=self._base_for(request), lag_s=0.0)
                return self._instead(network, request, fault, Drop())
            case Kind.DELAY_THEN_APPLY:
                return Later(fault.seconds, partial(self._answer, network, request, fault))
            case Kind.EXPIRE_TOKEN | Kind.REVOKE_TOKEN:
                network.strike(fault, request)
                return self._answer(network, request, fault)
            case Kind.MEDIA_FAILS:
                response = self._answer(network, request, fault)
                network.strike(fault, request)
                return response
            case Kind.MALFORMED:
                status = fault.status if fault.is_html else 200
                body = _PROXY_PAGE if fault.is_html else _HALF_JSON
                kind = "text/html" if fault.is_html else "application/json"
                return self._applied(network, request, fault, Response(status, body, kind))
            case _:
                return self._applied(network, request, fault, network.refusal(fault))

    def _applied(self, network: SimulatedNetwork, request: Request, fault: Fault, response: Response) -> Outcome:
        if fault.is_applied or fault.kind is Kind.ERROR_AFTER_APPLY:
            network.answer(request, base=self._base_for(request), lag_s=0.0)
        return self._instead(network, request, fault, response)

    def _instead(self, network: SimulatedNetwork, request: Request, fault: Fault, outcome: Response | Drop) -> Outcome:
        status = outcome.status if isinstance(outcome, Response) else None
        self._note(network, request, status, fault, network.account_of(request))
        return outcome

    def _note(
        self,
        network: SimulatedNetwork,
        request: Request,
        status: int | None,
        fault: Fault | None,
        account: str | None,
    ) -> None:
        kind = fault.kind.value if fault else None
        self.world.journal.note(self.world.clock.now(), network.key, account, request, status, kind)

    def _delayed(self, outcome: Outcome) -> Outcome:
        latency_ms = self.world.settings.latency_ms
        if latency_ms <= 0 or isinstance(outcome, Later):
            return outcome
        return Later(latency_ms / 1000, partial(_same, outcome))


def _same(outcome: Outcome) -> Outcome:
    return outcome
