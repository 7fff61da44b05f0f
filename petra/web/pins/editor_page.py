"""What the pin editor shows: words with their limits, the pictures there are, the schedule, attempts and history."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from petra.accounts.models import Target
from petra.articles.models import ArticleImage
from petra.media.models import Asset
from petra.networks.contract import Problem
from petra.posts.models import Post
from petra.posts.words import metadata
from petra.publishing import scheduling
from petra.publishing.models import Attempt, Delivery, State
from petra.publishing.sentences import said_of
from petra.tenancy.access import MemberRequest
from petra.tenancy.models import Role
from petra.web import event_words, moments, targets
from petra.web.needs_you import waiting_rows
from petra.web.pins import publish as pin_publish
from petra.web.pins import rows as pin_rows
from petra.web.pins import status as pin_status
from petra.web.statuses import StatusKey, status
from petra.web.words import editor as words_editor
from petra.webhooks.models import Event

FREE_SHOWN = 6
LOUD = {StatusKey.FAILED, StatusKey.ATTENTION, StatusKey.PAUSED}  # the rest is said in small print
FIELDS = ("title", "description", "alt_text", "link")


def page(request: MemberRequest, post: Post) -> dict[str, Any]:
    """Read everything of one pin. Call inside the workspace's scope."""
    zone, now = request.actor.zone, pin_publish.present()
    deliveries = list(
        Delivery.objects.filter(post=post).select_related("account", "target__parent").order_by("-created_at")
    )
    may_change = request.actor.may(Role.EDITOR)
    free = list(islice(scheduling.free_slots(post.target.account), FREE_SHOWN)) if post.target else []
    live = [d for d in deliveries if d.state != State.CANCELLED]
    views = [delivery_view(d, zone=zone, now=now) for d in live]
    return {
        **words(post),
        "post": post,
        "pin_title": pin_rows.pin_title(post),
        "status": pin_status.pin_status(post, live),
        "button": pin_publish.button(post, deliveries, free=free[:1], zone=zone, now=now, may_change=may_change),
        "saved": moments.moment(post.updated_at, zone=zone, now=now),
        "pictures": [_picture(use.position, use.asset) for use in post.media.all()],
        "article_pictures": _article_pictures(post),
        "article": post.article,
        "boards": targets.choices(),
        "board_id": str(post.target.parent_id or post.target_id) if post.target else "",
        "section_id": str(post.target_id) if post.target and post.target.parent_id else "",
        "sections": _sections(post.target),
        **words_editor.words(
            post,
            zone=zone,
            now=now,
            me=request.actor.user.pk,
            may_change=may_change,
            may_choose_writer=request.actor.may(Role.ADMIN),
        ),
        "deliveries": views,
        "trouble": next((view for view in views if not view["is_calm"]), None),
        "gone": said_of(deliveries[0]).happened if deliveries and not live else "",
        "free": [{"value": at.isoformat(), "words": moments.moment(at, zone=zone, now=now)} for at in free],
        "free_again": bool(free),
        "planned_for": _planned_local(live, zone),
        "zone_words": moments.zone_words(zone, now=now),
        "history": _history(post, deliveries, zone, now),
        "neighbours": _neighbours(post),
        "may_change": may_change,
        "powers": pin_publish.powers(post),
    }


def words(post: Post) -> dict[str, Any]:
    """Give the fields with their limits, and what a person should mend."""
    limits = metadata.limits_of(post)
    problems = metadata.problems_of(post)
    mosts = {
        "title": limits.max_title,
        "description": limits.max_description,
        "alt_text": limits.max_alt_text,
        "link": 0,
    }
    labels = {"title": _("Title"), "description": _("Description"), "alt_text": _("Alt text"), "link": _("Link")}
    return {
        "fields": [
            {
                "name": name,
                "label": labels[name],
                "value": getattr(post, name),
                "max": mosts[name],
                "used": len(getattr(post, name)),
                "is_over": bool(mosts[name]) and len(getattr(post, name)) > mosts[name],
                "is_long": name in ("description", "alt_text"),
                "hint": _("Read aloud to people who can't see the picture.") if name == "alt_text" else "",
            }
            for name in FIELDS
        ],
        "checks": _checks(post, problems),
        "version": post.version,
    }


