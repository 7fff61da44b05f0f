"""Articles, boards and a blog of pictures for tests."""

from __future__ import annotations

from collections.abc import Iterable

from petra.accounts.models import Account, Target
from petra.articles.models import Article, ArticleImage, Blog
from petra.media.storing import NotFetched
from petra.media.tests import samples as pictures

TEXT = "\n".join(
    [
        "Roast the pumpkin in its skin, because the skin keeps the flesh moist and turns sweet at the edges.",
        "A spoon of smoked paprika makes the soup taste as if it had hung over a fire all afternoon.",
        "The soup is better on the second day, when the paprika has found its way into every corner.",
        "Freeze what is left in jars, with a thumb of room under the lid, and thaw the soup in the fridge.",
        "Pumpkin seeds roasted with salt are the best thing that ever happened to a bowl of pumpkin soup.",
        "Bread that is two days old, fried in butter and rubbed with garlic, is all this soup asks for.",
    ]
)


def article(
    *images: ArticleImage, title: str = "Pumpkin soup", is_do_not_pin: bool = False, text: str = TEXT
) -> Article:
    """Write an article with pictures; without any, with a tall lead and two others. Call inside a scope."""
    blog, _ = Blog.objects.get_or_create(address="https://blog.example/", defaults={"name": "Blog"})
    row: Article = Article.objects.create(
        blog=blog,
        address_key=f"blog.example/{title}",
        url="https://blog.example/soup",
        title=title,
        text=text,
        html="<h2>Ingredients</h2><h2>Why the skin stays on</h2><p>…</p><h3>What to do with the <em>seeds</em></h3>",
        language="en",
        tags=["soup"],
        is_do_not_pin=is_do_not_pin,
    )
    if not images:
        images = (
            image("lead", 1600, 1067, is_lead=True, alt="A bowl of soup"),
            image("tall", 1000, 1500),
            image("odd"),
        )
    for position, one in enumerate(images):
        one.workspace_id, one.article, one.position = row.workspace_id, row, position
        one.save()
    return row


def image(name: str, width: int | None = None, height: int | None = None, **marks: object) -> ArticleImage:
    """Describe a picture; `article` keeps it."""
    return ArticleImage(
        workspace_id=None, url=f"https://blog.example/{name}.jpg", width_px=width, height_px=height, **marks
    )


class Pictures:
    """Answers for the blog's picture addresses; remembers what was asked."""

    def __init__(self, *, missing: Iterable[str] = (), sizes: dict[str, tuple[int, int]] | None = None) -> None:
        self.asked: list[str] = []
        self._missing = {f"https://blog.example/{name}.jpg" for name in missing}
        self._sizes = sizes or {}

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if url in self._missing:
            raise NotFetched("The site did not hand out this picture.")
        name = url.rsplit("/", 1)[-1].removesuffix(".jpg")
        return pictures.jpeg(*self._sizes.get(name, (800, 1200 + len(url) + sum(map(ord, name)) % 97)))


def board(network: str = "pinterest", name: str = "Soups") -> Target:
    """Write a connected account with one board. Call inside a scope."""
    account, _ = Account.objects.get_or_create(network=network, remote_id="77", defaults={"username": "slowtable"})
    target: Target = Target.objects.create(
        account=account, remote_id=str(Target.objects.count() + 1), kind="board", name=name
    )
    return target
