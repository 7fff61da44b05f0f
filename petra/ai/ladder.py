"""How a model can be held to an answer of our form, from the surest way down to a mere request, and what each takes.

What a server took is remembered per address and model, in this process: the next request starts there.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import StrEnum

from petra.lib import clock

_REMEMBERED = 1000
_REMEMBERED_FOR_S = 6 * 3600.0  # servers are upgraded


class Form(StrEnum):
    """A way to demand JSON."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT_WITH_SCHEMA = "json_object_with_schema"  # llama.cpp, Fireworks, Together
    JSON_OBJECT = "json_object"
    TOOL = "tool"  # the answer as the arguments of a function that must be called
    PROMPT = "prompt"  # the schema in the prompt, and hope


@dataclass(frozen=True)
class Manner:
    """How a model is asked: in which form, whether it gets pictures and can stream, whether its memory is small."""

    form: Form
    sees: bool = True
    streams: bool = True
    is_small: bool = False

    def lower(self, forms: tuple[Form, ...], *, pictures: bool, has_pictures: bool) -> Manner | None:
        """Give what to try after a refusal; None at the ladder's foot. `pictures`: the refusal spoke of those."""
        if pictures and self.sees and has_pictures:
            return replace(self, sees=False)
        below = forms[forms.index(self.form) + 1 :] if self.form in forms else ()
        if below:
            return replace(self, form=below[0])
        if self.sees and has_pictures:
            return replace(self, form=forms[0], sees=False)  # it may not have taken the pictures, and not have said so
        return None


_known: OrderedDict[tuple[str, str], tuple[Manner, float]] = OrderedDict()
_lock = threading.Lock()


def manner_for(address: str, model: str, forms: tuple[Form, ...]) -> Manner:
    """Say how to ask this model first."""
    with _lock:
        found = _known.get((address, model))
    if found and found[0].form in forms and clock.monotonic() - found[1] < _REMEMBERED_FOR_S:
        return found[0]
    return Manner(forms[0])


def remember(address: str, model: str, manner: Manner) -> None:
    """Keep how this model answered; the oldest are forgotten."""
    with _lock:
        since = _known[address, model][1] if _known.get((address, model), (None,))[0] == manner else clock.monotonic()
        _known[address, model] = (manner, since)
        _known.move_to_end((address, model))
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)


def forget() -> None:
    """Forget everything, as a new process has."""
    with _lock:
        _known.clear()
