"""What importing looks for across workspaces. The function runs as `petra_finder` and returns ids only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from petra.articles import searching
from petra.lib import presence
from petra.tenancy.rowsecurity import Finder

# Imports that should be running but whose worker has not been heard of: killed, or its job was lost.
_LOST_IMPORTS = f"""
create or replace function petra_lost_imports(older interval, most integer)
returns table (workspace_id uuid, run_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select r.workspace_id, r.id from public.articles_importrun r
  where r.state in ('queued', 'running') and (coalesce(r.beat_at, r.created_at) < now() - older
    or r.holder_number is not null and r.holder_number not in (select live.number from ({presence.NUMBERS}) live))
  order by r.created_at limit most
$$"""  # noqa: S608  our own constant

# Blogs whose rhythm says that it is time to look for new articles.
_DUE_IMPORTS = """
create or replace function petra_due_imports(most integer)
returns table (workspace_id uuid, blog_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select b.workspace_id, b.id from public.articles_blog b
  where b.next_import_at <= now() order by b.next_import_at limit most
$$"""

# Blogs with new articles that their rule has not made pins of yet.
_RULED_BLOGS = """
create or replace function petra_ruled_blogs(most integer)
returns table (workspace_id uuid, blog_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select distinct a.workspace_id, a.blog_id from public.articles_article a where a.ruled = 'waiting' limit most
$$"""

FINDERS = (
    Finder("petra_lost_imports(interval, integer)", _LOST_IMPORTS, ("articles_importrun",)),
    Finder("petra_due_imports(integer)", _DUE_IMPORTS, ("articles_blog",)),
    Finder("petra_ruled_blogs(integer)", _RULED_BLOGS, ("articles_article",)),
    searching.FINDER,
)


@dataclass(frozen=True)
class LostImport:
    """One import that nobody works on."""

    workspace_id: UUID
    run_id: UUID


def lost_imports(*, older_s: float, most: int = 100) -> list[LostImport]:
    """List imports not heard of for `older_s` seconds."""
    with connection.cursor() as cursor:
        cursor.execute("select * from petra_lost_imports(make_interval(secs => %s), %s)", [older_s, most])
        return [LostImport(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class FoundBlog:
    """One blog of one workspace."""

    workspace_id: UUID
    blog_id: UUID


def due_imports(*, most: int = 100) -> list[FoundBlog]:
    """List blogs whose next import is due."""
    with connection.cursor() as cursor:
        cursor.execute("select * from petra_due_imports(%s)", [most])
        return [FoundBlog(*row) for row in cursor.fetchall()]


def ruled_blogs(*, most: int = 100) -> list[FoundBlog]:
    """List blogs with articles that wait for their rule."""
    with connection.cursor() as cursor:
        cursor.execute("select * from petra_ruled_blogs(%s)", [most])
        return [FoundBlog(*row) for row in cursor.fetchall()]
