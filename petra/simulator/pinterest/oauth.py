"""Connecting: the consent page and the token endpoint."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, urlsafe_b64encode
from urllib.parse import urlencode, urlsplit

from petra.simulator.http11 import Request, Response, json_response
from petra.simulator.pages import fill, page, safe
from petra.simulator.pinterest.refusals import Refusal, unauthenticated
from petra.simulator.pinterest.state import (
    ACCESS_S,
    CLIENT_ID,
    CLIENT_SECRET,
    CODE_S,
    KNOWN_SCOPES,
    REFRESH_S,
    Code,
    State,
    Token,
)

_SAYS = {
    "boards:read": "See your boards",
    "boards:write": "Make and change your boards",
    "pins:read": "See your Pins",
    "pins:write": "Make and change your Pins",
    "user_accounts:read": "See your profile",
}
_CARRIED = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method")


def consent(state: State, request: Request) -> Response:
    """Show the consent page (GET) or act on its answer (POST)."""
    asked = request.form() if request.method == "POST" else request.params()
    wrong = _wrong(asked)
    if wrong:
        return page(400, "This app cannot be connected", fill("message.html", text=wrong))
    if request.method != "POST":
        return _show(state, asked)
    back = asked["redirect_uri"]
    account = state.accounts.get(asked.get("profile", ""))
    if asked.get("decision") != "allow" or account is None:
        return _redirect(back, {"error": "access_denied", "state": asked.get("state", "")})
    code = Code(
        code=state.world.new_secret("")[:40],
        account=account.username,
        redirect_uri=back,
        scopes=_scopes(asked.get("scope", "")),
        challenge=asked.get("code_challenge", ""),
        expires_at=state.at(CODE_S),
    )
    state.codes[code.code] = code
    state.world.is_changed = True
    return _redirect(back, {"code": code.code, "state": asked.get("state", "")})


def token(state: State, request: Request) -> Response:
    """Answer the token endpoint: Basic authentication, a form in, JSON out."""
    _check_app(request)
    form = request.form()
    match form.get("grant_type"):
        case "authorization_code":
            return _exchange(state, form)
        case "refresh_token":
            return _refresh(state, form)
        case _:
            raise Refusal(400, 1, "Invalid grant type.")


def _show(state: State, asked: dict[str, str]) -> Response:
    hidden = [fill("hidden.html", name=name, value=asked[name]) for name in _CARRIED if name in asked]
    profiles = [
        fill(
            "profile_choice.html",
            username=one.username,
            name=one.display_name,
            checked=safe("" if at else "checked"),
        )
        for at, one in enumerate(state.accounts.values())
    ]
    rights = [fill("list_item.html", text=_SAYS.get(scope, scope)) for scope in _scopes(asked.get("scope", ""))]
    body = fill(
        "consent.html",
        app=urlsplit(asked["redirect_uri"]).netloc,
        hidden=safe("".join(hidden)),
        profiles=safe("".join(profiles)),
        rights=safe("".join(rights)),
    )
    return page(200, "Connect your profile", body)


def _wrong(asked: dict[str, str]) -> str:
    back = urlsplit(asked.get("redirect_uri", ""))
    if asked.get("client_id") != CLIENT_ID:
        return "The app's id is not known here."
    if asked.get("response_type") != "code":
        return "The app asked for something else than a code."
    if back.scheme not in ("http", "https") or not back.netloc:
        return "The app's address to return to is not valid."
    unknown = [scope for scope in _scopes(asked.get("scope", "")) if scope not in KNOWN_SCOPES]
    if unknown or not asked.get("scope"):
        return "The app asked for permissions that do not exist."
    return ""


def _scopes(text: str) -> list[str]:
    return [scope for scope in text.replace(",", " ").split() if scope]


def _redirect(back: str, values: dict[str, str]) -> Response:
    joint = "&" if urlsplit(back).query else "?"
    headers = [("location", f"{back}{joint}{urlencode(values)}"), ("cache-control", "no-store")]
    return Response(303, b"", "text/html; charset=utf-8", headers)


def _check_app(request: Request) -> None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = b64decode(encoded, validate=True).decode()
    except ValueError:
        raise unauthenticated() from None
    if scheme.lower() != "basic" or not hmac.compare_digest(given, f"{CLIENT_ID}:{CLIENT_SECRET}"):
        raise unauthenticated()
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise Refusal(400, 1, "Invalid content type.")


def _exchange(state: State, form: dict[str, str]) -> Response:
    code = state.codes.get(form.get("code", ""))
    if code is None or code.is_used or state.is_past(code.expires_at):
        raise unauthenticated()
    code.is_used = True
    state.world.is_changed = True
    if code.redirect_uri != form.get("redirect_uri"):
        raise unauthenticated()
    if code.challenge and code.challenge != _challenge(form.get("code_verifier", "")):
        raise unauthenticated()
    return _granted(state, "authorization_code", code.account, code.scopes)


def _refresh(state: State, form: dict[str, str]) -> Response:
    old = state.refresh.get(form.get("refresh_token", ""))
    if old is None or old.is_dead or state.is_past(old.expires_at):
        raise unauthenticated()
    scopes = _scopes(form.get("scope", "")) or old.scopes
    if not set(scopes) <= set(old.scopes):
        raise Refusal(400, 1, "Invalid scope.")
    if state.world.settings.does_refresh_end_old:
        old.is_dead = True
    state.world.is_changed = True
    return _granted(state, "refresh_token", old.account, scopes)


def _granted(state: State, kind: str, username: str, scopes: list[str]) -> Response:
    access, refresh = state.grant(username, scopes)
    return json_response(200, token_json(state, kind, access, refresh), [("cache-control", "no-store")])


def token_json(state: State, kind: str, access: Token, refresh: Token) -> dict[str, object]:
    return {
        "response_type": kind,
        "access_token": access.value,
        "token_type": "bearer",
        "expires_in": ACCESS_S,
        "scope": ",".join(access.scopes),
        "refresh_token": refresh.value,
        "refresh_token_expires_in": REFRESH_S,
        "refresh_token_expires_at": int(state.now().timestamp()) + REFRESH_S,
    }


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode("ascii")
