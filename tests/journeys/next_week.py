"""A week that lies wholly ahead, whatever day it is: what journeys of the calendar plan in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from petra.lib import clock
from petra.publishing.models import Delivery
from petra.tenancy import scope
from petra.web.tests.calendar_rows import Rows


class NextWeek:
    """Next week's days, all of them to come. `day(0)` is its Monday."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        today = clock.now().astimezone(rows.workspace.zone).date()
        self.year = today.year
        self.ahead = 7 - today.weekday()
        self.monday = today + timedelta(days=self.ahead)

    def iso(self, day: int) -> str:
        return (self.monday + timedelta(days=day)).isoformat()

    def words(self, day: int) -> str:
        """Name a day as Petra does: with the year where it is another one."""
        on = self.monday + timedelta(days=day)
        return on.strftime("%a %-d %b" if on.year == self.year else "%a %-d %b %Y")

    def at(self, day: int, clock_time: str) -> datetime:
        return self.rows.at(self.ahead + day, clock_time)

    def planned(self, day: int, clock_time: str, title: str = "A post") -> Delivery:
        with scope.workspace(self.rows.workspace.pk):
            return self.rows.planned(self.at(day, clock_time), title=title)

    def pin(self, title: str = "A pin") -> Any:
        with scope.workspace(self.rows.workspace.pk):
            return self.rows.post(title=title)

    def again(self, delivery: Delivery) -> Delivery:
        with scope.workspace(self.rows.workspace.pk):
            found: Delivery = Delivery.objects.get(pk=delivery.pk)
            return found

    def url(self, view: str = "week") -> str:
        return f"/calendar?view={view}&day={self.iso(0)}"
