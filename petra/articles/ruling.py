"""The rule by which a blog's new articles make pins: a person sets it, the end of an import says what falls under it.

Each article is asked about once. What waits is drafted by `publishing.ruled`, which knows posts and calendars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from petra.articles.models import Article, Blog, ImportRun, Ruled, RunState
from petra.articles.site.candidates import Trouble
from petra.lib import clock
from petra.lib.errors import ProductError
from petra.webhooks import events

MOST_PINS = 5  # of one article
MOST_TARGETS = 20
GIVEN = ("list", "export")  # imports whose articles are no news: a person chose them
MOST_AT_ONCE = 50  # articles; more at once are no news but a move of the site, or a page that is not what it says


@dataclass(frozen=True)
class Rule:
    """What is made of each new article. Targets are taken in turn; `is_planned`: into free slots, without asking.

    `has_first`: the articles of the blog's first import count as new, too.
    """

    pins: int = 1
    target_ids: Sequence[UUID] = ()
    is_planned: bool = False
    has_first: bool = False


def set_rule(blog: Blog, rule: Rule | None, *, actor_id: UUID | None = None) -> Blog:
    """Set a blog's rule, or None for none. It counts for articles imported from now on. Call inside a scope."""
    if rule is None:
        blog.rule_since = None
        Article.objects.filter(blog=blog, ruled=Ruled.WAITING).update(ruled=Ruled.LEFT)
    else:
        _check(rule)
        blog.rule_since = blog.rule_since or clock.now()
        blog.rule_pins = rule.pins
        blog.rule_target_ids = [str(target_id) for target_id in rule.target_ids]
        blog.rule_is_planned, blog.rule_has_first = rule.is_planned, rule.has_first
    blog.save(update_fields=["rule_since", "rule_pins", "rule_target_ids", "rule_is_planned", "rule_has_first"])
    kind = "blog.rule_set" if rule is not None else "blog.rule_ended"
    events.record(kind, subject=blog, actor_id=actor_id, called=blog.name)
    return blog


def rule_of(blog: Blog) -> Rule | None:
    """Give the rule of a blog, if it has one."""
    if blog.rule_since is None:
        return None
    ids = [UUID(one) for one in blog.rule_target_ids]
    return Rule(blog.rule_pins, ids, blog.rule_is_planned, blog.rule_has_first)


def _check(rule: Rule) -> None:
    if not 1 <= rule.pins <= MOST_PINS:
        raise ProductError("bad-rule", f"Choose between 1 and {MOST_PINS} pins for each article.")
    if len(rule.target_ids) > MOST_TARGETS:
        raise ProductError("bad-rule", f"Choose at most {MOST_TARGETS} boards.")
    if rule.is_planned and not rule.target_ids:
        raise ProductError("bad-rule", "Choose a board first: what has none can't be planned.")


def is_before_first(blog: Blog) -> bool:
    """Say whether the blog was never imported whole."""
    return not ImportRun.objects.filter(blog=blog, kind="blog", state=RunState.DONE).exists()


def at_birth(run: ImportRun) -> str:
    """Say what is noted of an import's new articles, however it ends: those of a list are left out at once."""
    return Ruled.LEFT if run.kind in GIVEN else ""


def decide(run: ImportRun, *, is_odd: bool) -> list[Trouble]:
    """Say of the articles nobody has asked about whether the rule makes pins of them. Gives what the report is to say.

    Call in the transaction that ends `run`, before it is done. With `is_odd` its pages are hardly articles.
    """
    blog = Blog.objects.get(pk=run.blog_id)
    if blog.rule_since is None:
        return []
    asked = Article.objects.filter(blog=blog, ruled="", imported_at__gte=blog.rule_since, archived_at=None)
    if run.kind == "url":  # what another import left behind, the next look at the whole blog asks about
        asked = asked.filter(imported_at__gte=run.started_at)
    fresh, why = run.new if run.kind in GIVEN else asked.count(), ""
    if not fresh:
        return []
    if run.kind in GIVEN:
        asked, why = asked.none(), "They came from a list or an export."
    elif is_odd:
        why = "Their texts are equal."
    elif run.kind == "blog" and is_before_first(blog):
        why = "" if blog.rule_has_first else "This was the blog's first import."
    elif fresh > MOST_AT_ONCE:
        why = "That is more than a blog writes at once."
    asked.update(ruled=Ruled.LEFT if why else Ruled.WAITING)
    if not why:
        return []
    words = f"The rule made no pins of {fresh} new articles. {why} Choose the ones you want on the articles page."
    return [Trouble(blog.address, "not-ruled", words)]
