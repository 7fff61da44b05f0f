"""What the token sweep looks for across workspaces: accounts whose access token expires soon. Ids only."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from petra.tenancy.rowsecurity import Finder

FINDERS = (
    Finder(
        signature="petra_accounts_expiring(interval, integer)",
        create="""
create or replace function petra_accounts_expiring(within interval, most integer)
returns table (workspace_id uuid, account_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select a.workspace_id, a.id from public.accounts_account a
  where a.state = 'connected' and a.access_expires_at < now() + within
  order by a.access_expires_at limit most
$$""",
        reads=("accounts_account",),
    ),
)


def accounts_expiring(*, within_s: float, most: int = 500) -> list[tuple[UUID, UUID]]:
    """List (workspace, account) of connected accounts whose access token expires within so many seconds."""
    with connection.cursor() as cursor:
        cursor.execute("select * from petra_accounts_expiring(make_interval(secs => %s), %s)", [within_s, most])
        return list(cursor.fetchall())
