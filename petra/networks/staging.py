"""Where the conformance tests play: one adapter, its simulated network and an account on it, with a few short acts.

Used by `conformance.py` and the adapters' tests only; not part of the running product.
"""
# ruff: noqa: S101  tests

from __future__ import annotations

import json
import re
import traceback
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from petra.networks.client import Client, Observer
from petra.networks.contract import Absent, App, Draft, Found, Media, MediaKind, Network, NetworkError, Sent, Target

MARKER: Final = "019aa0b1-5c1e-7d33-8a55-0123456789ab"
LINK: Final = "https://blog.example/a/salad?ref=1&q=%C3%BC#top"
PICTURE: Final = "https://cdn.blog.example/salad.jpg"
VERIFIER: Final = "conformance-verifier-0123456789-abcdefghijklmnopqrstuvwxyz"


class SimulatorHandle(Protocol):
    """What a stage uses of `petra.simulator.testing.Simulator`."""

    def fault(self, kind: str, **values: object) -> int: ...
    def clear_faults(self) -> None: ...
    def pins(self, *, account: str | None = None, marker: str | None = None) -> list[dict[str, Any]]: ...
    def make_pins(self, board_id: str, **asked: object) -> list[str]: ...
    def log(self, **wanted: str) -> list[dict[str, Any]]: ...
    def settings(self, **values: object) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Stage:
    """One adapter, its simulated network, and an account on it."""

    network: Network
    simulator: SimulatorHandle
    app: App
    username: str
    access_token: str
    refresh_token: str
    target: Target
    section: Target | None  # a section of the target, where the network has them
    create_path: str  # as the simulator logs it
    folder: Path  # for pictures
    narrow_token: str  # of the same account, with one needed scope missing
    transport: httpx2.BaseTransport | None = None  # for those who listen in

    def client(
        self,
        *,
        token: str | None = None,
        observe: Observer | None = None,
        transport: httpx2.BaseTransport | None = None,
        read_s: float = 30.0,
    ) -> Client:
        return Client(
            base_url=self.app.api_base,
            page_base=self.app.page_base,
            now=now,
            access_token=token or self.access_token,
            observe=observe,
            transport=transport or self.transport,
            read_s=read_s,
        )

    def client_of_app(self) -> Client:
        """Make a client without an account, for connecting one."""
        return Client.for_app(self.app, now=now, transport=self.transport)

    def picture(self, *, name: str = "picture.jpg", public_url: str | None = None) -> Media:
        """Make a picture of the network's best size; a header is all that simulators read."""
        limits = self.network.limits
        content = jpeg(limits.best_width_px, limits.best_height_px)
        path = self.folder / name
        path.write_bytes(content)
        return Media(
            kind=MediaKind.IMAGE,
            content_type="image/jpeg",
            width_px=limits.best_width_px,
            height_px=limits.best_height_px,
            size_bytes=len(content),
            path=str(path),
            public_url=public_url,
        )

    def draft(self, *, marker: str = MARKER, target: Target | None = None) -> Draft:
        return Draft(
            title="Ten summer salads",
            description="Quick, cold, green. Für alle.",
            alt_text="Bowl of green salad on a table",
            link=self.network.mark_link(LINK, marker),
            media=(self.picture(),),
            target=target or self.target,
        )

    def send(self, draft: Draft | None = None, *, client: Client | None = None) -> Sent:
        wanted = draft or self.draft()
        target = wanted.target or self.target
        sent = self.network.send(client or self.client(), target, self.network.payload(wanted))
        assert isinstance(sent, Sent)
        return sent

    def break_sending(self, kind: str, **values: object) -> None:
        self.simulator.fault(kind, method="POST", path=self.create_path, **values)

    def find(self, *, marker: str = MARKER, target: Target | None = None) -> Found | Absent:
        return self.network.find(self.client(), target or self.target, marker, now())

    def count(self, marker: str = MARKER) -> int:
        return len(self.simulator.pins(account=self.username, marker=marker))

    def creating_calls(self) -> list[dict[str, Any]]:
        return self.simulator.log(account=self.username, method="POST", path=self.create_path)

    def approve(self, consent_url: str) -> dict[str, str]:
        """Press Allow on the consent page; return what came back in the address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(consent_url).query).items()}
        form = urlencode({**asked, "profile": self.username, "decision": "allow"}).encode()
        address = consent_url.partition("?")[0]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere())
        with opener.open(address, form, timeout=10) as page:
            location = page.headers["location"]
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


class _StayHere(urllib.request.HTTPErrorProcessor):
    """Take a redirect as an answer, like any other."""

    def http_response(self, request: object, response: Any) -> Any:  # as the base class
        return response

    https_response = http_response


def now() -> datetime:
    return datetime.now(UTC)


def jpeg(width_px: int, height_px: int) -> bytes:
    """Return the beginning of a JPEG of that size, enough for whoever reads headers only."""
    size = height_px.to_bytes(2, "big") + width_px.to_bytes(2, "big")
    start = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return start + b"\xff\xc0\x00\x11\x08" + size + b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9"


def fields_of(draft: Draft, network: Network) -> list[str]:
    """Name the fields with blocking problems."""
    return [problem.field for problem in network.problems(draft) if problem.is_blocking]


def assert_is_a_sentence(text: str) -> None:
    assert text == text.strip()
    assert text[0].isupper()
    assert text[-1] in ".!?"
    assert not re.search(r"https?://|[{}<>\[\]]|\d{7,}", text), "no address, markup or id on a page"


def assert_tells_no_secret(error: BaseException, secrets: Iterable[str]) -> None:
    """Check everything that may be shown, stored or logged of an error, chained ones included."""
    told = ["".join(traceback.format_exception(error)), repr(error), str(error)]
    if isinstance(error, NetworkError):
        told += [error.detail, error.for_person]
    for secret in secrets:
        assert not any(secret in text for text in told)


class WithoutRefreshToken(httpx2.BaseTransport):
    """Passes calls on and takes the refresh token out of the answers, as some token endpoints do."""

    def __init__(self) -> None:
        self._real = httpx2.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._real.handle_request(request)
        body = json.loads(answer.read())
        answer.close()
        body.pop("refresh_token", None)
        return httpx2.Response(answer.status_code, json=body)

    def close(self) -> None:
        self._real.close()


def wait_until(is_so: Callable[[], bool], *, most_s: float = 5.0) -> None:
    """Wait for something in another process, at most `most_s`."""
    end = monotonic() + most_s
    while not is_so():
        assert monotonic() < end, "it did not come about in time"
        sleep(0.05)
