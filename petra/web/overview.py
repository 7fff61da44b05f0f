"""Overview: what needs a person, today, the next two weeks, the accounts, and what happened last."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from petra.accounts import health
from petra.accounts.models import Account, AccountState
from petra.articles.models import Article, Blog, ImportRun, RunState
from petra.lib import clock
from petra.posts.models import Post, WordsState
from petra.publishing import slots
from petra.publishing.models import LIVE_STATES, Delivery, Slot, State
from petra.tenancy.access import MemberRequest, member_page
from petra.tenancy.models import Role
from petra.web import event_words, moments, pauses, worker_line
from petra.web.accounts import detail as account_view
from petra.web.needs_you.late_banner import late_banner
from petra.web.onboarding import STEPS
from petra.web.overview_needs import Need, needs
from petra.web.pins import rows as pin_rows
from petra.web.pins import status as pin_status
from petra.web.shell import show
from petra.web.statuses import Status, StatusKey, status
from petra.webhooks.models import Event

DAYS = 14
BAR_PX = 76
LOWEST_BAR_WITH_COUNT = 18  # a lower one has its count above it
STATES_ON_DAY = [*LIVE_STATES, State.PUBLISHED]


@dataclass(frozen=True)
class Moment:
    """One place of today's strip: a post, or a free slot (then `status` is None)."""

    at: datetime
    time: str
    title: str
    picture: str
    url: str
    status: Status | None


@dataclass(frozen=True)
class Bar:
    """One of the next days. Heights in px for the drawing."""

    name: str
    number: int
    planned: int
    room: int
    height: int
    top: int
    x: int
    is_today: bool
    is_empty: bool
    count_y: int


@require_safe
@member_page()
def overview(request: MemberRequest) -> HttpResponse:
    """Show the workspace at a glance; a new one goes through its first steps first."""
    if (
        request.actor.workspace.onboarding_step in STEPS
        and not request.actor.workspace.is_demo
        and not Blog.objects.exists()
    ):
        return redirect("onboarding")
    zone, now = request.actor.zone, clock.now()
    bars = _bars(zone, now)
    accounts = list(
        Account.objects.exclude(state=AccountState.DISCONNECTED).prefetch_related("budgets").order_by("username")
    )
    paused = pauses.lines(request)
    waiting, is_more = needs(accounts, zone=zone, now=now)
    context = {
        "needs": [*waiting, *_empty_days(bars, now)],
        "needs_more": is_more,
        "late": late_banner(zone=zone, now=now),
        "today": _today(zone, now),
        "bars": bars,
        "planned": sum(bar.planned for bar in bars),
        "accounts": [_account(a, paused) for a in health.health_of(accounts, now=now)],
        "funnel": _funnel(),
        "lines": [
            {"line": line, "when": moments.short(line.at, zone=zone, now=now)}
            for line in event_words.lines(list(Event.objects.exclude(kind__in=event_words.QUIET).order_by("-id")[:6]))
        ],
        "date_words": moments.moment(now, zone=zone, now=now),
        "zone_words": moments.zone_words(zone, now=now),
        "pauses": paused,
        "may_pause": request.actor.may(Role.EDITOR),
        "workers": worker_line.read(now=now),
    }
    return show(request, "overview.html", context, here="overview")


def _empty_days(bars: list[Bar], now: datetime) -> list[Need]:
    empty = sum(1 for bar in bars[1:8] if bar.is_empty)
    ready = pin_status.with_look(Post.objects.filter(removed_at=None)).filter(look=StatusKey.READY).count()
    if not empty or not ready:
        return []
    return [
        Need(
            status=status(StatusKey.ATTENTION),
            title=ngettext("%(n)d day of the coming week is empty", "%(n)d days of the coming week are empty", empty)
            % {"n": empty},
            words=ngettext("%(n)d pin is ready.", "%(n)d pins are ready.", ready) % {"n": ready},
            icon="calendar-event",
            picture="",
            label=_("Open calendar"),
            url=reverse("calendar"),
        )
    ]


