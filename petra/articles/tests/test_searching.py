"""Search over articles: what its words, signs and beginnings find."""

from __future__ import annotations

from petra.articles.models import Article, Blog
from petra.articles.searching import holding
from petra.tenancy.models import Workspace


def article(title: str, text: str = "", *, language: str = "en") -> Article:
    blog = Blog.objects.first() or Blog.objects.create(name="Bread", address="https://bread.example/")
    key = f"bread.example/{Article.objects.count()}"
    made: Article = Article.objects.create(
        blog=blog, address_key=key, url=f"https://{key}", title=title, text=text, language=language
    )
    return made


def titles(words: str) -> set[str]:
    return set(Article.objects.filter(pk__in=holding(words)).values_list("title", flat=True))


def test_an_article_holds_all_the_words_asked_for(in_workspace: Workspace) -> None:
    article("Banana bread"), article("Rye bread"), article("Breaded herring")
    assert titles("banana bread") == {"Banana bread"}
    assert titles("rye bre") == {"Rye bread"}, "the last word is a beginning, the others still count"
    assert titles("bre") == {"Banana bread", "Rye bread", "Breaded herring"}
    assert titles("the rye bre") == {"Rye bread"}, "what a language leaves out is not asked for"


def test_a_word_left_out_is_left_out_in_every_form(in_workspace: Workspace) -> None:
    article("Bread", "Our best recipes for a loaf."), article("Toast", "Bread, toasted.")
    article("Brot", "Unsere besten Rezepte mit Bread.", language="de")
    assert titles("bread -recipes") == {"Toast", "Brot"}
    assert titles("bread -Rezepte") == {"Bread", "Toast"}
    assert titles('bread -"best recipes" -toasted') == {"Brot"}


def test_odd_words_find_what_they_can(in_workspace: Workspace) -> None:
    article("Straße nach Füssen", "Über große Brötchen.", language="de"), article("Salt")
    assert titles("strasse") == titles("STRASSE") == titles("Straße") == {"Straße nach Füssen"}
    assert titles("brotchen") == titles("Brötchen") == {"Straße nach Füssen"}
    for odd in ("", " ", "_", "__", "-", "- -", '"', '"salt', "-salt", '-"salt', "or", "or or", "salt or", "! & |",
                "salt:*", "\\", "'", "salt\x00", "ß", "²", "a" * 5_000, "salt " * 500, "😀", "<->", "(", "-_", "--salt",
                "salt -", "e-mail", "salt--", "\u2028", "\ud7ff", "x\ty"):  # fmt: skip
        titles(odd)
