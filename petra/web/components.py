"""The page that shows every component in every state, for people who build pages and for tests that look."""

from __future__ import annotations

from types import SimpleNamespace

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from petra.web import text_marks
from petra.web.pins.publish_button import MenuItem, PublishButton
from petra.web.statuses import STATUSES, StatusKey, status

SWATCHES = (
    *("bg", "surface", "sunken", "hover", "border", "line"),
    *("text-3", "text-2", "text", "accent", "accent-soft", "focus"),
)
TITLE = gettext_lazy("Crispy Miso Butter Salmon in 25 Minutes")


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Show all components with sample data."""
    return render(
        request,
        "components.html",
        {
            "statuses": list(STATUSES.values()),
            "buttons": _publish_buttons(),
            "cards": _cards(),
            "form": _SampleForm(),
            "bad_form": _bad_form(),
            "slot": _slot(),
            "tray_cards": _tray_cards(),
            "menu": _menu(),
            "diff": text_marks.marks("The BEST Crispy Miso Butter Salmon", "Crispy Miso Butter Salmon in 25 Minutes"),
            "workers": _workers(),
            "status_failed": status(StatusKey.FAILED),
            "status_attention": status(StatusKey.ATTENTION),
            "status_ready": status(StatusKey.READY),
            "status_published": status(StatusKey.PUBLISHED),
            "swatches": SWATCHES,
            "rows": _rows(),
        },
    )


class _SampleForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), initial=TITLE)
    description = forms.CharField(
        label=gettext_lazy("Description"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    board = forms.ChoiceField(label=gettext_lazy("Board"), choices=[("1", "Weeknight Dinners"), ("2", "Soup Season")])
    password = forms.CharField(label=gettext_lazy("Password"), widget=forms.PasswordInput)
    link = forms.URLField(label=gettext_lazy("Link"), assume_scheme="https")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for each in self.fields.values():
            each.widget.attrs["class"] = "input"


def _bad_form() -> _SampleForm:
    form = _SampleForm(
        {"bad-link": "not an address", "bad-title": "A very long title that the network will cut in the feed"},
        prefix="bad",
    )
    form.is_valid()
    return form


def _publish_buttons() -> list[SimpleNamespace]:
    other_ways = _("Other ways")
    plan = [
        MenuItem(_("Pick a time"), "calendar", url="#"),
        MenuItem(_("Publish now"), "send", url="#"),
    ]
    move = [
        MenuItem(_("Move"), "calendar", url="#"),
        MenuItem(_("Publish now"), "send", url="#"),
        MenuItem(_("Take off the calendar"), "clock-pause", url="#", has_rule_above=True),
    ]
    done = [
        MenuItem(_("Copy link"), "copy", copies="https://example.org/pin/1"),
        MenuItem(_("Remove"), "trash", url="#", is_danger=True, has_rule_above=True),
    ]
    look = [
        (
            "draft",
            "",
            PublishButton("off", _("Schedule"), menu=plan, note=_("Needs a title and a board."), focuses="#id_title"),
        ),
        (
            "ready",
            "",
            PublishButton(
                "link",
                _("Schedule for today, 17:10"),
                "primary",
                "calendar-plus",
                url="#",
                menu=plan,
                note=_("Menu: pick a time, publish now"),
            ),
        ),
        (
            "scheduled",
            "",
            PublishButton(
                "link",
                _("Today, 17:10"),
                "",
                "clock",
                url="#",
                menu=move,
                note=_("Menu: move, publish now, take off the calendar"),
            ),
        ),
        (
            "publishing",
            "",
            PublishButton("work", _("Uploading image, 2 of 3"), step=2, note=_("Steps: checking, uploading, creating")),
        ),
        (
            "published",
            "",
            PublishButton(
                "link",
                _("View on the network"),
                "",
                "external-link",
                url="#",
                menu=done,
                note=_("Menu: copy link, remove"),
            ),
        ),
        (
            "failed",
            "",
            PublishButton(
                "link",
                _("Fix and retry"),
                "danger solid",
                "rotate",
                url="#",
                menu=plan,
                note=_("Image is 480 px wide, the network needs 600."),
            ),
        ),
        (
            "attention",
            "",
            PublishButton(
                "link",
                _("Reconnect the account"),
                "primary",
                "plug-connected",
                url="#",
                note=_("The post waits for you, then goes out in the next free slot."),
            ),
        ),
        (
            "published",
            _("2 of 3"),
            PublishButton(
                "link",
                _("Retry on one account"),
                "",
                "rotate",
                url="#",
                menu=plan,
                note=_("One account's daily limit is reached, retry after 00:00."),
            ),
        ),
    ]
    named = []
    for number, (key, words, button) in enumerate(look):
        shown = PublishButton(**{**button.__dict__, "id": f"publish-{number}", "menu_label": other_ways})
        named.append(SimpleNamespace(status=status(StatusKey(key), words), button=shown))
    return named


def _card(key: str, number: int, time: str = "17:10", **more: object) -> SimpleNamespace:
    values: dict[str, object] = {
        "id": f"sample-{number}",
        "status": status(StatusKey(key)),
        "url": "#",
        "time": time,
        "at_iso": "2026-11-18T17:10:00Z",
        "title": TITLE,
        "picture": "",
        "networks": [],
        "more_networks": 0,
        "why": "",
        "progress": 0,
        "is_locked": True,
    }
    return SimpleNamespace(**{**values, **more})


def _cards() -> list[tuple[SimpleNamespace, str]]:
    failed = _card("failed", 6, "18:30", why=_("Image too small"), act_url="#", act_label=_("Fix"))
    waiting = _card("attention", 7, "12:30", why=_("Reconnect the account"))
    return [
        (_card("scheduled", 1), ""),
        (_card("scheduled", 2), "hovered"),
        (_card("scheduled", 3), "focused"),
        (_card("scheduled", 4), "selected"),
        (_card("publishing", 5, "11:24", progress=60), ""),
        (failed, ""),
        (waiting, ""),
        (_card("published", 8, "08:10"), ""),
    ]


def _slot() -> SimpleNamespace:
    return SimpleNamespace(zone="slot", at_iso="", label="", url="#", time="14:20", action=_("Plan a pin for 14:20"))


def _tray_cards() -> list[SimpleNamespace]:
    ready = SimpleNamespace(id="tray-1", url="#", title=TITLE, picture="", note="Weeknight Dinners", is_warning=False)
    draft = SimpleNamespace(id="tray-2", url="#", title=TITLE, picture="", note=_("No board"), is_warning=True)
    return [ready, draft]


def _menu() -> list[MenuItem]:
    return [
        MenuItem(_("Open"), "external-link", url="#"),
        MenuItem(_("Copy link"), "copy", copies="#"),
        MenuItem(_("Remove"), "trash", dialog="sample-dialog", is_danger=True, has_rule_above=True),
    ]


def _workers() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(tone="", line=_("Queue is running"), next=_("Next post in 21 min"), url="#"),
        SimpleNamespace(tone="warn", line=_("Queue is late by 6 min"), next="", url="#"),
        SimpleNamespace(tone="bad", line=_("Queue is stopped"), next=_("How to start it"), url="#"),
    ]


def _rows() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            title="Summer Berry Tart, No Rolling Pin",
            board="Easy Baking",
            status=status(StatusKey.READY),
            when=_("Not planned"),
        ),
        SimpleNamespace(
            title="Freezer Soups to Make in November",
            board="Soup Season",
            status=status(StatusKey.SCHEDULED),
            when="Tue 17 Nov, 18:30",
        ),
    ]
