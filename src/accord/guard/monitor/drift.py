"""Whether a stream of numbers still looks as it did, tested after each one, with a bound on false alarms.

As long as nothing changed, each value's smoothed rank among all before it is uniform and independent of the past
(exchangeability is all that is asked for; Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World", 2022,
chapter 8). Gamblers bet against that, a new one entering with each value; while nothing changes the sum of what they
hold grows by one a value on average, so that an alarm at `every` comes at most once in `every` values on average
(Shiryaev-Roberts; Shin, Ramdas, Rinaldo, "E-detectors", 2024). No distribution is assumed, no window has to be chosen.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

EVERY: Final = 100_000
"""How many values, on average, at least pass between two false alarms of one stream."""

LEARNING: Final = 100
"""How many values are looked at before the first bet."""

_MOST: Final = 100_000  # values of one epoch: then the test begins anew, with what it saw last as its reference
_KEPT: Final = 5_000
_SLOPES: Final = (-1.6, -0.8, 0.8, 1.6)  # bets on ranks that are too low, and too high
_POWERS: Final = (0.5, 0.8)  # bets on ranks near an end: rare events that become frequent
_STEPS: Final = ((0.02, 0.1), (0.1, 0.1), (0.03, 3.0), (0.1, 2.0))  # bets that a share at an end changes so many times
_BETS: Final = len(_SLOPES) + 2 * len(_POWERS) + 2 * len(_STEPS)


class Alarm(NamedTuple):
    """A change that chance does not explain: after how many values, and which way they went."""

    at: int
    evidence: float
    higher: bool


class Drift:
    """A test of one stream; an alarm begins it anew."""

    def __init__(self, *, every: int = EVERY, seed: int = 0, reference: Iterable[float] = ()) -> None:
        self._every = every
        self._chance = random.Random(seed)  # noqa: S311  # breaks ties; nobody gains by guessing them
        self._seen: list[float] = sorted(reference)
        self._held = [0.0] * _BETS
        self._ranks: deque[float] = deque(maxlen=20)
        self._count = 0

    @property
    def evidence(self) -> float:
        """Return what the gamblers hold: about the number of values while nothing changes, and `every` is an alarm."""
        return sum(self._held)

    def add(self, value: float) -> Alarm | None:
        """Take the next value; return an alarm once the evidence suffices."""
        if not math.isfinite(value):
            return None
        self._count += 1
        rank = self._rank(value)
        insort(self._seen, value)
        self._ranks.append(rank)
        if len(self._seen) > LEARNING:
            self._bet(rank)
        evidence = self.evidence
        if evidence >= self._every:
            alarm = Alarm(self._count, evidence, higher=sum(self._ranks) > len(self._ranks) / 2)
            self._restart([])
            return alarm
        if len(self._seen) >= _MOST:
            self._restart(self._chance.sample(self._seen, _KEPT))
        return None

    def _rank(self, value: float) -> float:
        """Return the share of values that are smaller, ties (this value among them) broken by chance: uniform."""
        below, upto = bisect_left(self._seen, value), bisect_right(self._seen, value)
        return (below + self._chance.random() * (upto - below + 1)) / (len(self._seen) + 1)

    def _bet(self, rank: float) -> None:
        odds = [1 + slope * (rank - 0.5) for slope in _SLOPES]
        odds += [power * max(end, 1e-9) ** (power - 1) for end in (rank, 1 - rank) for power in _POWERS]
        for share, times in _STEPS:
            odds += [times if end < share else (1 - share * times) / (1 - share) for end in (rank, 1 - rank)]
        self._held = [(held + 1 / _BETS) * won for held, won in zip(self._held, odds, strict=True)]

    def _restart(self, reference: list[float]) -> None:
        self._seen = sorted(reference)
        self._held = [0.0] * _BETS
        self._ranks.clear()
