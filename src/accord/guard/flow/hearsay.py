"""Whether a value is hearsay: what somebody else wrote says it, and not only the fields of own systems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from accord.core.guard import Outcome, Ruling
from accord.guard.flow.lexicon import Slot
from accord.guard.flow.outputs import LARGEST, field_forms, field_of, read_output
from accord.guard.flow.scene import Scene, stands_in
from accord.guard.flow.shapes import form_of
from accord.guard.flow.speaking import marked, speaks
from accord.guard.flow.tables import loose_cells
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import Value

_SHORT: Final = 3  # characters that stand in any text


def hearsay(scene: Scene, text: str, slot: Slot) -> str:
    """Return the newest source whose running text, which somebody else wrote, says a value; empty where none does.

    A person can judge what the user wrote, what only fields of own systems say, and what nobody but the model does.
    What a stranger says is put before nobody: who is asked often enough says yes.
    """
    said = " ".join(text.split()).casefold()
    if not said or stands_in(said, scene.wish.folded, slot):
        return ""
    for place in range(len(scene.seen) - 1, -1, -1):
        if text in scene.seen[place].output and _in_running_text(scene, place, text, slot):
            return scene.seen[place].source
    return "stranger" if any(text in other for other in scene.strange) else ""


def unasked(scene: Scene, values: Sequence[Value], facts: Facts, said: str) -> Ruling:
    """Rule on an effect that nobody asked for: a person is asked, unless a stranger says what it would be done with."""
    telling = (value for value in values if len(value.text) > _SHORT)
    source = next((found for value in telling if (found := hearsay(scene, value.text, value.sink.slot))), "")
    outcome = Outcome.BLOCK if source else Outcome.ASK
    return Ruling(outcome=outcome, code="ACC-E715", message=said, path=(source or "model", facts.name))


def _in_running_text(scene: Scene, place: int, text: str, slot: Slot) -> bool:
    """Tell whether a value stands in an output anywhere but in fields of its own, as a whole."""
    seen = scene.seen[place]
    if seen.facts is None or seen.facts.strange or seen.facts.opaque:
        return True
    if not scene.output(place).records:
        return cells(seen.output).get(text.strip(), 0) < seen.output.count(text) or marked(text, scene.distrusted)
    if text in _running(seen.output) or any(text in one for one in scene.distrusted if one in seen.output):
        return True
    return form_of(text, slot) not in field_forms(seen.output, slot)


@lru_cache(maxsize=256)
def cells(output: str) -> Mapping[str, int]:
    """Return how often each cell stands in the tables of a text, without those in which somebody writes at length."""
    found = loose_cells(output) if len(output) <= LARGEST else ()
    return Counter(cell for said in found if (cell := said.strip()) and not field_of("", cell).free)


@lru_cache(maxsize=256)
def _running(output: str) -> str:
    """Return what stands in the fields in which somebody writes at length, or speaks to a model."""
    fields = [field for record in read_output(output).records for field in record]
    speaking = speaks("\n".join(field.value for field in fields if not field.free))
    return "\0".join(field.value for field in fields if field.free or (speaking and speaks(field.value)))
