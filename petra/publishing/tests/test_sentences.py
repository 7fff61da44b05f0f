"""Every state and every cause has its sentence, and nothing writes a cause that has none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from petra.lib import clock
from petra.lib.ids import new_id
from petra.networks.contract import Cause
from petra.publishing import pausing, scheduling
from petra.publishing.models import Delivery, PauseKind, State
from petra.publishing.sentences import CAUSES, STATES, said_of

PUBLISHING = Path(scheduling.__file__).parent
OWN = {value for name, value in vars(scheduling).items() if name.startswith("CAUSE_")}


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_sentence(state: State) -> None:
    assert STATES[state].happened.endswith(".")
    needs_person = {State.FAILED, State.HELD, State.UNCONFIRMED}
    assert bool(STATES[state].next_step) == (state in needs_person)


@pytest.mark.parametrize("cause", [*Cause, *sorted(OWN), *(pausing.cause_of(kind) for kind in PauseKind)])
def test_every_cause_has_its_sentence_and_fits_its_column(cause: str) -> None:
    assert CAUSES[cause].happened.endswith(".")
    assert CAUSES[cause].next_step.endswith((".", "")), cause
    assert len(cause) <= (Delivery._meta.get_field("cause").max_length or 0)


def test_no_sentence_is_left_over() -> None:
    assert set(CAUSES) == {*Cause, *OWN, *(pausing.cause_of(kind) for kind in PauseKind)}


def test_no_cause_is_written_as_bare_text() -> None:
    """So that the tables above are whole: a cause comes from the contract, from scheduling, or from pausing."""
    bare = [
        f"{file.name}:{node.value.lineno}"
        for file in PUBLISHING.glob("*.py")
        if file.name != "models.py"  # a constraint compares
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "cause"
        if isinstance(node.value, ast.Constant) and node.value.value
    ]
    assert bare == []


def test_its_own_sentence_goes_first_and_no_next_step_where_petra_goes_on_by_itself() -> None:
    mine = {"workspace_id": new_id(), "cause": Cause.RATE_LIMITED}
    waiting = Delivery(**mine, state=State.PLANNED, for_person="Pinterest asked to wait.", next_at=clock.now())
    assert (said_of(waiting).happened, said_of(waiting).next_step) == ("Pinterest asked to wait.", "")
    failed = Delivery(**mine, state=State.FAILED, next_at=None)
    assert said_of(failed).happened == CAUSES[Cause.RATE_LIMITED].happened
    assert said_of(failed).next_step == "If it failed: try again."
