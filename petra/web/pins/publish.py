"""Which face the publish button has for a pin, and what can be done to each delivery. Reads values, writes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from petra.lib import clock
from petra.networks.contract import Powers
from petra.networks.registry import NETWORKS, network
from petra.posts.models import Post
from petra.posts.words import metadata
from petra.publishing import scheduling
from petra.publishing.models import Delivery, State
from petra.web import moments
from petra.web.needs_you import page as needs_you_view
from petra.web.pins import rows as pin_rows
from petra.web.pins.publish_button import MenuItem, PublishButton

ON_THE_WAY = (State.SENDING, State.PROCESSING)
FIELD_IDS = {"title": "#id_title", "description": "#id_description", "alt_text": "#id_alt_text", "link": "#id_link"}


def present() -> datetime:
    """Say the present instant, once per page."""
    return clock.now()


def powers(post: Post) -> Powers:
    """Say what the pin's network can do; before one is chosen, what the first one can."""
    if post.target is not None:
        return network(post.target.account.network).powers
    return next(iter(NETWORKS.values())).powers


def seen(post: Post, deliveries: list[Delivery]) -> str:
    """Name what a person looked at when they pressed: pressing twice, or late, is told from pressing once."""
    of_account = [d for d in deliveries if post.target is not None and d.account_id == post.target.account_id]
    return ",".join(sorted(f"{d.pk.hex}-{d.plan_no}-{d.state}" for d in of_account))


def button(
    post: Post, deliveries: list[Delivery], *, free: list[datetime], zone: ZoneInfo, now: datetime, may_change: bool
) -> PublishButton:
    """Give the publish button of a pin. `deliveries` newest first, cancelled ones included."""
    live = [d for d in deliveries if d.state != State.CANCELLED]
    open_ones = [d for d in live if d.state != State.PUBLISHED]
    if any(d.state in ON_THE_WAY for d in open_ones):
        return _on_the_way(next(d for d in open_ones if d.state in ON_THE_WAY))
    if not may_change:
        return PublishButton("off", _("Schedule"), note=_("Your role may look, not publish."))
    if open_ones:
        return _planned(post, open_ones[0], zone=zone, now=now)
    if live:
        return _published(live[0])
    return _ready(post, free=free, zone=zone, now=now)


def _on_the_way(delivery: Delivery) -> PublishButton:
    label = network(delivery.account.network).label
    if delivery.state == State.PROCESSING:
        return PublishButton("work", _("%(network)s is working, 3 of 3") % {"network": label}, step=3)
    return PublishButton("work", _("Sending to %(network)s, 2 of 3") % {"network": label}, step=2)


def _planned(post: Post, delivery: Delivery, *, zone: ZoneInfo, now: datetime) -> PublishButton:
    match delivery.state:
        case State.FAILED:
            return PublishButton(
                "post",
                _("Retry now") if _is_fit(post) else _("Fix and retry"),
                "danger solid",
                "rotate",
                url=reverse("delivery_act", args=[delivery.pk, "retry"]),
                menu=[_pick(), _reset(delivery), _remove()],
                menu_label=_("Other ways"),
            )
        case State.UNCONFIRMED:
            return PublishButton(
                "post",
                _("Look again"),
                "primary",
                "search",
                url=reverse("delivery_act", args=[delivery.pk, "look"]),
                note=_("Petra looks before it sends anything again."),
                menu=[
                    MenuItem(_("It is there"), "check", post_url=reverse("delivery_act", args=[delivery.pk, "there"])),
                    MenuItem(
                        _("It is not there, send it again"),
                        "rotate",
                        post_url=reverse("delivery_act", args=[delivery.pk, "retry"]),
                    ),
                ],
                menu_label=_("Other ways"),
            )
        case State.HELD:
            return _held(delivery)
        case _:
            when = moments.moment(delivery.due_at, zone=zone, now=now)
            return PublishButton(
                "dialog",
                when,
                "",
                "clock",
                dialog="schedule",
                menu=[
                    MenuItem(_("Move"), "calendar", dialog="schedule"),
                    _now(),
                    MenuItem(_("Pause"), "player-pause", post_url=reverse("delivery_act", args=[delivery.pk, "hold"])),
                    MenuItem(
                        _("Take off the calendar"),
                        "clock-pause",
                        post_url=reverse("delivery_act", args=[delivery.pk, "cancel"]),
                        has_rule_above=True,
                    ),
                ],
                menu_label=_("Other ways"),
            )


