"""Rows for the pages' tests: a blog with articles, an account whose boards pass the network's own check, pins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from petra.accounts.models import Account, Target
from petra.articles.models import Article, ArticleImage, Blog, ImportRun, RunState
from petra.lib import clock
from petra.publishing.models import Delivery, State
from petra.tenancy.models import Workspace
from petra.web.tests.calendar_rows import Rows, make_rows


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
