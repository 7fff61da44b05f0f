"""Stops and starts publishing of an account, a blog or the whole workspace, and the hours in which an account rests.

A pause moves no delivery by itself: what falls due meanwhile is held, with the cause `paused_<kind>`, and goes on when
the pause ends (late ones ask first). Quiet hours move what falls due in them to their end.
"""

from __future__ import annotations

from datetime import time
from uuid import UUID

from petra.accounts.models import Account
from petra.articles.models import Blog
from petra.lib.errors import ProductError
from petra.publishing import scheduling
from petra.publishing.lanes import ensure_lane
from petra.publishing.models import Delivery, Lane, Pause, PauseKind, State
from petra.tenancy import scope
from petra.tenancy.models import Workspace
from petra.webhooks import events

Subject = Account | Blog | Workspace

_SENTENCES = {
    PauseKind.ACCOUNT: "This account is paused.",
    PauseKind.BLOG: "Publishing for this blog is paused.",
    PauseKind.WORKSPACE: "Publishing is paused for the whole workspace.",
}


def cause_of(kind: PauseKind) -> str:
    """Name the cause of what is held by a pause of this kind."""
    return f"paused_{kind}"


def sentence_of(kind: PauseKind) -> str:
    """Say why it is held."""
    return _SENTENCES[kind]


def pause(subject: Subject) -> bool:
    """Publish nothing of `subject` until it is resumed. False where it is paused already. Call inside a scope."""
    kind = _kind(subject)
    _, is_new = Pause.objects.get_or_create(
        kind=kind, subject_id=subject.pk, defaults={"actor_id": scope.current().actor_id}
    )
    if is_new:
        events.record("publishing.paused", subject=subject, what=kind, called=_name(subject))
    return is_new


def resume(subject: Subject) -> int:
    """Go on with `subject`. Gives how many deliveries are planned again; late ones stay held and ask."""
    kind = _kind(subject)
    ended, _ = Pause.objects.filter(kind=kind, subject_id=subject.pk).delete()
    if not ended:
        return 0
    events.record("publishing.resumed", subject=subject, what=kind, called=_name(subject))
    held = Delivery.objects.filter(state=State.HELD, cause=cause_of(kind))
    if kind is PauseKind.ACCOUNT:
        held = held.filter(account_id=subject.pk)
    elif kind is PauseKind.BLOG:
        held = held.filter(post__blog_id=subject.pk)
    return scheduling.release(held, because="resumed")


def is_paused(subject: Subject) -> bool:
    """Say whether `subject` itself is paused."""
    return bool(Pause.objects.filter(kind=_kind(subject), subject_id=subject.pk).exists())


def in_force() -> list[Pause]:
    """Give every pause of this workspace, the oldest first, in one question."""
    return list(Pause.objects.order_by("created_at", "id"))


def paused_ids() -> set[UUID]:
    """Give the ids of all accounts, blogs and workspaces paused here, in one question."""
    return set(Pause.objects.values_list("subject_id", flat=True))


def set_quiet_hours(account: Account, *, from_local: time, until_local: time) -> None:
    """Let an account rest daily between two wall-clock times of the workspace's zone; over midnight where they are so.

    Raises ProductError `quiet_hours` where they leave no time or name none.
    """
    if from_local == until_local:
        raise ProductError("quiet_hours", "Quiet hours must begin and end at different times.")
    _write_quiet_hours(account, from_local, until_local)


def clear_quiet_hours(account: Account) -> None:
    """Let an account publish at any hour."""
    _write_quiet_hours(account, None, None)


def quiet_hours(account: Account) -> tuple[time, time] | None:
    """Give the account's quiet hours, None where it has none."""
    lane = Lane.objects.filter(account=account).first()
    if lane is None or lane.quiet_from_local is None or lane.quiet_until_local is None:
        return None
    return lane.quiet_from_local, lane.quiet_until_local


def _write_quiet_hours(account: Account, from_local: time | None, until_local: time | None) -> None:
    ensure_lane(account)
    Lane.objects.filter(account=account).update(quiet_from_local=from_local, quiet_until_local=until_local)
    said = "" if from_local is None or until_local is None else f"{from_local:%H:%M}-{until_local:%H:%M}"
    events.record("account.quiet_hours_changed", subject=account, hours=said)


def _name(subject: Subject) -> str:
    return subject.username if isinstance(subject, Account) else subject.name


def _kind(subject: Subject) -> PauseKind:
    match subject:
        case Account():
            return PauseKind.ACCOUNT
        case Blog():
            return PauseKind.BLOG
        case _:
            return PauseKind.WORKSPACE