def delivery_view(delivery: Delivery, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Describe one delivery with its attempts."""
    at = delivery.published_at or delivery.due_at
    said = said_of(delivery)
    look = pin_status.delivery_status(delivery)
    return {
        "id": delivery.pk,
        "status": look,
        "state": delivery.state,
        "is_unconfirmed": delivery.state == State.UNCONFIRMED,
        "account": delivery.account.username,
        "mark": pin_rows.mark_of(delivery.account.network),
        "board": pin_rows.target_words(delivery.target),
        "when": moments.moment(at, zone=zone, now=now),
        "sentence": said.happened,
        "next_step": waiting_rows.goes_on(delivery, zone=zone, now=now) or said.next_step,
        "is_calm": look.key not in LOUD,
        "retry_words": _retry_words(delivery, zone, now),
        "remote_url": delivery.remote_url,
        "attempts": [_attempt(a, zone, now) for a in delivery.attempts.order_by("-started_at")[:8]],
        "acts": pin_publish.delivery_acts(delivery),
    }


def _retry_words(delivery: Delivery, zone: ZoneInfo, now: datetime) -> str:
    if delivery.state != State.PLANNED or not delivery.tries or not delivery.next_at:
        return ""
    when = moments.moment(delivery.next_at, zone=zone, now=now)
    return _("Try %(n)d at %(when)s") % {"n": delivery.tries + 1, "when": when}


ATTEMPT_LOOKS: dict[str, tuple[StatusKey, str]] = {
    "sent": (StatusKey.PUBLISHED, "sent"),
    "found": (StatusKey.PUBLISHED, "found"),
    "processing": (StatusKey.PUBLISHING, "processing"),
    "absent": (StatusKey.READY, "absent"),
    "later": (StatusKey.SCHEDULED, "later"),
    "rejected": (StatusKey.FAILED, "rejected"),
    "reconnect": (StatusKey.ATTENTION, "reconnect"),
    "unknown": (StatusKey.ATTENTION, "unknown"),
}


def _attempt(attempt: Attempt, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    said = {
        "sent": _("Published"),
        "found": _("Found on the network"),
        "processing": _("The network is working on it"),
        "absent": _("Not on the network"),
        "later": _("Tried again later"),
        "rejected": _("Refused"),
        "reconnect": _("Signed out"),
        "unknown": _("The answer was lost"),
    }
    key, outcome = ATTEMPT_LOOKS.get(attempt.outcome, (StatusKey.PUBLISHING, ""))
    took = (attempt.finished_at - attempt.started_at).total_seconds() if attempt.finished_at else None
    return {
        "status": status(key, said.get(outcome, _("On its way"))),
        "when": moments.moment(attempt.started_at, zone=zone, now=now),
        "took": _("%(s).1f s") % {"s": took} if took is not None else "",
        "for_person": attempt.for_person,
        "details": [("attempt", str(attempt.pk)), ("kind", attempt.kind), ("cause", attempt.cause or "-")],
    }


def _checks(post: Post, problems: list[Problem]) -> list[dict[str, Any]]:
    checks: list[dict[str, Any]] = [
        {
            "status": status(StatusKey.FAILED if p.is_blocking else StatusKey.ATTENTION),
            "words": p.for_person,
            "field": p.field,
        }
        for p in problems
    ]
    first = next(iter(post.media.all()), None)
    if first is not None:
        size = f"{first.asset.width_px} × {first.asset.height_px}"
        checks.insert(
            0, {"status": status(StatusKey.PUBLISHED), "words": _("Original %(size)s px") % {"size": size}, "field": ""}
        )
    if not post.alt_text.strip():
        checks.append({"status": status(StatusKey.ATTENTION), "words": _("No alt text yet."), "field": "alt_text"})
    if not problems:
        checks.append({"status": status(StatusKey.PUBLISHED), "words": _("Nothing is missing."), "field": ""})
    return checks


def _picture(position: int, asset: Asset) -> dict[str, Any]:
    return {
        "position": position,
        "preview": pin_rows.picture_url(asset.pk, shape="2x3"),
        "thumb": pin_rows.picture_url(asset.pk),
        "alt": asset.alt_text,
    }


def _article_pictures(post: Post) -> list[dict[str, Any]]:
    """List the article's pictures: those fetched already with their thumb, the others by their words."""
    if post.article is None:
        return []
    images: list[ArticleImage] = list(post.article.images.filter(is_nopin=False).order_by("-is_lead", "position")[:12])
    fetched = {a.source_url: a for a in Asset.objects.filter(source_url__in=[i.url for i in images])}
    used = {use.asset_id for use in post.media.all()}
    return [
        {
            "id": image.pk,
            "thumb": pin_rows.picture_url(fetched[image.url].pk) if image.url in fetched else "",
            "words": image.alt or image.caption or _("Picture %(n)d") % {"n": image.position + 1},
            "size": f"{image.width_px} × {image.height_px}" if image.width_px and image.height_px else "",
            "is_used": image.url in fetched and fetched[image.url].pk in used,
        }
        for image in images
    ]


def _sections(target: Target | None) -> list[Target]:
    if target is None:
        return []
    return list(Target.objects.filter(parent_id=target.parent_id or target.pk, gone_at=None).order_by("name"))


def _planned_local(live: list[Delivery], zone: ZoneInfo) -> str:
    planned = next((d for d in live if d.state != State.PUBLISHED), None)
    return f"{planned.due_at.astimezone(zone):%Y-%m-%dT%H:%M}" if planned else ""


def _history(post: Post, deliveries: list[Delivery], zone: ZoneInfo, now: datetime) -> list[dict[str, Any]]:
    ids = [post.pk, *(d.pk for d in deliveries)]
    events = list(Event.objects.filter(subject_id__in=ids).order_by("-id")[:12])
    return [{"line": line, "when": moments.moment(line.at, zone=zone, now=now)} for line in event_words.lines(events)]


def _neighbours(post: Post) -> dict[str, str]:
    kept = Post.objects.filter(removed_at=None)
    newer = Q(created_at__gt=post.created_at) | Q(created_at=post.created_at, pk__lt=post.pk)
    older = Q(created_at__lt=post.created_at) | Q(created_at=post.created_at, pk__gt=post.pk)
    before = kept.filter(newer).order_by("created_at", "-pk").values_list("pk", flat=True).first()
    after = kept.filter(older).order_by("-created_at", "pk").values_list("pk", flat=True).first()
    return {
        "before": reverse("pin", args=[before]) if before else "",
        "after": reverse("pin", args=[after]) if after else "",
        "place": str(kept.filter(newer).count() + 1),
        "all": str(kept.count()),
    }
