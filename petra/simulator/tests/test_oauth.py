from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from petra.simulator.pinterest.state import CLIENT_ID
from petra.simulator.testing import Simulator
from petra.simulator.tests.calling import Reply, api, call, token_call

BACK = "http://127.0.0.1:8000/back/?x=1"
VERIFIER = "verifier-0123456789-abcdefghijklmnopqrstuvwxyz"
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "client_id": CLIENT_ID,
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": "boards:read,pins:read",
    "state": "st & <1>",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class Form(HTMLParser):
    """Reads the consent form as a browser would."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.profiles: list[str] = []
        self.buttons: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "input" and values["type"] == "hidden":
            self.hidden[values["name"]] = values["value"]
        elif tag == "input":
            self.profiles.append(values["value"])
        elif tag == "button":
            self.buttons.append(values["value"])


def consent(simulator: Simulator, **change: str) -> Reply:
    return call("GET", f"{simulator.consent_base}?{urlencode({**ASKED, **change})}")


def press(simulator: Simulator, decision: str, profile: str = "petra.kitchen", **change: str) -> dict[str, str]:
    form = Form(consent(simulator, **change).text)
    assert profile in form.profiles
    assert decision in form.buttons
    content = urlencode({**form.hidden, "profile": profile, "decision": decision}).encode()
    reply = call("POST", simulator.consent_base, content=content)
    assert reply.status == 303
    came_back = urlsplit(reply.headers["location"])
    assert came_back.hostname == "127.0.0.1"
    return {name: values[0] for name, values in parse_qs(came_back.query).items()}


def exchange(simulator: Simulator, code: str, **change: str) -> Reply:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return token_call(simulator, {**form, **change})


def test_person_picks_a_profile_and_allows(simulator: Simulator) -> None:
    came_back = press(simulator, "allow", "petra.garden")
    assert came_back["state"] == ASKED["state"]
    assert came_back["x"] == "1"
    granted = exchange(simulator, came_back["code"]).json
    assert granted["scope"] == "boards:read,pins:read"
    assert granted["refresh_token"]
    assert granted["expires_in"] == 2_592_000
    profile = api(simulator, granted["access_token"], "GET", "/boards")
    assert profile.json["items"][0]["owner"] == {"username": "petra.garden"}


def test_person_denies(simulator: Simulator) -> None:
    came_back = press(simulator, "deny")
    assert came_back["error"] == "access_denied"
    assert "code" not in came_back
    assert came_back["state"] == ASKED["state"]


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "someone"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ""},
        {"response_type": "token"},
        {"scope": ""},
        {"scope": "boards:everything"},
    ],
)
def test_wrong_request_shows_a_page_and_sends_nobody_away(simulator: Simulator, change: dict[str, str]) -> None:
    reply = consent(simulator, **change)
    assert reply.status == 400
    assert "location" not in reply.headers
    assert "<button" not in reply.text


def test_what_comes_in_the_address_is_escaped(simulator: Simulator) -> None:
    page = consent(simulator, state='"><script>alert(1)</script>').text
    assert "<script" not in page


def test_address_to_return_to_adds_no_header_of_its_own(simulator: Simulator) -> None:
    form = {**ASKED, "redirect_uri": "http://127.0.0.1/x\r\nset-cookie: a=b", "decision": "deny"}
    reply = call("POST", simulator.consent_base, content=urlencode(form).encode())
    assert "set-cookie" not in reply.headers


def test_code_works_once(simulator: Simulator) -> None:
    code = press(simulator, "allow")["code"]
    assert exchange(simulator, code).status == 200
    again = exchange(simulator, code)
    assert (again.status, again.json) == (401, {"code": 2, "message": "Authentication failed."})


def test_code_ends_after_ten_minutes(simulator: Simulator) -> None:
    code = press(simulator, "allow")["code"]
    simulator.clock(advance_s=601)
    assert exchange(simulator, code).status == 401


@pytest.mark.parametrize("change", [{"code_verifier": "wrong"}, {"redirect_uri": "http://127.0.0.1:8000/other/"}])
def test_code_needs_its_verifier_and_its_address(simulator: Simulator, change: dict[str, str]) -> None:
    code = press(simulator, "allow")["code"]
    assert exchange(simulator, code, **change).status == 401
    assert exchange(simulator, code).status == 401, "a wrong try uses the code up"


def test_without_challenge_no_verifier_is_needed(simulator: Simulator) -> None:
    code = press(simulator, "allow", code_challenge="")["code"]
    assert exchange(simulator, code, code_verifier="").status == 200


def test_token_endpoint_wants_basic_and_a_form(simulator: Simulator) -> None:
    account = simulator.accounts(1)[0]
    form = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}
    assert token_call(simulator, form, secret="wrong").status == 401
    assert call("POST", f"{simulator.api_base}/oauth/token", content=urlencode(form).encode()).status == 401
    assert token_call(simulator, {**form, "grant_type": "password"}).status == 400
    assert token_call(simulator, {**form, "scope": "user_accounts:write"}).status == 400
    assert call("GET", f"{simulator.api_base}/oauth/token").status == 405
    assert token_call(simulator, form).status == 200


@pytest.mark.parametrize(("ends", "status"), [(False, 200), (True, 401)])
def test_used_refresh_token_dies_only_if_told(simulator: Simulator, ends: bool, status: int) -> None:
    simulator.settings(does_refresh_end_old=ends)
    account = simulator.accounts(1)[0]
    form = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}
    first = token_call(simulator, form).json
    assert first["refresh_token"] != account.refresh_token
    assert token_call(simulator, form).status == status
    assert token_call(simulator, {**form, "refresh_token": first["refresh_token"]}).status == 200
