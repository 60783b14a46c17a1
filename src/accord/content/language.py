"""Evidence that something is language: common words of eight languages."""

from __future__ import annotations

import codecs
import re
from functools import cache
from typing import Final, NamedTuple

from accord.core.shipped import lines_of

_WORD: Final = re.compile(r"[^\W\d_]+")
_LOOKED_AT = 4000
_SHORTEST = 3
_LONGEST = 16


class Odd(NamedTuple):
    """Words that are common only when they are read in another way: moved by thirteen places, or backwards."""

    rot13: frozenset[str]
    backwards: frozenset[str]
    any: frozenset[str]


def common(word: str) -> bool:
    """Tell whether a word, in small letters, is common in one of the languages."""
    return word in words()


def speaks(text: str) -> float:
    """Return the share of the letters of `text` that stand in common words, from 0 to 1; its start decides."""
    known = words()
    total = found = 0
    for word in _WORD.findall(text[:_LOOKED_AT].lower()):
        total += len(word)
        found += len(word) if word in known else 0
    return found / total if total else 0.0


def parted(letters: str) -> tuple[str, ...]:
    """Part a run of small letters into common words, as long ones as can be; what is no word stays in one piece.

    Linear: no word is longer than sixteen letters.
    """
    known = words()
    best: list[tuple[int, int]] = [(0, 0)]  # the score of the first n letters, and where their last word begins
    for end in range(1, len(letters) + 1):
        score, begin = best[end - 1][0], end - 1
        for start in range(max(0, end - _LONGEST), end):
            size = end - start
            if letters[start:end] in known and best[start][0] + size * size >= score:
                score, begin = best[start][0] + size * size, start
        best.append((score, begin))
    return tuple(_read_back(letters, best))


def _read_back(letters: str, best: list[tuple[int, int]]) -> list[str]:
    found: list[str] = []
    end = len(letters)
    loose = end
    while end:
        score, begin = best[end]
        if score != best[end - 1][0]:
            found += [letters[end:loose]] if loose > end else []
            found.append(letters[begin:end])
            loose = begin
            end = begin
        else:
            end -= 1
    return [*([letters[:loose]] if loose else []), *reversed(found)]


@cache
def words() -> frozenset[str]:
    """Return the common words of all languages, read once."""
    return frozenset(word for line in lines_of("content/words.tsv") for word in line.partition("\t")[2].split())


@cache
def odd() -> Odd:
    """Return what common words become when they are hidden, without what is a common word itself."""
    known = words()
    long = [word for word in known if len(word) >= _SHORTEST]
    rot13 = frozenset(codecs.encode(word, "rot13") for word in long if word.isascii()) - known
    backwards = frozenset(word[::-1] for word in long) - known
    return Odd(rot13, backwards, rot13 | backwards)
