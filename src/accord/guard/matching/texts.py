"""Texts of rules met again inside other texts: exactly, or with some of their words changed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import ceil
from typing import Final, NamedTuple

from accord.content.fingerprints import normal

NEAR = 0.6
"""The share of the pairs of neighbouring words of a rule's text that must stand near each other."""

BARE: Final = 1.0
"""The same share where the text has variables and no token stands: the letter around an order is not the order."""

_VARIABLE: Final = re.compile(r"\{\{\w{1,64}\}\}")
_TOKEN: Final = re.compile(r"\S+")
_TOKEN_LIKE: Final = re.compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]{10,}")
_FEWEST = 6  # pairs: a shorter text must stand there word by word
_MOST_WORDS = 2_000
_ROOM = 8
_Pair = tuple[str, str]


class Met(NamedTuple):
    """A text that was met: whose it is, from which to which word of the normal form, and how much of it."""

    owner: int
    first: int
    last: int
    share: float


class _Text(NamedTuple):
    owner: int
    pairs: frozenset[_Pair]
    need: int
    bare: int  # of the pairs, where no token stands with them
    words: int
    runs: tuple[str, ...]


class TextIndex:
    """The texts of rules by their rarest pairs of words: what has none of them cannot be near.

    Of N pairs, of which `need` must be there, at least one is among any N - need + 1.
    """

    def __init__(self, texts: Iterable[tuple[int, str]]) -> None:
        self._texts = [one for owner, text in texts if (one := _prepared(owner, text))]
        counts = Counter(pair for one in self._texts for pair in one.pairs)
        self._rare: dict[_Pair, list[int]] = {}
        self._single: dict[str, list[int]] = {}
        for place, one in enumerate(self._texts):
            rarest = sorted(one.pairs, key=lambda pair: (counts[pair], -len(pair[0]) - len(pair[1]), pair))
            for pair in rarest[: len(rarest) - one.need + 1]:
                self._rare.setdefault(pair, []).append(place)
            if not one.pairs:
                self._single.setdefault(one.runs[0], []).append(place)
        self._keys = frozenset(self._rare)
        self._words = frozenset(self._single)

    def find(self, words: Sequence[str]) -> Iterator[Met]:
        """Yield the texts that stand among the words of a normal form."""
        pairs = pairwise(words)
        near = self._keys.intersection(pairs) if self._keys else frozenset()
        alone = self._words.intersection(words) if self._words else frozenset()
        if not near and not alone:
            return
        for word in sorted(alone):
            at = words.index(word)
            yield from (Met(self._texts[place].owner, at, at, 1.0) for place in self._single[word])
        if near:
            yield from self._near(words, sorted({place for pair in near for place in self._rare[pair]}))

    def _near(self, words: Sequence[str], candidates: Sequence[int]) -> Iterator[Met]:
        here: dict[_Pair, list[int]] = {}
        for at, pair in enumerate(pairwise(words)):
            here.setdefault(pair, []).append(at)
        joined = ""
        tied = any(map(_TOKEN_LIKE.fullmatch, words))
        for place in candidates:
            one = self._texts[place]
            shared = one.pairs & here.keys()
            need = one.need if tied else one.bare
            if len(shared) < need:
                continue
            if len(one.pairs) >= _FEWEST:
                met = _densest(one, [(at, pair) for pair in shared for at in here[pair]], need)
            else:
                joined = joined or f" {' '.join(words)} "
                met = _exact(one, joined)
            if met:
                yield met


def _prepared(owner: int, text: str) -> _Text | None:
    runs = tuple(plain for part in _VARIABLE.split(text) if (plain := " ".join(normal(part).split(" ")[:_MOST_WORDS])))
    pairs = frozenset(pair for run in runs for words in [run.split(" ")] for pair in pairwise(words))
    if not runs or (not pairs and len(runs[0]) < _FEWEST):
        return None
    bare = BARE if _VARIABLE.search(text) else NEAR
    need, least = (len(pairs) if len(pairs) < _FEWEST else ceil(len(pairs) * share) for share in (NEAR, bare))
    return _Text(owner, pairs, need, least, sum(run.count(" ") + 1 for run in runs), runs)


def _densest(one: _Text, found: list[tuple[int, _Pair]], need: int) -> Met | None:
    """Return the stretch of at most twice the text's length that has most of its pairs, if that is enough."""
    found.sort()
    reach = 2 * one.words + _ROOM
    counts: Counter[_Pair] = Counter()
    best = (0, 0, 0)
    low = 0
    for high, (at, pair) in enumerate(found):
        counts[pair] += 1
        while at - found[low][0] > reach:
            old = found[low][1]
            counts[old] -= 1
            if not counts[old]:
                del counts[old]
            low += 1
        if len(counts) > best[0]:
            best = (len(counts), found[low][0], found[high][0] + 1)
    return Met(one.owner, best[1], best[2], best[0] / len(one.pairs)) if best[0] >= need else None


def _exact(one: _Text, joined: str) -> Met | None:
    """Return where all runs of the text stand, each word by word, one after the other."""
    at, first = 0, -1
    for run in one.runs:
        found = joined.find(f" {run} ", at)
        if found < 0:
            return None
        first = found if first < 0 else first
        at = found + len(run) + 1
    return Met(one.owner, joined.count(" ", 0, first), joined.count(" ", 0, at) - 1, 1.0)


def spans(text: str) -> WordSpans:
    """Return where the words of the normal form of `text` stand in it."""
    counts: list[int] = [0]
    places: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(text):
        made = normal(match[0])
        if made:
            places.append(match.span())
            counts.append(counts[-1] + made.count(" ") + 1)
    return WordSpans(counts, places)


class WordSpans(NamedTuple):
    """How many words lie before each stretch without blanks, and where it stands."""

    counts: list[int]
    places: list[tuple[int, int]]

    def at(self, first: int, last: int) -> tuple[int, int]:
        """Return the stretch of the text from one word to another."""
        if not self.places:
            return 0, 0
        begin = min(bisect_right(self.counts, first) - 1, len(self.places) - 1)
        end = min(bisect_right(self.counts, last) - 1, len(self.places) - 1)
        return self.places[max(0, begin)][0], self.places[max(0, end)][1]
