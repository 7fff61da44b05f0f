"""Pieces of a page that a verb or a live stream sends: each names where it belongs and how it gets there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


@dataclass(frozen=True)
class Partial:
    """One piece: `html` for the element that `target` (a CSS selector) finds. A target not on the page is ignored."""

    target: str
    html: str
    swap: str = "outerMorph"


def draw(pieces: Iterable[Partial]) -> str:
    """Write pieces as the browser reads them."""
    return render_to_string("live/partials.html", {"pieces": list(pieces)})


def answer(pieces: Iterable[Partial], *, status: int = 200) -> HttpResponse:
    """Answer a request with pieces alone."""
    return HttpResponse(draw(pieces), status=status)


def toast(
    request: HttpRequest,
    words: str,
    *,
    undo_url: str = "",
    is_bad: bool = False,
    template: str = "components/toast.html",
    **more: object,
) -> Partial:
    """Say one sentence at the foot of the page."""
    context = {
        "words": words,
        "undo_url": undo_url,
        "icon": "alert-triangle-f" if is_bad else "check",
        "tone": "bad" if is_bad else "",
    }
    return Partial("#toasts", render_to_string(template, {**context, **more}, request), "beforeend")
