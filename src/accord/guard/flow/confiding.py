"""What a text takes over from a confidential source without copying it letter by letter: words in a row, and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from accord.content.fingerprints import words
from accord.content.language import common

IN_A_ROW: Final = 5
"""Words that two texts do not have in a row by accident."""

_MOST: Final = 200_000  # characters of a text that are looked at
_NAME: Final = re.compile(r"(?<![^\W\d_])[^\W\d_]+(?:[ \u00a0\t]{1,3}[^\W\d_]+)+")
_ESCAPED: Final = re.compile(r"\\[nrt]")
_SHORT = 3


class Told(NamedTuple):
    """What a text says: its words by fives, and the names in it of which a part is no common word."""

    rows: frozenset[str]
    names: frozenset[str]


@lru_cache(maxsize=512)
def told(text: str) -> Told:
    """Return what a text says; a few microseconds for a hundred characters, and once for each text."""
    plain = _ESCAPED.sub(" ", text[:_MOST])
    return Told(frozenset(_rows(words(plain))), frozenset(_names(plain)))


def _rows(said: list[str]) -> Iterator[str]:
    return (" ".join(said[at : at + IN_A_ROW]) for at in range(len(said) - IN_A_ROW + 1))


def _names(text: str) -> Iterator[str]:
    """Yield two words in a row that are written as names are, where one of them at least is rare."""
    for match in _NAME.finditer(text):
        parts = match[0].split()
        for one, other in pairwise(parts):
            small = (one.casefold(), other.casefold())
            if one.istitle() and other.istitle() and not all(map(_usual, small)):
                yield " ".join(small)


def _usual(word: str) -> bool:
    return len(word) < _SHORT or common(word)


def confided(text: str, closed: Iterable[str], known: Iterable[str]) -> tuple[str, str] | None:
    """Return words in a row, or a name, that a text has from a closed one and that no known one says, and that one."""
    said = told(text)
    if not said.rows and not said.names:
        return None
    open_ = [told(one) for one in known]
    for source in closed:
        theirs = told(source)
        both = (*sorted(said.rows & theirs.rows), *sorted(said.names & theirs.names))
        found = (one for one in both if not any(one in other.rows or one in other.names for other in open_))
        if (first := next(found, None)) is not None:
            return first, source
    return None
