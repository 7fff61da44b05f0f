"""A blog's voice: 16 fields in 5 sections, told to whoever writes, and what its pins disclose of AI."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from conftest import People
from petra.ai import prompts
from petra.ai.contract import Request, Source, Tone
from petra.articles.models import Blog
from petra.posts import composing
from petra.posts.models import BrandProfile, Post
from petra.posts.tests.samples import Pictures, article
from petra.posts.words import brand
from petra.posts.words import runs as words_runs
from petra.tenancy import scope
from petra.tenancy.models import Workspace
from petra.webhooks.models import Event


@pytest.fixture
def blog(in_workspace: Workspace) -> Blog:
    return Blog.objects.create(name="Slow Table", address="https://blog.example/")  # type: ignore[no-any-return]


def test_the_sixteen_fields_are_there_in_five_sections() -> None:
    named = [name for fields in brand.SECTIONS.values() for name in fields]
    assert (len(brand.SECTIONS), len(named), len(set(named))) == (5, 16, 16)
    here = {field.name for field in (*Blog._meta.fields, *BrandProfile._meta.fields)}
    assert set(named) <= here
    assert {*brand.TEXTS, *brand.LISTS} == set(named) - {"name", "address", "language", "rhythm"}


def test_what_is_written_reaches_the_writer_and_the_rest_stays(blog: Blog) -> None:
    assert brand.as_brand(blog).name == "Slow Table"
    assert not BrandProfile.objects.exists()  # looking writes nothing
    brand.save(blog, texts={name: f"about {name}" for name in brand.TEXTS}, lists={"keywords": [" soup ", "", "soup"]})
    brand.save(blog, texts={"voice": "Dry\x00 and warm "}, lists={"banned_words": ["hack"]})
    told = brand.as_brand(blog, brief="For winter.")
    assert (told.voice, told.look, told.keywords, told.banned_words) == (
        "Dry and warm", "about look", ("soup",), ("hack",),
    )  # fmt: skip
    assert told.instructions == "about instructions\nFor winter."
    assert brand.as_brand(None, brief="For winter.").instructions == "For winter."


@pytest.mark.parametrize(
    "wrong",
    [
        {"texts": {"voice": "x" * 2_001}},
        {"lists": {"keywords": [str(n) for n in range(101)]}},
        {"lists": {"banned_words": ["x" * 81]}},
    ],
)
def test_what_is_too_long_is_refused(blog: Blog, wrong: dict[str, dict[str, str]]) -> None:
    with pytest.raises(brand.BadProfile):
        brand.save(blog, **wrong)  # type: ignore[arg-type]
    assert not BrandProfile.objects.exists()


def test_the_tone_has_five_steps_and_reaches_the_writer(blog: Blog) -> None:
    assert brand.as_brand(blog).tone == Tone()
    brand.save(blog, tone=Tone(playful=-1, warm=2), has_emoji=True)
    brand.save(blog, texts={"voice": "Dry"})
    told = brand.as_brand(blog)
    assert (told.tone, told.has_emoji, told.voice) == (Tone(-1, 0, 2), True, "Dry")
    with pytest.raises(brand.BadProfile):
        brand.save(blog, tone=Tone(detailed=3))
    with pytest.raises(IntegrityError), transaction.atomic():
        BrandProfile.objects.update(playful=-3)


def test_a_copy_takes_everything_but_what_the_blog_itself_has_and_whether_it_learns(blog: Blog) -> None:
    other = Blog.objects.create(name="Little Acre", address="https://acre.example/")
    brand.save(other, texts={"look": "Green"}, is_learning=False)
    brand.save(blog, texts={"voice": "Dry"}, lists={"keywords": ["soup"]}, tone=Tone(warm=1), ai_disclosures=["x"])
    copied = brand.copy(blog, other)
    assert (copied.voice, copied.look, copied.keywords, copied.warm) == ("Dry", "", ["soup"], 1)
    assert (copied.ai_disclosures, copied.is_learning) == (["x"], False)
    assert Blog.objects.get(pk=other.pk).name == "Little Acre"
    assert brand.profile_of(blog).is_learning
    with pytest.raises(brand.BadProfile):
        brand.copy(blog, blog)


def test_what_is_saved_as_it_was_is_no_news(blog: Blog) -> None:
    for _ in range(2):
        brand.save(blog, texts={"voice": "Dry"}, lists={"keywords": ["soup"]}, tone=Tone(warm=1))
    assert Event.objects.filter(kind="blog.brand_changed").count() == 1


def test_new_pins_disclose_what_the_blog_says_and_old_ones_stay(people: People) -> None:
    with scope.workspace(people.workspace.pk):
        soup = article()
        old = Post.objects.create(article=soup, blog=soup.blog)
        brand.save(soup.blog, ai_disclosures=["ai_modified"])
    [made] = composing.draft_posts(soup, fetch=Pictures())
    with scope.workspace(people.workspace.pk):
        assert made.ai_disclosures == ["ai_modified"]
        assert Post.objects.get(pk=old.pk).ai_disclosures == []


def test_the_wish_of_a_run_is_told_beside_the_longest_instructions(blog: Blog) -> None:
    brand.save(blog, texts={"instructions": "word " * (brand.MAX_TEXT // 5 - 1) + "end"})
    wish = "Winter " * (words_runs.MAX_BRIEF // 7 - 1) + "snow"
    told = brand.as_brand(blog, brief=wish)
    assert wish in prompts.built(Request(Source("Soup", text="Soup."), brand=told)).system
