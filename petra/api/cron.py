"""`/api/cron/publish`: one pass of the engine for installations without a worker, called by somebody's cron.

A bearer secret of its own lets it in; it belongs to the installation, not to a person, and sees no rows.
"""

from __future__ import annotations

import hmac
from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from petra.publishing.passing import run_pass

_DEFAULT_LIMIT = 50
_MOST = 500


@csrf_exempt  # no session is read: the secret is all
@never_cache
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest) -> JsonResponse:
    """Publish what is due, at most `limit`, and say what came of it."""
    if not settings.CRON_SECRET:
        return _refused(404, "not_found", "There is nothing here. Set CRON_SECRET to open this address.")
    if not _is_let_in(request):
        answer = _refused(401, "unauthorized", "Send the header `Authorization: Bearer` with CRON_SECRET.")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    text = request.GET.get("limit", request.POST.get("limit", str(_DEFAULT_LIMIT)))
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= _MOST):
        return _refused(422, "limit", f"limit must be a whole number from 1 to {_MOST}.")
    return JsonResponse(asdict(run_pass(limit=int(text))))


def _is_let_in(request: HttpRequest) -> bool:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    given = secret.strip().encode("utf-8", "surrogateescape")
    # The time it takes to compare must not tell how much of a guess is right.
    return kind.lower() == "bearer" and hmac.compare_digest(given, settings.CRON_SECRET.encode())


def _refused(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status)
