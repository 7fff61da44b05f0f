"""What leaves for a provider, and how its answers come in: against a real server that speaks as they do."""

from __future__ import annotations

import base64
import io
import threading
from uuid import UUID

import psycopg
import pytest
from django.db import connections
from PIL import Image
from pytest_django.fixtures import Settings

from conftest import People
from petra.ai import scripted
from petra.ai.testing import AiDouble
from petra.articles.models import Article
from petra.lib import clock, notify
from petra.media import storing
from petra.media.tests import samples as pictures
from petra.posts import composing
from petra.posts.models import Generation, GenerationState, Post, WordsState
from petra.posts.testing import choose_double, post_of, work
from petra.posts.tests.samples import article
from petra.posts.words import access_keys, asking, brand, writing
from petra.posts.words import job as writing_job
from petra.tenancy import scope
from petra.webhooks.announcing import CHANNEL
from petra.webhooks.models import Event


def soup_of(people: People, double: AiDouble) -> UUID:
    """Choose the double for alice's workspace and write a post of an article with a large picture."""
    with scope.workspace(people.workspace.pk):
        choose_double(double)
        asset = storing.store_image(pictures.jpeg(2400, 3600))
        return post_of(article(), asset=asset).pk


def ask(people: People, post_id: UUID, **wishes: object) -> Generation:
    with scope.workspace(people.workspace.pk, actor_id=people.alice.pk):
        made = writing.start(Post.objects.get(pk=post_id), actor_id=people.alice.pk, **wishes)  # type: ignore[arg-type]
    work()
    with scope.workspace(people.workspace.pk):
        made.refresh_from_db()
    return made


def test_article_picture_brand_and_siblings_are_sent_and_nothing_of_another_workspace(
    people: People, double: AiDouble
) -> None:
    post_id = soup_of(people, double)
    with scope.workspace(people.elsewhere.pk):
        foreign = article(title="Charlie's own stew", text="Only Charlie knows this stew.")
        brand.save(foreign.blog, texts={"voice": "Charlie's voice"})
        post_of(foreign, title="Charlie's pin")
    with scope.workspace(people.workspace.pk):
        soup = Article.objects.get()
        brand.save(soup.blog, texts={"voice": "Warm, a little dry"}, lists={"banned_words": ["delicious"]})
        post_of(soup, title="The sibling's title")
    made = ask(people, post_id)
    assert (made.state, made.writer, made.provider) == (GenerationState.PROPOSED, "double-small", "compatible")
    [sent] = double.asked
    for told in ("Pumpkin soup", "Roast the pumpkin in its skin", "Warm, a little dry", "The sibling's title"):
        assert told in sent.text
    assert "Charlie" not in sent.text
    [picture] = sent.pictures
    image = Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2])))
    assert (image.format, max(image.size)) == ("JPEG", asking.MAX_SIDE_PX)
    assert (made.input_tokens, made.output_tokens) == (sent.input_tokens, sent.output_tokens)
    assert made.cost_usd == sent.cost_usd


def test_feedback_is_sent_as_a_conversation(people: People, double: AiDouble) -> None:
    post_id = soup_of(people, double)
    first = ask(people, post_id)
    ask(people, post_id, feedback="Say that it freezes well.")
    roles = [message["role"] for message in double.asked[1].messages]
    assert roles[-2:] == ["assistant", "user"]
    assert first.title in scripted.text_of(double.asked[1].messages[-2])
    assert "Say that it freezes well." in scripted.text_of(double.asked[1].messages[-1])


def test_no_more_topics_come_than_a_person_can_keep(people: People, double: AiDouble) -> None:
    post_id = soup_of(people, double)
    many = tuple(f"soup of kind {number}" for number in range(15))
    double.script(scripted.these("Soup for cold days", "Roast the pumpkin in its skin.", "A bowl of soup", many))
    made = ask(people, post_id)
    with scope.workspace(people.workspace.pk):
        post = writing.use(made)
        topics = list(post.topics)
        composing.edit_post(post, version=post.version, topics=topics[1:])
        assert Post.objects.get(pk=post_id).topics == topics[1:]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (scripted.key_refused("sk-double"), "key_refused"),
        (scripted.no_model("double-small"), "no_model"),
    ],
    ids=["key", "model"],
)
def test_a_refusal_is_told_on_the_post_and_where_the_key_is_chosen(
    people: People, double: AiDouble, answer: scripted.Answer, cause: str
) -> None:
    post_id = soup_of(people, double)
    double.script(answer)
    assert ask(people, post_id).error == cause
    with scope.workspace(people.workspace.pk):
        assert access_keys.access_of(None).last_error == cause
        assert Post.objects.get(pk=post_id).words_error == cause


def test_text_streams_in_and_open_pages_are_told_without_a_line_in_the_history(
    real_people: People, double: AiDouble, settings: Settings
) -> None:
    post_id = soup_of(real_people, double)
    double.piece_s = 0.15
    with scope.workspace(real_people.workspace.pk):
        made = writing.start(Post.objects.get(pk=post_id))
        lines = Event.objects.count()
    heard: list[str] = []
    seen: list[str] = []
    with psycopg.connect(**notify.listening_parameters(), autocommit=True) as listener:
        listener.execute(f"listen {CHANNEL}")
        worker = threading.Thread(target=run_worker, args=(real_people.workspace.pk, made.pk))
        worker.start()
        while worker.is_alive():
            heard += [notice.payload for notice in listener.notifies(timeout=0.1)]
            with scope.workspace(real_people.workspace.pk):
                seen.append(Generation.objects.get(pk=made.pk).description)
        worker.join()
    assert heard.count(f"{real_people.workspace.pk}:{made.event_id}") >= 2
    grown = sorted({len(text) for text in seen})
    assert len(grown) >= 3, grown
    with scope.workspace(real_people.workspace.pk):
        assert Event.objects.count() == lines + 1  # only that it was proposed


def test_stop_breaks_the_stream_off(real_people: People, double: AiDouble) -> None:
    post_id = soup_of(real_people, double)
    double.piece_s = 0.3
    with scope.workspace(real_people.workspace.pk):
        made = writing.start(Post.objects.get(pk=post_id))
    worker = threading.Thread(target=run_worker, args=(real_people.workspace.pk, made.pk))
    worker.start()
    give_up_at = clock.monotonic() + 20
    while clock.monotonic() < give_up_at:
        with scope.workspace(real_people.workspace.pk):
            if Generation.objects.get(pk=made.pk).title != "":
                writing.stop(made)
                break
        threading.Event().wait(0.05)
    stopped_at = clock.monotonic()
    worker.join(20)
    assert not worker.is_alive() and clock.monotonic() - stopped_at < 5
    with scope.workspace(real_people.workspace.pk):
        made.refresh_from_db()
        assert (made.state, made.holder_id, made.next_at) == (GenerationState.STOPPED, None, None)
        assert made.input_tokens > 0  # what was sent is paid for
        assert Post.objects.get(pk=post_id).words_state == WordsState.READY


def run_worker(workspace_id: UUID, generation_id: UUID) -> None:
    try:
        writing_job.write(workspace_id=workspace_id, generation_id=generation_id)
    finally:
        connections.close_all()
