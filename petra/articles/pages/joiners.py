"""The joiners of scripts and emoji, brought through trafilatura, which takes every sign out that prints nothing. Pure.

Without them a cook (👩‍🍳) falls into a woman and a pan, and Persian and Hindi words are spelt wrong.
"""

from __future__ import annotations

import copy
from typing import Final

from lxml.html import HtmlElement as Element

# Rare printable signs of Unicode 11 stand for them meanwhile: marks of medieval song and of Cornish verse.
_STAND_INS: Final = str.maketrans({"\u200d": "\u2e4e", "\u200c": "\u2e4f"})
_BACK: Final = str.maketrans({"\u2e4e": "\u200d", "\u2e4f": "\u200c"})
_JOINERS: Final = frozenset("\u200c\u200d")
_TAKEN: Final = frozenset("\u2e4e\u2e4f")


def hidden(tree: Element) -> Element:
    """Give the tree with stand-ins for its joiners: a copy, or itself where there are none, or no free stand-ins."""
    signs = set(tree.text_content())
    if not signs & _JOINERS or signs & _TAKEN:
        return tree
    hiding = copy.deepcopy(tree)
    for element in hiding.iter():
        if isinstance(element.tag, str) and element.text:
            element.text = element.text.translate(_STAND_INS)
        if element.tail:
            element.tail = element.tail.translate(_STAND_INS)
    return hiding


def shown(text: str) -> str:
    """Give a text of such a copy with its joiners."""
    return text.translate(_BACK)
