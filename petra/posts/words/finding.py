"""What the writing of words looks for across workspaces. The functions run as `petra_finder` and return ids only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from petra.tenancy.rowsecurity import Finder

# Proposals a worker should look at: their turn, another try, or their worker is silent.
_DUE_GENERATIONS = """
create or replace function petra_due_generations(most integer)
returns table (workspace_id uuid, generation_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select g.workspace_id, g.id from public.posts_generation g
  where g.next_at <= statement_timestamp() order by g.next_at limit most
$$"""

# Runs with posts that wait, or whose last one may be over.
_OPEN_WORDS_RUNS = """
create or replace function petra_open_words_runs(most integer)
returns table (workspace_id uuid, run_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select r.workspace_id, r.id from public.posts_wordsrun r
  where r.finished_at is null and r.state <> 'paused' order by r.created_at limit most
$$"""

_KEYS = """
create or replace function petra_writer_keys()
returns table (workspace_id uuid, access_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select a.workspace_id, a.id from public.posts_writeraccess a where a.key_sealed is not null order by a.id
$$"""

_OLD_RUNS = """
create or replace function petra_old_words_runs(before timestamptz, most integer)
returns table (workspace_id uuid, run_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select r.workspace_id, r.id from public.posts_wordsrun r
  where r.finished_at < before order by r.finished_at limit most
$$"""

FINDERS = (
    Finder("petra_due_generations(integer)", _DUE_GENERATIONS, ("posts_generation",)),
    Finder("petra_open_words_runs(integer)", _OPEN_WORDS_RUNS, ("posts_wordsrun",)),
    Finder("petra_old_words_runs(timestamptz, integer)", _OLD_RUNS, ("posts_wordsrun",)),
    Finder("petra_writer_keys()", _KEYS, ("posts_writeraccess",)),
)

Found = tuple[UUID, UUID]  # (workspace, row)


def due_generations(*, most: int = 200) -> list[Found]:
    """List the proposals that a worker should look at now, the longest due first."""
    return _rows("select * from petra_due_generations(%s)", [most])


def open_runs(*, most: int = 200) -> list[Found]:
    """List the runs that are to go on, or to be ended."""
    return _rows("select * from petra_open_words_runs(%s)", [most])


def sealed_keys() -> list[Found]:
    """List every access that has a sealed key."""
    return _rows("select * from petra_writer_keys()", [])


def old_runs(*, before: datetime, most: int = 1000) -> list[Found]:
    """List the runs that ended before an instant, the oldest first."""
    return _rows("select * from petra_old_words_runs(%s, %s)", [before, most])


def _rows(query: str, values: list[int | datetime]) -> list[Found]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [(row[0], row[1]) for row in cursor.fetchall()]
