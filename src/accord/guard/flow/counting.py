"""Which one the user means by how much there is of it, or by what was found there: `the room with most users`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import Slot, either
from accord.guard.flow.outputs import Field
from accord.guard.flow.scene import Scene, stands_in
from accord.guard.flow.selecting import words_of
from accord.guard.flow.stems import stem
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import Wish

_NEAR: Final = 4  # words between `most` and what is counted
_LEAST: Final = 2
_AMOUNTS: Final = frozenset({"number", "amount", "count"})
_ONWARDS: Final = frozenset({"in", "on", "at", "from", "of", "and", "or", "to", "with", "for", "that", "who", "across"})


class Reading(NamedTuple):
    """What a source was asked about, what is known of it, and its records."""

    place: int
    asked: str
    tool: Facts
    records: tuple[tuple[Field, ...], ...]

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of what it lists."""
        return frozenset(field.key for record in self.records for field in record if not field.free)


def told_by_sources(scene: Scene, field: Field, place: int) -> bool | None:
    """Tell whether a field's value is the one that the sources asked about each of its kind tell apart.

    `place` is the output in which it stands, with others of its kind; None where no source tells them apart. What
    stands there alone is none of those that were counted elsewhere.
    """
    read = _counted_in(scene)
    counted = [one.place for one in read]
    alike = counted if place in counted else [place]
    kind = frozenset[str]().union(*(_listed(scene, at, field.key) for at in alike))
    if len(kind) < _LEAST:
        return False if counted and place not in counted else None
    counts = _counts(scene, read, kind, field.key)
    counts = _shown(scene, kind) if counts is None else counts
    if counts is None:
        return False if "where" in scene.wish.words and not field.key else None
    if not counts:
        return False
    best = _best(scene, counts)
    return counts.get(field.value.casefold()) == best and list(counts.values()).count(best) == 1


def _best(scene: Scene, counts: Mapping[str, int]) -> int:
    return min(counts.values()) if scene.wish.least and not scene.wish.most else max(counts.values())


def _listed(scene: Scene, place: int, key: str) -> frozenset[str]:
    records = scene.output(place).records
    return frozenset(f.value.casefold() for record in records for f in record if f.key == key and not f.free)


def _counted_in(scene: Scene) -> Sequence[Reading]:
    """Return the readings that hand out what there is to be most, or least, of."""
    counted = _counted(scene.wish)
    return [one for one in _readings(scene) if counted & {stem(noun) for noun in one.tool.nouns}] if counted else ()


def _counts(scene: Scene, read: Sequence[Reading], kind: frozenset[str], key: str) -> Mapping[str, int] | None:
    """Return how much there is of each: in what was asked about it, else under its name in what lists all of it.

    Nothing where not all of it was read; None where nothing was read that tells.
    """
    if not read:
        return None
    each = {one.asked: len(one.records) for one in read if one.asked in kind}
    if each:
        return each if each.keys() >= kind else {}
    shown = Counter(
        name
        for one in read
        for record in one.records
        for name in {f.value.casefold() for f in record if f.key == key and not f.free} & kind
    )
    return shown if _all_read(scene, {one.asked for one in read}) else {}


def _all_read(scene: Scene, asked: set[str]) -> bool:
    """Tell whether no own source lists more of what was asked about, unless the user named what was."""
    if "" in asked or any(stands_in(one, scene.wish.folded, Slot.OTHER) for one in asked):
        return True
    lists = (_listed(scene, one.place, key) for one in _readings(scene) for key in one.keys)
    return not any(asked & listed and listed - asked for listed in lists)


@lru_cache(maxsize=512)
def _counted(wish: Wish) -> frozenset[str]:
    """Return the word for what there is to be most, or least, of: `most total channel messages`."""
    ranked, words = either("most", "least"), [word for word, _ in wish.plain]
    at = next((at for at, word in enumerate(words) if word == "most" or word in ranked), None)
    if at is None:
        return frozenset()
    said = list(takewhile(lambda word: word.isalpha() and word not in _ONWARDS, words[at + 1 : at + 1 + _NEAR]))
    if said[-1:] and said[-1] in _AMOUNTS and words[at + 1 + len(said) :][:1] == ["of"]:
        said = words[at + 2 + len(said) :][:1]
    return frozenset(map(stem, said[-1:]))


def _shown(scene: Scene, kind: frozenset[str]) -> Mapping[str, int] | None:
    """Return how many of the user's words one record shows in what was asked about each: `where Ann asks about it`."""
    if "where" not in scene.wish.words:
        return None
    shown = {
        one.asked: max((len(words_of(record) & scene.wish.selectors) for record in one.records), default=0)
        for one in _readings(scene)
        if one.asked in kind
    }
    return shown if max(shown.values(), default=0) >= _LEAST else None


def _readings(scene: Scene) -> Iterator[Reading]:
    """Yield what was read from own sources."""
    for place, seen in enumerate(scene.seen):
        if seen.facts is not None and seen.facts.reads and not scene.opaque(place):
            asked = [one.text.strip().casefold() for one in scene.values(place) if not one.number]
            records = scene.output(place).records
            yield Reading(place, asked[0] if len(asked) == 1 else "", seen.facts, records)
