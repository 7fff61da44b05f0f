"""Our writer against a foreign server of models: aimock, in OpenAI's, Anthropic's and Google's wire formats.

`npm ci` in tests/vendor/aimock installs it.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from conftest import needed
from petra.ai import ladder, providers
from petra.ai.access import Access, Provider
from petra.ai.contract import Brand, Cause, Picture, Request, Source, Turn, Words, WriterFailed
from petra.lib import clock

HERE = Path(__file__).parent
SERVER = HERE.parents[2] / "tests" / "vendor" / "aimock" / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
KEY = "sk-aimock-c4n4ry-5ac1"
ASKED = Request(
    Source(
        title="Kürbissuppe",
        text="Diese Suppe wärmt an kalten Abenden die ganze Familie.",
        language="de",
        pictures=(Picture("image/png", b"picture"),),
    ),
    brand=Brand(alt_text_opening="Bild von"),
)


@dataclass(frozen=True)
class Aimock:
    """The running server."""

    port: int

    def access(self, provider: Provider = Provider.COMPATIBLE, *, key: str = KEY) -> Access:
        return Access(
            provider,
            key,
            f"http://127.0.0.1:{self.port}/v1",
            "" if provider is not Provider.COMPATIBLE else "some-model",
            10.0,
            frozenset({("127.0.0.1", self.port)}),
        )

    def journal(self) -> list[dict[str, Any]]:
        return list(json.loads(self.ask("GET", "/__aimock/journal").content))

    def ask(self, method: str, path: str) -> httpx2.Response:
        with httpx2.Client(trust_env=False) as client:
            return client.request(
                method, f"http://127.0.0.1:{self.port}{path}", headers={"authorization": f"Bearer {KEY}"}
            )


@pytest.fixture(scope="module")
def running() -> Iterator[Aimock]:
    node = shutil.which("node")
    if node is None or not SERVER.exists():
        needed("aimock is not installed: run `npm ci` in tests/vendor/aimock")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [
        str(node),
        str(SERVER),
        "-p",
        str(port),
        "-f",
        str(HERE / "aimock.json"),
        "--strict",
        "--log-level",
        "warn",
    ]
    environment = {"PATH": os.environ["PATH"], "AIMOCK_API_KEYS": KEY}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield _awake(Aimock(port))
        finally:
            process.terminate()


def _awake(server: Aimock) -> Aimock:
    until = clock.monotonic() + 20
    while True:
        try:
            server.journal()
        except (httpx2.HTTPError, ValueError):
            assert clock.monotonic() < until, "aimock did not start"
            clock.sleep(0.05)
        else:
            return server


@pytest.fixture
def aimock(running: Aimock) -> Aimock:
    ladder.forget()
    running.ask("POST", "/__aimock/reset/journal")
    return running


def about(title: str) -> Request:
    return replace(ASKED, source=replace(ASKED.source, title=title))


def test_words_come_from_a_foreign_server_and_it_got_everything(aimock: Aimock) -> None:
    for on_partial in (None, lambda words: True):
        written = providers.writer_for(aimock.access()).write(ASKED, on_partial=on_partial)
        assert written.words.title == "Kürbissuppe mit Ingwer in 40 Minuten"
        assert written.words.topics == ("kürbissuppe", "herbstküche")
        assert (written.usage.input_tokens, written.usage.output_tokens) == (900, 120)
        assert not written.usage.is_estimated
    told = json.dumps(aimock.journal()[-1]["body"], ensure_ascii=False)
    assert "data:image/png;base64,cGljdHVyZQ==" in told
    assert "Diese Suppe wärmt an kalten Abenden" in told
    assert "alt_text" in told


@pytest.mark.parametrize("provider", [Provider.OPENAI, Provider.ANTHROPIC, Provider.GOOGLE], ids=str)
def test_other_wire_formats_are_understood(aimock: Aimock, provider: Provider) -> None:
    address = f"http://127.0.0.1:{aimock.port}" + ("/v1" if provider is Provider.OPENAI else "")
    for on_partial in (None, lambda words: True):
        writer = providers.writer_for(aimock.access(provider), address=address)
        written = writer.write(ASKED, on_partial=on_partial)
        assert written.words.alt_text == "Bild von einer Schale oranger Suppe mit Kürbiskernen"
        assert (written.usage.input_tokens, written.usage.output_tokens) == (900, 120)
        assert written.usage.cost_usd


def test_feedback_arrives_as_a_conversation(aimock: Aimock) -> None:
    before = Words("Ein zu langer Titel", "Eine Suppe.", "Bild von Suppe")
    written = providers.writer_for(aimock.access()).write(replace(ASKED, turns=(Turn(before, "Kürzer bitte"),)))
    assert written.words.title == "Kürbissuppe mit Ingwer"
    messages = aimock.journal()[-1]["body"]["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert "Ein zu langer Titel" in messages[2]["content"]


def test_a_title_too_long_is_mended(aimock: Aimock) -> None:
    written = providers.writer_for(aimock.access()).write(about("Soup too long"))
    assert (written.asked, written.words.title) == (2, "Kürbissuppe mit Ingwer in 40 Minuten")


def test_a_fence_and_a_refused_schema_are_no_hindrance(aimock: Aimock) -> None:
    for title in ("Soup in a fence", "Soup of no form"):
        written = providers.writer_for(aimock.access()).write(about(title))
        assert written.words.title == "Kürbissuppe mit Ingwer in 40 Minuten"


def test_a_slow_line_shows_words_as_they_come(aimock: Aimock) -> None:
    seen: list[Words] = []

    def watch(words: Words) -> bool:
        seen.append(words)
        return True

    providers.writer_for(aimock.access()).write(about("Soup on a slow line"), on_partial=watch)
    assert len({words.title + words.description for words in seen}) >= 3


@pytest.mark.parametrize(
    ("title", "cause", "wait_s"),
    [
        ("Soup on a bad line", Cause.UNREACHABLE, None),
        ("Too many soups", Cause.RATE, 2.0),
        ("Soup kitchen closed", Cause.PROVIDER_ERROR, None),
    ],
)
def test_foreign_trouble_has_its_cause(aimock: Aimock, title: str, cause: Cause, wait_s: float | None) -> None:
    with pytest.raises(WriterFailed) as caught:
        providers.writer_for(aimock.access()).write(about(title), on_partial=lambda words: True)
    assert (caught.value.cause, caught.value.retry_after_s) == (cause, wait_s)


def test_a_wrong_key_is_refused(aimock: Aimock) -> None:
    with pytest.raises(WriterFailed) as caught:
        providers.writer_for(aimock.access(key="sk-wrong-c4n4ry-77")).write(ASKED)
    assert caught.value.cause is Cause.KEY_REFUSED
    assert "c4n4ry" not in caught.value.detail
