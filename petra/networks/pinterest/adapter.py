"""Pinterest, API v5: image Pins on boards and sections.

STOP 4 of the road. Follows `networks/contract.py`. Creating a Pin has no idempotency key and Pinterest detects
no duplicates, so a lost answer is settled by looking at the board for the link's marker.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

from petra.networks.answers import Answer
from petra.networks.client import Client
from petra.networks.contract import (
    Absent,
    App,
    Cause,
    Draft,
    Found,
    Limits,
    Look,
    Media,
    MediaKind,
    NeedsReconnect,
    NetworkError,
    OutcomeUnknown,
    Payload,
    Powers,
    Problem,
    Processing,
    Profile,
    Rejected,
    RemoteId,
    RemoteTarget,
    Sent,
    SignIn,
    Target,
    Ticket,
    Tokens,
    TryLater,
)
from petra.networks.pinterest import wire
from petra.networks.pinterest.errors import COOL_DOWN_S, failure

# The specification's top, 5.23.0, 2026-11.
_PAGE_SIZE: Final = "250"
# 40 pages are 10,000 Pins or boards: a list longer than that is not read to its end, and says so.
_MOST_PAGES: Final = 40
# Pins are newest first in practice, but the specification does not promise it: the look goes on until a whole
# page is this much older than the sending.
_OLDER_BY: Final = timedelta(minutes=10)

_SCOPES: Final = ("boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read")


class Pinterest:
    """See `contract.Network`."""

    key = "pinterest"
    label = "Pinterest"
    # Sizes and counts: the specification 5.23.0. Bytes, pixels: help.pinterest.com names 10 to 32 MB and
    # 1000 x 1500; it names no least size, 200 is Petra's own caution. Calls: Petra's own caution below the
    # published categories, https://developers.pinterest.com/docs/reference/rate-limits/. All read 2026-11.
    limits = Limits(
        max_title=100,
        max_description=800,
        max_alt_text=500,
        max_link=2048,
        max_images=5,
        max_image_bytes=10_000_000,
        image_types=("image/jpeg", "image/png"),
        min_short_side_px=200,
        best_width_px=1000,
        best_height_px=1500,
        calls_per_hour=300,
        write_gap_s=12,
        looks_s=(10, 30, 60),
        cool_down_s=COOL_DOWN_S,
    )
    powers = Powers(
        can_find=True,
        needs_target=True,
        needs_media=True,
        target_label="Board",
        section_label="Section",
        post_label="Pin",
        opt_out_meta="pinterest",  # <meta name="pinterest" content="nopin">, help.pinterest.com, 2026-11
        disclosures=(("AI_MODIFIED", "Modified with AI"), ("SYNTHETIC_PERFORMER", "Shows a synthetic performer")),
    )
    # Creating a Pin needs all four of boards and pins, read and write.
    sign_in = SignIn(
        scopes=_SCOPES,
        needed_scopes=_SCOPES[:4],
        setting_prefix="PINTEREST",
        api_base="https://api.pinterest.com/v5",
        consent_base="https://www.pinterest.com/oauth/",
        page_base="https://www.pinterest.com",
    )

    def problems(self, draft: Draft) -> list[Problem]:
        return [
            *_text_problems(draft, self.limits),
            *_target_problems(draft),
            *_media_problems(draft, self.limits),
        ]

    def payload(self, draft: Draft) -> Payload:
        if draft.target is None or not draft.media:
            raise ValueError("a Pin needs a board and a picture: ask problems() first")
        body: dict[str, object] = {"board_id": draft.target.remote_id, "media_source": _source(draft.media)}
        if draft.target.section_id:
            body["board_section_id"] = draft.target.section_id
        for name in ("title", "description", "alt_text", "link"):
            if value := getattr(draft, name):
                body[name] = value
        if draft.ai_disclosures:
            body["ai_disclosures"] = {"values": list(draft.ai_disclosures)}  # from release 5.28 on
        return Payload(body)

    def send(self, client: Client, target: Target, payload: Payload) -> Sent | Processing:
        if payload.body.get("board_id") != target.remote_id:
            raise ValueError("the payload was made for another board")
        answer = client.post_json("pins", payload.body, creates=True)
        if not answer.is_success:
            raise failure(answer, creates=True, now=client.now())
        try:
            return _sent(client, answer.field("id"), answer.field("created_at"))
        except wire.WrongShape:
            raise OutcomeUnknown(
                "Pinterest's answer could not be read. The Pin may be live; Petra is looking.",
                detail=answer.detail,
                status=answer.status,
            ) from None

    def check(self, client: Client, target: Target, ticket: Ticket) -> Sent | Processing:
        # Pictures are published in one call and never leave a ticket. Should one be handed in all the same,
        # nobody knows what became of the Pin: looking for it is the answer that loses and doubles nothing.
        raise OutcomeUnknown("Petra does not know how far this Pin came. It is looking.", detail=ticket.step)

    def find(self, client: Client, target: Target, marker: str, since: datetime) -> Look:
        path = f"boards/{target.remote_id}"
        if target.section_id:
            path += f"/sections/{target.section_id}"
        try:
            for page in _pages(client, f"{path}/pins"):
                for item in page.items:
                    if marker in wire.markers(wire.text(item.get("link"))):
                        return Found(_sent(client, item.get("id"), item.get("created_at")))
                if _is_older(page, since - _OLDER_BY):
                    break
        except Rejected as refusal:
            # A board that cannot be read is not a board without the Pin.
            raise TryLater(
                "Petra could not look at the board on Pinterest.",
                cause=refusal.cause,
                detail=refusal.detail,
                status=refusal.status,
            ) from refusal
        except wire.WrongShape:
            raise _unreadable() from None
        return Absent()

    def targets(self, client: Client) -> Iterator[RemoteTarget]:
        try:
            for page in _pages(client, "boards"):
                for item in page.items:
                    board = wire.board(item)
                    yield board
                    for sections in _pages(client, f"boards/{board.remote_id}/sections"):
                        for found in sections.items:
                            yield wire.section(found, of=board)
        except wire.WrongShape:
            raise _unreadable() from None

    def profile(self, client: Client) -> Profile:
        answer = _read(client, "user_account")
        try:
            remote_id = wire.digits(answer.field("id"))
        except wire.WrongShape:
            raise _unreadable(answer) from None
        username = wire.text(answer.field("username"))
        return Profile(
            remote_id=remote_id,
            username=username,
            display_name=wire.text(answer.field("business_name")) or username,
            page_url=f"{client.page_base}/{username}/" if username else "",
        )

    def consent_url(self, app: App, *, redirect_uri: str, state: str, code_challenge: str) -> str:
        query = {
            "client_id": app.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": ",".join(self.sign_in.scopes),
            "state": state,
            # Not in the specification. Sent because it does no harm; `state` is the real protection.
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
        }
        return f"{app.consent_base}?{urlencode(query)}"

    def exchange(
        self, client: Client, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime
    ) -> Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            # Apps made before 2025-09-25 get a refresh token that can be renewed only with this.
            "continuous_refresh": "true",
        }
        return _tokens(client, app, form, now, refused="Pinterest did not complete the sign-in. Connect again.")

    def refresh(self, client: Client, app: App, *, refresh_token: str, now: datetime) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        refused = "Pinterest no longer accepts this sign-in. Connect the account again."
        return _tokens(client, app, form, now, refused=refused)

    def mark_link(self, link: str, marker: str) -> str:
        return wire.marked(link, marker, source="pinterest", longest=self.limits.max_link)


def _sent(client: Client, pin_id: object, created_at: object) -> Sent:
    remote_id = wire.digits(pin_id)
    # The answer has no address of the Pin; its `link` is where the Pin leads.
    return Sent(
        remote_id=RemoteId(remote_id),
        url=f"{client.page_base}/pin/{remote_id}/",
        created_at=wire.instant(created_at),
    )


def _read(client: Client, path: str, query: dict[str, str] | None = None) -> Answer:
    answer = client.get(path, query=query)
    if not answer.is_success:
        raise failure(answer, creates=False, now=client.now())
    return answer


def _pages(client: Client, path: str) -> Iterator[wire.Page]:
    """Yield the pages of a list to its end. Raises TryLater when the end cannot be reached.

    A bookmark that has gone stale answers 400: the caller's next look begins anew.
    """
    bookmark: str | None = None
    seen: set[str] = set()
    for _ in range(_MOST_PAGES):
        query = {"page_size": _PAGE_SIZE}
        if bookmark is not None:
            query["bookmark"] = bookmark
        try:
            answer = _read(client, path, query)
        except Rejected as refusal:
            if bookmark is None or refusal.status != 400:
                raise
            raise _unreadable() from refusal
        page = wire.page(answer)
        yield page
        bookmark = page.bookmark
        if bookmark is None:
            return
        if bookmark in seen:
            break
        seen.add(bookmark)
    raise TryLater("Pinterest's list did not come to an end.", cause=Cause.TRANSIENT)


def _is_older(page: wire.Page, than: datetime) -> bool:
    made = [wire.instant(item.get("created_at")) for item in page.items]
    return bool(made) and all(at is not None and at < than for at in made)


def _unreadable(answer: Answer | None = None) -> TryLater:
    return TryLater(
        "Pinterest's answer could not be read.",
        cause=Cause.TRANSIENT,
        detail=answer.detail if answer else "",
        status=answer.status if answer else None,
    )


def _tokens(client: Client, app: App, form: dict[str, str], now: datetime, *, refused: str) -> Tokens:
    answer = client.post_form("oauth/token", form, basic=(app.client_id, app.client_secret))
    if answer.is_success:
        try:
            return wire.tokens(answer, now)
        except wire.WrongShape:
            raise _unreadable() from None  # without detail: half an answer may hold half a token
    error: NetworkError = failure(answer, creates=False, now=now)
    if isinstance(error, NeedsReconnect | Rejected):
        raise NeedsReconnect(refused, cause=Cause.AUTH_REVOKED, detail=error.detail, status=error.status) from error
    raise error


def _source(media: tuple[Media, ...]) -> dict[str, object]:
    """Describe the pictures: by address where Pinterest can fetch all of them, else with their bytes."""
    if all(_is_fetchable(one) for one in media):
        if len(media) == 1:
            return {"source_type": "image_url", "url": media[0].public_url}
        return {"source_type": "multiple_image_urls", "items": [{"url": one.public_url} for one in media]}
    items = [{"content_type": one.content_type, "data": b64encode(one.read()).decode("ascii")} for one in media]
    if len(items) == 1:
        return {"source_type": "image_base64", **items[0]}
    return {"source_type": "multiple_image_base64", "items": items}


def _is_fetchable(media: Media) -> bool:
    return bool(media.public_url) and str(media.public_url).startswith("https://")


def _text_problems(draft: Draft, limits: Limits) -> Iterator[Problem]:
    lengths = (
        ("title", "title", draft.title, limits.max_title),
        ("description", "description", draft.description, limits.max_description),
        ("alt_text", "alt text", draft.alt_text, limits.max_alt_text),
        ("link", "link", draft.link, limits.max_link),
    )
    for name, label, value, most in lengths:
        if len(value) > most:
            yield Problem(name, f"The {label} has {len(value)} characters. Pinterest allows {most}.")
    if draft.link and not _is_web_address(draft.link):
        yield Problem("link", "The link must be a whole web address, beginning with https or http.")
    if not draft.link:
        yield Problem("link", "Without a link, nobody who sees the Pin can reach the article.", False)


def _is_web_address(link: str) -> bool:
    if any(character.isspace() or character < " " for character in link):
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)


def _target_problems(draft: Draft) -> Iterator[Problem]:
    target = draft.target
    if target is None or not target.remote_id:
        yield Problem("target", "Choose a board.")
    elif not all(one.isascii() and one.isdigit() for one in (target.remote_id, target.section_id or "0")):
        yield Problem("target", "The board is not one of Pinterest's. Choose another one.")


def _media_problems(draft: Draft, limits: Limits) -> Iterator[Problem]:
    media = draft.media
    if not media:
        yield Problem("media", "A Pin needs a picture.")
    if len(media) > limits.max_images:
        yield Problem("media", f"A Pin can have at most {limits.max_images} pictures.")
    for one in media:
        yield from _picture_problems(one, limits)
    if len({(one.width_px, one.height_px) for one in media}) > 1:
        yield Problem("media", "All pictures of a Pin must have the same width and height.")


def _picture_problems(one: Media, limits: Limits) -> Iterator[Problem]:
    if one.kind is not MediaKind.IMAGE:
        yield Problem("media", "Petra publishes pictures to Pinterest, not yet videos.")
        return
    if one.content_type not in limits.image_types:
        yield Problem("media", "Pinterest takes JPEG and PNG pictures.")
    if one.size_bytes > limits.max_image_bytes:
        yield Problem("media", f"The picture is bigger than {limits.max_image_bytes // 1_000_000} MB.")
    if min(one.width_px, one.height_px) < limits.min_short_side_px:
        yield Problem("media", f"The picture is smaller than {limits.min_short_side_px} pixels on one side.")
    elif one.width_px * limits.best_height_px != one.height_px * limits.best_width_px:
        yield Problem("media", "Pins look best in the shape 2:3, such as 1000 by 1500 pixels.", False)
