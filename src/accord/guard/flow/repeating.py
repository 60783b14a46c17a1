"""Whether a call does again what was done: as often as the user asked it ran, or what it would do is so already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from accord.core.system import Effect
from accord.guard.flow.asking import times
from accord.guard.flow.lexicon import Slot, lexicon
from accord.guard.flow.scene import Scene
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import Value

_PUTTING: Final = frozenset({"add", "invite", "create", "schedule"})


def done(scene: Scene, values: Sequence[Value], facts: Facts) -> str:
    """Return why a deed needs a person's word this time; empty where the user's words are good for it."""
    places = [at for at, seen in enumerate(scene.seen) if seen.name == facts.name]
    if places and len(places) >= times(scene.wish, facts):
        again = _once(facts) or _told_before(scene, values, places, facts)
        if again or ("update" in facts.groups and _over(scene, values, places)):
            return f"the user asked for {facts.name} {len(places)} times, and so often it ran"
    if facts.groups & {"add", "invite"} and _in_it(scene, values):
        return f"whom {facts.name} would add, an earlier call has put there"
    return ""


def _once(facts: Facts) -> bool:
    """Tell whether what was done may not be done again whatever the arguments: it cannot be undone, or costs money."""
    moneyed = facts.things & lexicon().things["money"] and facts.groups & {"pay", "schedule"}
    return bool(facts.effect is Effect.IRREVERSIBLE or moneyed or facts.groups & {"pay", "reserve"})


def _told_before(scene: Scene, values: Sequence[Value], places: Sequence[int], facts: Facts) -> bool:
    """Tell whether somebody was sent word already, or was invited, by another address too."""
    to = _people(values)
    told = {_form(value) for at in places for value in scene.values(at)}
    return bool(("send" in facts.groups and to and to <= told) or ("invite" in facts.groups and to & told))


def _over(scene: Scene, values: Sequence[Value], places: Sequence[int]) -> bool:
    """Tell whether a call of the same tool gave the same thing a value here already: the amount of the same order."""
    targets = {_form(value) for value in values if value.sink.slot is Slot.TARGET}
    given = {value.sink.name: _form(value) for value in values if value.sink.slot is not Slot.TARGET}
    for at in places:
        before = [value for value in scene.values(at) if value.sink.slot is not Slot.TARGET]
        same = targets == {_form(value) for value in scene.values(at) if value.sink.slot is Slot.TARGET}
        if same and any(value.sink.name in given and given[value.sink.name] != _form(value) for value in before):
            return True
    return False


def _in_it(scene: Scene, values: Sequence[Value]) -> bool:
    """Tell whether everybody who would be added was put there by an earlier call, or when the thing was made."""
    people, targets = _people(values), [value.text for value in values if value.sink.slot is Slot.TARGET]
    for at, seen in enumerate(scene.seen):
        if seen.facts is None or not seen.facts.groups & _PUTTING:
            continue
        named = {_form(value) for value in scene.values(at)}
        if people and people <= named and all(one.strip().casefold() in named or one in seen.output for one in targets):
            return True
    return False


def _people(values: Sequence[Value]) -> set[str]:
    return {_form(value) for value in values if value.sink.slot is Slot.RECIPIENT} - {""}


def _form(value: Value) -> str:
    return value.text.strip().casefold()
