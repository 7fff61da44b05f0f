"""Rows for the pages of words: a blog with a voice, an article with a text, and its pins with words of their own."""

from __future__ import annotations

from decimal import Decimal

from petra.ai.contract import Cause, Words
from petra.lib import clock
from petra.posts.models import (
    Generation,
    GenerationKind,
    GenerationState,
    Post,
    WordsRun,
    WordsRunState,
    WordsState,
    WordsTask,
    WordsTaskState,
)
from petra.posts.words import brand, versions
from petra.web.tests.page_rows import House

TEXT = """Miso and butter make a glaze that tastes of more than it took. One pan is enough, and 25 minutes are.

Dry the salmon well and salt it an hour before. Heat the pan until the butter foams, then lay the fish skin side down.

Spoon the miso butter over the fish while it cooks. The skin stays crisp if nobody moves it for four minutes.

Serve it on rice with cucumbers and lemon. What is left makes a good lunch on the next day."""
OLD = Words(
    "The BEST Crispy Miso Butter Salmon You’ll Ever Make",
    "Get ready for the most amazing salmon with crackling skin and rice that catches the sauce. Five ingredients, 25 "
    "minutes, so much flavour! Serve with quick cucumbers and lemon. You need this recipe in your life.",
    "Two glazed salmon fillets with crisp skin on white rice.",
    ("Salmon recipes", "Miso"),
)
NEW = Words(
    "Crispy Miso Butter Salmon in 25 Minutes",
    "One-pan miso butter salmon with crackling skin and rice that catches the sauce. Five ingredients, 25 minutes, and "
    "a pan that mostly cleans itself. Serve with quick cucumbers and lemon.",
    OLD.alt_text,
    ("Salmon recipes", "Miso", "One-pan dinners"),
)


def written_pin(house: House, words: Words = OLD) -> Post:
    """Write a pin of the house's article that says `words`, and a blog with a voice. Call inside a scope."""
    house.article.text = TEXT
    house.article.save(update_fields=["text"])
    post = house.rows.post()
    Post.objects.filter(pk=post.pk).update(
        blog=house.blog, article=house.article, language="en", **versions.plain(words)
    )
    found: Post = Post.objects.complete().get(pk=post.pk)
    return found


def give_voice(house: House) -> None:
    """Write the brand of the house's blog."""
    brand.save(
        house.blog,
        texts={
            "about": "Calm, practical cooking for people who come home at seven.",
            "voice": "Never bossy, never breathless.",
            "alt_text_opening": "Picture of",
        },
        lists={"keywords": ["one pan", "weeknight"], "banned_words": ["the BEST", "mouth-watering"]},
        ai_disclosures=[],
    )


def keep(post: Post, words: Words, *, by: str = "double-small", feedback: str = "") -> Generation:
    """Make words the pin's, as a version written by a model."""
    row = Generation(post=post, writer=by, feedback=feedback, input_tokens=1480, output_tokens=212)
    row.cost_usd = Decimal("0.0021")
    return versions.put(post, words, kind=GenerationKind.REWRITE, actor_id=None, generation=row)


def propose(post: Post, words: Words = NEW, state: str = GenerationState.PROPOSED, **values: object) -> Generation:
    """Write a proposal in any state, as if it had come there."""
    is_open = state == GenerationState.RUNNING
    if is_open:
        Post.objects.filter(pk=post.pk).update(words_state=WordsState.GENERATING, words_state_before=WordsState.READY)
    made: Generation = Generation.objects.create(
        post=post,
        kind=GenerationKind.REWRITE,
        state=state,
        feedback="Less hype. Say it is one pan and how long it takes.",
        before=versions.plain(versions.words_of(post)),
        writer="double-small",
        next_at=clock.now() if is_open else None,
        **{
            "fields": ["title", "description", "alt_text"],
            "input_tokens": 1480,
            "output_tokens": 212,
            "cost_usd": Decimal("0.0021"),
            **versions.plain(words),
            **values,
        },
    )
    return made


def fail(post: Post, cause: Cause, detail: str = "") -> Generation:
    """Write a proposal that failed, and the pin's note of it."""
    Post.objects.filter(pk=post.pk).update(words_error=cause)
    return propose(post, Words(), GenerationState.FAILED, error=cause, error_detail=detail)


def words_run(house: House, state: str = WordsRunState.RUNNING, *, because: str = "") -> WordsRun:
    """Write a run of six: two written, one failed, one a person edited, one being written, one that waits."""
    done = state == WordsRunState.DONE
    run: WordsRun = WordsRun.objects.create(
        state=state,
        because=because,
        fields=["title", "description", "alt_text"],
        brief="Say how long it takes.",
        finished_at=clock.now() if done else None,
    )
    S = WordsTaskState  # noqa: N806
    tasks: list[tuple[WordsTaskState, str]] = [(S.WRITTEN, ""), (S.WRITTEN, ""), (S.FAILED, Cause.CONTENT_REFUSED)]
    tasks += [(S.SKIPPED, "edited"), (S.WRITTEN if done else S.RUNNING, ""), (S.WRITTEN if done else S.WAITING, "")]
    for position, (task_state, why) in enumerate(tasks):
        post = house.rows.post()
        if task_state == S.RUNNING:
            propose(post, Words("Half a title"), GenerationState.RUNNING)
        written = task_state == S.WRITTEN
        WordsTask.objects.create(
            run=run,
            post=post,
            position=position,
            state=task_state,
            why=why,
            tokens=1700 if written else 0,
            cost_usd=Decimal("0.0021") if written else Decimal(0),
            finished_at=clock.now() if task_state not in (S.RUNNING, S.WAITING) else None,
        )
    return run
