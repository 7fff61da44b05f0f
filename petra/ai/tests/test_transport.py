"""The way to a provider is guarded: a workspace names the address, so nothing private is asked unless it was opened."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from petra.ai import providers
from petra.ai.access import Access, Provider
from petra.ai.contract import Cause, Request, Source, WriterFailed
from petra.ai.scripted import Answer
from petra.ai.testing import AiDouble
from petra.ai.transport import MAX_ANSWER_BYTES, Door
from petra.lib import clock
from petra.lib.addresses import BadAddress

ASKED = Request(Source("Pumpkin soup", text="This soup warms the whole family.", language="en"))


def failure(access: Access) -> WriterFailed:
    for ask in (lambda: providers.models(access), lambda: providers.check(access)):
        with pytest.raises(WriterFailed):
            ask()
    with pytest.raises(WriterFailed) as caught:
        providers.writer_for(access).write(ASKED)
    return caught.value


def test_the_private_network_is_asked_only_where_the_operator_opened_it(ai_double: AiDouble) -> None:
    ai_double.key = ""
    closed = replace(ai_double.access(), may_be_private=frozenset())
    refused = failure(closed)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = failure(
        replace(closed, base_url=f"http://127.0.0.1:{port}/v1", may_be_private=frozenset({("127.0.0.1", port)}))
    )
    assert (refused.cause, refused.detail) == (nobody.cause, nobody.detail) == (Cause.UNREACHABLE, "")
    for other in ("http://localhost", "http://[::1]", "http://0.0.0.0", "http://[::ffff:127.0.0.1]"):
        assert failure(replace(closed, base_url=f"{other}:{ai_double.port}/v1")).cause in (
            Cause.UNREACHABLE,
            Cause.BAD_ADDRESS,
        )
    another = frozenset({("127.0.0.1", ai_double.port + 1)})
    assert failure(replace(closed, may_be_private=another)).cause is Cause.UNREACHABLE
    assert ai_double.journal == []
    assert providers.check(ai_double.access())


@pytest.mark.parametrize(
    ("address", "has_key"),
    [
        ("http://models.example.org/v1", True),  # the key would be seen on its way
        ("https://models.example.org:25/v1", False),
        ("ftp://models.example.org/v1", False),
        ("https://user:word@models.example.org/v1", False),
        ("https://2130706433/v1", False),
        ("models.example.org", False),
        ("", False),
    ],
)
def test_odd_addresses_are_refused_before_anything_is_looked_up(address: str, has_key: bool) -> None:
    with pytest.raises(BadAddress):
        Door(address, has_key=has_key, timeout_s=1)
    error = failure(Access(Provider.COMPATIBLE, "some-key" if has_key else "", address, "m", 1))
    assert error.cause is Cause.BAD_ADDRESS
    assert error.detail.endswith(".")


def test_a_name_is_looked_up_once_and_refused_with_any_private_number() -> None:
    looked_up = []

    def resolve(name: str, port: int) -> list[str]:
        looked_up.append((name, port))
        return ["93.184.215.14", "10.0.0.7"]

    async def ask() -> None:
        door = Door("https://models.example.org/v1", has_key=True, timeout_s=2, resolve=resolve)
        with pytest.raises(httpx2.ConnectError):
            await door.client.get("https://models.example.org/v1/models")
        await door.client.aclose()

    asyncio.run(ask())
    assert looked_up == [("models.example.org", 443)]


def test_only_the_provider_s_own_host_is_asked(ai_double: AiDouble) -> None:
    async def ask(url: str) -> Door:
        door = Door(ai_double.url, has_key=True, timeout_s=2, may_be_private=ai_double.doors)
        with pytest.raises(httpx2.TransportError):
            await door.client.get(url)
        await door.client.aclose()
        return door

    for url in (
        f"http://localhost:{ai_double.port}/v1/models",
        "https://example.org/",
        f"https://127.0.0.1:{ai_double.port}/",
    ):
        door = asyncio.run(ask(url))
        assert door.trouble is not None
        assert door.trouble.cause is Cause.BAD_ADDRESS
    assert ai_double.journal == []


def test_an_answer_without_an_end_is_cut(ai_double: AiDouble) -> None:
    endless = Answer("endless", raw=b'{"a": "' + b"x" * MAX_ANSWER_BYTES + b'"}')
    for on_partial in (None, lambda words: True):
        ai_double.script(endless)
        with pytest.raises(WriterFailed) as caught:
            providers.writer_for(ai_double.access()).write(ASKED, on_partial=on_partial)
        assert (caught.value.cause, "longer" in caught.value.detail) == (Cause.BAD_ANSWER, True)


def test_packed_answers_are_not_unpacked(ai_double: AiDouble) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    ai_double.script(Answer("bomb", raw=bomb, headers={"content-encoding": "gzip"}))
    with pytest.raises(WriterFailed) as caught:
        providers.writer_for(ai_double.access()).write(ASKED)
    assert (caught.value.cause, "packed" in caught.value.detail) == (Cause.BAD_ANSWER, True)


def test_a_certificate_of_its_own_making_is_named_as_the_cause(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "models.internal")])
    now = clock.now()
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    kept = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    kept += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "pem").write_bytes(kept)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]

        def serve() -> None:
            for _ in range(3):  # `failure` asks in three ways
                connection, _ = door.accept()
                with connection, suppress(OSError):
                    context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        opened = frozenset({("127.0.0.1", port)})
        error = failure(Access(Provider.COMPATIBLE, "a-key", f"https://127.0.0.1:{port}/v1", "m", 5, opened))
        thread.join(5)
    assert (error.cause, error.detail) == (Cause.UNREACHABLE, "Its certificate can't be trusted.")
