"""What each state and each cause means for a person, and what to do next: one table, read by pages, mails and the API.

A delivery's own sentence (`for_person`) says what happened to it; these say what such a thing is, and serve where there
is no room or no own sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from petra.networks.contract import Cause
from petra.publishing.models import Delivery, PauseKind, State
from petra.publishing.pausing import cause_of
from petra.publishing.scheduling import (
    CAUSE_ACCOUNT,
    CAUSE_CRASHES,
    CAUSE_LATE,
    CAUSE_PERSON,
    CAUSE_QUIET,
    CAUSE_SEEN,
)


@dataclass(frozen=True)
class Sentence:
    """`happened`: what it is. `next_step`: what a person does now; empty where Petra goes on by itself."""

    happened: str
    next_step: str = ""


STATES: Final[dict[State, Sentence]] = {
    State.PLANNED: Sentence("It goes out at its time."),
    State.SENDING: Sentence("It is being published now."),
    State.PROCESSING: Sentence("The network has it and is still working on the media."),
    State.PUBLISHED: Sentence("It is out."),
    State.FAILED: Sentence("It was not published.", "Mend what the reason says, then try again."),
    State.HELD: Sentence("It waits for a person.", "Read why, then let it go or take it off the calendar."),
    State.UNCONFIRMED: Sentence(
        "It may be out. Petra is looking, and does not send it again before that is certain.",
        "If Petra can't tell: look yourself, and say whether it is there.",
    ),
    State.CANCELLED: Sentence("It was taken off the calendar."),
}

CAUSES: Final[dict[str, Sentence]] = {
    Cause.AUTH_EXPIRED: Sentence("The sign-in ran out.", "Connect the account again."),
    Cause.AUTH_REVOKED: Sentence("The network took the sign-in back.", "Connect the account again."),
    Cause.PERMISSION: Sentence(
        "The account may not do this.", "Connect the account again and allow everything that is asked for."
    ),
    Cause.RATE_LIMITED: Sentence("The network asked Petra to wait. It goes on by itself.", "If it failed: try again."),
    Cause.SPAM_BLOCK: Sentence(
        "The network took it for spam. The account rests for a while.", "Change words or link, and try again later."
    ),
    Cause.DUPLICATE: Sentence("The network says it has this post already.", "Look there before you try again."),
    Cause.MEDIA_NOT_READY: Sentence("The network is still working on the media."),
    Cause.MEDIA_INVALID: Sentence("The picture or video was refused.", "Choose another one, then try again."),
    Cause.CONTENT_INVALID: Sentence(
        "The words or the link were refused.", "Change the words or the link, then try again."
    ),
    Cause.TARGET_MISSING: Sentence("The place it should go to does not exist any more.", "Choose another place."),
    Cause.TRANSIENT: Sentence("The network could not be reached. Nothing was sent.", "If it failed: try again."),
    Cause.AMBIGUOUS: Sentence("The answer was lost, so it may be out.", "If Petra can't tell: look, and say so."),
    CAUSE_LATE: Sentence("Its time passed by more than is allowed.", "Publish now, take the next free slot, or skip."),
    CAUSE_ACCOUNT: Sentence("The account can't publish now.", "Connect it again; then it goes on by itself."),
    CAUSE_PERSON: Sentence("A person paused this.", "Let it go when you like."),
    CAUSE_SEEN: Sentence("A person saw it there."),
    CAUSE_QUIET: Sentence("It waits for the end of the account's quiet hours."),
    CAUSE_CRASHES: Sentence(
        "Petra was stopped again and again while working on this.", "Try again; if it repeats, see the worker's log."
    ),
    cause_of(PauseKind.ACCOUNT): Sentence("The account is paused.", "Resume it; then this goes on by itself."),
    cause_of(PauseKind.BLOG): Sentence("The blog is paused.", "Resume it; then this goes on by itself."),
    cause_of(PauseKind.WORKSPACE): Sentence("The workspace is paused.", "Resume it; then this goes on by itself."),
}


def said_of(delivery: Delivery) -> Sentence:
    """Say what happened to a delivery in its own words where it has some, and what to do next."""
    state = State(delivery.state)
    if state is State.CANCELLED:  # what was the matter before does not count any more
        return STATES[state]
    general = CAUSES.get(delivery.cause) or STATES[state]
    next_step = general.next_step if delivery.next_at is None else ""
    return Sentence(delivery.for_person or general.happened, next_step)
