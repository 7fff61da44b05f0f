from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai import providers
from petra.ai.access import Access
from petra.ai.testing import AiDouble, ai_double  # noqa: F401  a fixture
from petra.posts.testing import SCRIPTED, ScriptedWriter
from petra.posts.words import access_keys
from petra.tenancy import scope


@pytest.fixture
def double(ai_double: AiDouble, settings: Settings) -> AiDouble:  # noqa: F811  the fixture
    """The double, whose door the operator has opened."""
    settings.ALLOW_PRIVATE = [f"127.0.0.1:{ai_double.port}"]
    return ai_double


@pytest.fixture
def scripted(people: People, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedWriter]:
    """A writer in this process, chosen for alice's workspace with a limit of ten dollars and known prices."""
    writer = ScriptedWriter()

    def writer_for(_access: Access) -> ScriptedWriter:
        return writer

    monkeypatch.setattr(providers, "writer_for", writer_for)
    with scope.workspace(people.workspace.pk):
        access_keys.save(None, SCRIPTED)
    yield writer
