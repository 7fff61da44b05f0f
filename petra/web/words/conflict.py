"""Two people in one pin: the second sees both texts and chooses, field by field. Nothing is lost silently."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from petra.posts.models import Post
from petra.tenancy.access import MemberRequest
from petra.web import text_marks
from petra.web.pins import rows as pin_rows
from petra.web.shell import show
from petra.web.words import box as words_view
from petra.web.words.compare import Pair


def both(post: Post, mine: Mapping[str, str]) -> list[Pair]:
    """Put what a person typed beside what the pin says, where they differ."""
    labels = {**words_view.LABELS, "link": _("Link")}
    found = []
    for name, text in mine.items():
        typed, now = text.replace("\r\n", "\n").strip(), str(getattr(post, name))
        if typed == now:
            continue
        left, right = text_marks.sides(now, typed)
        inline, lengths = text_marks.marks(now, typed), words_view.lengths(now, typed)
        found.append(Pair(name, str(labels[name]), False, typed, left, right, inline, lengths))
    return found


def answer(request: MemberRequest, post: Post, fields: list[Pair]) -> HttpResponse:
    """Show both: a dialog over the editor, or a page without script."""
    context = {"post": post, "fields": fields, "pin_title": pin_rows.pin_title(post)}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "words/conflict.html#dialog", context, status=409)
    return show(request, "words/conflict.html", context, here="pins", live="conflict", status=409)
