"""No key of a model leaks: it goes all the ways keys go, and is searched for everywhere else.

The provider of this test is nasty: whatever it refuses, it repeats the request's headers and body in its answer.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai import scripted
from petra.ai.contract import WriterFailed
from petra.articles.models import Blog
from petra.posts.models import Generation, Post
from petra.posts.testing import let_time_pass, post_of, work
from petra.posts.tests.samples import article
from petra.posts.words import access_keys, writing
from petra.posts.words import runs as words_runs
from petra.posts.words.access_keys import Wish
from petra.tenancy import scope
from petra.tenancy.models import User, Workspace
from tests.rules.test_canary import forms, leaks, pages, rows_of_all_tables

KEY = "sk-kanarienvogel-4f9a27c61be0d835"
REFUSALS = (400, 401, 403, 404, 422, 429, 500, 502)


class NastyProvider(ThreadingHTTPServer):
    """Answers the next requests with these statuses, with everything it heard in the body; then with words."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.refuse: list[int] = []
        self.heard: list[str] = []
        self.is_html = False

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Door(BaseHTTPRequestHandler):
    server: NastyProvider
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: dict[str, object]) -> None:
        said = f"{dict(self.headers)} {self.headers.get('Authorization')}"
        self.server.heard.append(said)
        if self.server.refuse:
            status = self.server.refuse.pop(0)
            told = {"error": {"message": f"No: {said}", "code": said, "type": said, "param": said}}
            raw = f"<title>{said}</title>" if self.server.is_html else json.dumps(told)
            return self._send(status, raw.encode())
        words = scripted.own_words(body)
        done = scripted.completion(str(body.get("model")), words, "stop", None)
        return self._send(200, json.dumps(done).encode())

    def _send(self, status: int, raw: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        pass


@pytest.fixture
def nasty(settings: Settings) -> Iterator[NastyProvider]:
    server = NastyProvider()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    settings.ALLOW_PRIVATE = [f"127.0.0.1:{server.server_address[1]}"]
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


def told(said: list[str], work: Callable[[], object]) -> None:
    """Keep everything an error and those behind it say."""
    try:
        said.append(repr(work()))
    except WriterFailed as error:
        chain: BaseException | None = error
        while chain is not None:
            said.extend([str(chain), repr(chain), str(chain.args), str(vars(chain)), str(getattr(chain, "detail", ""))])
            chain = chain.__cause__ or chain.__context__


def ask_in_every_way(nasty: NastyProvider, workspace: Workspace, said: list[str]) -> tuple[UUID, UUID]:
    """Save, check, list, write alone and for many, with refusals of every kind; errors' texts go to `said`."""
    with scope.workspace(workspace.pk):
        post = post_of(article())
        blog = Blog.objects.get()
        for of in (None, blog):
            wish = Wish("compatible", key=KEY, base_url=nasty.base, model="nasty", per_minute=10_000)
            said.extend([repr(wish), str(wish), repr(access_keys.save(of, wish)), repr(access_keys.own_access(of))])
        said.extend([repr(access_keys.opened(None)), repr(vars(access_keys.opened(None)))])
    for is_html in (False, True):
        nasty.is_html = is_html
        for status in REFUSALS[::3] if is_html else REFUSALS:
            for ask in (access_keys.check, access_keys.models):
                nasty.refuse = [status] * 6
                told(said, lambda ask=ask: ask(workspace.pk))  # type: ignore[misc]
            nasty.refuse = [status] * 6
            with scope.workspace(workspace.pk):
                writing.start(Post.objects.get(pk=post.pk), feedback="Shorter.")
            for _ in range(3):
                work()
                nasty.refuse = [status] * 6
                let_time_pass(workspace.pk, 4000)
            with scope.workspace(workspace.pk):
                for left in Generation.objects.filter(state="running"):
                    writing.stop(left)
                said.extend(map(str, Generation.objects.values_list("error_detail", flat=True)))
    nasty.refuse = []
    let_time_pass(workspace.pk, 4000)
    with scope.workspace(workspace.pk):
        writing.start(Post.objects.get(pk=post.pk))
        run = words_runs.start_run([post_of(post.article).pk], actor_id=None, overwrite_edited=True)
    work()
    nasty.refuse = [401] * 6
    access_keys.check(workspace.pk)
    return post.pk, run.pk


def test_no_key_is_found_anywhere(
    nasty: NastyProvider,
    real_people: People,
    browser_of: Callable[[User], Browser],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    post_id, run_id = ask_in_every_way(nasty, real_people.workspace, said)
    secrets = set().union(*(forms(one) for one in (KEY, f"Bearer {KEY}", KEY[:24], KEY[6:30])))

    # The key did travel, the refusals did arrive, and what they said was kept without it.
    assert sum(KEY in heard for heard in nasty.heard) > 40
    with scope.workspace(real_people.workspace.pk):
        details = list(Generation.objects.exclude(error="").values_list("error_detail", flat=True))
        assert Generation.objects.filter(state__in=["proposed", "kept"]).count() >= 2
        assert access_keys.access_of(None).last_error == "key_refused"
        blog_id = Blog.objects.get().pk
    said.extend(details)

    browser = browser_of(real_people.alice)
    browser.raise_request_exception = False
    places = {f"{table} {n}": row for n, (table, row) in enumerate(rows_of_all_tables())}
    seen = dict(pages(browser, post_id=post_id, pin_id=post_id, run_id=run_id, blog_id=blog_id))
    assert "</main>" in seen[f"/pins/{post_id}"]
    places |= seen
    places |= {f"error {n}": text for n, text in enumerate(said)}
    printed = capfd.readouterr()
    places |= {"log": caplog.text, "stdout": printed.out, "stderr": printed.err}
    places |= {f"log record {n}": repr(vars(record)) for n, record in enumerate(caplog.records)}
    assert leaks(places, secrets) == []
