"""Numbers that the user writes in words: `cento e vinte`, `vijfentachtig`, `two hundred and fifty`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from accord.guard.flow.lexicon import lexicon
from accord.guard.flow.shapes import without_accents

_WORD: Final = re.compile(r"[^\W_]+|[^\s\w]")
_AND: Final = frozenset({"and", "und", "et", "y", "e", "en", "-", "och", "i"})
_LEAST: Final = 13  # smaller ones are articles, and counts of things
_HUNDRED: Final = 100


@lru_cache(maxsize=256)
def numbers_in_words(text: str) -> frozenset[float]:
    """Return the numbers above twelve that a text says in words."""
    words = [without_accents(word) for word in _WORD.findall(text[:20_000].casefold())]
    found: set[float] = set()
    at = 0
    while at < len(words):
        run = [*_run(words[at:])]
        if run:
            value = _sum([number for number in run if number >= 0])
            if value >= _LEAST:
                found.add(float(value))
        at += max(1, len(run))
    return frozenset(found)


def _run(words: Sequence[str]) -> Iterator[int]:
    """Yield the numbers that words in a row say; -1 for an `and` between two of them."""
    for at, word in enumerate(words):
        parts = _parts(word)
        if parts:
            yield _sum(parts)
        elif word in _AND and at and at + 1 < len(words) and _parts(words[at + 1]):
            yield -1
        else:
            return


def _sum(parts: Sequence[int]) -> int:
    """Return what parts of a number say together: what stands before a hundred or a thousand multiplies it."""
    total = current = 0
    for part in parts:
        if part >= 10 * _HUNDRED:
            total, current = total + max(current, 1) * part, 0
        elif part == _HUNDRED and 0 < current < 10:
            current *= part
        else:
            current += part
    return total + current


@lru_cache(maxsize=4096)
def _parts(word: str) -> tuple[int, ...]:
    """Return the numbers that a word is made of: `vijfentachtig` is five and eighty; empty for another word."""
    known = _known()
    if word in known:
        return (known[word],)
    for end in range(len(word) - 2, 1, -1):
        first = known.get(word[:end])
        if first is None:
            continue
        rest = word[end:]
        for joint in ("", "und", "en", "e", "y"):
            after = _parts(rest.removeprefix(joint)) if rest.startswith(joint) and len(rest) > len(joint) + 2 else ()
            if after:
                return (first, *after)
    return ()


@cache
def _known() -> dict[str, int]:
    pairs = (pair.partition(":") for kind in ("digit", "numeral") for pair in lexicon().small[kind])
    found = {without_accents(name): int(number) for number, _, names in pairs for name in names.split(",")}
    return {name: number for name, number in found.items() if name not in {"oh", "null"}}
