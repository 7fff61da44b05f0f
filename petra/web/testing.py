"""A running web process for tests: the real server, on the test's database, with committed rows.

    def test_something(live):
        urlopen(f"{live.base}/healthz")

Import the fixtures `collected` and `live` in a conftest. What a test commits is taken away after it (`real_people`).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from petra.lib import seal
from petra.tenancy.models import User

_READY_S = 60.0


@dataclass
class Live:
    """A running installation. `sign_in` gives the cookie of a person."""

    base: str
    people: Any  # the root conftest's People
    home: Path
    environment: dict[str, str]
    web: subprocess.Popen[bytes]
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def cookie_of(self, user: User) -> str:
        """Sign a person in and give the session's key."""
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker; it ends with the installation."""
        worker = subprocess.Popen([sys.executable, "-m", "petra.worker"], env=self.environment)
        self.others.append(worker)
        return worker


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(there: Callable[[], bool], *, within_s: float = 10.0, what: str = "it") -> None:
    """Wait until something is so. Fails when it is not in time."""
    until = time.monotonic() + within_s
    while not there():
        if time.monotonic() > until:
            pytest.fail(f"waited {within_s:g} s for {what}")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def stop(process: subprocess.Popen[bytes], *, within_s: float = 15.0) -> float:
    """Ask a process to end and wait for it. Gives how long it took; kills it, and fails, where it does not."""
    began = time.monotonic()
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        pytest.fail("a process did not end when it was asked to")
    return time.monotonic() - began


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the static files collected once for all journeys."""
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "PETRA_HOME": str(home), "DATABASE_POOL": "0"}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0", "--skip-checks"], env=environment, check=True
    )
    return home


@pytest.fixture
def live(real_people: Any, collected: Path, settings: object, request: pytest.FixtureRequest) -> Iterator[Live]:
    """The installation: a web process on a free port, with the simulator if the test asks for `simulator` as well.

    The doors of `ai_double` (petra/ai/testing.py) and of a `blog` are open to it where a test asks for them."""
    (collected / "files").mkdir(exist_ok=True)
    settings.MEDIA_ROOT = collected / "files"  # type: ignore[attr-defined]
    keys = seal.new_key()
    settings.PETRA_KEYS = keys  # type: ignore[attr-defined]
    environment = {
        **os.environ,
        "PETRA_HOME": str(collected),
        "PETRA_KEYS": keys,
        "SECRET_KEY": settings.SECRET_KEY,  # type: ignore[attr-defined]
        "PETRA_LOG_LEVEL": "WARNING",
        "DATABASE_POOL": "32",
    }
    if "simulator" in request.fixturenames:
        simulator = request.getfixturevalue("simulator")
        environment["SIMULATOR_URL"] = simulator.base
        environment["PETRA_ALLOW_PRIVATE"] = simulator.base.removeprefix("http://")  # its blog
        environment |= {"PETRA_IMPORT_GAP_S": "0.05", "PETRA_WRITE_GAP_S": "1", "PETRA_LOOKS_S": "1,2,3"}
        settings.SIMULATOR_URL = simulator.base  # type: ignore[attr-defined]
    for name in {"ai_double", "blog"} & set(request.fixturenames):
        door = f"127.0.0.1:{request.getfixturevalue(name).port}"
        doors = filter(None, (environment.get("PETRA_ALLOW_PRIVATE"), door))
        environment["PETRA_ALLOW_PRIVATE"] = ",".join(doors)
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "petra.asgi:application", "--port", str(port), "--log-level", "warning"]
    web = subprocess.Popen([*command, "--lifespan", "off", "--no-access-log"], env=environment)
    running = Live(f"http://127.0.0.1:{port}", real_people, collected, environment, web)
    try:
        wait_for(lambda: _answers(f"{running.base}/healthz"), within_s=_READY_S, what="the web process")
        yield running
    finally:
        for process in [*running.others, web]:
            if process.poll() is None:
                stop(process)
        shutil.rmtree(collected / "files", ignore_errors=True)
