"""Whether the model behind a name is still the one it was: the same few questions, asked again and compared.

A hosted model has no digest. Its answers to fixed questions are a fingerprint: several are kept for each question,
since most models answer with some chance. Later answers are compared with them by a permutation test, so that the
chance of a false alarm is what is stated, whatever the questions are (Good, "Permutation, Parametric and Bootstrap
Tests of Hypotheses", 2005).
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from accord.core.shipped import DATA

RATE: Final = 0.001
"""How likely an unchanged model is taken for a changed one, for one comparison."""

_ROUNDS: Final = 4_999
_CLEAR: Final = 20  # so many as different by chance: it is no change
_LONGEST: Final = 4_000
_WORD: Final = re.compile(r"\w+|[^\w\s]")

Answers = Mapping[str, Sequence[str]]
"""Question → its answers."""


class Compared(NamedTuple):
    """The outcome of a comparison: `chance` is how often an unchanged model answers at least so differently.

    `enough` is false where so few answers could never show a change at the stated rate.
    """

    chance: float
    distance: float
    questions: int
    enough: bool

    @property
    def changed(self) -> bool:
        """Tell whether the model is another one."""
        return self.enough and self.chance <= RATE


def prompts() -> tuple[str, ...]:
    """Return the questions that ship: short answers, many subjects, and forms in which models differ."""
    lines = (DATA / "guard" / "canary_prompts.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def compare(before: Answers, now: Answers, *, seed: int = 0) -> Compared:
    """Compare the answers of two times to the questions that both have; answers are shuffled within a question only."""
    questions = sorted(before.keys() & now.keys())
    pools = [_Pool(tuple(before[one]), tuple(now[one])) for one in questions if before[one] and now[one]]
    chance = random.Random(seed)  # noqa: S311  # shuffles; the result is a probability either way
    observed = sum(pool.distance(range(pool.first)) for pool in pools)
    ways = 1.0
    for pool in pools:
        ways *= pool.ways()
    exceeded = rounds = 0
    while pools and rounds < _ROUNDS and exceeded < _CLEAR:
        rounds += 1
        dealt = sum(pool.distance(chance.sample(range(pool.size), pool.first)) for pool in pools)
        exceeded += dealt >= observed - 1e-9
    share = exceeded / rounds if exceeded >= _CLEAR else (exceeded + 1) / (rounds + 1)  # Besag, Clifford 1991
    return Compared(share, observed / max(1, len(pools)), len(pools), ways * RATE >= 1)


class _Pool:
    """All answers to one question and how unlike they are, two by two."""

    def __init__(self, before: tuple[str, ...], now: tuple[str, ...]) -> None:
        words = [frozenset(_WORD.findall(answer[:_LONGEST].casefold())) for answer in (*before, *now)]
        texts = [answer.strip() for answer in (*before, *now)]
        self.first, self.size = len(before), len(words)
        self._unlike = [
            [
                0.0 if one == other else 0.3 + 0.7 * _jaccard(mine, theirs)
                for other, theirs in zip(texts, words, strict=True)
            ]
            for one, mine in zip(texts, words, strict=True)
        ]

    def ways(self) -> float:
        """Return in how many ways the answers can be dealt out."""
        made = 1.0
        for n in range(self.first):
            made *= (self.size - n) / (n + 1)
        return made

    def distance(self, chosen: Sequence[int]) -> float:
        """Return the energy distance between the chosen answers and the others (Székely, Rizzo 2013)."""
        mine = list(chosen)
        taken = set(mine)
        others = [n for n in range(self.size) if n not in taken]
        return 2 * self._mean(mine, others) - self._mean(mine, mine) - self._mean(others, others)

    def _mean(self, ones: Sequence[int], others: Sequence[int]) -> float:
        return sum(self._unlike[one][other] for one in ones for other in others) / (len(ones) * len(others))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return 1 - len(one & other) / max(1, len(one | other))
