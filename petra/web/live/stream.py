"""`GET /events`: the live stream of one open page, as server-sent events.

Messages without a name carry partials; `petra:counts` the numbers of the navigation; `petra:reload` asks the page to
fetch itself again. Each has the id of the newest event it tells of; a page that comes back says the last one it saw.
Whether the person still belongs to the workspace is asked anew with every message and every heartbeat.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from petra.lib import clock
from petra.lib.ids import jitter
from petra.tenancy import access, scope, workspaces
from petra.tenancy.models import Member, Role
from petra.web import shell
from petra.web.live import partials
from petra.web.live.hub import Ended, Hub, hub
from petra.web.live.pages import PAGES
from petra.web.live.partials import Partial
from petra.web.live.viewer import Answer, Viewer
from petra.webhooks.models import Event

HEARTBEAT_S: Final = 15.0
LASTS_S: Final = 600.0  # then the page connects again, and is asked who it is
_GATHER_S: Final = 0.12  # what happens together is told together
_REPLAY_MOST: Final = 200  # missed more than this: fetch the page again
_OVERLAP: Final = 20  # ids are given before their transaction commits, so a lower one may arrive later,
_LATE: Final = timedelta(seconds=3)  # by so much
_AT_ONCE: Final = 4  # pages drawn at the same time: the rest of the database's connections are for requests
_drawing: dict[int, asyncio.Semaphore] = {}


@dataclass
class _Stream:
    """What one stream remembers between its messages."""

    user_id: UUID
    workspace_id: UUID
    session_key: str
    page: str
    query: dict[str, str]
    language: str
    seen: int  # the newest event told
    must_reload: bool = False
    worker: str = ""
    counts: str = ""


class _Out(Exception):
    """The person is no longer signed in, or no longer a member."""


@require_safe
def events(request: HttpRequest) -> HttpResponseBase:
    """Open the stream of one page. The answer never ends by itself before LASTS_S."""
    if not request.user.is_authenticated:
        return HttpResponse("Sign in to see live changes.\n", status=403, content_type="text/plain")
    stream = _stream_of(request)
    if not connection.in_atomic_block:
        connections.close_all()  # Django would keep it until the stream ends
    answer = StreamingHttpResponse(_messages(stream), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"  # nginx would hold messages back
    return answer


def _stream_of(request: HttpRequest) -> _Stream:
    query = request.GET.dict()
    page, after = query.pop("page", ""), query.pop("after", "")
    asked = query.pop("workspace", "")
    mine = {str(m.workspace_id): m.workspace_id for m in workspaces.memberships(request.user.pk)}  # type: ignore[arg-type]
    workspace_id = mine.get(asked) if asked else access.chosen_workspace(request)
    if workspace_id is None:
        raise Http404
    last = request.headers.get("Last-Event-ID", "") or after
    return _Stream(
        user_id=request.user.pk,  # type: ignore[arg-type]
        workspace_id=workspace_id,
        session_key=request.session.session_key or "",
        page=page,
        query={name: str(value) for name, value in query.items()},
        language=get_language() or "en",
        seen=int(last[:18]) if last.isdecimal() and last.isascii() else -1,
    )


async def _messages(stream: _Stream) -> AsyncIterator[bytes]:
    """Yield the stream. Ends with the membership, the process, the page's slowness, or after a while."""
    here: Hub = hub()
    try:
        subscription = here.join(stream.workspace_id)
    except Ended:
        return
    ends_at = clock.monotonic() + LASTS_S * jitter(0.2)
    try:
        yield b"retry: 500\n: here we go\n\n"
        await here.until_listening(subscription)
        for message in await _draw(stream, [], is_gap=True):
            yield message
        while clock.monotonic() < ends_at:
            ids, is_gap = await subscription.next(within_s=HEARTBEAT_S * jitter(0.1))
            if ids or is_gap:
                await asyncio.sleep(_GATHER_S)
                more, gap = await subscription.next(within_s=0)
                ids, is_gap = ids + more, is_gap or gap
            messages = await _draw(stream, ids, is_gap=is_gap)
            for message in messages or [b": still here\n\n"]:
                yield message
    except (Ended, _Out):
        return
    finally:
        here.leave(subscription)


