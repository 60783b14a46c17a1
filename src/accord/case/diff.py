"""What differs between two cases: the attack that makes their identity, its oracle, and the envelope around it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from accord.case.identity import identity
from accord.core.canon import Digest, plain
from accord.core.case import Case

_PARTS: Mapping[str, str] = {
    "kind": "attack",
    "needs": "attack",
    "vars": "attack",
    "steps": "attack",
    "broke": "oracle",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place at which two cases differ: `part` is attack, oracle or envelope; None stands for what is not there."""

    path: str
    part: str
    a: object
    b: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Who two cases are, how alike what they deliver is (0 to 1), and every difference."""

    a: Digest
    b: Digest
    alike: float
    differences: tuple[Difference, ...]

    @property
    def same_attack(self) -> bool:
        """Tell whether both are one attack: their identities are equal."""
        return self.a == self.b


def compared(a: Case, b: Case) -> Comparison:
    """Return what differs between two cases; an absent key and an empty one are the same."""
    one, other = dict(_leaves(plain(a), "")), dict(_leaves(plain(b), ""))
    paths = [*one, *(path for path in other if path not in one)]
    differences = tuple(
        Difference(path=path, part=_PARTS.get(path.partition(".")[0], "envelope"), a=one.get(path), b=other.get(path))
        for path in paths
        if one.get(path) != other.get(path)
    )
    return Comparison(a=identity(a), b=identity(b), alike=_alike(a, b), differences=differences)


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}.{number}")
    elif value is not None:
        yield path, value


def _alike(a: Case, b: Case) -> float:
    """Return how many words both deliver, in order, of all that they deliver."""
    one, other = _words(a), _words(b)
    return round(difflib.SequenceMatcher(None, one, other, autojunk=True).ratio(), 3) if one or other else 1.0


def _words(case: Case) -> list[str]:
    told = (step.deliver.text if step.deliver else str(step.ask) for step in case.steps)
    return " ".join(told).casefold().split()[:4_000]
