"""How an incident reads, in the language in force: pages use the reader's, mails the workspace's."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petra.networks import registry
from petra.notifications.models import Incident, IncidentKind
from petra.posts.words import said as words_said


def sentence_of(incident: Incident) -> str:
    """Say what the matter is, and how many posts it is about."""
    n, facts = incident.count, incident.facts
    match IncidentKind(incident.kind):
        case IncidentKind.RECONNECT:
            return _signed_out(n, facts)
        case IncidentKind.FAILED:
            sentence = ngettext(
                "%(n)d post not published on %(network)s: %(why)s",
                "%(n)d posts not published on %(network)s: %(why)s",
                n,
            )
            return sentence % {"n": n, "network": _label(facts), "why": facts.get("why", "")}
        case IncidentKind.LATE:
            return ngettext(
                "%(n)d post later than allowed: send, move or skip.",
                "%(n)d posts later than allowed: send, move or skip.",
                n,
            ) % {"n": n}
        case IncidentKind.UNCONFIRMED:
            return ngettext(
                "%(n)d post may be out: please look, and say whether.",
                "%(n)d posts may be out: please look, and say whether.",
                n,
            ) % {"n": n}
        case IncidentKind.IMPORT:
            return _("%(blog)s was not imported: %(why)s") % {"blog": facts["blog"], "why": facts["why"]}
        case IncidentKind.WORDS:
            return _words_wait(n, words_said.said(facts["because"]))


def _words_wait(waiting: int, said: words_said.Said) -> str:
    sentence = ngettext("%(n)d post waits for words: %(why)s", "%(n)d posts wait for words: %(why)s", waiting)
    return f"{sentence % {'n': waiting, 'why': said.happened}} {said.next_step}"


def _signed_out(waiting: int, facts: Mapping[str, str]) -> str:
    sentence = _("%(network)s signed %(name)s out. Connect it again.")
    said = sentence % {"network": _label(facts), "name": facts.get("name", "")}
    if waiting:
        said += " " + ngettext("%(n)d post waits for it.", "%(n)d posts wait for it.", waiting) % {"n": waiting}
    return said


def _label(facts: Mapping[str, str]) -> str:
    return registry.network(facts["network"]).label
