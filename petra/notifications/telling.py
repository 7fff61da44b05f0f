"""Tells members of incidents: in the application, and by e-mail at once or once a day, as each wishes.

A mail is marked as sent before it leaves: a crash in between may lose it, but nobody hears of one incident twice. What
the mail server refuses is tried again, five times in all.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.lib import clock
from petra.notifications import finding
from petra.notifications.models import Choice, Incident, Mail, Seen, Wish
from petra.notifications.wording import sentence_of
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


def ended_incidents(*, since: datetime) -> QuerySet[Incident]:
    """Give what is over, the last one first."""
    found: QuerySet[Incident] = Incident.objects.filter(resolved_at__gte=since).order_by("-resolved_at", "-id")
    return found


def unseen_incidents(user_id: UUID) -> QuerySet[Incident]:
    """Give the open incidents that are new to a member."""
    seen_until = Choice.objects.filter(user_id=user_id).values("seen_at")[:1]
    found = open_incidents().annotate(seen_until=Subquery(seen_until))
    one_by_one = Seen.objects.filter(incident=OuterRef("pk"), user_id=user_id)
    return found.filter(Q(seen_until=None) | Q(opened_at__gt=F("seen_until"))).exclude(Exists(one_by_one))


def unseen(user_id: UUID) -> int:
    """Count the open incidents that are new to a member. One question."""
    return unseen_incidents(user_id).count()


def mark_seen(user_id: UUID, *, until: datetime | None = None) -> None:
    """Note that a member has seen all incidents, or all that were open `until` then."""
    seen_at = min(until or clock.now(), clock.now())
    Choice.objects.get_or_create(user_id=user_id)
    earlier = Q(seen_at=None) | Q(seen_at__lt=seen_at)
    Choice.objects.filter(earlier, user_id=user_id).update(seen_at=seen_at)
    Seen.objects.filter(user_id=user_id, incident__opened_at__lte=seen_at).delete()


def mark_one_seen(user_id: UUID, incident: Incident) -> None:
    """Note that a member has seen one incident. Repeatable."""
    Seen.objects.get_or_create(user_id=user_id, incident=incident)


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
    """Write the mail, in the workspace's language."""
    here = settings.PUBLIC_URL or settings.LOCAL_URL
    with translation.override(workspace.language):
        sentences = [sentence_of(one) for one in news]
        many = ngettext("%(n)d thing needs you", "%(n)d things need you", len(news)) % {"n": len(news)}
        subject = sentences[0] if len(news) == 1 else many
        address = f"{here}/settings#notifications"
        footer = _("You get this as a member of %(workspace)s. How often you hear is yours to choose: %(address)s")
        footer %= {"workspace": workspace.name, "address": address}
    lines = [f"{said}\n{here}{one.path}" for said, one in zip(sentences, news, strict=True)]
    return EmailMessage(
        subject=_one_line(f"{workspace.name}: {subject}"),
        body="\n\n".join([*lines, "-- \n" + footer]),
        to=[user.email],
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:150]


def _default(role: Role) -> Wish:
    return Wish.OFF if role is Role.VIEWER else Wish.INSTANT
