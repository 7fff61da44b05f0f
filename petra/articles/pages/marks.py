"""What the elements of a page are called: classes, ids and itemprops, gathered in one walk and asked by many. Pure.

An XPath that looks for a class walks the whole page; the readers ask dozens of such questions of each page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement as Element

# What stands in comments, boxes beside the text or lists of other articles; never the page's own frame.
_BESIDE_CLASS = re.compile(r" (?:comment|related|widget)| sidebar ")
_BESIDE_ID = re.compile(r"(?:comment|related)|(?:respond|sidebar|secondary)\Z")


class Marks:
    """The marked elements of a page in its order. It keeps them alive, so that each is the same object each time."""

    def __init__(self, tree: Element) -> None:
        self._classed: dict[str, list[tuple[int, Element]]] = {}  # many elements are called the same
        self._props: dict[str, list[Element]] = {}
        self._named: dict[str, list[Element]] = {}
        self._beside: set[Element] = set(tree.iter("aside"))
        for place, element in enumerate(tree.xpath("//*[@class or @id or @itemprop]")):
            classes, name, prop = element.get("class"), element.get("id"), element.get("itemprop")
            if classes:
                classes = f" {' '.join(classes.split())} "
                self._classed.setdefault(classes, []).append((place, element))
            if name:
                self._named.setdefault(name.strip(), []).append(element)
            if prop:
                for word in prop.split():
                    self._props.setdefault(word, []).append(element)
            if element.tag in ("body", "html"):
                continue
            if (classes and _BESIDE_CLASS.search(classes)) or (name and _BESIDE_ID.match(name)):
                self._beside.add(element)

    def of_class(self, *parts: str) -> list[Element]:
        """Give the elements whose class holds one of these parts; a part with spaces around is a whole word."""
        found: list[tuple[int, Element]] = []
        for classes, elements in self._classed.items():
            for part in parts:
                if part in classes:
                    found += elements
                    break
        return [element for _, element in sorted(found, key=_place)]

    def of_prop(self, name: str) -> list[Element]:
        """Give the elements with this itemprop."""
        return self._props.get(name, [])

    def of_id(self, *names: str) -> Iterator[Element]:
        """Give the elements with one of these ids."""
        for name in names:
            yield from self._named.get(name, ())

    def is_beside(self, element: Element) -> bool:
        """Say whether an element stands in comments, in a box beside the text or in a list of other articles."""
        if not self._beside:
            return False
        return element in self._beside or any(ancestor in self._beside for ancestor in element.iterancestors())


def _place(found: tuple[int, Element]) -> int:
    return found[0]
