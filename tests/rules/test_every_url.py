"""Every address, tried as a stranger and without signing in. A route that is missing from the tables below fails.

Alice's rows are made first; charlie, who owns another workspace, then asks for each of them in every way there is.
Absent and forbidden must look the same: 404.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from conftest import People
from petra.articles.models import Article, Blog, ImportRun
from petra.publishing import testing as furniture
from petra.simulator.testing import SimulatedAccount, SimulatedBoard
from petra.tenancy import scope
from petra.tenancy.models import User

SECRET = "zwetschgendatschi"  # stands in every text of alice's rows and nowhere else

# Open to everybody, signed in or not.
PUBLIC = {"healthz", "readyz", "components", "public_file"}
# Open to every member, about their own workspace only: what they show is searched for alice's secret.
OWN = {
    "overview", "articles", "import_blog", "import_url", "pins", "calendar", "accounts", "account_connect",
    "account_callback", "activity", "queue_help", "settings", "settings_person", "workspace_new", "onboarding",
    "events",
}  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")


def routes() -> Iterator[tuple[str, str, list[str]]]:
    """Give (name, pattern, parameters) of every route of ours."""
    for name, pattern, parameters in _walk(get_resolver().url_patterns, ""):
        if not pattern.startswith("signin/"):
            yield name, pattern, parameters


def _walk(patterns: list[Any], before: str) -> Iterator[tuple[str, str, list[str]]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, before + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield entry.name or "", before + str(entry.pattern), list(entry.pattern.converters)


@pytest.fixture
def alices_rows(people: People) -> dict[str, str]:
    """Give a value of alice's for every parameter name that routes use."""
    board = SimulatedBoard("101", f"Board {SECRET}", ())
    profile = SimulatedAccount(f"alice-{SECRET}", "9001", "pina_x", "pinr_x", ("boards:read",), (board,))
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        blog = Blog.objects.create(name=SECRET, address=f"https://{SECRET}.example/")
        article = Article.objects.create(
            blog=blog, address_key=SECRET, url=f"https://{SECRET}.example/a", title=SECRET, text=SECRET
        )
        run = ImportRun.objects.create(blog=blog, state="done")
        account = furniture.connect(profile, network="pinterest")
        target = account.targets.get()
        asset = furniture.picture()
        post = furniture.ready_post(asset, target=target, title=SECRET)
        delivery = furniture.planned(post, account=account)
    ids: dict[str, UUID] = {
        "blog_id": blog.pk, "article_id": article.pk, "run_id": run.pk, "account_id": account.pk, "target_id":
        target.pk,
        "asset_id": asset.pk, "post_id": post.pk, "delivery_id": delivery.pk, "workspace_id": people.workspace.pk,
    }  # fmt: skip
    return {**{name: str(value) for name, value in ids.items()}, "shape": "thumb", "network_key": "pinterest"}


def address(pattern: str, parameters: list[str], values: dict[str, str]) -> str:
    for name in parameters:
        if name not in values:
            pytest.fail(f"the route {pattern!r} has a parameter {name!r} that this test has no value for")
    path = pattern
    for name in parameters:
        start = path.index("<")
        path = path[:start] + values[name] + path[path.index(">") + 1 :]
    return "/" + path


def test_every_route_is_in_a_table_or_has_an_owner() -> None:
    unknown = [n for n, _, parameters in routes() if n not in PUBLIC | OWN and not any("_id" in p for p in parameters)]
    assert [n for n in unknown if n != "workspace_switch"] == []


def test_a_stranger_gets_404_for_every_row_of_another_workspace(
    people: People, alices_rows: dict[str, str], browser_of: Callable[[User], Client]
) -> None:
    charlie = browser_of(people.charlie)
    tried = 0
    for name, pattern, parameters in routes():
        if name in PUBLIC | OWN or not parameters:
            continue
        path = address(pattern, parameters, alices_rows)
        for method in METHODS:
            status = getattr(charlie, method)(path).status_code
            assert status in {404, 405}, f"{method.upper()} {path} ({name}) answered {status} to a stranger"
            tried += 1
        assert 404 in {getattr(charlie, m)(path).status_code for m in METHODS}, f"{path} answers 405 to everything"
    assert tried


def test_no_page_shows_a_stranger_anything_of_another_workspace(
    people: People, alices_rows: dict[str, str], browser_of: Callable[[User], Client]
) -> None:
    charlie = browser_of(people.charlie)
    for name, pattern, parameters in routes():
        if name not in OWN or name == "events":
            continue
        answer = charlie.get(address(pattern, parameters, alices_rows))
        assert answer.status_code in {200, 302, 404, 405, 422}, f"{name} answered {answer.status_code}"
        assert SECRET not in answer.content.decode(errors="replace"), name


def test_nothing_but_public_pages_opens_without_signing_in(people: People, alices_rows: dict[str, str]) -> None:
    nobody = Client()
    for name, pattern, parameters in routes():
        if name in PUBLIC:
            continue
        answer = nobody.get(address(pattern, parameters, alices_rows))
        signs_in = answer.status_code == 302 and answer.headers["Location"].startswith("/signin/")
        assert signs_in or answer.status_code in {401, 404, 405}, f"{name} answered {answer.status_code}"


def test_a_member_of_the_workspace_does_get_the_rows(
    people: People, alices_rows: dict[str, str], browser_of: Callable[[User], Client]
) -> None:
    bob = browser_of(people.bob)
    seen = [
        bob.get(address(pattern, parameters, alices_rows)).status_code
        for name, pattern, parameters in routes()
        if parameters and name not in PUBLIC | OWN
    ]
    assert seen.count(200) >= 3, "the test would pass if every page answered 404 to everybody"
