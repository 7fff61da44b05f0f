"""What open pages are told while words are written: an editor its box as the text grows, the list its lines."""

from __future__ import annotations

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils.html import conditional_escape

from petra.lib import ids
from petra.posts.models import Post, WordsRun
from petra.tenancy.models import ROLE_RANK, Role
from petra.web.live.partials import Partial
from petra.web.live.viewer import UNDER_WAY, Answer, Told, Viewer
from petra.web.pins import rows as pin_rows
from petra.web.words import box as words_view
from petra.web.words import bulk_view as words_bulk_view
from petra.web.words import column as words_column
from petra.web.words import writers as words_writers
from petra.webhooks.models import Event

_WORDS = ("post.words_", "words_run.")


def editor(viewer: Viewer, events: Sequence[Event]) -> Told:
    """Tell the open editor of a pin what is being written for it, and to ask for its parts anew where more changed."""
    pin_id = viewer.query.get("pin", "")
    mine = [event for event in events if event.subject_kind == "post" and str(event.subject_id) == pin_id]
    own_edits = [e for e in mine if e.kind == "post.edited" and e.actor_id == viewer.user_id]
    told = [event for event in mine if event not in own_edits]
    is_else = any(not event.kind.startswith((*UNDER_WAY, "post.words_failed")) for event in told)
    if is_else or any(event.kind.startswith("delivery.") for event in events):
        return Answer.RELOAD
    if not told or ROLE_RANK[viewer.role] < ROLE_RANK[Role.EDITOR]:
        return []
    post = Post.objects.complete().filter(pk=pin_id).first()
    if post is None:
        return []
    box = words_view.box(post, zone=viewer.zone, now=viewer.now)
    context = {
        "post": post,
        "box": box,
        "settings_url": words_writers.settings_url(None),
    }
    return [Partial("#words-box", render_to_string("words/box.html", context))]


def pins(viewer: Viewer, events: Sequence[Event]) -> Told:
    """Tell the open list how far runs are and what became of single pins; whatever else happened, it comes anew."""
    words = [event for event in events if event.kind.startswith(_WORDS)]
    if any(event.kind.startswith(("delivery.", "post.", "bulk.")) for event in events if event not in words):
        return Answer.RELOAD
    if any(event.kind == "words_run.finished" for event in words):
        return Answer.RELOAD  # the tabs' counts
    if not words:
        return []
    pieces = [_lines(viewer)]
    changed = {event.subject_id for event in words if event.subject_kind == "post"} | set(words_column.being_written())
    found = pin_rows.complete(Post.objects.filter(pk__in=changed, removed_at=None))
    for row in pin_rows.rows(found, zone=viewer.zone, now=viewer.now):
        pieces += _row(row)
    return pieces


def run(viewer: Viewer, events: Sequence[Event]) -> Told:
    """Tell the open page of a run its numbers and the pins that changed."""
    told = [event for event in events if event.kind.startswith(_WORDS)]
    found = WordsRun.objects.filter(pk=ids.read_id(viewer.query.get("words_run", ""))).first() if told else None
    if found is None:
        return []
    context = {
        "run": words_bulk_view.head(found, zone=viewer.zone, now=viewer.now),
        "may_change": ROLE_RANK[viewer.role] >= ROLE_RANK[Role.EDITOR],
    }
    pieces = [Partial("#words-run-head", render_to_string("words/run_head.html", context))]
    changed = {event.subject_id for event in told if event.subject_id} | set(words_column.being_written())
    for row in words_bulk_view.rows(found, only=changed):
        pieces.append(Partial(f"#words-task-{row.post_id}", render_to_string("words/run_row.html", {"row": row})))
    return pieces


def _lines(viewer: Viewer) -> Partial:
    context = {
        "runs": words_bulk_view.current(zone=viewer.zone, now=viewer.now),
        "may_change": ROLE_RANK[viewer.role] >= ROLE_RANK[Role.EDITOR],
    }
    return Partial("#words-lines", render_to_string("words/run_lines.html", context), "innerMorph")


def _row(row: pin_rows.PinRow) -> list[Partial]:
    cell = render_to_string("words/cell.html", {"cell": row.words, "row_id": row.id})
    return [
        Partial(f"#words-{row.id}", cell),
        Partial(f"#title-{row.id}", conditional_escape(row.title), "innerHTML"),
        Partial(f"#state-{row.id}", render_to_string("words/row_state.html", {"row": row}), "innerHTML"),
    ]
