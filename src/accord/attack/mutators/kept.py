"""What a lossy converter leaves as it is: values of variables, addresses, quoted words, names with digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

_WORD: Final = re.compile(r"\S+")
_QUOTED: Final = re.compile(r"\"[^\"\n]{1,120}\"|“[^”\n]{1,120}”|`[^`\n]{1,120}`|\{\{[^{}\n]{1,64}\}\}")
_MARKS: Final = frozenset("0123456789@/\\_:=<>{}[]")
_MOST_KEPT: Final = 64


def outside(text: str, keep: Sequence[str], change: Callable[[str], str]) -> str:
    """Return `text` with `change` done to every stretch that is not kept."""
    parts, position = [], 0
    for start, end in kept(text, keep):
        parts += [change(text[position:start]), text[start:end]]
        position = end
    return "".join((*parts, change(text[position:])))


def kept(text: str, keep: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return where the kept stretches stand, in order and apart from one another."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(_spans(text, keep)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _spans(text: str, keep: Sequence[str]) -> Iterator[tuple[int, int]]:
    for value in keep[:_MOST_KEPT]:
        start = text.find(value) if value else -1
        while start >= 0:
            yield start, start + len(value)
            start = text.find(value, start + len(value))
    for match in _WORD.finditer(text):
        if not _MARKS.isdisjoint(match[0]) or "." in match[0][1:-1]:
            yield match.span()
    for match in _QUOTED.finditer(text):
        yield match.span()
