"""The order in which an article's pictures are taken."""

from __future__ import annotations

from petra.posts.choosing import ranked
from petra.posts.tests.samples import image


def names(*images: object, shown: tuple[str, ...] = ()) -> list[str]:
    for position, one in enumerate(images):
        one.position = position  # type: ignore[attr-defined]
    addresses = [f"https://blog.example/{name}.jpg" for name in shown]
    found = ranked(images, shown=addresses)  # type: ignore[arg-type]
    return [one.url.rsplit("/", 1)[-1].removesuffix(".jpg") for one in found]


def test_tall_ones_come_first_then_the_lead_then_reading_order() -> None:
    order = names(
        image("lead", 1600, 900, is_lead=True), image("a"), image("tall", 1000, 1500), image("wide", 1600, 900)
    )
    assert order == ["tall", "lead", "a", "wide"]


def test_a_tall_lead_is_the_best_there_is() -> None:
    assert names(image("tall", 1000, 1500), image("lead", 800, 1200, is_lead=True)) == ["lead", "tall"]


def test_what_the_owner_keeps_back_or_is_too_small_never_comes() -> None:
    assert names(image("no", 1000, 1500, is_nopin=True), image("icon", 64, 64), image("ok")) == ["ok"]


def test_pictures_shown_already_come_last() -> None:
    assert names(image("lead", 800, 1200, is_lead=True), image("b"), image("c"), shown=("lead",)) == ["b", "c", "lead"]
