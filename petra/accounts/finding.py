"""What is looked for across workspaces: tokens that run out soon, and tokens to seal anew. Ids only."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db import connection

from petra.tenancy.rowsecurity import Finder

_PAGE = 1000
_FIRST = UUID(int=0)

# By id, page after page, so that accounts whose renewal fails again and again don't stand in the way of the others.
_EXPIRING = """
create or replace function petra_accounts_expiring(within interval, after uuid, most integer)
returns table (workspace_id uuid, account_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select a.workspace_id, a.id from public.accounts_account a
  where a.state = 'connected' and a.access_expires_at < now() + within and a.id > after
  order by a.id limit most
$$"""

_WITH_TOKENS = """
create or replace function petra_accounts_with_tokens(after uuid, most integer)
returns table (workspace_id uuid, account_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select a.workspace_id, a.id from public.accounts_account a
  where a.tokens_sealed is not null and a.id > after order by a.id limit most
$$"""

FINDERS = (
    Finder("petra_accounts_expiring(interval, uuid, integer)", _EXPIRING, ("accounts_account",)),
    Finder("petra_accounts_with_tokens(uuid, integer)", _WITH_TOKENS, ("accounts_account",)),
)

AccountIds = tuple[UUID, UUID]  # (workspace, account)


def accounts_expiring(*, within_s: float) -> Iterator[AccountIds]:
    """Give all accounts in use whose access token runs out within so many seconds, a page of 1,000 at a time."""
    return _pages("select * from petra_accounts_expiring(make_interval(secs => %s), %s, %s)", [within_s])


def accounts_with_tokens() -> Iterator[AccountIds]:
    """Give all accounts that have tokens, a page of 1,000 at a time."""
    return _pages("select * from petra_accounts_with_tokens(%s, %s)", [])


def _pages(query: str, arguments: list[float]) -> Iterator[AccountIds]:
    after = _FIRST
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [*arguments, after, _PAGE])
            rows: list[AccountIds] = cursor.fetchall()
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1][1]
