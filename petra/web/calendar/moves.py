"""The calendar's verbs: move, plan, take off, spread, and undo each of them for ten minutes.

Wall-clock input becomes an instant by `publishing.slots.instant`. How they answer is calendar_answers' work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.core import signing
from django.http import Http404, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from petra.accounts.models import Account
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.posts.models import Post
from petra.publishing import scheduling, slots
from petra.publishing.models import Delivery, State
from petra.publishing.states import ForbiddenMove
from petra.tenancy import access
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import moments
from petra.web.calendar import sheets as calendar_sheets
from petra.web.calendar import shown as calendar_shown
from petra.web.calendar.answers import UNDO_S, UNDO_SALT, Done, carry_out, next_url
from petra.web.calendar.cards import MOVABLE
from petra.web.calendar.views import back_url, instant_of, is_fragment, show_form, show_sheet, shown_of
from petra.web.live import partials
from petra.web.live.partials import Partial

_AT_ONCE = 300  # cards moved by one request


@require_POST
@member_page(Role.EDITOR)
def calendar_move(request: MemberRequest) -> HttpResponse:
    """Give deliveries another time: an instant, a day and time, or a day on which they keep their time."""
    return carry_out(request, lambda: _move(request), sheet=_move_sheet)


@require_POST
@member_page(Role.EDITOR)
def calendar_plan(request: MemberRequest) -> HttpResponse:
    """Give pins without a time one, on their own board."""
    return carry_out(request, lambda: _plan(request), sheet=_plan_sheet)


@require_POST
@member_page(Role.EDITOR)
def calendar_unschedule(request: MemberRequest) -> HttpResponse:
    """Take deliveries off the calendar."""
    return carry_out(request, lambda: _unschedule(request), sheet=_move_sheet)


@require_POST
@member_page(Role.EDITOR)
def calendar_undo(request: MemberRequest, token: str) -> HttpResponse:
    """Take a move, a plan, or a taking off back, within ten minutes and where nobody moved the post since."""
    return carry_out(request, lambda: _undo(request, token), sheet=None)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Role.EDITOR)
def calendar_spread(request: MemberRequest) -> HttpResponse:
    """Show where the ready pins would land; on POST, plan them."""
    if request.method == "POST":
        return carry_out(request, lambda: _spread(request), sheet=_spread_form)
    return _spread_form(request)


def _move(request: MemberRequest) -> Done:
    zone = request.actor.zone
    target = _Target.of(request)
    done = Done("", set(), [])
    at: datetime | None = None
    for delivery, plan_no_seen in _chosen_deliveries(request):
        if delivery.state not in MOVABLE:
            raise ForbiddenMove(delivery, State.PLANNED)
        before, was = delivery.due_at, State(delivery.state)
        at = target.instant(delivery.account_id, keeps=before, after=at)
        scheduling.move_delivery(delivery, due_at=at, plan_no_seen=plan_no_seen)
        done.days.update((before.astimezone(zone).date(), at.astimezone(zone).date()))
        if was == State.PLANNED and before > clock.now():
            done.undo.append(("moved", str(delivery.pk), delivery.plan_no, before.isoformat()))
    return _said(request, done, at, one=_("Moved to %(when)s"), many=_("Moved %(n)d posts, the last to %(when)s"))


def _plan(request: MemberRequest) -> Done:
    zone = request.actor.zone
    target = _Target.of(request)
    done = Done("", set(), [])
    at: datetime | None = None
    for post in _chosen_posts(request):
        if post.target is None:
            raise ProductError(
                "no_target", _("“%(title)s” needs a board first.") % {"title": post.title or _("Untitled pin")}
            )
        at = target.instant(post.target.account_id, keeps=None, after=at)
        delivery = scheduling.plan_delivery(post, account=post.target.account, target=post.target, due_at=at)
        done.days.add(at.astimezone(zone).date())
        done.undo.append(("planned", str(delivery.pk), delivery.plan_no, ""))
    return _said(
        request, done, at, one=_("Scheduled for %(when)s"), many=_("Scheduled %(n)d pins, the last for %(when)s")
    )


def _unschedule(request: MemberRequest) -> Done:
    done = Done("", set(), [])
    for delivery, plan_no_seen in _chosen_deliveries(request):
        scheduling.cancel_delivery(delivery, plan_no_seen=plan_no_seen)
        done.days.add(delivery.due_at.astimezone(request.actor.zone).date())
        if delivery.due_at > clock.now() or delivery.state_before != State.PLANNED:
            done.undo.append(("cancelled", str(delivery.pk), delivery.plan_no, ""))
    n = max(1, len(_ids(request)))
    words = ngettext("Taken off the calendar", "%(n)d posts taken off the calendar", n) % {"n": n}
    return Done(words, done.days, done.undo if len(done.undo) == n else [])


def _spread(request: MemberRequest) -> Done:
    zone = request.actor.zone
    plan = _spread_plan(request, request.POST)
    if str(plan.count) != request.POST.get("seen", str(plan.count)):
        raise ProductError(
            "spread_changed", _("The pins or slots changed meanwhile. Look again, then save."), http_status=409
        )
    if not plan.landings:
        raise ProductError("no_slot", _("No pin has a free posting time. Add posting times to the account."))
    done = Done("", set(), [])
    for landing in plan.landings:
        post = landing.post
        delivery = scheduling.plan_delivery(post, account=landing.account, target=post.target, due_at=landing.at)
        done.days.add(landing.at.astimezone(zone).date())
        done.undo.append(("planned", str(delivery.pk), delivery.plan_no, ""))
    last = max(landing.at for landing in plan.landings)
    return _said(
        request, done, last, one=_("Scheduled for %(when)s"), many=_("Scheduled %(n)d pins, the last for %(when)s")
    )


def _undo(request: MemberRequest, token: str) -> Done:
    zone = request.actor.zone
    try:
        rows = signing.loads(token, salt=UNDO_SALT, max_age=UNDO_S)
    except signing.BadSignature as error:
        raise ProductError("undo_over", _("Undo works for ten minutes. That time is over."), http_status=409) from error
    done = Done("", set(), [])
    for what, delivery_id, plan_no, before in rows:
        delivery = access.get(Delivery, delivery_id)
        done.days.add(delivery.due_at.astimezone(zone).date())
        if delivery.plan_no != plan_no:
            raise ProductError(
                "moved_since", _("Somebody moved it since, so it was left where it is."), http_status=409
            )
        match what:
            case "moved":
                scheduling.move_delivery(delivery, due_at=datetime.fromisoformat(before), plan_no_seen=plan_no)
            case "planned":
                scheduling.cancel_delivery(delivery, plan_no_seen=plan_no)
            case _:
                scheduling.undo_cancel(delivery)
        done.days.add(delivery.due_at.astimezone(zone).date())
    if len(rows) == 1 and rows[0][0] == "moved":
        return Done(
            _("Back to %(when)s")
            % {"when": moments.moment(datetime.fromisoformat(rows[0][3]), zone=zone, now=clock.now())},
            done.days,
            [],
        )
    return Done(_("Undone"), done.days, [])


@dataclass(frozen=True)
class _Target:
    """Where posts are to go: at an instant, or on a day where each keeps its time."""

    at: datetime | None
    day: date | None
    request: MemberRequest

    @classmethod
    def of(cls, request: MemberRequest) -> _Target:
        """Read it from a form. Raises ProductError where it makes no sense."""
        chosen = request.POST.get("at", "")
        if chosen and chosen != "own":
            at = instant_of(chosen)
            if at is None:
                raise _no_time()
            return cls(at, None, request)
        day = calendar_shown.day_of(request.POST.get("day", ""))
        if day is None:
            raise _no_time()
        wall = request.POST.get("time", "")
        if not wall and not chosen:
            return cls(None, day, request)
        try:
            return cls(slots.instant(day, time.fromisoformat(wall), request.actor.zone), None, request)
        except ValueError as error:
            raise _no_time() from error

    def instant(self, account_id: UUID, *, keeps: datetime | None, after: datetime | None) -> datetime:
        """Give the instant of the next post: the first one lands as asked, each following one in the next free slot."""
        if self.at is None:
            if keeps is None or self.day is None:
                raise _no_time()
            zone = self.request.actor.zone
            return slots.instant(self.day, keeps.astimezone(zone).time(), zone)
        if after is None:
            return self.at
        account = access.get(Account, account_id)
        following = next(scheduling.free_slots(account, after=after), None)
        if following is None:
            raise ProductError("no_slot", _("%(account)s has no further free slot.") % {"account": account.username})
        return following


def _no_time() -> ProductError:
    return ProductError("no_time", _("Choose a day and a time."))


def _ids(request: MemberRequest) -> list[str]:
    ids = [part for part in request.POST.get("id", "").split(",") if part]
    if not ids:
        raise Http404
    return ids[:_AT_ONCE]


def _chosen_deliveries(request: MemberRequest) -> Iterable[tuple[Delivery, int | None]]:
    numbers = request.POST.get("plan_no", "").split(",")
    for place, delivery_id in enumerate(_ids(request)):
        number = numbers[place] if place < len(numbers) else ""
        yield access.get(Delivery, delivery_id), int(number) if number.isdecimal() and number.isascii() else None


def _chosen_posts(request: MemberRequest) -> list[Post]:
    return [access.get(Post, post_id, removed_at=None) for post_id in _ids(request)]


def _said(request: MemberRequest, done: Done, at: datetime | None, *, one: str, many: str) -> Done:
    if at is None:
        raise Http404
    n = len(_ids(request)) if "id" in request.POST else len(done.undo)
    when = moments.moment(at, zone=request.actor.zone, now=clock.now())
    return Done((one if n == 1 else many) % {"when": when, "n": n}, done.days, done.undo if len(done.undo) == n else [])


def _move_sheet(request: MemberRequest, error: str, status: int) -> HttpResponse:
    delivery = access.get(Delivery, _ids(request)[0])
    sheet = calendar_sheets.move_sheet(delivery, zone=request.actor.zone, now=clock.now(), back_url=next_url(request))
    return show_sheet(request, sheet, error=error, status=status)


def _plan_sheet(request: MemberRequest, error: str, status: int) -> HttpResponse:
    post = access.get(Post, _ids(request)[0])
    sheet = calendar_sheets.plan_sheet(post, zone=request.actor.zone, now=clock.now(), back_url=next_url(request))
    return show_sheet(request, sheet, error=error, status=status)


def _spread_form(request: MemberRequest, error: str = "", status: int = 200) -> HttpResponse:
    plan = _spread_plan(request, request.POST if request.method == "POST" else request.GET)
    context = {"spread": plan, "heading": _("Spread ready pins"), "back_url": back_url(request), "error": error}
    if "part" in request.GET and is_fragment(request):  # another day was chosen: the form as it is then
        form = render_to_string("calendar/spread.html", {**context, "is_dialog": True}, request)
        return partials.answer([Partial("#spread-form", form)])
    return show_form(request, "calendar/spread.html", context, status=status)


def _spread_plan(request: MemberRequest, form: QueryDict) -> calendar_sheets.SpreadPlan:
    query = QueryDict(str(form["shown"])).dict() if "shown" in form else form.dict()
    return calendar_sheets.spread_plan(
        shown_of(request, query),  # type: ignore[arg-type]
        from_day=calendar_shown.day_of(form.get("from", "")),
        zone=request.actor.zone,
        now=clock.now(),
    )
