"""`python -m petra.simulator`: run the simulated networks in this process."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from petra.simulator.running import StateFileUnusable, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="petra.simulator", description="Run the simulated networks.")
    parser.add_argument("--port", type=_port, default=8100, help="0 takes any free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, default=None, help="keep the state in this file")
    parser.add_argument("--seed", type=int, default=None, help="make ids, tokens and chance repeatable")
    parser.add_argument("--latency-ms", type=_wait, default=0.0, help="wait this long before every answer")
    asked = parser.parse_args()
    try:
        run(
            port=asked.port,
            host=asked.host,
            state_file=asked.state,
            seed=asked.seed,
            latency_ms=asked.latency_ms,
            ready=lambda base: print(f"Simulator ready on {base}", flush=True),  # noqa: T201  for who starts it
        )
    except (OSError, StateFileUnusable) as error:
        sys.stderr.write(f"The simulator could not start: {error}\n")
        return 1
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: 0 to 65535")
    return int(text)


def _wait(text: str) -> float:
    try:
        milliseconds = float(text)
    except ValueError:
        milliseconds = -1.0
    if not 0 <= milliseconds <= 600_000:
        raise argparse.ArgumentTypeError(f"{text} is not a wait: 0 to 600000 milliseconds")
    return milliseconds


if __name__ == "__main__":
    sys.exit(main())
