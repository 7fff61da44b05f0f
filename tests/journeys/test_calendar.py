"""The calendar in a browser: posts moved by mouse, finger and keys, undo, refusals, live changes, and no script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from petra.lib import clock
from petra.publishing import scheduling, states
from petra.publishing.models import Delivery, State
from petra.tenancy import scope
from petra.web.testing import Live
from petra.web.tests.calendar_rows import Rows, fill, make_rows
from tests.journeys.conftest import Opener, axe_problems
from tests.journeys.next_week import NextWeek

pytestmark = pytest.mark.browser

CONFLICT = ("status of 409", "status of 422")  # Chromium logs every refusal as an error


@pytest.fixture
def rows(live: Live) -> Rows:
    with scope.workspace(live.people.workspace.pk):
        return make_rows(live.people.workspace)


@pytest.fixture
def week(rows: Rows) -> NextWeek:
    return NextWeek(rows)


def middle(place: Locator) -> tuple[float, float]:
    for _ in range(20):  # a place that is being swapped has no box for a moment
        expect(place).to_be_visible()
        box = place.bounding_box()
        if box is not None:
            return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    raise AssertionError(f"{place} never stood still")


def carry(page: Page, card: Locator, place: Locator, *, drop: bool = True) -> None:
    """Drag with the mouse, as a hand does: in steps, once the card stands still."""
    card.hover()
    page.mouse.down()
    page.mouse.move(*middle(place), steps=8)
    if drop:
        page.mouse.up()


def card(page: Page, row: Any) -> Locator:
    return page.locator(f"#card-{row.pk}")


def toast(page: Page) -> Locator:
    return page.locator("#toasts petra-toast").last


def test_post_is_moved_by_mouse_onto_a_free_slot_and_back_by_z(page: Page, week: NextWeek) -> None:
    delivery = week.planned(0, "17:10", "Salmon")
    page.goto(week.url())
    slot = page.locator(f"#cell-{week.iso(2)}-morning [data-slot]").first
    carry(page, card(page, delivery), slot, drop=False)
    day = week.words(2)
    expect(page.locator(".ghost-when")).to_have_text(f"{day}, 07:45")
    page.mouse.up()
    expect(toast(page)).to_contain_text(f"Moved to {day}, 07:45")
    expect(page.locator(f"#cell-{week.iso(2)}-morning").locator(f"#card-{delivery.pk}")).to_be_visible()
    expect(page.locator(f"#cell-{week.iso(0)}-afternoon [data-slot]")).to_be_visible()  # the slot is free again
    expect(page.locator(f"#head-{week.iso(2)}")).to_contain_text("1/6")
    assert week.again(delivery).due_at == week.at(2, "07:45")
    expect(page.locator(f"#card-{delivery.pk}:focus-within")).to_be_attached()
    assert page.url.endswith(week.url())  # the drop did not open the post

    page.keyboard.press("z")
    expect(page.locator(f"#cell-{week.iso(0)}-afternoon").locator(f"#card-{delivery.pk}")).to_be_visible()
    expect(toast(page)).to_contain_text("Back to")
    assert week.again(delivery).due_at == week.at(0, "17:10")


def test_drop_on_a_part_of_a_day_names_its_time_before_release(page: Page, week: NextWeek) -> None:
    week.planned(3, "17:10", "There already")
    delivery = week.planned(0, "17:10")
    page.goto(week.url())
    cell = page.locator(f"#cell-{week.iso(3)}-afternoon")
    carry(page, card(page, delivery), cell, drop=False)
    expect(page.locator(".ghost-when")).to_contain_text("17:25")  # no free slot: 15 minutes after the last post
    expect(cell).to_have_class("wk-cell drop")
    page.mouse.up()
    expect(toast(page)).to_contain_text("17:25")
    assert week.again(delivery).due_at == week.at(3, "17:25")


def test_escape_and_past_days_leave_a_post_where_it_is(page: Page, week: NextWeek, rows: Rows) -> None:
    delivery = week.planned(0, "17:10")
    page.goto(week.url())
    carry(page, card(page, delivery), page.locator(f"#cell-{week.iso(2)}-midday"), drop=False)
    page.keyboard.press("Escape")
    expect(page.locator(".ghost")).to_have_count(0)
    page.mouse.up()
    page.goto("/calendar?view=month")
    past = page.locator(".mo-cell[data-past]").first
    if past.count():
        shown = page.locator(f"#card-{delivery.pk}")
        if shown.count():
            carry(page, shown, past)
    page.wait_for_timeout(300)
    assert week.again(delivery).due_at == week.at(0, "17:10")
    assert page.locator("#toasts petra-toast").count() == 0


def test_published_post_does_not_lift(page: Page, week: NextWeek, rows: Rows) -> None:
    with scope.workspace(rows.workspace.pk):
        delivery = rows.stands(week.at(1, "10:00"), State.PUBLISHED)
    page.goto(week.url())
    carry(page, card(page, delivery), page.locator(f"#cell-{week.iso(3)}-midday"), drop=False)
    assert page.locator(".ghost").count() == 0
    page.mouse.up()


def test_pin_is_planned_from_the_tray_and_taken_off_again(page: Page, week: NextWeek) -> None:
    pin = week.pin("Tart")
    page.goto(week.url())
    carry(page, page.locator(f"#tray #card-{pin.pk}"), page.locator(f"#cell-{week.iso(4)}-evening [data-slot]"))
    expect(toast(page)).to_contain_text("Scheduled for")
    placed = page.locator(f"#cell-{week.iso(4)}-evening [data-post='{pin.pk}']")
    expect(placed).to_contain_text("20:15")
    expect(page.locator("#tray")).to_contain_text("Everything is planned")
    expect(page.locator(f"[data-post='{pin.pk}']:focus-within")).to_be_attached()

    carry(page, placed, page.locator("#tray .tray-list"))
    expect(toast(page)).to_contain_text("Taken off the calendar")
    expect(page.locator(f"#tray #card-{pin.pk}")).to_be_visible()
    expect(placed).to_have_count(0)


def test_pin_without_a_board_returns_and_says_why(open_page: Opener, week: NextWeek, rows: Rows) -> None:
    with scope.workspace(rows.workspace.pk):
        pin = rows.draft(title="Boardless")
    page = open_page(expects=CONFLICT)
    page.goto(f"{week.url()}&tray=drafts")
    carry(page, card(page, pin), page.locator(f"#cell-{week.iso(4)}-evening"), drop=False)
    expect(page.locator(".ghost-when")).to_have_text("Choose a board first.")
    page.mouse.up()
    expect(toast(page)).to_contain_text("“Boardless” needs a board first.")
    expect(page.locator(f"#tray #card-{pin.pk}")).to_be_visible()


def test_post_changed_elsewhere_returns_and_offers_the_next_slot(open_page: Opener, week: NextWeek) -> None:
    delivery = week.planned(0, "17:10")
    page = open_page(expects=(*CONFLICT, "ERR_FAILED", "Failed to fetch"))
    page.route("**/events*", lambda route: route.abort())  # a page whose stream is cut
    page.goto(week.url())
    with scope.workspace(week.rows.workspace.pk):
        Delivery.objects.filter(pk=delivery.pk).update(plan_no=5)
    carry(page, card(page, delivery), page.locator(f"#cell-{week.iso(2)}-midday"))
    expect(toast(page)).to_contain_text("This was changed somewhere else a moment ago.")
    expect(page.locator(f"#cell-{week.iso(0)}-afternoon").locator(f"#card-{delivery.pk}")).to_be_visible()
    assert week.again(delivery).due_at == week.at(0, "17:10")
    toast(page).locator("[data-retry]").click()
    expect(page.locator("#toasts")).to_contain_text("Moved to")
    assert week.again(delivery).due_at < week.at(0, "17:10")


def test_post_is_moved_with_keys_and_every_step_is_spoken(page: Page, week: NextWeek) -> None:
    delivery = week.planned(0, "17:10", "Salmon")
    page.goto(week.url())
    said = page.locator("[data-live]")
    card(page, delivery).locator("a").first.focus()
    page.keyboard.press("m")
    expect(said).to_contain_text("Moving Salmon.")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    day = week.words(2)
    expect(said).to_have_text(f"{day}, 17:10")
    page.keyboard.press("ArrowUp")
    expect(said).to_have_text(f"{day}, 11:45")
    page.keyboard.press("Enter")
    expect(toast(page)).to_contain_text(f"Moved to {day}, 11:45")
    expect(said).to_contain_text(f"Salmon moved to {day}, 11:45.")
    expect(page.locator(f"#card-{delivery.pk}:focus-within")).to_be_attached()
    assert week.again(delivery).due_at == week.at(2, "11:45")

    page.keyboard.press("m")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(said).to_have_text("Move cancelled.")
    assert week.again(delivery).due_at == week.at(2, "11:45")


def test_tray_pin_is_planned_with_keys(page: Page, week: NextWeek) -> None:
    pin = week.pin("Tart")
    page.goto(week.url())
    card(page, pin).locator("a").first.focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(toast(page)).to_contain_text("Scheduled for")
    expect(page.locator(f"[data-post='{pin.pk}']")).to_be_visible()


def test_post_is_moved_by_finger_after_a_long_press(open_page: Opener, week: NextWeek) -> None:
    delivery = week.planned(0, "07:45")
    page = open_page(width=1024, height=1200, touch=True)
    page.goto(week.url())
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, x: float = 0, y: float = 0) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = middle(card(page, delivery))
    to_x, to_y = middle(page.locator(f"#cell-{week.iso(1)}-midday"))
    finger("touchStart", x, y)  # a quick stroke scrolls, it does not lift
    finger("touchMove", x, y + 30)
    finger("touchEnd")
    assert page.locator(".ghost").count() == 0

    x, y = middle(card(page, delivery))
    finger("touchStart", x, y)
    page.wait_for_timeout(400)
    expect(page.locator(".ghost")).to_be_visible()
    for step in range(1, 7):
        finger("touchMove", x + (to_x - x) * step / 6, y + (to_y - y) * step / 6)
    expect(page.locator(".ghost-when")).to_contain_text("11:45")
    finger("touchEnd")
    expect(toast(page)).to_contain_text("Moved to")
    assert week.again(delivery).due_at == week.at(1, "11:45")


def test_month_keeps_the_time_of_day(page: Page, week: NextWeek) -> None:
    delivery = week.planned(0, "17:10")
    page.goto(week.url("month"))
    place = page.locator(f"#day-{week.iso(3)}")
    carry(page, card(page, delivery), place, drop=False)
    expect(page.locator(".ghost-when")).to_contain_text("17:10")
    page.mouse.up()
    expect(place.locator(f"#card-{delivery.pk}")).to_be_visible()
    expect(toast(page)).to_contain_text("17:10")
    assert week.again(delivery).due_at == week.at(3, "17:10")


def test_list_takes_drops_on_slots_and_days(page: Page, week: NextWeek) -> None:
    delivery = week.planned(0, "07:45")
    page.goto(week.url("list"))
    carry(page, card(page, delivery), page.locator(f"#day-{week.iso(0)} [data-slot]").nth(2))
    expect(toast(page)).to_contain_text("13:20")
    assert week.again(delivery).due_at == week.at(0, "13:20")


def test_several_selected_posts_move_together(page: Page, week: NextWeek) -> None:
    some = [week.planned(0, t) for t in ("07:45", "10:05")]
    page.goto(week.url())
    for delivery in some:
        card(page, delivery).locator("a").first.focus()
        page.keyboard.press("x")
    carry(page, card(page, some[0]), page.locator(f"#cell-{week.iso(3)}-midday [data-slot]").first, drop=False)
    expect(page.locator(".ghost-count")).to_have_text("2")
    page.mouse.up()
    expect(toast(page)).to_contain_text("Moved 2 posts")
    assert [week.again(d).due_at for d in some] == [week.at(3, "11:45"), week.at(3, "13:20")]


def test_other_browsers_see_a_move_without_reloading(open_page: Opener, live: Live, week: NextWeek) -> None:
    delivery = week.planned(0, "17:10")
    mine, theirs = open_page(), open_page(live.people.bob, theme="dark")
    for page in (mine, theirs):
        page.goto(week.url())
    theirs.evaluate("window.sameDocument = true")
    carry(mine, card(mine, delivery), mine.locator(f"#cell-{week.iso(2)}-midday [data-slot]").first)
    expect(theirs.locator(f"#cell-{week.iso(2)}-midday").locator(f"#card-{delivery.pk}")).to_be_visible()
    assert theirs.evaluate("window.sameDocument")
    expect(theirs.locator(f"#card-{delivery.pk}")).to_have_count(1)


def test_post_turns_published_and_failure_is_announced_without_reloading(page: Page, week: NextWeek) -> None:
    first, second = week.planned(0, "17:10", "Soup"), week.planned(1, "17:10", "Bread")
    page.goto(week.url())
    expect(page.locator("[data-count-of=needs_you]").first).to_be_hidden()
    with scope.workspace(week.rows.workspace.pk):
        states.move(first, State.SENDING, because="slot")
    expect(card(page, first)).to_have_class("post-card st-publishing")
    with scope.workspace(week.rows.workspace.pk):
        states.move(first, State.PUBLISHED, because="sent", remote_id="1", published_at=clock.now(), next_at=None)
        states.move(second, State.FAILED, because="rejected", next_at=None, for_person="The picture is too small.")
    expect(card(page, first)).to_have_class("post-card st-published")
    expect(card(page, second)).to_contain_text("The picture is too small.")
    expect(page.locator("[data-live]")).to_contain_text("Bread: Failed")
    expect(page.locator("[data-count-of=needs_you]").first).to_have_text("1")


def test_nothing_moves_under_a_hand(page: Page, week: NextWeek) -> None:
    held, other = week.planned(0, "07:45", "Held"), week.planned(0, "17:10", "Other")
    page.goto(week.url())
    carry(page, card(page, held), page.locator(f"#cell-{week.iso(2)}-midday"), drop=False)
    with scope.workspace(week.rows.workspace.pk):
        scheduling.move_delivery(other, due_at=week.at(4, "20:15"))
    page.wait_for_timeout(900)
    expect(page.locator(".ghost")).to_be_visible()
    expect(page.locator(f"#cell-{week.iso(0)}-afternoon").locator(f"#card-{other.pk}")).to_be_visible()
    page.mouse.up()
    expect(page.locator(f"#cell-{week.iso(4)}-evening").locator(f"#card-{other.pk}")).to_be_visible()
    expect(page.locator(f"#cell-{week.iso(2)}-midday").locator(f"#card-{held.pk}")).to_be_visible()


def test_form_moves_a_post_to_a_slot_or_an_own_time(page: Page, week: NextWeek) -> None:
    delivery = week.planned(0, "17:10", "Salmon")
    page.goto(week.url())
    opener = card(page, delivery).locator(".post-card-menu")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog#sheet")
    expect(dialog).to_be_visible()
    assert dialog.locator(".slot-choices label").count() == 6
    dialog.locator("#sheet-day").fill(week.iso(5))
    dialog.locator("#sheet-time").fill("09:30")
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(page.locator(f"#cell-{week.iso(5)}-morning").locator(f"#card-{delivery.pk}")).to_be_visible()
    assert week.again(delivery).due_at == week.at(5, "09:30")


def test_form_takes_a_post_off_the_calendar(page: Page, week: NextWeek) -> None:
    delivery = week.planned(0, "17:10", "Salmon")
    page.goto(week.url())
    card(page, delivery).locator("a").first.focus()
    page.keyboard.press("s")
    page.locator("dialog#sheet [data-off]").click()
    expect(toast(page)).to_contain_text("Taken off the calendar")
    expect(page.locator(f"#tray #card-{delivery.post_id}")).to_be_visible()
    assert week.again(delivery).state == State.CANCELLED


def test_free_slot_takes_a_ready_pin(page: Page, week: NextWeek) -> None:
    pin = week.pin("Tart")
    page.goto(week.url())
    page.locator(f"#cell-{week.iso(1)}-evening [data-slot] a").click()
    page.locator("dialog#sheet").get_by_role("button", name="Tart").click()
    expect(page.locator(f"#cell-{week.iso(1)}-evening [data-post='{pin.pk}']")).to_be_visible()


def test_spread_shows_days_first_and_is_undone(page: Page, week: NextWeek) -> None:
    for n in range(5):
        week.pin(f"Pin {n}")
    page.goto(week.url())
    page.locator(".tray-foot .btn").click()
    dialog = page.locator("dialog#sheet")
    expect(dialog).to_contain_text("Spread 5 ready pins")
    dialog.locator("#spread-from").fill(week.iso(0))
    first = week.words(0)
    expect(dialog.locator(".spread-days li").first).to_contain_text(first)
    expect(dialog.locator(".spread-days li").first).to_contain_text("+5")
    dialog.get_by_role("button", name="Schedule 5 pins").click()
    expect(toast(page)).to_contain_text("Scheduled 5 pins")
    expect(page.locator(f"#head-{week.iso(0)}")).to_contain_text("5/6")
    page.keyboard.press("z")
    expect(page.locator("#tray .tray-card")).to_have_count(5)
    expect(page.locator(f"#head-{week.iso(0)}")).to_contain_text("0/6")


def test_keys_lead_through_views_days_and_cells(page: Page, week: NextWeek) -> None:
    week.planned(1, "07:45", "Early")
    page.goto(week.url())
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**day={(week.monday + timedelta(days=7)).isoformat()}")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**day={week.iso(0)}")
    for key, view in (("2", "month"), ("3", "list")):
        page.keyboard.press(key)
        page.wait_for_url(f"**view={view}**")
    page.keyboard.press("1")
    page.wait_for_url(lambda url: "view=" not in url)
    page.keyboard.press("t")
    page.wait_for_url("**/calendar")
    expect(page.locator("[role=gridcell][tabindex='0']")).to_be_visible()  # today's night, the first, is a hidden row

    page.goto(week.url())
    page.locator(f"#cell-{week.iso(0)}-morning").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == f"cell-{week.iso(1)}-morning"
    assert page.locator("[role=gridcell][tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    expect(page.locator("#peek")).to_contain_text("Early")
    page.keyboard.press("Escape")
    expect(page.locator("#peek")).to_have_count(0)
    page.wait_for_timeout(100)
    assert page.evaluate("document.activeElement.closest('[data-day], .wk-day') !== null")


def test_tray_folds_away_and_remembers_it(page: Page, week: NextWeek) -> None:
    week.pin()
    page.goto(week.url())
    page.locator("#tray [data-tray-toggle]").click()
    expect(page.locator("#tray")).to_be_hidden()
    page.reload()
    expect(page.locator("#tray")).to_be_hidden()
    page.locator(".cal-tray-opener").click()
    expect(page.locator("#tray")).to_be_visible()


def test_phone_shows_a_day_moves_by_form_and_has_the_tray_as_a_sheet(open_page: Opener, week: NextWeek) -> None:
    delivery = week.planned(1, "17:10", "Salmon")
    pin = week.pin("Tart")
    page = open_page(width=390, height=844, touch=True)
    page.goto(week.url())
    expect(card(page, delivery)).to_be_hidden()
    page.locator("#cal-strip a").nth(1).click()
    expect(card(page, delivery)).to_be_visible()
    expect(card(page, delivery)).to_contain_text("Scheduled")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    card(page, delivery).locator(".post-card-menu").click()
    dialog = page.locator("dialog#sheet")
    dialog.locator(".slot-choices label").nth(3).click()
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(toast(page)).to_contain_text("Moved to")
    assert week.again(delivery).plan_no == 2

    expect(card(page, pin)).to_be_hidden()
    page.locator("#tray [data-tray-toggle]").click()
    expect(card(page, pin)).to_be_visible()
    card(page, pin).locator(".tray-card-plan").click()
    expect(page.locator("dialog#sheet")).to_contain_text("Schedule this pin")


def test_everything_works_without_script(open_page: Opener, week: NextWeek) -> None:
    delivery = week.planned(0, "17:10", "Salmon")
    page = open_page(script=False)
    page.goto(week.url("list"))
    card(page, delivery).locator(".cal-line-acts a").click()
    page.locator("[name=at][value=own]").check()
    page.locator("#sheet-day").fill(week.iso(2))
    page.locator("#sheet-time").fill("09:30")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Moved to")
    assert week.again(delivery).due_at == week.at(2, "09:30")
    page.get_by_role("button", name="Undo").click()
    assert week.again(delivery).due_at == week.at(0, "17:10")


@pytest.fixture
def filled(rows: Rows) -> Iterator[Rows]:
    with scope.workspace(rows.workspace.pk):
        fill(rows, ready=4, drafts=2)
    yield rows


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(open_page: Opener, filled: Rows, theme: str, width: int) -> None:
    page = open_page(width=width, theme=theme, touch=width < 720, bypass_policy=True)  # noqa: PLR2004
    problems: list[str] = []
    for view in ("", "?view=month", "?view=month&show=titles", "?view=list", "?tray=drafts&status=published"):
        page.goto(f"/calendar{view}")
        problems += [f"{view}: {p}" for p in axe_problems(page)]
    page.goto("/calendar?view=list")
    page.locator(".cal-line-acts a.btn").last.click()
    expect(page.locator("dialog#sheet")).to_be_visible()
    problems += [f"sheet: {p}" for p in axe_problems(page)]
    page.goto("/calendar/spread")
    problems += [f"spread: {p}" for p in axe_problems(page)]
    page.goto("/calendar?view=month")
    page.locator(".mo-cell.today .mo-number a").click()
    expect(page.locator("#peek")).to_be_visible()
    problems += [f"peek: {p}" for p in axe_problems(page)]
    assert not problems, "\n".join(problems)
