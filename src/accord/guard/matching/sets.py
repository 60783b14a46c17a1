"""Many patterns searched for at once: one RE2 set tells which match, and only those are asked where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from accord.case.patterns import Pattern, PatternError, compiled

_MEMORY = 64 << 20
_PART = 1_000  # patterns of one set


class Named(NamedTuple):
    """A pattern and whose it is."""

    owner: int
    pattern: str


class Found(NamedTuple):
    """Where a pattern matches, and whose it is."""

    owner: int
    start: int
    end: int


class Fault(NamedTuple):
    """A pattern that cannot be used, whose it is, and why not."""

    owner: int
    reason: str


class PatternSet:
    """Patterns that are searched for together, in time linear in the text."""

    def __init__(self, patterns: Iterable[Named]) -> None:
        self.faults: list[Fault] = []
        kept: list[tuple[int, Pattern, str]] = []
        for owner, pattern in patterns:
            try:
                kept.append((owner, compiled(pattern), pattern))
            except PatternError as error:
                self.faults.append(Fault(owner, str(error)))
        self._parts = [_Part(kept[at : at + _PART]) for at in range(0, len(kept), _PART)]

    def find(self, text: str, *, most: int = 1) -> Iterator[Found]:
        """Yield the first matches of each pattern that matches."""
        for part in self._parts:
            for owner, pattern in part.matching(text):
                yield from (Found(owner, *span) for span in pattern.spans(text, most=most))


class _Part:
    """One set. Its last pattern matches everything: where even that is not told, the set ran out of memory."""

    __slots__ = ("_patterns", "_set")

    def __init__(self, kept: list[tuple[int, Pattern, str]]) -> None:
        import re2

        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY
        self._patterns = [(owner, pattern) for owner, pattern, _ in kept]
        self._set = re2.Set.SearchSet(options)
        for _, _, pattern in kept:
            self._set.Add(pattern)
        self._set.Add("")
        self._set.Compile()

    def matching(self, text: str) -> list[tuple[int, Pattern]]:
        try:
            told = self._set.Match(text)
        except UnicodeEncodeError:  # a lone surrogate
            told = self._set.Match(text.encode("utf-8", "replace").decode())
        last = len(self._patterns)
        if len(told) == 1 and told[0] == last:
            return []
        if last not in told:
            return self._patterns
        return [self._patterns[at] for at in sorted(told) if at != last]
