"""What an import meets beside its pages: lists of any length, a second button press, a blog that is taken away."""

from __future__ import annotations

import random
import string
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from conftest import People
from petra.articles import importing, listing, removing
from petra.articles.models import Blog, BlogList, ImportPage, ImportRun, RunState
from petra.articles.tests.blog_server import BlogServer, Page, serving
from petra.articles.tests.test_importing import ARTICLES, imported, started
from petra.lib import clock
from petra.tenancy import scope


@pytest.fixture
def blog_server(settings: Any) -> Iterator[BlogServer]:
    with serving(settings) as server:
        for number, path in enumerate(ARTICLES, 1):
            server.add_article(path, f"Bread number {number}")
        server.list_articles(*ARTICLES)
        yield server


def test_a_list_whose_address_no_index_row_holds_is_read_all_the_same(people: People, blog_server: BlogServer) -> None:
    dice = random.Random(1)
    path = "/sitemap.xml?" + "".join(dice.choice(string.ascii_letters) for _ in range(3_500))
    blog_server.pages[path] = blog_server.pages["/sitemap.xml"]
    blog_server.pages["/robots.txt"] = Page(f"Sitemap: {blog_server.home}{path}\n".encode(), "text/plain")
    run = imported(people, blog_server)
    assert (run.state, run.new) == (RunState.DONE, 3)


def test_a_blog_longer_than_one_import_is_read_in_several(
    people: People, blog_server: BlogServer, settings: Any
) -> None:
    settings.IMPORT_MAX_PAGES = 2
    first, second = imported(people, blog_server), imported(people, blog_server)
    assert first.new == 2 and first.problems_by_kind == {"budget": 1}
    assert second.new == 1, "what is there already waits for what is not, though no list says when it changed"


def test_single_pages_do_not_take_the_report_of_the_whole_blog_away(people: People, blog_server: BlogServer) -> None:
    whole = imported(people, blog_server)
    for path in (*ARTICLES, *ARTICLES):
        imported(people, blog_server, kind="url", url=f"{blog_server.home}{path}")
    with scope.workspace(people.workspace.pk):
        assert ImportPage.objects.filter(run=whole).count() == 3
        assert ImportPage.objects.exclude(run=whole).count() == listing.KEPT_RUNS


def test_a_blog_that_is_added_twice_at_once_is_one(real_people: People) -> None:
    gate, found = threading.Barrier(2), list[object]()

    def add() -> None:
        try:
            with scope.workspace(real_people.workspace.pk):
                gate.wait(10)
                found.append(importing.add_blog("https://bread.example/").pk)
                clock.sleep(0.3)  # longer than the other needs to look for it
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and found[0] == found[1], "a button pressed twice"


def test_a_blog_may_be_removed_while_a_worker_still_looks_at_it(real_people: People, blog_server: BlogServer) -> None:
    workspace_id, run_id = started(real_people, blog_server)

    class Removed(dict[str, Page]):
        def get(self, path: str, default: Any = None) -> Any:
            if path == "/":
                with scope.workspace(workspace_id):
                    run = ImportRun.objects.get(pk=run_id)
                    removing.remove_blog(importing.stop_import(run).blog)
                connections.close_all()
            return dict.get(self, path, default)

    blog_server.pages = Removed(blog_server.pages)
    importing.run_import(workspace_id=workspace_id, run_id=run_id)
    with scope.workspace(workspace_id):
        assert not Blog.objects.exists() and not BlogList.objects.exists()
