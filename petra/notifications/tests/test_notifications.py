"""One incident, one mail: whatever grows, repeats or is looked at again by anybody."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections
from pytest_django.fixtures import Settings

from conftest import People
from petra.accounts.health import mark_needs_reconnect
from petra.accounts.models import Account, AccountState
from petra.ai.contract import Cause
from petra.articles.models import Blog, ImportRun, Rhythm, RunState
from petra.lib import clock
from petra.notifications import telling, watching
from petra.notifications.models import Incident, IncidentKind, Wish
from petra.posts.models import WordsRun, WordsRunState
from petra.posts.words import runs as words_runs
from petra.publishing import scheduling, together
from petra.publishing import testing as furniture
from petra.publishing.models import Delivery, State
from petra.publishing.states import move
from petra.simulator.testing import SimulatedAccount, SimulatedBoard
from petra.tenancy import scope
from petra.tenancy.models import Role
from petra.tenancy.workspaces import add_member
from petra.webhooks.models import Event

SOON = timedelta(hours=3)
Fail = Callable[..., list[Delivery]]


@pytest.fixture
def account(people: People, settings: Settings) -> Account:
    settings.PUBLIC_URL = "https://petra.example"
    return make_account(people)


def make_account(people: People) -> Account:
    boards = (SimulatedBoard("101", "Salads", ()),)
    with scope.workspace(people.workspace.pk):
        return furniture.connect(SimulatedAccount("kitchen", "9001", "a", "r", (), boards), network="pinterest")


def bring(account: Account, count: int, to: State, *, cause: str, sentence: str) -> list[Delivery]:
    with scope.workspace(account.own_workspace_id):
        asset, target = furniture.picture(), account.targets.get()
        made = []
        for _ in range(count):
            post = furniture.ready_post(asset, target=target)
            delivery = furniture.planned(post, account=account, due_at=clock.now() + SOON)
            if to is State.UNCONFIRMED:
                move(delivery, State.SENDING, because="test", next_at=None)
            move(delivery, to, because="test", next_at=None, cause=cause, for_person=sentence)
            made.append(delivery)
        return made


def look() -> None:
    """What the worker does every minute."""
    watching.watch()
    telling.send_mails()


def to(address: str) -> list[str]:
    return [str(m.subject) for m in mail.outbox if m.to == [address]]


def test_a_failure_is_told_once_however_often_somebody_looks(people: People, account: Account) -> None:
    bring(account, 14, State.FAILED, cause="content_invalid", sentence="Pinterest refused the link.")
    for _ in range(3):
        look()
    assert to("alice@example.org") == ["Oak & Ember: 14 posts not published on Pinterest: Pinterest refused the link."]
    assert len(mail.outbox) == 2, "alice and bob, and nobody else"
    assert "https://petra.example/needs-you#failed" in mail.outbox[0].body
    with scope.workspace(people.workspace.pk):
        assert (telling.unseen(people.alice.pk), telling.open_incidents().get().count) == (1, 14)
        telling.mark_seen(people.alice.pk)
        assert telling.unseen(people.alice.pk) == 0
        assert telling.unseen(people.bob.pk) == 1


def test_a_mail_of_a_petra_that_only_its_machine_reaches_names_that(
    people: People, account: Account, settings: Settings
) -> None:
    settings.PUBLIC_URL, settings.LOCAL_URL = "", "http://127.0.0.1:8123"
    bring(account, 1, State.FAILED, cause="content_invalid", sentence="Pinterest refused the link.")
    look()
    assert "\nhttp://127.0.0.1:8123/needs-you#failed" in mail.outbox[0].body
    assert "http://127.0.0.1:8123/settings#notifications" in mail.outbox[0].body


def test_what_grows_stays_one_incident_and_another_cause_is_another(people: People, account: Account) -> None:
    bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    look()
    bring(account, 4, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    look()
    bring(account, 1, State.FAILED, cause="media_invalid", sentence="The picture is broken.")
    look()
    assert len(to("alice@example.org")) == 2
    with scope.workspace(people.workspace.pk):
        assert sorted(telling.open_incidents().values_list("count", flat=True)) == [1, 5]


def test_an_incident_is_over_when_its_cause_is_and_a_new_one_is_told_anew(people: People, account: Account) -> None:
    (failed,) = bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    look()
    with scope.workspace(people.workspace.pk):
        together.retry([failed.pk])
    look()
    with scope.workspace(people.workspace.pk):
        assert telling.open_incidents().count() == 0
        again = Delivery.objects.get(pk=failed.pk)
        move(again, State.FAILED, because="test", next_at=None, cause="content_invalid", for_person="Refused.")
    look()
    assert len(to("alice@example.org")) == 2


def test_an_account_signed_out_is_one_incident_with_what_waits_for_it(people: People, account: Account) -> None:
    with scope.workspace(people.workspace.pk):
        asset = furniture.picture()
        for _ in range(3):
            post = furniture.ready_post(asset, target=account.targets.get())
            furniture.planned(post, account=account, due_at=clock.now() + SOON)
    mark_needs_reconnect(account, reason="Signed out.")
    with scope.workspace(people.workspace.pk):
        scheduling.hold_account(account, sentence="Signed out.")
    look()
    look()
    (said,) = to("alice@example.org")
    assert "kitchen" in said and "3 posts wait for it" in said
    assert f"https://petra.example/accounts/{account.pk}" in mail.outbox[0].body
    with scope.workspace(people.workspace.pk):
        Account.objects.update(state=AccountState.CONNECTED)
        scheduling.resume_account(Account.objects.get())
    look()
    with scope.workspace(people.workspace.pk):
        assert Incident.objects.get().resolved_at is not None


def test_late_and_unsure_ones_are_told(people: People, account: Account) -> None:
    bring(account, 2, State.HELD, cause="late", sentence="Late.")
    bring(account, 1, State.UNCONFIRMED, cause="ambiguous", sentence="Look.")
    look()
    with scope.workspace(people.workspace.pk):
        kinds = set(telling.open_incidents().values_list("kind", "count"))
    assert kinds == {(IncidentKind.LATE, 2), (IncidentKind.UNCONFIRMED, 1)}
    assert len(to("bob@example.org")) == 2


def test_what_a_person_paused_is_no_incident(people: People, account: Account) -> None:
    bring(account, 2, State.HELD, cause="paused", sentence="Paused by a person.")
    look()
    assert mail.outbox == []


def test_members_choose_and_viewers_are_left_in_peace(people: People, account: Account) -> None:
    add_member(workspace_id=people.workspace.pk, user=people.charlie, role=Role.VIEWER)
    with scope.workspace(people.workspace.pk):
        telling.choose(people.alice.pk, Wish.OFF)
        assert telling.wish_of(people.alice.pk) is Wish.OFF
        assert telling.wish_of(people.charlie.pk) is Wish.OFF
    bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    look()
    assert [m.to for m in mail.outbox] == [["bob@example.org"]]


def test_a_digest_comes_once_a_day_after_eight_with_all_that_is_open(people: People, account: Account) -> None:
    with scope.workspace(people.workspace.pk):
        telling.choose(people.alice.pk, Wish.DAILY)
        telling.choose(people.bob.pk, Wish.OFF)
    night = clock.now().astimezone(people.workspace.zone).replace(hour=3, minute=0)
    with time_machine.travel(night, tick=False) as now:
        bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
        watching.watch_workspace(people.workspace.pk)
        bring(account, 2, State.HELD, cause="late", sentence="Late.")
        watching.watch_workspace(people.workspace.pk)
        telling.send_mails()
        assert mail.outbox == []
        now.move_to(night.replace(hour=8, minute=1))
        telling.send_mails()
        assert [m.subject for m in mail.outbox] == ["Oak & Ember: 2 things need you"]
        assert "The link was refused." in mail.outbox[0].body
        bring(account, 1, State.FAILED, cause="media_invalid", sentence="The picture is broken.")
        watching.watch_workspace(people.workspace.pk)
        now.move_to(night.replace(hour=20))
        telling.send_mails()
        assert len(mail.outbox) == 1
        now.move_to(night.replace(hour=9) + timedelta(days=1))
        telling.send_mails()
        assert len(mail.outbox) == 2


def test_what_is_over_before_its_digest_is_not_told(people: People, account: Account) -> None:
    with scope.workspace(people.workspace.pk):
        for user in (people.alice, people.bob):
            telling.choose(user.pk, Wish.DAILY)
    (failed,) = bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    watching.watch_workspace(people.workspace.pk)
    with scope.workspace(people.workspace.pk):
        scheduling.reset_delivery(Delivery.objects.get(pk=failed.pk))
    watching.watch_workspace(people.workspace.pk)
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        telling.send_mails()
    assert mail.outbox == []


def test_a_mail_server_that_is_down_is_asked_again_and_in_the_end_given_up(
    people: People, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    asked = []

    def down(_self: EmailBackend, messages: object) -> int:
        asked.append(messages)
        raise SMTPServerDisconnected

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", down)
        look()
    look()
    assert len(to("alice@example.org")) == 1
    bring(account, 1, State.FAILED, cause="media_invalid", sentence="The picture is broken.")
    monkeypatch.setattr(EmailBackend, "send_messages", down)
    asked.clear()
    for _ in range(8):
        look()
    assert len(asked) == 2 * 5


def test_a_line_break_in_a_sentence_adds_no_header(people: People, account: Account) -> None:
    bring(account, 1, State.FAILED, cause="content_invalid", sentence="No.\nBcc: everybody@example.org")
    look()
    assert all("\n" not in m.subject and m.bcc == [] for m in mail.outbox)


def write_catalogue(folder: Path, words: dict[str, str]) -> None:
    """Write a compiled catalogue of German words, as `msgfmt` would."""
    header = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    pairs = sorted((k.encode(), v.encode()) for k, v in {"": header, **words}.items())
    at = 28 + 16 * len(pairs)
    tables: tuple[list[bytes], list[bytes]] = ([], [])
    texts = b""
    for column in (0, 1):
        for pair in pairs:
            tables[column].append(struct.pack("<II", len(pair[column]), at + len(texts)))
            texts += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    file = folder / "de" / "LC_MESSAGES" / "django.mo"
    file.parent.mkdir(parents=True)
    file.write_bytes(head + b"".join(tables[0] + tables[1]) + texts)


def test_a_mail_is_in_the_language_of_its_workspace(
    people: People, account: Account, settings: Settings, tmp_path: Path
) -> None:
    one = "%(n)d post later than allowed: send, move or skip."
    many = "%(n)d posts later than allowed: send, move or skip."
    write_catalogue(tmp_path, {f"{one}\0{many}": "%(n)d Beitrag zu spät.\0%(n)d Beiträge zu spät."})
    settings.LOCALE_PATHS = [tmp_path]
    with scope.workspace(people.workspace.pk):
        people.workspace.language = "de"
        people.workspace.save()
    bring(account, 2, State.HELD, cause="late", sentence="Late.")
    look()
    assert to("alice@example.org") == ["Oak & Ember: 2 Beiträge zu spät."]


def test_what_a_member_saw_is_theirs_alone_and_what_comes_later_is_new(people: People, account: Account) -> None:
    bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    bring(account, 2, State.HELD, cause="late", sentence="Late.")
    look()
    with scope.workspace(people.workspace.pk):
        first, second = telling.open_incidents().order_by("opened_at", "id")
        telling.mark_one_seen(people.alice.pk, first)
        telling.mark_one_seen(people.alice.pk, first)
        assert list(telling.unseen_incidents(people.alice.pk)) == [second]
        assert telling.unseen(people.bob.pk) == 2
        telling.mark_seen(people.alice.pk, until=first.opened_at)
        assert list(telling.unseen_incidents(people.alice.pk)) == [second], "it came after the page was drawn"
        telling.mark_seen(people.alice.pk)
        telling.mark_seen(people.alice.pk, until=first.opened_at)
        assert telling.unseen(people.alice.pk) == 0, "an old page makes nothing new again"
    bring(account, 1, State.UNCONFIRMED, cause="ambiguous", sentence="Look.")
    look()
    with scope.workspace(people.workspace.pk):
        assert telling.unseen(people.alice.pk) == 1


def test_an_open_page_hears_that_an_incident_grew(people: People, account: Account) -> None:
    bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    look()
    look()
    bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    look()
    with scope.workspace(people.workspace.pk):
        said = list(Event.objects.filter(kind__startswith="incident.").order_by("id").values_list("kind", flat=True))
    assert said == ["incident.opened", "incident.changed"]


def test_another_workspace_hears_nothing(people: People, account: Account) -> None:
    bring(account, 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    look()
    assert to("charlie@example.org") == []
    with scope.workspace(people.elsewhere.pk):
        assert telling.open_incidents().count() == 0


def test_two_workers_looking_at_once_send_one_mail(real_people: People, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://petra.example"
    bring(make_account(real_people), 1, State.FAILED, cause="content_invalid", sentence="The link was refused.")
    ready = threading.Barrier(4)
    troubles: list[BaseException] = []

    def minute() -> None:
        try:
            ready.wait(10)
            look()
        except BaseException as error:  # noqa: BLE001  told below
            troubles.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=minute) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    look()
    assert len(to("alice@example.org")) == 1
    assert len(to("bob@example.org")) == 1
    with scope.workspace(real_people.workspace.pk):
        assert Incident.objects.count() == 1
    assert troubles == []


def test_incidents_go_with_the_history_once_they_are_over(account: Account) -> None:
    bring(account, 1, State.FAILED, cause="transient", sentence="No.")
    with scope.workspace(account.own_workspace_id):
        for days, is_over in ((401, True), (401, False), (399, True)):
            at = clock.now() - timedelta(days=days)
            Incident.objects.create(
                kind=IncidentKind.LATE, key=f"{days}{is_over}", path="/", resolved_at=at if is_over else None
            )
    assert watching.prune() == 1
    with scope.workspace(account.own_workspace_id):
        assert set(Incident.objects.values_list("key", flat=True)) == {"401False", "399True"}


def test_a_blog_that_its_rhythm_could_not_read_is_told_until_it_can(people: People, account: Account) -> None:
    with scope.workspace(people.workspace.pk):
        blog = Blog.objects.create(name="The Slow Table", address="https://slow.example/", rhythm=Rhythm.DAILY)
        one_by_hand = Blog.objects.create(name="Little Acre", address="https://acre.example/", rhythm=Rhythm.DAILY)
        failed_run(one_by_hand, is_by_rhythm=False)
        failed_run(blog)
    for _ in range(2):
        look()
    told = ["Oak & Ember: The Slow Table was not imported: The site does not answer."]
    assert to("alice@example.org") == told
    with scope.workspace(people.workspace.pk):
        later = failed_run(blog)
        ImportRun.objects.create(blog=blog, kind="url", state=RunState.DONE)
    look()
    assert to("alice@example.org") == told, "the next day's failure is the same trouble"
    with scope.workspace(people.workspace.pk):
        assert telling.open_incidents().get().path == f"/articles/imports/{later.pk}"
        ImportRun.objects.create(blog=blog, state=RunState.DONE, is_by_rhythm=True, finished_at=clock.now())
    look()
    with scope.workspace(people.workspace.pk):
        assert not telling.open_incidents().exists()


def failed_run(blog: Blog, *, is_by_rhythm: bool = True) -> ImportRun:
    run: ImportRun = ImportRun.objects.create(
        blog=blog,
        state=RunState.FAILED,
        is_by_rhythm=is_by_rhythm,
        error="The site does not answer.",
        finished_at=clock.now(),
    )
    return run


def test_words_that_wait_for_a_person_are_told_and_those_a_person_paused_are_not(
    people: People, account: Account
) -> None:
    with scope.workspace(people.workspace.pk):
        asset, target = furniture.picture(), account.targets.get()
        posts = [furniture.ready_post(asset, target=target) for _ in range(2)]
        words_runs.pause(words_runs.start_run([posts[0].pk], actor_id=people.alice.pk, overwrite_edited=True))
        run = words_runs.start_run([post.pk for post in posts], actor_id=people.alice.pk, overwrite_edited=True)
        WordsRun.objects.filter(pk=run.pk).update(state=WordsRunState.PAUSED, because=Cause.KEY_REFUSED)
    for _ in range(2):
        look()
    assert to("bob@example.org") == [
        "Oak & Ember: 2 posts wait for words: The key was refused. Set another key.",
    ]
    with scope.workspace(people.workspace.pk):
        words_runs.go_on(WordsRun.objects.get(pk=run.pk))
    look()
    with scope.workspace(people.workspace.pk):
        assert not telling.open_incidents().exists()
