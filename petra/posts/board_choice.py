"""STOP 2, the board: which one fits a post, told from words alone. Nothing is asked over the network.

Called by the pages and the doors, inside a scope. A board's name says what it is about; where people put earlier posts
of the same tags says it better. It suggests and never chooses: `composing.choose_target` does, when a person accepts.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from petra.accounts.models import AccountState, Target
from petra.ai.lexicon import STOP_WORDS
from petra.ai.offline.passages import terms
from petra.posts.models import Post

_EARLIER = 500  # posts that are looked at, the newest first
_LEAST_NAME = 0.55  # of a board's name that a post must speak of, common words counting little
_LEAST_HABIT = 0.5  # of the posts of a tag that went to one board
_OR = re.compile(r"\s*[&+/,|·•]\s*|\s+(?:and|und|et|y|e|en|or|oder|ou|o)\s+", re.IGNORECASE)
# Words that are on boards of any subject, in the languages the offline writer knows.
_COMMON = frozenset(
    """
    board boards pins pin ideas idea inspiration tips best favorite favourite favorites blog posts post articles my our
    easy quick recipes recipe ideen idee tipps beste lieblings rezepte rezept einfach schnell meine unser idees astuces
    recettes recette facile ideas consejos recetas receta facil idee consigli ricette ricetta facile ideeen recepten
    recept makkelijk ideias dicas receitas receita facil allerlei sonstiges misc
    """.split()  # noqa: SIM905
)


@dataclass
class _Habits:
    """Where earlier posts went: by tag, and by the article itself."""

    by_tag: dict[str, Counter[UUID]] = field(default_factory=lambda: defaultdict(Counter))
    used: Counter[UUID] = field(default_factory=Counter)


def suggest(post: Post) -> Target | None:
    """Suggest the board or section that fits a post best; None where none does. Two queries; call inside a scope.

    The same rows always give the same board. Secret boards and those of accounts that can't publish are left out.
    """
    boards = _boards(post)
    if not boards:
        return None
    habits, tags = _habits(post), _tags(post)
    told = _Told(_subject(post), boards, post.language)
    worth = {board.pk: told.share_of(board) + _by_habit(board, tags, habits) for board in boards}
    best = min(boards, key=lambda board: (-worth[board.pk], -habits.used[board.pk], board.name, str(board.pk)))
    return best if worth[best.pk] > 0 else None


def _boards(post: Post) -> list[Target]:
    """List what may be suggested; where an account is chosen already, only its boards."""
    found = Target.objects.filter(gone_at=None, is_secret=False, account__state=AccountState.CONNECTED)
    if post.target_id is not None:
        found = found.filter(account__targets=post.target_id)
    return list(found.select_related("parent", "account"))


def _habits(post: Post) -> _Habits:
    """Read where the newest posts went, this one left out."""
    rows = (
        Post.objects.kept()
        .filter(target__isnull=False)
        .exclude(pk=post.pk)
        .order_by("-created_at", "-pk")
        .values_list("target_id", "article__tags", "topics")[:_EARLIER]
    )
    habits = _Habits()
    for target_id, tags, topics in rows:
        habits.used[target_id] += 1
        for tag in {_folded(str(one)) for one in (tags or topics or ())}:
            habits.by_tag[tag][target_id] += 1
    return habits


def _tags(post: Post) -> set[str]:
    told = (post.article.tags if post.article else None) or post.topics
    return {_folded(str(tag)) for tag in told}


def _subject(post: Post) -> dict[str, float]:
    """Weigh what a post is about: its tags and topics before its title, its title before the rest."""
    article = post.article
    said: list[tuple[float, str]] = [(0.4, post.description[:1000]), (1.0, post.title)]
    said += [(1.0, str(topic)) for topic in post.topics]
    if article is not None:
        said += [(0.4, article.shown_excerpt[:1000]), (1.0, article.edited_title or article.title)]
        said += [(1.0, str(tag)) for tag in article.tags]
    weights: dict[str, float] = {}
    for weight, text in said:
        for word in _words(text, post.language):
            weights[word] = max(weights.get(word, 0.0), weight)
    return weights


class _Told:
    """What the names of boards tell, beside what a post is about."""

    def __init__(self, subject: Mapping[str, float], boards: Sequence[Target], language: str) -> None:
        self._language = language
        named = [set(_words(board.name, language)) for board in boards]
        counts = Counter(word for words in named for word in words)
        self._rarity = {word: _rarity(word, count, len(named)) for word, count in counts.items()}
        self._spoken = {word: _weight(word, subject) for word in counts}

    def share_of(self, board: Target) -> float:
        """Say how much of a board's name a post speaks of: 0 to 1, a little more for longer names, 0 below the least.

        "Soups & stews" is two names, and one of them is enough.
        """
        shares = [self._share(_words(part, self._language)) for part in _OR.split(board.name)]
        best = max(shares, default=0.0)
        if best < _LEAST_NAME:
            return 0.0
        above = _words(board.parent.name, self._language) if board.parent else []
        return best - 0.02 * (len(shares) - 1) + 0.1 * any(self._spoken.get(word, 0.0) for word in above)

    def _share(self, words: Sequence[str]) -> float:
        whole = sum(self._rarity[word] for word in words)
        if not whole:
            return 0.0
        share = sum(self._rarity[word] * self._spoken[word] for word in words) / whole
        return share + 0.05 * (len(words) - 1) if share >= _LEAST_NAME else 0.0


def _rarity(word: str, count: int, boards: int) -> float:
    """Weigh a word of boards' names: what stands on many of them, or on boards of any subject, tells little."""
    return math.log(1 + (1 + boards) / (1 + count)) * (0.25 if word in _COMMON else 1.0)


def _weight(word: str, subject: Mapping[str, float]) -> float:
    """Find a word of a board's name in what a post is about: itself, in another form, or as the end of a longer one."""
    if word in subject:
        return subject[word]
    return max((weight * _likeness(word, other) for other, weight in subject.items()), default=0.0)


def _likeness(word: str, other: str) -> float:
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) < 4:
        return 0.0
    stem = shorter[: max(4, len(shorter) - 2)]
    if longer.startswith(stem) and len(longer) - len(stem) <= 4:
        return 0.9  # "soup", "soups"; "Suppe", "Suppen"
    is_end = len(word) >= 5 and len(other) > len(word) and other.endswith((word, word[:-1]))
    return 0.8 if is_end else 0.0  # "Suppen" in "Kürbissuppe"


def _by_habit(board: Target, tags: Iterable[str], habits: _Habits) -> float:
    """Say how surely posts of the same tags go to this board: the surest tag counts, twice where two agree."""
    sure = []
    for tag in tags:
        went = habits.by_tag.get(tag)
        if not went or not went[board.pk]:
            continue
        count, total = went[board.pk], sum(went.values())
        if count / total >= _LEAST_HABIT:
            sure.append(count / (total + 1))  # one post is a chance, ten are a habit
    return sum(sorted(sure, reverse=True)[:2])


def _words(text: str, language: str) -> list[str]:
    """List the telling words of a text without accents, so that "Früchte" is near to "Frucht"."""
    words = [word for word in terms(text, language.partition("-")[0]) if word not in STOP_WORDS["en"]]
    return list(dict.fromkeys(map(_folded, words)))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", " ".join(text.casefold().split()))
    return unicodedata.normalize("NFC", "".join(c for c in plain if unicodedata.category(c) != "Mn"))
