"""Every address, tried as a stranger and without signing in. A route that is missing from the tables below fails.

Alice's rows are made first; charlie, who owns another workspace, then asks for each of them in every way there is.
Absent and forbidden must look the same: 404.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from conftest import People
from petra.articles.models import Article, Blog, ImportRun
from petra.lib import clock
from petra.notifications.models import Incident
from petra.posts.models import Generation, WordsExample
from petra.posts.words import runs as words_runs
from petra.publishing import bulk
from petra.publishing import testing as furniture
from petra.simulator.testing import SimulatedAccount, SimulatedBoard
from petra.tenancy import rowsecurity, scope
from petra.tenancy.models import User

SECRET = "zwetschgendatschi"  # stands in every text of alice's rows and nowhere else

# Open to everybody, signed in or not.
PUBLIC = {"healthz", "readyz", "components", "public_file"}
# About the member's own workspace, or about rows named in the form: no parameter says whose. Each is asked by GET,
# and by POST with every id of alice's in every field that forms use.
FORMS = {
    "overview", "articles", "articles_bulk", "import_blog", "import_url", "import_list", "import_export",
    "pins", "pins_bulk", "pins_undo", "pin_new", "calendar", "calendar_day",
    "calendar_pick", "calendar_move", "calendar_plan", "calendar_unschedule", "calendar_undo",
    "calendar_spread", "accounts", "account_connect", "account_callback", "events", "activity", "queue_help",
    "settings", "settings_person", "workspace_switch", "workspace_new", "onboarding", "onboarding_step",
    "onboarding_skip", "find", "cron_publish", "notifications", "notifications_seen", "notification_wish",
    "workspace_publishing", "bulk_runs", "pins_words", "pins_words_start", "settings_writing", "settings_writing_act",
    "settings_brand", "needs_you", "needs_you_late", "needs_you_failed", "needs_you_undo",
}  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")
# What a `<slug:act>` may be, over all routes that have one.
ACTS = (
    "pause",
    "resume",
    "stop",
    "archive",
    "restore",
    "again",
    "take",
    "keep",
    "cancel",
    "reset",
    "retry",
    "hold",
    "undo",
    "there",
    "look",
    "now",
    "use",
    "drop",
    "test",
    "models",
    "forget",
)


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
        delivery = furniture.planned(post, account=account, due_at=clock.now() + timedelta(days=1))
        generation = Generation.objects.create(post=post, number=1, writer="offline", title=SECRET)
        WordsExample.objects.create(blog=blog, post=post, proposed={"title": SECRET}, made={"title": f"{SECRET} 2"})
        incident = Incident.objects.create(kind="reconnect", key=SECRET, path="/pins", facts={"network": "pinterest"})
        bulk_run = bulk.start([post.pk])
        words_run = words_runs.start_run([post.pk], actor_id=people.alice.pk)
    ids: dict[str, UUID] = {
        "blog_id": blog.pk,
        "article_id": article.pk,
        "run_id": run.pk,
        "account_id": account.pk,
        "target_id": target.pk,
        "asset_id": asset.pk,
        "post_id": post.pk,
        "pin_id": post.pk,
        "delivery_id": delivery.pk,
        "workspace_id": people.workspace.pk,
        "version_id": generation.pk,
        "incident_id": incident.pk,
        "bulk_id": bulk_run.pk,
        "words_run_id": words_run.pk,
    }
    words = {"shape": "thumb", "network_key": "pinterest", "day": "2026-11-22", "token": "x", "step": "articles"}
    return {**{name: str(value) for name, value in ids.items()}, **words, "act": ACTS[0]}


def form(values: dict[str, str]) -> dict[str, str | list[str]]:
    """Fill every field that forms use with ids of alice's."""
    post, delivery, target = values["post_id"], values["delivery_id"], values["target_id"]
    rows: dict[str, str | list[str]] = {
        "post": post,
        "pin": [post],
        "pins": [post],
        "id": [post, delivery],
        "delivery": delivery,
        "one": f"skip:{delivery}",
        "run": values["bulk_id"],
    }
    rows |= {"account": values["account_id"], "target": target, "board": target, "section": target}
    rows |= {"blog": values["blog_id"], "workspace": values["workspace_id"], "asset": values["asset_id"]}
    times = {"at": "2027-01-01T10:00", "local": "2027-01-01T10:00", "day": "2027-01-01", "time": "10:00"}
    acts: dict[str, str | list[str]] = {
        "act": ["remove", "publish", "schedule", "board"],
        "how_many": "1",
        "fields": ["title"],
        "zone": "2027-01-01 morning",
    }
    return {**rows, **times, **acts, "seen": "1", "plan_no": "1", "version": "1"}


