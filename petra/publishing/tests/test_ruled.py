"""The rule of a blog: its new articles make pins by themselves, each once, and the first import surprises nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from conftest import People
from petra.accounts.models import Account, Target
from petra.articles import editing, importing, ruling, sources
from petra.articles.models import Article, Blog, ImportRun, Ruled
from petra.articles.ruling import Rule
from petra.articles.tests.blog_server import BlogServer, Page, serving
from petra.lib.errors import ProductError
from petra.posts import composing
from petra.posts.models import Post
from petra.publishing import ruled, scheduling, slots
from petra.publishing import testing as furniture
from petra.publishing.models import Delivery
from petra.simulator.testing import Simulator
from petra.tenancy import scope
from petra.webhooks.models import Event

OLD = ("/2025/rye-bread-for-beginners/", "/2025/a-sourdough-starter/")
NEW = ("/2026/salt-in-the-dough/", "/2026/water-and-its-warmth/")


def text(number: int) -> str:
    return f"Loaf number {number} needs time. " * (20 + number) + f"It rests {number} hours in its basket of linen."


@pytest.fixture
def blog_server(settings: Any, tmp_path: Any) -> Iterator[BlogServer]:
    settings.MEDIA_ROOT = tmp_path / "files"
    with serving(settings) as server:
        for number, path in enumerate(OLD):
            add(server, path, number)
        server.list_articles(*OLD)
        yield server


def add(server: BlogServer, path: str, number: int) -> None:
    picture = BytesIO()
    Image.new("RGB", (800, 1200), (40 * number, 90, 120)).save(picture, "JPEG")
    server.pages[f"/{number}.jpg"] = Page(picture.getvalue(), "image/jpeg")
    extra = f'<img src="/{number}.jpg" width="800" height="1200" alt="Loaf {number}">'
    server.add_article(path, f"Bread number {number}", text=text(number), extra=extra)


def write_new(server: BlogServer) -> None:
    for number, path in enumerate(NEW, 5):
        add(server, path, number)
    server.list_articles(*OLD, *NEW)


def imported(people: People, server: BlogServer, **options: Any) -> ImportRun:
    with scope.workspace(people.workspace.pk):
        run = importing.start_import(importing.add_blog(server.home), **options)
    importing.run_import(workspace_id=people.workspace.pk, run_id=run.pk)
    with scope.workspace(people.workspace.pk):
        run.refresh_from_db()
        assert run.state == "done"
        return run


def with_rule(people: People, server: BlogServer, rule: Rule | None) -> Blog:
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        return ruling.set_rule(importing.add_blog(server.home), rule)


def drafted(people: People, blog: Blog) -> int:
    return ruled.draft_ruled(workspace_id=people.workspace.pk, blog_id=blog.pk)


def posts(people: People) -> list[Post]:
    with scope.workspace(people.workspace.pk):
        return list(Post.objects.select_related("article", "target").order_by("created_at"))


def boards(people: People, simulator: Simulator) -> tuple[Account, list[Target]]:
    with scope.workspace(people.workspace.pk):
        account = furniture.connect(simulator.accounts(1, boards=2, is_unlimited=True)[0], network="pinterest")
        found = list(account.targets.order_by("name"))
        every_hour = [slots.WeeklyTime(day, hour) for day in range(7) for hour in (time(9), time(15))]
        scheduling.set_slots(account, every_hour)
    return account, found


def test_new_articles_make_pins_once_and_old_ones_none(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    blog = with_rule(people, blog_server, Rule(pins=1))
    assert imported(people, blog_server).new == 0 and drafted(people, blog) == 0
    write_new(blog_server)
    imported(people, blog_server)
    assert ruled.enqueue_waiting() == 1
    assert drafted(people, blog) == 2 and drafted(people, blog) == 0
    made = posts(people)
    assert {post.article.url.removeprefix(blog_server.home) for post in made if post.article} == set(NEW)
    assert imported(people, blog_server).new == 0 and drafted(people, blog) == 0 and len(posts(people)) == 2
    assert ruled.enqueue_waiting() == 0


def test_the_first_import_makes_pins_only_where_that_was_asked_for(people: People, blog_server: BlogServer) -> None:
    blog = with_rule(people, blog_server, Rule())
    run = imported(people, blog_server)
    assert run.problems[0]["kind"] == "not-ruled" and "first import" in run.problems[0]["for_person"]
    assert drafted(people, blog) == 0
    with scope.workspace(people.workspace.pk):
        Article.objects.all().delete()
        ImportRun.objects.all().delete()
    blog = with_rule(people, blog_server, Rule(has_first=True))
    assert imported(people, blog_server).problems == [] and drafted(people, blog) == 2


def test_too_many_at_once_or_a_list_by_hand_make_none(
    people: People, blog_server: BlogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(people, blog_server)
    blog = with_rule(people, blog_server, Rule())
    monkeypatch.setattr(ruling, "MOST_AT_ONCE", 1)
    write_new(blog_server)
    run = imported(people, blog_server)
    assert "more than a blog writes" in run.problems[0]["for_person"] and drafted(people, blog) == 0
    with scope.workspace(people.workspace.pk):
        assert set(Article.objects.filter(ruled=Ruled.LEFT).values_list("url", flat=True)) == {
            blog_server.home + path for path in NEW
        }


def test_archived_articles_and_those_of_an_ended_rule_make_none(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    blog = with_rule(people, blog_server, Rule())
    write_new(blog_server)
    imported(people, blog_server)
    with scope.workspace(people.workspace.pk):
        editing.archive_article(Article.objects.get(url=blog_server.home + NEW[0]))
    assert drafted(people, blog) == 1
    with scope.workspace(people.workspace.pk):
        assert Article.objects.get(url=blog_server.home + NEW[0]).ruled == Ruled.LEFT
        Article.objects.filter(url=blog_server.home + OLD[0]).update(ruled=Ruled.WAITING)
    with_rule(people, blog_server, None)
    assert drafted(people, blog) == 0 and ruled.enqueue_waiting() == 0


def test_a_killed_worker_leaves_no_pin_out_and_makes_none_twice(
    people: People, blog_server: BlogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(people, blog_server)
    blog = with_rule(people, blog_server, Rule(pins=2))
    write_new(blog_server)
    imported(people, blog_server)

    def dies(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ruled, "_finish", dies)
        with pytest.raises(KeyboardInterrupt):
            drafted(people, blog)
    assert len(posts(people)) == 2, "those of the first article"
    drafted(people, blog)
    per_article = [post.article_id for post in posts(people)]
    assert len(per_article) == 4 and {per_article.count(one) for one in per_article} == {2}


def test_pins_take_boards_in_turn_and_free_slots_where_the_rule_says_so(
    people: People, blog_server: BlogServer, simulator: Simulator
) -> None:
    account, found = boards(people, simulator)
    imported(people, blog_server)
    blog = with_rule(people, blog_server, Rule(pins=2, target_ids=[one.pk for one in found[:2]], is_planned=True))
    write_new(blog_server)
    imported(people, blog_server)
    assert drafted(people, blog) == 4
    assert [post.target_id for post in posts(people)] == [found[0].pk, found[1].pk] * 2
    with scope.workspace(people.workspace.pk):
        due = list(Delivery.objects.filter(account=account).values_list("due_at", flat=True))
        told = list(Event.objects.filter(kind="post.not_planned").values_list("data__why", flat=True))
    assert (len(due), len(set(due)), told) == (4, 4, [])


def test_a_rule_that_makes_no_sense_is_refused(people: People, blog_server: BlogServer) -> None:
    for rule in (Rule(pins=0), Rule(pins=99), Rule(is_planned=True)):
        with pytest.raises(ProductError):
            with_rule(people, blog_server, rule)


def broken_off(people: People, server: BlogServer, run: ImportRun, *, at: str) -> None:
    """Let an import run until a page wishes for so long a pause that it ends there; then stop it for good."""
    page = server.pages[at]
    page.fails_first, page.wish = 9, "9999"
    importing.run_import(workspace_id=people.workspace.pk, run_id=run.pk)
    page.fails_first = 0
    with scope.workspace(people.workspace.pk):
        run.refresh_from_db()
        assert run.state == "paused" and run.new == 1
        importing.stop_import(run)


def test_a_list_that_was_stopped_makes_none_either(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    blog = with_rule(people, blog_server, Rule())
    write_new(blog_server)
    blog_server.list_articles(*OLD)
    with scope.workspace(people.workspace.pk):
        run = sources.import_addresses("\n".join(blog_server.home + path for path in NEW), blog=blog)
    broken_off(people, blog_server, run, at=NEW[1])
    imported(people, blog_server)
    assert drafted(people, blog) == 0, "what a person listed is no news, stopped or not"


def test_a_list_says_that_it_makes_none_and_takes_nobody_elses(people: People, blog_server: BlogServer) -> None:
    imported(people, blog_server)
    blog = with_rule(people, blog_server, Rule())
    write_new(blog_server)
    with scope.workspace(people.workspace.pk):
        run = importing.start_import(blog)
    broken_off(people, blog_server, run, at=NEW[1])
    add(blog_server, "/2019/an-old-one/", 7)
    with scope.workspace(people.workspace.pk):
        run = sources.import_addresses(f"{blog_server.home}/2019/an-old-one/", blog=blog)
    importing.run_import(workspace_id=people.workspace.pk, run_id=run.pk)
    with scope.workspace(people.workspace.pk):
        run.refresh_from_db()
    assert "of 1 new articles. They came from a list" in run.problems[0]["for_person"]
    imported(people, blog_server)
    assert drafted(people, blog) == 2, "both that the blog brought itself, also the one before the import broke off"


def test_one_page_by_hand_does_not_wake_the_first_import(people: People, blog_server: BlogServer) -> None:
    blog = with_rule(people, blog_server, Rule())
    with scope.workspace(people.workspace.pk):
        run = importing.start_import(blog)
    broken_off(people, blog_server, run, at=OLD[1])
    write_new(blog_server)
    imported(people, blog_server, kind="url", url=blog_server.home + NEW[0])
    assert drafted(people, blog) == 1, "the page that was asked for"
    imported(people, blog_server, kind="url", url=blog_server.home + OLD[0])
    assert drafted(people, blog) == 0, "read again, it is no new one"


@pytest.mark.parametrize("act", ["archive", "end"])
def test_what_a_person_decides_while_others_are_drafted_counts(
    people: People, blog_server: BlogServer, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    imported(people, blog_server)
    blog = with_rule(people, blog_server, Rule())
    write_new(blog_server)
    imported(people, blog_server)
    draft = composing.draft_posts

    def meanwhile(article: Article, **options: Any) -> Any:
        with scope.workspace(people.workspace.pk):
            for other in Article.objects.filter(ruled=Ruled.WAITING).exclude(pk=article.pk):
                if act == "archive":
                    editing.archive_article(other)
        if act == "end":
            with_rule(people, blog_server, None)
        return draft(article, **options)

    monkeypatch.setattr(composing, "draft_posts", meanwhile)
    assert drafted(people, blog) == 1 and len(posts(people)) == 1, "the one that was at work"
    assert ruled.enqueue_waiting() == 0
