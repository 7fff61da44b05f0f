"""Rows for the pages' tests: a blog with articles, an account whose boards pass the network's own check, pins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from petra.accounts.models import Account, Target
from petra.articles.models import Article, ArticleImage, Blog, ImportRun, RunState
from petra.lib import clock
from petra.networks.contract import Cause
from petra.publishing import scheduling
from petra.publishing.models import BulkItem, BulkRun, Delivery, State
from petra.publishing.sentences import CAUSES
from petra.tenancy.models import Workspace
from petra.web.tests.calendar_rows import Rows, make_rows
from petra.webhooks import events


@dataclass
class House:
    """One furnished workspace."""

    rows: Rows
    blog: Blog
    article: Article

    @property
    def account(self) -> Account:
        return self.rows.account


def furnish(workspace: Workspace) -> House:
    """Make a blog with two articles, a running import, and an account with boards and slots. Call inside a scope."""
    rows = make_rows(workspace)
    for number, board in enumerate(rows.boards):
        board.remote_id = f"{549755885175 + number}"
        board.save()
    Target.objects.create(
        account=rows.account, parent=rows.boards[0], remote_id="5195035116725909603", kind="section", name="Fish"
    )
    blog = Blog.objects.create(address="https://table.example", name="The Slow Table")
    article = _article(blog, "Crispy miso butter salmon", 1)
    _article(blog, "A note on salt", 2)
    problems = [
        {"url": "https://table.example/x", "kind": "http-404", "for_person": "The site answered 404 for this page."}
    ]
    ImportRun.objects.create(blog=blog, state=RunState.RUNNING, found=8, done=6, new=6, problems=problems)
    return House(rows, blog, article)


def _article(blog: Blog, title: str, number: int) -> Article:
    article: Article = Article.objects.create(
        blog=blog,
        address_key=f"table.example/{number}",
        url=f"https://table.example/{number}",
        title=title,
        text="Salt the fish an hour before. Heat the pan until the butter foams.",
        language="en",
        published_at=clock.now() - timedelta(days=number),
    )
    ArticleImage.objects.create(article=article, position=0, url=f"https://table.example/{number}.jpg", alt=title)
    return article


def in_every_state(house: House) -> dict[State, Delivery]:
    """Write one delivery in each state."""
    rows = house.rows
    return {
        state: rows.stands(
            rows.at(1, "17:10"), state, for_person="The picture is too small." if state == State.FAILED else ""
        )
        for state in State
        if state != State.CANCELLED
    }


# In which state a delivery stands that has a cause; all others failed.
STATE_OF: dict[str, State] = {
    **dict.fromkeys((Cause.RATE_LIMITED, Cause.TRANSIENT, scheduling.CAUSE_QUIET), State.PLANNED),
    Cause.MEDIA_NOT_READY: State.PROCESSING,
    Cause.AMBIGUOUS: State.UNCONFIRMED,
    scheduling.CAUSE_SEEN: State.PUBLISHED,
    **dict.fromkeys((scheduling.CAUSE_LATE, scheduling.CAUSE_ACCOUNT), State.HELD),
    **dict.fromkeys((Cause.AUTH_EXPIRED, Cause.AUTH_REVOKED, Cause.PERMISSION), State.HELD),
    **dict.fromkeys((cause for cause in CAUSES if cause.startswith("paused")), State.HELD),
}


def with_cause(house: House, cause: str) -> Delivery:
    """Write one delivery with a cause, in the state it has then, without a sentence of its own."""
    state = STATE_OF.get(cause, State.FAILED)
    at = house.rows.at(1, "17:10")
    waits = {"next_at": at, "tries": int(cause != scheduling.CAUSE_QUIET)} if state == State.PLANNED else {}
    return house.rows.stands(at, state, cause=cause, **waits)


def in_every_cause(house: House) -> dict[str, Delivery]:
    """Write one delivery with each cause."""
    return {str(cause): with_cause(house, cause) for cause in CAUSES}


def late_after_a_stop(house: House, count: int = 14) -> list[UUID]:
    """Write what a stop of six hours leaves behind: one post due every 25 minutes, all held as late just now."""
    now = clock.now()
    made = [
        house.rows.stands(
            now - timedelta(hours=6) + timedelta(minutes=25 * n),
            State.HELD,
            state_before=State.PLANNED,
            cause=scheduling.CAUSE_LATE,
            for_person=scheduling.late_sentence(),
        )
        for n in range(count)
    ]
    for delivery in made:
        events.record("delivery.held", subject=delivery, because="late", post_id=str(delivery.post_id))
    return [delivery.pk for delivery in made]


def failed_together(house: House, count: int, sentence: str, *, cause: str = Cause.CONTENT_INVALID) -> list[UUID]:
    """Write failures of one cause."""
    at = house.rows.at(-1, "10:05")
    return [house.rows.stands(at, State.FAILED, cause=cause, for_person=sentence).pk for _ in range(count)]


def bulk_run(house: House) -> BulkRun:
    """Write a run of five: two out, one refused, one that could not be planned, one on its way."""
    rows, now = house.rows, clock.now()
    refused = {"cause": Cause.CONTENT_INVALID, "for_person": "The network refused the link."}
    made: list[Delivery | None] = [
        rows.stands(now, State.PUBLISHED),
        rows.stands(now, State.FAILED, **refused),
        rows.stands(now, State.PUBLISHED),
        None,
        rows.stands(now, State.SENDING),
    ]
    run: BulkRun = BulkRun.objects.create()
    for position, delivery in enumerate(made):
        post = delivery.post if delivery else rows.draft()
        error = "" if delivery else "Choose where it goes first."
        BulkItem.objects.create(run=run, post=post, delivery=delivery, position=position, error=error)
    return run
