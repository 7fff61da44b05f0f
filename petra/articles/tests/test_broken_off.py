"""Imports and answers that break off or are broken: what was found, and what is there, stays right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import People
from petra.articles import importing, turn
from petra.articles.lists import wordpress
from petra.articles.models import Article, ImportPage, ImportRun, RunState
from petra.articles.tests.blog_server import BlogServer, Page, article_html, serving
from petra.articles.tests.test_importing import run_of
from petra.tenancy import scope

ARTICLES = ("/2025/rye-bread-for-beginners/", "/2025/a-sourdough-starter/", "/2025/salt-in-the-dough/")


@pytest.fixture
def blog_server(settings: Any) -> Iterator[BlogServer]:
    with serving(settings) as server:
        settings.ALLOW_PRIVATE += [f"localhost:{server.port}"]
        for path in ARTICLES:
            server.add_article(path, path.strip("/")[5:])
        server.list_articles(*ARTICLES)
        yield server


@pytest.mark.parametrize("is_moved", [True, False], ids=["the blog moved to another host", "its feed was given"])
def test_an_import_that_goes_on_still_knows_where_its_articles_lie(
    people: People, blog_server: BlogServer, monkeypatch: pytest.MonkeyPatch, *, is_moved: bool
) -> None:
    if is_moved:
        home = f"http://localhost:{blog_server.port}/"
        blog_server.pages["/"] = Page(b"", status=301, headers={"Location": f"{blog_server.home}/home/"})
        blog_server.pages["/home/"] = Page(b"<html><title>Bread</title><p>Welcome.</p></html>")
        blog_server.list_articles(*(f"/home{path}" for path in ARTICLES))
        blog_server.pages["/"] = Page(b"", status=301, headers={"Location": f"{blog_server.home}/home/"})
        for path in ARTICLES:
            blog_server.pages[f"/home{path}"] = blog_server.pages[path]
    else:
        home = f"{blog_server.home}/feed/"
        items = "".join(f"<item><title>{path}</title><link>{blog_server.home}{path}</link></item>" for path in ARTICLES)
        feed = f'<rss version="2.0"><channel><title>Bread</title>{items}</channel></rss>'
        blog_server.pages["/feed/"] = Page(feed.encode(), "application/rss+xml")
    with scope.workspace(people.workspace.pk):
        run = importing.start_import(importing.add_blog(home))
    with monkeypatch.context() as patched:
        patched.setattr(turn.Turn, "read_pages", _killed)
        with pytest.raises(_Killed):
            importing.run_import(workspace_id=people.workspace.pk, run_id=run.pk)
    importing.run_import(workspace_id=people.workspace.pk, run_id=run.pk)
    done = run_of(people.workspace.pk, run.pk)
    with scope.workspace(people.workspace.pk):
        assert set(ImportPage.objects.filter(run=run).values_list("state", "note")) == {("article", "")}
    assert (done.state, done.new, done.skipped) == (RunState.DONE, 3, 0)


class _Killed(BaseException):
    """A worker that is killed."""


def _killed(*_: object) -> None:
    raise _Killed


def _imported(people: People, server: BlogServer) -> ImportRun:
    with scope.workspace(people.workspace.pk):
        run = importing.start_import(importing.add_blog(server.home))
    importing.run_import(workspace_id=people.workspace.pk, run_id=run.pk)
    return run_of(people.workspace.pk, run.pk)


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "new"])
def test_a_page_that_breaks_off_is_read_anew_and_never_takes_the_place_of_a_whole_one(
    people: People, blog_server: BlogServer, *, is_known: bool
) -> None:
    page = blog_server.pages[ARTICLES[0]]
    whole = article_html("Rye bread", text="Rye bread wants time. " * 40 + "This is its end.").encode()
    page.body, page.headers = whole, {"ETag": '"one"'}
    if is_known:
        _imported(people, blog_server)
        page.headers = {"ETag": '"two"'}
        page.body = whole.replace(b"Rye bread wants", b"A rye bread wants")
    page.ends_after = whole.index(b"</p>") - 300
    broken = _imported(people, blog_server)
    with scope.workspace(people.workspace.pk):
        told = ImportPage.objects.get(run=broken, url__endswith=ARTICLES[0]).note
        article = Article.objects.get(address_key__endswith="/2025/rye-bread-for-beginners")
        assert article.text.endswith("This is its end.") is is_known
    assert "broke off" in told
    page.ends_after = None
    _imported(people, blog_server)
    with scope.workspace(people.workspace.pk):
        article.refresh_from_db()
        assert article.text.endswith("This is its end.")


def test_what_no_database_holds_is_left_out_of_an_engines_list(people: People, blog_server: BlogServer) -> None:
    blog_server.pages["/"] = Page(b'<title>Bread</title><link rel="https://api.w.org/" href="/wp-json/">')
    rows = [
        {"id": at, "link": blog_server.home + path, "date": "2025\x00", "modified": "\ud800\x00", "modified_gmt": gmt}
        for at, (path, gmt) in enumerate(zip(ARTICLES, ("2025\x00", "\ud800", {"\x00": 1}), strict=True))
    ]
    blog_server.pages[wordpress.posts_url("/wp-json/", 1)] = Page(json.dumps(rows).encode(), "application/json")
    run = _imported(people, blog_server)
    assert (run.state, run.new, "rest" in run.sources) == (RunState.DONE, 3, True)


def test_what_no_database_holds_is_left_out_of_a_collection_in_json(people: People, blog_server: BlogServer) -> None:
    blog_server.pages["/"] = Page(b'<title>Bread</title><script src="//static1.squarespace.com/x.js"></script>')
    items = [{"fullUrl": path, "id": "a\x00\ud800"} for path in ARTICLES]
    blog_server.pages["/?format=json"] = Page(json.dumps({"items": items}).encode(), "application/json")
    run = _imported(people, blog_server)
    assert (run.state, run.new, "rest" in run.sources) == (RunState.DONE, 3, True)


def test_what_no_database_holds_is_left_out_of_what_robots_txt_names(people: People, blog_server: BlogServer) -> None:
    robots = f"User-agent: *\nSitemap: {blog_server.home}/\0odd.xml\nSitemap: {blog_server.home}/sitemap.xml\n"
    blog_server.pages["/robots.txt"] = Page(robots.encode(), "text/plain")
    run = _imported(people, blog_server)
    assert (run.state, run.new, len(run.problems)) == (RunState.DONE, 3, 1)
