"""The places of a calendar page as partials, for verbs and live pages: cells, day heads, the tray, one card."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.template.loader import render_to_string

from petra.web.calendar.cards import Card
from petra.web.calendar.page import Calendar
from petra.web.calendar.shown import PARTS, View
from petra.web.live.partials import Partial

_MOST_DAYS = 4  # more changed days than this: the whole grid is less work for the browser


def places(cal: Calendar, days: Iterable[date], *, with_tray: bool = True) -> list[Partial]:
    """Draw the changed days of a page, and the tray."""
    changed = set(days)
    drawn = [grid(cal)] if len(changed) > _MOST_DAYS else [_quiet(cal), *_days(cal, changed)]
    return [*drawn, tray(cal)] if with_tray else drawn


def region(cal: Calendar) -> list[Partial]:
    """Draw everything between the bar and the foot: the grid and the tray."""
    return [grid(cal), tray(cal)]


def grid(cal: Calendar) -> Partial:
    """Draw the whole grid."""
    return Partial("#cal-grid", render_to_string("calendar/grid.html", {"cal": cal}))


def tray(cal: Calendar) -> Partial:
    """Draw the tray."""
    return Partial("#tray", render_to_string("calendar/tray.html", {"cal": cal}))


def card(found: Card, *, view: View, has_titles: bool) -> Partial:
    """Draw one card where it stands."""
    context = {"card": found}
    match view:
        case View.WEEK:
            html = render_to_string("components/post_card.html", {**context, "with_words": True})
        case View.MONTH:
            html = render_to_string("calendar/month_card.html", {**context, "has_titles": has_titles})
        case View.LIST:
            html = render_to_string("calendar/list_card.html", context)
    return Partial(f"#card-{found.id}", html)


def _quiet(cal: Calendar) -> Partial:
    return Partial("#cal-quiet", render_to_string("calendar/quiet.html", {"cal": cal}))


def _days(cal: Calendar, changed: set[date]) -> list[Partial]:
    drawn = []
    for day in cal.days:
        if day.on not in changed:
            continue
        if cal.shown.view == View.WEEK:
            drawn.append(Partial(f"#head-{day.iso}", render_to_string("calendar/week_head.html", {"day": day})))
            for part in PARTS:
                cell = day.parts[part.key]
                if not part.is_night:
                    drawn.append(
                        Partial(f"#{cell.id}", render_to_string("calendar/week_cell.html", {"cell": cell, "day": day}))
                    )
        else:
            name = "calendar/month_cell.html" if cal.shown.view == View.MONTH else "calendar/list_day.html"
            drawn.append(Partial(f"#{day.whole.id}", render_to_string(name, {"day": day, "cal": cal})))
    if cal.shown.view == View.WEEK and drawn:
        night = next(row for row in cal.rows if row.part.is_night)
        drawn.append(Partial("#row-night", render_to_string("calendar/week_row.html", {"row": night, "cal": cal})))
        drawn.append(Partial("#cal-strip", render_to_string("calendar/strip.html", {"cal": cal})))
    return drawn
