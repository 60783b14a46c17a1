"""Shares seen in a sample, and what they say of the truth: exact binomial (Clopper-Pearson) intervals and bounds.

Standard library only; some 10,000 different questions are answered in a second, repeated ones at once.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, exp, expm1, isfinite, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

CONFIDENCE: Final = 0.95
"""The confidence of every interval and bound where no other is asked for."""

_TINY = 1e-300
_EXACT = 1e-14
_TERMS = 100_000  # of the continued fraction; it needs about the square root of the sample's size
_STEPS = 200


class Interval(NamedTuple):
    """The two ends between which a share lies."""

    low: float
    high: float


def interval(hits: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the exact two-sided interval of a share of which `hits` in `n` were seen; all of [0, 1] for nothing seen.

    >>> [round(end, 4) for end in interval(1, 10)]
    [0.0025, 0.445]
    """
    outside = (1 - confidence) / 2
    return Interval(lower(hits, n, 1 - outside), upper(hits, n, 1 - outside))


def upper(hits: int, n: int, confidence: float = CONFIDENCE) -> float:
    """Return the exact one-sided upper bound: above it, so few hits are rarer than 1 - confidence; 1 for no trial."""
    _check(hits, n, confidence)
    if hits == n:
        return 1.0
    if hits == 0:
        return -expm1(log1p(-confidence) / n)
    return _quantile(hits + 1, n - hits, confidence)


def lower(hits: int, n: int, confidence: float = CONFIDENCE) -> float:
    """Return the exact one-sided lower bound: below it, so many hits are rarer than 1 - confidence; 0 for no trial."""
    _check(hits, n, confidence)
    return 1 - upper(n - hits, n, confidence) if n else 0.0


def needed(limit: float, confidence: float = CONFIDENCE, hits: int = 0) -> int:
    """Return how many trials show that a share is at most `limit` when `hits` of them hit.

    >>> needed(0.05), needed(0.01)
    (59, 299)
    """
    if not 0 < limit < 1:
        raise ValueError(f"a limit lies between 0 and 1, not at {limit}")
    if hits == 0:
        least = max(1, ceil(log1p(-confidence) / log1p(-limit)) - 1)
        while upper(0, least, confidence) > limit:
            least += 1
        return least
    few, many = hits, needed(limit, confidence) + hits
    while upper(hits, many, confidence) > limit:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if upper(hits, middle, confidence) <= limit else (middle, many)
    return many


def at_least(hits: int, n: int, share: float) -> float:
    """Return how likely `hits` or more in `n` are when the true share is `share`."""
    _check(hits, n, 0.5)
    if hits == 0:
        return 1.0
    if not 0 < share < 1:
        return 1.0 if share >= 1 else 0.0
    return _cumulative(hits, n - hits + 1, share)


def deviate(confidence: float = CONFIDENCE) -> float:
    """Return how many standard deviations a two-sided interval reaches to each side of a normal mean."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _check(hits: int, n: int, confidence: float) -> None:
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")


@lru_cache(maxsize=1 << 16)
def _quantile(a: int, b: int, share: float) -> float:
    """Return where the beta distribution of `a` and `b` reaches a share: Newton's steps, kept inside a bracket."""
    scale = lgamma(a + b) - lgamma(a) - lgamma(b)
    low, high = 0.0, 1.0
    at = _guess(a, b, share)
    for _ in range(_STEPS):
        over = _cumulative(a, b, at) - share
        if over > 0:
            high = at
        else:
            low = at
        density = exp(scale + (a - 1) * log(at) + (b - 1) * log1p(-at)) if 0 < at < 1 else 0.0
        step = over / density if density > _TINY else float("inf")
        following = at - step if isfinite(step) and low < at - step < high else (low + high) / 2
        if abs(following - at) <= _EXACT * max(following, _EXACT) or high - low <= _EXACT * high:
            return following
        at = following
    return at


def _guess(a: int, b: int, share: float) -> float:
    """Return a normal approximation of the quantile, well inside (0, 1)."""
    mean = a / (a + b)
    spread = sqrt(a * b / (a + b + 1)) / (a + b)
    return min(max(mean + NormalDist().inv_cdf(share) * spread, mean / 4), 1 - (1 - mean) / 4)


def _cumulative(a: int, b: int, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction ends sooner on the other side
        return 1 - _cumulative(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front / _fraction(a, b, x)


def _fraction(a: int, b: int, x: float) -> float:
    """Return the continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method."""
    value = ratio = 1.0
    inverse = 0.0
    for term in range(1, _TERMS):
        m = term // 2
        if term % 2:
            top = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            top = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        inverse = 1 / _nonzero(1 + top * inverse)
        ratio = _nonzero(1 + top / ratio)
        value *= ratio * inverse
        if abs(ratio * inverse - 1) < _EXACT / 10:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
