"""Two questions a supervisor asks: does this process answer, and is the whole installation fit for work."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from petra import migrating
from petra.lib import clock, workers


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process can answer at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations and worker are fit, else 503 with what is not.

    `worker_heard_s` is the age of the last heartbeat of any worker in seconds, null where none was ever heard.
    """
    checks = {"database": False, "migrations": False, "worker": False}
    heard_s: float | None = None
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        checks["database"] = True
        checks["migrations"] = migrating.is_current()
        known = workers.workers()
        checks["worker"] = any(worker.is_alive for worker in known)
        heard_s = round((clock.now() - known[0].heard_at).total_seconds(), 1) if known else None
    except DatabaseError:
        pass
    return JsonResponse({**checks, "worker_heard_s": heard_s}, status=200 if all(checks.values()) else 503)
