"""Importing into rows, against a blog on loopback and a real database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from conftest import People
from petra.articles import editing, finding, importing, listing, turn
from petra.articles.models import Article, Blog, BlogList, ImportPage, ImportRun, RunState
from petra.articles.sandbox import sandbox
from petra.articles.site import reader
from petra.articles.tests.blog_server import BlogServer, Page, article_html, serving
from petra.lib import clock, presence, queue
from petra.lib.addresses import BadAddress
from petra.tenancy import scope
from petra.webhooks.models import Event

ARTICLES = ("/2025/rye-bread-for-beginners/", "/2025/a-sourdough-starter/", "/2025/salt-in-the-dough/")


@pytest.fixture
def blog_server(settings: Any) -> Iterator[BlogServer]:
    with serving(settings) as server:
        for number, path in enumerate(ARTICLES, 1):
            server.add_article(
                path, f"Bread number {number}", text=f"Loaf {number}. " + "Bread needs time and salt. " * 30
            )
        server.list_articles(*ARTICLES, "/about/", "/tag/rye/")
        server.pages["/about/"] = Page(b"<html><title>About | Bread</title><p>Who we are.</p></html>")
        yield server


def started(people: People, server: BlogServer, **options: Any) -> tuple[UUID, UUID]:
    with scope.workspace(people.workspace.pk):
        blog = importing.add_blog(server.home)
        run = importing.start_import(blog, **options)
        return people.workspace.pk, run.pk


def run_of(workspace_id: UUID, run_id: UUID) -> ImportRun:
    with scope.workspace(workspace_id):
        run: ImportRun = ImportRun.objects.get(pk=run_id)
        return run


def imported(people: People, server: BlogServer, **options: Any) -> ImportRun:
    workspace_id, run_id = started(people, server, **options)
    importing.run_import(workspace_id=workspace_id, run_id=run_id)
    return run_of(workspace_id, run_id)


def test_a_blog_becomes_rows_with_pictures_dates_and_events(people: People, blog_server: BlogServer) -> None:
    run = imported(people, blog_server)
    assert (run.state, run.new, run.failed, run.done, run.found) == (RunState.DONE, 3, 0, 4, 4)
    with scope.workspace(people.workspace.pk):
        article = Article.objects.get(address_key__endswith="/2025/rye-bread-for-beginners")
        assert article.title == "Bread number 1"
        assert article.published_as_written == "2025-03-01T08:00:00+02:00"
        image = article.images.get()
        assert (image.width_px, image.height_px, image.alt, image.is_lead) == (1000, 1500, "A loaf", True)
        kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds[0] == "import.started" and kinds[-1] == "import.finished"
    assert kinds.count("article.imported") == 3
    assert blog_server.paths()[0] == "/robots.txt" and len(blog_server.paths()) == len(set(blog_server.paths()))
    assert "/tag/rye/" not in blog_server.paths()


def test_importing_again_changes_nothing_and_notices_what_changed(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    blog_server.add_article(ARTICLES[1], "Bread number 2", text="Quite another text about bread and patience. " * 20)
    again = imported(people, blog_server)
    assert (again.new, again.changed, again.unchanged) == (0, 1, 2)
    with scope.workspace(people.workspace.pk):
        assert Article.objects.count() == 3
        assert "patience" in Article.objects.get(address_key__endswith="starter").text


def test_an_unchanged_page_costs_a_304(people: People, blog_server: BlogServer) -> None:
    blog_server.pages[ARTICLES[0]].headers["ETag"] = '"loaf-1"'
    imported(people, blog_server)
    blog_server.asked.clear()
    again = imported(people, blog_server)
    asked = next(asked for asked in blog_server.asked if asked.path == ARTICLES[0])
    assert asked.headers["if-none-match"] == '"loaf-1"' and again.unchanged == 3


def test_an_archived_article_is_not_brought_back(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    with scope.workspace(people.workspace.pk):
        editing.archive_article(Article.objects.get(address_key__endswith="starter"))
    blog_server.add_article(ARTICLES[1], "Bread number 2", text="Changed since. " * 60)
    blog_server.asked.clear()
    again = imported(people, blog_server)
    assert ARTICLES[1] not in blog_server.paths()
    assert again.state == RunState.DONE and again.changed == 0 and again.done == again.found
    with scope.workspace(people.workspace.pk):
        article = Article.objects.get(address_key__endswith="starter")
        assert article.archived_at is not None and "Changed since" not in article.text


def test_an_archived_article_stays_put_when_imported_by_hand(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    with scope.workspace(people.workspace.pk):
        editing.archive_article(Article.objects.get(address_key__endswith="starter"))
    run = imported(people, blog_server, kind="url", url=blog_server.home + ARTICLES[1])
    assert (run.state, run.skipped) == (RunState.DONE, 1)


def test_what_a_person_edited_is_not_overwritten(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    with scope.workspace(people.workspace.pk):
        editing.edit_article(Article.objects.get(address_key__endswith="starter"), title="My own title")
    blog_server.add_article(ARTICLES[1], "The page's new title", text="New words on the page. " * 40)
    imported(people, blog_server)
    with scope.workspace(people.workspace.pk):
        article = Article.objects.get(address_key__endswith="starter")
    assert (article.shown_title, article.title) == ("My own title", "The page's new title")


def test_a_page_that_is_missing_twice_is_marked_as_gone_and_kept(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    blog_server.pages[ARTICLES[0]] = Page(b"gone", status=410)
    again = imported(people, blog_server)
    assert again.state == RunState.DONE and again.problems_by_kind == {"http-410": 1}
    assert gone(people) == [], "one look says little"
    imported(people, blog_server)
    assert gone(people) == ["Bread number 1"]
    blog_server.add_article(ARTICLES[0], "Bread number 1")
    imported(people, blog_server)
    assert gone(people) == [], "it is back"


def test_a_page_that_no_list_names_any_more_is_looked_at_all_the_same(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    blog_server.list_articles(*ARTICLES[1:])
    blog_server.pages[ARTICLES[0]] = Page(b"gone", status=404)
    for _ in range(2):
        imported(people, blog_server)
    assert gone(people) == ["Bread number 1"]


def test_a_server_that_fails_makes_no_article_gone(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    for _ in range(2):
        blog_server.pages[ARTICLES[0]] = Page(b"oh no", status=403)
        imported(people, blog_server)
    assert gone(people) == []


def test_what_says_not_found_with_200_is_no_article_and_gone_in_the_end(
    people: People, blog_server: BlogServer
) -> None:
    imported(people, blog_server)
    blog_server.pages[ARTICLES[0]] = Page(b"<html><title>Page not found | Bread</title><h1>Page not found</h1></html>")
    run = imported(people, blog_server)
    assert run.problems_by_kind == {"not-found": 1} and gone(people) == []
    imported(people, blog_server)
    assert gone(people) == ["Bread number 1"]


def test_an_unchanged_mark_costs_no_request(people: People, blog_server: BlogServer, monkeypatch: Any) -> None:
    monkeypatch.setattr(listing, "ASKED_AGAIN", 1)
    marked = blog_server.pages["/sitemap.xml"].body.replace(b"</loc>", b"</loc><lastmod>2025-03-01T08:00:00Z</lastmod>")
    blog_server.pages["/sitemap.xml"].body = marked
    imported(people, blog_server)
    asked_again: set[str] = set()
    for _ in range(2):
        blog_server.asked.clear()
        again = imported(people, blog_server)
        assert (again.new, again.changed, again.unchanged, again.done) == (0, 0, 3, 4)
        assert len(set(blog_server.paths()) & set(ARTICLES)) == 1, "one is looked at again, each time another"
        assert "/about/" not in blog_server.paths(), "what was no article is not asked for again either"
        asked_again |= set(blog_server.paths()) & set(ARTICLES)
    assert len(asked_again) == 2
    newer = marked.replace(b"08:00:00Z</lastmod>", b"09:00:00Z</lastmod>", 1)
    blog_server.pages["/sitemap.xml"].body = newer
    blog_server.add_article(ARTICLES[0], "Bread number 1", text="Quite another text about patience. " * 20)
    assert imported(people, blog_server).changed == 1


def test_an_article_that_moved_keeps_its_row(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    moved = "/2025/rye-bread-for-everybody/"
    blog_server.pages[moved] = blog_server.pages.pop(ARTICLES[0])
    blog_server.list_articles(moved, *ARTICLES[1:])
    for _ in range(2):
        run = imported(people, blog_server)
        assert run.new == 0
    with scope.workspace(people.workspace.pk):
        article = Article.objects.get(title="Bread number 1")
    assert article.url.endswith(moved) and article.gone_at is None
    assert any(key.endswith("beginners") for key in article.also_at)


def gone(people: People) -> list[str]:
    with scope.workspace(people.workspace.pk):
        return list(Article.objects.filter(gone_at__isnull=False).values_list("title", flat=True))


def test_one_page_by_hand_is_imported_even_if_no_list_names_it(people: People, blog_server: BlogServer) -> None:
    blog_server.pages["/p?id=7"] = Page(article_html("Only by hand").encode())
    run = imported(people, blog_server, kind="url", url=f"{blog_server.home}/p?id=7&utm_source=x")
    assert run.new == 0 and run.failed == 1  # the address with tracking is another page to this server
    run = imported(people, blog_server, kind="url", url=f"{blog_server.home}/p?id=7")
    assert run.new == 1
    assert "/sitemap.xml" not in blog_server.paths()


def test_a_killed_import_goes_on_where_it_stood(
    people: People, blog_server: BlogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace_id, run_id = started(people, blog_server)
    is_one_settled = threading.Event()
    asked: list[str] = []
    fetch, settle = reader.Reader.fetch, turn.Turn._settle

    def dies_at_the_second(self: reader.Reader, wanted: reader.Wanted) -> Any:
        asked.append(wanted.candidate.url)
        if len(asked) > 1:
            assert is_one_settled.wait(20)
            raise KeyboardInterrupt
        return fetch(self, wanted)

    def settles(self: turn.Turn, *arguments: Any) -> None:
        settle(self, *arguments)
        is_one_settled.set()

    with monkeypatch.context() as patch:
        patch.setattr(reader.Reader, "fetch", dies_at_the_second)
        patch.setattr(turn.Turn, "_settle", settles)
        with pytest.raises(KeyboardInterrupt):
            importing.run_import(workspace_id=workspace_id, run_id=run_id)
    assert run_of(workspace_id, run_id).new == 1
    give_up_at = clock.monotonic() + 10
    while [lost.run_id for lost in finding.lost_imports(older_s=999)] != [run_id]:
        assert clock.monotonic() < give_up_at, "it is known to be lost as soon as the connection is gone"
        clock.sleep(0.02)
    blog_server.asked.clear()
    importing.run_import(workspace_id=workspace_id, run_id=run_id)
    run = run_of(workspace_id, run_id)
    assert (run.state, run.new, run.done) == (RunState.DONE, 3, 4)
    assert set(blog_server.paths()) & set(ARTICLES) == set(ARTICLES[1:])
    assert "/sitemap.xml" not in blog_server.paths()


def test_the_import_of_a_worker_that_lives_is_left_alone(
    people: People, blog_server: BlogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace_id, run_id = started(people, blog_server)
    living, number = presence.arrive()
    with living:
        assert turn.Turn(workspace_id, run_id, number=number).take()
        importing.run_import(workspace_id=workspace_id, run_id=run_id)
        assert run_of(workspace_id, run_id).holder_number == number and blog_server.paths() == []
        assert finding.lost_imports(older_s=999) == []
        monkeypatch.setattr(turn, "SILENT_S", 0.0)  # it lives, and says nothing any more: it hangs
        importing.run_import(workspace_id=workspace_id, run_id=run_id)
    run = run_of(workspace_id, run_id)
    assert (run.state, run.new, run.holder_number) == (RunState.DONE, 3, None)


def test_lists_that_are_as_they_were_are_not_read_again(
    people: People, blog_server: BlogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = "".join(f"<item><title>Bread</title><link>{blog_server.home}{path}</link></item>" for path in ARTICLES)
    blog_server.pages["/feed/"] = Page(
        f"<rss version='2.0'><channel><title>Bread</title>{feed}</channel></rss>".encode(), "application/rss+xml"
    )
    blog_server.pages["/sitemap.xml"].headers["ETag"] = '"one"'
    imported(people, blog_server)

    def reads(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError("a list was read again")

    with monkeypatch.context() as patch:
        patch.setattr(sandbox.Sandbox, "sitemap", reads)
        patch.setattr(sandbox.Sandbox, "feed", reads)
        again = imported(people, blog_server)
    assert (again.state, again.found, again.new, again.failed) == (RunState.DONE, 4, 0, 0)
    assert {"sitemap", "feed"} <= set(again.sources)
    asked = [one.headers.get("if-none-match") for one in blog_server.asked if one.path == "/sitemap.xml"]
    assert asked == [None, '"one"']
    blog_server.add_article("/2026/a-new-one/", "A new one", text="It was not there before. " * 30)
    blog_server.list_articles(*ARTICLES, "/2026/a-new-one/")
    assert imported(people, blog_server).new == 1
    with scope.workspace(people.workspace.pk):
        kept = sorted(url.removeprefix(blog_server.home) for url in BlogList.objects.values_list("url", flat=True))
    assert kept == ["/feed/", "/sitemap.xml"]


def test_a_site_that_shows_one_page_for_all_is_told(people: People, blog_server: BlogServer) -> None:
    paths = [f"/2025/{name}-of-bread/" for name in ("crust", "crumb", "smell", "sound", "taste", "price")]
    for number, path in enumerate(paths):
        blog_server.add_article(path, f"Chapter {number} {path[6:11]}", text="Please enable everything first. " * 30)
    blog_server.list_articles(*paths)
    run = imported(people, blog_server)
    assert run.problems[0]["kind"] == "one-text" and "the same text" in run.problems[0]["for_person"]


def test_categories_and_what_a_picture_says_of_pins_are_kept(people: People, blog_server: BlogServer) -> None:
    marks = 'data-pin-title="Rye, tall" data-pin-description="Bake it" data-pin-url="/rye/" data-pin-id="42"'
    extra = f'<img src="/tall.jpg" width="1000" height="1500" alt="Tall" title="Rye" {marks}>'
    head = '<a rel="category tag" href="/category/rye/">Rye</a><a rel="tag" href="/tag/sour/">sour</a>'
    blog_server.add_article(ARTICLES[0], "Bread number 1", text="Rye and time. " * 40, extra=extra + head)
    imported(people, blog_server)
    with scope.workspace(people.workspace.pk):
        article = Article.objects.get(address_key__endswith="/2025/rye-bread-for-beginners")
        assert article.categories == ["Rye"] and "sour" in article.tags
        image = article.images.get(url__endswith="/tall.jpg")
    assert (image.title, image.pin_title, image.pin_description, image.pin_id) == ("Rye", "Rye, tall", "Bake it", "42")
    assert image.pin_url == f"{blog_server.home}/rye/"


def test_a_page_that_breaks_the_worker_each_time_does_not_break_it_for_ever(
    people: People, blog_server: BlogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace_id, run_id = started(people, blog_server)

    def breaks(*_arguments: Any, **_options: Any) -> reader.Read:
        raise KeyboardInterrupt

    monkeypatch.setattr(reader.Reader, "fetch", breaks)
    monkeypatch.setattr(turn, "SILENT_S", 0.0)
    for _ in range(turn.MAX_TURNS):
        with pytest.raises(KeyboardInterrupt):
            importing.run_import(workspace_id=workspace_id, run_id=run_id)
    importing.run_import(workspace_id=workspace_id, run_id=run_id)
    run = run_of(workspace_id, run_id)
    assert run.state == RunState.FAILED and "several times" in run.error


def test_an_address_of_any_length_has_a_key_that_fits(people: People, blog_server: BlogServer) -> None:
    path = "/2025/" + "%E9%BA%A6" * 400 + "/"
    blog_server.add_article(path, "A long address")
    run = imported(people, blog_server, kind="url", url=blog_server.home + path)
    assert run.new == 1
    assert imported(people, blog_server, kind="url", url=blog_server.home + path).unchanged == 1


def test_lost_imports_are_found_across_workspaces(people: People, blog_server: BlogServer, monkeypatch: Any) -> None:
    started(people, blog_server)
    assert importing.resume_lost_imports() == 0
    monkeypatch.setattr(importing, "LOST_S", -1.0)
    assert importing.resume_lost_imports() == 1


def test_a_worker_that_ends_gives_its_import_back_with_what_it_read(
    people: People, blog_server: BlogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace_id, run_id = started(people, blog_server)
    settle = turn.Turn._settle

    def settled(self: turn.Turn, *arguments: Any) -> None:
        settle(self, *arguments)
        monkeypatch.setattr(queue, "is_ending", lambda: True)

    monkeypatch.setattr(turn.Turn, "_settle", settled)
    monkeypatch.setattr(turn, "SETTLED_AT_ONCE", 1)
    for read in (1, 2, 3, 4):
        monkeypatch.setattr(queue, "is_ending", lambda: False)
        importing.run_import(workspace_id=workspace_id, run_id=run_id)
        run = run_of(workspace_id, run_id)
        assert (run.state, run.done, run.turns, run.holder_id) == (RunState.QUEUED, read, 0, None)
        assert queue.is_waiting_or_running(importing.JOB, argument="run_id", value=str(run_id))
    monkeypatch.setattr(queue, "is_ending", lambda: False)
    importing.run_import(workspace_id=workspace_id, run_id=run_id)
    run = run_of(workspace_id, run_id)
    assert (run.state, run.new, run.skipped, run.failed) == (RunState.DONE, 3, 1, 0)


def test_pause_and_stop_end_the_turn_and_resume_goes_on(people: People, blog_server: BlogServer) -> None:
    workspace_id, run_id = started(people, blog_server)
    settle = turn.Turn._settle

    def paused_meanwhile(self: turn.Turn, *arguments: Any) -> None:
        with scope.workspace(workspace_id):
            importing.pause_import(ImportRun.objects.get(pk=run_id))
        settle(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn.Turn, "_settle", paused_meanwhile)
        importing.run_import(workspace_id=workspace_id, run_id=run_id)
    run = run_of(workspace_id, run_id)
    assert (run.state, run.new) == (RunState.PAUSED, 0)
    with scope.workspace(workspace_id):
        assert Article.objects.count() == 0, "the page read while pausing is not half written"
        resumed = importing.start_import(Blog.objects.get())
    assert (resumed.pk, resumed.state) == (run_id, RunState.QUEUED)
    importing.run_import(workspace_id=workspace_id, run_id=run_id)
    assert run_of(workspace_id, run_id).new == 3
    with scope.workspace(workspace_id):
        second = importing.start_import(Blog.objects.get())
        importing.stop_import(second)
    importing.run_import(workspace_id=workspace_id, run_id=second.pk)
    assert run_of(workspace_id, second.pk).state == RunState.STOPPED


def test_two_imports_of_one_blog_do_not_run_at_once(people: People, blog_server: BlogServer) -> None:
    workspace_id, _ = started(people, blog_server)
    with scope.workspace(workspace_id):
        blog = Blog.objects.get()
        with pytest.raises(importing.ImportBusy):
            importing.start_import(blog)
        assert importing.add_blog(f"{blog_server.home}/index.html?utm_source=a").pk == blog.pk


def test_an_address_that_leads_nowhere_fails_with_one_sentence(people: People, settings: Any) -> None:
    settings.IMPORT_GAP_S = 0
    with scope.workspace(people.workspace.pk):
        run = importing.start_import(importing.add_blog("http://127.0.0.1/", is_asked=False))
    importing.run_import(workspace_id=people.workspace.pk, run_id=run.pk)
    run = run_of(people.workspace.pk, run.pk)
    assert (run.state, run.error) == (RunState.FAILED, "This address could not be reached.")


def test_a_private_address_is_refused_at_once_unless_the_operator_allows_it(people: People, settings: Any) -> None:
    private = ("http://10.0.0.1/", "169.254.169.254/latest", "http://[::1]/", "localhost", "http://intra.localhost/")
    with scope.workspace(people.workspace.pk):
        kept = importing.add_blog("https://oak.example/")
        for address in private:
            with pytest.raises(BadAddress, match="PETRA_ALLOW_PRIVATE"):
                importing.add_blog(address)
            with pytest.raises(BadAddress, match="PETRA_ALLOW_PRIVATE"):
                importing.start_import(kept, kind="url", url=address)
        with pytest.raises(BadAddress, match="ports"):
            importing.add_blog("http://oak.example:6379/")
        assert list(Blog.objects.all()) == [kept] and not ImportRun.objects.exists()
        settings.ALLOW_PRIVATE = ["10.0.0.1:80", "[::1]:80", "oak.example:6379"]
        for address in (private[0], private[2], "http://oak.example:6379/"):
            importing.add_blog(address)
        assert Blog.objects.count() == 4


def test_a_blog_is_named_as_people_read_its_address(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        blog = importing.add_blog("https://www.Bäckerei-Müller.example/blog")
    assert blog.name == "bäckerei-müller.example"
    assert blog.address == f"https://{'www.bäckerei-müller.example'.encode('idna').decode()}/blog"


def test_addresses_that_are_none_are_refused_at_once(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        for address in ("", "file:///etc/passwd", "javascript:alert(1)", "http://user:secret@example.com/"):
            with pytest.raises(BadAddress):
                importing.add_blog(address)


def test_a_flaky_site_is_asked_again(people: People, blog_server: BlogServer) -> None:
    blog_server.pages[ARTICLES[0]].fails_first = 2
    blog_server.pages["/sitemap.xml"].fails_first = 1
    run = imported(people, blog_server)
    assert (run.new, run.failed) == (3, 0)


def test_a_page_that_cannot_be_read_is_reported_and_harms_nothing_else(people: People, blog_server: BlogServer) -> None:
    blog_server.pages[ARTICLES[0]] = Page(b"%PDF-1.7", "application/pdf")
    blog_server.pages[ARTICLES[1]] = Page(b"no", status=403)
    run = imported(people, blog_server)
    assert (run.state, run.new, run.skipped, run.failed) == (RunState.DONE, 1, 2, 1)
    assert run.problems_by_kind == {"no-page": 1, "http-403": 1}
    with scope.workspace(people.workspace.pk):
        notes = dict(ImportPage.objects.values_list("address_key", "note"))
    assert "application/pdf" in next(note for key, note in notes.items() if "rye" in key)


def test_strangers_see_nothing_of_an_import(people: People, blog_server: BlogServer) -> None:
    run = imported(people, blog_server)
    with scope.workspace(people.elsewhere.pk):
        assert not Article.objects.exists() and not ImportPage.objects.exists()
        assert not ImportRun.objects.filter(pk=run.pk).exists()
    importing.run_import(workspace_id=people.elsewhere.pk, run_id=run.pk)
