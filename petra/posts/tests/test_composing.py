"""From an article to posts, and what people do to posts."""

from __future__ import annotations

from uuid import UUID

import pytest

from conftest import People
from petra.ai import sentences
from petra.articles.models import Article, Blog
from petra.lib import clock, ids
from petra.media import storing
from petra.media.models import Asset, Rendition
from petra.media.renditions import TooSmall
from petra.media.tests import samples as pictures
from petra.posts import choosing, composing
from petra.posts.models import Post, PostMedia, WordsState
from petra.posts.tests.samples import Pictures, article, board, image
from petra.posts.words import metadata
from petra.tenancy import scope
from petra.tenancy.models import Workspace
from petra.webhooks.models import Event


def draft(people: People, found: Article, *, fetch: Pictures | None = None, **wishes: object) -> list[Post]:
    return composing.draft_posts(found, fetch=fetch or Pictures(), actor_id=people.alice.pk, **wishes)  # type: ignore[arg-type]


@pytest.fixture
def soup(people: People) -> Article:
    with scope.workspace(people.workspace.pk):
        return article()


@pytest.fixture
def post(in_workspace: Workspace) -> Post:
    """A post of an uploaded picture, ready."""
    asset = storing.store_image(pictures.jpeg(), alt_text="A red dot")
    return composing.new_post_from_upload(asset, title="A dot", link="https://blog.example/dot")


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


# ---- drafting ----


def test_a_post_is_in_its_articles_language_else_in_its_blogs(people: People, soup: Article) -> None:
    with scope.workspace(people.workspace.pk):
        Blog.objects.update(language="fr")
        untold = article(title="Soupe")
        Article.objects.filter(pk=untold.pk).update(language="")
        untold.refresh_from_db()
        uploaded = composing.new_post_from_upload(storing.store_image(pictures.jpeg()), blog=Blog.objects.get())
    languages = [post.language for found in (soup, untold) for post in draft(people, found)]
    assert [*languages, uploaded.language] == ["en", "fr", "fr"]


def test_an_article_becomes_a_post_with_picture_link_and_words(people: People, soup: Article) -> None:
    [made] = draft(people, soup)
    with scope.workspace(people.workspace.pk):
        post = Post.objects.complete().get(pk=made.pk)
        assert (post.title, post.link, post.words_state) == ("Pumpkin soup", soup.url, WordsState.READY)
        assert post.language == "en"
        assert post.blog_id == soup.blog_id
        assert all(sentence in soup.text for sentence in sentences.split(post.description))
        assert post.media.get().asset.source_url == "https://blog.example/tall.jpg"  # tall ones need no cut
        assert {r.shape for r in Rendition.objects.all()} == {"2x3", "thumb"}
        assert kinds() == ["post.words_written", "post.drafted"]
        assert Event.objects.filter(actor_id=people.alice.pk).count() == 2


def test_several_posts_of_one_article_differ_in_picture_and_words(people: People, soup: Article) -> None:
    first = draft(people, soup, how_many=2)
    then = draft(people, soup)
    with scope.workspace(people.workspace.pk):
        covers = [PostMedia.objects.get(post=p).asset.source_url for p in first + then]
    assert len(set(covers)) == 3
    assert len({p.title for p in first + then}) == 3
    assert len({p.description for p in first + then}) == 3


