"""Every fault switch, (a) to (i), over HTTP."""

from __future__ import annotations

import time

import httpx2
import pytest

from petra.simulator.testing import SimulatedAccount, Simulator
from petra.simulator.tests.calling import api, call, pin, token_call


@pytest.fixture
def account(simulator: Simulator) -> SimulatedAccount:
    return simulator.accounts(1, sections=1)[0]


def count(simulator: Simulator) -> int:
    return len(simulator.pins(marker="m-1"))


def test_a_write_is_made_and_the_answer_lost(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.fault("apply_then_drop")
    with pytest.raises(httpx2.RemoteProtocolError):
        api(simulator, account, "POST", "/pins", pin(account))
    assert count(simulator) == 1
    logged = simulator.log()[-1]
    assert (logged["status"], logged["fault"]) == (None, "apply_then_drop")


def test_b_nothing_is_made_and_the_answer_lost(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.fault("drop_before_apply")
    with pytest.raises(httpx2.RemoteProtocolError):
        api(simulator, account, "POST", "/pins", pin(account))
    assert count(simulator) == 0


def test_c_write_is_made_and_answered_with_an_error(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.fault("error_after_apply", status=500)
    assert api(simulator, account, "POST", "/pins", pin(account)).status == 500
    assert count(simulator) == 1


def test_d_write_is_made_later_though_the_caller_is_gone(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.fault("delay_then_apply", seconds=0.5)
    with pytest.raises(httpx2.ReadTimeout):
        api(simulator, account, "POST", "/pins", pin(account), read_s=0.1)
    assert count(simulator) == 0
    end = time.monotonic() + 5
    while count(simulator) == 0 and time.monotonic() < end:
        time.sleep(0.05)
    assert count(simulator) == 1


def test_d_write_is_answered_later_to_who_waits(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.fault("delay_then_apply", seconds=0.2)
    assert api(simulator, account, "POST", "/pins", pin(account)).status == 201


def test_e_rate_limit_with_and_without_headers(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.fault("rate_limit", after_s=40)
    reply = api(simulator, account, "POST", "/pins", pin(account))
    assert (reply.status, reply.json["code"]) == (429, 8)
    assert reply.headers["x-ratelimit-reset"] == "40"
    assert reply.headers["x-ratelimit-remaining"] == "0"
    simulator.fault("rate_limit", has_headers=False)
    assert "x-ratelimit-reset" not in api(simulator, account, "POST", "/pins", pin(account)).headers
    assert count(simulator) == 0


def test_spam_block_has_its_own_code(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.fault("spam_block")
    reply = api(simulator, account, "POST", "/pins", pin(account))
    assert (reply.status, reply.json["code"]) == (429, 9)


def test_f_expired_token_can_be_refreshed_and_a_revoked_one_cannot(
    simulator: Simulator, account: SimulatedAccount
) -> None:
    refresh = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}
    simulator.fault("expire_token")
    assert api(simulator, account, "GET", "/boards").json["code"] == 2
    assert api(simulator, account, "GET", "/boards").status == 401
    renewed = token_call(simulator, refresh)
    assert renewed.status == 200
    assert api(simulator, renewed.json["access_token"], "GET", "/boards").status == 200
    simulator.fault("revoke_token")
    assert api(simulator, renewed.json["access_token"], "GET", "/boards").status == 401
    assert token_call(simulator, refresh).status == 401


def test_f_faults_of_one_account_leave_the_other_alone(simulator: Simulator) -> None:
    alice, bob = simulator.accounts(2)
    simulator.fault("expire_token", account=alice.username)
    assert api(simulator, bob, "GET", "/boards").status == 200
    assert api(simulator, alice, "GET", "/boards").status == 401
    assert api(simulator, bob, "GET", "/boards").status == 200


def test_g_lists_lag_behind(simulator: Simulator, account: SimulatedAccount) -> None:
    api(simulator, account, "POST", "/pins", pin(account))
    board = f"/boards/{account.boards[0].id}/pins"
    simulator.fault("read_lag", seconds=30)
    assert api(simulator, account, "GET", board).json["items"] == []
    simulator.clock(advance_s=31)
    assert len(api(simulator, account, "GET", board).json["items"]) == 1


def test_h_media_job_stays_processing_then_fails(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.fault("media_fails", method="POST", path="/v5/media", seconds=120)
    upload = api(simulator, account, "POST", "/media", {"media_type": "video"}).json
    send_video(upload)
    status = f"/media/{upload['media_id']}"
    assert api(simulator, account, "GET", status).json["status"] == "processing"
    simulator.clock(advance_s=60)
    assert api(simulator, account, "GET", status).json["status"] == "processing"
    simulator.clock(advance_s=61)
    assert api(simulator, account, "GET", status).json["status"] == "failed"


def send_video(upload: dict[str, object], *, drop: str = "", file_first: bool = False) -> int:
    fields = upload["upload_parameters"]
    assert isinstance(fields, dict)
    start = "--B\r\nContent-Disposition: form-data; name="
    parts = [f'{start}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items() if name != drop]
    file = f'{start}"file"; filename="v.mp4"\r\n\r\nBYTES\r\n'
    parts = [file, *parts] if file_first else [*parts, file]
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    body = ("".join(parts) + "--B--\r\n").encode()
    return call("POST", str(upload["upload_url"]), headers=headers, content=body).status


def test_video_walks_from_registered_to_succeeded(simulator: Simulator, account: SimulatedAccount) -> None:
    upload = api(simulator, account, "POST", "/media", {"media_type": "video"}).json
    status = f"/media/{upload['media_id']}"
    source = {"source_type": "video_id", "media_id": upload["media_id"]}
    with_cover = pin(account, media_source={**source, "cover_image_key_frame_time": 0})
    assert api(simulator, account, "GET", status).json["status"] == "registered"
    assert send_video(upload, file_first=True) == 400
    assert send_video(upload, drop="policy") == 403
    assert api(simulator, account, "GET", status).json["status"] == "registered"
    assert send_video(upload) == 204
    assert api(simulator, account, "GET", status).json["status"] == "processing"
    assert api(simulator, account, "POST", "/pins", with_cover).status == 400
    simulator.clock(advance_s=10)
    assert api(simulator, account, "GET", status).json["status"] == "succeeded"
    without_cover = api(simulator, account, "POST", "/pins", pin(account, media_source=source))
    assert without_cover.status == 400
    assert "cover_image_url or cover_image_content_type" in without_cover.json["message"]
    made = api(simulator, account, "POST", "/pins", with_cover)
    assert (made.status, made.json["media"]["media_type"]) == (201, "video")


def test_i_page_of_a_proxy_and_half_a_json(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.fault("malformed", status=502)
    page = api(simulator, account, "POST", "/pins", pin(account))
    assert page.status == 502
    assert page.headers["content-type"] == "text/html"
    simulator.fault("malformed", is_html=False, is_applied=True)
    half = api(simulator, account, "POST", "/pins", pin(account))
    assert half.status == 200
    with pytest.raises(ValueError, match="Unterminated"):
        assert half.json
    assert count(simulator) == 1


@pytest.mark.parametrize(("is_applied", "made"), [(True, 1), (False, 0)])
def test_2787_comes_with_and_without_the_pin(
    simulator: Simulator, account: SimulatedAccount, is_applied: bool, made: int
) -> None:
    simulator.fault("answer", status=400, code=2787, is_applied=is_applied)
    reply = api(simulator, account, "POST", "/pins", pin(account))
    assert reply.json == {"code": 2787, "message": "Sorry! Something went wrong on our end."}
    assert count(simulator) == made


def test_faults_are_listed_counted_and_cleared(simulator: Simulator, account: SimulatedAccount) -> None:
    number = simulator.fault("answer", status=409, code=409, message="conflict", method="GET", path="/v5/boards")
    api(simulator, account, "GET", "/boards")
    assert [(fault["id"], fault["struck"]) for fault in simulator.faults()] == [(number, 1)]
    simulator.clear_faults()
    assert simulator.faults() == []


def test_latency_holds_every_answer_back(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.settings(latency_ms=200)
    started = time.monotonic()
    assert api(simulator, account, "GET", "/boards").status == 200
    assert time.monotonic() - started >= 0.2


def test_two_writes_to_one_board_at_a_time_are_noticed(simulator: Simulator, account: SimulatedAccount) -> None:
    simulator.settings(latency_ms=400, refuses_parallel_writes=True)
    with pytest.raises(httpx2.ReadTimeout):
        api(simulator, account, "POST", "/pins", pin(account), read_s=0.05)
    assert api(simulator, account, "POST", "/pins", pin(account)).status == 429
    assert simulator.counters()["parallel writes to a board"] == 1
