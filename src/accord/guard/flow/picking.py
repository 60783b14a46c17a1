"""Which records of an output a deed takes what it works on from: those that the words for just this deed mean."""

from __future__ import annotations

from accord.core.system import Effect
from accord.guard.flow.aiming import goal_words
from accord.guard.flow.asking import ENDING
from accord.guard.flow.clauses import files_for, part_for, unchanged
from accord.guard.flow.lexicon import Slot, lexicon
from accord.guard.flow.limits import conditioned, excluded_words
from accord.guard.flow.persons import beside_title
from accord.guard.flow.scene import Scene
from accord.guard.flow.selecting import Chosen, words_of
from accord.guard.flow.shapes import days
from accord.guard.flow.stems import content_words
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import Wish


def picked_in(scene: Scene, place: int, slot: Slot, facts: Facts) -> Chosen:
    """Return the records that a value may come from; of several deeds, those that the words for this one choose."""
    if slot is not Slot.TARGET:
        return scene.chosen(place, strict=slot is Slot.RECIPIENT)
    said, final = part_for(scene.wish, facts, scene.numbers), facts.effect is Effect.IRREVERSIBLE
    said = unchanged(scene.wish, said, facts)
    dated = _on_day(scene, place, said) if facts.groups & ENDING else None
    if dated is not None:
        return dated
    whole = scene.named(place) if final else scene.chosen(place)
    if said is scene.wish:
        return whole
    own = scene.named(place, said) if final else scene.chosen(place, said=said)
    telling = said.days or said.numbers or said.proper or said.quoted  # and what they tell, no record shows
    return own if own.places or (final and telling) else whole


def _on_day(scene: Scene, place: int, said: Wish) -> Chosen | None:
    """Return the records of the one day that the user speaks of; None where they do not, or none is of that day."""
    records = scene.output(place).records
    if len(said.days) != 1 or not records:
        return None
    found = frozenset(
        at
        for at, record in enumerate(records)
        if any(day.same(said.days[0]) for field in record if not field.free for day in days(field.value))
    )
    words = scene.named(place, said).places
    both = found & words if words else found
    return Chosen(both, sure=len(both) == 1) if found else None


def kept_out(scene: Scene, place: int, at: int) -> bool:
    """Tell whether a record is beside one with a title that the user quotes, or shows what they except: `not Ann`."""
    if beside_title(scene, place, at):
        return True
    out = excluded_words(scene.wish.own)
    if not out:
        return False
    records = scene.output(place).records
    return bool(out & words_of(records[at])) and not all(out & words_of(record) for record in records)


def of_named_file(scene: Scene, place: int, at: int, facts: Facts) -> bool:
    """Tell whether a record is of a file that the user named, where they named any to do something with."""
    if not facts.things & lexicon().things["file"]:
        return True
    names, record = files_for(scene.wish, facts), scene.output(place).records[at]
    if names:
        return any(field.value.strip().casefold() in names for field in record)
    goal = goal_words(scene.wish, facts)
    return not goal or any(goal & set(content_words(field.value)) for field in record if not field.free)


def needs_one(scene: Scene, picked: Chosen, facts: Facts) -> bool:
    """Tell whether the words must leave one record: where the effect is final, or nothing says that many are meant."""
    final = facts.effect is Effect.IRREVERSIBLE
    if len(picked.places) < 2:
        return False
    return final or not scene.wish.plural or conditioned(scene.wish.own, scene.wish.words)
