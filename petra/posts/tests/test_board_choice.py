"""Which board fits a post: told from names and habits, the same every time, and none where nothing fits."""

from __future__ import annotations

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from petra.accounts.models import Account, AccountState, Target
from petra.articles.models import Article
from petra.lib import clock
from petra.posts.board_choice import suggest
from petra.posts.models import Post
from petra.posts.tests.samples import article, board
from petra.tenancy.models import Workspace


def post_of(found: Article | None = None, *, target: Target | None = None, **words: object) -> Post:
    language = found.language if found else "en"
    made: Post = Post.objects.create(article=found, target=target, **{"language": language, **words})
    return made


def about(title: str, *tags: str, language: str = "en") -> Article:
    found = article(title=title, text="")
    found.tags, found.language = list(tags), language
    found.save(update_fields=["tags", "language"])
    return found


@pytest.fixture
def boards(in_workspace: Workspace) -> dict[str, Target]:
    names = (
        "Garden Ideas", "Soups & Stews", "Cake Recipes", "Vegan Recipes", "Home Office", "DIY", "Suppen", "Früchte",
        "Kids' Crafts", "Travel in Italy", "My Favorites", "南瓜汤",
    )  # fmt: skip
    return {name: board(name=name) for name in names}


@pytest.mark.parametrize(
    ("title", "tags", "language", "wanted"),
    [
        ("Pumpkin for a cold evening", ["soup"], "en", "Soups & Stews"),
        ("Carrot cake without a mixer", [], "en", "Cake Recipes"),
        ("A lasagne nobody misses the cheese in", ["Vegan", "Recipes"], "en", "Vegan Recipes"),
        ("Three weeks in Italy by train", ["travel"], "en", "Travel in Italy"),
        ("Ten things in my handbag", ["fashion"], "en", None),
        ("My favourite easy ideas", ["recipes"], "en", None),
        ("Kürbissuppe vom Blech", [], "de", "Suppen"),
        ("Welche Frucht im Herbst reift", [], "de", "Früchte"),
        ("A desk that folds away", ["home office"], "en", "Home Office"),
        ("DIY lamp from a jar", [], "en", "DIY"),
        ("烤南瓜汤的做法", [], "zh", "南瓜汤"),
        ("Office gossip", [], "en", None),
    ],
)
def test_a_boards_name_says_whether_it_fits(
    boards: dict[str, Target], title: str, tags: list[str], language: str, wanted: str | None
) -> None:
    found = suggest(post_of(about(title, *tags, language=language)))
    assert (found.name if found else None) == wanted


def test_where_earlier_posts_of_the_tags_went_counts_more_than_a_name(boards: dict[str, Target]) -> None:
    for number in range(6):
        post_of(about(f"Stew {number}", "soup", "winter"), target=boards["My Favorites"])
    found = suggest(post_of(about("A soup of beans", "Soup", "Winter")))
    assert found == boards["My Favorites"]


def test_one_earlier_post_is_no_habit_against_a_name(boards: dict[str, Target]) -> None:
    post_of(about("Stew", "soup"), target=boards["Garden Ideas"])
    assert suggest(post_of(about("Another soup", "soup"))) == boards["Soups & Stews"]


def test_what_went_everywhere_tells_nothing(boards: dict[str, Target]) -> None:
    for number, name in enumerate(("DIY", "Home Office", "Suppen", "Früchte", "Garden Ideas")):
        post_of(about(f"Entry {number}", "blog"), target=boards[name])
    assert suggest(post_of(about("Another entry", "blog"))) is None


def test_removed_posts_and_the_post_itself_are_no_habit(boards: dict[str, Target]) -> None:
    for number in range(4):
        post_of(about(f"Odd {number}", "odd"), target=boards["DIY"], removed_at=clock.now())
    assert suggest(post_of(about("Odd again", "odd"), target=boards["DIY"])) is None


def test_an_uploaded_post_is_told_by_its_own_words_and_topics(boards: dict[str, Target]) -> None:
    assert suggest(post_of(title="A cake for four")) == boards["Cake Recipes"]
    assert suggest(post_of(title="Look", topics=["vegan"])) == boards["Vegan Recipes"]
    assert suggest(post_of(title="", description="Some soup, some garden, some cake.")) is None


def test_gone_and_secret_boards_and_signed_out_accounts_are_left_out(boards: dict[str, Target]) -> None:
    soup = post_of(about("A soup", "soup"))
    stews = boards["Soups & Stews"]
    Target.objects.filter(pk=boards["Suppen"].pk).update(gone_at=clock.now())
    Target.objects.filter(pk=stews.pk).update(is_secret=True)
    assert suggest(soup) is None
    Target.objects.filter(pk=stews.pk).update(is_secret=False)
    assert suggest(soup) == stews
    Account.objects.update(state=AccountState.NEEDS_RECONNECT)
    assert suggest(soup) is None


def test_a_section_is_suggested_and_the_board_above_helps(boards: dict[str, Target]) -> None:
    above, other = board(name="Christmas"), board(name="Summer")
    sections = [
        Target.objects.create(
            account=parent.account, parent=parent, remote_id=f"s{parent.name}", kind="section", name="Cookies"
        )
        for parent in (above, other)
    ]
    assert suggest(post_of(about("Christmas cookies", "cookies"))) == sections[0]


def test_only_boards_of_the_account_that_was_chosen(boards: dict[str, Target]) -> None:
    elsewhere = Account.objects.create(network="pinterest", remote_id="78", username="other")
    theirs = Target.objects.create(account=elsewhere, remote_id="900", kind="board", name="All Soups")
    chosen = Target.objects.create(account=elsewhere, remote_id="901", kind="board", name="Misc")
    assert suggest(post_of(about("A soup", "soup"), target=chosen)) == theirs


def test_the_answer_is_the_same_each_time_and_takes_two_questions_for_hundreds_of_boards(
    in_workspace: Workspace,
) -> None:
    account = board(name="Start").account
    names = ("Soup", "Garden", "Lamp", "Shelf", "Cake")
    Target.objects.bulk_create(
        Target(account=account, remote_id=f"n{n}", kind="board", name=f"{names[n % 5]} {n}") for n in range(500)
    )
    post = post_of(about("A garden of herbs", "garden"))
    started = time.process_time()
    with CaptureQueriesContext(connection) as asked:
        found = suggest(post)
    assert len(asked) == 2
    assert time.process_time() - started < 0.5
    assert found is not None and found.name.startswith("Garden")
    assert {suggest(post) for _ in range(3)} == {found}
