"""How an event reads in Activity. Kinds come from `webhooks.events.record`; an unknown one reads as itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from petra.accounts.models import Account
from petra.posts.models import Post
from petra.publishing.models import Delivery
from petra.tenancy.models import User
from petra.web.pins.rows import pin_title
from petra.web.statuses import Status, StatusKey, status
from petra.webhooks.models import Event

K = StatusKey

# For live pages only. What an incident is about stands in Activity itself; incidents have a page of their own.
QUIET = ("import.progress", "incident.opened", "incident.changed", "incident.resolved")

# kind: (look, sentence). {title} is the pin, {n} a count from the event's data.
SENTENCES: dict[str, tuple[StatusKey, str | Promise]] = {
    "delivery.planned": (K.SCHEDULED, _("“{title}” was scheduled")),
    "delivery.replanned": (K.SCHEDULED, _("“{title}” was moved")),
    "delivery.sending": (K.PUBLISHING, _("“{title}” is being published")),
    "delivery.processing": (K.PUBLISHING, _("The network is working on “{title}”")),
    "delivery.published": (K.PUBLISHED, _("“{title}” is out")),
    "delivery.failed": (K.FAILED, _("“{title}” failed")),
    "delivery.held": (K.ATTENTION, _("“{title}” is waiting")),
    "delivery.unconfirmed": (K.ATTENTION, _("“{title}” may be out; Petra is looking")),
    "delivery.cancelled": (K.DRAFT, _("“{title}” was taken off the calendar")),
    "account.connected": (K.PUBLISHED, _("{name} was connected")),
    "account.reconnected": (K.PUBLISHED, _("{name} was connected again")),
    "account.disconnected": (K.DRAFT, _("{name} was disconnected")),
    "account.needs_reconnect": (K.ATTENTION, _("{name} was signed out")),
    "account.cooling_down": (K.ATTENTION, _("{name} rests for a while")),
    "account.targets_synced": (K.READY, _("The boards of {name} were synced")),
    "account.slots_changed": (K.READY, _("The posting times of {name} were changed")),
    "account.quiet_hours_changed": (K.READY, _("The quiet hours of {name} were changed")),
    "publishing.paused": (K.PAUSED, _("{called} was paused")),
    "publishing.resumed": (K.PUBLISHING, _("{called} goes on")),
    "import.started": (K.PUBLISHING, _("An import was started")),
    "import.paused": (K.PAUSED, _("An import was paused")),
    "import.resumed": (K.PUBLISHING, _("An import goes on")),
    "import.finished": (K.PUBLISHED, _("An import is done")),
    "import.failed": (K.FAILED, _("An import failed")),
    "import.stopped": (K.DRAFT, _("An import was stopped")),
    "article.imported": (K.READY, _("An article was imported")),
    "article.changed": (K.READY, _("An article changed on its blog")),
    "article.edited": (K.READY, _("An article was edited")),
    "article.archived": (K.DRAFT, _("An article was archived")),
    "article.restored": (K.READY, _("An article was restored")),
    "bulk.started": (K.PUBLISHING, _("Bulk publishing began, {total} in all")),
    "bulk.finished": (K.PUBLISHED, _("Bulk publishing is done: {published} of {total} are out")),
    "post.drafted": (K.READY, _("“{title}” was drafted")),
    "post.words_written": (K.READY, _("“{title}” was written")),
    "post.words_started": (K.PUBLISHING, _("“{title}” is being written")),
    "post.words_proposed": (K.READY, _("Words were proposed for “{title}”")),
    "post.words_failed": (K.FAILED, _("No words came for “{title}”")),
    "post.words_stopped": (K.DRAFT, _("The writing of “{title}” was stopped")),
    "post.words_dropped": (K.DRAFT, _("Proposed words for “{title}” were put away")),
    "words_run.started": (K.PUBLISHING, _("Writing words began, {total} pins in all")),
    "words_run.paused": (K.PAUSED, _("Writing words was paused")),
    "words_run.resumed": (K.PUBLISHING, _("Writing words goes on")),
    "words_run.stopped": (K.DRAFT, _("Writing words was stopped")),
    "words_run.finished": (K.PUBLISHED, _("Writing words is done: {written} written, {skipped} left, {failed} failed")),
    "blog.named": (K.READY, _("The name or language of {called} was set")),
    "blog.brand_changed": (K.READY, _("The voice of a blog was changed")),
    "ai.access_changed": (K.READY, _("It was changed who writes words")),
    "post.words_restored": (K.READY, _("An earlier version of “{title}” was restored")),
    "post.words_reset": (K.DRAFT, _("“{title}” was reset")),
    "blog.removed": (K.DRAFT, _("{called} was removed")),
    "blog.rule_set": (K.READY, _("What becomes of new articles of {called} was set")),
    "blog.rule_ended": (K.DRAFT, _("New articles of {called} make no pins any more")),
    "post.not_planned": (K.ATTENTION, _("“{title}” was not scheduled. {why}")),
    "drafts.finished": (K.PUBLISHED, _("{drafted} pins were drafted")),
    "article.not_drafted": (K.ATTENTION, _("No pin could be made of an article. {why}")),
    "account.targets_failed": (K.ATTENTION, _("Boards were not read. {reason}")),
    "post.edited": (K.READY, _("“{title}” was edited")),
    "post.removed": (K.DRAFT, _("“{title}” was removed")),
    "post.restored": (K.READY, _("“{title}” was brought back")),
}


@dataclass(frozen=True)
class EventLine:
    """One line of Activity. `details` is for a person who looks closer: the cause's code and the ids."""

    status: Status
    words: str
    url: str
    who: str
    at: datetime
    why: str
    details: list[tuple[str, str]]


