"""A person asks for words of one post: they come as a proposal, and are used, dropped, stopped, taken back."""

from __future__ import annotations

from uuid import UUID

import pytest

from conftest import People
from petra.posts import writing, writing_job
from petra.posts.models import GenerationState, Post, WordsState
from petra.posts.tests.samples import article
from petra.tenancy import scope


@pytest.fixture
def post_id(people: People) -> UUID:
    with scope.workspace(people.workspace.pk):
        soup = article()
        post = Post.objects.create(blog=soup.blog, article=soup, title="Old", description="Old words.", link=soup.url)
        return UUID(str(post.pk))


def test_words_come_as_a_proposal_and_are_the_posts_only_when_used(people: People, post_id: UUID) -> None:
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        post = Post.objects.get(pk=post_id)
        made = writing.start(post, actor_id=people.alice.pk)
        assert post.words_state == WordsState.GENERATING
    writing_job.write(workspace_id=people.workspace.pk, generation_id=made.pk)
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        made.refresh_from_db()
        post.refresh_from_db()
        assert (made.state, post.title, post.words_state) == (GenerationState.PROPOSED, "Old", WordsState.DRAFT)
        writing.use(made, actor_id=people.alice.pk)
        post.refresh_from_db()
        assert post.title == made.title != "Old"
        assert [g.title for g in writing.history(post)] == [made.title, "Old"]
