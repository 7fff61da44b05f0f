"""Three versions of a post's words: by AI, by hand, restored; the newest says what the post says."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from conftest import People
from petra.ai.contract import Words
from petra.posts import composing
from petra.posts.models import Generation, GenerationKind, Post
from petra.posts.testing import post_of
from petra.posts.tests.samples import article
from petra.posts.words import metadata, versions, writing
from petra.tenancy import scope
from petra.tenancy.models import Workspace

HAND, WRITE, RESTORE = GenerationKind.HAND, GenerationKind.WRITE, GenerationKind.RESTORE


@pytest.fixture
def post(in_workspace: Workspace) -> Post:
    found = post_of(article())
    metadata.write_words(found)
    return found


def edit(post: Post, **words: str) -> None:
    composing.edit_post(post, version=post.version, **words)


def kinds(post: Post) -> list[tuple[int | None, str]]:
    return [(version.number, version.kind) for version in writing.history(post)]


def test_the_first_edit_after_ai_is_a_version_and_further_edits_change_it(post: Post) -> None:
    assert kinds(post) == [(2, WRITE), (1, HAND)]  # what it said before AI came is kept, too
    edit(post, title="By hand")
    edit(post, title="By hand, better")
    edit(post, alt_text="A bowl")
    assert kinds(post) == [(3, HAND), (2, WRITE), (1, HAND)]
    newest = writing.history(post)[0]
    assert (newest.title, newest.alt_text, sorted(newest.fields)) == (
        "By hand, better",
        "A bowl",
        ["alt_text", "title"],
    )
    assert versions.words_of(newest) == versions.words_of(post)


def test_three_are_kept_and_numbers_go_on(post: Post) -> None:
    edit(post, title="By hand")
    metadata.write_words(post, variant=1)
    edit(post, title="By hand again")
    assert kinds(post) == [(5, HAND), (4, WRITE), (3, HAND)]
    assert Generation.objects.filter(post=post).count() == 3


def test_restoring_puts_a_copy_on_top_whole_or_one_field(post: Post) -> None:
    written = writing.history(post)[0]
    edit(post, title="By hand", description="Mine.")
    back = writing.restore(written, fields=["title"])
    assert (back.title, back.description) == (written.title, "Mine.")
    assert kinds(post) == [(4, RESTORE), (3, HAND), (2, WRITE)]
    assert writing.restore(written).description == written.description
    with pytest.raises(composing.EditedMeanwhile):
        writing.restore(written, version=1)


def test_restoring_once_more_changes_nothing_and_drops_no_version(post: Post) -> None:
    written = writing.history(post)[0]
    edit(post, title="By hand")
    for _ in range(3):
        assert writing.restore(written).title == written.title
        assert kinds(post) == [(4, RESTORE), (3, HAND), (2, WRITE)]


def test_an_edit_of_something_else_makes_no_version(post: Post) -> None:
    edit(post, link="https://blog.example/other")
    edit(post, title=post.title)
    assert kinds(post) == [(2, WRITE), (1, HAND)]
    composing.edit_post(post, version=post.version, topics=["soup", "Soup", " ", "autumn  food"])
    assert post.topics == ["Soup", "autumn food"] or post.topics == ["soup", "autumn food"]
    assert kinds(post)[0] == (3, HAND)


def test_what_a_person_wrote_or_chose_is_known_as_theirs(post: Post) -> None:
    empty = Post.objects.create()
    typed = Post.objects.create(title="Typed")
    assert versions.by_person([post, empty, typed]) == {typed.pk}
    edit(post, title="By hand")
    assert post.pk in versions.by_person([post])
    metadata.write_words(post)
    assert versions.by_person([post]) == set()
    writing.restore(writing.history(post)[1])
    assert versions.by_person([post]) == {post.pk}


def test_what_is_edited_while_another_field_is_restored_is_not_lost(
    real_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace_id = real_people.workspace.pk
    with scope.workspace(workspace_id):
        post = post_of(article())
        metadata.write_words(post)
        old = writing.history(post)[1]
    refused: list[Exception] = []

    def edit_elsewhere() -> None:
        try:
            with scope.workspace(workspace_id):
                edit(post, description="Typed meanwhile.")
        except composing.EditedMeanwhile as error:  # a person is shown both
            refused.append(error)
        finally:
            connections.close_all()

    other, merged = threading.Thread(target=edit_elsewhere), versions.merged

    def slowly(*args: Any) -> Words:
        if not other.ident:
            other.start()
            other.join(0.5)
        return merged(*args)

    monkeypatch.setattr(versions, "merged", slowly)
    with scope.workspace(workspace_id):
        writing.restore(old, fields=["title"])
    other.join(10)
    with scope.workspace(workspace_id):
        post = Post.objects.get(pk=post.pk)
        assert post.title == "Old title"
        assert refused or post.description == "Typed meanwhile."
