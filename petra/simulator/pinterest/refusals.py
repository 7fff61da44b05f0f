"""What simulated Pinterest says when it refuses: status, code and text as the real one's."""

from __future__ import annotations

from petra.simulator.http11 import Response, json_response


class Refusal(Exception):
    """Ends a call. Becomes the answer."""

    def __init__(self, status: int, code: int, message: str, *, headers: list[tuple[str, str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or []

    def response(self) -> Response:
        return json_response(self.status, {"code": self.code, "message": self.message}, self.headers)


RATE_TEXT = (
    "This request exceeded a rate limit. This can happen if the client exceeds one of the published rate limits "
    "or if multiple write operations are applied to an object within a short time window."
)


def unauthenticated() -> Refusal:
    return Refusal(401, 2, "Authentication failed.")


def missing_scopes(missing: list[str]) -> Refusal:
    return Refusal(
        401,
        3,
        "Your application is not authorized for this request. Please ensure your token is authorized with the "
        f"correct set of scopes. Missing: {missing!r}",
    )


def trial() -> Refusal:
    return Refusal(
        403,
        29,
        "Apps with Trial access may not create Pins in production https://api.pinterest.com - use API Sandbox "
        "https://api-sandbox.pinterest.com instead.",
    )


def rate_limited(after_s: float | None, limit: int | None = None) -> Refusal:
    headers = []
    if after_s is not None:
        # Seconds to wait, not an instant.
        headers = [
            ("X-RateLimit-Limit", str(limit or 100)),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", str(max(1, round(after_s)))),
        ]
    return Refusal(429, 8, RATE_TEXT, headers=headers)


def spam() -> Refusal:
    return Refusal(429, 9, "Sorry! You've hit a block (Pins) we have in place to combat spam. Please try again later!")


def content(message: str) -> Refusal:
    return Refusal(400, 1, message)


def invalid_link() -> Refusal:
    return content("Whoops! It looks like you entered an invalid URL. Try creating a Pin again with a valid URL.")


def no_board() -> Refusal:
    return Refusal(404, 40, "Board not found.")


def no_board_by_path() -> Refusal:
    return Refusal(404, 404, "Board not found.")


def no_section() -> Refusal:
    return Refusal(404, 2031, "Sorry! We couldn't find this board section.")


def no_section_by_path() -> Refusal:
    return Refusal(404, 404, "Board or section not found.")


def no_pin() -> Refusal:
    return Refusal(404, 50, "Pin not found.")


def no_upload() -> Refusal:
    return Refusal(404, 404, "Media upload not found")


def too_small() -> Refusal:
    return Refusal(403, 233, "Your image is too small. Please choose a larger image and try again.")


def broken() -> Refusal:
    return Refusal(403, 235, "Sorry, this image is broken. Please pick a different image.")


def wrong_method() -> Refusal:
    return Refusal(405, 5, "Method not allowed.")


def no_route() -> Refusal:
    return Refusal(404, 404, "Not found.")
