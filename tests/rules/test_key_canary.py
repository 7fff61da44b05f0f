"""No key of a provider leaks: one that can be recognised is entered, used, refused and forgotten, and searched for in
every page, row, event, log and error. The server of this test repeats the key in its refusals, as some do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai import scripted
from petra.ai.testing import AiDouble, ai_double  # noqa: F401  a fixture
from petra.posts.models import Generation, GenerationState, Post, WordsRun
from petra.posts.testing import work
from petra.posts.words import runs as words_runs
from petra.tenancy import scope
from petra.tenancy.models import User
from petra.web.tests import words_rows
from petra.web.tests.page_rows import furnish
from tests.rules.test_canary import forms, leaks, pages, rows_of_all_tables

KEY = "sk-kanarienvogel-9f2c4b6d8e0a-4711"
WRONG = "sk-kanarienvogel-wrong-0000000000-1212"


def test_no_key_is_found_anywhere(
    ai_double: AiDouble,  # noqa: F811  the fixture
    real_people: People,
    browser_of: Callable[[User], Browser],
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.ALLOW_PRIVATE = [f"127.0.0.1:{ai_double.port}"]
    ai_double.key = KEY
    browser = browser_of(real_people.alice)
    said: dict[str, str] = {}
    form = {"provider": "compatible", "base_url": ai_double.url, "model": "double-small"}
    form |= {"per_minute": "600", "at_once": "5", "input_usd": "1", "output_usd": "4"}
    with scope.workspace(real_people.workspace.pk):
        house = furnish(real_people.workspace)
        posts = [words_rows.written_pin(house) for _ in range(3)]

    def asked(post: Post) -> Generation:
        said[f"asked {len(said)}"] = browser.post(f"/pins/{post.pk}/words", {"fields": "title"}).content.decode()
        work()
        with scope.workspace(real_people.workspace.pk):
            return Generation.objects.filter(post=post).order_by("-created_at")[0]  # type: ignore[no-any-return]

    for key in (WRONG, KEY):
        said[f"saved {key == KEY}"] = browser.post(
            "/settings/writing", {**form, "key": key}, follow=True
        ).content.decode()
        for act in ("test", "models"):
            answer = browser.post(f"/settings/writing/{act}", {"key": key}, follow=True, headers={"HX-Request": "true"})
            said[f"{act} {key == KEY}"] = answer.content.decode()
        row = asked(posts[0])
        assert row.state == (GenerationState.PROPOSED if key == KEY else GenerationState.FAILED)
    said["refused"] = browser.post("/settings/writing", {**form, "key": f"{KEY} x"}).content.decode()
    ai_double.script(scripted.key_refused(KEY))
    with scope.workspace(real_people.workspace.pk, actor_id=real_people.alice.pk):
        run = words_runs.start_run([post.pk for post in posts], actor_id=real_people.alice.pk, overwrite_edited=True)
    work()
    with scope.workspace(real_people.workspace.pk):
        run = WordsRun.objects.get(pk=run.pk)
    assert sum(entry.key in (KEY, WRONG) for entry in ai_double.journal) >= 6  # the keys did travel

    ids = {"pin_id": posts[0].pk, "post_id": posts[0].pk, "blog_id": house.blog.pk, "words_run_id": run.pk}
    seen = dict(pages(browser, **ids))
    for page in ("/settings/writing", f"/pins/{posts[0].pk}", f"/pins/words/{run.pk}", "/activity"):
        assert "</main>" in seen[page], page  # the whole page was there to be searched
    places = {f"{table} {n}": row for n, (table, row) in enumerate(rows_of_all_tables())} | seen | said
    printed = capfd.readouterr()
    places |= {"log": caplog.text, "stdout": printed.out, "stderr": printed.err}
    places |= {f"log record {n}": repr(vars(record)) for n, record in enumerate(caplog.records)}
    assert leaks(places, forms(KEY) | forms(WRONG) | {"kanarienvogel"}) == []
