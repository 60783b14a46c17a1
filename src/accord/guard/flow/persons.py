"""Whose address a record holds: that of the one person the user named, or of what they called by its id."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from accord.guard.flow.calling import excluded
from accord.guard.flow.lexicon import Slot, lexicon, name_words, slot_named
from accord.guard.flow.outputs import Field
from accord.guard.flow.scene import Scene
from accord.guard.flow.selecting import id_written
from accord.guard.flow.shapes import form_of, shaped, without_accents


def by_name(scene: Scene, place: int, holding: list[tuple[int, Field]]) -> bool | None:
    """Tell whether an address is that of the one person the user named; None where they named nobody's there."""
    value = holding[0][1].value
    if not shaped(value, Slot.RECIPIENT):
        return None
    form = form_of(value, Slot.RECIPIENT)
    records = scene.output(place).records
    facts = scene.seen[place].facts
    said = scene.wish.proper | (_persons(scene) if facts and facts.nouns & lexicon().small["listed"] else frozenset())
    said = frozenset(word for word in said if not excluded(scene.wish, word))
    mine = max((_names(said, form, records[at]) for at, _ in holding), default=0)
    others = [_names(said, other, record) for record in records for other in addresses(record) - {form}]
    best = max(others, default=0)
    return None if not mine and not best else mine > best


def _persons(scene: Scene) -> frozenset[str]:
    """Return the user's words that may be names, without a capital letter too."""
    words = lexicon()
    return scene.wish.words - words.small["stop"] - words.asked - words.things.keys()


def _names(said: AbstractSet[str], address: str, record: tuple[Field, ...]) -> int:
    """Count the words the user wrote that are part of an address, or of the name beside it."""
    words = set(name_words(address.partition("@")[0])) if "@" in address else set()
    naming = lexicon().small["naming"]
    beside = [f.value for f in record if naming.intersection(name_words(f.key)) and not f.free]
    if len(addresses(record)) == 1 or "@" not in address:
        words |= {word for name in beside for word in without_accents(name.casefold()).split()}
    return len({word for word in words if len(word) > 2} & {without_accents(word) for word in said})


def addresses(record: tuple[Field, ...]) -> set[str]:
    """Return the addresses and accounts in the fields of a record, each in its one form."""
    return {form_of(f.value, Slot.RECIPIENT) for f in record if not f.free and shaped(f.value, Slot.RECIPIENT)}


def only_address(scene: Scene, record: tuple[Field, ...]) -> bool:
    """Tell whether a record that the user calls by its id has one address: `the plumber of order WO-77`."""
    return len(addresses(record)) == 1 and any(
        slot_named(field.key) is Slot.TARGET and id_written(field.value, scene.wish)
        for field in record
        if not field.free
    )


def of_all_names(scene: Scene, place: int, places: frozenset[int]) -> frozenset[int]:
    """Return the records that show every name of the user's that any record shows: `the documents of Harlan`."""
    said = scene.wish.proper | scene.wish.telling
    shown = [
        said.intersection(word for f in record if not f.free for word in f.value.casefold().split())
        for record in scene.output(place).records
    ]
    names = frozenset().union(*shown)
    return frozenset(at for at in places if shown[at] == names)
