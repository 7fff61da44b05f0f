"""When a blog is looked at by itself: daily or weekly, at a quiet hour of its workspace. A periodic task starts it.

The next look stands in the blog's row, so a machine that was off catches up with one look, not with all it missed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from petra.articles import finding, importing
from petra.articles.models import Blog, Rhythm
from petra.lib import clock
from petra.tenancy import scope
from petra.tenancy.models import Workspace
from petra.webhooks import events

_STEPS = {Rhythm.DAILY: timedelta(days=1), Rhythm.WEEKLY: timedelta(days=7)}


def set_rhythm(blog: Blog, rhythm: Rhythm, *, quiet_hour: int, actor_id: UUID | None = None) -> Blog:
    """Say how often and at which hour a blog is looked at. Call inside a scope."""
    blog.rhythm, blog.quiet_hour = rhythm, quiet_hour % 24
    zone = Workspace.objects.get(pk=blog.own_workspace_id).zone
    blog.next_import_at = next_look(blog, zone, after=clock.now(), is_first=True)
    blog.save(update_fields=["rhythm", "quiet_hour", "next_import_at"])
    events.record("blog.rhythm_set", subject=blog, actor_id=actor_id, rhythm=blog.rhythm, hour=blog.quiet_hour)
    return blog


def next_look(blog: Blog, zone: ZoneInfo, *, after: datetime, is_first: bool = False) -> datetime | None:
    """Give the next quiet moment; the first one comes within a day, also weekly. Blogs spread over their hour."""
    step = _STEPS.get(Rhythm(blog.rhythm))
    if step is None:
        return None
    local = after.astimezone(zone)
    wall = local.replace(hour=blog.quiet_hour, minute=blog.pk.int % 60, second=0, microsecond=0, tzinfo=None)
    days = timedelta(days=1) if is_first else step
    at = wall.replace(tzinfo=zone)
    while at <= after or (not is_first and at - after < days - timedelta(hours=12)):
        wall += timedelta(days=1)
        at = wall.replace(tzinfo=zone)  # the wall clock counts, also over daylight saving
    return at


def start_due() -> int:
    """Start the imports whose time has come. The worker calls it every minute; safe to call any time."""
    started = 0
    for due in finding.due_imports():
        with scope.workspace(due.workspace_id):
            blog = Blog.objects.select_for_update().filter(pk=due.blog_id).first()
            if blog is None or blog.next_import_at is None or blog.next_import_at > clock.now():
                continue
            zone = Workspace.objects.get(pk=due.workspace_id).zone
            Blog.objects.filter(pk=blog.pk).update(next_import_at=next_look(blog, zone, after=clock.now()))
            started += importing.start_by_rhythm(blog) is not None
    return started
