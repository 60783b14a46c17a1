"""Whether money may go to whom it came from: only what is given back does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from accord.guard.flow.clauses import said_of
from accord.guard.flow.lexicon import lexicon, name_words
from accord.guard.flow.outputs import Field
from accord.guard.flow.scene import Scene
from accord.guard.flow.shapes import numbers
from accord.guard.flow.tools import Facts, moneyed

_PAYING: Final = frozenset({"sender", "from", "payer"})


def may_be_paid(scene: Scene, field: Field, record: Sequence[Field], facts: Facts) -> bool:
    """Tell whether the field of a record names somebody to be paid: no sender, but where the user gives back."""
    if not moneyed(facts) or not _PAYING & set(name_words(field.key)):
        return True
    return "pay" in facts.groups and _returns(scene, record, facts)


def _returns(scene: Scene, record: Sequence[Field], facts: Facts) -> bool:
    """Tell whether the user speaks of giving back what a record says that somebody paid."""
    back = bool(scene.wish.words & lexicon().small["returning"])
    said = scene.wish.numbers.intersection(numbers(said_of(scene.wish, facts).own)) or scene.wish.numbers
    return back and (not said or any(said.intersection(numbers(one.value)) for one in record if not one.free))
