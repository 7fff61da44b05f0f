"""The furniture of every test: a real database, alice and bob in one workspace, charlie in another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.test import Client

from petra import migrating
from petra.ai.testing import ai_double  # noqa: F401  fixture
from petra.lib import seal
from petra.lib.testing import database, empty_all_tables
from petra.networks.client import shared_transport
from petra.simulator.testing import simulator, simulator_process  # noqa: F401  fixtures
from petra.tenancy import scope, workspaces
from petra.tenancy.models import Role, User, Workspace

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Replace pytest-django's database: the application's role must not own what it uses."""
    with django_db_blocker.unblock(), database():  # type: ignore[attr-defined]
        migrating.migrate()
        yield


@pytest.fixture(autouse=True)
def _settings(settings: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test its own keys and file store, and static files without a manifest."""
    settings.PETRA_KEYS = seal.new_key()  # type: ignore[attr-defined]
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("files")  # type: ignore[attr-defined]
    settings.STATIC_ROOT = tmp_path_factory.mktemp("static")  # type: ignore[attr-defined]  # must exist
    settings.STORAGES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _connections_to_networks() -> Iterator[None]:
    """Close what the shared client keeps open, so that nothing complains at the very end."""
    yield
    shared_transport().close()


@pytest.fixture
def real_db(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """The database with real commits, for tests with threads, processes or NOTIFY. Emptied afterwards."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
        empty_all_tables()


@dataclass(frozen=True)
class People:
    """alice owns a workspace, bob edits in it, charlie owns another one and must never see theirs."""

    alice: User
    bob: User
    charlie: User
    workspace: Workspace
    elsewhere: Workspace


def make_people() -> People:
    """Make alice, bob and charlie, each with the password `correct horse battery`."""
    alice, bob, charlie = (
        User.objects.create_user(email=f"{name}@example.org", password=PASSWORD) for name in ("alice", "bob", "charlie")
    )
    workspace = workspaces.create_workspace(owner=alice, name="Oak & Ember", time_zone="Europe/Berlin")
    workspaces.add_member(workspace_id=workspace.pk, user=bob, role=Role.EDITOR)
    elsewhere = workspaces.create_workspace(owner=charlie, name="Elsewhere")
    return People(alice, bob, charlie, workspace, elsewhere)


@pytest.fixture
def people(db: None) -> People:
    """alice, bob and charlie, in a transaction that is rolled back."""
    return make_people()


@pytest.fixture
def real_people(real_db: None) -> People:
    """alice, bob and charlie, committed."""
    return make_people()


@pytest.fixture
def in_workspace(people: People) -> Iterator[Workspace]:
    """Run the test inside alice's workspace."""
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        yield people.workspace


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """Give a signed-in test client of a person."""

    def make(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make


def needed(reason: str) -> None:
    """Skip a test that can't run here, loudly; where PETRA_REQUIRE_ALL is set, fail it instead."""
    if os.environ.get("PETRA_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