def lines(events: list[Event]) -> list[EventLine]:
    """Turn events into lines. Call inside the workspace's scope; asks three questions whatever their number."""
    deliveries = _deliveries(events)
    posts = _posts(events)
    people = {u.pk: u for u in User.objects.filter(pk__in={e.actor_id for e in events if e.actor_id})}
    accounts = _account_names(events)
    return [_line(e, deliveries, posts, people, accounts) for e in events]


def _line(
    event: Event,
    deliveries: dict[UUID, Delivery],
    posts: dict[UUID, Post],
    people: dict[UUID, User],
    accounts: dict[UUID, str],
) -> EventLine:
    delivery = deliveries.get(event.subject_id) if event.subject_id else None
    post = delivery.post if delivery else _post_of(event, posts)
    look, sentence = SENTENCES.get(event.kind, (K.DRAFT, event.kind.replace(".", " ").replace("_", " ").capitalize()))
    person = people.get(event.actor_id) if event.actor_id else None
    facts = {
        **{k: str(v) for k, v in event.data.items()},
        "title": pin_title(post) if post else "",
        "name": accounts.get(event.subject_id, "") if event.subject_id else "",
    }
    failed = event.kind in {"delivery.failed", "delivery.held", "delivery.unconfirmed"}
    return EventLine(
        status=status(look),
        words=str(sentence).format_map(_Forgiving(facts)),
        url=_url(event, post),
        who=(person.get_full_name() or person.email.split("@")[0]) if person else "",
        at=event.at,
        why=delivery.for_person if delivery and failed and f"delivery.{delivery.state}" == event.kind else "",
        details=[
            ("event", str(event.pk)),
            ("kind", event.kind),
            *((k, str(v)) for k, v in sorted(event.data.items()) if v),
        ],
    )


def _url(event: Event, post: Post | None) -> str:
    if event.kind.startswith("bulk."):
        return reverse("bulk_run", args=[event.subject_id])
    if event.kind.startswith("words_run."):
        return reverse("words_run", args=[event.subject_id])
    return reverse("pin", args=[post.pk]) if post else ""


class _Forgiving(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _post_of(event: Event, posts: dict[UUID, Post]) -> Post | None:
    if event.subject_kind == "post" and event.subject_id:
        return posts.get(event.subject_id)
    return None


def _deliveries(events: list[Event]) -> dict[UUID, Delivery]:
    ids = _subjects(events, lambda e: e.subject_kind == "delivery")
    found: dict[UUID, Delivery] = Delivery.objects.select_related("post__article").in_bulk(ids)
    return found


def _posts(events: list[Event]) -> dict[UUID, Post]:
    ids = _subjects(events, lambda e: e.subject_kind == "post")
    found: dict[UUID, Post] = Post.objects.select_related("article").in_bulk(ids)
    return found


def _account_names(events: list[Event]) -> dict[UUID, str]:
    ids = _subjects(events, lambda e: e.subject_kind == "account")
    rows: list[Any] = list(Account.objects.filter(pk__in=ids).values_list("pk", "username")) if ids else []
    return dict(rows)


def _subjects(events: list[Event], wanted: Callable[[Event], bool]) -> list[UUID]:
    return list({e.subject_id for e in events if e.subject_id and wanted(e)})
