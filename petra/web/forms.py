"""The forms of the pages. They check shape; whether something may be done is the stages' business."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


@cache
def time_zones() -> list[tuple[str, str]]:
    """List the zones a person may choose: places, not the old abbreviations."""
    places = sorted(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/"))
    )
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in places)]


class WorkspaceForm(forms.Form):
    """Name, zone and language of a workspace."""

    name = forms.CharField(label=_("Name"), max_length=80, strip=True)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class QuietHoursForm(forms.Form):
    """From when until when an account rests each day."""

    from_local = forms.TimeField(label=_("From"), error_messages={"required": _("Say when they begin.")})
    until_local = forms.TimeField(label=_("Until"), error_messages={"required": _("Say when they end.")})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            field.error_messages["invalid"] = _("That is not a time of day.")


class PersonForm(forms.Form):
    """What one person sees: theme and shortcuts."""

    theme = forms.ChoiceField(choices=[("auto", _("System")), ("light", _("Light")), ("dark", _("Dark"))])
    has_letter_shortcuts = forms.BooleanField(required=False)
