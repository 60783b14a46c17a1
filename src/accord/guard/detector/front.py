"""The front: a linear model of hashed n-grams over windows of four sizes in every view, in well under a millisecond.

The n-grams' weights are summed once for each step of forty characters; a window's score is then a difference of two
sums, so a bad sentence counts the same wherever it stands in however long a text. Budget on one core: 80 microseconds
for 1,000 characters, 1 ms for 16,000.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from accord.content.views import View
from accord.guard.detector.grams import LONGEST, SIZE, Folded, folded, hashes
from accord.guard.detector.signatures import Seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

SCALES: Final = (80, 160, 480, 1200)
"""Sizes of windows, in characters; each steps by half its size."""

FEATURES: Final = ("best80", "best160", "best480", "best1200", "signature", "families")
"""What the second step weighs, in this order: the worst window of each size in any view, and what signatures say."""

_STEP: Final = 40
"""Characters from one place where a window begins or ends to the next."""

_ONE, _THREE, _FOUR, _FEWEST = np.array(1), np.array(3), np.array(4, np.uint32), np.array(12)
_SPOT: Final = SCALES.index(160)
_SPOTS: Final = 3  # windows of a long text
_LONG: Final = 1280  # characters
_APART: Final = 6  # half windows
_AT_ONCE: Final = 1 << 14  # hashes that are looked up at once: as many as stay near
_MOST_FAMILIES: Final = 4
_SAMPLE: Final = 4000
_STRANGE: Final = 0.05
_TAUGHT: Final = (
    (0, 0x250), (0x300, 0x370), (0x400, 0x530), (0x600, 0x700), (0x900, 0x980), (0x1E00, 0x1F00), (0x2000, 0x2E00),
    (0x3000, 0xA000), (0xAC00, 0xD7B0), (0xFE00, 0x10000), (0x1F000, 0x20000), (0xE0000, 0xE1000),
)  # fmt: skip
"""Blocks of letters and signs that the grammars use, and signs of all languages."""

_MOST: Final = 4 << 20


class Spot(NamedTuple):
    """A window that was scored: its view, its place there, its score."""

    view: View
    start: int
    end: int
    score: float


class Looked(NamedTuple):
    """What the front saw: features of the second step, the worst window of each view, the worst first.

    Of a long view there are three, which do not stand close to each other. `strange` is set for a script that nothing
    taught it: then it cannot be sure of anything.
    """

    features: Floats
    spots: tuple[Spot, ...]
    strange: bool


@dataclass(frozen=True, slots=True)
class Front:
    """The model: a byte for each n-gram that names one of 256 weights, and the second step's coefficients."""

    codes: NDArray[np.uint8]
    levels: NDArray[np.float32]
    offset: float
    second: Floats
    second_offset: float
    weights: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep the levels as numbers of which a million can be added without a loss."""
        object.__setattr__(self, "weights", self.levels.astype(np.float64))

    def look(self, views: Sequence[View], seen: Seen) -> Looked:
        """Return features and worst windows of a text in all its views; `seen` is what signatures say of it."""
        pieces = [piece for view in views for piece in self._pieces(view)]
        best = [max(some) for some in zip(*(piece.scores for piece in pieces), strict=True)]
        features = np.array((*best, seen.strength, min(seen.families, _MOST_FAMILIES)))
        spots = tuple(sorted((spot for piece in pieces for spot in piece.spots), key=lambda spot: -spot.score))
        return Looked(features, spots, _strange(views[0].text))

    def logit(self, looked: Looked) -> float:
        """Return what the second step makes of the features."""
        return float(looked.features @ self.second + self.second_offset)

    def _pieces(self, view: View) -> Iterator[_Piece]:
        text = view.text[:_MOST]
        for at in range(0, max(len(text), 1), LONGEST - SCALES[-1]):
            if at and len(text) - at <= SCALES[-1]:
                break
            yield self._piece(view, at, folded(text[at : at + LONGEST]))

    def _piece(self, view: View, at: int, text: Folded) -> _Piece:
        if text.length < 5:
            spot = Spot(view, at, at + min(SCALES[_SPOT], text.size), self.offset)
            return _Piece((self.offset,) * len(SCALES), (spot,))
        plan = _plan(text.size // _STEP)
        total, number = self._sums(text, _bounds(text, plan))
        score = total.take(plan.ends)
        np.subtract(score, total.take(plan.starts), score)
        count = number.take(plan.ends)
        np.subtract(count, number.take(plan.starts), count)
        np.maximum(count, _FEWEST, out=count)
        np.divide(score, np.sqrt(count), score)
        np.add(score, self.offset, score)
        best = np.maximum.reduceat(score, plan.scales).tolist()
        return _Piece(best, tuple(_spots(view, at, text.size, score[plan.spots])))

    def _sums(self, text: Folded, bounds: Places) -> _Sums:
        """Return the sum and the number of the n-grams that begin before each bound."""
        length, words = text.length, len(text.before)
        weights = self._weights(hashes(text))
        chars, fours, fives = (weights[at * length : (at + 1) * length] for at in range(3))
        chars[-2:] = fours[-3:] = fives[-4:] = 0  # n-grams that have no room before the end
        np.add(chars, fours, chars)
        np.add(chars, fives, chars)
        total = np.zeros(len(bounds))
        between = np.add.reduceat(chars, bounds[:-1])
        if text.gone is not None:
            between[bounds[1:] == bounds[:-1]] = 0
        np.add.accumulate(between, out=total[1:])
        number = _begun(bounds, length - 2)
        if words:
            before = text.before.searchsorted(bounds - _ONE)
            total += _running(weights[3 * length :], words).take(before)
            number += _begun(before, words)
        return _Sums(total, number)

    def _weights(self, found: NDArray[np.uint32]) -> Floats:
        """Return the weights of n-grams by their hashes."""
        if len(found) <= _AT_ONCE:
            return self.weights.take(self.codes.take(found))
        weights = np.empty(len(found))
        for at in range(0, len(found), _AT_ONCE):
            self.weights.take(self.codes.take(found[at : at + _AT_ONCE]), out=weights[at : at + _AT_ONCE], mode="clip")
        return weights


class _Piece(NamedTuple):
    scores: Sequence[float]
    spots: tuple[Spot, ...]


def _spots(view: View, at: int, size: int, scores: Floats) -> Iterator[Spot]:
    """Yield the worst window, and of a long text two more that stand apart from those before; `scores` is used up."""
    step = SCALES[_SPOT] // 2
    for _ in range(_SPOTS if size > _LONG else 1):
        worst = int(scores.argmax())
        score = float(scores[worst])
        if score == -np.inf:
            return
        yield Spot(view, at + worst * step, at + min(worst * step + SCALES[_SPOT], size), score)
        scores[max(0, worst - _APART + 1) : worst + _APART] = -np.inf


class _Sums(NamedTuple):
    total: Floats
    number: Places


class _Plan(NamedTuple):
    """Where the windows of a text of so many steps begin and end, counted in steps, those of one size together."""

    bounds: Places
    starts: Places
    ends: Places
    scales: Places
    spots: slice


@lru_cache(maxsize=256)
def _plan(steps: int) -> _Plan:
    counts = [max(1, steps * _STEP // (size // 2)) for size in SCALES]
    halves = [size // 2 // _STEP for size in SCALES]
    starts = np.concatenate([np.arange(count) * half for count, half in zip(counts, halves, strict=True)])
    sizes = np.repeat([2 * half for half in halves], counts)
    scales = np.cumsum([0, *counts])
    bounds = np.arange(steps + 2) * _STEP + 1  # a blank stands before the text
    bounds[0] = 0
    spots = slice(int(scales[_SPOT]), int(scales[_SPOT + 1]))
    return _Plan(bounds, starts, np.minimum(starts + sizes, steps + 1), scales[:-1], spots)


def _bounds(text: Folded, plan: _Plan) -> Places:
    """Return the places of the folded text where windows begin and end."""
    bounds = plan.bounds.copy()
    if text.gone is not None:
        bounds[1:-1] -= text.gone.searchsorted(bounds[1:-1] - 1)
    bounds[-1] = text.length
    return bounds


def _begun(places: Places, room: int) -> Places:
    """Return how many n-grams begin before each place, where the shortest have `room`, the next one less, and so on."""
    number: Places = places * _THREE
    for at in range(len(places) - 1, -1, -1):
        place = places.item(at)
        if place <= room - 2:
            break
        number[at] = min(place, room) + max(0, min(place, room - 1)) + max(0, min(place, room - 2))
    return number


def _running(weights: Floats, words: int) -> Floats:
    """Return how much the n-grams at the first words weigh, for each number of words; those of one size together."""
    running = np.zeros(words + 1)
    each = running[1:]
    each += weights[:words]
    each[:-1] += weights[words : 2 * words - 1]
    each[:-2] += weights[2 * words - 1 :]
    return np.add.accumulate(running, out=running)


def _strange(text: str) -> bool:
    """Tell whether many letters are of scripts that were not taught."""
    if text.isascii():
        return False
    codes = np.frombuffer(text[:_SAMPLE].encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    unknown = len(codes) - int(np.count_nonzero(_taught().take(codes >> _FOUR)))
    return unknown > _STRANGE * len(codes)


@cache
def _taught() -> NDArray[np.bool_]:
    """Return for each sixteen characters whether they were taught: blocks begin and end at sixteens."""
    known = np.zeros(0x110000 >> 4, np.bool_)
    for begin, end in _TAUGHT:
        known[begin >> 4 : end >> 4] = True
    return known


def front_of(found: Mapping[str, NDArray[np.generic]]) -> Front:
    """Build the front from its arrays.

    Raises `ValueError` when one is missing or has another size.
    """
    sizes = {"codes": SIZE, "levels": 256, "offset": 1, "second": len(FEATURES), "second_offset": 1}
    for name, size in sizes.items():
        if name not in found or found[name].shape != (size,):
            raise ValueError(f"the array {name!r} is missing or has not {size} entries")
    second = found["second"].astype(np.float64)
    offset, second_offset = (
        float(found["offset"].astype(np.float64)[0]),
        float(found["second_offset"].astype(np.float64)[0]),
    )
    return Front(
        found["codes"].astype(np.uint8, copy=False), found["levels"].astype(np.float32), offset, second, second_offset
    )
