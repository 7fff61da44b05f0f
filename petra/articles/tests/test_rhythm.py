"""When blogs are looked at by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conftest import People
from petra.articles import importing, rhythm
from petra.articles.models import Blog, ImportRun, Rhythm, RunState
from petra.lib import clock
from petra.tenancy import scope

BERLIN = ZoneInfo("Europe/Berlin")


def blog(**fields: object) -> Blog:
    made: Blog = Blog.objects.create(name="Bread", address="https://bread.example/", **fields)
    return made


def test_the_first_look_comes_within_a_day_at_the_quiet_hour(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        for kind in (Rhythm.DAILY, Rhythm.WEEKLY):
            one = rhythm.set_rhythm(Blog.objects.first() or blog(), kind, quiet_hour=3)
            assert one.next_import_at is not None
            assert timedelta() < one.next_import_at - clock.now() <= timedelta(days=1)
            assert one.next_import_at.astimezone(people.workspace.zone).hour == 3
        assert rhythm.set_rhythm(one, Rhythm.MANUAL, quiet_hour=3).next_import_at is None


@pytest.mark.parametrize(("kind", "days"), [(Rhythm.DAILY, 1), (Rhythm.WEEKLY, 7)])
def test_the_next_look_keeps_the_hour_over_daylight_saving(people: People, kind: Rhythm, days: int) -> None:
    with scope.workspace(people.workspace.pk):
        one = blog(rhythm=kind, quiet_hour=4)
    after = datetime(2026, 3, 28, 4, one.pk.int % 60, 30, tzinfo=BERLIN)  # the clock springs in the night that follows
    found = rhythm.next_look(one, BERLIN, after=after.astimezone(UTC))
    assert found is not None
    local = found.astimezone(BERLIN)
    assert (local.date() - after.date()).days == days and local.hour == 4


def due(people: People, **fields: object) -> Blog:
    with scope.workspace(people.workspace.pk):
        return blog(rhythm=Rhythm.DAILY, next_import_at=clock.now() - timedelta(minutes=1), **fields)


def test_what_is_due_is_started_once(people: People) -> None:
    one = due(people)
    assert rhythm.start_due() == 1
    assert rhythm.start_due() == 0
    with scope.workspace(people.workspace.pk):
        run = ImportRun.objects.get()
        assert run.blog_id == one.pk and run.is_by_rhythm
        one.refresh_from_db()
        assert one.next_import_at is not None and one.next_import_at > clock.now()


def test_a_rhythm_does_not_wake_what_a_person_paused(people: People) -> None:
    one = due(people)
    with scope.workspace(people.workspace.pk):
        importing.pause_import(importing.start_import(one))
    assert rhythm.start_due() == 0
    with scope.workspace(people.workspace.pk):
        assert ImportRun.objects.get().state == RunState.PAUSED
        ImportRun.objects.update(error="The site asked for a longer pause.")
        Blog.objects.update(next_import_at=clock.now() - timedelta(minutes=1))
    assert rhythm.start_due() == 1
    with scope.workspace(people.workspace.pk):
        assert ImportRun.objects.get().state == RunState.QUEUED


def test_blogs_of_all_workspaces_are_found(people: People) -> None:
    due(people)
    with scope.workspace(people.elsewhere.pk):
        blog(rhythm=Rhythm.WEEKLY, next_import_at=clock.now() - timedelta(minutes=1))
    assert rhythm.start_due() == 2
