"""Links to the pages of a list that keep its filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.http import HttpRequest


@dataclass(frozen=True)
class PageLinks:
    """Where earlier and later lead; empty where there is nothing."""

    before: str
    after: str
    first: int
    last: int
    total: int


def page_links(request: HttpRequest, page: Page[Any]) -> PageLinks:
    """Build the links below a list."""

    def to(number: int) -> str:
        query = request.GET.copy()
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    return PageLinks(
        before=to(page.previous_page_number()) if page.has_previous() else "",
        after=to(page.next_page_number()) if page.has_next() else "",
        first=page.start_index(),
        last=page.end_index(),
        total=page.paginator.count,
    )
