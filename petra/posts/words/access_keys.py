"""STOP 2, the key: which model writes for a blog, and the only file that opens its key.

A blog's own access comes first, then the workspace's, then the operator's from the environment (PETRA_AI_…), else the
offline writer. A key goes to the provider it was given for and nowhere else: who changes provider or address gives it
again. Verbs are called inside a scope unless they say otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from petra.accounts import keyring
from petra.ai import providers
from petra.ai.access import Access, Provider
from petra.ai.contract import Cause, Writer, WriterFailed
from petra.ai.offline.writer import OfflineWriter
from petra.articles.importing import operator_allows
from petra.articles.models import Blog
from petra.lib import clock, ids
from petra.lib.outbound import AllowPrivate
from petra.lib.seal import SealError
from petra.posts.models import WriterAccess
from petra.posts.plain import one_line, plain
from petra.posts.words import finding as words_finding
from petra.posts.words.access_wishes import OFFLINE as OFFLINE
from petra.posts.words.access_wishes import BadAccess as BadAccess
from petra.posts.words.access_wishes import Wish as Wish
from petra.posts.words.access_wishes import check_key, check_numbers, checked_address, door_of
from petra.tenancy import scope
from petra.tenancy.models import Workspace
from petra.webhooks import events

T = TypeVar("T")
BY_BLOG, BY_WORKSPACE, BY_OPERATOR = "blog", "workspace", "environment"
# Failures that tell of the key or the provider's account: kept with the access, and shown where it is chosen.
OF_ACCESS: Final = frozenset(
    {Cause.KEY_REFUSED, Cause.NO_MODEL, Cause.QUOTA, Cause.BAD_ADDRESS, Cause.BAD_REQUEST, Cause.UNREACHABLE}
)
_LEAST_FOR_HINT: Final = 16  # of a shorter key, four characters would say too much
_SHOWN_FIELDS: Final = (
    "provider", "base_url", "model", "key_hint", "key_set_at", "monthly_usd", "monthly_tokens", "input_usd",
    "output_usd", "per_minute", "at_once", "last_error", "last_error_detail", "last_error_at", "checked_at",
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """Who writes, and how much, as pages may show it: never the key. `source` says whose choice it is.

    `charged_to` is the blog whose month pays, None for the workspace's.
    """

    source: str = OFFLINE
    provider: str = OFFLINE
    base_url: str = ""
    model: str = ""
    key_hint: str = ""
    key_set_at: datetime | None = None
    monthly_usd: Decimal | None = None
    monthly_tokens: int | None = None
    input_usd: Decimal | None = None
    output_usd: Decimal | None = None
    per_minute: int = 60
    at_once: int = 5
    last_error: str = ""
    last_error_detail: str = ""
    last_error_at: datetime | None = None
    checked_at: datetime | None = None
    charged_to: UUID | None = None
    access_id: UUID | None = None

    @property
    def is_offline(self) -> bool:
        """Whether no model is asked."""
        return self.provider == OFFLINE


@dataclass(frozen=True)
class Opened:
    """A writer ready to be asked. `key_digest` names the key without telling it; empty for the offline one."""

    standing: Standing
    writer: Writer
    key_digest: str = ""


@dataclass(frozen=True)
class Checked:
    """What came of trying an access: the model's name, or why there was no answer."""

    model: str = ""
    cause: Cause | None = None
    detail: str = ""


def access_of(blog: Blog | None) -> Standing:
    """Say who writes for a blog, or for what has none."""
    return _standing(_row_for(blog.pk if blog is not None else None))


def own_access(blog: Blog | None) -> Standing | None:
    """Say what was chosen for exactly this blog, or for the workspace; None where nothing was."""
    row: WriterAccess | None = WriterAccess.objects.filter(blog=blog).first()
    return _shown(row) if row is not None else None


def save(blog: Blog | None, wish: Wish) -> Standing:
    """Choose who writes for the workspace (blog None) or for one blog. Raises BadAccess."""
    Workspace.objects.select_for_update(no_key=True).get(pk=scope.current_workspace_id())  # a first row has no lock yet
    row: WriterAccess = WriterAccess.objects.filter(blog=blog).first() or WriterAccess(id=ids.new_id(), blog=blog)
    address = checked_address(wish)
    check_numbers(wish)
    is_elsewhere = (row.provider, row.base_url) != (wish.provider, address)
    if wish.provider == OFFLINE or is_elsewhere:
        row.key_sealed, row.key_hint, row.key_set_at = None, "", None
    key = (wish.key or "").strip()
    if key and wish.provider != OFFLINE:
        check_key(key)
        row.key_sealed, row.key_set_at = keyring.ring().seal(key, bound_to=_bond(row)), clock.now()
        row.key_hint = key[-4:] if len(key) >= _LEAST_FOR_HINT else ""
    if wish.provider != OFFLINE and Provider(wish.provider).needs_key and row.key_sealed is None:
        raise BadAccess("Give the key of this provider. One that was given for another provider isn't sent to it.")
    row.provider, row.base_url, row.model = wish.provider, address, one_line(wish.model)[:120]
    for name in ("monthly_usd", "monthly_tokens", "input_usd", "output_usd", "per_minute", "at_once"):
        setattr(row, name, getattr(wish, name))
    row.last_error = row.last_error_detail = ""
    row.last_error_at = row.checked_at = None
    row.updated_at = clock.now()
    row.save()
    events.record("ai.access_changed", subject=blog, provider=row.provider, model=row.model)
    return _shown(row)


