"""Two questions a supervisor asks: does this process answer, and is the whole installation fit for work."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from petra import migrating
from petra.lib import workers


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process can answer at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations and worker are fit, else 503 with what is not."""
    checks = {"database": False, "migrations": False, "worker": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        checks["database"] = True
        checks["migrations"] = migrating.is_current()
        checks["worker"] = workers.is_any_alive()
    except DatabaseError:
        pass
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)
