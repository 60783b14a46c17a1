"""What a dotted name in a configuration would do, if a loader called it: told from tables, never by an import."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from accord.content.tables import table_of
from accord.core.text import one_line
from accord.scan.part import Part
from accord.scan.rating import Rating, Sight

DOTTED: Final = re.compile(r"[A-Za-z_]\w{0,100}(?:[.:][A-Za-z_]\w{0,100}){0,20}")
"""A dotted name, with a colon where some loaders write one."""

_CLASS: Final = re.compile(r"[A-Z][A-Za-z0-9]*(?:_[A-Z0-9]\w*)?")
_LONGEST = 500


class _Names(NamedTuple):
    classes: frozenset[str]
    modules: frozenset[str]
    exact: frozenset[str]
    harmful: frozenset[str]
    callables: frozenset[str]
    steps: frozenset[str]
    last: frozenset[str]


def rating_of(name: str) -> Rating:
    """Return `safe` for a known constructor, `dangerous` for what runs or reaches out, `unknown` for all else."""
    known = _names()
    dotted = name.strip().replace(":", ".")
    if not DOTTED.fullmatch(dotted):
        return Rating.UNKNOWN
    parts = dotted.split(".")
    if len(parts) == 1 and f"builtins.{dotted}" in known.callables:
        return Rating.DANGEROUS
    above = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    if above & known.harmful or above & known.callables or parts[-1] in known.last:
        return Rating.DANGEROUS
    if dotted in known.exact or dotted in known.modules:
        return Rating.SAFE
    if known.steps & set(parts[1:]) or any(part.startswith("__") for part in parts):
        return Rating.DANGEROUS
    if _CLASS.fullmatch(parts[-1]) and above & known.classes and not any(part.startswith("_") for part in parts[:-1]):
        return Rating.SAFE
    acts = len(parts) > 1 and not above & known.classes and _acts(parts)
    return Rating.DANGEROUS if acts else Rating.UNKNOWN


def _acts(parts: list[str]) -> bool:
    """Tell whether a name is of the standard library, or a function below what pickles were seen to abuse."""
    from accord.scan.pickles.blame import rules
    from accord.scan.pickles.lists import is_stdlib

    if is_stdlib(parts[0]):
        return True
    full = ".".join(parts) + "."
    abused = any("." in one and full.startswith(f"{one}.") for one, _ in rules().gadgets)
    return abused and not _CLASS.fullmatch(parts[-1])


def judged(part: Part, name: str, says: str, *, line: int | None = None) -> Sight | None:
    """Return the reason against a callable that a configuration names; none when it is a known constructor.

    `says` tells where it is named: `_target_`, `the tag !!python/object/apply`.
    """
    shown = one_line(name, 120)
    if len(name) > _LONGEST:
        return part.sees("entry-unknown", f"{says} names a callable of {len(name)} characters", name=shown, line=line)
    match rating_of(name):
        case Rating.SAFE:
            return None
        case Rating.DANGEROUS:
            return part.sees("entry-dangerous", f"{says} has {shown} called by the loader", name=shown, line=line)
        case _:
            message = f"{says} names {shown}, which is on no list of harmless constructors"
            return part.sees("entry-unknown", message, name=shown, line=line)


@cache
def _names() -> _Names:
    said = table_of("scan/callables.yaml")
    return _Names(**{field: frozenset(said[field]) for field in _Names._fields})
