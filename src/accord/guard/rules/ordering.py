"""Tokens that a text orders to be said: an attack that wants a mark in the answer has to name it and to ask for it.

A sentence is an order by what its words and those around it mean, in some thirty languages, and by how much it reads
like an attack; the weights are fitted on such orders and on what honest texts say of numbers, codes and keys
(`train/guard/ordered.py`). Only sentences with a token are looked at, so that most texts cost one search.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.core.shipped import text_of
from accord.guard.meanings import WIDTH, Meanings, Window, meanings
from accord.guard.rules.honest import detected

if TYPE_CHECKING:
    from accord.guard.meanings import Floats

RUN: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{11,64}(?![0-9A-Za-z])")
"""What may be a token."""

_ADDRESS: Final = re.compile(r"\w{2,16}://[^\s<>\"')\]]{1,400}")

_FEWEST_TURNS: Final = 5  # between small letters, capitals and digits
_FEWEST_STEPS: Final = 2  # between letters and digits
_FIRST: Final = 2  # words of a sentence: an order begins with its deed
_ALIKE: Final = 0.35  # words that are less alike have nothing to do with each other
_LONGEST: Final = 800  # characters of the sentences around that are read
_MOST: Final = 16  # tokens of one text


class Ordered(NamedTuple):
    """A token, and how surely the text orders to say it (a logit)."""

    token: str
    surely: float


class Ordering:
    """How much the numbers of a sentence speak for an order, and groups of words that its words are compared with."""

    def __init__(self, table: Meanings, groups: Sequence[str], weights: Sequence[float], bias: float) -> None:
        import numpy as np

        self._table = table
        self._groups = [table.of(np.array(_words(table, group), np.int32)).T for group in groups]
        self._weights = np.array(weights, np.float32)
        self._bias = bias

    def surely(self, numbers: Floats) -> float:
        """Return the logit of the numbers of a sentence."""
        return float(numbers @ self._weights) + self._bias

    def numbers(self, sentence: str, around: str) -> Floats:
        """Return what tells of a sentence: the meaning of it and of its surroundings, its first words, how it reads."""
        import numpy as np

        own, wide = _words(self._table, sentence), _words(self._table, around)
        groups = [self._near(rows) for rows in (own, wide, own[:_FIRST])]
        reads = np.array([detected(around)], np.float32)
        return np.concatenate([*groups, self._mean(own), self._mean(wide), reads])

    def _near(self, rows: Sequence[int]) -> Floats:
        """Return how near the nearest word of some comes to each group."""
        import numpy as np

        if not rows:
            return np.zeros(len(self._groups), np.float32)
        vectors = self._table.of(np.array(rows, np.int32))
        nearest = np.array([float((vectors @ group).max()) for group in self._groups], np.float32)
        return np.asarray(((nearest - _ALIKE) / (1 - _ALIKE)).clip(0, 1), np.float32)

    def _mean(self, rows: Sequence[int]) -> Floats:
        import numpy as np

        return self._table.vectors_of([Window(tuple(rows), 0, 0)])[0] if rows else np.zeros(WIDTH, np.float32)


def is_token(word: str) -> bool:
    """Tell whether letters and digits are mixed as nobody writes a word, a number or a name of a thing."""
    kinds = "".join("0" if char.isdigit() else "a" if char.islower() else "A" for char in word)
    turns = sum(one != other for one, other in pairwise(kinds))
    steps = sum((one == "0") != (other == "0") for one, other in pairwise(kinds))
    return steps > _FEWEST_STEPS or (turns >= _FEWEST_TURNS and ("0" in kinds or "AA" in kinds))


def tokens_in(text: str) -> tuple[str, ...]:
    """Return the tokens of a text, in order, each once."""
    found = dict.fromkeys(match[0] for match in RUN.finditer(text) if is_token(match[0]))
    return tuple(found)[:_MOST]


def ordered(text: str) -> Iterator[Ordered]:
    """Yield the tokens that stand in the sentences of a text, and how surely each is ordered to be said."""
    table, known = meanings(), ordering()
    seen = None if table is None or not tokens_in(text) else table.read(text)
    if known is None or seen is None:
        return
    for at, (start, end) in enumerate(seen.places):
        tokens = tokens_in(_ADDRESS.sub(" ", text[start:end]))
        if tokens:
            first, last = seen.places[max(0, at - 1)][0], seen.places[min(len(seen.places) - 1, at + 1)][1]
            surely = known.surely(known.numbers(text[start:end], text[first:last][:_LONGEST]))
            yield from (Ordered(token, surely) for token in tokens)


@cache
def ordering() -> Ordering | None:
    """Return the weights, or None where numpy is not installed."""
    table = meanings()
    if table is None:
        return None
    told = json.loads(text_of("guard/ordered.json"))
    return Ordering(table, told["groups"], told["weights"], float(told["bias"]))


def _words(table: Meanings, text: str) -> tuple[int, ...]:
    """Return the words of a text; a token tells nothing of what is said about it."""
    return tuple(row for row in table.rows(text) if table.is_word(row))
