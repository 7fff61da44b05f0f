"""Why no words came, in a sentence, and what to do about it. Every cause a writer may have has its line here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from petra.ai.contract import Cause
from petra.posts.words import budget


class Next(StrEnum):
    """What helps."""

    SETTINGS = "settings"  # the key, the model, the address or the limit
    AGAIN = "again"
    FEEDBACK = "feedback"  # say it differently


@dataclass(frozen=True)
class Said:
    """A failure for a person. `detail` is the provider's own sentence, cleaned of keys, or empty."""

    happened: str
    next_step: str
    helps: Next
    detail: str


_SENTENCES: dict[Cause, tuple[str | Promise, str | Promise, Next]] = {
    Cause.KEY_REFUSED: (lazy("The key was refused."), lazy("Set another key."), Next.SETTINGS),
    Cause.NO_MODEL: (
        lazy("The provider does not know this model, or not for this key."),
        lazy("Choose another model."),
        Next.SETTINGS,
    ),
    Cause.RATE: (
        lazy("The provider was asked too often."),
        lazy("Wait a minute, or ask less often."),
        Next.AGAIN,
    ),
    Cause.QUOTA: (
        lazy("The provider says its account is empty."),
        lazy("Add credit there, or set another key."),
        Next.SETTINGS,
    ),
    Cause.BUDGET: (
        lazy("The monthly limit of this workspace is reached."),
        lazy("Raise it, or wait for the next month."),
        Next.SETTINGS,
    ),
    Cause.TIME_OUT: (lazy("No answer in 60 s."), lazy("Try again."), Next.AGAIN),
    Cause.UNREACHABLE: (
        lazy("The provider could not be reached."),
        lazy("Try again. If it stays so, look at its address."),
        Next.AGAIN,
    ),
    Cause.PROVIDER_ERROR: (lazy("The provider has trouble of its own."), lazy("Try again later."), Next.AGAIN),
    Cause.CONTENT_REFUSED: (
        lazy("The model won't write about this."),
        lazy("Say it differently, or write it yourself."),
        Next.FEEDBACK,
    ),
    Cause.BAD_ANSWER: (
        lazy("The model's answer could not be used, even after asking twice."),
        lazy("Try again, or choose another model."),
        Next.AGAIN,
    ),
    Cause.INTERRUPTED: (lazy("Petra was stopped while the words were written."), lazy("Try again."), Next.AGAIN),
    Cause.BAD_ADDRESS: (lazy("The server can't be asked at its address."), lazy("Mend the address."), Next.SETTINGS),
    Cause.BAD_REQUEST: (
        lazy("The provider did not take the question."),
        lazy("Choose another model."),
        Next.SETTINGS,
    ),
}
_SKIPPED: dict[str, str | Promise] = {
    "edited": lazy("Left as it is: a person edited it."),
    "removed": lazy("Left out: the pin was removed."),
    "changed": lazy("Left as it is: somebody changed it meanwhile."),
    "busy": lazy("Left as it is: words were being written for it already."),
    "stopped": lazy("Left as it is: the run was stopped before."),
}


def said(cause: str, detail: str = "") -> Said:
    """Say a failure. A cause nobody wrote a sentence for is told as it is."""
    try:
        happened, next_step, helps = _SENTENCES[Cause(cause)]
    except (KeyError, ValueError):
        happened, next_step, helps = _("The writing broke off."), _("Try again."), Next.AGAIN
    if cause == Cause.BUDGET and detail:  # our own sentence: it names the limit, or what is missing to keep it
        return Said(detail, "" if detail == budget.NO_PRICE else str(next_step), helps, "")
    if cause == Cause.BAD_ADDRESS and detail:  # our own sentence, too
        return Said(detail, str(next_step), helps, "")
    return Said(str(happened), str(next_step), helps, "" if cause == Cause.INTERRUPTED else detail)


def skipped(why: str) -> str:
    """Say why a pin of a run was left as it is."""
    return str(_SKIPPED.get(why, _("Left as it is.")))
