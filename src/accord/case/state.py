"""State predicates: what is asked of a target's state holds after a trial, and did not hold before.

A path is dotted. In it `*` stands for any one member of a list or mapping, the same one for all paths that are equal
up to it; `*1` says that exactly one member is so. `#` at the end is the number of members, 0 where there is nothing.
A text is a glob; against a number it is a comparison (`> 10`), or that number.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from accord.case.patterns import glob

DEEPEST = 32
"""Parts of a path."""

MOST = 200_000
"""Members that one predicate looks at."""

_COMPARED = re.compile(r"\s*(<=|>=|<|>)?\s*(-?\d{1,15}(?:\.\d{1,9})?)\s*")

_STAR = re.compile(r"\*\d{0,4}")

Path = tuple[str, ...]
Wanted = Mapping[Path, object]


class StateError(ValueError):
    """A state that cannot be looked at, for its size or its values; the message says why."""


def turned(wanted: Mapping[str, object], before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Tell whether all that is wanted holds after, and some of it did not before.

    Raises `StateError` when the state cannot be looked at whole.
    """
    plain, groups = _grouped({_path(path, after): value for path, value in wanted.items()})
    look = _Look(MOST)
    if not look.holds(after, plain) or not all(look.any(after, start, rest) for start, rest in groups.items()):
        return False
    changed = any(not _equal(value, found(before, path)) for path, value in plain.items())
    return changed or any(look.fresh(before, after, start, rest) for start, rest in groups.items())


def found(state: object, path: Path) -> object:
    """Return what stands at a path, or None; where a key holds dots itself, the longest key counts."""
    while path:
        if path == ("#",):
            return len(state) if isinstance(state, Mapping | list | tuple) else 0
        state, path = _step(state, path)
    return state


def _step(state: object, path: Path) -> tuple[object, Path]:
    if isinstance(state, Mapping):
        for end in range(len(path), 0, -1):
            if (key := ".".join(path[:end])) in state:
                return state[key], path[end:]
    elif isinstance(state, list | tuple):
        key = path[0]
        if key.isdecimal() and len(key) < 6 and int(key) < len(state):
            return state[int(key)], path[1:]
    return None, ("#",) if path[-1] == "#" else ()


def _path(text: str, state: Mapping[str, object]) -> Path:
    """Return the parts of a path; one that is a key as it stands is whole, one that is too long leads nowhere."""
    if text in state:
        return (text,)
    parts = tuple(text.split(".", DEEPEST))
    return parts if len(parts) <= DEEPEST else ("",)


def _grouped(wanted: Wanted) -> tuple[dict[Path, object], dict[Path, dict[Path, object]]]:
    """Return the paths without a star, and what is wanted of a member by the path to it, star and all."""
    plain: dict[Path, object] = {}
    groups: dict[Path, dict[Path, object]] = {}
    for path, value in wanted.items():
        if (at := _star(path)) is None:
            plain[path] = value
        else:
            groups.setdefault(path[: at + 1], {})[path[at + 1 :]] = value
    return plain, groups


def _star(path: Path) -> int | None:
    return next((at for at, part in enumerate(path) if part.startswith("*") and _STAR.fullmatch(part)), None)


@dataclass(slots=True)
class _Look:
    """A look at a state, with how many members may still be looked at."""

    left: int

    def holds(self, state: object, wanted: Wanted) -> bool:
        """Tell whether everything that is wanted holds."""
        plain, groups = _grouped(wanted)
        return all(_equal(value, found(state, path)) for path, value in plain.items()) and all(
            self.any(state, start, rest) for start, rest in groups.items()
        )

    def any(self, state: object, start: Path, rest: Wanted) -> bool:
        """Tell whether any member of what stands at `start` is as wanted, or as many as its star says."""
        fitting = self._fitting(state, start, rest)
        if start[-1] == "*":
            return any(True for _ in fitting)
        return sum(1 for _ in fitting) == int(start[-1][1:])

    def fresh(self, before: object, after: object, start: Path, rest: Wanted) -> bool:
        """Tell whether a member is as wanted that was not before: by key, in a list by what the paths show."""
        if start[-1] != "*":
            return not self.any(before, start, rest)
        old, new = dict(self._fitting(before, start, rest)), dict(self._fitting(after, start, rest))
        if isinstance(found(after, start[:-1]), Mapping):
            return not new.keys() <= old.keys()
        shown = Counter(_shown(member, rest) for member in old.values())
        return bool(Counter(_shown(member, rest) for member in new.values()) - shown)

    def _fitting(self, state: object, start: Path, rest: Wanted) -> Iterator[tuple[object, object]]:
        for key, member in _members(found(state, start[:-1])):
            self.left -= 1
            if self.left < 0:
                raise StateError(f"the state has more than {MOST:,} members to look at")
            if self.holds(member, rest):
                yield key, member


def _members(value: object) -> Iterator[tuple[object, object]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from enumerate(value)


def _shown(member: object, rest: Wanted) -> str:
    """Return what the paths show of a member, for comparing; of inner members, all of them."""
    try:
        return json.dumps([found(member, path[: _star(path)]) for path in rest], sort_keys=True, default=str)
    except (RecursionError, TypeError, ValueError) as error:
        raise StateError("the state is nested too deep, or is no plain value") from error


def _equal(expected: object, value: object) -> bool:
    if isinstance(expected, bool) or isinstance(value, bool):
        return expected is value
    if not isinstance(expected, str):
        return isinstance(value, int | float) and expected == value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _compared(expected, value)
    return isinstance(value, str) and glob(expected, value)


def _compared(expected: str, value: float) -> bool:
    match = _COMPARED.fullmatch(expected)
    if match is None:
        return False
    limit = float(match[2])
    if match[1] is None:
        return value == limit
    return {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[match[1]]
