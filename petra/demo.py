"""The demo: a workspace that walks the whole road against the simulated networks, by the same verbs a person uses.

`prepare` makes it in an empty database: a person, a workspace, two accounts connected through their consent pages.
`fill` is the worker's job after it: import the demo's blog, draft pins, plan them. Safe to repeat at any point.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import UUID

import tzlocal
from django.conf import settings

from petra.accounts import connecting, targets
from petra.accounts.models import Account, Target
from petra.ai.contract import Tone
from petra.articles import importing
from petra.articles.models import Article, Blog, ImportRun, RunState
from petra.lib import clock, queue
from petra.lib.ids import new_secret
from petra.networks.client import Client
from petra.networks.registry import NETWORKS
from petra.posts import composing
from petra.posts.models import BrandProfile, Post
from petra.posts.words import brand
from petra.publishing import scheduling
from petra.publishing.models import Attempt, Delivery, State
from petra.publishing.slots import WeeklyTime
from petra.tenancy import scope, workspaces
from petra.tenancy.access import Actor
from petra.tenancy.models import Role, User

JOB: Final = "demo.fill"
EMAIL: Final = "demo@petra.example"
PINS_EACH: Final = 2
# Simulated networks take a post every second and are looked at again within seconds, so that one can watch.
PACE: Final = {"PETRA_WRITE_GAP_S": "1", "PETRA_LOOKS_S": "2,4,6", "PETRA_IMPORT_GAP_S": "0.1"}
_FIRST_AFTER: Final = timedelta(seconds=3)
_QUICK_GAP: Final = timedelta(seconds=3)  # between two pins of the demo; each account has every second one
_LOOK_EVERY_S: Final = 0.5
_QUICK: Final = 10  # pins that go out at once; the others go into slots, at a human pace
# Which board of the simulated profiles an article's tag leads to.
_BOARDS: Final = {
    "baking": "Baking",
    "backen": "Baking",
    "balcony": "Balcony garden",
    "garden": "Seasonal chores",
    "pflanzen": "Seasonal chores",
    "home": "Cosy corners",
    "breakfast": "Weeknight dinners",
    "soup": "Weeknight dinners",
    "salad": "Weeknight dinners",
}
_OTHER_BOARD: Final = "Small kitchens"
_GARDEN_BOARDS: Final = ("Balcony garden", "Seasonal chores", "Cosy corners")
_PROFILES: Final = ("petra.kitchen", "petra.garden")
_SLOTS: Final = (time(11, 45), time(20, 15))
_VOICE: Final = {
    "about": "Calm, practical cooking and homemaking for people who come home at seven.",
    "voice": "We say you, keep sentences short, and are never bossy and never breathless.",
}
_WORDS: Final = {
    "keywords": ("weeknight", "one pan", "small spaces", "quick pickles"),
    "banned_words": ("the best ever", "you guys", "mouth-watering", "guilt-free"),
}
_TONE: Final = Tone(playful=-1, warm=1)


@dataclass(frozen=True)
class SignIn:
    """How to sign in to the demo."""

    email: str
    password: str
    workspace_id: UUID


def prepare(*, is_all_quick: bool = False) -> SignIn | None:
    """Make the demo in an empty database and enqueue its filling. Where it is made already, say how to sign in.

    None where there is no demo and somebody is here. Talks to the simulator at SIMULATOR_URL; call outside any scope.
    """
    if User.objects.exists():
        return _kept_sign_in()
    password = new_secret(9)
    _keep_password(password)
    user = User.objects.create_user(email=EMAIL, password=password, first_name="Demo")
    workspace = workspaces.create_workspace(owner=user, name="The Slow Table", time_zone=_own_zone(), is_demo=True)
    actor = Actor(user=user, workspace=workspace, role=Role.OWNER)
    _simulator().post_json("/_sim/profile", {"name": "demo"}, creates=False)
    for network_key in NETWORKS:
        for profile in _PROFILES:
            _connect(network_key, profile, actor)
    with scope.workspace(workspace.pk, actor_id=user.pk):
        queue.enqueue(JOB, only_once_as=JOB, workspace_id=str(workspace.pk), is_all_quick=int(is_all_quick))
    return SignIn(EMAIL, password, workspace.pk)


def fill(*, workspace_id: UUID, is_all_quick: bool = False) -> None:
    """Import, draft and plan. Call outside any scope; may be repeated after a crash, and does what is missing.

    With `is_all_quick` every pin goes out within minutes, else only the first ones.
    """
    with scope.workspace(workspace_id):
        blog = importing.add_blog(f"{settings.SIMULATOR_URL}/blog/", name="The Slow Table")
        if not BrandProfile.objects.filter(blog=blog).exists():
            brand.save(blog, texts=_VOICE, lists=_WORDS, tone=_TONE)
    _import(workspace_id, blog)
    with scope.workspace(workspace_id):
        boards = {target.name: target for target in Target.objects.filter(parent=None)}
        articles = list(Article.objects.filter(blog=blog, posts=None).order_by("-published_at", "id"))
    for article in _taking_turns(articles):
        composing.draft_posts_job(
            workspace_id=workspace_id,
            article_ids=[article.pk],
            how_many=PINS_EACH,
            target_id=boards[_board_for(article)].pk,
        )
        _plan(workspace_id, is_all_quick=is_all_quick)  # at once, so that the first pin is out within seconds
    _plan(workspace_id, is_all_quick=is_all_quick)


def _import(workspace_id: UUID, blog: Blog) -> None:
    """Import the blog once. Its job is in the queue, too: where a worker took that first, wait for it."""
    with scope.workspace(workspace_id):
        run = ImportRun.objects.filter(blog=blog).order_by("created_at").first() or importing.start_import(blog)
    while run.state in (RunState.QUEUED, RunState.RUNNING):
        importing.run_import(workspace_id=workspace_id, run_id=run.pk)
        with scope.workspace(workspace_id):
            run.refresh_from_db()
        if run.state in (RunState.QUEUED, RunState.RUNNING):
            clock.sleep(_LOOK_EVERY_S)


def _board_for(article: Article) -> str:
    return next((board for tag, board in _BOARDS.items() if tag in article.tags), _OTHER_BOARD)


def _taking_turns(articles: list[Article]) -> list[Article]:
    """Order articles so that neighbours go to different accounts, as far as there are such."""
    gardens = [a for a in articles if _board_for(a) in _GARDEN_BOARDS]
    kitchens = [a for a in articles if a not in gardens]
    pairs = zip_longest(kitchens, gardens)
    return [article for pair in pairs for article in pair if article is not None]


def _plan(workspace_id: UUID, *, is_all_quick: bool) -> None:
    """Plan what is drafted: the first pins every few seconds, the others into free slots."""
    with scope.workspace(workspace_id):
        planned = Delivery.objects.values("post_id")
        waiting = list(
            Post.objects.exclude(pk__in=planned)
            .filter(words_state="ready", target__isnull=False)
            .select_related("target__account")
            .order_by("created_at", "id")
        )
        done = Delivery.objects.count()
        quick = len(waiting) if is_all_quick else max(_QUICK - done, 0)
        last = Delivery.objects.order_by("-due_at").values_list("due_at", flat=True).first()
        due_at = max(clock.now() + _FIRST_AFTER, last + _QUICK_GAP) if last and quick else clock.now() + _FIRST_AFTER
        for number, post in enumerate(waiting[:quick]):
            _plan_one(post, due_at + number * _QUICK_GAP)
        for post in waiting[quick:]:
            _plan_one(post, next(scheduling.free_slots(_account_of(post))))


def _plan_one(post: Post, due_at: datetime) -> None:
    scheduling.plan_delivery(post, account=_account_of(post), target=post.target, due_at=due_at)


def _account_of(post: Post) -> Account:
    if post.target is None:
        raise ValueError("the demo drafts no pin without a board")
    account: Account = post.target.account
    return account


def progress(workspace_id: UUID) -> tuple[int, int, bool]:
    """Say (finished deliveries, planned deliveries, whether all is planned), for who waits for the demo."""
    with scope.workspace(workspace_id):
        states = list(Delivery.objects.values_list("state", flat=True))
        is_imported = ImportRun.objects.filter(state=RunState.DONE).exists()
        is_filled = (
            is_imported
            and not Article.objects.filter(posts=None).exists()
            and not Post.objects.filter(deliveries=None).exists()
        )
    return sum(state in (State.PUBLISHED, State.FAILED) for state in states), len(states), is_filled


def report(workspace_id: UUID) -> dict[str, Any]:
    """Count what became of the demo. Lags are seconds between a pin's time and the start of its first sending."""
    with scope.workspace(workspace_id):
        deliveries = list(Delivery.objects.all())
        first = {a.delivery_id: a.started_at for a in Attempt.objects.filter(kind="send").order_by("-started_at")}
        lags = sorted((first[d.pk] - d.due_at).total_seconds() for d in deliveries if d.pk in first)
        counts = {
            "articles": Article.objects.count(),
            "pins": Post.objects.count(),
            "planned": len(deliveries),
            "published": sum(d.state == State.PUBLISHED for d in deliveries),
            "failed": sum(d.state == State.FAILED for d in deliveries),
        }
    found = _simulator().get("/_sim/pins").body
    twice = found.get("duplicates", {}) if isinstance(found, dict) else {}
    return {
        **counts,
        "duplicates": sum(count - 1 for count in twice.values()),
        "start_lag_p50_s": round(lags[len(lags) // 2], 3) if lags else None,
        "start_lag_p99_s": round(lags[min(int(len(lags) * 0.99), len(lags) - 1)], 3) if lags else None,
    }


def _connect(network_key: str, profile: str, actor: Actor) -> None:
    """Walk through the consent page as a person would: open it, press Allow, come back."""
    session_key = new_secret()
    back = "http://127.0.0.1/demo/"
    consent = connecting.start(network_key, actor=actor, session_key=session_key, redirect_uri=back)
    form = dict(parse_qsl(urlsplit(consent).query)) | {"profile": profile, "decision": "allow"}
    answer = _simulator().post_form(urlsplit(consent).path, form)
    params = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    made = connecting.finish(network_key, params=params, actor=actor, session_key=session_key)
    targets.sync_targets(actor.workspace.pk, made.account.pk)
    with scope.workspace(actor.workspace.pk, actor_id=actor.user.pk):
        scheduling.set_slots(made.account, (WeeklyTime(day, at) for day in range(7) for at in _SLOTS))


def _simulator() -> Client:
    return Client(base_url=settings.SIMULATOR_URL, now=clock.now)


def _password_file() -> Path:
    return Path(settings.PETRA_HOME) / "demo-password"


def _keep_password(password: str) -> None:
    """Keep it beside the keys, readable by the owner only, so that every start can say it."""
    _password_file().parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(_password_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password)


def _kept_sign_in() -> SignIn | None:
    user = User.objects.filter(email=EMAIL).first()
    if user is None or not _password_file().is_file():
        return None
    mine = workspaces.memberships(user.pk)
    password = _password_file().read_text(encoding="utf-8")
    return SignIn(EMAIL, password, mine[0].workspace_id) if mine and user.check_password(password) else None


def _own_zone() -> str:
    """Take the zone of this machine, so that the demo's calendar reads like the clock on the wall."""
    try:
        return str(tzlocal.get_localzone_name() or "UTC")
    except Exception:  # noqa: BLE001  whatever is wrong with the machine's zone, the demo starts
        return "UTC"
