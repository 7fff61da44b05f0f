"""Where an account may publish: boards and their sections, as the network lists them.

Called by the job after connecting and by the pages' "look again". Reads the whole list first, then writes it in one
transaction: what is not listed any more is marked gone (deliveries may point at it), what comes back is revived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from petra.accounts import tokens
from petra.accounts.budgets import Category
from petra.accounts.models import Account, Target, one_line
from petra.lib import clock
from petra.networks import registry
from petra.networks.contract import RemoteTarget
from petra.tenancy import scope
from petra.webhooks import events

JOB = "accounts.sync_targets"
_BATCH = 500
_FIELDS = ["name", "is_secret", "parent_id", "gone_at"]
Key = tuple[str, str]  # (kind, remote id)


@dataclass(frozen=True)
class Synced:
    """What one look found: how many targets there are, and what changed."""

    total: int
    added: int
    changed: int
    gone: int


def sync_targets(workspace_id: UUID, account_id: UUID) -> Synced:
    """Read all targets of an account from its network. Repeatable. Call outside a scope.

    Raises NeedsReconnect or TryLater; then the targets are as before.
    """
    with scope.workspace(workspace_id):
        account: Account = Account.objects.get(pk=account_id)
    network = registry.network(account.network)
    listed = tokens.call(account, lambda client: list(network.targets(client)), category=Category.BOARDS)
    with scope.workspace(workspace_id):
        account = Account.objects.select_for_update().get(pk=account_id)  # one at a time writes
        synced = _write(account, listed, now=clock.now())
        account.targets_synced_at = clock.now()
        account.save(update_fields=["targets_synced_at"])
        events.record(
            "account.targets_synced",
            subject=account,
            total=synced.total,
            added=synced.added,
            gone=synced.gone,
        )
    return synced


def _write(account: Account, listed: Iterable[RemoteTarget], *, now: datetime) -> Synced:
    wanted: dict[Key, RemoteTarget] = {(one.kind, one.remote_id): one for one in listed}
    rows: dict[Key, Target] = {(row.kind, row.remote_id): row for row in Target.objects.filter(account=account)}
    known = len(rows)
    # Parents first: a section's row names its board's.
    changed = _write_layer(account, rows, {key: one for key, one in wanted.items() if one.parent_id is None})
    changed += _write_layer(account, rows, {key: one for key, one in wanted.items() if one.parent_id is not None})
    missing = [row.pk for key, row in rows.items() if key not in wanted and row.gone_at is None]
    Target.objects.filter(pk__in=missing).update(gone_at=now)
    return Synced(total=len(wanted), added=len(rows) - known, changed=changed, gone=len(missing))


def _write_layer(account: Account, rows: dict[Key, Target], wanted: dict[Key, RemoteTarget]) -> int:
    """Make and change the rows of one layer; new ones join `rows`. Returns how many changed."""
    parents = {row.remote_id: row.pk for row in rows.values() if row.parent_id is None}
    new, differing = [], []
    for key, one in wanted.items():
        row = rows.get(key)
        if row is None:
            row = rows[key] = Target(account=account, kind=one.kind, remote_id=one.remote_id)
            new.append(row)
            _fill(row, one, parents)
        elif _fill(row, one, parents):
            differing.append(row)
    Target.objects.bulk_create(new, batch_size=_BATCH)
    Target.objects.bulk_update(differing, _FIELDS, batch_size=_BATCH)
    return len(differing)


def _fill(row: Target, one: RemoteTarget, parents: Mapping[str, UUID]) -> bool:
    """Write what the network says into the row, without saving; say whether it was something new."""
    before = [getattr(row, name) for name in _FIELDS]
    row.name = one_line(one.name)
    row.is_secret = one.is_secret
    row.parent_id = parents[one.parent_id] if one.parent_id is not None else None
    row.gone_at = None
    return before != [getattr(row, name) for name in _FIELDS]
