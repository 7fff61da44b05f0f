"""The pages for trouble: one layout, plain words, no question to the database, nothing of the inside."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from petra.web import errors


@pytest.mark.parametrize(
    ("view", "code"), [(errors.forbidden, 403), (errors.not_found, 404), (errors.server_error, 500)]
)
def test_trouble_has_one_layout_and_asks_the_database_for_nothing(db: None, view: object, code: int) -> None:
    with CaptureQueriesContext(connection) as asked:
        answer = view(RequestFactory().get("/somewhere"))  # type: ignore[operator]
    assert answer.status_code == code
    assert 'class="oops"' in answer.content.decode()
    assert not asked.captured_queries


def test_an_old_form_is_told_in_plain_words(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/signin/login/", {"login": "a@b.example"})
    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()
