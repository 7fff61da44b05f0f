"""Which status a pin shows. Derived from its words and its deliveries, never stored.

Several deliveries: the worst one is shown (failed, needs you, publishing, scheduled, published); where some are
published and others are not, "2 of 3" says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from petra.posts.models import Post, WordsState
from petra.publishing import pausing, scheduling
from petra.publishing.models import Delivery, PauseKind, State
from petra.web.statuses import Status, StatusKey, status

LOOKS: dict[State, StatusKey] = {
    State.FAILED: StatusKey.FAILED,
    State.HELD: StatusKey.ATTENTION,
    State.UNCONFIRMED: StatusKey.ATTENTION,
    State.SENDING: StatusKey.PUBLISHING,
    State.PROCESSING: StatusKey.PUBLISHING,
    State.PLANNED: StatusKey.SCHEDULED,
    State.PUBLISHED: StatusKey.PUBLISHED,
}
PAUSES = (scheduling.CAUSE_PERSON, *(pausing.cause_of(kind) for kind in PauseKind))
WORST_FIRST = (
    StatusKey.FAILED,
    StatusKey.ATTENTION,
    StatusKey.PUBLISHING,
    StatusKey.SCHEDULED,
    StatusKey.PAUSED,
    StatusKey.PUBLISHED,
)


def delivery_status(delivery: Delivery) -> Status:
    """Give the look of one delivery. A cancelled one has none of its own: the pin is ready again."""
    state = State(delivery.state)
    if state == State.HELD and delivery.cause in PAUSES:
        return status(StatusKey.PAUSED)
    return status(LOOKS.get(state, StatusKey.READY))


def pin_status(post: Post, deliveries: Iterable[Delivery]) -> Status:
    """Give the look of a pin with all its deliveries."""
    counted = [d for d in deliveries if d.state != State.CANCELLED]
    if not counted:
        return status(StatusKey.READY if is_ready(post) else StatusKey.DRAFT)
    worst = min(map(delivery_status, counted), key=lambda s: WORST_FIRST.index(s.key))
    published = sum(1 for d in counted if d.state == State.PUBLISHED)
    if 0 < published < len(counted):
        return status(worst.key, _("%(done)d of %(all)d") % {"done": published, "all": len(counted)})
    return worst


def paused_by_person() -> Q:
    """Select what a person stopped, itself or with all around it: it waits for them, but nothing is wrong."""
    return Q(state=State.HELD, cause__in=PAUSES)


def is_ready(post: Post) -> bool:
    """Say whether nothing required is missing: the words pass, and a target is chosen.

    While words are being written, it is what it was before: it still says that.
    """
    is_writing = post.words_state == WordsState.GENERATING
    state = post.words_state_before if is_writing else post.words_state
    return state == WordsState.READY and post.target_id is not None


def with_look(posts: QuerySet[Post]) -> Any:  # the annotation is unknown to the stubs
    """Annotate `look`, the same status as `pin_status` computes, for tabs and their counts."""

    def any_of(*states: State) -> Exists:
        return Exists(Delivery.objects.filter(post=OuterRef("pk"), state__in=states))

    paused = Exists(Delivery.objects.filter(paused_by_person(), post=OuterRef("pk")))
    waiting = Exists(
        Delivery.objects.filter(post=OuterRef("pk"), state__in=[State.HELD, State.UNCONFIRMED]).exclude(
            paused_by_person()
        )
    )

    return posts.annotate(
        look=Case(
            When(any_of(State.FAILED), then=Value(StatusKey.FAILED)),
            When(waiting, then=Value(StatusKey.ATTENTION)),
            When(any_of(State.SENDING, State.PROCESSING), then=Value(StatusKey.PUBLISHING)),
            When(any_of(State.PLANNED), then=Value(StatusKey.SCHEDULED)),
            When(paused, then=Value(StatusKey.PAUSED)),
            When(any_of(State.PUBLISHED), then=Value(StatusKey.PUBLISHED)),
            When(
                Q(words_state=WordsState.READY)
                | Q(words_state=WordsState.GENERATING, words_state_before=WordsState.READY),
                target__isnull=False,
                then=Value(StatusKey.READY),
            ),
            default=Value(StatusKey.DRAFT),
            output_field=CharField(),
        )
    )
