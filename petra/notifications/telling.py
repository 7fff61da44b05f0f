"""Tells members of incidents: in the application, and by e-mail at once or once a day, as each wishes.

A mail is marked as sent before it leaves: a crash in between may lose it, but nobody hears of one incident twice. What
the mail server refuses is tried again, five times in all.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, QuerySet

from petra.lib import clock
from petra.notifications import finding
from petra.notifications.models import Choice, Incident, Mail, Wish
from petra.tenancy import scope
from petra.tenancy.models import Member, Role, User, Workspace

log = logging.getLogger(__name__)

_DIGEST_HOUR: Final = 8  # by the workspace's clock
_MOST_TRIES: Final = 5


def wishes() -> dict[UUID, Wish]:
    """Say for each member of the open workspace how they want to hear of incidents."""
    chosen = {c.user_id: c.wish for c in Choice.objects.exclude(wish="")}
    return {
        member.user_id: Wish(chosen[member.user_id]) if member.user_id in chosen else _default(Role(member.role))
        for member in Member.objects.all()
    }


def wish_of(user_id: UUID) -> Wish:
    """Say how one member wants to hear of incidents; OFF for somebody who is none."""
    return wishes().get(user_id, Wish.OFF)


def choose(user_id: UUID, wish: Wish) -> None:
    """Write down what a member wishes. Incidents that are open already are told as they were to be."""
    Choice.objects.update_or_create(user_id=user_id, defaults={"wish": wish})


def open_incidents() -> QuerySet[Incident]:
    """Give what needs a person now, the newest first."""
    found: QuerySet[Incident] = Incident.objects.filter(resolved_at=None).order_by("-opened_at")
    return found


def unseen(user_id: UUID) -> int:
    """Count the open incidents that are new to a member."""
    seen_at = Choice.objects.filter(user_id=user_id).values_list("seen_at", flat=True).first()
    found = open_incidents()
    return found.count() if seen_at is None else found.filter(opened_at__gt=seen_at).count()


def mark_seen(user_id: UUID) -> None:
    """Note that a member has seen all incidents."""
    Choice.objects.update_or_create(user_id=user_id, defaults={"seen_at": clock.now()})


def send_mails() -> int:
    """Send what waits: single mails at once, digests after eight in the morning. Gives how many mails left.

    Call outside any scope: the mail server is called.
    """
    return sum(_send_of(workspace_id) for workspace_id in finding.workspaces_with_mail())


def _send_of(workspace_id: UUID) -> int:
    with scope.workspace(workspace_id):
        workspace = Workspace.objects.get(pk=workspace_id)
        waiting: dict[User, list[Mail]] = defaultdict(list)
        rows = Mail.objects.filter(sent_at=None, tries__lt=_MOST_TRIES).select_related("incident", "user")
        for mail in rows.order_by("id"):
            waiting[mail.user].append(mail)
    sent = 0
    for user, mails in waiting.items():
        for mail in mails:
            if not mail.is_for_digest:
                sent += _send(workspace, user, [mail])
        digest = [mail for mail in mails if mail.is_for_digest]
        if digest and _is_time_for_digest(workspace, user):
            sent += _send(workspace, user, digest)
    return sent


def _is_time_for_digest(workspace: Workspace, user: User) -> bool:
    """Say whether it is past eight, and note that today's digest goes out. True once a day."""
    local = clock.now().astimezone(workspace.zone)
    if local.hour < _DIGEST_HOUR:
        return False
    with scope.workspace(workspace.pk):
        Choice.objects.get_or_create(user=user)
        due = Choice.objects.filter(user=user).exclude(digest_on=local.date())
        return bool(due.update(digest_on=local.date()))


def _send(workspace: Workspace, user: User, mails: Sequence[Mail]) -> int:
    """Send one mail about these incidents. What is over by now is not told any more."""
    ids = [mail.pk for mail in mails]
    with scope.workspace(workspace.pk):
        claimed = Mail.objects.filter(pk__in=ids, sent_at=None).update(sent_at=clock.now())
        news = [mail.incident for mail in mails if mail.incident.resolved_at is None]
    if claimed != len(ids) or not news:
        return 0
    try:
        _message(workspace, user, news).send()
    except (SMTPException, OSError) as error:
        log.warning("a mail could not be sent: %s", type(error).__name__)
        with scope.workspace(workspace.pk):
            Mail.objects.filter(pk__in=ids).update(sent_at=None, tries=F("tries") + 1)
            Choice.objects.filter(user=user).update(digest_on=None)
        return 0
    return 1


def _message(workspace: Workspace, user: User, news: Sequence[Incident]) -> EmailMessage:
    subject = news[0].sentence if len(news) == 1 else f"{len(news)} things need you"
    lines = [f"{one.sentence}\n{settings.PUBLIC_URL}{one.path}" for one in news]
    footer = f"You get this as a member of {workspace.name}. Settings: {settings.PUBLIC_URL}/settings"
    return EmailMessage(
        subject=_one_line(f"{workspace.name}: {subject}"),
        body="\n\n".join([*lines, "-- ", footer]),
        to=[user.email],
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:150]


def _default(role: Role) -> Wish:
    return Wish.OFF if role is Role.VIEWER else Wish.INSTANT
