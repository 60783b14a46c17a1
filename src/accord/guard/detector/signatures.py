"""Signatures: a table of patterns in several languages, used alone where numpy is missing and as evidence elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from accord.content.views import View
from accord.core.shipped import lines_of

TABLE: Final = "guard/signatures.tsv"
_LONGEST: Final = 4 << 20
"""Characters of one view in which signatures are looked for."""

_STRETCH: Final = 100_000
_OVERLAP: Final = 1_000


class Seen(NamedTuple):
    """The strongest signature of a text, how many families were met, and where the strongest stands in the original."""

    strength: float
    families: int
    start: int
    end: int


NOTHING: Final = Seen(0.0, 0, 0, 0)


class _Line(NamedTuple):
    family: str
    strength: float
    pattern: str


@dataclass(frozen=True, slots=True)
class Signatures:
    """The compiled table: which lines a text matches, and where one line does."""

    lines: tuple[_Line, ...]
    which: Callable[[str], Sequence[int]]
    where: Callable[[int, str], tuple[int, int]]

    def seen(self, views: Sequence[View]) -> Seen:
        """Return what the table says of a text in all its views."""
        best, families = NOTHING, set[str]()
        for view, at, text in _stretches(views):
            for line in self.which(text):
                found = self.lines[line]
                families.add(found.family)
                if found.strength > best.strength:
                    start, end = self.where(line, text)
                    best = Seen(found.strength, 0, *view.at(at + start, at + end))
        return best._replace(families=len(families))


def _stretches(views: Sequence[View]) -> Iterator[tuple[View, int, str]]:
    """Yield the texts of views in stretches that overlap, with their places; half of a pair is read as a sign."""
    for view in views:
        text = view.text[:_LONGEST]
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode("utf-8")
        yield view, 0, text[:_STRETCH]
        for at in range(_STRETCH - _OVERLAP, len(text) - _OVERLAP, _STRETCH - _OVERLAP):
            yield view, at, text[at : at + _STRETCH]


def signatures() -> Signatures:
    """Compile the shipped table, with RE2 where it is installed."""
    lines = tuple(_read(line) for line in lines_of(TABLE))
    try:
        import re2
    except ImportError:
        return _slowly(lines)
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = 64 << 20
    together = re2.Set.SearchSet(options)
    for line in lines:
        together.Add(line.pattern)
    together.Compile()
    single = [re2.compile(line.pattern, options) for line in lines]

    def where(line: int, text: str) -> tuple[int, int]:
        match = single[line].search(text)
        return match.span() if match else (0, 0)

    return Signatures(lines, lambda text: sorted(together.Match(text) or ()), where)


def _slowly(lines: tuple[_Line, ...]) -> Signatures:
    import re

    single = [re.compile(line.pattern, re.IGNORECASE) for line in lines]  # our own patterns, no stranger's

    def which(text: str) -> Sequence[int]:
        return [at for at, pattern in enumerate(single) if pattern.search(text)]

    def where(line: int, text: str) -> tuple[int, int]:
        match = single[line].search(text)
        return match.span() if match else (0, 0)

    return Signatures(lines, which, where)


def _read(line: str) -> _Line:
    family, strength, pattern = line.split("\t")
    return _Line(family, float(strength), pattern)
