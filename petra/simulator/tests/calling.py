"""Plain HTTP calls for the simulator's tests: no redirects, no cookies, no proxy."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import httpx2
from PIL import Image

from petra.simulator.pinterest.state import CLIENT_ID, CLIENT_SECRET
from petra.simulator.testing import SimulatedAccount, Simulator


@dataclass(frozen=True)
class Reply:
    status: int
    headers: httpx2.Headers
    content: bytes

    # Any: the simulator's JSON.
    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def text(self) -> str:
        return self.content.decode()


def call(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None, read_s: float = 10
) -> Reply:
    """Make one call. Raises httpx2.TransportError when the connection is broken."""
    transport = httpx2.HTTPTransport(trust_env=False)
    timeouts = {"connect": 5, "read": read_s, "write": 5, "pool": 5}
    request = httpx2.Request(
        method, url, headers=dict(headers or {}), content=content, extensions={"timeout": timeouts}
    )
    try:
        response = transport.handle_request(request)
        return Reply(response.status_code, response.headers, response.read())
    finally:
        transport.close()


def api(
    simulator: Simulator,
    account: SimulatedAccount | str,
    method: str,
    path: str,
    body: object = None,
    *,
    read_s: float = 10,
) -> Reply:
    """Call the API as `account` (or with a bare token)."""
    token = account if isinstance(account, str) else account.access_token
    content = json.dumps(body).encode() if body is not None else None
    return call(
        method,
        simulator.api_base + path,
        headers={"Authorization": f"Bearer {token}"},
        content=content,
        read_s=read_s,
    )


def token_call(simulator: Simulator, form: Mapping[str, str], *, secret: str = CLIENT_SECRET) -> Reply:
    """Call the token endpoint."""
    basic = b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    return call("POST", f"{simulator.api_base}/oauth/token", headers=headers, content=urlencode(form).encode())


def jpeg(width_px: int, height_px: int) -> bytes:
    """Return a real picture."""
    content = BytesIO()
    Image.new("RGB", (width_px, height_px), "teal").save(content, "JPEG")
    return content.getvalue()


def pin(account: SimulatedAccount, **change: object) -> dict[str, object]:
    """Return the body of a Pin on the account's first board."""
    return {
        "board_id": account.boards[0].id,
        "title": "A Pin",
        "link": "https://blog.example/a?utm_content=m-1",
        "media_source": {"source_type": "image_url", "url": "https://cdn.blog.example/1.jpg"},
        **change,
    }