def _held(delivery: Delivery) -> PublishButton:
    mended_at = needs_you_view.mended_at(delivery)
    if mended_at is not None:
        label, url = mended_at
        is_signed_out = delivery.cause in needs_you_view.RECONNECT
        waits, paused = _("The post waits for you, then goes out."), _("The post waits until somebody resumes it.")
        return PublishButton(
            "link",
            label,
            "primary",
            "plug-connected" if is_signed_out else "player-pause",
            url=url,
            note=waits if is_signed_out else paused,
            menu=[_pick(), _reset(delivery)],
            menu_label=_("Other ways"),
        )
    if delivery.cause == scheduling.CAUSE_PERSON:
        return PublishButton(
            "dialog",
            _("Pick a time"),
            "primary",
            "calendar-plus",
            dialog="schedule",
            menu=[_now(), _reset(delivery)],
            menu_label=_("Other ways"),
        )
    return PublishButton(
        "post",
        _("Publish it now"),
        "primary",
        "send",
        url=reverse("delivery_act", args=[delivery.pk, "retry"]),
        menu=[_pick(), _reset(delivery)],
        menu_label=_("Other ways"),
    )


def _published(delivery: Delivery) -> PublishButton:
    label = network(delivery.account.network).label
    copy = [MenuItem(_("Copy link"), "copy", copies=delivery.remote_url)] if delivery.remote_url else []
    menu = [
        *copy,
        MenuItem(_("Publish again as new"), "plus", post_url=reverse("pin_duplicate", args=[delivery.post_id])),
        _remove(),
    ]
    if not delivery.remote_url:
        return PublishButton("off", _("Published"), menu=menu, menu_label=_("Other ways"))
    return PublishButton(
        "link",
        _("View on %(network)s") % {"network": label},
        "",
        "external-link",
        url=delivery.remote_url,
        is_outside=True,
        menu=menu,
        menu_label=_("Other ways"),
    )


def _ready(post: Post, *, free: list[datetime], zone: ZoneInfo, now: datetime) -> PublishButton:
    blocking = [p for p in metadata.problems_of(post) if p.is_blocking]
    if blocking or post.target is None:
        first = blocking[0].field if blocking else "target"
        needs = _("Needs a board.") if not blocking else blocking[0].for_person
        return PublishButton(
            "off",
            _("Schedule"),
            note=needs,
            focuses=FIELD_IDS.get(first, "#board" if first == "target" else "#picture-file"),
        )
    menu = [_pick(), _now()]
    if not free:
        return PublishButton(
            "dialog",
            _("Pick a time"),
            "primary",
            "calendar-plus",
            dialog="schedule",
            menu=menu,
            menu_label=_("Other ways"),
        )
    when = moments.moment(free[0], zone=zone, now=now)
    return PublishButton(
        "post",
        _("Schedule for %(when)s") % {"when": when[0].lower() + when[1:] if when.startswith(_("Today")) else when},
        "primary",
        "calendar-plus",
        url=reverse("pin_schedule", args=[post.pk]),
        fields=(("at", free[0].isoformat()),),
        menu=menu,
        menu_label=_("Other ways"),
    )


def delivery_acts(delivery: Delivery) -> list[dict[str, Any]]:
    """List what a person may do to one delivery beside the main button. What may be out has its own component."""
    acts = {
        State.FAILED: [("retry", _("Retry")), ("reset", _("Reset"))],
        State.HELD: [("cancel", _("Take off the calendar"))],
        State.PLANNED: [("cancel", _("Take off the calendar"))],
    }.get(State(delivery.state), [])
    if delivery.state == State.HELD and delivery.cause == scheduling.CAUSE_LATE:
        return _late_acts(delivery)
    if delivery.state == State.HELD and needs_you_view.mended_at(delivery) is None:
        acts = [("retry", _("Publish it now")), *acts]
    return [
        {"label": label, "url": reverse("delivery_act", args=[delivery.pk, act]), "fields": ()} for act, label in acts
    ]


def _late_acts(delivery: Delivery) -> list[dict[str, Any]]:
    back = ("back", reverse("pin", args=[delivery.post_id]))
    words = {"publish": _("Publish now"), "slot": _("Next free slot"), "skip": _("Skip")}
    return [
        {"label": label, "url": reverse("needs_you_late"), "fields": (("one", f"{verb}:{delivery.pk}"), back)}
        for verb, label in words.items()
    ]


def network_words(post: Post) -> str:
    """Name account and board, as the question before publishing does."""
    if post.target is None:
        return ""
    return _("%(account)s, %(board)s") % {
        "account": post.target.account.username,
        "board": pin_rows.target_words(post.target),
    }


def _is_fit(post: Post) -> bool:
    return not any(p.is_blocking for p in metadata.problems_of(post))


def _pick() -> MenuItem:
    return MenuItem(_("Pick a time"), "calendar", dialog="schedule")


def _now() -> MenuItem:
    return MenuItem(_("Publish now"), "send", dialog="publish-now")


def _reset(delivery: Delivery) -> MenuItem:
    return MenuItem(
        _("Take off the calendar"),
        "clock-pause",
        post_url=reverse("delivery_act", args=[delivery.pk, "reset" if delivery.state == State.FAILED else "cancel"]),
        has_rule_above=True,
    )


def _remove() -> MenuItem:
    return MenuItem(_("Remove"), "trash", dialog="remove-pin", is_danger=True, has_rule_above=True)
