"""STOP 2, writing: a person asks for words, watches them come, uses them or not, and takes them back.

Called by the doors, inside a scope; the asking itself is the job in `job`. What comes is a proposal: the post
says what it said until somebody uses it. While it comes, the event `post.words_started` is announced again and again:
an open page that hears of it draws the proposal as it is then (`of_event`); nothing is added to the history for that.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from petra.ai.contract import ALL_FIELDS, FIELDS
from petra.lib import clock, queue
from petra.lib.errors import ProductError
from petra.posts.models import Generation, GenerationKind, GenerationState, Post, WordsState
from petra.posts.plain import plain
from petra.posts.words import asking, metadata, versions
from petra.posts.words import finding as words_finding
from petra.posts.words.metadata import reset as reset
from petra.posts.words.metadata import restore as restore
from petra.posts.words.versions import ALL_WORDS, EditedMeanwhile
from petra.posts.words.versions import history as history
from petra.webhooks import events
from petra.webhooks.models import Event

JOB = "posts.write"
MAX_FEEDBACK = 2_000
_SOON = timedelta(seconds=2)  # who waits longer waits for something else than a seat
MAX_TURNS = 6  # of a conversation; the older ones are left out


class Writing(ProductError):
    """Words are being written for this post already. Wait, or stop it."""

    def __init__(self) -> None:
        super().__init__("writing", "Words are being written for this already.", http_status=409)


class NoProposal(ProductError):
    """What was proposed is used, dropped or stopped already."""

    def __init__(self) -> None:
        super().__init__("no-proposal", "This proposal isn't there any more.", http_status=409)


def start(
    post: Post,
    *,
    fields: Collection[str] = ALL_FIELDS,
    feedback: str = "",
    actor_id: UUID | None = None,
    variant: int | None = None,
) -> Generation:
    """Begin to write words for a post, those in `fields`. The work is a job.

    `feedback` goes on with the conversation: it is said to the last proposal, or to what the post says. Raises Writing
    where that is under way, and ProductError for fields or feedback that make no sense.
    """
    here = _locked_kept(post.pk)
    if Generation.objects.filter(post=here, state=GenerationState.RUNNING).exists():
        raise Writing
    said = _feedback(feedback)
    made = begin(
        here,
        fields=chosen_fields(fields),
        feedback=said,
        turns=_turns(here, said) if said else [],
        actor_id=actor_id,
        variant=here.version + asking.place_of(here) if variant is None else variant,
        is_waited_for=True,
    )
    _tell_start(here, made)
    post.refresh_from_db()
    return made


def begin(
    post: Post,
    *,
    fields: list[str],
    feedback: str,
    turns: list[dict[str, object]],
    actor_id: UUID | None,
    variant: int,
    is_waited_for: bool = False,
) -> Generation:
    """Make the row of a proposal and its job, and set the post to generating. The post's row is locked already.

    `is_waited_for`: a person sits before it, so its job goes before others.
    """
    Generation.objects.filter(post=post, state=GenerationState.PROPOSED).update(state=GenerationState.DROPPED)
    now = clock.now()
    made: Generation = Generation.objects.create(
        post=post,
        kind=GenerationKind.REWRITE if feedback else GenerationKind.WRITE,
        state=GenerationState.RUNNING,
        fields=fields,
        feedback=feedback,
        turns=turns,
        before=versions.plain(versions.words_of(post)),
        variant=variant,
        actor_id=actor_id,
        next_at=now,
    )
    state = post.words_state if post.words_state != WordsState.GENERATING else WordsState.DRAFT
    Post.objects.filter(pk=post.pk).update(
        words_state=WordsState.GENERATING, words_state_before=state, words_error="", updated_at=now
    )
    enqueue(made.own_workspace_id, made.pk, is_waited_for=is_waited_for)
    return made


def stop(generation: Generation, *, actor_id: UUID | None = None) -> Generation:
    """Stop a proposal that is coming in; what has come of it is shown but can't be used. Its cost is counted all the
    same. Does nothing where it has ended.
    """
    _locked(generation.post_id)
    running = Generation.objects.filter(pk=generation.pk, state=GenerationState.RUNNING)
    if running.update(state=GenerationState.STOPPED, finished_at=clock.now()):
        Generation.objects.filter(pk=generation.pk, holder_id=None).update(next_at=None)  # nobody asks: nothing to pay
        post = versions.post_of(generation)
        metadata.give_back_state(post)
        events.record("post.words_stopped", subject=post, actor_id=actor_id, generation_id=str(generation.pk))
    return _refreshed(generation)


def use(
    generation: Generation,
    *,
    fields: Collection[str] | None = None,
    version: int | None = None,
    actor_id: UUID | None = None,
) -> Post:
    """Make a proposal the post's words, as its next version. `fields` (of ALL_WORDS) takes some of it only.

    Raises NoProposal where it is used or gone, and EditedMeanwhile where the post isn't at `version` any more or, with
    no version given, where somebody changed one of these fields after it was asked for.
    """
    _locked_kept(generation.post_id)  # before the proposal's row, as everywhere
    row: Generation | None = Generation.objects.select_for_update().filter(pk=generation.pk).first()
    if row is None or row.state != GenerationState.PROPOSED:
        raise NoProposal
    post = Post.objects.complete().get(pk=row.post_id)
    now, before = versions.words_of(post), versions.from_plain(row.before)
    taken = proposed_fields(row) if fields is None else set(fields) & set(ALL_WORDS)
    if version is None and taken & set(versions.changed(now, before)):
        raise EditedMeanwhile
    words = versions.merged(versions.words_of(row), now, taken)
    versions.put(post, words, kind=GenerationKind(row.kind), actor_id=actor_id, version=version, generation=row)
    metadata.settle_state(post)
    events.record("post.words_written", subject=post, actor_id=actor_id, writer=row.writer)
    generation.refresh_from_db()
    return post


def drop(generation: Generation, *, actor_id: UUID | None = None) -> None:
    """Put a proposal away; the post says what it said. Does nothing where it has ended otherwise."""
    proposed = Generation.objects.filter(pk=generation.pk, state=GenerationState.PROPOSED)
    if proposed.update(state=GenerationState.DROPPED):
        events.record("post.words_dropped", subject=generation.post, actor_id=actor_id)
    _refreshed(generation)


def again(generation: Generation, *, actor_id: UUID | None = None) -> Generation:
    """Ask the same anew: for the same fields, with the same feedback to the same conversation."""
    stop(generation, actor_id=actor_id)
    post = _locked_kept(generation.post_id)
    if Generation.objects.filter(post=post, state=GenerationState.RUNNING).exists():
        raise Writing
    made = begin(
        post,
        fields=generation.fields if set(generation.fields) <= ALL_FIELDS and generation.fields else list(FIELDS),
        feedback=generation.feedback,
        turns=generation.turns,
        actor_id=actor_id,
        variant=generation.variant + 1,
        is_waited_for=True,
    )
    _tell_start(post, made)
    return made


def current(post: Post) -> Generation | None:
    """Give what is coming in or proposed, else how the last try ended; None where it became a version or nobody asked.

    A failed one keeps its feedback, so that it need not be typed again.
    """
    found: Generation | None = Generation.objects.filter(post=post).order_by("-created_at", "-pk").first()
    return found if found is not None and found.state != GenerationState.KEPT else None


def of_event(event: Event) -> Generation | None:
    """Give the proposal an event `post.words_…` tells of, as it is now."""
    found: Generation | None = Generation.objects.filter(pk=event.data.get("generation_id")).first()
    return found


def proposed_fields(generation: Generation) -> set[str]:
    """Say what using a proposal as a whole changes: what was asked for, and the topics when that was everything."""
    fields = set(generation.fields)
    return fields | {"topics"} if fields >= ALL_FIELDS and generation.topics else fields


def enqueue(workspace_id: UUID, generation_id: UUID, *, is_waited_for: bool = False) -> None:
    """Let a worker look at a proposal now. Where that is asked for already, once is enough."""
    queue.enqueue(
        JOB,
        only_once_as=f"{JOB}-{generation_id}",
        priority=int(is_waited_for),
        workspace_id=str(workspace_id),
        generation_id=str(generation_id),
    )


def call_next() -> None:
    """Let the one that waits longest for a free seat look again now: somebody has just ended."""
    now = clock.now()
    waiting = Generation.objects.filter(state=GenerationState.RUNNING, holder_id=None, error="", next_at__gt=now)
    first = waiting.filter(next_at__lt=now + _SOON).order_by("created_at").first()
    if first is not None and Generation.objects.filter(pk=first.pk, holder_id=None).update(next_at=now):
        enqueue(first.own_workspace_id, first.pk)


def resume_due() -> int:
    """Enqueue what is due: another try after a wait, or a question whose worker is gone. Called every few seconds."""
    due = words_finding.due_generations()
    for workspace_id, generation_id in due:
        enqueue(workspace_id, generation_id)
    return len(due)


def _locked(post_id: UUID) -> Post:
    """Lock a post for a change. Rows that link to it can be written meanwhile: they don't ask for its key to change."""
    post: Post | None = Post.objects.select_for_update(no_key=True).filter(pk=post_id).first()
    if post is None:
        raise ProductError("removed", "This is not here any more.", http_status=404)
    return post


