"""What workers look for across workspaces. These functions run as `petra_finder` and return ids only."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from petra.lib import presence
from petra.tenancy.rowsecurity import Finder

# Takes the turns of free accounts that have something to do, one delivery per account, the longest due first. A planned
# delivery also waits for the account's next write instant; a look or a check does not. It walks along the index of what
# is due and stops as soon as it has enough: what it costs does not depend on what is planned. An account that turned
# out busy is remembered, so that its overdue rows are passed over one by one. `skip locked`: any number of takers.
_TAKE_TURNS = """
create or replace function petra_take_turns(most integer, taker integer)
returns table (of_workspace uuid, of_delivery uuid, of_instant timestamptz)
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
  due record;
  busy uuid[] := array[]::uuid[];  -- accounts whose turn is taken
  unready uuid[] := array[]::uuid[];  -- accounts that must not write now; a look of theirs may still go
  taken integer := 0;
begin
  for due in
    select d.id, d.account_id, d.workspace_id, d.state from public.publishing_delivery d
    where d.next_at <= now() order by d.next_at
  loop
    exit when taken >= most;
    continue when due.account_id = any (busy) or (due.state = 'planned' and due.account_id = any (unready));
    update public.publishing_lane l set holder_id = due.id, held_at = now(), held_by = taker
    from (
      select f.id from public.publishing_lane f
      where f.account_id = due.account_id and f.holder_id is null
        and (due.state <> 'planned' or f.ready_at <= now())
      for update skip locked
    ) free where l.id = free.id;
    if found then
      taken := taken + 1;
      of_workspace := due.workspace_id;
      of_delivery := due.id;
      of_instant := now();
      return next;
      busy := busy || due.account_id;
    elsif due.state = 'planned' then
      unready := unready || due.account_id;
    else
      busy := busy || due.account_id;
    end if;
  end loop;
end $$"""

# The earliest of: the first that waits for its account only, and the first whose own time is still to come.
_NEXT_DUE = """
create or replace function petra_next_due_s() returns double precision
language sql volatile security definer set search_path = pg_catalog, public as $$
  select extract(epoch from least(
    (select case when d.state = 'planned' then l.ready_at else d.next_at end
     from public.publishing_delivery d join public.publishing_lane l on l.account_id = d.account_id
     where d.next_at <= now() and l.holder_id is null order by d.next_at limit 1),
    (select d.next_at from public.publishing_delivery d where d.next_at > now() order by d.next_at limit 1)) - now())
$$"""

# Turns whose worker is gone, and those taken so long ago that whoever has them must have lost them.
_LOST_TURNS = f"""
create or replace function petra_lost_turns(older interval, most integer)
returns table (workspace_id uuid, delivery_id uuid, taken_at timestamptz)
language sql volatile security definer set search_path = pg_catalog, public as $$
  with alive as materialized ({presence.NUMBERS})
  select l.workspace_id, l.holder_id, l.held_at from public.publishing_lane l
  where l.holder_id is not null
    and (l.held_at < now() - older or (l.held_by is not null and l.held_by not in (select number from alive)))
  order by l.held_at limit most
$$"""  # noqa: S608  our own constant

# A worker whose connection was lost has a new number; its turns go along with it.
_KEEP_TURNS = """
create or replace function petra_keep_turns(taker integer, deliveries uuid[], instants timestamptz[]) returns void
language sql volatile security definer set search_path = pg_catalog, public as $$
  update public.publishing_lane l set held_by = taker from unnest(deliveries, instants) as t(delivery, taken_at)
  where l.holder_id = t.delivery and l.held_at = t.taken_at
$$"""

_OPEN_RUNS = """
create or replace function petra_open_bulk_runs(most integer)
returns table (workspace_id uuid, run_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select b.workspace_id, b.id from public.publishing_bulkrun b where b.finished_at is null order by b.id limit most
$$"""

# Every workspace in which something happened: one step in the index of events for each.
_WORKSPACES = """
create or replace function petra_workspaces(after uuid, most integer) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public as $$
  with recursive found as (
    (select e.workspace_id from public.webhooks_event e where e.workspace_id > after order by e.workspace_id limit 1)
    union all
    select (select e.workspace_id from public.webhooks_event e where e.workspace_id > found.workspace_id
      order by e.workspace_id limit 1) from found where found.workspace_id is not null
  )
  select workspace_id from found where workspace_id is not null limit most
$$"""

FINDERS = (
    Finder("petra_workspaces(uuid, integer)", _WORKSPACES, ("webhooks_event",)),
    Finder("petra_open_bulk_runs(integer)", _OPEN_RUNS, ("publishing_bulkrun",)),
    Finder("petra_take_turns(integer, integer)", _TAKE_TURNS, ("publishing_delivery",), ("publishing_lane",)),
    Finder("petra_keep_turns(integer, uuid[], timestamptz[])", _KEEP_TURNS, (), ("publishing_lane",)),
    Finder("petra_next_due_s()", _NEXT_DUE, ("publishing_delivery",), ("publishing_lane",)),
    Finder("petra_lost_turns(interval, integer)", _LOST_TURNS, (), ("publishing_lane",)),
)


@dataclass(frozen=True)
class Turn:
    """One delivery whose account's turn was taken for it. `taken_at` names the turn; None: the one it has now."""

    workspace_id: UUID
    delivery_id: UUID
    taken_at: datetime | None = None


def take_turns(*, most: int, taker: int | None = None) -> list[Turn]:
    """Take up to `most` turns for the worker of that number (lib.presence), which uses each or gives it back."""
    return _turns("select * from petra_take_turns(%s, %s)", [most, taker])


def keep_turns(*, taker: int, turns: Collection[Turn]) -> None:
    """Let turns that are still in work be those of the worker of this number. One that is over is left alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select petra_keep_turns(%s, %s, %s)", [taker, [t.delivery_id for t in turns], [t.taken_at for t in turns]]
        )


def lost_turns(*, older_s: float, most: int = 200) -> list[Turn]:
    """List turns whose worker is gone, or that were taken more than `older_s` seconds ago."""
    return _turns("select * from petra_lost_turns(make_interval(secs => %s), %s)", [older_s, most])


def workspaces() -> Iterator[UUID]:
    """Give the id of every workspace that has events, a page of 1,000 at a time."""
    after = UUID(int=0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute("select petra_workspaces(%s, 1000)", [after])
            found = [row[0] for row in cursor.fetchall()]
        yield from found
        if len(found) < 1000:
            return
        after = found[-1]


def open_runs(*, most: int = 200) -> list[tuple[UUID, UUID]]:
    """List bulk runs that did not come to their end yet: (workspace, run)."""
    with connection.cursor() as cursor:
        cursor.execute("select * from petra_open_bulk_runs(%s)", [most])
        return list(cursor.fetchall())


def next_due_s() -> float | None:
    """Say in about how many seconds there is a turn to take again (below 0: now); None where nothing is planned.

    By the database's clock, as everything that is taken: this machine's may be another.
    """
    with connection.cursor() as cursor:
        cursor.execute("select petra_next_due_s()")
        row = cursor.fetchone()
    return row[0] if row else None


def _turns(query: str, arguments: list[float | None]) -> list[Turn]:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return [Turn(*row) for row in cursor.fetchall()]