async def _draw(stream: _Stream, ids: Sequence[int], *, is_gap: bool) -> list[bytes]:
    """Read and draw in a thread; the thread gives its connection back at once."""
    turn = _drawing.setdefault(id(asyncio.get_running_loop()), asyncio.Semaphore(_AT_ONCE))
    async with turn:
        return await sync_to_async(_draw_now, thread_sensitive=False)(stream, ids, is_gap)


def _draw_now(stream: _Stream, ids: Sequence[int], is_gap: bool) -> list[bytes]:
    try:
        with translation.override(stream.language), scope.workspace(stream.workspace_id, actor_id=stream.user_id):
            viewer = _viewer(stream)
            news = _news(stream, ids, is_gap)
            return [*_page_messages(stream, viewer, news), *_frame_messages(stream)]
    finally:
        connections.close_all()


def _viewer(stream: _Stream) -> Viewer:
    """Ask anew whether this person may look. Raises _Out."""
    now = clock.now()
    is_signed_in = Session.objects.filter(session_key=stream.session_key, expire_date__gt=now).exists()
    member = Member.objects.select_related("workspace").filter(user_id=stream.user_id).first()
    if not is_signed_in or member is None or not _is_active(stream.user_id):
        raise _Out
    return Viewer(
        user_id=stream.user_id,
        workspace_id=stream.workspace_id,
        role=Role(member.role),
        zone=member.workspace.zone,
        page=stream.page,
        query=stream.query,
        now=now,
    )


def _is_active(user_id: UUID) -> bool:
    return bool(get_user_model().objects.filter(pk=user_id, is_active=True).exists())


def _news(stream: _Stream, ids: Sequence[int], is_gap: bool) -> list[Event]:
    """Read the events to tell: those named, and after a gap all since the newest one told."""
    found = Event.objects.order_by("id")
    if not is_gap:
        return list(found.filter(pk__in=ids)) if ids else []
    if stream.seen < 0:  # nothing seen yet: begin now
        newest = Event.objects.order_by("-id").values_list("id", flat=True).first()
        stream.seen = newest or 0
        return []
    late = Q(pk__gt=stream.seen - _OVERLAP, at__gt=clock.now() - _LATE)
    missed = list(found.filter(Q(pk__gt=stream.seen) | late)[: _REPLAY_MOST + 1])
    if len(missed) > _REPLAY_MOST:
        stream.must_reload = True
        missed = list(Event.objects.order_by("-id")[:1])
    return missed


def _page_messages(stream: _Stream, viewer: Viewer, news: list[Event]) -> Iterable[bytes]:
    if not news:
        return
    stream.seen = max(stream.seen, news[-1].pk)
    render = PAGES.get(stream.page)
    told = render(viewer, news) if render else []
    if stream.must_reload or told is Answer.RELOAD:
        stream.must_reload = False
        yield _message(stream.seen, "reload", name="petra:reload")
    elif told:
        yield _message(stream.seen, partials.draw(told))
    else:
        yield _message(stream.seen, "")


def _frame_messages(stream: _Stream) -> Iterable[bytes]:
    """Tell the worker card and the navigation's numbers, where they are not what was told last."""
    counts = shell.counts(stream.user_id)
    worker = render_to_string("components/worker_card.html", {"worker": shell.worker_card(counts.next_at)})
    if worker != stream.worker:
        stream.worker = worker
        yield _message(stream.seen, partials.draw([Partial("#worker-card", worker)]))
    said = json.dumps(
        {
            "pins": counts.pins,
            "articles": counts.articles,
            "needs_you": counts.failures,
            "accounts": counts.signed_out,
            "notifications": counts.unseen,
        }
    )
    if said != stream.counts:
        stream.counts = said
        yield _message(stream.seen, said, name="petra:counts")


def _message(event_id: int, data: str, *, name: str = "") -> bytes:
    """Write one message. Without data it only moves the id on."""
    lines = [f"id: {max(event_id, 0)}"]
    if name:
        lines.append(f"event: {name}")
    lines += [f"data: {line}" for line in data.splitlines()]
    return ("\n".join(lines) + "\n\n").encode()


def end_streams() -> None:
    """End every stream of this process. Call on its event loop."""
    with suppress(RuntimeError):
        hub().end()
