"""The tests every adapter passes. Each adapter's own test file hands in a `Stage` and inherits them:

    class TestExample(Conformance):
        @pytest.fixture
        def stage(self, simulator, tmp_path): return Stage(...)

Not part of the running product. Everything goes over real HTTP to the simulated network.
"""
# ruff: noqa: S101  tests

from __future__ import annotations

import copy
import hashlib
import json
import socket
from base64 import urlsafe_b64encode
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from petra.networks.client import Client
from petra.networks.contract import (
    Absent,
    Cause,
    Draft,
    Found,
    NeedsReconnect,
    NetworkError,
    OutcomeUnknown,
    Rejected,
    Sent,
    TryLater,
    encode_body,
)
from petra.networks.registry import NETWORKS
from petra.networks.staging import (
    LINK,
    MARKER,
    PICTURE,
    VERIFIER,
    Stage,
    WithoutRefreshToken,
    assert_is_a_sentence,
    assert_tells_no_secret,
    fields_of,
    now,
    wait_until,
)

__all__ = ["Conformance", "Stage"]


class Conformance:
    """What an adapter must do. Inherit, and give the fixture `stage`."""

    @pytest.fixture
    def stage(self) -> Stage:
        raise NotImplementedError

    # Data

    def test_adapter_is_registered_under_its_key(self, stage: Stage) -> None:
        assert NETWORKS[stage.network.key] is stage.network
        assert stage.network.label

    def test_limits_are_numbers_one_can_work_with(self, stage: Stage) -> None:
        limits = stage.network.limits
        for one in fields(limits):
            value = getattr(limits, one.name)
            assert value, f"{one.name} is empty"
        assert list(limits.looks_s) == sorted(limits.looks_s)
        assert limits.calls_per_hour * limits.write_gap_s <= 3600, "the gap alone must keep within the hour's calls"

    def test_needed_scopes_are_asked_for(self, stage: Stage) -> None:
        assert set(stage.network.sign_in.needed_scopes) <= set(stage.network.sign_in.scopes)
        assert stage.network.sign_in.setting_prefix.isupper()

    def test_real_addresses_are_https(self, stage: Stage) -> None:
        sign_in = stage.network.sign_in
        for address in (sign_in.api_base, sign_in.consent_base, sign_in.page_base):
            assert address.startswith("https://")

    # Problems and payload: pure

    def test_good_draft_has_no_blocking_problem(self, stage: Stage) -> None:
        assert fields_of(stage.draft(), stage.network) == []

    def test_problems_are_sentences_about_fields(self, stage: Stage) -> None:
        names = {one.name for one in fields(Draft)}
        worst = Draft("t" * 9999, "d" * 9999, "a" * 9999, "no address", (), None)
        found = stage.network.problems(worst)
        assert found
        for problem in found:
            assert problem.field in names
            assert_is_a_sentence(problem.for_person)

    @pytest.mark.parametrize("name", ["title", "description", "alt_text", "link"])
    def test_text_at_its_limit_passes_and_one_more_does_not(self, stage: Stage, name: str) -> None:
        most = getattr(stage.network.limits, f"max_{name}")
        start = "https://blog.example/" if name == "link" else ""
        at_limit = replace(stage.draft(), **{name: start + "x" * (most - len(start))})
        over = replace(at_limit, **{name: getattr(at_limit, name) + "x"})
        assert fields_of(at_limit, stage.network) == []
        assert fields_of(over, stage.network) == [name]

    @pytest.mark.parametrize("link", ["blog.example/a", "javascript:alert(1)", "https://", "https://a b", "http://[x"])
    def test_link_must_be_a_web_address(self, stage: Stage, link: str) -> None:
        assert fields_of(replace(stage.draft(), link=link), stage.network) == ["link"]

    def test_missing_target_and_media_are_named_where_needed(self, stage: Stage) -> None:
        bare = replace(stage.draft(), media=(), target=None)
        wanted = [("target", stage.network.powers.needs_target), ("media", stage.network.powers.needs_media)]
        assert fields_of(bare, stage.network) == [name for name, is_needed in wanted if is_needed]

    @pytest.mark.parametrize(
        "change",
        [
            {"content_type": "image/webp"},
            {"size_bytes": 10**12},
            {"width_px": 1, "height_px": 1},
        ],
    )
    def test_picture_outside_the_limits_is_refused(self, stage: Stage, change: dict[str, Any]) -> None:
        assert "media" in fields_of(replace(stage.draft(), media=(replace(stage.picture(), **change),)), stage.network)

    def test_too_many_pictures_are_refused(self, stage: Stage) -> None:
        most = stage.network.limits.max_images
        at_limit = replace(stage.draft(), media=(stage.picture(),) * most)
        assert fields_of(at_limit, stage.network) == []
        over = replace(at_limit, media=(stage.picture(),) * (most + 1))
        assert "media" in fields_of(over, stage.network)

    def test_payload_is_pure(self, stage: Stage) -> None:
        draft = stage.draft()
        before = copy.deepcopy(draft)
        first, second = stage.network.payload(draft), stage.network.payload(draft)
        assert first == second
        assert draft == before
        assert first.digest == hashlib.sha256(encode_body(first.body)).hexdigest()
        assert stage.network.problems(draft) == stage.network.problems(draft)

    def test_payload_carries_the_words(self, stage: Stage) -> None:
        draft = stage.draft()
        text = json.dumps(stage.network.payload(draft).body, ensure_ascii=False)
        for word in (draft.title, draft.description, draft.alt_text, draft.link):
            assert word in text

    def test_payload_changes_with_every_field(self, stage: Stage) -> None:
        draft = stage.draft()
        others = [
            replace(draft, title="Other"),
            replace(draft, description="Other"),
            replace(draft, alt_text="Other"),
            replace(draft, link="https://blog.example/other"),
            replace(draft, media=(stage.picture(public_url=PICTURE),)),
            replace(draft, media=(stage.picture(), stage.picture(name="second.jpg"))),
        ]
        digests = {stage.network.payload(one).digest for one in [draft, *others]}
        assert len(digests) == len(others) + 1

    # Markers

    @pytest.mark.parametrize(
        "link",
        [
            LINK,
            "https://blog.example",
            "https://blog.example/?",
            "https://blog.example/a?utm_content=old&x=1",
            "https://blog.example/a?utm_source=mail&UTM=1",
            "https://blog.example/a#part?not=query",
            "https://blog.example/a?a=1&&b",
        ],
    )
    def test_marking_is_repeatable_and_keeps_the_rest(self, stage: Stage, link: str) -> None:
        mark = stage.network.mark_link
        marked = mark(link, MARKER)
        assert mark(marked, MARKER) == marked
        assert mark(mark(link, "another"), MARKER) == marked
        assert marked.count(MARKER) == 1
        before, after = urlsplit(link), urlsplit(marked)
        assert before[:3] == after[:3]
        assert before.fragment == after.fragment
        kept = [part for part in before.query.split("&") if part and not part.startswith("utm_content=")]
        assert [part for part in after.query.split("&") if part in kept] == kept

    def test_empty_link_stays_empty(self, stage: Stage) -> None:
        assert stage.network.mark_link("", MARKER) == ""

    def test_marker_makes_no_link_too_long_that_has_room_for_it(self, stage: Stage) -> None:
        most = stage.network.limits.max_link
        link = "https://blog.example/" + "x" * (most - len("https://blog.example/") - len(f"?utm_content={MARKER}"))
        assert len(stage.network.mark_link(link, MARKER)) <= most

    # Sending

    def test_what_was_previewed_is_what_is_sent(self, stage: Stage) -> None:
        payload = stage.network.payload(stage.draft())
        sent = stage.network.send(stage.client(), stage.target, payload)
        assert isinstance(sent, Sent)
        calls = stage.creating_calls()
        assert [call["body_sha256"] for call in calls] == [payload.digest]

    def test_sent_names_the_post_and_its_page(self, stage: Stage) -> None:
        sent = stage.send()
        posts = stage.simulator.pins(account=stage.username)
        assert [post["id"] for post in posts] == [sent.remote_id]
        assert sent.url.startswith(stage.app.page_base)
        assert sent.remote_id in sent.url
        assert sent.created_at is not None
        assert abs(sent.created_at - now()) < timedelta(minutes=1)

    def test_draft_at_every_limit_is_taken(self, stage: Stage) -> None:
        limits = stage.network.limits
        link = "https://blog.example/" + "x" * (limits.max_link - 200)
        draft = Draft(
            "ü" * limits.max_title,
            "😀" * limits.max_description,
            "ß" * limits.max_alt_text,
            stage.network.mark_link(link, MARKER),
            (stage.picture(),) * limits.max_images,
            stage.target,
        )
        assert fields_of(draft, stage.network) == []
        stage.send(draft)
        assert stage.count() == 1

    def test_pictures_with_public_addresses_are_taken(self, stage: Stage) -> None:
        one = stage.picture(public_url=PICTURE)
        stage.send(replace(stage.draft(), media=(one,)))
        stage.send(replace(stage.draft(), media=(one, one)))
        assert stage.count() == 2

    def test_send_never_repeats_by_itself(self, stage: Stage) -> None:
        stage.break_sending("answer", times=None, status=503)
        with pytest.raises(OutcomeUnknown):
            stage.send()
        assert len(stage.creating_calls()) == 1

    # Lost answers

    @pytest.mark.parametrize(
        ("kind", "values", "is_live"),
        [
            ("apply_then_drop", {}, True),
            ("drop_before_apply", {}, False),
            ("error_after_apply", {"status": 500}, True),
            ("error_after_apply", {"status": 503}, True),
            ("malformed", {"status": 502, "is_html": True, "is_applied": True}, True),
            ("malformed", {"status": 502, "is_html": True}, False),
            ("malformed", {"is_html": False, "is_applied": True}, True),
            ("malformed", {"status": 200, "is_html": True, "is_applied": True}, True),
        ],
    )
    def test_lost_answer_is_unknown_and_found_out_by_looking(
        self, stage: Stage, kind: str, values: dict[str, object], is_live: bool
    ) -> None:
        stage.break_sending(kind, **values)
        with pytest.raises(OutcomeUnknown) as raised:
            stage.send()
        self.assert_is_presentable(stage, raised.value)
        look = stage.find()
        assert isinstance(look, Found) is is_live
        assert stage.count() == int(is_live)
        if isinstance(look, Found):
            assert look.sent.remote_id == stage.simulator.pins(account=stage.username)[0]["id"]
            assert look.sent.remote_id in look.sent.url

    def test_answer_that_comes_too_late_is_unknown_and_absent_until_applied(self, stage: Stage) -> None:
        stage.break_sending("delay_then_apply", seconds=0.6)
        with pytest.raises(OutcomeUnknown):
            stage.send(client=stage.client(read_s=0.2))
        assert stage.find() == Absent()
        wait_until(lambda: stage.count() == 1)
        assert isinstance(stage.find(), Found)

    def test_network_out_of_reach_is_nothing_sent(self, stage: Stage) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        client = Client(base_url=f"http://127.0.0.1:{port}", now=now, access_token=stage.access_token)
        with pytest.raises(TryLater) as raised:
            stage.send(client=client)
        self.assert_is_presentable(stage, raised.value)
        assert raised.value.cause is Cause.TRANSIENT

    # Looking

    def test_marker_is_found_exactly(self, stage: Stage) -> None:
        stage.send(stage.draft(marker=f"{MARKER}-longer"))
        assert stage.find() == Absent()
        sent = stage.send()
        look = stage.find()
        assert isinstance(look, Found)
        assert look.sent.remote_id == sent.remote_id
        assert look.sent.url == sent.url
        assert stage.find(marker=MARKER[:-1]) == Absent()

    def test_marker_is_found_in_its_section(self, stage: Stage) -> None:
        if stage.section is None:
            pytest.skip("this network has no sections")
        stage.send(stage.draft(target=stage.section))
        assert isinstance(stage.find(target=stage.section), Found)

    @pytest.mark.parametrize("order", ["newest", "oldest", "mixed"])
    def test_marker_is_found_in_a_long_list_of_any_order(self, stage: Stage, order: str) -> None:
        stage.simulator.make_pins(stage.target.remote_id, count=600, age_s=60)
        sent = stage.send()
        stage.simulator.make_pins(stage.target.remote_id, count=300, age_s=0)
        stage.simulator.settings(list_order=order)
        look = stage.find()
        assert isinstance(look, Found)
        assert look.sent.remote_id == sent.remote_id
        assert stage.find(marker="another") == Absent()

    def test_look_that_cannot_be_made_is_not_absence(self, stage: Stage) -> None:
        for kind, values in (
            ("apply_then_drop", {}),
            ("answer", {"status": 500}),
            ("malformed", {"status": 502}),
            ("malformed", {"is_html": False}),
            ("rate_limit", {}),
            ("answer", {"status": 404, "code": 404, "message": "Board not found."}),
        ):
            stage.simulator.fault(kind, method="GET", **values)
            with pytest.raises(TryLater) as raised:
                stage.find()
            self.assert_is_presentable(stage, raised.value)

    def test_look_with_a_dead_token_asks_for_reconnecting(self, stage: Stage) -> None:
        stage.simulator.fault("expire_token", method="GET")
        with pytest.raises(NeedsReconnect):
            stage.find()

    def test_list_that_lags_is_absent_now_and_found_later(self, stage: Stage) -> None:
        stage.send()
        stage.simulator.fault("read_lag", seconds=30)
        assert stage.find() == Absent()
        stage.simulator.clear_faults()
        assert isinstance(stage.find(), Found)

    # Refusals

    def test_rate_limit_says_when(self, stage: Stage) -> None:
        stage.break_sending("rate_limit", after_s=40)
        with pytest.raises(TryLater) as raised:
            stage.send()
        self.assert_is_presentable(stage, raised.value)
        assert raised.value.cause is Cause.RATE_LIMITED
        assert raised.value.after_s == pytest.approx(40, abs=2)
        assert stage.count() == 0

    def test_rate_limit_without_headers_leaves_the_wait_open(self, stage: Stage) -> None:
        stage.break_sending("rate_limit", has_headers=False)
        with pytest.raises(TryLater) as raised:
            stage.send()
        assert raised.value.after_s is None

    def test_spam_block_cools_down(self, stage: Stage) -> None:
        stage.break_sending("spam_block")
        with pytest.raises(Rejected) as raised:
            stage.send()
        self.assert_is_presentable(stage, raised.value)
        assert raised.value.cause is Cause.SPAM_BLOCK
        assert raised.value.cool_down_s == stage.network.limits.cool_down_s

    def test_expired_token_is_helped_by_refreshing(self, stage: Stage) -> None:
        stage.break_sending("expire_token")
        with pytest.raises(NeedsReconnect) as raised:
            stage.send()
        self.assert_is_presentable(stage, raised.value)
        assert raised.value.cause is Cause.AUTH_EXPIRED
        tokens = stage.network.refresh(stage.client(), stage.app, refresh_token=stage.refresh_token, now=now())
        stage.send(client=stage.client(token=tokens.access))
        assert stage.count() == 1

    def test_revoked_token_is_not_helped_by_refreshing(self, stage: Stage) -> None:
        stage.break_sending("revoke_token")
        with pytest.raises(NeedsReconnect):
            stage.send()
        with pytest.raises(NeedsReconnect) as raised:
            stage.network.refresh(stage.client(), stage.app, refresh_token=stage.refresh_token, now=now())
        self.assert_is_presentable(stage, raised.value)
        assert raised.value.cause is Cause.AUTH_REVOKED

    def test_missing_scope_is_a_permission_not_an_expired_token(self, stage: Stage) -> None:
        with pytest.raises(NeedsReconnect) as raised:
            stage.send(client=stage.client(token=stage.narrow_token))
        self.assert_is_presentable(stage, raised.value)
        assert raised.value.cause is Cause.PERMISSION

    def test_missing_target_is_named(self, stage: Stage) -> None:
        gone = replace(stage.target, remote_id="999999999999999999")
        with pytest.raises(Rejected) as raised:
            stage.send(replace(stage.draft(), target=gone))
        self.assert_is_presentable(stage, raised.value)
        assert raised.value.cause is Cause.TARGET_MISSING

    def assert_is_presentable(self, stage: Stage, error: NetworkError) -> None:
        """Check that an error may be shown, stored and logged."""
        assert_is_a_sentence(error.for_person)
        assert len(error.detail) <= 2000
        assert_tells_no_secret(error, (stage.access_token, stage.refresh_token, stage.app.client_secret))

    # Targets and profile

    def test_targets_are_listed_over_all_pages(self, stage: Stage) -> None:
        targets = list(stage.network.targets(stage.client()))
        ids = [one.remote_id for one in targets]
        assert stage.target.remote_id in ids
        assert len(set(ids)) == len(ids) > 250
        assert all(one.name for one in targets)
        known = {one.remote_id for one in targets if one.parent_id is None}
        assert all(one.parent_id in known for one in targets if one.parent_id)
        if stage.section and stage.section.section_id:
            assert stage.section.section_id in ids

    def test_list_of_targets_that_breaks_off_is_no_whole_list(self, stage: Stage) -> None:
        stage.simulator.fault("apply_then_drop", method="GET", skip=3)
        with pytest.raises(TryLater):
            list(stage.network.targets(stage.client()))

    def test_profile_says_whose_token_it_is(self, stage: Stage) -> None:
        profile = stage.network.profile(stage.client())
        assert profile.remote_id == stage.target.account_id
        assert profile.username == stage.username
        assert profile.display_name
        assert profile.page_url.startswith(stage.app.page_base)

    # Connecting

    def consent(self, stage: Stage) -> tuple[str, str]:
        """Go through the consent page; return the code and the address it came to."""
        back = "http://127.0.0.1:8000/connect/back/"
        challenge = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        url = stage.network.consent_url(stage.app, redirect_uri=back, state="st-1", code_challenge=challenge)
        assert url.startswith(stage.app.consent_base)
        assert stage.app.client_secret not in url
        assert VERIFIER not in url
        came_back = stage.approve(url)
        assert came_back["state"] == "st-1"
        return came_back["code"], back

    def test_connecting_gives_tokens_that_work(self, stage: Stage) -> None:
        code, back = self.consent(stage)
        at = now()
        client = stage.client_of_app()
        tokens = stage.network.exchange(client, stage.app, code=code, redirect_uri=back, verifier=VERIFIER, now=at)
        assert set(stage.network.sign_in.needed_scopes) <= set(tokens.scopes)
        assert tokens.access_expires_at is None or tokens.access_expires_at > at
        assert tokens.access not in repr(tokens)
        assert not tokens.refresh or tokens.refresh not in repr(tokens)
        assert stage.network.profile(stage.client(token=tokens.access)).username == stage.username

    def test_code_works_once_and_only_with_its_verifier(self, stage: Stage) -> None:
        client = stage.client_of_app()
        code, back = self.consent(stage)
        with pytest.raises(NeedsReconnect) as raised:
            stage.network.exchange(client, stage.app, code=code, redirect_uri=back, verifier="wrong", now=now())
        self.assert_is_presentable(stage, raised.value)
        assert_tells_no_secret(raised.value, (code,))
        with pytest.raises(NeedsReconnect):
            stage.network.exchange(client, stage.app, code=code, redirect_uri=back, verifier=VERIFIER, now=now())

    def test_answer_without_refresh_token_says_none(self, stage: Stage) -> None:
        transport = WithoutRefreshToken()
        tokens = stage.network.refresh(
            stage.client(transport=transport), stage.app, refresh_token=stage.refresh_token, now=now()
        )
        transport.close()
        assert tokens.refresh is None
        assert tokens.access

    @pytest.mark.parametrize(
        ("kind", "values"),
        [
            ("answer", {"status": 503}),
            ("apply_then_drop", {}),
            ("malformed", {"status": 502}),
            ("malformed", {"status": 403}),
            ("malformed", {"is_html": False}),
            ("rate_limit", {}),
        ],
    )
    def test_refresh_that_fails_by_chance_is_no_revocation(
        self, stage: Stage, kind: str, values: dict[str, object]
    ) -> None:
        stage.simulator.fault(kind, method="POST", **values)
        with pytest.raises(TryLater) as raised:
            stage.network.refresh(stage.client(), stage.app, refresh_token=stage.refresh_token, now=now())
        self.assert_is_presentable(stage, raised.value)
