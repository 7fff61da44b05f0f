from __future__ import annotations

import hashlib
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from petra.networks.contract import (
    App,
    Cause,
    Media,
    MediaKind,
    NeedsReconnect,
    NetworkError,
    OutcomeUnknown,
    Payload,
    Rejected,
    Tokens,
    TryLater,
    encode_body,
)
from petra.networks.registry import NETWORKS, network


@pytest.mark.parametrize("kind", [Rejected, NeedsReconnect, TryLater, NetworkError])
def test_failure_carries_what_the_core_needs(kind: type[NetworkError]) -> None:
    error = kind("Something a person can read.", cause=Cause.TRANSIENT, detail="x" * 5000, status=400)
    assert isinstance(error, NetworkError)
    assert error.for_person == "Something a person can read."
    assert len(error.detail) == 2000
    assert error.status == 400
    assert str(error) == "transient: Something a person can read."


def test_defaults_promise_nothing() -> None:
    assert TryLater("Later.", cause=Cause.TRANSIENT).after_s is None
    assert Rejected("No.", cause=Cause.SPAM_BLOCK).cool_down_s == 0
    unknown = OutcomeUnknown("Unknown.")
    assert (unknown.cause, unknown.detail, unknown.status) == (Cause.AMBIGUOUS, "", None)


def test_body_is_written_one_way() -> None:
    assert (
        encode_body({"b": "ü", "a": [1, None]})
        == encode_body({"a": [1, None], "b": "ü"})
        == b'{"a":[1,null],"b":"\\u00fc"}'
    )
    assert encode_body({"a": "\ud800"}) == b'{"a":"\\ud800"}', "half a character must not stop a post"


def test_digest_names_the_bytes() -> None:
    payload = Payload({"a": 1})
    assert payload.digest == hashlib.sha256(b'{"a":1}').hexdigest()
    assert "a" not in repr(payload).removeprefix("Payload").replace(payload.digest, "").replace("digest=", "")


def test_secrets_are_not_shown() -> None:
    tokens = Tokens(access="canary-1", refresh="canary-2", access_expires_at=None, refresh_expires_at=None, scopes=())
    app = App("id", "canary-3", "https://a", "https://b", "https://c")
    assert "canary" not in repr(tokens) + repr(app) + str(tokens) + str(app)


def test_media_is_read_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    media = Media(MediaKind.IMAGE, "image/jpeg", 1, 1, 3, str(path))
    with pytest.raises(FileNotFoundError):
        media.read()
    path.write_bytes(b"abc")
    assert media.read() == b"abc"
    with pytest.raises(FrozenInstanceError):
        media.width_px = 2  # type: ignore[misc]
    assert replace(media, width_px=2).width_px == 2


def test_every_network_stands_under_its_key() -> None:
    assert all(network(key) is adapter and adapter.key == key for key, adapter in NETWORKS.items())
    with pytest.raises(KeyError):
        network("unknown")
