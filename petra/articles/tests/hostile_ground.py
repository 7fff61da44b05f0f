"""Where hostile inputs are tried: a sandbox, a blog on loopback, a network that counts who leaves. Pages that weigh."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpcore2
import pytest

from bench import measuring
from bench.measuring import Watch
from petra.articles.pages.extract import Extracted
from petra.articles.sandbox import nursery
from petra.articles.sandbox.sandbox import PageTooHeavy, Sandbox
from petra.articles.tests.blog_server import BlogServer
from petra.lib.addresses import BadAddress
from petra.lib.errors import ProductError
from petra.lib.outbound import Outbound
from petra.lib.tests.raw_server import raw_server

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://bread.example/2025/rye-bread/"
GOOD = (
    b"<html><head><title>Rye</title></head><body><article><p>"
    + b"Bread needs time. " * 60
    + b"</p></article></body></html>"
)
MOST_MB = 300


def page(inside: str, head: str = "") -> bytes:
    """Write an article's page."""
    body = f"<body><article><h1>Rye</h1>{inside}</article></body>"
    return f"<html><head><title>Rye</title>{head}</head>{body}</html>".encode()


HEAVY = {
    "nested": page("<div>" * 100_000 + "text"),
    "formatting": page("<b><i><a>" * 70_000 + "text"),
    "unclosed": page("<b>" * 200_000 + "text"),
    "spaces": page("<p>" + " " * 1_000_000 + "</p>"),
    "attribute": page(f'<p class="{"a" * 3_000_000}" title="{"b " * 1_000_000}">text</p>'),
    "title": page("<p>text</p>", head=f"<meta property='og:title' content='{'Rye ' * 1_300_000}'>"),
    "paragraphs": page("<p>Bread needs flour, water, salt and time.</p>" * 450_000),
    "links": page("".join(f'<a href="/{n}">link {n}</a> ' for n in range(100_000))),
    "pictures": page("".join(f'<img src="/{n}.jpg" width=900 height=900>' for n in range(50_000))),
    "table": page('<table><tr><td colspan="9007199254740991" rowspan="9007199254740991">x</td></tr></table>'),
    "cells": page("<table>" + "<tr><td>a<td>b" * 200_000),
    "breaks": page("<p>" + "a<br>" * 1_000_000),
    "attributes": page("<p a=1 b=2 c=3 d=4 e=5 class='x y z' id=q>t" * 110_000),
    "noscripts": page("<noscript><img src=/a.jpg></noscript>" * 60_000),
    "open scripts": page("<script>" * 600_000),
    "faces": page("<p>" + "\U0001f600 " * 1_000_000),
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><html><body>&b;</body></html>',
    "five megabytes": page("<p>" + "word " * 1_500_000),
}


@dataclass
class Ground:
    """What a check may use. `left` lists the numbers somebody tried to connect to while `sealed`."""

    sandbox: Sandbox
    blog: BlogServer
    patch: pytest.MonkeyPatch
    left: list[str] = field(default_factory=list)

    def read(self, body: bytes, content_type: str = "text/html; charset=utf-8", url: str = URL) -> Extracted | None:
        """Read a page, None where it was given up; afterwards a good page must still be read."""
        try:
            found = self.sandbox.extract(body, url=url, content_type=content_type, item=None, now=NOW)
        except PageTooHeavy:
            found = None
        good = self.sandbox.extract(GOOD, url=URL, content_type="text/html", item=None, now=NOW)
        assert good is not None and good.title == "Rye"
        return found

    def seal(self) -> None:
        """Let no connection be made; who tries is noted."""

        def connect(_self: object, host: str, *_: object, **__: object) -> httpcore2.NetworkStream:
            self.left.append(host)
            raise httpcore2.ConnectError("sealed")

        self.patch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)

    def stopped(self, *addresses: str, numbers: Sequence[str] | None = None) -> None:
        """Assert that none of these is connected to, whatever the look-up says."""
        self.seal()
        resolve = None if numbers is None else lambda _name, _port: list(numbers)
        with Outbound(resolve=resolve, deadline_s=5) as client:
            for address in addresses:
                with pytest.raises(ProductError):
                    client.get(address, max_bytes=100)
        assert self.left == []

    def refused(self, *addresses: str) -> None:
        """Assert that these are refused by their form, before any look-up."""

        def resolve(name: str, _port: int) -> list[str]:
            raise AssertionError(f"{name} was looked up")

        with Outbound(resolve=resolve) as client:
            for address in addresses:
                with pytest.raises(BadAddress):
                    client.get(address, max_bytes=100)


def elsewhere(file: str, *names: str) -> Callable[[Ground], None]:
    """Point to tests that try an input where its rules live; fails when one of them is gone."""

    def check(_ground: Ground) -> None:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        known = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert set(names) <= known, f"{file} lost {set(names) - known}"

    return check


def all_of(*checks: Callable[[Ground], None]) -> Callable[[Ground], None]:
    """Make one check of several."""

    def check(ground: Ground) -> None:
        for one in checks:
            one(ground)

    return check


@contextmanager
def raw_answer(answer: bytes) -> Iterator[int]:
    """Serve one exchange of raw bytes on loopback; gives the port."""
    with raw_server(lambda connection: connection.sendall(answer)) as port:
        yield port


def watch() -> Watch:
    """Watch what the readers hold in memory while something runs."""
    return Watch(lambda: measuring.children(nursery.pid() or 0), every_s=0.02)
