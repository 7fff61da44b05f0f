"""Petra was stopped for six hours and is started again: nothing bursts, what is late is held, and the pages say so.

Simulated time: everything in the workspace is made older, and the simulator's clock runs along.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from django.test import Client
from django.urls import reverse

from conftest import People
from petra.lib import clock
from petra.publishing import finding
from petra.publishing import testing as furniture
from petra.publishing.models import Delivery, State
from petra.publishing.publish import publish_delivery
from petra.simulator.testing import Simulator
from petra.tenancy import scope, workspaces
from petra.tenancy.models import User

NETWORK = "pinterest"
STOPPED_S = 6 * 3600
STEP_S = 4
GAP_S = 12  # between two pins of an account
EARLY, RECENT = (5, 65, 125, 185, 245), range(330, 360, 3)  # minutes after the stop began at which each account has one


def plan(people: People, simulator: Simulator) -> None:
    """Two accounts, each with posts over the coming six hours, ten of them in the last half hour."""
    now = clock.now()
    with scope.workspace(people.workspace.pk):
        workspaces.set_onboarding_step(people.workspace, "done")
        asset = furniture.picture()
        for profile in simulator.accounts(2):
            account = furniture.connect(profile, network=NETWORK)
            target = account.targets.order_by("id")[0]
            for minutes in (*EARLY, *RECENT):
                furniture.planned(
                    furniture.ready_post(asset, target=target), account=account, due_at=now + timedelta(minutes=minutes)
                )


def pass_time(people: People, simulator: Simulator, seconds: int) -> None:
    with scope.workspace(people.workspace.pk):
        furniture.let_time_pass(seconds)
    simulator.clock(advance_s=seconds)


def work() -> None:
    """Work once as the dispatcher and a worker do: take the turns that are due, and publish."""
    for turn in finding.take_turns(most=200):
        publish_delivery(workspace_id=turn.workspace_id, delivery_id=turn.delivery_id)


def work_for(people: People, simulator: Simulator, seconds: int) -> None:
    for _ in range(seconds // STEP_S):
        work()
        pass_time(people, simulator, STEP_S)


def sent_at(simulator: Simulator) -> dict[str, list[datetime]]:
    """Read from the simulator's log when each account was given pins."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for call in simulator.log(path="/v5/pins", method="POST"):
        found[call["account"]].append(datetime.fromisoformat(call["at"]))
    return found


def nothing_bursts(sent: dict[str, list[datetime]]) -> bool:
    least = timedelta(seconds=GAP_S - 1)  # the clocks of two processes
    return all(
        later - earlier >= least for times in sent.values() for earlier, later in zip(times, times[1:], strict=False)
    )


def says(browser: Client, name: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", browser.get(reverse(name)).content.decode())))


def test_after_six_hours_nothing_bursts_late_ones_are_held_and_the_pages_say_so(
    people: People, simulator: Simulator, settings: object, browser_of: Callable[[User], Client]
) -> None:
    settings.SIMULATOR_URL = simulator.base  # type: ignore[attr-defined]
    simulator.clock(stop=True)
    plan(people, simulator)
    browser = browser_of(people.alice)
    pass_time(people, simulator, STOPPED_S)
    assert "Nothing needs you" in says(browser, "needs_you")  # nobody works yet, so nobody knows

    for _ in range(len(EARLY) + 1):  # started again: one turn of each account after the other
        work()
    late = 2 * len(EARLY)
    with scope.workspace(people.workspace.pk):
        held = list(Delivery.objects.filter(state=State.HELD, cause="late").order_by("due_at"))
    assert len(held) == late
    first = held[0].due_at.astimezone(people.workspace.zone)
    for name in ("overview", "calendar", "needs_you"):
        page = says(browser, name)
        assert f"{late} posts are late and wait for you." in page
        assert re.search(rf"Petra was stopped from (today|yesterday), {first:%H:%M} to", page), page[:2000]

    work_for(people, simulator, 240)
    sent = sent_at(simulator)
    assert [len(times) for times in sent.values()] == [len(RECENT)] * 2
    assert nothing_bursts(sent)
    assert f"{late} posts are late and wait for you." in says(browser, "overview")

    browser.post(reverse("needs_you_late"), {"all": "publish"})
    work_for(people, simulator, 120)
    sent = sent_at(simulator)
    assert [len(times) for times in sent.values()] == [len(RECENT) + len(EARLY)] * 2
    assert nothing_bursts(sent)
    assert simulator.duplicates() == {}
    assert "Nothing needs you" in says(browser, "needs_you")
    with scope.workspace(people.workspace.pk):
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.PUBLISHED}
