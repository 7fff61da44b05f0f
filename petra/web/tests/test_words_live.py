"""What open pages are told while words are written."""

from __future__ import annotations

import pytest

from conftest import People
from petra.lib import clock
from petra.posts.models import Post
from petra.posts.testing import work
from petra.posts.words import runs as words_runs
from petra.posts.words import writing
from petra.tenancy import scope
from petra.tenancy.models import Role
from petra.web.live.pages import PAGES
from petra.web.live.viewer import Answer, Told, Viewer
from petra.web.tests import words_rows
from petra.web.tests.page_rows import House
from petra.web.words import live as words_live
from petra.web.words import settings_view as words_settings_view
from petra.webhooks.models import Event


@pytest.fixture
def pin(people: People, house: House) -> Post:
    with scope.workspace(people.workspace.pk):
        return words_rows.written_pin(house)


def viewer(people: People, page: str, role: Role = Role.EDITOR, **query: object) -> Viewer:
    asked = {name: str(value) for name, value in query.items()}
    workspace = people.workspace
    return Viewer(people.alice.pk, workspace.pk, role, workspace.zone, page, asked, clock.now())


def told(people: People, page: str, *, since: int, role: Role = Role.EDITOR, **query: object) -> Told:
    with scope.workspace(people.workspace.pk):
        events = list(Event.objects.filter(pk__gt=since).order_by("pk"))
        return PAGES[page](viewer(people, page, role, **query), events)


def now(people: People) -> int:
    with scope.workspace(people.workspace.pk):
        return int(Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)


def targets(pieces: Told) -> set[str]:
    assert pieces is not Answer.RELOAD
    return {piece.target for piece in pieces}


def test_an_editor_is_told_of_its_own_pin_only(people: People, pin: Post, house: House) -> None:
    with scope.workspace(people.workspace.pk):
        other = words_rows.written_pin(house)
    before = now(people)
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        row = writing.start(pin, actor_id=people.alice.pk)
    assert targets(told(people, "pin", since=before, pin=pin.pk)) == {"#words-box"}
    assert targets(told(people, "pin", since=before, pin=other.pk)) == set()
    assert targets(told(people, "pin", since=before, pin="nonsense")) == set()
    assert targets(told(people, "pin", since=before, role=Role.VIEWER, pin=pin.pk)) == set()
    for page in ("overview", "calendar", "articles", "activity"):
        assert not told(people, page, since=before), page
    work()
    with scope.workspace(people.workspace.pk):
        row.refresh_from_db()
        between = now(people)
        writing.use(row, actor_id=people.bob.pk)
    assert told(people, "pin", since=between, pin=pin.pk) is Answer.RELOAD
    assert told(people, "overview", since=between) is Answer.RELOAD


def test_a_list_is_told_the_lines_and_the_rows_and_a_runs_page_its_own(people: People, house: House) -> None:
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        posts = [words_rows.written_pin(house) for _ in range(2)]
        before = now(people)
        run = words_runs.start_run([p.pk for p in posts], actor_id=people.alice.pk, overwrite_edited=True)
    assert targets(told(people, "pins", since=before)) == {"#words-lines"}
    assert targets(told(people, "words_run", since=before, words_run=run.pk)) == {"#words-run-head"}
    assert targets(told(people, "words_run", since=before, words_run="nonsense")) == set()
    work()
    with scope.workspace(people.workspace.pk):
        events = list(Event.objects.filter(pk__gt=before).exclude(kind="words_run.finished"))
        pieces = words_live.pins(viewer(people, "pins"), events)
    assert {f"#{part}-{p.pk}" for part in ("words", "title", "state") for p in posts} <= targets(pieces)
    assert told(people, "pins", since=before) is Answer.RELOAD
    rows = targets(told(people, "words_run", since=before, words_run=run.pk))
    assert {f"#words-task-{p.pk}" for p in posts} <= rows


def test_the_settings_are_told_what_was_spent(people: People, pin: Post) -> None:
    before = now(people)
    with scope.workspace(people.workspace.pk):
        writing.start(pin)
    work()
    assert targets(told(people, "settings_writing", since=before)) == {"#ai-card-body"}
    with scope.workspace(people.workspace.pk):
        assert words_settings_view.changes(viewer(people, "settings_writing"), []) == []