def _today(zone: ZoneInfo, now: datetime) -> list[Moment]:
    day = now.astimezone(zone).date()
    start, end = _day_bounds(day, zone)
    deliveries = (
        Delivery.objects.filter(state__in=STATES_ON_DAY, due_at__gte=start, due_at__lt=end)
        .select_related("post__article")
        .prefetch_related("post__media")
        .order_by("due_at")
    )
    found = []
    for delivery in deliveries:
        media = list(delivery.post.media.all())
        found.append(
            Moment(
                at=delivery.due_at,
                time=f"{delivery.due_at.astimezone(zone):%H:%M}",
                title=pin_rows.pin_title(delivery.post),
                picture=pin_rows.picture_url(media[0].asset_id if media else None),
                url=reverse("pin", args=[delivery.post_id]),
                status=pin_status.delivery_status(delivery),
            )
        )
    taken = {m.at.replace(second=0, microsecond=0) for m in found}
    for slot in Slot.objects.filter(weekday=day.weekday(), account__state=AccountState.CONNECTED):
        at = slots.instant(day, slot.time_local, zone)
        if at > now and at not in taken:
            taken.add(at)
            found.append(Moment(at, f"{at.astimezone(zone):%H:%M}", "", "", f"{reverse('calendar')}?day={day}", None))
    return sorted(found, key=lambda m: m.at)


def _bars(zone: ZoneInfo, now: datetime) -> list[Bar]:
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=n) for n in range(DAYS)]
    start, end = _day_bounds(days[0], zone)[0], _day_bounds(days[-1], zone)[1]
    due = Delivery.objects.filter(state__in=STATES_ON_DAY, due_at__gte=start, due_at__lt=end).values_list(
        "due_at", flat=True
    )
    planned = Counter(at.astimezone(zone).date() for at in due)
    room = dict(
        Slot.objects.filter(account__state=AccountState.CONNECTED)
        .values_list("weekday")
        .annotate(n=Count("id"))
        .values_list("weekday", "n")
    )
    most = max([1, *planned.values(), *room.values()])
    return [_bar(n, day, planned[day], room.get(day.weekday(), 0), most, today) for n, day in enumerate(days)]


def _bar(place: int, day: date, planned: int, room: int, most: int, today: date) -> Bar:
    height = round(BAR_PX * planned / most)
    midnight = datetime.combine(day, time(), tzinfo=ZoneInfo("UTC"))
    return Bar(
        name=moments.weekday(midnight),
        number=day.day,
        planned=planned,
        room=room,
        height=height,
        top=BAR_PX - height,
        x=place * 52,
        is_today=day == today,
        is_empty=planned == 0,
        count_y=BAR_PX - height + (14 if height >= LOWEST_BAR_WITH_COUNT else -4),
    )


def _day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return slots.instant(day, time(), zone), slots.instant(day + timedelta(days=1), time(), zone)


def _account(found: health.Health, paused: list[pauses.PauseLine]) -> dict[str, object]:
    spent = found.budget.calls_at_once - found.budget.calls
    return {
        "name": found.account.username,
        "url": reverse("account", args=[found.account.pk]),
        "mark": pin_rows.mark_of(found.account.network),
        "needs_person": found.needs_person,
        "reason": found.reason,
        "is_paused": found.account.pk in {line.subject_id for line in paused},
        "spent": spent,
        "most": found.budget.calls_at_once,
        "words": _("%(n)d of %(all)d calls") % {"n": spent, "all": found.budget.calls_at_once},
        "tone": account_view.meter_tone(spent, found.budget.calls_at_once),
    }


def _funnel() -> list[dict[str, object]]:
    articles = Article.objects.filter(archived_at=None).count()
    importing = ImportRun.objects.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).count()
    pins = Post.objects.filter(removed_at=None).aggregate(
        all=Count("id"), written=Count("id", filter=Q(words_state=WordsState.READY))
    )
    sent = Delivery.objects.aggregate(
        planned=Count("id", filter=Q(state__in=[State.PLANNED, State.SENDING, State.PROCESSING])),
        published=Count("id", filter=Q(state=State.PUBLISHED)),
    )
    most = max(1, pins["all"], articles)
    note = ngettext("%(n)d import running", "%(n)d imports running", importing) % {"n": importing} if importing else ""
    steps = [
        (_("Articles"), articles, note),
        (_("Pins"), pins["all"], _("%(n).1f per article") % {"n": pins["all"] / articles} if articles else ""),
        (_("Written"), pins["written"], ""),
        (_("Scheduled"), sent["planned"], ""),
        (_("Published"), sent["published"], ""),
    ]
    return [{"name": name, "count": count, "most": most, "note": words} for name, count, words in steps]
