"""Sees what needs a person, and opens and closes incidents. Compares what is with what was told.

Run every minute. Whatever happened between two looks is in the rows, so a look that was missed loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from petra.accounts.models import Account, AccountState
from petra.articles.models import ImportRun, Rhythm, RunState
from petra.lib import clock
from petra.notifications import finding
from petra.notifications.models import Incident, IncidentKind, Mail, Wish
from petra.notifications.telling import wishes
from petra.posts.models import WordsRun, WordsRunState
from petra.posts.words import runs as words_runs
from petra.publishing import together
from petra.publishing.finding import workspaces
from petra.publishing.models import Delivery, State
from petra.publishing.pruning import BATCH
from petra.tenancy import scope
from petra.webhooks import events

_LOCK: Final = 0x5E7A
Facts = dict[str, str]


@dataclass(frozen=True)
class Trouble:
    """Something that needs a person now."""

    kind: IncidentKind
    key: str
    path: str
    count: int
    facts: Facts = field(default_factory=dict)


def watch() -> int:
    """Look at every workspace that may have news. Gives how many incidents were opened."""
    return sum(watch_workspace(workspace_id) for workspace_id in finding.troubled_workspaces())


def watch_workspace(workspace_id: UUID) -> int:
    """Open an incident for each new trouble, with its mails, and close those that are over. One transaction."""
    with scope.workspace(workspace_id), transaction.atomic():
        with connection.cursor() as cursor:  # one look at a workspace at a time, over all workers
            cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, str(workspace_id)])
        now = clock.now()
        known = {i.key: i for i in Incident.objects.select_for_update().filter(resolved_at=None).order_by("id")}
        current = {trouble.key: trouble for trouble in _troubles()}
        for key, incident in known.items():
            trouble = current.get(key)
            if trouble is None:
                incident.resolved_at = now
                events.record("incident.resolved", subject=incident, what=incident.kind)
            elif (incident.facts, incident.count, incident.path) != (trouble.facts, trouble.count, trouble.path):
                incident.facts, incident.count, incident.path = trouble.facts, trouble.count, trouble.path
                events.record("incident.changed", subject=incident, what=incident.kind, count=incident.count)
            incident.checked_at = now
            incident.save(update_fields=["facts", "count", "path", "checked_at", "resolved_at"])
        new = [trouble for key, trouble in current.items() if key not in known]
        for trouble in new:
            _open(trouble)
    return len(new)


def prune() -> int:
    """Take incidents away that ended before the kept history begins, a batch in each workspace. Gives how many."""
    before = clock.now() - timedelta(days=settings.KEEP_EVENTS_DAYS)
    taken = 0
    for workspace_id in workspaces():
        with scope.workspace(workspace_id):
            old = Incident.objects.filter(resolved_at__lt=before).order_by("id")[:BATCH]
            ids = [incident.pk for incident in old]
            Incident.objects.filter(pk__in=ids).delete()
            taken += len(ids)
    return taken


def _open(trouble: Trouble) -> None:
    incident = Incident.objects.create(
        kind=trouble.kind, key=trouble.key, facts=trouble.facts, path=trouble.path, count=trouble.count
    )
    Mail.objects.bulk_create(
        Mail(incident=incident, user_id=user_id, is_for_digest=wish is Wish.DAILY)
        for user_id, wish in wishes().items()
        if wish is not Wish.OFF
    )
    events.record("incident.opened", subject=incident, what=trouble.kind, count=trouble.count)


def _troubles() -> Iterator[Trouble]:
    for account in Account.objects.filter(state=AccountState.NEEDS_RECONNECT).order_by("username"):
        held = Delivery.objects.filter(account=account, state=State.HELD).count()
        facts = {"network": account.network, "name": account.username}
        yield Trouble(IncidentKind.RECONNECT, f"reconnect:{account.pk}", f"/accounts/{account.pk}", held, facts)
    yield from _failed()
    if late := together.held_late().count():
        yield Trouble(IncidentKind.LATE, "late", "/needs-you#late", late)
    unsure = Delivery.objects.filter(state=State.UNCONFIRMED, next_at=None, account__state=AccountState.CONNECTED)
    if count := unsure.count():
        yield Trouble(IncidentKind.UNCONFIRMED, "unconfirmed", "/needs-you#unconfirmed", count)
    yield from _imports()
    for run in WordsRun.objects.filter(state=WordsRunState.PAUSED).exclude(because="").order_by("id"):
        facts = {"because": run.because}
        yield Trouble(
            IncidentKind.WORDS, f"words:{run.pk}", f"/pins/words/{run.pk}", words_runs.progress(run).waiting, facts
        )


def _imports() -> Iterator[Trouble]:
    """List blogs whose own rhythm ended in an error the last time. What a person starts, a person looks at."""
    ended = ImportRun.objects.filter(kind="blog", state__in=(RunState.DONE, RunState.STOPPED, RunState.FAILED))
    newest = ended.order_by("blog_id", "-created_at").distinct("blog_id").select_related("blog")
    for run in newest:
        if run.is_by_rhythm and run.error and run.blog.rhythm != Rhythm.MANUAL:
            facts = {"blog": run.blog.name, "why": run.error}
            yield Trouble(IncidentKind.IMPORT, f"import:{run.blog_id}", f"/articles/imports/{run.pk}", 1, facts)


def _failed() -> Iterator[Trouble]:
    """One incident for each network and cause, however many sentences the cause has."""
    groups: dict[tuple[str, str], list[together.Failures]] = {}
    for group in together.failures():
        groups.setdefault((group.network, group.cause), []).append(group)
    for (network, cause), parts in groups.items():
        count = sum(part.count for part in parts)
        facts = {"network": network, "why": parts[0].sentence}
        yield Trouble(IncidentKind.FAILED, f"failed:{network}:{cause}", "/needs-you#failed", count, facts)
