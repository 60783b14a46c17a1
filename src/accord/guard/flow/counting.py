"""Which one the user means by how much there is of it, or by what was found there: `the room with most users`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from accord.guard.flow.lexicon import lexicon
from accord.guard.flow.outputs import Field
from accord.guard.flow.scene import Scene
from accord.guard.flow.selecting import words_of
from accord.guard.flow.stems import stem
from accord.guard.flow.tools import Facts

_NEAR: Final = 4  # words between `most` and what is counted
_LEAST: Final = 2
_FITS, _ELSE = "0", "1"  # what is counted is what the tool hands out, or something else


def told_by_sources(scene: Scene, field: Field, place: int) -> bool | None:
    """Tell whether a field's value is the one that the sources asked about each of its kind tell apart.

    `place` is the output in which it stands, with others of its kind; None where no source tells them apart.
    """
    key = field.key
    kind = _listed(scene, place, key)
    if len(kind) < _LEAST:
        return None
    counts = _counts(scene, kind, key)
    counts = counts if len(set(counts.values())) >= _LEAST else _shown(scene, kind)
    if not counts:
        return None
    best = _best(scene, counts)
    return counts.get(field.value.casefold()) == best


def _best(scene: Scene, counts: Mapping[str, int]) -> int:
    return min(counts.values()) if scene.wish.least and not scene.wish.most else max(counts.values())


def _listed(scene: Scene, place: int, key: str) -> frozenset[str]:
    records = scene.output(place).records
    return frozenset(f.value.casefold() for record in records for f in record if f.key == key and not f.free)


def _counts(scene: Scene, kind: frozenset[str], key: str) -> Mapping[str, int]:
    """Return how much there is of each: in what was asked about it, else under its name in what lists all of it."""
    counted = _counted(scene)
    if not counted:
        return {}
    named, others = dict.fromkeys(kind, 0), dict[str, dict[str, int]]()
    for asked, tool, records in _readings(scene):
        fits = bool(counted & {stem(noun) for noun in tool.nouns})
        if asked in kind:
            others.setdefault(f"{_FITS if fits else _ELSE} {tool.name}", {})[asked] = len(records)
        for record in records if fits else ():
            for one in {f.value.casefold() for f in record if f.key == key and not f.free} & kind:
                named[one] += 1
    fitting = {name: counts for name, counts in others.items() if name.startswith(_FITS)}
    whole = sorted((name, counts) for name, counts in (fitting or others).items() if counts.keys() >= kind)
    if whole:
        name, counts = whole[0]
        tied = list(counts.values()).count(_best(scene, counts)) > 1 and name.startswith(_FITS)
        return {} if tied else counts
    return named if any(named.values()) and not others else {}


def _counted(scene: Scene) -> frozenset[str]:
    """Return the words for what there is to be most, or least, of."""
    small, words = lexicon().small, [word for word, _ in scene.wish.plain]
    at = next((at for at, word in enumerate(words) if word in small["most"] | small["least"] | {"most"}), None)
    return frozenset() if at is None else frozenset(map(stem, words[at + 1 : at + 1 + _NEAR]))


def _shown(scene: Scene, kind: frozenset[str]) -> Mapping[str, int]:
    """Return how many of the user's words one record shows in what was asked about each: `where Ann asks about it`."""
    if "where" not in scene.wish.words:
        return {}
    shown = {
        asked: max((len(words_of(record) & scene.wish.selectors) for record in records), default=0)
        for asked, _, records in _readings(scene)
        if asked in kind
    }
    best = max(shown.values(), default=0)
    return shown if best >= _LEAST and list(shown.values()).count(best) == 1 else {}


def _readings(scene: Scene) -> Iterator[tuple[str, Facts, tuple[tuple[Field, ...], ...]]]:
    """Yield what each own source was asked about, what it is, and its records."""
    for place, seen in enumerate(scene.seen):
        if seen.facts is not None and seen.facts.reads and not scene.opaque(place):
            asked = [one.text.strip().casefold() for one in scene.values(place) if not one.number]
            yield asked[0] if len(asked) == 1 else "", seen.facts, scene.output(place).records