def test_more_posts_than_pictures_share_pictures(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        single = article(image("only", 1000, 1500))
    assert len(draft(people, single, how_many=3)) == 3
    with scope.workspace(people.workspace.pk):
        assert Asset.objects.count() == 1


def test_an_article_marked_do_not_pin_is_refused(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        marked = article(is_do_not_pin=True)
    fetch = Pictures()
    with pytest.raises(composing.DoNotPin, match="asked not to pin"):
        draft(people, marked, fetch=fetch)
    assert fetch.asked == []


def test_a_picture_that_is_gone_or_too_small_makes_room_for_the_next(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        found = article(image("gone", 1000, 1500), image("unknown"), image("good"))
    fetch = Pictures(missing=["gone"], sizes={"unknown": (300, 300)})
    [made] = draft(people, found, fetch=fetch)
    with scope.workspace(people.workspace.pk):
        assert made.media.get().asset.source_url.endswith("good.jpg")
    assert [url.rsplit("/", 1)[-1] for url in fetch.asked] == ["gone.jpg", "unknown.jpg", "good.jpg"]


def test_an_article_without_a_usable_picture_says_why(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        bare, marked = article(image("tiny", 90, 90)), article(image("no", 900, 900, is_nopin=True), title="Other")
        broken = article(image("gone"), title="Third")
    for found in (bare, marked):
        with pytest.raises(choosing.NoPicture, match="no picture that may be pinned"):
            draft(people, found)
    with pytest.raises(choosing.NoPicture, match="did not hand out"):
        draft(people, broken, fetch=Pictures(missing=["gone"]))
    with scope.workspace(people.workspace.pk):
        assert not Post.objects.exists()


def test_a_picture_once_kept_is_not_asked_for_again(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        single = article(image("only", 1000, 1500))
    fetch = Pictures()
    draft(people, single, fetch=fetch)
    draft(people, single, fetch=fetch)
    assert len(fetch.asked) == 1


def test_a_repeated_request_drafts_nothing_twice(people: People, soup: Article) -> None:
    request_id = ids.new_id()
    first = draft(people, soup, how_many=2, request_id=request_id)
    again = draft(people, soup, how_many=2, request_id=request_id)
    assert {p.pk for p in first} == {p.pk for p in again}
    with scope.workspace(people.workspace.pk):
        assert Post.objects.count() == 2


def test_drafting_is_refused_while_a_transaction_is_open(people: People, soup: Article) -> None:
    with scope.workspace(people.workspace.pk), pytest.raises(RuntimeError, match="outside a scope"):
        draft(people, soup)


def test_the_job_goes_on_after_an_article_that_cannot_be_drafted(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope.workspace(people.workspace.pk):
        marked, fine = article(is_do_not_pin=True), article(title="Fine")
        theirs: UUID
    with scope.workspace(people.elsewhere.pk):
        theirs = article(title="Theirs").pk
    monkeypatch.setattr(storing, "picture_in", lambda answer: pictures.jpeg())
    monkeypatch.setattr("petra.articles.site.manners.Visitor.get", lambda self, url, **_: url)
    made = composing.draft_posts_job(workspace_id=people.workspace.pk, article_ids=[marked.pk, fine.pk, theirs])
    assert [p.article_id for p in made] == [fine.pk]
    with scope.workspace(people.workspace.pk):
        refused = Event.objects.get(kind="article.not_drafted")
        assert (refused.subject_id, refused.data["code"]) == (marked.pk, "do-not-pin")
        assert Event.objects.get(kind="drafts.finished").data["drafted"] == 1


def test_a_request_reaches_its_job_as_texts_and_numbers(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[dict[str, str | int]] = []
    monkeypatch.setattr("petra.lib.queue.enqueue", lambda name, **ids: jobs.append({"name": name, **ids}))
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        first, second = article(), article(title="Second")
        composing.request_drafts([], how_many=2)
        request_id = composing.request_drafts([first, second], how_many=2)
    assert jobs == [
        {
            "name": "posts.draft",
            "workspace_id": str(people.workspace.pk),
            "article_ids": f"{first.pk},{second.pk}",
            "how_many": 2,
            "target_id": "",
            "actor_id": str(people.alice.pk),
            "request_id": str(request_id),
        }
    ]


# ---- words and their state ----


def test_words_are_ready_by_the_rules_of_the_chosen_network(in_workspace: Workspace, post: Post) -> None:
    assert post.words_state == WordsState.READY
    composing.choose_target(post, board())
    assert post.words_state == WordsState.READY
    composing.edit_post(post, version=post.version, title="x" * 101)
    assert (post.words_state, len(post.title)) == (WordsState.DRAFT, 101)
    assert [p.field for p in metadata.problems_of(post)] == ["title"]
    composing.edit_post(post, version=post.version, title="  Short  ")
    assert (post.words_state, post.title) == (WordsState.READY, "Short")


def test_a_post_without_title_link_or_picture_is_a_draft(in_workspace: Workspace, post: Post) -> None:
    composing.edit_post(post, version=post.version, title="", link="")
    composing.remove_picture(post, position=0)
    assert post.words_state == WordsState.DRAFT
    assert {p.field for p in metadata.problems_of(post)} == {"title", "link", "media"}


def test_the_last_three_proposals_are_kept_and_can_be_taken_back(people: People, soup: Article) -> None:
    [made] = draft(people, soup)
    with scope.workspace(people.workspace.pk):
        made.refresh_from_db()
        first = made.generations.get()
        composing.edit_post(made, version=made.version, title="Mine")
        for variant in (1, 2):
            metadata.write_words(made, variant=variant)
        assert made.title == "Pumpkin soup: What to do with the seeds"
        assert metadata.restore(first).title == "Pumpkin soup"
        metadata.write_words(made, variant=3)
        assert made.generations.count() == 3
        assert not made.generations.filter(pk=first.pk).exists()


def test_a_hanging_generation_is_reset_to_the_state_before(in_workspace: Workspace, post: Post) -> None:
    Post.objects.filter(pk=post.pk).update(
        words_state=WordsState.GENERATING, words_state_before=WordsState.READY, words_error="No answer came."
    )
    post.refresh_from_db()
    composing.edit_post(post, version=post.version, title="Edited while it runs")
    assert post.words_state == WordsState.GENERATING
    metadata.reset(post)
    assert (post.words_state, post.words_error, post.title) == (WordsState.READY, "", "Edited while it runs")


def test_posts_are_counted_by_the_state_of_their_words(in_workspace: Workspace, post: Post) -> None:
    composing.edit_post(composing.duplicate_post(post), version=1, title="")
    composing.remove_post(composing.duplicate_post(post))
    assert Post.objects.words_counts() == {WordsState.DRAFT: 1, WordsState.GENERATING: 0, WordsState.READY: 1}


# ---- edits ----


def test_the_second_of_two_edits_is_told_not_lost(in_workspace: Workspace, post: Post) -> None:
    seen = post.version
    composing.edit_post(post, version=seen, title="First")
    with pytest.raises(composing.EditedMeanwhile) as refusal:
        composing.edit_post(Post.objects.get(pk=post.pk), version=seen, title="Second")
    assert refusal.value.http_status == 409
    assert Post.objects.get(pk=post.pk).title == "First"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "blog.example/x", "ftp://x"])
def test_a_link_that_is_no_web_address_is_refused(in_workspace: Workspace, post: Post, link: str) -> None:
    with pytest.raises(composing.BadEdit, match="https://"):
        composing.edit_post(post, version=post.version, link=link)


def test_control_characters_go_and_joined_characters_stay(in_workspace: Workspace, post: Post) -> None:
    composing.edit_post(post, version=post.version, description="A\x00 👨‍👩‍👧\r\nfamily\x1b \ud800")
    assert post.description == "A 👨‍👩‍👧\nfamily"
    with pytest.raises(composing.BadEdit, match="10,001"):
        composing.edit_post(post, version=post.version, description="x" * 10_001)


def test_pictures_are_added_replaced_and_taken_out_in_order(in_workspace: Workspace, post: Post) -> None:
    assets = [storing.store_image(pictures.jpeg(600, 900 + n)) for n in range(5)]
    for asset in assets[:4]:
        composing.add_picture(post, asset)
    with pytest.raises(composing.BadEdit, match="At most 5"):
        composing.add_picture(post, assets[4])
    composing.replace_picture(post, assets[4])
    composing.remove_picture(post, position=1)
    uses = list(PostMedia.objects.filter(post=post).order_by("position"))
    assert [use.position for use in uses] == [0, 1, 2, 3]
    assert [use.asset_id for use in uses] == [a.pk for a in (assets[4], *assets[1:4])]
    with pytest.raises(composing.BadEdit, match="no picture"):
        composing.replace_picture(post, assets[0], position=9)


def test_too_small_an_upload_is_refused_with_its_size(in_workspace: Workspace) -> None:
    with pytest.raises(TooSmall, match="200 by 200"):
        composing.new_post_from_upload(storing.store_image(pictures.jpeg(200, 200)))
    assert not Post.objects.exists()


def test_a_board_that_is_gone_cannot_be_chosen(in_workspace: Workspace, post: Post) -> None:
    target = board()
    target.gone_at = clock.now()
    with pytest.raises(composing.BadEdit, match="no longer on the account"):
        composing.choose_target(post, target)
    assert composing.choose_target(post, None).target is None


def test_a_post_is_removed_brought_back_and_copied(in_workspace: Workspace, post: Post) -> None:
    assert composing.remove_post(post).removed_at is not None
    composing.remove_post(post)
    assert not Post.objects.kept().exists()
    assert composing.restore_post(post).removed_at is None
    twin = composing.duplicate_post(post)
    assert (twin.title, twin.media.get().asset_id) == (post.title, post.media.get().asset_id)
    assert twin.words_state == WordsState.READY
    assert kinds() == ["post.drafted", "post.removed", "post.restored", "post.drafted"]


def test_another_workspaces_post_is_out_of_reach(people: People, soup: Article) -> None:
    [made] = draft(people, soup)
    with scope.workspace(people.elsewhere.pk), pytest.raises(composing.EditedMeanwhile):
        composing.edit_post(made, version=made.version, title="Taken over")
