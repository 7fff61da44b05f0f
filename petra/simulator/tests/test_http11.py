"""The server's manners, byte by byte."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from petra.simulator.testing import Simulator


def talk(simulator: Simulator, *pieces: bytes) -> bytes:
    """Send the pieces and read until the server closes or is silent."""
    address = urlsplit(simulator.base)
    with socket.create_connection((address.hostname or "", address.port or 0), 5) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.settimeout(0.3)
        received = b""
        try:
            while data := connection.recv(65536):
                received += data
        except TimeoutError:
            pass
        return received


HEALTH = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"


def test_requests_follow_each_other_on_one_connection(simulator: Simulator) -> None:
    assert talk(simulator, HEALTH, HEALTH).count(b"200 OK") == 2
    assert talk(simulator, HEALTH + HEALTH + HEALTH).count(b"200 OK") == 3


def test_answers_keep_their_order_while_one_waits(simulator: Simulator) -> None:
    simulator.settings(latency_ms=100)
    answer = talk(simulator, b"GET /v5/boards HTTP/1.1\r\nhost: x\r\n\r\n" + HEALTH)
    assert answer.index(b"401 Unauthorized") < answer.index(b"200 OK")


def test_request_may_come_in_crumbs(simulator: Simulator) -> None:
    crumbs = [HEALTH[at : at + 5] for at in range(0, len(HEALTH), 5)]
    assert talk(simulator, *crumbs).startswith(b"HTTP/1.1 200 OK")


def test_head_has_no_body(simulator: Simulator) -> None:
    answer = talk(simulator, b"HEAD /healthz HTTP/1.1\r\n\r\n")
    assert b"content-length: 2" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_close_is_honoured(simulator: Simulator) -> None:
    answer = talk(simulator, b"GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n" + HEALTH)
    assert answer.count(b"200 OK") == 1
    assert b"connection: close" in answer


def test_expectation_is_met(simulator: Simulator) -> None:
    head = b"POST /_sim/clock HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
    address = urlsplit(simulator.base)
    with socket.create_connection((address.hostname or "", address.port or 0), 10) as connection:
        connection.sendall(head)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: many\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: -5\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", b"413"),
        (b"GET /" + b"x" * 70_000, b"431"),
    ],
)
def test_what_is_no_request_is_refused_and_the_server_lives(
    simulator: Simulator, request_: bytes, status: bytes
) -> None:
    assert talk(simulator, request_).startswith(b"HTTP/1.1 " + status)
    assert talk(simulator, HEALTH).startswith(b"HTTP/1.1 200")
