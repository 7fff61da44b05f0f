"""What is looked for across workspaces: where something needs a person, and where mails wait. Ids only."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from petra.tenancy.rowsecurity import Finder

# Where a delivery came to need a person within the last day, where an account is signed out without an incident, where
# an import by a blog's rhythm ended in an error within the last day, where words wait for a person, and the open
# incidents that were looked at longest ago, so that each gets its turn however many there are.
_TROUBLED = """
create or replace function petra_troubled_workspaces(most integer) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public as $$
  select d.workspace_id from public.publishing_delivery d
    where d.state in ('failed', 'held', 'unconfirmed') and d.moved_at > now() - interval '1 day'
  union
  select a.workspace_id from public.accounts_account a where a.state = 'needs_reconnect' and not exists (
    select from public.notifications_incident i
    where i.workspace_id = a.workspace_id and i.key = 'reconnect:' || a.id and i.resolved_at is null)
  union
  select r.workspace_id from public.articles_importrun r
    where r.is_by_rhythm and r.error <> '' and r.finished_at > now() - interval '1 day'
  union
  select w.workspace_id from public.posts_wordsrun w
    where w.finished_at is null and w.state = 'paused' and w.because <> ''
  union
  (select i.workspace_id from public.notifications_incident i where i.resolved_at is null
    order by i.checked_at limit most)
$$"""

_WAITING = """
create or replace function petra_workspaces_with_mail() returns setof uuid
language sql stable security definer set search_path = pg_catalog, public as $$
  select distinct m.workspace_id from public.notifications_mail m where m.sent_at is null and m.tries < 5
$$"""

FINDERS = (
    Finder(
        "petra_troubled_workspaces(integer)",
        _TROUBLED,
        ("publishing_delivery", "accounts_account", "articles_importrun", "posts_wordsrun", "notifications_incident"),
    ),
    Finder("petra_workspaces_with_mail()", _WAITING, ("notifications_mail",)),
)


def troubled_workspaces(*, most: int = 500) -> list[UUID]:
    """List the workspaces to look at now."""
    return _ids("select petra_troubled_workspaces(%s)", [most])


def workspaces_with_mail() -> list[UUID]:
    """List the workspaces in which mails wait to be sent."""
    return _ids("select petra_workspaces_with_mail()", [])


def _ids(query: str, arguments: list[int]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return [row[0] for row in cursor.fetchall()]