def everything_of(workspace_id: UUID) -> dict[str, list[Any]]:
    """Read every row of a workspace, as the database holds it."""
    with scope.workspace(workspace_id), connection.cursor() as cursor:
        rows = {}
        for model in rowsecurity.tenant_models():
            cursor.execute(f"select t::text from {model._meta.db_table} t order by t::text")
            rows[model._meta.db_table] = cursor.fetchall()
    return rows


def address(pattern: str, parameters: list[str], values: dict[str, str]) -> str:
    for name in parameters:
        if name not in values:
            pytest.fail(f"the route {pattern!r} has a parameter {name!r} that this test has no value for")
    path = pattern
    for name in parameters:
        start = path.index("<")
        path = path[:start] + values[name] + path[path.index(">") + 1 :]
    return "/" + path


def owned_routes() -> Iterator[tuple[str, str, list[str]]]:
    """Give the routes whose address names a row."""
    return ((n, p, parameters) for n, p, parameters in routes() if n not in PUBLIC | FORMS)


def addresses(pattern: str, parameters: list[str], values: dict[str, str]) -> list[str]:
    """Give the addresses of a route: one, or one for each act."""
    acts = ACTS if "act" in parameters else ACTS[:1]
    return [address(pattern, parameters, {**values, "act": act}) for act in acts]


def test_every_route_is_in_a_table_or_names_a_row() -> None:
    assert [n for n, _, parameters in owned_routes() if not any(p.endswith("_id") for p in parameters)] == []


def test_a_stranger_gets_404_for_every_row_of_another_workspace_and_changes_nothing(
    people: People, alices_rows: dict[str, str], browser_of: Callable[[User], Client]
) -> None:
    before = everything_of(people.workspace.pk)
    charlie = browser_of(people.charlie)
    tried = 0
    for name, pattern, parameters in owned_routes():
        for path in addresses(pattern, parameters, alices_rows):
            statuses = {m: getattr(charlie, m)(path, form(alices_rows)).status_code for m in ("get", "post")}
            statuses |= {m: getattr(charlie, m)(path).status_code for m in ("put", "patch", "delete")}
            assert set(statuses.values()) <= {404, 405}, f"{path} ({name}) answered a stranger: {statuses}"
            assert 404 in statuses.values(), f"{path} ({name}) answers 405 to everything"
            tried += 1
    assert tried > 20
    assert everything_of(people.workspace.pk) == before


def test_no_form_shows_or_changes_anything_of_another_workspace(
    people: People, alices_rows: dict[str, str], browser_of: Callable[[User], Client]
) -> None:
    before = everything_of(people.workspace.pk)
    charlie = browser_of(people.charlie)
    for name, pattern, parameters in routes():
        if name not in FORMS or name == "events":
            continue
        path = address(pattern, parameters, alices_rows)
        for answer in (charlie.get(path, form(alices_rows)), charlie.get(path), charlie.post(path, form(alices_rows))):
            assert answer.status_code < 500, f"{name} answered {answer.status_code}"
            assert SECRET not in answer.content.decode(errors="replace"), name
    assert everything_of(people.workspace.pk) == before


def test_nothing_but_public_pages_opens_without_signing_in(people: People, alices_rows: dict[str, str]) -> None:
    nobody = Client()
    for name, pattern, parameters in routes():
        if name in PUBLIC:
            continue
        for answer in (c(address(pattern, parameters, alices_rows)) for c in (nobody.get, nobody.post)):
            signs_in = answer.status_code == 302 and answer.headers["Location"].startswith("/signin/")
            assert signs_in or answer.status_code in {401, 403, 404, 405}, f"{name} answered {answer.status_code}"


def test_a_member_of_the_workspace_does_get_the_rows(
    people: People, alices_rows: dict[str, str], browser_of: Callable[[User], Client]
) -> None:
    bob = browser_of(people.bob)
    seen = [
        bob.get(address(pattern, parameters, alices_rows)).status_code
        for name, pattern, parameters in owned_routes()
        if name != "file"  # an open file, tested with the pictures
    ]
    assert seen.count(200) >= 3, "the tests above would pass if every page answered 404 to everybody"
