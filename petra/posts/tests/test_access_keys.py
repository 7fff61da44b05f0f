"""Who writes: a blog's choice, else the workspace's, else the operator's; keys go to their provider, nowhere else."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import DatabaseError, connections
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai.testing import AiDouble
from petra.articles.models import Blog
from petra.lib import seal
from petra.posts.models import WriterAccess
from petra.posts.testing import choose_double
from petra.posts.words import access_keys
from petra.posts.words.access_keys import BadAccess, Wish
from petra.posts.words.access_wishes import check_numbers
from petra.tenancy import scope
from petra.tenancy.models import Workspace

KEY = "sk-very-secret-0123456789-LAST"


@pytest.fixture
def blog(in_workspace: Workspace) -> Blog:
    return Blog.objects.create(name="Blog", address="https://blog.example/")  # type: ignore[no-any-return]


def test_a_blogs_choice_counts_before_the_workspaces_and_that_before_the_operators(
    blog: Blog, settings: Settings
) -> None:
    assert access_keys.access_of(blog).is_offline
    settings.AI_PROVIDER, settings.AI_KEY, settings.AI_MONTHLY_USD = "mistral", KEY, Decimal(3)
    assert (access_keys.access_of(blog).source, access_keys.access_of(blog).provider) == ("environment", "mistral")
    assert access_keys.access_of(None).monthly_usd == 3
    access_keys.save(None, Wish("anthropic", key=KEY, monthly_usd=Decimal(10)))
    assert (access_keys.access_of(blog).source, access_keys.access_of(blog).charged_to) == ("workspace", None)
    access_keys.save(blog, Wish("offline"))
    assert (access_keys.access_of(blog).source, access_keys.access_of(blog).is_offline) == ("blog", True)
    assert access_keys.own_access(blog) is not None
    access_keys.save(blog, Wish("openai", key=KEY))
    assert access_keys.access_of(blog).charged_to == blog.pk
    access_keys.forget(blog)
    assert access_keys.own_access(blog) is None
    assert access_keys.access_of(blog).provider == "anthropic"


def test_a_key_is_sealed_and_only_its_end_is_shown(blog: Blog) -> None:
    shown = access_keys.save(blog, Wish("openai", key=f" {KEY}\n"))
    row = WriterAccess.objects.get()
    assert (shown.key_hint, row.key_hint) == ("LAST", "LAST")
    assert KEY not in repr(shown) and KEY.encode() not in bytes(row.key_sealed)
    assert KEY not in repr(Wish("openai", key=KEY))
    assert access_keys.save(blog, Wish("openai", key="short")).key_hint == ""


def test_a_key_is_kept_until_provider_or_address_change(blog: Blog) -> None:
    first = access_keys.save(blog, Wish("openai", key=KEY))
    kept = access_keys.save(blog, Wish("openai", model="other"))
    assert (kept.key_hint, kept.key_set_at, kept.model) == ("LAST", first.key_set_at, "other")
    with pytest.raises(BadAccess):
        access_keys.save(blog, Wish("anthropic"))
    own = Wish("compatible", key=KEY, base_url="https://models.example/v1", model="m")
    assert access_keys.save(blog, own).key_hint == "LAST"
    assert access_keys.save(blog, replace(own, key=None)).key_hint == "LAST"
    elsewhere = replace(own, key=None, base_url="https://other.example/v1")
    assert access_keys.save(blog, elsewhere).key_hint == ""  # it may need none


@pytest.mark.parametrize(
    "wish",
    [
        Wish("nobody"),
        Wish("openai"),
        Wish("openai", key="two words"),
        Wish("openai", key="ключ"),
        Wish("openai", key="x" * 501),
        Wish("compatible", model="m"),
        Wish("compatible", base_url="ftp://models.example", model="m"),
        Wish("compatible", base_url="https://me:secret@models.example/v1", model="m"),
        Wish("compatible", base_url="http://[broken", model="m"),
        Wish("compatible", base_url="https://models.example/v1"),
        Wish("openai", key=KEY, monthly_usd=Decimal(-1)),
        Wish("openai", key=KEY, monthly_tokens=-1),
        Wish("openai", key=KEY, input_usd=Decimal(1)),
        Wish("openai", key=KEY, per_minute=0),
        Wish("openai", key=KEY, at_once=51),
    ],
)
def test_what_cannot_work_is_refused_and_nothing_is_stored(blog: Blog, wish: Wish) -> None:
    with pytest.raises(BadAccess):
        access_keys.save(blog, wish)
    assert not WriterAccess.objects.exists()


def test_trying_a_key_tells_the_true_cause_and_keeps_it(people: People, double: AiDouble) -> None:
    workspace_id = people.workspace.pk
    with scope.workspace(workspace_id):
        choose_double(double)
    assert access_keys.check(workspace_id).model == "double-small"
    assert access_keys.models(workspace_id) == ["double-large", "double-small"]
    double.key = "sk-another"
    checked = access_keys.check(workspace_id)
    assert checked.cause == "key_refused"
    with scope.workspace(workspace_id):
        standing = access_keys.access_of(None)
        assert (standing.last_error, standing.checked_at is not None) == ("key_refused", True)


def test_a_private_server_is_asked_only_where_the_operator_allows_it(
    people: People, double: AiDouble, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE = []
    with scope.workspace(people.workspace.pk):
        choose_double(double)
    assert access_keys.check(people.workspace.pk).cause is not None
    assert double.journal == []
    with scope.workspace(people.workspace.pk):
        access_keys.forget(None)
    settings.AI_PROVIDER, settings.AI_URL = "compatible", double.url  # the operator named it
    settings.AI_KEY, settings.AI_MODEL = double.key, "double-small"
    assert access_keys.check(people.workspace.pk).model == "double-small"


def test_nobody_chosen_is_the_offline_writer(people: People) -> None:
    assert access_keys.check(people.workspace.pk).model == "offline"
    assert access_keys.models(people.workspace.pk) == []


def test_keys_are_sealed_anew_with_the_first_of_the_ring(people: People, settings: Settings) -> None:
    with scope.workspace(people.workspace.pk):
        access_keys.save(None, Wish("openai", key=KEY))
    assert access_keys.rotate_keys() == (1, 0, 0)
    old, settings.PETRA_KEYS = settings.PETRA_KEYS, f"{seal.new_key()},{settings.PETRA_KEYS}"
    assert access_keys.rotate_keys() == (1, 1, 0)
    settings.PETRA_KEYS = settings.PETRA_KEYS.partition(",")[0]
    with scope.workspace(people.workspace.pk):
        assert access_keys.opened(None).standing.key_hint == "LAST"
    settings.PETRA_KEYS = old
    assert access_keys.rotate_keys() == (1, 0, 1)
    assert access_keys.check(people.workspace.pk).cause == "key_refused"


def test_a_choice_that_is_saved_twice_at_once_is_saved(real_people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace_id = real_people.workspace.pk
    trouble: list[DatabaseError] = []

    def save() -> None:
        try:
            with scope.workspace(workspace_id):
                access_keys.save(None, Wish("openai", key=KEY))
        except DatabaseError as error:
            trouble.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=save)

    def slowly(wish: Wish) -> None:
        if not other.ident:
            other.start()
            other.join(0.5)
        check_numbers(wish)

    monkeypatch.setattr(access_keys, "check_numbers", slowly)
    with scope.workspace(workspace_id):
        access_keys.save(None, Wish("openai", key=KEY))
    other.join(10)
    assert not trouble
    with scope.workspace(workspace_id):
        assert WriterAccess.objects.get().key_hint == "LAST"
