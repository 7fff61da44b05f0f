"""Plurals of the words that networks give for where one publishes. A word unknown here stands for itself."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MANY: dict[str, str | Promise] = {
    "Board": _("Boards"),
    "Section": _("Sections"),
    "Page": _("Pages"),
    "Organisation": _("Organisations"),
    "Channel": _("Channels"),
}


def many(label: str) -> str:
    """Give the plural of a network's word."""
    return str(MANY.get(label, label))