def _locked_kept(post_id: UUID) -> Post:
    """Lock a post for words, which nobody writes for one that was removed."""
    post = _locked(post_id)
    if post.removed_at is not None:
        raise ProductError("removed", "This was removed.")
    return post


def _refreshed(generation: Generation) -> Generation:
    """Read it again; what became no version is taken away when the next one begins."""
    try:
        generation.refresh_from_db()
    except Generation.DoesNotExist:
        raise NoProposal from None
    return generation


def chosen_fields(fields: Collection[str]) -> list[str]:
    """Give the fields to write in their order. Raises ProductError `no-fields` for none, or what is no field."""
    chosen = [name for name in FIELDS if name in fields]
    if not chosen or set(fields) - ALL_FIELDS:
        raise ProductError("no-fields", "Choose what is to be written.")
    return chosen


def _feedback(text: str) -> str:
    kept = plain(text)
    if len(kept) > MAX_FEEDBACK:
        raise ProductError("feedback", f"At most {MAX_FEEDBACK:,} characters, please.")
    return kept


def _turns(post: Post, feedback: str) -> list[dict[str, object]]:
    """Go on with the conversation of the last proposal, else about what the post says; also after a try in vain."""
    last: Generation | None = Generation.objects.filter(post=post, state=GenerationState.PROPOSED).first()
    before: list[dict[str, object]] = list(last.turns) if last is not None else []
    told = versions.plain(versions.words_of(last if last is not None else post))
    vain = current(post)
    if vain is not None and vain.state in (GenerationState.FAILED, GenerationState.STOPPED) and vain.turns:
        *earlier, spoken_of = vain.turns
        is_of_the_post = versions.from_plain(spoken_of) == versions.from_plain(vain.before)
        before, told = (before, told) if is_of_the_post else (earlier, spoken_of)
    return [*before, {**told, "feedback": feedback}][-MAX_TURNS:]


def _forget_old_tries(post: Post, *, but: Generation) -> None:
    """Of what became no version, only the last is kept; what is still being paid for stays."""
    old = Generation.objects.filter(post=post, number=None, next_at=None).exclude(pk=but.pk)
    old.exclude(state=GenerationState.RUNNING).delete()


def _tell_start(post: Post, generation: Generation) -> None:
    """Take the last try's place, and keep the event that is announced again while words come in."""
    _forget_old_tries(post, but=generation)
    generation.event_id = events.record(
        "post.words_started", subject=post, actor_id=generation.actor_id, generation_id=str(generation.pk)
    )
    generation.save(update_fields=["event_id"])
