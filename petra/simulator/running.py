"""Run the simulator: one process, one event loop, until it is told to stop. State may outlive it in a file."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from petra.simulator.app import App
from petra.simulator.http11 import Connection
from petra.simulator.world import World

_SAVE_EVERY_S: Final = 0.5


class StateFileUnusable(Exception):
    """The state file is not one of ours, or can't be written. The text says which file."""


def run(
    *,
    port: int = 8100,
    host: str = "127.0.0.1",
    state_file: Path | None = None,
    seed: int | None = None,
    latency_ms: float = 0.0,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. `ready` is called once with the address. Port 0 takes any free one.

    Raises OSError when the port is taken, StateFileUnusable when the file can't be read or written.
    """
    pictures = state_file.with_name(state_file.name + ".pictures") if state_file else None
    app = App(World(seed=seed, latency_ms=latency_ms, pictures=pictures))
    _load(app, state_file)
    asyncio.run(_serve(app, port=port, host=host, state_file=state_file, ready=ready))


async def _serve(
    app: App, *, port: int, host: str, state_file: Path | None, ready: Callable[[str], None] | None
) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(app.handle, loop), host, port, backlog=1024)
    actual_port = server.sockets[0].getsockname()[1]
    app.base = f"http://{f'[{host}]' if ':' in host else host}:{actual_port}"
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if ready is not None:
        ready(app.base)
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), _SAVE_EVERY_S if state_file else None)
        except TimeoutError:
            _save(app, state_file)
    server.close()
    _save(app, state_file)


def _save(app: App, state_file: Path | None) -> None:
    if state_file is None or not app.world.is_changed:
        return
    networks = {key: network.as_json() for key, network in app.networks.items()}
    text = json.dumps({"version": 1, "world": app.world.as_json(), "networks": networks})
    state_file.parent.mkdir(parents=True, exist_ok=True)
    aside = state_file.with_name(state_file.name + ".new")
    aside.touch(mode=0o600)  # it holds simulated tokens; no other user needs them
    aside.write_text(text, encoding="utf-8")
    aside.replace(state_file)
    app.world.is_changed = False


def _load(app: App, state_file: Path | None) -> None:
    if state_file is not None and state_file.exists():
        try:
            # Any: our own file, written by _save.
            saved: dict[str, Any] = json.loads(state_file.read_text(encoding="utf-8"))
            app.world.load(**saved["world"])
            for key, network in app.networks.items():
                network.load(saved["networks"].get(key, {}))
        except (ValueError, KeyError, TypeError) as error:
            raise StateFileUnusable(f"{state_file} is not a state file of the simulator") from error
    for network in app.networks.values():
        network.set_profile("default")
    app.world.is_changed = True
    try:
        _save(app, state_file)
    except OSError as error:
        raise StateFileUnusable(f"{state_file} can't be written: {error.strerror}") from error