def forget(blog: Blog | None) -> None:
    """Delete what was chosen, and its key."""
    if WriterAccess.objects.filter(blog=blog).delete()[0]:
        events.record("ai.access_changed", subject=blog, provider="", model="")


def check(workspace_id: UUID, blog_id: UUID | None = None) -> Checked:
    """Ask the model one tiny thing, and keep what came of it. Costs a few tokens. Call outside a scope."""
    try:
        return Checked(model=_asked(workspace_id, blog_id, providers.check, if_offline=OFFLINE))
    except WriterFailed as failure:
        return Checked(cause=failure.cause, detail=failure.detail)


def models(workspace_id: UUID, blog_id: UUID | None = None) -> list[str]:
    """List the provider's models; empty where it has no list. Call outside a scope. Raises WriterFailed."""
    return _asked(workspace_id, blog_id, providers.models, if_offline=[])


def opened(blog_id: UUID | None) -> Opened:
    """Open the key and give the writer. Raises WriterFailed where the key can't be opened any more."""
    row = _row_for(blog_id)
    standing = _standing(row)
    if standing.is_offline:
        return Opened(standing, OfflineWriter())
    access = _access(row, standing)
    named = f"{access.provider}|{access.base_url}|{access.key}"
    return Opened(standing, providers.writer_for(access), hashlib.sha256(named.encode()).hexdigest())


def note(standing: Standing, failure: WriterFailed | None) -> None:
    """Keep how the access last failed, or that it works again. Of one that was changed meanwhile nothing is known."""
    rows = _asked_as(standing)
    if failure is None:
        if standing.last_error:
            rows.update(last_error="", last_error_detail="", last_error_at=None, checked_at=clock.now())
    else:
        rows.update(last_error=failure.cause, last_error_detail=plain(failure.detail)[:500], last_error_at=clock.now())


def rotate_keys() -> tuple[int, int, int]:
    """Seal every key anew with the ring's first: how many were seen, sealed anew, unreadable. Call outside a scope."""
    seen = resealed = unreadable = 0
    for workspace_id, access_id in words_finding.sealed_keys():
        with scope.workspace(workspace_id):
            row = WriterAccess.objects.select_for_update().filter(pk=access_id, key_sealed__isnull=False).first()
            if row is None:
                continue
            seen += 1
            if not keyring.ring().needs_resealing(bytes(row.key_sealed)):
                continue
            try:
                key = keyring.ring().open(bytes(row.key_sealed), bound_to=_bond(row))
            except SealError:
                unreadable += 1
                continue
            row.key_sealed = keyring.ring().seal(key, bound_to=_bond(row))
            row.save(update_fields=["key_sealed"])
            resealed += 1
    return seen, resealed, unreadable


def _asked(workspace_id: UUID, blog_id: UUID | None, ask: Callable[[Access], T], *, if_offline: T) -> T:
    with scope.workspace(workspace_id):
        row = _row_for(blog_id)
        standing = _standing(row)
        if standing.is_offline:
            return if_offline
        access = _access(row, standing)
    failure: WriterFailed | None = None
    try:
        return ask(access)
    except WriterFailed as error:
        failure = error
        raise
    finally:
        with scope.workspace(workspace_id):
            note(standing, failure)
            if failure is None:
                _asked_as(standing).update(checked_at=clock.now())


def _asked_as(standing: Standing) -> QuerySet[WriterAccess]:
    """Find the access where it is still what was asked with: the same key, provider and model."""
    found: QuerySet[WriterAccess] = WriterAccess.objects.filter(
        pk=standing.access_id,
        provider=standing.provider,
        base_url=standing.base_url,
        model=standing.model,
        key_set_at=standing.key_set_at,
    )
    return found


def _row_for(blog_id: UUID | None) -> WriterAccess | None:
    rows: dict[UUID | None, WriterAccess] = {
        row.blog_id: row
        for row in WriterAccess.objects.filter(blog=None) | WriterAccess.objects.filter(blog_id=blog_id)
    }
    return rows.get(blog_id) or rows.get(None)


def _standing(row: WriterAccess | None) -> Standing:
    return _shown(row) if row is not None else _from_environment()


def _shown(row: WriterAccess) -> Standing:
    return Standing(
        source=BY_BLOG if row.blog_id else BY_WORKSPACE,
        charged_to=row.blog_id,
        access_id=row.pk,
        **{name: getattr(row, name) for name in _SHOWN_FIELDS},
    )


def _from_environment() -> Standing:
    if not settings.AI_PROVIDER:
        return Standing()
    return Standing(
        source=BY_OPERATOR,
        provider=settings.AI_PROVIDER,
        base_url=settings.AI_URL,
        model=settings.AI_MODEL,
        monthly_usd=settings.AI_MONTHLY_USD,
        monthly_tokens=settings.AI_MONTHLY_TOKENS,
        per_minute=settings.AI_PER_MINUTE,
        at_once=settings.AI_AT_ONCE,
    )


def _access(row: WriterAccess | None, standing: Standing) -> Access:
    allowed: AllowPrivate = operator_allows()
    key = ""
    if row is None:
        key = settings.AI_KEY
        if door := door_of(settings.AI_URL):  # the operator named it
            allowed = allowed | {door}
    elif row.key_sealed is not None:
        try:
            key = keyring.ring().open(bytes(row.key_sealed), bound_to=_bond(row))
        except SealError as error:
            raise WriterFailed(Cause.KEY_REFUSED, error.for_person) from None
    return Access(
        Provider(standing.provider), key=key, base_url=standing.base_url, model=standing.model, may_be_private=allowed
    )


def _bond(row: WriterAccess) -> str:
    return f"ai key of {row.own_workspace_id}/{row.pk}"
