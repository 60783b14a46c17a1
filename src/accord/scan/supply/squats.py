"""Names that are taken for another: one edit, a swap, a look-alike or a separator away from a popular package."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from accord.core.shipped import lines_of
from accord.scan.supply.osv import normal

_LISTS: Final[Mapping[str, str]] = {"PyPI": "popular.pypi.txt", "npm": "popular.npm.txt"}
_COPIED: Final[Mapping[str, int]] = {"PyPI": 2500, "npm": 6000}  # so many somebody would copy; none listed is a copy
_BEST = 1000  # of these, short names too
_SHORTEST = 5  # below that, one letter makes another word
_LONGEST = 100
_LOOKS: Final = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("5", "s"), ("i", "l"))


class Resemblance(NamedTuple):
    """The popular package that a name is taken for, and how the two differ."""

    popular: str
    how: str


class _Index(NamedTuple):
    known: frozenset[str]
    copied: frozenset[str]
    joined: Mapping[str, str]
    looks: Mapping[str, str]
    shuffled: Mapping[str, str]
    shortened: Mapping[str, tuple[str, ...]]


def resemblance(ecosystem: str, name: str) -> Resemblance | None:
    """Return what a name may be mistaken for, or None; a name that is popular itself is mistaken for nothing."""
    if ecosystem not in _LISTS or len(name) > _LONGEST:
        return None
    index = _index(ecosystem)
    plain = normal(ecosystem, name)
    if plain in index.known or len(plain) < _SHORTEST - 1:
        return None
    for found, how in (
        (index.looks.get(_look(plain)), "looks like"),
        (index.joined.get(_joined(plain)), "differs only in its separators from"),
        (index.shuffled.get(_shuffled(plain)), "has the words in another order than"),
    ):
        if found and found != plain:
            return Resemblance(found, how)
    near = _near(plain, index) if len(plain) >= _SHORTEST else None
    return Resemblance(near, "is one letter away from") if near else None


def _near(plain: str, index: _Index) -> str | None:
    candidates = {other for part in (plain, *_shortened(plain)) for other in index.shortened.get(part, ())}
    return next((other for other in sorted(candidates) if _one_edit(plain, other)), None)


def _one_edit(one: str, other: str) -> bool:
    """Tell whether two names differ by one letter, or by two neighbours that changed places."""
    if abs(len(one) - len(other)) > 1:
        return False
    if re.sub(r"\d", "", one) == re.sub(r"\d", "", other):
        return False  # the next of its line, as boto3 after boto
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (len(left) > 1 and left[:2] == right[1::-1] and left[2:] == right[2:])
    )


def _shortened(name: str) -> Iterator[str]:
    return (name[:at] + name[at + 1 :] for at in range(len(name)))


def _look(name: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    for seen, meant in _LOOKS:
        plain = plain.replace(seen, meant)
    return plain


def _joined(name: str) -> str:
    return re.sub(r"[-_.]", "", name)


def _shuffled(name: str) -> str:
    return "-".join(sorted(re.split(r"[-_.]", name)))


@cache
def _index(ecosystem: str) -> _Index:
    names = lines_of(f"supply/{_LISTS[ecosystem]}")
    copied = [
        name
        for place, name in enumerate(names[: _COPIED[ecosystem]])
        if len(name) >= (_SHORTEST - 1 if place < _BEST else _SHORTEST + 1)
    ]
    shortened: dict[str, tuple[str, ...]] = {}
    for name in copied:
        for part in (name, *_shortened(name)) if len(name) >= _SHORTEST else ():
            shortened[part] = (*shortened.get(part, ()), name)
    return _Index(
        known=frozenset(names),
        copied=frozenset(copied),
        joined={_joined(name): name for name in reversed(copied) if re.search(r"[-_.]", name) or len(name) > 5},
        looks={_look(name): name for name in reversed(copied)},
        shuffled={_shuffled(name): name for name in reversed(copied) if re.search(r"[-_.]", name)},
        shortened=shortened,
    )
