"""pydantic-ai's errors in our words. Imported only by `ai.asking`; statuses and sentences are read in `ai.failing`."""

from __future__ import annotations

import ssl
from dataclasses import replace

from pydantic_ai import exceptions as failures

from petra.ai import failing
from petra.ai.access import Access, Provider
from petra.ai.contract import Cause
from petra.ai.failing import Failure


def failure_of(error: Exception, access: Access) -> Failure:
    """Put an error of pydantic-ai or of an SDK into our words."""
    key = access.key
    if isinstance(error, failures.ModelHTTPError):
        failure = failing.of_status(error.status_code, error.body, key=key, retry_after_s=error.retry_after)
        return _with_category(error, failure, access)
    detail = failing.cleaned(failing.sentence_of(getattr(error, "body", None)), key)
    match error:
        case failures.ModelTimeoutError() | failures.ModelRequestTimeout() | TimeoutError():
            return Failure(Cause.TIME_OUT, f"No answer in {access.timeout_s:g} s.")
        case failures.ModelConnectionError():
            return Failure(Cause.UNREACHABLE, _about_line(error))
        case failures.ContentFilterError():
            return Failure(Cause.CONTENT_REFUSED, detail)
        case failures.ModelAPIError() if error.in_stream or error.body:  # an error inside a stream, without a status
            return _with_category(error, Failure(Cause.PROVIDER_ERROR, detail), access)
        case _:
            return Failure(Cause.BAD_ANSWER, "The answer is not in the form that was agreed on.")


def _about_line(error: failures.ModelConnectionError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "Its certificate can't be trusted."
        cause = cause.__cause__ or cause.__context__
    return "The connection broke off." if error.phase == "read" else ""


def _with_category(error: failures.ModelAPIError, failure: Failure, access: Access) -> Failure:
    """Trust pydantic-ai where it knows a provider's codes better than the status tells."""
    match error:
        case failures.ModelQuotaExceededError():
            return replace(failure, cause=Cause.QUOTA)
        case failures.ModelRateLimitError() if failure.cause is not Cause.QUOTA:
            return replace(failure, cause=Cause.RATE, retry_after_s=error.retry_after)
        case failures.ModelAuthenticationError() if failure.cause is not Cause.CONTENT_REFUSED:
            return replace(failure, cause=Cause.KEY_REFUSED)
        case failures.ModelContextWindowExceededError():
            return replace(failure, cause=Cause.BAD_REQUEST, is_too_long=True)
        case failures.ModelNotFoundError() if access.provider is not Provider.COMPATIBLE:
            return replace(failure, cause=Cause.NO_MODEL)
        case failures.ModelNotFoundError() if failure.cause is not Cause.NO_MODEL:  # a page that isn't there
            return Failure(Cause.BAD_ADDRESS, "There is nothing to ask at this address. Many end with /v1.")
        case _:
            return failure
