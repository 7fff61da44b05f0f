"""`petra accounts`, `plan` and `publish` on a committed workspace, as alice, bob or charlie would type them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from conftest import People
from petra.accounts.models import Account, AccountState, Target
from petra.lib import postgres
from petra.networks.registry import NETWORKS
from petra.posts.models import Post
from petra.publishing import scheduling
from petra.publishing.lanes import ensure_lane
from petra.publishing.models import Delivery, State
from petra.publishing.slots import WeeklyTime
from petra.publishing.testing import picture, ready_post
from petra.tenancy import scope
from petra.tenancy.models import Member, Role

ROOT = Path(postgres.__file__).parents[2]


@dataclass(frozen=True)
class Desk:
    """alice's workspace with one account, two boards and two ready posts; commands run against it."""

    people: People
    account: Account
    posts: list[Post]
    home: Path

    def run(self, *words: str, who: str = "alice") -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "PETRA_", "DATABASE_OWNER"))}
        return subprocess.run(
            [sys.executable, "-P", "-m", "petra.cli", *words, "--as", f"{who}@example.org"],
            env={**kept, "PETRA_HOME": str(self.home), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def value(self, *words: str, who: str = "alice", code: int = 0) -> Any:
        done = self.run(*words, "--json", who=who)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def desk(real_people: People, tmp_path: Path) -> Desk:
    with scope.workspace(real_people.workspace.pk):
        account: Account = Account.objects.create(
            network=next(iter(NETWORKS)), remote_id="7", username="oak", state=AccountState.CONNECTED
        )
        ensure_lane(account)
        boards = [
            Target.objects.create(account=account, remote_id=str(number), kind="board", name=name)
            for number, name in enumerate(("Autumn", "Winter"), start=70)
        ]
        scheduling.set_slots(account, [WeeklyTime(day, time(9, 30)) for day in range(7)])
        asset = picture()
        posts = [ready_post(asset, target=boards[0], title=title) for title in ("Salads", "Soups")]
    return Desk(real_people, account, posts, tmp_path)


def test_accounts_and_boards_are_listed(desk: Desk) -> None:
    (account,) = desk.value("accounts", "list", who="bob")
    assert (account["username"], account["state"], account["needs_person"]) == ("oak", "connected", False)
    assert [board["name"] for board in desk.value("accounts", "boards")] == ["Autumn", "Winter"]
    assert "oak" in desk.run("accounts", "list").stdout


def test_ready_posts_go_into_the_next_free_slots(desk: Desk) -> None:
    first, second = desk.value("plan", "--ready")
    assert [first["title"], second["title"]] == ["Salads", "Soups"]
    assert first["due_local"][11:16] == second["due_local"][11:16] == "09:30"  # in Berlin, the workspace's zone
    assert first["due_at"] < second["due_at"]
    assert desk.value("plan", "--ready") == []
    assert desk.run("plan", "--ready").stdout == "There is nothing to plan.\n"


def test_a_post_is_planned_on_a_board_at_a_local_time(desk: Desk) -> None:
    (made,) = desk.value("plan", str(desk.posts[0].pk), "--board", "winter", "--at", "2036-12-24T09:30")
    assert (made["due_at"], made["board"]) == ("2036-12-24T08:30:00+00:00", "Winter")
    with scope.workspace(desk.people.workspace.pk):
        assert Delivery.objects.get(pk=made["id"]).target.name == "Winter"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("plan", "{post}", "--at", "gestern"), "no_time"),
        (("plan", "{post}", "--at", "2020-01-01T09:30"), "past"),
        (("plan", "{post}", "--board", "Spring"), "not_found"),
        (("plan", "{post}", "--account", "elm"), "not_found"),
        (("plan", "not-an-id"), "not_found"),
        (("plan", "01a20304-0a14-7374-99f4-41570251ab69"), "not_found"),
        (("accounts", "disconnect", "elm"), "not_found"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_changes_nothing(desk: Desk, words: tuple[str, ...], code: str) -> None:
    answer = desk.value(*(word.format(post=desk.posts[0].pk) for word in words), code=1)
    assert answer["error"]["code"] == code
    assert answer["error"]["message"].endswith(".")
    with scope.workspace(desk.people.workspace.pk):
        assert not Delivery.objects.exists()


def test_a_stranger_finds_nothing_of_this_workspace(desk: Desk) -> None:
    assert desk.value("accounts", "list", who="charlie") == []
    answer = desk.value("plan", str(desk.posts[0].pk), who="charlie", code=1)
    assert answer["error"]["code"] == "no_account"
    answer = desk.value("accounts", "list", "--workspace", "Oak & Ember", who="charlie", code=1)
    assert answer["error"]["code"] == "not_found"


def test_a_viewer_may_look_but_not_plan(desk: Desk) -> None:
    with scope.workspace(desk.people.workspace.pk):
        Member.objects.filter(user=desk.people.bob).update(role=Role.VIEWER)
    assert desk.value("accounts", "list", who="bob")
    assert desk.value("plan", "--ready", who="bob", code=1)["error"]["code"] == "not_allowed"


def test_several_people_must_be_told_apart(desk: Desk) -> None:
    kept = {**os.environ, "PETRA_HOME": str(desk.home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-m", "petra.cli", "accounts", "list", "--json"]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "say_which"


def test_publish_without_a_worker_says_so_and_leaves_it_due(desk: Desk) -> None:
    done = desk.run("publish", str(desk.posts[0].pk), "--wait", "0")
    assert done.returncode == 1
    assert "No worker runs now" in done.stderr
    with scope.workspace(desk.people.workspace.pk):
        delivery = Delivery.objects.get()
    assert (delivery.state, delivery.is_manual) == (State.PLANNED, True)


def test_disconnecting_deletes_the_tokens_and_keeps_the_account(desk: Desk) -> None:
    assert desk.value("accounts", "disconnect", "oak", who="bob", code=1)["error"]["code"] == "not_allowed"
    assert desk.value("accounts", "disconnect", "oak") == {"disconnected": str(desk.account.pk)}
    with scope.workspace(desk.people.workspace.pk):
        assert Account.objects.get().state == AccountState.DISCONNECTED
