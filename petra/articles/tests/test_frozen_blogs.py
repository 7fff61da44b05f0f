"""Three real generators' sites, frozen, with what a correct import finds. They lie outside the repository:
PETRA_BLOGS.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2
import pytest

from conftest import People, needed
from petra.articles import importing, turn
from petra.articles.identity import address_key
from petra.articles.models import Article, ImportRun, RunState
from petra.articles.site.collecting import collect
from petra.tenancy import scope

BLOGS = Path(os.environ.get("PETRA_BLOGS") or Path(__file__).resolve().parents[4] / "shared" / "blogs")
NAMES = ("eleventy-8106", "hexo-8105", "pelican-8104")


@contextmanager
def replayed(name: str, log: Path, *options: str) -> Iterator[str]:
    """Serve a frozen blog on the port its pages name."""
    if not (BLOGS / "replay_server.py").is_file():
        needed("the frozen blogs are not here: set PETRA_BLOGS")
    port = int(name.rpartition("-")[2])
    command = [sys.executable, str(BLOGS / "replay_server.py"), str(BLOGS / f"{name}.jsonl.gz"), "--log", str(log)]
    with _alone_on(port):
        server = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                if server.poll() is not None:
                    needed(f"the server of {name} did not start")
                try:
                    httpx2.get(f"http://127.0.0.1:{port}/no-such-page", trust_env=False)
                    break
                except httpx2.ConnectError:
                    time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.kill()
            server.wait()


@contextmanager
def _alone_on(port: int) -> Iterator[None]:
    """Wait until no other test process serves on this port, nor anybody else."""
    with (Path(tempfile.gettempdir()) / f"petra-test-port-{port}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for _ in range(300):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                    break
                except OSError:
                    time.sleep(0.2)
        else:
            needed(f"port {port} is taken")
        yield


def _hurried(seconds: float) -> None:
    time.sleep(seconds / 20)


def collected(home: str) -> dict[str, Any]:
    port = int(home.rstrip("/").rpartition(":")[2])
    return collect(home, allow_private=frozenset({("127.0.0.1", port)}), gap_s=0.0, sleep=_hurried).as_data()


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_blog_is_imported_without_a_missing_or_invented_article(name: str, tmp_path: Path) -> None:
    with replayed(name, tmp_path / "log") as home:
        found = collected(home)
    result = tmp_path / "result.json"
    result.write_text(json.dumps(found), encoding="utf-8")
    check = subprocess.run(
        [sys.executable, str(BLOGS / "check.py"), str(BLOGS / f"{name}.json"), str(result), "--show"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert check.returncode == 0, check.stdout
    rows = [line.rsplit(maxsplit=1) for line in check.stdout.splitlines() if line.rpartition("/")[2].isdigit()]
    # The expected tags of one Eleventy post are one text that holds a list: a fault of the expectation.
    fallen = [name for name, share in rows if len(set(share.split("/"))) > 1 and not name.startswith("tags")]
    assert fallen == [], check.stdout


def test_the_manners_on_a_frozen_blog_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with replayed("pelican-8104", log) as home:
        collected(home)
        time.sleep(0.2)
    asked = [json.loads(line)["target"] for line in log.read_text(encoding="utf-8").splitlines()]
    asked = [path for path in asked if path != "/no-such-page"]
    assert asked[0] == "/robots.txt" and len(asked) == len(set(asked))
    assert not [path for path in asked if path.startswith(("/pictures", "/drafts"))]


def into_rows(people: People, home: str) -> ImportRun:
    with scope.workspace(people.workspace.pk):
        run = importing.start_import(importing.add_blog(home))
    importing.run_import(workspace_id=people.workspace.pk, run_id=run.pk)
    with scope.workspace(people.workspace.pk):
        run.refresh_from_db()
    assert run.state == RunState.DONE, run.error
    return run


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_blog_is_imported_again_edited_gone_and_flaky(
    name: str, people: People, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOW_PRIVATE, settings.IMPORT_GAP_S = [f"127.0.0.1:{name.rpartition('-')[2]}"], 0.0
    monkeypatch.setattr(turn.Turn, "wait", lambda _self, seconds: _hurried(seconds))
    with replayed(name, tmp_path / "1") as home:
        first = into_rows(people, home)
        again = into_rows(people, home)
    assert first.new > 0 and (again.new, again.changed, again.failed) == (0, 0, first.failed)
    with scope.workspace(people.workspace.pk):
        article = max(Article.objects.all(), key=lambda one: len(one.text))
        path = unquote(urlsplit(article.url).path)
    with replayed(name, tmp_path / "2", "--edit", path) as home:
        edited = into_rows(people, home)
    # On Pelican's pages the added sentence lands in the box with date and category; a sentence there counts as text.
    assert (edited.new, edited.changed) == (0, 1)
    for turns in (1, 2):
        with replayed(name, tmp_path / f"gone-{turns}", "--gone", path) as home:
            into_rows(people, home)
        assert is_gone(people, article) is (turns == 2)
    with replayed(name, tmp_path / "flaky", "--flaky", "0.15") as home:
        flaky = into_rows(people, home)
    assert flaky.new == 0
    with scope.workspace(people.workspace.pk):
        assert Article.objects.count() == first.new


def is_gone(people: People, article: Article) -> bool:
    with scope.workspace(people.workspace.pk):
        return Article.objects.get(pk=article.pk).gone_at is not None


def test_a_flaky_frozen_blog_is_imported_whole(tmp_path: Path) -> None:
    with replayed("eleventy-8106", tmp_path / "log", "--flaky", "0.2") as home:
        found = collected(home)
    assert len(found["articles"]) == 4


def test_translations_are_articles_of_their_own_and_linked(tmp_path: Path) -> None:
    with replayed("pelican-8104", tmp_path / "log") as home:
        found = collected(home)
    french = next(one for one in found["articles"] if one["url"].endswith("/second-article-fr.html"))
    assert french["language"] == "fr"
    assert address_key(french["translations"]["en"]).endswith("/second-article.html")
