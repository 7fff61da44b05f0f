"""A provider's own sentence is shown without anything like a key; its status and codes have one cause each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petra.ai import failing, ladder
from petra.ai.contract import Cause
from petra.ai.failing import cleaned, of_key, of_status, sentence_of
from petra.ai.ladder import Form, Manner
from petra.lib import clock

KEY = "sk-proj-Abc123Def456Ghi789"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"Wrong key {KEY}.", "Wrong key …."),
        ("Incorrect API key provided: sk-abc12***********wxyz.", "Incorrect API key provided: …."),
        ("You sent sk-ant-api03-aaaabbbbcccc1111 here", "You sent … here"),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuv is not valid", "… is not valid"),
        ("Use a shorter text,\n\t\x00 please", "Use a shorter text, please"),
        ("The model `llama3.1:8b-instruct` does not exist", "The model `llama3.1:8b-instruct` does not exist"),
        ("Rate limit reached for gpt-6-luna in organization", "Rate limit reached for gpt-6-luna in organization"),
    ],
)
def test_sentences_are_cleaned_of_keys_and_nothing_else(told: str, shown: str) -> None:
    assert cleaned(told, KEY) == shown


@given(st.text(), st.text("abcXYZ0189-_", min_size=8, max_size=60), st.text())
def test_no_key_is_left_in_any_sentence(before: str, key: str, after: str) -> None:
    line = cleaned(f"{before}{key}{after}{key}", key)
    assert key not in line
    assert len(line) <= 302


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"error": {"message": "no"}}, "no"),
        ({"error": "no"}, "no"),
        ({"detail": [{"msg": "no", "loc": ["a"]}]}, "no"),
        ([{"error": {"message": "no"}}], "no"),
        ('{"message": "no"}', "no"),
        (b'{"error": {"message": "no"}}', "no"),
        ("plain no", "plain no"),
        ("<!DOCTYPE html><title>no</title>", ""),
        ({"error": {"code": 3}}, ""),
        ("{broken", "{broken"),
        (None, ""),
    ],
)
def test_the_sentence_is_found_wherever_it_stands(told: Any, sentence: str) -> None:
    assert sentence_of(told) == sentence


@pytest.mark.parametrize(
    ("status", "told", "cause"),
    [
        (400, "bad", Cause.BAD_REQUEST),
        (401, "bad", Cause.KEY_REFUSED),
        (402, "pay", Cause.QUOTA),
        (403, "no", Cause.KEY_REFUSED),
        (403, "blocked by our safety system", Cause.CONTENT_REFUSED),
        (404, "no such model", Cause.NO_MODEL),
        (404, "page not found", Cause.BAD_REQUEST),
        (408, "", Cause.TIME_OUT),
        (413, "", Cause.BAD_REQUEST),
        (429, "slow down", Cause.RATE),
        (429, "insufficient_quota", Cause.QUOTA),
        (500, "", Cause.PROVIDER_ERROR),
        (502, "<html>", Cause.PROVIDER_ERROR),
        (504, "", Cause.TIME_OUT),
    ],
)
def test_every_status_has_its_cause(status: int, told: str, cause: Cause) -> None:
    assert of_status(status, told, key=KEY).cause is cause


def test_waits_are_read_and_bounded() -> None:
    assert of_status(429, "", key="", retry_after_s=10**9).retry_after_s == 24 * 3600
    assert of_status(429, "", key="", retry_after_s=-3).retry_after_s == 0
    assert failing.wait_of({"retry-after": "7"}) == 7
    assert failing.wait_of({"retry-after": "soon"}) is None
    assert of_key(KEY) is None
    assert of_key("") is None


def test_what_a_model_took_is_remembered_for_hours_and_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    ladder.forget()
    forms = (Form.JSON_SCHEMA, Form.PROMPT)
    low = Manner(Form.PROMPT, sees=False)
    ladder.remember("a", "m", low)
    assert ladder.manner_for("a", "m", forms) == low
    assert ladder.manner_for("b", "m", forms) == Manner(Form.JSON_SCHEMA)
    assert ladder.manner_for("a", "m", (Form.TOOL,)) == Manner(Form.TOOL)
    now = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: now + 5 * 3600)
    ladder.remember("a", "m", low)  # used again: it is not younger for that
    monkeypatch.setattr(clock, "monotonic", lambda: now + 7 * 3600)
    assert ladder.manner_for("a", "m", forms) == Manner(Form.JSON_SCHEMA)
    for number in range(1200):
        ladder.remember("c", str(number), low)
    assert ladder.manner_for("c", "100", forms) == Manner(Form.JSON_SCHEMA)
    assert ladder.manner_for("c", "1199", forms) == low
    ladder.forget()


def test_the_ladder_ends() -> None:
    forms = (Form.JSON_SCHEMA, Form.JSON_OBJECT, Form.PROMPT)
    for pictures in (True, False):
        manner: Manner | None = Manner(forms[0])
        steps = 0
        while manner is not None:
            manner = manner.lower(forms, pictures=pictures, has_pictures=True)
            steps += 1
        assert steps <= 2 * len(forms)
