"""The pages for 403, 404, 405 and 500. They ask the database for nothing: it may be what broke."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from petra.lib.errors import ProductError

log = logging.getLogger(__name__)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that this form was too old or that the act is not for this person."""
    return _page(
        request,
        403,
        _("That is not open to you"),
        _("The page may have been open for too long, or your role does not allow it. Nothing was changed."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say the same where the form's token was missing or old."""
    return forbidden(request)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that nothing is here, for what is absent and for what belongs to others alike."""
    return _page(request, 404, _("Nothing is here"), _("The address may be old, or what stood here was removed."))


class ProductErrors(MiddlewareMixin):
    """A ProductError that no page caught becomes its sentence and status, not a stack; a bare 405 becomes a page."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Refuse a query with a NUL in it, which no browser sends and no database takes."""
        return not_found(request) if "%00" in request.META.get("QUERY_STRING", "") else None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or request.method != "GET":
            return response
        words = _("This address belongs to a button: open the page it stands on, and press it there.")
        page = _page(request, HTTPStatus.METHOD_NOT_ALLOWED, _("Nothing to see here"), words)
        page["Allow"] = response["Allow"]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ProductError):
            return None
        log.info("%s: %s", request.path, exception.code)
        return _page(request, exception.http_status, _("That did not work"), exception.for_person)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that Petra stumbled. The log has the stack."""
    return _page(
        request,
        500,
        _("Petra stumbled"),
        _("What you had saved is safe, and posts go out on time. Try again in a moment."),
    )


def _page(request: HttpRequest, code: int, title: str, words: str) -> HttpResponse:
    # Rendered without the request, so that no session, person or workspace is looked up.
    page = render_to_string("error.html", {"code": code, "heading": title, "words": words, "path": request.path})
    return HttpResponse(page, status=code)
